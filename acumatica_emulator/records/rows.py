"""A stored record, and how a field is read from it.

One row serves every endpoint version: a Customer read over eCommerce is the Customer of Default. So a row keeps
values by field name, and the entity type of the endpoint in the URL decides which of them are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any

from acumatica_emulator.catalog import EntityType
from acumatica_emulator.records.values import CREATED, MODIFIED, Scalar, Zones, blank_of, locale_text

Getter = Callable[["Row"], Scalar]


def guid(*parts: object) -> str:
    """A GUID that is the same for the same parts, so that a seeded instance is the same every time."""
    digest = blake2b("/".join(map(str, parts)).encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


@dataclass
class Attachment:
    """A file of a record; the same name uploaded again is a new revision of it."""

    id: str
    name: str
    content: bytes
    comment: str | None = None


class Row:
    """A record, a linked part of one, or a line of one. `rendered` holds its JSON until the next change."""

    __slots__ = (
        "archived",
        "created",
        "custom",
        "details",
        "files",
        "id",
        "linked",
        "modified",
        "note",
        "rendered",
        "values",
    )

    def __init__(self, id: str, values: dict[str, Scalar] | None = None, modified: datetime | None = None) -> None:
        self.id = id
        self.values: dict[str, Scalar] = values if values is not None else {}
        self.linked: dict[str, Row] = {}
        self.details: dict[str, list[Row]] = {}
        self.custom: dict[tuple[str, str], tuple[str, Scalar]] = {}
        self.note = ""
        self.files: list[Attachment] = []
        self.created: datetime | None = modified
        self.modified: datetime | None = modified
        self.archived = False
        self.rendered: dict[object, tuple[str, str]] = {}

    def link(self, name: str) -> Row:
        """The linked part; an expanded part that holds nothing is still an object on the wire."""
        part = self.linked.get(name)
        if part is None:
            part = self.linked[name] = Row(guid(self.id, name))
        return part

    def lines(self, name: str) -> list[Row]:
        return self.details.setdefault(name, [])

    def children(self) -> Iterator[Row]:
        yield from self.linked.values()
        for lines in self.details.values():
            yield from lines

    def copy(self) -> Row:
        """A deep copy to try a change on; the original stays as it was until the change is accepted."""
        twin = Row(self.id, dict(self.values))
        twin.linked = {name: part.copy() for name, part in self.linked.items()}
        twin.details = {name: [line.copy() for line in lines] for name, lines in self.details.items()}
        twin.custom, twin.note, twin.files = dict(self.custom), self.note, list(self.files)
        twin.created, twin.modified, twin.archived = self.created, self.modified, self.archived
        return twin


class BulkRow(Row):
    """A row that has only what is listed in a bulk's light fields; `make` of the bulk gives the whole row."""

    __slots__ = ()

    def __init__(self, id: str, number: str, modified: datetime, created: datetime) -> None:
        # not Row's: a filter makes a million of these, and their parts are never read
        self.id, self.archived = id, False
        self.values = {"OrderType": "SO", "OrderNbr": number}
        self.modified, self.created = modified, created


@cache
def is_stamp(role: str, field: str) -> bool:
    """Whether the server fills the field. In an inquiry a field of such a name is only a parameter."""
    return not role and (field in MODIFIED or field in CREATED)


def getter(entity: EntityType, field: str, zones: Zones) -> Getter:
    """How to read one scalar of a row: stamps and the NoteID belong to the row, the others to its values."""
    kind = entity.fields[field]
    if is_stamp(entity.role, field) and kind in ("time", "date"):
        return (lambda row: row.created) if field in CREATED else (lambda row: row.modified)
    if is_stamp(entity.role, field) and kind == "str":
        return lambda row: locale_text(row.modified, zones) if row.modified else None
    if field == "NoteID" and kind == "guid" and not entity.role:
        return lambda row: row.id
    blank = blank_of(kind, field)
    return lambda row: row.values.get(field, blank)


def plain(row: Row, entity: EntityType, types: Mapping[str, EntityType], zones: Zones) -> dict[str, Any]:
    """The row as a dict without wrappers: scalars, linked parts as dicts, lines as lists of dicts."""
    seen: dict[str, Any] = {"id": row.id}
    seen.update({field: getter(entity, field, zones)(row) for field in entity.fields})
    for name, kind in entity.linked.items():
        if name in row.linked:
            seen[name] = plain(row.linked[name], types[kind], types, zones)
    for name, kind in entity.details.items():
        seen[name] = [plain(line, types[kind], types, zones) for line in row.details.get(name, [])]
    if row.custom:
        seen["custom"] = {f"{view}.{field}": value for (view, field), (_, value) in row.custom.items()}
    return seen
