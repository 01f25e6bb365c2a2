"""Knows what an instance keeps because clients repeat themselves, and go on as they began; knows nothing of a request.

Compiled options, whole pages, and one page ahead of a client that reads a list from page to page:

    page 1 asked, made, sent -> page 2 made while the client is busy with page 1 -> page 2 asked, sent at once -> ...

A page ahead is the same bytes that would be made for the request; a table that changes makes it worthless, not wrong.
"""

from __future__ import annotations

from collections.abc import Callable

from acumatica_emulator.api.options import Wanted
from acumatica_emulator.filters import Condition
from acumatica_emulator.records.projection import Projection

KEPT_PROJECTIONS = 256
KEPT_BYTES = 128 * 1024 * 1024
KEPT_AHEAD = 4
REMEMBERED = 10_000
WORTH_WHILE = 64 * 1024  # bytes; smaller pages are made at once

Make = Callable[[int, "int | None"], bytes]
Place = tuple[object, int, "int | None"]


class Shelf:
    """Pages by series and bounds. A series names all that a page depends on but its first row and the row behind it."""

    def __init__(self) -> None:
        self._pages: dict[Place, bytes] = {}
        self._size = 0
        self._asked: set[int] = set()
        self._ahead: dict[Place, bytes] = {}
        self._starts: dict[object, int] = {}
        self.wanted: dict[object, Wanted] = {}
        self.projections: dict[object, Projection] = {}
        self.conditions: dict[object, Condition] = {}

    def page(self, series: object, start: int, stop: int | None, make: Make) -> bytes:
        """The page, made if it is not at hand.

        It is kept from its second time on: most are asked for once, and fresh memory for ten megabytes costs more than
        the making of them.
        """
        place = (series, start, stop)
        known = self._pages.get(place)
        if known is None:
            known = self._ahead.pop(place, None) or make(start, stop)
            if self._asked_before(hash(place)):
                self._keep(place, known)
        return known

    def ahead(self, series: object, start: int, stop: int | None, make: Make) -> Callable[[], None] | None:
        """Makes the page that is likely to come next: as far behind this one as this is behind the one before."""
        before = self._starts.get(series, start)
        if len(self._starts) >= REMEMBERED:
            self._starts.clear()
        self._starts[series] = start
        if stop is None:
            return None
        begin = start + (start - before if start > before else stop - start)
        place = (series, begin, begin + stop - start)
        return None if place in self._pages else lambda: self._prepare(place, make)

    def _prepare(self, place: Place, make: Make) -> None:
        while len(self._ahead) >= KEPT_AHEAD:
            self._ahead.pop(next(iter(self._ahead)))
        self._ahead[place] = make(*place[1:])

    def _asked_before(self, mark: int) -> bool:
        if mark in self._asked:
            return True
        if len(self._asked) >= REMEMBERED:
            self._asked.clear()
        self._asked.add(mark)
        return False

    def _keep(self, place: Place, page: bytes) -> None:
        """The oldest make room."""
        while self._pages and self._size + len(page) > KEPT_BYTES:
            self._size -= len(self._pages.pop(next(iter(self._pages))))
        self._pages[place] = page
        self._size += len(page)

    def clear_if_full(self) -> None:
        for compiled in (self.wanted, self.projections, self.conditions):
            if len(compiled) > KEPT_PROJECTIONS:
                compiled.clear()
