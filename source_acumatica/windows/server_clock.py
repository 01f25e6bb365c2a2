"""Whether the clock of the server's answers is that of its stamps. Knows neither; is shown both.

Hazard: windows are cut by the Date of an answer, and a cut becomes a position when no record lies behind it. Where
stamps are made by another clock (a restored copy, a test instance that lives in the past, a proxy with a clock of its
own), changes still to come would carry stamps before that position. So a cut counts only once a stamp was seen that is
as young as the clock says; until then a position never passes the latest stamp that was seen.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from source_acumatica.windows.timestamps import Moment, ticks_of

# As far behind the clock as the newest cut, so that a clock proved right by it is right enough for the cut.
_YOUNG = timedelta(days=2)


class ServerClock:
    """What was seen in this run, by any stream. `now()` is the clock of the latest answer, None where it has none."""

    def __init__(self, now: Callable[[], datetime | None]) -> None:
        self._now, self._proved = now, False

    def proved_by(self, stamp: Moment | None, *, ago: float = 0.0) -> bool:
        """Whether a stamp, this one among them, was as young as the clock. `ago`: seconds that were taken from it."""
        now = self._now()
        if now is None:
            return True  # nothing is cut by it
        if stamp is not None and stamp.ticks >= ticks_of(now - _YOUNG - timedelta(seconds=ago)):
            self._proved = True
        return self._proved
