"""The rows of one entity in key order: find, insert, replace, remove.

Rows stand in ascending key order, as every recorded list does. Seeding is put off until the first look at the table. A
table may hold a bulk of rows that exist only as numbers until they are read, so that a million cost nothing at
start.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

from acumatica_emulator.records.rows import Row

SortKey = tuple[tuple[int, Any], ...]
KEPT_SELECTIONS = 16


class DuplicateKey(ValueError):
    """A row with these keys is already there."""


class Bulk(Protocol):
    """Rows that are made on demand, in key order, the same way every time."""

    count: int
    light_fields: frozenset[str]

    def key(self, index: int) -> tuple[Any, ...]: ...

    def make(self, index: int) -> Row: ...

    def light(self, index: int) -> Row:
        """A row with nothing but the light fields, which is all that most filters need."""

    def within(self, bounds: Sequence[tuple[str, str, datetime]]) -> list[int] | None:
        """The numbers of the rows within these limits, in key order; None if each row has to be tested."""

    def index_of_id(self, id: str) -> int | None: ...

    def index_of_key(self, key: SortKey) -> int | None: ...


class Table:
    """The rows of one entity. A row that was returned is never changed in place: `replace` puts a new one for it."""

    def __init__(self, keys: Sequence[str], seed: Callable[[], Iterable[Row]], bulk: Bulk | None = None) -> None:
        self.keys = tuple(keys)
        self.version = 0
        self.archived = 0
        self._seed: Callable[[], Iterable[Row]] | None = seed
        self._bulk = bulk
        self._order: list[int | Row] = []
        self._by_key: dict[SortKey, Row] = {}
        self._by_id: dict[str, Row] = {}
        self._changed: set[int] = set()
        self._selections: dict[str, tuple[int, list[int | Row]]] = {}
        self._arrivals = 0

    # --- looking

    @property
    def size_of_bulk(self) -> int:
        return self._bulk.count if self._bulk else 0

    def __len__(self) -> int:
        self._settle()
        return len(self._order)

    def __iter__(self) -> Iterator[Row]:
        self._settle()
        return (self._row(entry) for entry in list(self._order))

    def rows_in_memory(self) -> list[Row]:
        """Every row that is more than a number."""
        self._settle()
        return list(self._by_id.values())

    def find(self, key: Sequence[Any]) -> Row | None:
        self._settle()
        wanted = sort_key(key)
        return self._by_key.get(wanted) or self._in_bulk(wanted)

    def _in_bulk(self, key: SortKey) -> Row | None:
        index = self._bulk.index_of_key(key) if self._bulk else None
        return None if index is None or index in self._changed or not self._bulk else self._bulk.make(index)

    def by_id(self, id: str) -> Row | None:
        self._settle()
        row = self._by_id.get(id)
        if row is None and self._bulk is not None:
            index = self._bulk.index_of_id(id)
            return None if index is None or index in self._changed else self._bulk.make(index)
        return row

    def rows(self, entries: Sequence[int | Row]) -> list[Row]:
        """The whole rows of entries."""
        return [self._row(entry) for entry in entries]

    def entries(self) -> Sequence[int | Row]:
        self._settle()
        return self._order

    def select(
        self,
        name: str,
        holds: Callable[[Row], bool],
        fields: frozenset[str],
        bounds: Sequence[tuple[str, str, datetime]] = (),
    ) -> Sequence[int | Row]:
        """The entries of which the condition holds. The answer is kept under its name until the table changes.

        `bounds` say the same as the condition, in instants, where it is nothing but limits of time fields.
        """
        self._settle()
        version, kept = self._selections.get(name, (-1, []))
        if version == self.version:
            return kept
        chosen = self._chosen(holds, fields, bounds)
        if len(self._selections) >= KEPT_SELECTIONS:
            self._selections.clear()
        self._selections[name] = (self.version, chosen)
        return chosen

    def _chosen(
        self, holds: Callable[[Row], bool], fields: frozenset[str], bounds: Sequence[tuple[str, str, datetime]]
    ) -> list[int | Row]:
        if self._bulk is None:
            return [entry for entry in self._order if holds(self._row(entry))]
        found = self._bulk.within(bounds) if bounds else None
        if found is None:
            light = self._bulk.light if fields <= self._bulk.light_fields else None
            return [entry for entry in self._order if holds(self._row(entry, light))]
        kept: list[int | Row] = [index for index in found if index not in self._changed]
        rows = [row for row in self._by_id.values() if holds(row)]
        return sorted([*kept, *rows], key=self._sort_key_of_entry) if rows else kept

    def _row(self, entry: int | Row, make: Callable[[int], Row] | None = None) -> Row:
        if isinstance(entry, Row):
            return entry
        assert self._bulk is not None
        return (make or self._bulk.make)(entry)

    # --- changing

    def insert(self, row: Row) -> None:
        self._settle()
        key = self._key_of(row)
        if self.keys and (key in self._by_key or self._in_bulk(key)):
            raise DuplicateKey(key)
        at = bisect_left(self._order, key, key=self._sort_key_of_entry)
        self._order.insert(at, row)
        self._by_key[key], self._by_id[row.id] = row, row
        self.archived += row.archived
        self.version += 1

    def remove(self, row: Row) -> None:
        self._settle()
        at = self._place(row.id)
        self._forget(self._order.pop(at))
        self.version += 1

    def replace(self, old: Row, new: Row) -> None:
        """Puts a changed row in the place of the old one; its keys may have changed."""
        self.remove(old)
        self.insert(new)

    def _place(self, id: str) -> int:
        row = self.by_id(id)
        if row is None:
            raise KeyError(id)
        key = self._key_of(row, known=True)
        return bisect_left(self._order, key, key=self._sort_key_of_entry)

    def _forget(self, entry: int | Row) -> None:
        if isinstance(entry, Row):
            self.archived -= entry.archived
            del self._by_id[entry.id]
            del self._by_key[self._key_of(entry, known=True)]
        else:
            self._changed.add(entry)

    def _settle(self) -> None:
        """Seeds the table, once."""
        if self._seed is None:
            return
        seed, self._seed = self._seed, None
        for row in seed():
            key = self._key_of(row)
            self._by_key[key], self._by_id[row.id] = row, row
        rows: list[int | Row] = [self._by_key[key] for key in sorted(self._by_key)]
        if self._bulk is not None:
            rows = sorted([*rows, *range(self._bulk.count)], key=self._sort_key_of_entry) if rows else []
            self._order = rows or list(range(self._bulk.count))
        else:
            self._order = rows

    def _key_of(self, row: Row, known: bool = False) -> SortKey:
        """The sort key; an entity without keys keeps its rows in the order of their arrival."""
        if self.keys:
            return sort_key(tuple(row.id if name == "NoteID" else row.values.get(name) for name in self.keys))
        if not known:
            row.values.setdefault("__arrival", self._arrivals)
            self._arrivals += 1
        return sort_key((row.values["__arrival"],))

    def _sort_key_of_entry(self, entry: int | Row) -> SortKey:
        if isinstance(entry, Row):
            return self._key_of(entry, known=True)
        assert self._bulk is not None
        return sort_key(self._bulk.key(entry))


def sort_key(values: Sequence[Any]) -> SortKey:
    """Keys compare without regard to case or trailing blanks; numbers by size; null first."""
    return tuple(_one(value) for value in values)


def _one(value: object) -> tuple[int, Any]:
    if value is None or value == "":
        return (0, 0)
    if isinstance(value, str):
        return (2, value.rstrip().casefold())
    return (1, value)
