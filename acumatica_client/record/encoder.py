"""The inverse of unwrapping: a plain record to the payload that a PUT takes. Numbers keep their digits.

record                          payload
a field's value x               {"value": x}
a field that is null            as `nulls` says
a drop-down of contract 5       {"value": {"id": x}}, x from `<Field>_id`, else from `<Field>`; of several, an array
a linked entity, a detail       an object, an array of objects, wrapped likewise
id, delete                      bare (guide: `{"id": "...", "delete": true}` deletes a detail line)
note                            {"value": "..."}
custom                          as it is: {"View": {"Field": {"type": "CustomStringField", "value": ...}}}
rowNumber, files, error, ...    left out: answers have them, a PUT does not take them

Drop-downs are written by their id (guide, 2026 R2). Where a record gives only one value, it is sent as the id.
UNVERIFIED: the form with `id` alone, after the declared schema; and that an id that is none is refused by the server,
not dropped. A record that came from contract 4 has descriptions there, which then show as rejections.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from acumatica_client.errors import SettingsError
from acumatica_client.record.columns import Column, dropdown_columns
from acumatica_client.record.dropdown_ids import choice, is_dropdown
from acumatica_client.schema.model import EntityShape
from acumatica_client.schema.system_members import ANSWER_MEMBERS, CUSTOM, DELETE, ID, NOTE

Nulls = Literal["clear", "skip", "empty"]

_ABSENT = b""
_NULLS: Mapping[Nulls, bytes] = {"clear": b'{"value":null}', "skip": _ABSENT, "empty": b"{}"}
_BARE = frozenset({ID, DELETE})
_members_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_rows_of = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode
_Part = bytes | msgspec.Raw
_Pairs = Iterator[tuple[str, _Part]]


class PayloadEncoder:
    """Wraps records of one entity; see the head of this module for the rules."""

    def __init__(self, shape: EntityShape, shapes: Mapping[str, EntityShape]) -> None:
        self._shape = shape
        self._shapes = shapes
        self._beside: dict[str, Mapping[str, Column]] = {}

    def wrap(self, record: bytes | msgspec.Raw | Mapping[str, object], nulls: Nulls) -> bytes:
        """The payload of a record, given as JSON text or as a mapping (with `Decimal` for exact numbers).

        Raises `SettingsError` naming each member that the entity lacks or that is of the wrong kind.
        """
        wrapping = _RecordEncoder(self._shapes, nulls, self._beside)
        try:
            raw = record if isinstance(record, bytes | msgspec.Raw) else _encode(record)
            payload = wrapping.row(raw, self._shape, "")
        except (msgspec.DecodeError, UnicodeError) as error:
            raise SettingsError(f"A record for {self._shape.name} is not a JSON object.", detail=str(error)) from error
        if wrapping.wrong:
            raise SettingsError(f"A record does not fit the entity {self._shape.name}: {'; '.join(wrapping.wrong)}.")
        return payload


class _RecordEncoder:
    """One record on its way; `wrong` collects what does not fit, so that one message can name it all."""

    def __init__(
        self, shapes: Mapping[str, EntityShape], nulls: Nulls, beside: dict[str, Mapping[str, Column]]
    ) -> None:
        """`beside` keeps the companion columns of each shape, from record to record."""
        self._shapes = shapes
        self._nulls = nulls
        self._beside = beside
        self.wrong: list[str] = []

    def row(self, raw: _Part, shape: EntityShape, place: str) -> bytes:
        pairs = self._pairs(_members_of(raw), shape, place)
        return b"{" + b",".join(msgspec.json.encode(name) + b":" + value for name, value in pairs) + b"}"

    def _pairs(self, members: Mapping[str, msgspec.Raw], shape: EntityShape, place: str) -> _Pairs:
        if shape.name not in self._beside:
            self._beside[shape.name] = dropdown_columns(shape)
        beside = self._beside[shape.name]
        done: set[str] = set()
        for name, raw in members.items():
            field = beside[name].field if name in beside else name
            if name in ANSWER_MEMBERS or field in done:
                continue
            if is_dropdown(shape.fields.get(field)):
                done.add(field)
                wrapped: _Part = self._choice(field, members, shape, place + field)
            else:
                wrapped = self._member(name, raw, shape, place + name)
            if wrapped != _ABSENT:
                yield field, wrapped

    def _choice(self, field: str, members: Mapping[str, msgspec.Raw], shape: EntityShape, path: str) -> bytes:
        """A drop-down, from its own column and those beside it."""
        try:
            value = choice(field, shape.fields[field], members, self._beside[shape.name], whole=self._nulls == "empty")
        except ValueError as error:
            return self._refuse(f"{path} {error}")
        return _NULLS[self._nulls] if value is None else b'{"value":' + value + b"}"

    def _member(self, name: str, raw: msgspec.Raw, shape: EntityShape, path: str) -> _Part:
        """The payload of one member, or nothing to leave it out."""
        kind = chr(memoryview(raw)[0])
        if name in shape.fields or name == NOTE:
            return self._field(raw, kind, path)
        if kind == "n":
            return self._nested_null(name, raw, shape, path)
        if name in _BARE:
            return raw
        if name == CUSTOM:
            return self._custom(raw, kind, path)
        if name in shape.linked:
            return self._linked(raw, kind, self._shapes[shape.linked[name]], path)
        if name in shape.details:
            return self._details(raw, kind, self._shapes[shape.details[name]], path)
        return self._refuse(f"it has no member {path}")

    def _field(self, raw: msgspec.Raw, kind: str, path: str) -> bytes:
        if kind == "n":
            return _NULLS[self._nulls]
        return self._refuse(f"{path} is a single value") if kind in "{[" else b'{"value":' + raw + b"}"

    def _nested_null(self, name: str, raw: msgspec.Raw, shape: EntityShape, path: str) -> _Part:
        """Only a field can be cleared. A null where an object belongs says nothing, except to the inverse."""
        if name not in _BARE and name != CUSTOM and name not in shape.members():
            return self._refuse(f"it has no member {path}")
        return raw if self._nulls == "empty" and name not in _BARE else _ABSENT

    def _custom(self, raw: msgspec.Raw, kind: str, path: str) -> _Part:
        if kind != "{":
            return self._refuse(f"{path} is an object of views and fields")
        return raw if self._nulls == "empty" or _members_of(raw) else _ABSENT

    def _linked(self, raw: msgspec.Raw, kind: str, shape: EntityShape, path: str) -> bytes:
        return self.row(raw, shape, f"{path}/") if kind == "{" else self._refuse(f"{path} is an object")

    def _details(self, raw: msgspec.Raw, kind: str, shape: EntityShape, path: str) -> bytes:
        rows = _rows_of(raw) if kind == "[" else []
        if kind != "[" or any(chr(memoryview(row)[0]) != "{" for row in rows):
            return self._refuse(f"{path} is an array of objects")
        return b"[" + b",".join(self.row(row, shape, f"{path}[{at}]/") for at, row in enumerate(rows)) + b"]"

    def _refuse(self, reason: str) -> bytes:
        if reason not in self.wrong:
            self.wrong.append(reason)
        return _ABSENT
