"""The cursor of a stream: which work items a read consists of, in which order, and when its state may move.

NEW -- position known --------------------> UNCONFIRMED -- a record seen --> CONFIRMED -- all read --> DONE
 |                                           ^    |                            ^
 +-- no position --> SAMPLING -- a record ---+    +-- all read, all empty      |
                        |                         v                            |
                        |                      VERIFYING -- filter is true ----+
                        +-- the table is empty --------------------------------+

UNCONFIRMED, CONFIRMED or VERIFYING -- filter lies or is refused --> FILTER_USELESS -- all read --> READING_ALL
READING_ALL -- all read --> DONE

UNCONFIRMED, CONFIRMED   the windows: records without a cursor value, the older ones, which may split, and the newest.
                         Some forms answer a filter with nothing, so no state moves before a window showed a record.
READING_ALL              the whole list, chosen here.

A work item that fails stops the transitions: what waits is still read, but no further kind of work begins.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum

from source_acumatica.sync.message_queue import Checkpoint
from source_acumatica.sync.position import Position
from source_acumatica.sync.state import NO_CURSOR_STATE, UNDER_WAY
from source_acumatica.sync.work_queue import Task, WorkItem, WorkQueue
from source_acumatica.windows.timestamps import LatestStamp, Timestamp
from source_acumatica.windows.windows import Window

Emit = Callable[[Checkpoint], None]


class Phase(Enum):
    """A state of the cursor."""

    NEW = "nothing was asked yet"
    SAMPLING = "is there any record"
    UNCONFIRMED = "windows are read, none of them showed a record so far"
    CONFIRMED = "windows are read, and their filter is true"
    VERIFYING = "every window was empty: is the filter true"
    FILTER_USELESS = "the filter cannot be used; others still read by it"
    READING_ALL = "the whole list is read"
    DONE = "everything was read"


class Event(Enum):
    """What moves the cursor to another phase."""

    POSITION_KNOWN = "position known"
    NO_POSITION = "no position"
    RECORD_SEEN = "a record was seen"
    TABLE_EMPTY = "the table is empty"
    FILTER_TRUE = "the filter is true"
    FILTER_USELESS = "the filter lies, or is refused"
    ALL_READ = "no work waits or is under way"


TRANSITIONS: Mapping[tuple[Phase, Event], Phase] = {
    (Phase.NEW, Event.POSITION_KNOWN): Phase.UNCONFIRMED,
    (Phase.NEW, Event.NO_POSITION): Phase.SAMPLING,
    (Phase.SAMPLING, Event.RECORD_SEEN): Phase.UNCONFIRMED,
    (Phase.SAMPLING, Event.TABLE_EMPTY): Phase.CONFIRMED,
    (Phase.UNCONFIRMED, Event.RECORD_SEEN): Phase.CONFIRMED,
    (Phase.UNCONFIRMED, Event.ALL_READ): Phase.VERIFYING,
    (Phase.UNCONFIRMED, Event.FILTER_USELESS): Phase.FILTER_USELESS,
    (Phase.CONFIRMED, Event.FILTER_USELESS): Phase.FILTER_USELESS,
    (Phase.CONFIRMED, Event.ALL_READ): Phase.DONE,
    (Phase.VERIFYING, Event.FILTER_TRUE): Phase.CONFIRMED,
    (Phase.VERIFYING, Event.FILTER_USELESS): Phase.FILTER_USELESS,
    (Phase.FILTER_USELESS, Event.ALL_READ): Phase.READING_ALL,
    (Phase.READING_ALL, Event.ALL_READ): Phase.DONE,
}
_STATE_MAY_MOVE = frozenset({Phase.CONFIRMED, Phase.READING_ALL})


class WindowCursor:
    """The cursor of streams that are read in windows; several when they are fetched together, each with every state.
    Safe for many threads.

    A state moves only over windows closed without a gap, oldest first. `lower`, `lookback`, `clock`, `server_now` and
    `confirmed_by` are those of `Position`. `emit` is called with a lock held, so that states stay in order.

    `field` names the position in their states; `fields` where a stream has another name for it.

    `resumable_refresh`: the windows are those of a full refresh. A record that changes while they are read moves into
    the newest one, so that is read last, when all others are closed; then no record can slip by.
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
        fields: Mapping[str, str] | None = None,
        resumable_refresh: bool = False,
        confirmed_by: Callable[[Timestamp | None], bool] = lambda latest: True,
    ) -> None:
        self._fields = {stream: (fields or {}).get(stream, field) for stream in streams}
        self._emit, self._server_now = emit, server_now
        self._position = Position(
            lower, lookback=lookback, clock=clock, server_now=server_now, confirmed_by=confirmed_by
        )
        self.resumable_refresh = resumable_refresh
        self.phase = Phase.NEW
        self._lock = threading.RLock()
        self._work = WorkQueue()
        self._newest: Window | None = None  # of a full refresh, until all others are closed
        self._state_is_due = True  # records may have left since the last state
        self.closed = self.known = 0
        """Windows read to their end, and windows known so far, for the log."""
        self.sample: tuple[str | None] | None = None
        """The cursor value of some record of the table, whatever the filters say; None as long as none was seen."""
        self.nulls_seen = False

    # --- what the scheduler asks

    def take(self) -> WorkItem | None:
        """The next item that can begin now, None when there is none, or none yet. The read begins with the first."""
        with self._lock:
            if self.phase is Phase.NEW:
                self._position.begin()
                self._on(Event.NO_POSITION if self._position.value is None else Event.POSITION_KNOWN)
            return self._work.take()

    def end(self, item: WorkItem, *, failed: bool = False) -> None:
        """A worker is through with an item."""
        with self._lock:
            self._work.end(failed=failed)
            if self._work.over and not self._work.failed:
                self._all_read()

    @property
    def over(self) -> bool:
        """Whether no item waits or is under way, and none will come."""
        with self._lock:
            return self.phase is not Phase.NEW and self._work.over

    @property
    def complete(self) -> bool:
        """Whether everything was read."""
        return self.phase is Phase.DONE

    def emit_final_state(self) -> None:
        """The platform expects a state from every stream at its end, even where nothing could be closed."""
        with self._lock:
            if self._state_is_due or self.resumable_refresh:
                self._emit_state()

    # --- transitions

    def _on(self, event: Event) -> None:
        following = TRANSITIONS.get((self.phase, event), self.phase)
        if following is not self.phase:
            self.phase = following
            self._enter()

    def _enter(self) -> None:
        if self.phase is Phase.SAMPLING:
            self._work.put([WorkItem(Task.SAMPLE, Window())])
        elif self.phase is Phase.UNCONFIRMED:
            self._plan()
        elif self.phase is Phase.VERIFYING:
            self._work.put([WorkItem(Task.VERIFY_FILTER, Window())])
        elif self.phase is Phase.FILTER_USELESS:
            self._work.clear()
            self._newest = None
            self._position.reopen(())
        elif self.phase is Phase.READING_ALL:
            whole = Window(self._position.value, local=True)
            self._position.reopen([whole])
            self._work.put([WorkItem(Task.WINDOW, whole)])
        self._advance()

    def _plan(self) -> None:
        windows = self._position.plan()
        first = [Window(nulls=True), *windows]
        if self.resumable_refresh:
            self._newest = first.pop()
        self.known = 1 + len(windows)
        self._work.put(WorkItem(Task.WINDOW, window) for window in first)

    def _all_read(self) -> None:
        if self._newest is not None:
            newest, self._newest = self._newest, None
            self._work.put([WorkItem(Task.WINDOW, newest)])
        else:
            self._on(Event.ALL_READ)

    # --- what workers report

    def latest_stamp(self) -> LatestStamp:
        """An empty one, for the stamps of one window."""
        return LatestStamp(server_now=self._server_now())

    def sampled(self, sample: tuple[str | None] | None) -> None:
        """Whether the table holds any record. An empty one has no position: the next sync asks again."""
        with self._lock:
            self.sample = sample
            self._on(Event.TABLE_EMPTY if sample is None else Event.RECORD_SEEN)

    def trust_filter(self) -> None:
        """The windows that came back empty were empty."""
        with self._lock:
            self._on(Event.FILTER_TRUE)

    def abandon_filter(self) -> bool:
        """The server cannot choose by the cursor: what is still to be read is read whole, and chosen from here. False
        when that was known."""
        with self._lock:
            known = self.phase is Phase.FILTER_USELESS
            self._on(Event.FILTER_USELESS)
            return not known

    def split(self, item: WorkItem, near: str | None = None) -> bool:
        """Put two parts of a window in its place, cut at the stamp `near`, the older one first; False where it must
        stay whole."""
        halves = item.window.halves(near)
        if halves is None:
            return False
        with self._lock:
            item.closed = True
            if self._position.replace(item.window, halves):  # else everything is about to be read anew
                self.known += 1
                self._work.put(WorkItem(Task.WINDOW, half, half=True) for half in halves)
        return True

    def close(self, item: WorkItem, latest: LatestStamp, count: int, *, misread: float = 0.0) -> None:
        """The last of the window's `count` records is in the queue; `latest` is the latest stamp among them. `misread`:
        seconds by which the server reads a position later than the stamps that it is taken from."""
        with self._lock:
            item.closed = True
            self.closed += 1
            if item.window.nulls:
                self.nulls_seen = count > 0
                self._state_is_due = True  # the position stays; but a state follows the last record
                return
            self._position.close(item.window, latest, misread)
            if count:
                self._on(Event.RECORD_SEEN)
            self._advance()

    def _advance(self) -> None:
        if self.phase in _STATE_MAY_MOVE and self._position.advance():
            self._emit_state()

    # --- states

    def state(self, stream: str) -> Mapping[str, object]:
        """What the platform is to keep of the stream now."""
        if self.resumable_refresh and self.complete:
            return {NO_CURSOR_STATE: True}
        mark = {UNDER_WAY: True} if self.resumable_refresh else {}
        return {self._fields[stream]: self._position.value, **mark} if self._position.value else {}

    def _emit_state(self) -> None:
        self._state_is_due = False
        for stream in self._fields:
            self._emit(Checkpoint(stream, self.state(stream)))


class WholeCursor:
    """The cursor of a full refresh without windows, which has no position: its one state, at the end, says so.

    `streams`: one, or several that are fetched together.
    """

    def __init__(self, streams: Sequence[str], *, emit: Emit) -> None:
        self._streams, self._emit = tuple(streams), emit
        self._item: WorkItem | None = WorkItem(Task.WINDOW, Window())
        self.over = self.complete = False

    def take(self) -> WorkItem | None:
        item, self._item = self._item, None
        return item

    def end(self, item: WorkItem, *, failed: bool = False) -> None:
        self.over, self.complete = True, not failed

    def emit_final_state(self) -> None:
        for stream in self._streams:
            self._emit(Checkpoint(stream, {NO_CURSOR_STATE: True}))
