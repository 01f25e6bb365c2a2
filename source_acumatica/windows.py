"""Every rule about time: how a stream is cut into windows, and where the next sync starts. Pure: no clock, no request.

    older windows, read in parallel                        newest window, open end
  [======)[======)[======)[==============================·····················>
                          |            max_seen - elapsed - lookback --+    +-- max_seen
                          +-- newest cut       next sync starts here --+

A change made after the read began carries a stamp later than `max_seen - elapsed`, whatever the zone of the stamps:
stamps are compared with stamps, and `elapsed` is a duration. So the next sync sees it. The lookback covers records
saved later than their stamp says, and a zone label that jumps an hour at a daylight saving change.

A cut is a checkpoint too, so no change made after the read began may carry a stamp before it: the newest cut lies two
days and the lookback before the server's clock. Two days, since stamps and that clock can be 26 hours apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise

_TICKS = 10_000_000  # a stamp has up to seven decimals of a second
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?", re.A)
# A user's zone and the server's label can disagree by up to 26 hours; a stamp further ahead of the server's own clock
# than that is wrong (an import, a clock once set ahead) and must not pull the next start behind it.
_BELIEVABLE_LEAD = timedelta(hours=26)
_NEWEST_DAYS = 2
_YEARS = 10  # windows of a year reach this far back; what is older is one window
_DAY = 86_400


@dataclass(frozen=True)
class Window:
    """Records whose cursor lies in `start <= cursor < end`; None is open. `nulls`: those that have no cursor value."""

    start: str | None = None
    end: str | None = None
    nulls: bool = False

    def __str__(self) -> str:
        if self.nulls:
            return "without a modification date"
        return f"{self.start or 'the beginning'} to {self.end or 'now'}"


@dataclass(frozen=True)
class Moment:
    """A stamp: `ticks` of 100 ns since 1970 by its own label, `offset` as written ("-05:00", "" where it has none)."""

    ticks: int
    offset: str

    @classmethod
    def parse(cls, text: str) -> Moment:
        """Raises ValueError for anything but an ISO 8601 date with an optional time, fraction and offset."""
        match = _MOMENT.fullmatch(text)
        if match is None:
            raise ValueError(f"not a date and time: {text[:40]!r}")
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        fraction = int(((match[7] or "") + "0000000")[:7])
        label = match[8] or ""
        offset = "+00:00" if label == "Z" else f"{label[:3]}:{label[-2:]}" if label else ""
        wall = datetime(year, month, day, hour, minute, second) - _WALL_EPOCH
        return cls((wall.days * _DAY + wall.seconds - _offset_seconds(offset)) * _TICKS + fraction, offset)

    def earlier(self, seconds: float) -> Moment:
        """Under the same label, but not before the year 1, which no stamp can name."""
        wanted = max(self.ticks - round(seconds * _TICKS), _YEAR_ONE)
        return Moment(min(self.ticks, wanted), self.offset)

    def __str__(self) -> str:
        """The stamp under the same label, decimals without trailing zeros."""
        seconds, fraction = divmod(self.ticks + _offset_seconds(self.offset) * _TICKS, _TICKS)
        wall = (_WALL_EPOCH + timedelta(seconds=seconds)).isoformat()
        decimals = f".{fraction:07d}".rstrip("0") if fraction else ""
        return f"{wall}{decimals}{self.offset}"


def _offset_seconds(offset: str) -> int:
    if not offset:
        return 0
    sign = -1 if offset[0] == "-" else 1
    return sign * (int(offset[1:3]) * 3600 + int(offset[4:6]) * 60)


_WALL_EPOCH = datetime(1970, 1, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_YEAR_ONE = Moment.parse("0001-01-03").ticks  # two days of room, for the label


class LatestStamp:
    """The latest believable stamp seen. Cheap per record: under one label stamps are compared as text, and only what
    looks later is read as a date.

    The text is comparable because the server writes a fixed form and drops trailing zeros of the fraction only.
    """

    def __init__(self, *, server_now: datetime | None) -> None:
        self._limit = None if server_now is None else _ticks(server_now + _BELIEVABLE_LEAD)
        self._walls: dict[str, str] = {}
        self.moment: Moment | None = None

    def see(self, stamp: str) -> None:
        """Raises ValueError for a stamp that is no date."""
        wall, offset = stamp[:-6], stamp[-6:]
        if wall <= self._walls.get(offset, ""):
            return
        moment = Moment.parse(stamp)
        if self._limit is not None and moment.ticks > self._limit:
            return
        if moment.offset == offset:  # a stamp without a label has no text to compare by, and would fill the memory
            self._walls[offset] = wall
        if self.moment is None or moment.ticks > self.moment.ticks:
            self.moment = moment


def plan_windows(lower: str | None, *, server_now: datetime | None, lookback: float) -> list[Window]:
    """The windows from `lower` (None: the beginning) to now, oldest first, the newest without an end.

    Cut at each new year, so that a long back-fill can be resumed and read in parallel, and some days before the
    server's clock, so that the newest one is short. `lookback` in seconds. Without a server clock nothing is cut: our
    own clock could lie ahead of the server's and hide records.
    """
    cuts = [] if server_now is None else _cuts(lower, server_now - timedelta(days=_NEWEST_DAYS, seconds=lookback))
    bounds = [lower, *cuts, None]
    return [Window(start, end) for start, end in pairwise(bounds)]


def _cuts(lower: str | None, latest: datetime) -> list[str]:
    newest = latest.replace(hour=0, minute=0, second=0, microsecond=0)
    years = [datetime(year, 1, 1, tzinfo=timezone.utc) for year in range(newest.year - _YEARS, newest.year + 1)]
    cuts = [_ticks(cut) for cut in dict.fromkeys([*years, newest])]
    after = cuts[0] - 1 if lower is None else Moment.parse(lower).ticks
    return [str(Moment(cut, "+00:00")) for cut in cuts if cut > after]


def next_start(latest: Moment | None, *, before: str | None, elapsed: float, lookback: float) -> str | None:
    """Where the next sync starts: `max_seen - elapsed - lookback`, but never before the newest window did.

    `before` is the start of the newest window, `latest` the latest stamp in it; `elapsed` and `lookback` in seconds.
    """
    if latest is None:
        return before
    start = latest.earlier(elapsed + lookback)
    return before if before is not None and Moment.parse(before).ticks >= start.ticks else str(start)


def first_start(start_date: str | None) -> str | None:
    """The lower bound behind the user's start date: a day earlier, since its zone is not known to be the server's.

    Raises ValueError when it is no date.
    """
    return str(Moment(Moment.parse(start_date).ticks, "+00:00").earlier(_DAY)) if start_date else None


def _ticks(moment: datetime) -> int:
    return round((moment - _EPOCH).total_seconds()) * _TICKS
