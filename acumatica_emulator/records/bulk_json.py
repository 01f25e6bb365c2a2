"""Knows how the JSON of many rows of a bulk is printed at once, from that of their prototypes; knows nothing of fields.

A prototype's JSON is cut once at the texts in which its rows differ. A page is then one join of what stays and what
differs, alternately, so that a page of ten megabytes costs little more than copying it:

    {"id":" <head> -8cd1-...","rowNumber": <row> ,"note":...,"OrderNbr":{"value": <number> } ... ,{"id":"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, repeat
from operator import itemgetter

from acumatica_emulator.records.rows import MARKS, Row
from acumatica_emulator.records.tables import Bulk
from acumatica_emulator.records.values import Zones

OPENING = b',{"id":"'  # of each row; it stands at the end of the row before, so that every row begins with a gap
KINDS = ("row", *MARKS)


@dataclass(frozen=True)
class Plate:
    """What rows of one prototype share: before each of its pieces is a gap, for the mark of the kind in its place."""

    pieces: list[bytes]
    gaps: tuple[int, ...]
    pick: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]


class Press:
    """Prints rows of one bulk for one projection; `body` gives a prototype's JSON before and after its row number."""

    def __init__(self, bulk: Bulk, zones: Zones, body: Callable[[Row], tuple[str, str]]) -> None:
        self._bulk, self._zones, self._body = bulk, zones, body
        self._plates: dict[int, Plate] = {}
        self._layouts: set[tuple[int, ...]] = set()

    def pieces(self, indices: Sequence[int], first: int) -> list[bytes]:
        """The rows, each followed by the opening of another; their row numbers go on from `first`."""
        count = len(self._bulk.prototypes)
        plates = [self._plates.get(index % count) or self._cut(index % count) for index in indices]
        columns = self._columns(indices, first)
        pieces = list(chain.from_iterable([plate.pieces for plate in plates]))
        if len(self._layouts) == 1:
            (gaps,) = self._layouts
            for at, kind in enumerate(gaps):
                pieces[2 * at :: 2 * len(gaps)] = columns[kind]
        else:
            marks = zip(*columns, strict=False)
            pieces[::2] = chain.from_iterable([plate.pick(own) for plate, own in zip(plates, marks, strict=False)])
        return pieces

    def _columns(self, indices: Sequence[int], first: int) -> list[Sequence[bytes]]:
        """The marks of the rows by kind. Kinds that no plate has a gap for are not worked out."""
        wanted = [kind for at, kind in enumerate(KINDS) if at and any(at in gaps for gaps in self._layouts)]
        columns = self._bulk.marks(indices, wanted, self._zones)
        blank: Sequence[bytes] = list(repeat(b"", len(indices)))
        return [_numbers(first, len(indices)), *[columns.get(kind, blank) for kind in KINDS[1:]]]

    def _cut(self, at: int) -> Plate:
        """The prototype's JSON cut at its marks; the longest are looked for first, because they hold the others."""
        prototype = self._bulk.prototypes[at]
        marks = {tell(prototype, self._zones): KINDS.index(kind) for kind, tell in MARKS.items()}
        before, after = self._body(prototype)
        text = f"{before}\0{after}".removeprefix('{"id":"')
        marks["\0"] = 0
        cut = re.split(f"({'|'.join(map(re.escape, sorted(marks, key=len, reverse=True)))})", text)
        gaps = tuple(marks[mark] for mark in cut[1::2])
        pieces = [piece.encode() for piece in cut[1:]]
        pieces[::2] = [b""] * len(gaps)
        pieces[-1] += OPENING
        self._layouts.add(gaps)
        plate = self._plates[at] = Plate(pieces, gaps, itemgetter(*gaps))
        return plate


@lru_cache(maxsize=8)
def _numbers(first: int, count: int) -> list[bytes]:
    """Row numbers as text; most pages have the same."""
    return [b"%d" % number for number in range(first, first + count)]
