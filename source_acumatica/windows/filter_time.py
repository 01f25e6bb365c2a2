"""Whether the server reads the time in a filter as it shows it in a record. Asks through what it is given.

Hazard: nobody has recorded how a literal with an offset is read (clients of one service send it in two ways that cannot
both be right). A server that is honest about the offset, or forgets it on both sides, reads a position as it showed it;
one that takes the time of its own zone for UTC reads it hours later, and the changes between the two are never asked
for. So the latest record that was seen is asked for by its own stamp:

    asked for from  M - 10 min                     it comes: filters mean what records show
                    M - 10 min - 15 min, ...       it comes from here on: so much later are filters read
                    nothing, or another one        it was deleted meanwhile: nothing can be said
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from source_acumatica.windows.timestamps import TICKS, Moment

StampBetween = Callable[[str, str], str | None]  # the stamp of some record that a filter finds between two times

_log = logging.getLogger("airbyte.source-acumatica")
_SLACK = 600.0  # seconds; fractions are rounded by the database
_STEP = 900.0  # zones differ by quarters of an hour
_STEPS = 4 * 27  # and by 26 hours at most
_LAST = Moment.parse("9999-12-30").ticks  # no filter can name a later day


class Literals:
    """What was found out in this run, for all streams: zones are a matter of the user and the server."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._misread: float | None = None

    def misread(self, latest: Moment, stamp_between: StampBetween) -> float:
        """Seconds by which a time in a filter is read later than it is shown; 0 where it is not, or nobody can say.

        `latest` is the latest stamp of a stream, of which `stamp_between` asks. Raises what that raises.
        """
        with self._lock:
            if self._misread is None:
                self._misread = self._found_out(latest, stamp_between)
            return self._misread or 0.0

    def _found_out(self, latest: Moment, stamp_between: StampBetween) -> float | None:
        # Stamps years ahead of their time would answer for the latest one.
        end = str(Moment(min(latest.ticks + round(_STEPS * _STEP * TICKS), _LAST), latest.offset))

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
        if found is None or Moment.parse(found).ticks < latest.ticks - _SLACK * TICKS:
            return None
        _log.warning(
            "Acumatica reads the times in filters %.4g hours later than it shows them in records: each sync asks for "
            "changes from so much earlier on.",
            always * _STEP / 3600,
        )
        return always * _STEP
