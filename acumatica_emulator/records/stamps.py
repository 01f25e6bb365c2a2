"""Knows when each row of a bulk was saved, and how those moments are written; knows nothing of rows.

Rows stand in the order of stamps at a place of their own, out of step with their keys. Three neighbours share a stamp,
and stamps fall on a few times of the day, so that every text is a day's and a time's put together:

    places   0 1 2 | 3 4 5 | 6 7 8 | 9 ...        a tie: one mass operation
    ties     day 0, first time     | day 0, second time ...      days run from the first stamp to the last
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil, gcd

from acumatica_emulator.records.values import Zones, clock_text, locale_text
from acumatica_emulator.seed.world import FIRST_STAMP, LAST_STAMP

TIE = 3
CREATED_BEFORE = timedelta(days=3)
_STRIDE = 7919  # a prime: neighbours by key are far apart by stamp, as in a real table
_MIDNIGHT = FIRST_STAMP.replace(hour=0, minute=0)
_DAYS = (LAST_STAMP - FIRST_STAMP).days
_TIMES = 24  # at least, or small bulks would be saved at one time of the day only
_UTC = Zones()

Texts = tuple[Sequence[bytes], Sequence[bytes]]  # of the days and of the times; a text is one of each, end to end

_DATE = len("2019-01-07")  # and of 01/07/2019
_FORMS: Mapping[str, tuple[timedelta, Callable[[datetime, Zones], str]]] = {
    "modified": (timedelta(), clock_text),
    "created": (CREATED_BEFORE, clock_text),
    "told": (timedelta(), locale_text),
}


class Stamps:
    """The stamps of `count` rows: whole milliseconds, in ties of three, from the first day to the last."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._stride = next(step for step in range(_STRIDE, 2 * _STRIDE + count) if gcd(step, count) == 1)
        self._inverse = pow(self._stride, -1, count)
        ties = ceil(count / TIE)
        self._per_day = ceil(ties / _DAYS)
        self._per_tie = max(1, _TIMES // self._per_day)
        self._used_days = ceil(ties / self._per_day)
        self._texts: dict[str, Texts] = {}

    def of(self, index: int) -> datetime:
        return self.at(index * self._stride % self.count)

    def at(self, place: int) -> datetime:
        """The stamp of a place in the order of stamps."""
        day, at = divmod(place // TIE, self._per_day)
        return self._day(day) + self._time(at * self._per_tie + day % self._per_tie)

    def index(self, place: int) -> int:
        """The row at a place."""
        return place * self._inverse % self.count

    def columns(self, indices: Iterable[int], kinds: Iterable[str]) -> dict[str, list[bytes]]:
        """The stamps of rows as UTC writes them: `modified`, `created`, `told` (as text fields have the first)."""
        texts = {kind: self._texts_of(kind) for kind in kinds}
        if not texts:
            return {}
        stride, count, per_day, per_tie = self._stride, self.count, self._per_day, self._per_tie
        ties = [divmod(index * stride % count // TIE, per_day) for index in indices]
        if per_tie > 1:
            ties = [(day, at * per_tie + day % per_tie) for day, at in ties]
        return {kind: [days[day] + times[time] for day, time in ties] for kind, (days, times) in texts.items()}

    def _day(self, day: int) -> datetime:
        return _MIDNIGHT + timedelta(days=day * _DAYS // self._used_days)

    def _time(self, time: int) -> timedelta:
        """Evenly over the day; the digits of the milliseconds differ, and some end in zeros."""
        times = self._per_day * self._per_tie
        return timedelta(milliseconds=time * 86_400_000 // times // 1000 * 1000 + time * 370 % 1000)

    def _texts_of(self, kind: str) -> Texts:
        known = self._texts.get(kind)
        if known is None:
            before, write = _FORMS[kind]
            times = [_MIDNIGHT + self._time(time) for time in range(self._per_day * self._per_tie)]
            days = [self._day(day) - before for day in range(self._used_days)]
            known = self._texts[kind] = (
                [write(day, _UTC)[:_DATE].encode() for day in days],
                [write(time, _UTC)[_DATE:].encode() for time in times],
            )
        return known
