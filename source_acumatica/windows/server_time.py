"""What the server's times are worth: its clock beside its stamps, and its filters beside its records.

Windows are cut by the Date of an answer, and positions go back to the server in filters. Two hazards, both unrecorded:

* The clock may not be that of the stamps (a restored copy, a test instance that lives in the past, a proxy with a clock
  of its own). A cut becomes a position when no record lies behind it, and changes still to come would carry stamps
  before it. So a cut counts only once a stamp was seen that is as young as the clock says; until then a position never
  passes the latest stamp that was seen.
* A literal with an offset may be read otherwise than it is shown (clients of one service send it in two ways that
  cannot both be right). A server that takes the time of its own zone for UTC reads a position hours later, and the
  changes between the two are never asked for. So the latest record that was seen is asked for by its own stamp:

    asked for from  M - 10 min                     it comes: filters mean what records show
                    M - 10 min - 15 min, ...       it comes from here on: so much later are filters read
                    nothing, or another one        it was deleted meanwhile: nothing can be said
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from source_acumatica.windows.timestamps import TICKS, Timestamp, ticks_of

StampBetween = Callable[[str, str], str | None]  # the stamp of some record that a filter finds between two times

_log = logging.getLogger("airbyte.source-acumatica")
# As far behind the clock as the newest cut, so that a clock confirmed by it is right enough for the cut.
_YOUNG = timedelta(days=2)
_SLACK = 600.0  # seconds; fractions are rounded by the database
_STEP = 900.0  # zones differ by quarters of an hour
_STEPS = 4 * 27  # and by 26 hours at most
_LAST = Timestamp.parse("9999-12-30").ticks  # no filter can name a later day


class ServerClock:
    """What the stamps of this run, of any stream, say of the server's clock. `now()`: the clock of the latest answer,
    None where it has none."""

    def __init__(self, now: Callable[[], datetime | None]) -> None:
        self._now, self._confirmed = now, False

    def confirmed_by(self, stamp: Timestamp | None, *, ago: float = 0.0) -> bool:
        """Whether a stamp, this one among them, was as young as the clock. `ago`: seconds that were taken from it."""
        now = self._now()
        if now is None:
            return True  # nothing is cut by it
        if stamp is not None and stamp.ticks >= ticks_of(now - _YOUNG - timedelta(seconds=ago)):
            self._confirmed = True
        return self._confirmed


class FilterShift:
    """By how much filters are read later than stamps are shown. One for all streams of a run: zones are a matter of the
    user and the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: float | None = None

    def seconds(self, latest: Timestamp, stamp_between: StampBetween) -> float:
        """Seconds by which a time in a filter is read later than it is shown; 0 where it is not, or cannot be known.

        `latest` is the latest stamp of a stream, of which `stamp_between` asks. Raises what that raises.
        """
        with self._lock:
            if self._seconds is None:
                self._seconds = self._measure(latest, stamp_between)
            return self._seconds or 0.0

    def _measure(self, latest: Timestamp, stamp_between: StampBetween) -> float | None:
        # Stamps years ahead of their time would answer for the latest one.
        end = str(Timestamp(min(latest.ticks + round(_STEPS * _STEP * TICKS), _LAST), latest.offset))

        def finds(steps: int) -> str | None:
            return stamp_between(str(latest.earlier(_SLACK + steps * _STEP)), end)

        if finds(0) is not None:
            return 0.0
        never, always = 0, _STEPS
        found = finds(always)
        while found is not None and always - never > 1:
            middle = (never + always) // 2
            stamp = finds(middle)
            never, always, found = (middle, always, found) if stamp is None else (never, middle, stamp)
        if found is None or Timestamp.parse(found).ticks < latest.ticks - _SLACK * TICKS:
            return None
        _log.warning(
            "Acumatica reads the times in filters %.4g hours later than it shows them in records: each sync asks for "
            "changes from so much earlier on.",
            always * _STEP / 3600,
        )
        return always * _STEP
