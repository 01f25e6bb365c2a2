"""Every rule about time: how a stream is cut into windows, and where the next sync starts. Pure: no clock, no request.

    older windows, read in parallel                        newest window, open end
  [======)[======)[======)[==============================·····················>
                          |            max_seen - elapsed - lookback --+    +-- max_seen
                          +-- newest cut       next sync starts here --+

A change made after the read began carries a stamp later than `max_seen - elapsed`, whatever the zone of the stamps:
stamps are compared with stamps, and `elapsed` is a duration. So the next sync sees it. The lookback covers records
saved later than their stamp says, and a zone label that jumps an hour at a daylight saving change. One stamp ahead of
its time (a clock that was once set wrong) would carry the start beyond changes still to come; so the next sync never
starts later than the server's own clock stood, less the lookback, when the read began.

A cut is a checkpoint too, so no change made after the read began may carry a stamp before it: the newest cut lies two
days and the lookback before the server's clock. Two days, since stamps and that clock can be 26 hours apart. What lies
before the newest cut may be cut anywhere: a window that holds too much is cut in two at the stamp of one of its
records, and its parts again. A stamp lies where the records are; half of the time often lies where there are none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from source_acumatica.windows.timestamps import TICKS, Timestamp

_NEWEST_DAYS = 2
_WORTH_A_CUT = 2 * 86_400 * TICKS  # a shorter stretch before the newest window is read with it: one list fewer
_SHORTEST = 60 * TICKS  # mass processing stamps thousands of records in one second: halving ends somewhere
_OPEN_START = Timestamp.parse("2000-01-01T00:00:00+00:00").ticks  # for halving only: Acumatica is younger than that
_DAY = 86_400


@dataclass(frozen=True)
class Window:
    """Records whose cursor lies in `start <= cursor < end`; None is open. `nulls`: those that have no cursor value.

    `local`: the server is not asked to choose, since it cannot; the reader drops what the window does not hold, and
    keeps the records without a cursor value, too.
    """

    start: str | None = None
    end: str | None = None
    nulls: bool = False
    local: bool = False

    def __str__(self) -> str:
        if self.nulls:
            return "without a modification date"
        return f"{self.start or 'the beginning'} to {self.end or 'now'}"

    def contains(self, stamp: str | None) -> bool:
        """Whether a record of this stamp belongs here. Raises ValueError for a stamp that is no date."""
        if stamp is None or self.nulls:
            return stamp is None and (self.nulls or self.local)
        ticks = Timestamp.parse(stamp).ticks
        return (self.start is None or Timestamp.parse(self.start).ticks <= ticks) and (
            self.end is None or ticks < Timestamp.parse(self.end).ticks
        )

    def halves(self, near: str | None = None) -> tuple[Window, Window] | None:
        """The window cut in two, to the second, at the stamp `near` of one of its records, else at half its time. None
        where it must stay whole.

        The newest one must (its end is open), and one that is a minute short.
        """
        if self.end is None or self.nulls or self.local:
            return None
        first = _OPEN_START if self.start is None else Timestamp.parse(self.start).ticks
        last = Timestamp.parse(self.end).ticks
        if last - first <= _SHORTEST:
            return None
        middle = str(Timestamp(_cut(near, first, last) // TICKS * TICKS, "+00:00"))
        return Window(self.start, middle), Window(middle, self.end)


def _cut(near: str | None, first: int, last: int) -> int:
    """Where to cut between two times, in ticks. Many records of one stamp end up in a part that is a minute short."""
    half = first + (last - first) // 2
    try:
        at = max(Timestamp.parse(near or "").ticks, first + _SHORTEST)
    except ValueError:
        return half
    return at if at + TICKS < last else half


def plan_windows(lower: str | None, *, server_now: datetime | None, lookback: float) -> list[Window]:
    """The windows from `lower` (None: the beginning) to now, oldest first: what is closed in one, the newest open.

    `lookback` in seconds. Without a server clock nothing is cut: our own clock could lie ahead of the server's and
    hide records.
    """
    if server_now is None:
        return [Window(lower)]
    newest = server_now - timedelta(days=_NEWEST_DAYS, seconds=lookback)
    cut = Timestamp.at(newest.replace(hour=0, minute=0, second=0, microsecond=0))
    if lower is not None and cut.ticks - Timestamp.parse(lower).ticks < _WORTH_A_CUT:
        return [Window(lower)]
    return [Window(lower, str(cut)), Window(str(cut))]


def next_start(
    latest: Timestamp | None, *, before: str | None, elapsed: float, lookback: float, began: datetime | None = None
) -> str | None:
    """Where the next sync starts: `max_seen - elapsed - lookback`, but never before the newest window did.

    `before` is the start of the newest window, `latest` the latest stamp in it, `began` the server's clock when the
    read began; `elapsed` and `lookback` in seconds.
    """
    if latest is None:
        return before
    lead = 0.0 if began is None else (latest.ticks - Timestamp.at(began).ticks) / TICKS
    start = latest.earlier(max(elapsed, lead) + lookback)
    return before if before is not None and Timestamp.parse(before).ticks >= start.ticks else str(start)


def first_start(start_date: str | None) -> str | None:
    """The lower bound behind the user's start date: a day earlier, since its zone is not known to be the server's.

    Raises ValueError when it is no date.
    """
    return str(Timestamp(Timestamp.parse(start_date).ticks, "+00:00").earlier(_DAY)) if start_date else None
