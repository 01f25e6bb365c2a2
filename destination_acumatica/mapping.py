"""A record of a stream becomes a document of an entity: members by their names there, key, payload. Sends nothing.

Values stay slices of the input line all the way into the payload: no number ever passes through a float.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from acumatica_client.errors import FieldError, SettingsError
from acumatica_client.record import RecordCodec
from acumatica_client.schema import EndpointSchema
from destination_acumatica.comparison import decoded
from destination_acumatica.lines import holds_rows
from destination_acumatica.plan import WritePlan

_NULL, _FALSE = msgspec.Raw(b"null"), msgspec.Raw(b"false")
_DELETED = "_ab_cdc_deleted_at"
_NEW_NUMBER = "<new>"  # what Acumatica shows as the number of a document that has none yet
# What answers carry and a PUT does not take, and ids, which belong to the place a record came from.
_NEVER_SENT = frozenset({"id", "delete", "rowNumber", "files", "error", "_links", "_workflowActions"})
# Details whose rows Acumatica finds by a field of theirs, so that sending one again adds nothing (guide, attributes).
_FOUND_BY_THEMSELVES = frozenset({"AttributeValue"})
_members_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_rows_of = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Unfit(Exception):
    """The record cannot become a document of the entity; `errors` say why, member by member."""

    def __init__(self, *errors: FieldError) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = errors


@dataclass(frozen=True)
class Document:
    """A record by the entity's names. `key` in URL order, None where the record has no value for it.

    `dropped` are columns that neither the catalog nor the entity knows; `deleted` marks a deletion in the source.
    """

    members: Mapping[str, msgspec.Raw]
    key: tuple[str | None, ...]
    dropped: tuple[str, ...] = ()
    deleted: bool = False

    @property
    def keyed(self) -> bool:
        """Whether the record says by itself which record of the ERP it is."""
        return bool(self.key) and None not in self.key

    def full_key(self) -> tuple[str, ...]:
        return tuple(part for part in self.key if part is not None)


class Mapper:
    """Turns the records of one plan into documents, and documents into payloads."""

    def __init__(self, plan: WritePlan, schema: EndpointSchema) -> None:
        self._plan = plan
        self._known = plan.entity.shape.members() | {"note", "custom"}
        self._codec = RecordCodec(schema, plan.entity.name)

    def document(self, columns: Mapping[str, msgspec.Raw]) -> Document:
        """The record by the entity's names, without Airbyte's columns and without what has no place."""
        members: dict[str, msgspec.Raw] = {}
        dropped = []
        renames = self._plan.renames
        taken = set(renames.values())
        for column, raw in columns.items():
            member = self._plan.member(column)
            if member in self._known and (column in renames or member not in taken):
                members[member] = raw
            elif member is not None and member not in _NEVER_SENT:
                dropped.append(column)
        deleted = columns.get(_DELETED, _NULL) != _NULL
        return Document(members, tuple(map(_key_text, self._key_slices(members))), tuple(dropped), deleted)

    def lane(self, document: Document) -> Hashable | None:
        """Equal for documents that are the same record of the ERP; None for those without a key.

        Acumatica ignores case and blanks at the end of a key, so `abc` and `ABC ` share a lane.
        """
        if not document.keyed:
            return None
        return (self._plan.entity.name, *(_folded(part) for part in document.full_key()))

    def missing_key(self, document: Document) -> tuple[FieldError, ...]:
        """One error for each key field that the record leaves empty."""
        empty = [name for name, part in zip(self._plan.entity.keys, document.key, strict=True) if part is None]
        return tuple(FieldError(name, "is empty, and the record is found by it") for name in empty)

    def lines(self, document: Document) -> dict[str, object]:
        """The nested members of a document that hold rows which Acumatica would append: member -> its value."""
        shape = self._plan.entity.shape
        nested = {name: kind for name, kind in {**shape.linked, **shape.details}.items() if name in document.members}
        values = {name: decoded(document.members[name]) for name in nested if nested[name] not in _FOUND_BY_THEMSELVES}
        return {name: value for name, value in values.items() if holds_rows(value)}

    def payload(self, document: Document, *, without: Collection[str] = (), with_ids: Collection[str] = ()) -> bytes:
        """What a PUT takes. Ids belong to the place a record came from, so only those of the details `with_ids` go
        along. Raises Unfit."""
        sent = {name: raw for name, raw in document.members.items() if name not in without}
        tidy = {n: raw if n in with_ids or n == "custom" else _tidy(raw, n) for n, raw in sent.items()}
        kept = {name: value for name, value in tidy.items() if value is not None}
        try:
            return self._codec.wrap(_joined(kept), nulls="skip")
        except SettingsError as error:
            raise Unfit(FieldError("", error.message)) from error

    def _key_slices(self, members: Mapping[str, msgspec.Raw]) -> Iterator[msgspec.Raw | None]:
        return (members.get(name) for name in self._plan.entity.keys)


def _key_text(raw: msgspec.Raw | None) -> str | None:
    """A key's value as text; None where it is absent, null, blank or the placeholder of a new number."""
    if raw is None or raw == _NULL:
        return None
    text = msgspec.json.decode(raw, type=str) if _kind(raw) == '"' else bytes(raw).decode()
    return None if text.strip().casefold() in ("", _NEW_NUMBER) else text.strip()


def _folded(part: str) -> str:
    """`1` and `1.0` are one whole number, too."""
    return re.sub(r"\.0+$", "", part.casefold())


def _kind(raw: msgspec.Raw) -> str:
    """The first character of a JSON value, which tells what it is."""
    return chr(memoryview(raw)[0])


def _tidy(raw: msgspec.Raw, place: str) -> bytes | msgspec.Raw | None:
    """A value without the ids in it and without what says nothing: nulls, and objects and arrays of nothing else.

    An object without a value is not harmless: sent as a linked entity or a line, it would make an empty one.
    """
    if raw == _NULL:
        return None
    kind = _kind(raw)
    if kind == "[":
        rows = [_tidy(row, f"{place}[{at}]") for at, row in enumerate(_rows_of(raw))]
        return b"[" + b",".join(row for row in rows if row is not None) + b"]" if any(rows) else None
    return _tidy_object(raw, place) if kind == "{" else raw


def _tidy_object(raw: msgspec.Raw, place: str) -> bytes | None:
    members = _members_of(raw)
    if members.get("delete", _FALSE) not in (_FALSE, _NULL):
        raise Unfit(FieldError(place, "asks for its deletion, and this destination deletes nothing"))
    tidy = {n: v if n == "custom" else _tidy(v, f"{place}/{n}") for n, v in members.items() if n not in _NEVER_SENT}
    kept = {name: value for name, value in tidy.items() if value is not None}
    return _joined(kept) if kept else None


def _joined(members: Mapping[str, bytes | msgspec.Raw]) -> bytes:
    return b"{" + b",".join(msgspec.json.encode(name) + b":" + value for name, value in members.items()) + b"}"
