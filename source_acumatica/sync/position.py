"""How far a read has come: which windows are closed without a gap, and the position that follows from them.

  closed      closed      open        closed
[===========)[==========)[··········)[==============>
                        ^
                        the position stands here; what closed beyond the gap is read again after a crash
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from source_acumatica.windows.timestamps import LatestStamp, Timestamp
from source_acumatica.windows.windows import Window, next_start, plan_windows


class Position:
    """Not safe for threads: its owner locks. `lower`: where to start, None for the beginning; `lookback` in seconds;
    `clock()` counts seconds from anywhere: only durations are used.

    `confirmed_by(latest)`: whether the server's clock, which cut the windows, is known to be that of the stamps;
    `latest` is one more of them. As long as it is not, the position never passes the latest stamp that was seen.
    """

    def __init__(
        self,
        lower: str | None,
        *,
        lookback: float,
        clock: Callable[[], float],
        server_now: Callable[[], datetime | None],
        confirmed_by: Callable[[Timestamp | None], bool],
    ) -> None:
        self._lookback, self._clock, self._server_now, self._confirmed_by = lookback, clock, server_now, confirmed_by
        self._began, self._server_began = 0.0, server_now()
        self.value = self._reached = lower
        self._open: list[Window] = []
        self._ends: dict[Window, str | None] = {}
        self._latest: Timestamp | None = None
        self._misread = 0.0

    def begin(self) -> None:
        """The read begins now: what changes from here on belongs to the next one."""
        self._began, self._server_began = self._clock(), self._server_now()

    def plan(self) -> Sequence[Window]:
        """The windows from the position on, oldest first, now open."""
        self._open = plan_windows(self.value, server_now=self._server_now(), lookback=self._lookback)
        return tuple(self._open)

    def reopen(self, windows: Sequence[Window]) -> None:
        """These are all that is to be read, whatever was open before."""
        self._open = list(windows)

    def replace(self, window: Window, halves: Sequence[Window]) -> bool:
        """Put the halves in the place of a window; False when it is not open any more."""
        if window not in self._open:
            return False
        place = self._open.index(window)
        self._open[place : place + 1] = halves
        return True

    def close(self, window: Window, latest: LatestStamp, misread: float) -> None:
        """The window was read to its end. `misread`: seconds by which the server reads a position later than the stamps
        that it is taken from."""
        self._misread = max(self._misread, misread)
        seen = latest.timestamp
        if seen and (self._latest is None or seen.ticks > self._latest.ticks):
            self._latest = seen
        self._ends[window] = window.end or self._next_start(seen, None if misread else window.start, misread)

    def advance(self) -> bool:
        """Move over the windows that are closed without a gap; True when there was one."""
        moved = False
        while self._open and self._open[0] in self._ends:
            self._reached = self._ends[self._open.pop(0)] or self._reached
            moved = True
        if moved:
            self.value = self._believable()
        return moved

    def _believable(self) -> str | None:
        """As far as was read, but not beyond the latest stamp where the clock of the cuts may be another one."""
        if self._reached is None or self._confirmed_by(self._latest):
            return self._reached
        seen = self._next_start(self._latest, self.value, self._misread)
        return min((self._reached, seen), key=lambda one: Timestamp.parse(one).ticks) if seen else None

    def _next_start(self, latest: Timestamp | None, before: str | None, misread: float) -> str | None:
        return next_start(
            latest,
            before=before,
            elapsed=self._clock() - self._began,
            lookback=self._lookback + misread,
            began=self._server_began,
        )
