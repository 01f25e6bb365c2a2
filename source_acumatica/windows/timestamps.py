"""Timestamps as Acumatica writes them: read, compared, written back; the latest of many."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

TICKS = 10_000_000  # a stamp has up to seven decimals of a second
_TIMESTAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?", re.A)
# A user's zone and the server's label can disagree by up to 26 hours; a stamp further ahead of the server's own clock
# than that is wrong (an import, a clock once set ahead) and must not pull the next start behind it.
_BELIEVABLE_LEAD = timedelta(hours=26)
_DAY = 86_400


@dataclass(frozen=True)
class Timestamp:
    """A stamp: `ticks` of 100 ns since 1970 by its own label, `offset` as written ("-05:00", "" where it has none)."""

    ticks: int
    offset: str

    @classmethod
    def parse(cls, text: str) -> Timestamp:
        """Raises ValueError for anything but an ISO 8601 date with an optional time, fraction and offset."""
        match = _TIMESTAMP.fullmatch(text)
        if match is None:
            raise ValueError(f"not a date and time: {text[:40]!r}")
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
        fraction = int(((match[7] or "") + "0000000")[:7])
        label = match[8] or ""
        offset = "+00:00" if label == "Z" else f"{label[:3]}:{label[-2:]}" if label else ""
        wall = datetime(year, month, day, hour, minute, second) - _WALL_EPOCH
        return cls((wall.days * _DAY + wall.seconds - _offset_seconds(offset)) * TICKS + fraction, offset)

    @classmethod
    def at(cls, instant: datetime) -> Timestamp:
        """An instant with a zone, to the second, labelled UTC."""
        return cls(ticks_of(instant), "+00:00")

    def earlier(self, seconds: float) -> Timestamp:
        """Under the same label, but not before the year 1, which no stamp can name."""
        wanted = max(self.ticks - round(seconds * TICKS), _YEAR_ONE)
        return Timestamp(min(self.ticks, wanted), self.offset)

    def __str__(self) -> str:
        """The stamp under the same label, decimals without trailing zeros."""
        seconds, fraction = divmod(self.ticks + _offset_seconds(self.offset) * TICKS, TICKS)
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
_YEAR_ONE = Timestamp.parse("0001-01-03").ticks  # two days of room, for the label


class LatestStamp:
    """The latest believable stamp seen. Cheap per record: under one label stamps are compared as text, and only what
    looks later is read as a date.

    The text is comparable because the server writes a fixed form and drops trailing zeros of the fraction only.
    """

    def __init__(self, *, server_now: datetime | None) -> None:
        self._limit = None if server_now is None else ticks_of(server_now + _BELIEVABLE_LEAD)
        self._walls: dict[str, str] = {}
        self.timestamp: Timestamp | None = None

    def see(self, stamp: str) -> None:
        """Raises ValueError for a stamp that is no date."""
        wall, offset = stamp[:-6], stamp[-6:]
        if wall <= self._walls.get(offset, ""):
            return
        timestamp = Timestamp.parse(stamp)
        if self._limit is not None and timestamp.ticks > self._limit:
            return
        if timestamp.offset == offset:  # a stamp without a label has no text to compare by, and would fill the memory
            self._walls[offset] = wall
        if self.timestamp is None or timestamp.ticks > self.timestamp.ticks:
            self.timestamp = timestamp


def ticks_of(instant: datetime) -> int:
    """An instant with a zone, in the ticks of a `Timestamp`, to the second."""
    return round((instant - _EPOCH).total_seconds()) * TICKS
