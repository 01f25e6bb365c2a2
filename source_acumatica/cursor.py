"""State <-> windows for one stream: reads the incoming state, checkpoints windows as they close. Fetches nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from datetime import datetime
from typing import Any

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStreamState,
    StreamDescriptor,
    Type,
)
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record, StreamSlice

from acumatica_client.errors import SettingsError
from source_acumatica.windows import LatestStamp, Moment, Window, next_start, plan_windows

NO_CURSOR_STATE = "__ab_no_cursor_state_message"  # what a full refresh leaves behind: not a position
Emit = Callable[[AirbyteMessage], None]


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
    """The cursor of an incremental stream. State: `{<cursor field>: <lower bound of what is still to be read>}`.

    A checkpoint moves only over windows closed without a gap, oldest first. Windows that closed beyond a gap are read
    again after a crash. `clock()` counts seconds from anywhere: only durations are used.
    """

    def __init__(
        self,
        stream: str,
        field: str,
        *,
        lower: str | None,
        lookback: float,
        emit: Emit,
        clock: Callable[[], float],
        server_now: Callable[[], datetime | None],
    ) -> None:
        self._stream, self._field, self._lookback = stream, field, lookback
        self._emit, self._clock, self._server_now = emit, clock, server_now
        self._began = clock()
        self._open: list[Window] = []
        self._ends: dict[Window, str | None] = {}
        self._position, self._emitted = lower, False
        self._lock = threading.Lock()

    def windows(self) -> list[Window]:
        """What to read in this sync, records without a cursor value first. The read begins now."""
        self._began = self._clock()
        self._open = plan_windows(self._position, server_now=self._server_now(), lookback=self._lookback)
        return [Window(nulls=True), *self._open]

    def latest_stamp(self) -> LatestStamp:
        """An empty one, for the stamps of one window."""
        return LatestStamp(server_now=self._server_now())

    def close_window(self, window: Window, latest: LatestStamp) -> None:
        """The last record of the window has been handed over; `latest` is the latest stamp in it."""
        if window.nulls:
            with self._lock:
                self._emitted = False  # the position stays; but a state follows the last record, if these came last
            return
        with self._lock:
            elapsed = self._clock() - self._began
            self._ends[window] = window.end or next_start(
                latest.moment, before=window.start, elapsed=elapsed, lookback=self._lookback
            )
            self._advance()

    def _advance(self) -> None:
        moved = False
        while self._open and self._open[0] in self._ends:
            end = self._ends[self._open.pop(0)]
            self._position, moved = end or self._position, True
        if moved:
            self._emit_state()

    def _emit_state(self) -> None:
        self._emitted = True
        self._emit(state_message(self._stream, self.state))

    @property
    def state(self) -> MutableMapping[str, Any]:
        return {self._field: self._position} if self._position else {}

    def ensure_at_least_one_state_emitted(self) -> None:
        """The platform expects a state from every stream at its end, even where nothing could be closed."""
        with self._lock:
            if not self._emitted:
                self._emit_state()


class WholeCursor(_OwnCursor):
    """The cursor of a full refresh, which has no position: it says once, at the end, that there is none."""

    def __init__(self, stream: str, *, emit: Emit) -> None:
        self._stream, self._emit = stream, emit

    @property
    def state(self) -> MutableMapping[str, Any]:
        return {NO_CURSOR_STATE: True}

    def ensure_at_least_one_state_emitted(self) -> None:
        self._emit(state_message(self._stream, self.state))


def lower_bound(state: Mapping[str, object], field: str, start: str | None) -> str | None:
    """The position in an incoming state, else `start`. Raises SettingsError for a state that is not ours."""
    positions = {name: value for name, value in state.items() if name != NO_CURSOR_STATE}
    if not positions:
        return start
    value = positions.get(field)
    try:
        Moment.parse(value if isinstance(value, str) else "")
    except ValueError:
        raise SettingsError(
            f"The saved state of this stream is not a date and time of {field}.",
            advice="Reset (refresh) the stream once; it then starts from its beginning.",
        ) from None
    return str(value)


def state_message(stream: str, state: Mapping[str, object]) -> AirbyteMessage:
    blob = AirbyteStreamState(stream_descriptor=StreamDescriptor(name=stream), stream_state=AirbyteStateBlob(state))
    return AirbyteMessage(type=Type.STATE, state=AirbyteStateMessage(type=AirbyteStateType.STREAM, stream=blob))
