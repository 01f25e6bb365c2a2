"""State <-> windows: what is to be read, in which order, and when a checkpoint may move. Fetches nothing.

is there any record?  only without a position: an empty table costs this one request
the windows           records without a cursor value, then the older ones, which may split, and the newest one
was the filter true?  only when every window came back empty: some forms answer a filter with nothing
everything, locally   only when it was not, or when the filter is refused
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from airbyte_cdk.models import AirbyteMessage
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record, StreamSlice

from source_acumatica.sync.state import NO_CURSOR_STATE, UNDER_WAY, state_message
from source_acumatica.sync.work_queue import Backlog
from source_acumatica.windows.timestamps import LatestStamp, Moment
from source_acumatica.windows.windows import Window, next_start, plan_windows

Emit = Callable[[AirbyteMessage], None]


class Task(Enum):
    SAMPLE = "is there any record"
    WINDOW = "read a window"
    DOUBT = "was the filter true"


@dataclass(eq=False)
class Turn:
    """One task in the hands of one worker."""

    task: Task
    window: Window
    half: bool = False  # of a window that held too much: likely to hold too much itself
    closed: bool = False

    @property
    def rank(self) -> float:
        """The oldest window goes first, wherever it came from: the position waits for it."""
        if self.window.nulls or self.window.start is None:
            return float("-inf")
        return Moment.parse(self.window.start).ticks


class _OwnCursor(Cursor):
    """What the core asks of a cursor, where windows report themselves and records are never asked about."""

    def close_partition(self, partition: Partition) -> None:
        """Windows report themselves, with what they saw."""

    def observe(self, record: Record) -> None:
        """Stamps are gathered per window, by the worker that reads it."""

    def should_be_synced(self, record: Record) -> bool:
        return True

    def stream_slices(self) -> Iterable[StreamSlice]:
        return ()


class WindowCursor(_OwnCursor):
    """The cursor of streams that are read in windows; several when they are fetched together, each with every state.

    A checkpoint moves only over windows closed without a gap, oldest first, and not before any window showed a record
    or the filter proved true. Windows that closed beyond a gap are read again after a crash. `lower`: where to start,
    None for the beginning; `lookback` in seconds; `clock()` counts seconds from anywhere: only durations are used.

    `resumable_refresh`: the windows are those of a full refresh. A record that changes while they are read moves into
    the newest one, so that is read last, when all others are closed; then no record can slip by.

    `proved_by(latest)`: whether the server's clock, which cut the windows, is known to be that of the stamps; `latest`
    is one more of them. As long as it is not, the position never passes the latest stamp that was seen.
    """

    def __init__(
        self,
        streams: Sequence[str],
        field: str,
        *,
        lower: str | None,
        lookback: float,
        emit: Emit,
        clock: Callable[[], float],
        server_now: Callable[[], datetime | None],
        resumable_refresh: bool = False,
        proved_by: Callable[[Moment | None], bool] = lambda latest: True,
    ) -> None:
        self._proved_by = proved_by
        self._latest: Moment | None = None
        self._misread = 0.0
        self._streams, self._field, self._lookback = tuple(streams), field, lookback
        self._emit, self._clock, self._server_now = emit, clock, server_now
        self.resumable_refresh = resumable_refresh
        self._backlog: Backlog[Turn] = Backlog(self._last)
        self._begun = self._done = self._emitted = self._trusted = self._doubted = self._local = False
        self._began, self._server_began = 0.0, server_now()
        self._position = self._reached = lower
        self._open: list[Window] = []
        self._ends: dict[Window, str | None] = {}
        self._held: Window | None = None
        self.closed = self.known = 0
        """Windows read to their end, and windows known so far: what a log line may tell."""
        self.sample: tuple[str | None] | None = None
        """The cursor value of some record of the table, whatever the filters say; None as long as none was seen."""
        self.nulls_seen = False

    def _begin(self) -> None:
        self._begun = True
        self._began, self._server_began = self._clock(), self._server_now()
        if self._position is None:
            self._backlog.put([Turn(Task.SAMPLE, Window())])
        else:
            self._plan()

    def _plan(self) -> None:
        self._open = plan_windows(self._position, server_now=self._server_now(), lookback=self._lookback)
        first = [Window(nulls=True), *self._open]
        if self.resumable_refresh:
            self._held = first.pop()
        self.known = 1 + len(self._open)
        self._backlog.put(Turn(Task.WINDOW, window) for window in first)

    @contextmanager
    def turn(self) -> Iterator[Turn | None]:
        """The next task for a worker, None when it is not needed any more. The read begins with the first one.

        Waits while another worker may split what it has just begun. A turn that ends by an exception has failed.
        """
        with self._backlog.lock:
            if not self._begun:
                self._begin()
        turn = self._backlog.take()
        failed = True
        try:
            yield turn
            failed = False
        finally:
            if turn is not None:
                self._backlog.end(turn, failed=failed)

    def _last(self) -> Turn | None:
        if self._held is not None:
            newest, self._held = self._held, None
            return Turn(Task.WINDOW, newest)
        if self._local:
            self._local = False
            self._open = [Window(self._position, local=True)]
            return Turn(Task.WINDOW, self._open[0])
        if not self._trusted and not self._doubted:
            return Turn(Task.DOUBT, Window())
        self._done = True
        return None

    def latest_stamp(self) -> LatestStamp:
        """An empty one, for the stamps of one window."""
        return LatestStamp(server_now=self._server_now())

    def keeps_whole(self, turn: Turn) -> None:
        """The window of this turn will not be split: nobody needs to wait for it."""
        self._backlog.decided(turn)

    def sampled(self, sample: tuple[str | None] | None) -> None:
        """Whether the table holds any record. An empty one has no position: the next sync asks again."""
        with self._backlog.lock:
            self.sample = sample
            if sample is None:
                self._trusted = True
            else:
                self._plan()

    def trust(self) -> None:
        """The windows that came back empty were empty."""
        with self._backlog.lock:
            self._trusted = True
            self._advance()

    def go_local(self) -> None:
        """The server cannot choose by the cursor: what is still to be read is read whole, and chosen from here."""
        with self._backlog.lock:
            self._backlog.clear()
            self._held, self._open = None, []
            self._local = self._doubted = True

    def split(self, turn: Turn) -> bool:
        """Put the halves of a window in its place, oldest first; False where it must stay whole."""
        halves = turn.window.halves()
        if halves is None:
            return False
        with self._backlog.lock:
            turn.closed = True
            if turn.window in self._open:  # else everything is about to be read locally
                place = self._open.index(turn.window)
                self._open[place : place + 1] = halves
                self.known += 1
                self._backlog.put(Turn(Task.WINDOW, half, half=True) for half in halves)
        return True

    def close(self, turn: Turn, latest: LatestStamp, count: int, *, misread: float = 0.0) -> None:
        """The last of the window's `count` records has been handed over; `latest` is the latest stamp among them.
        `misread`: seconds by which the server reads a position later than the stamps that it is taken from."""
        window = turn.window
        with self._backlog.lock:
            turn.closed = True
            self.closed += 1
            if window.nulls:
                self.nulls_seen = count > 0
                self._emitted = False  # the position stays; but a state follows the last record, if these came last
                return
            self._trusted = self._trusted or count > 0 or window.local
            self._misread = max(self._misread, misread)
            if latest.moment and (self._latest is None or latest.moment.ticks > self._latest.ticks):
                self._latest = latest.moment
            self._ends[window] = window.end or next_start(
                latest.moment,
                before=None if misread else window.start,
                elapsed=self._clock() - self._began,
                lookback=self._lookback + misread,
                began=self._server_began,
            )
            self._advance()

    def _advance(self) -> None:
        moved = False
        while self._trusted and self._open and self._open[0] in self._ends:
            end = self._ends[self._open.pop(0)]
            self._reached, moved = end or self._reached, True
        if moved:
            self._position = self._believable(self._reached)
            self._emit_state()

    def _believable(self, reached: str | None) -> str | None:
        """As far as has been read, but not beyond the latest stamp where the clock of the cuts may be another one."""
        if reached is None or self._proved_by(self._latest):
            return reached
        seen = next_start(
            self._latest,
            before=self._position,
            elapsed=self._clock() - self._began,
            lookback=self._lookback + self._misread,
            began=self._server_began,
        )
        return min((reached, seen), key=lambda one: Moment.parse(one).ticks) if seen else None

    def _emit_state(self) -> None:
        self._emitted = True
        for stream in self._streams:
            self._emit(state_message(stream, self.state))

    @property
    def state(self) -> MutableMapping[str, Any]:
        if self.resumable_refresh and self._done:
            return {NO_CURSOR_STATE: True}
        mark = {UNDER_WAY: True} if self.resumable_refresh else {}
        return {self._field: self._position, **mark} if self._position else {}

    def ensure_at_least_one_state_emitted(self) -> None:
        """The platform expects a state from every stream at its end, even where nothing could be closed."""
        with self._backlog.lock:
            if not self._emitted or self.resumable_refresh:
                self._emit_state()


class WholeCursor(_OwnCursor):
    """The cursor of a full refresh without windows, which has no position: it says once, at the end, that it has none.

    `streams`: one, or several that are fetched together.
    """

    def __init__(self, streams: Sequence[str], *, emit: Emit) -> None:
        self._streams, self._emit = tuple(streams), emit

    @property
    def state(self) -> MutableMapping[str, Any]:
        return {NO_CURSOR_STATE: True}

    def ensure_at_least_one_state_emitted(self) -> None:
        for stream in self._streams:
            self._emit(state_message(stream, self.state))
