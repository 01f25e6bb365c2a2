"""Sales orders for `--scale`: they exist as numbers until they are read, so that a million cost nothing at the start.

Order number i is made from a prototype (an ordinary seeded order) by giving it other ids, another number and other
stamps. Rows stand in the order of stamps at a place of their own, out of step with their keys:

    places   0 1 2 | 3 4 5 | 6 7 8 | 9 ...        three neighbours share a stamp: one mass operation
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil, gcd
from typing import Any

from acumatica_emulator.records.rows import BulkRow, Row
from acumatica_emulator.records.tables import SortKey
from acumatica_emulator.seed.selling import sales_order
from acumatica_emulator.seed.world import FIRST_STAMP, LAST_STAMP, World

PROTOTYPES = 64
KEPT_LIGHT = 50_000
TIE = 3
CREATED_BEFORE = timedelta(days=3)
_STRIDE = 7919  # a prime: neighbours by key are far apart by stamp, as in a real table


class Stamps:
    """The stamps of `count` rows: whole milliseconds, in ties of three, from the first day to the last."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._ties = ceil(count / TIE)
        self._stride = next(step for step in range(_STRIDE, 2 * _STRIDE + count) if gcd(step, count) == 1)
        self._inverse = pow(self._stride, -1, count)

    def of(self, index: int) -> datetime:
        return self.at(index * self._stride % self.count)

    def at(self, place: int) -> datetime:
        """The stamp of a place in the order of stamps."""
        span = int((LAST_STAMP - FIRST_STAMP).total_seconds() * 1000)
        return FIRST_STAMP + timedelta(milliseconds=place // TIE * span // self._ties)

    def index(self, place: int) -> int:
        """The row at a place."""
        return place * self._inverse % self.count


class BulkOrders:
    """Sales orders 0 to count - 1. Ids begin with the number in eight hexadecimal digits."""

    light_fields = frozenset({"OrderType", "OrderNbr", "LastModified", "LastModifiedDateTime", "NoteID", "CreatedDate"})

    def __init__(self, world: World, count: int) -> None:
        self.count = count
        self._width = max(6, len(str(count)))
        self._stamps = Stamps(count)
        self._light: dict[int, BulkRow] = {}
        self.prototypes = [self._prototype(world, at) for at in range(min(PROTOTYPES, count))]

    def _prototype(self, world: World, at: int) -> Row:
        row = sales_order(world, at * 2 + 1)
        row.values["OrderType"] = "SO"
        return row

    def number(self, index: int) -> str:
        return f"SO{index + 1:0{self._width}}"

    def modified(self, index: int) -> datetime:
        return self._stamps.of(index)

    def within(self, bounds: Sequence[tuple[str, str, datetime]]) -> list[int] | None:
        """Looks the limits up among the places, so that a window of a million orders costs what is in it."""
        low, high = 0, self.count
        for name, sign, at in bounds:
            if name not in ("LastModified", "LastModifiedDateTime"):
                return None
            left = bisect_left(range(self.count), at, key=self._stamps.at)
            right = bisect_right(range(self.count), at, key=self._stamps.at)
            low = max(low, {"ge": left, "gt": right, "eq": left}.get(sign, 0))
            high = min(high, {"lt": left, "le": right, "eq": right}.get(sign, self.count))
        return sorted(map(self._stamps.index, range(low, high)))

    def key(self, index: int) -> tuple[Any, ...]:
        return ("SO", self.number(index))

    def light(self, index: int) -> BulkRow:
        row = self._light.get(index)
        if row is None:
            if len(self._light) >= KEPT_LIGHT:
                self._light.clear()
            row = self._light[index] = self._made_light(index)
        return row

    def _made_light(self, index: int) -> BulkRow:
        modified = self.modified(index)
        id = f"{index:08x}{self._prototype_of(index).id[8:]}"
        return BulkRow(id, self.number(index), modified, modified - CREATED_BEFORE)

    def _prototype_of(self, index: int) -> Row:
        return self.prototypes[index % len(self.prototypes)]

    def make(self, index: int) -> Row:
        """The whole order. Parts and lines are those of the prototype, under ids of their own."""
        light = self.light(index)
        prototype = self._prototype_of(index)
        row = Row(light.id, {**prototype.values, **light.values}, light.modified)
        row.created = light.created
        row.linked = {name: _twin(part, row) for name, part in prototype.linked.items()}
        row.details = {name: [_twin(line, row) for line in lines] for name, lines in prototype.details.items()}
        row.custom = dict(prototype.custom)
        return row

    def index_of_id(self, id: str) -> int | None:
        try:
            index = int(id[:8], 16)
        except ValueError:
            return None
        return index if index < self.count and self.light(index).id == id else None

    def index_of_key(self, key: SortKey) -> int | None:
        texts = [str(value) for _, value in key]
        if len(texts) != 2 or texts[0] != "so" or not texts[1][2:].isdigit():
            return None
        index = int(texts[1][2:]) - 1
        return index if 0 <= index < self.count and self.number(index).casefold() == texts[1] else None


def _twin(child: Row, parent: Row) -> Row:
    twin = Row(parent.id[:8] + child.id[8:], dict(child.values), parent.modified)
    twin.created, twin.note = parent.created, child.note
    return twin
