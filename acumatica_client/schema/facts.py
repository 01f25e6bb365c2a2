"""What swagger lacks about an entity: business keys, how its rows are reached, which field shows change.

The table is `facts.csv` beside this file; its header says where the facts come from.

    endpoint of the entity -> its own row, whatever the form
    any other endpoint     -> the row of that name in Default, eCommerce or MANUFACTURING, if the form is the same

The second line is for customers' own endpoints, which usually extend Default; eCommerce does too. An entity that a
customer gave the same name but built on another form gets no facts: a wrong key would merge records.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files

from acumatica_client.schema.model import Access, EntitySchema, EntityShape, ValueType

# In the order of preference. `CreatedDateTime` is never a cursor: it does not move when a record changes.
CURSOR_NAMES = ("LastModifiedDateTime", "LastModified", "LastModifiedDate")

_EXTENDED = ("default", "ecommerce", "manufacturing")
_NO_CURSOR = "none"


def former_cursors(cursor: str | None) -> tuple[str, ...]:
    """The names that a cursor may have had in another version of the endpoint, and in states saved then.

    `SalesOrder.LastModified` became `LastModifiedDateTime` in 26.200.001; `StockItem` had only the one, then both, then
    only the other. They say the same of a record. None for a cursor with a name of its own, and without a cursor.
    """
    return tuple(name for name in CURSOR_NAMES if name != cursor) if cursor in CURSOR_NAMES else ()


@dataclass(frozen=True)
class Fact:
    """One row of the table. `cursor` is a field name, "none" for never, or "" for the usual names."""

    endpoint: str
    entity: str
    screen: str = ""
    access: Access = Access.LIST
    keys: tuple[str, ...] = ()
    confidence: str = ""
    results: tuple[str, ...] = ()
    cursor: str = ""

    def keys_in(self, shape: EntityShape) -> tuple[str, ...]:
        """The keys, if they are trusted and the live shape has them all; else `()`, and `id` identifies a record.

        A version may lack a field of the key (`UnitsOfMeasure` has `UnitID` only from 24.200.001 on).
        """
        trusted = self.confidence in ("high", "medium")
        return self.keys if trusted and all(key in shape.fields for key in self.keys) else ()

    def cursor_in(self, shape: EntityShape) -> str | None:
        """The field that shows change. Only a DateTimeValue will do: some `LastModifiedDate` are text.

        Forms with a filter have none at the top: there `LastModifiedDateTime` is a parameter, not a column.
        """
        if self.cursor == _NO_CURSOR or self.access is not Access.LIST:
            return None
        names = (self.cursor,) if self.cursor else CURSOR_NAMES
        return next((name for name in names if shape.fields.get(name) is ValueType.DATETIME), None)

    def results_in(self, shape: EntityShape) -> tuple[str, ...]:
        """The details with the rows of a form that is filled in; of an unknown one, its only detail."""
        if self.access is Access.LIST:
            return ()
        known = tuple(name for name in self.results if name in shape.details)
        return known or (tuple(shape.details) if len(shape.details) == 1 else ())


class Facts:
    """The table, looked up by endpoint (in any case) and entity."""

    def __init__(self, rows: Iterable[Fact]) -> None:
        self._rows: Mapping[tuple[str, str], Fact] = {(row.endpoint.casefold(), row.entity): row for row in rows}

    def find(self, endpoint: str, entity: str, screen: str = "") -> Fact:
        """The row for this entity; one that claims nothing, where none is known."""
        own = self._rows.get((endpoint.casefold(), entity))
        if own is not None:
            return own
        for extended in _EXTENDED:
            row = self._rows.get((extended, entity))
            if row is not None and (not screen or row.screen == screen):
                return row
        return _unknown(endpoint, entity, screen)

    def complete(self, endpoint: str, entity: EntitySchema) -> EntitySchema:
        """The entity with keys, cursor and access filled in."""
        fact = self.find(endpoint, entity.name, entity.screen)
        shape = entity.shape
        cursor, results = fact.cursor_in(shape), fact.results_in(shape)
        return replace(entity, keys=fact.keys_in(shape), cursor=cursor, access=fact.access, results=results)


def _unknown(endpoint: str, entity: str, screen: str) -> Fact:
    """An unknown entity counts as readable, with one exception (guide).

    Generic inquiries (screens `GI......`) are read by PUT, like inquiry forms.
    """
    return Fact(endpoint, entity, screen, Access.INQUIRY if screen.startswith("GI") else Access.LIST)


@lru_cache(maxsize=1)
def load_facts() -> Facts:
    """The table that comes with this package; read once, when first needed."""
    text = files("acumatica_client.schema").joinpath("facts.csv").read_text(encoding="utf-8")
    return Facts(read_rows(text))


def read_rows(text: str) -> list[Fact]:
    """The rows of a table in the format of `facts.csv`; lines that begin with # are comments."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return [
        Fact(
            endpoint=row["endpoint"],
            entity=row["entity"],
            screen=row["screen"],
            access=Access(row["access"]),
            keys=_joined(row["keys"]),
            confidence=row["confidence"],
            results=_joined(row["results"]),
            cursor=row["cursor"],
        )
        for row in csv.DictReader(lines)
    ]


def _joined(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("+")) if cell else ()
