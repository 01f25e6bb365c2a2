"""What is sent for a drop-down of contract 5: chosen by its id, from the columns that a record has for it.

Status "Completed", Status_id "CL"      {"id":"CL"}
Status "CL"                             {"id":"CL"}            one value only is taken for the id
Tags_id ["A","B"]                       [{"id":"A"},{"id":"B"}]
Status {"id":"CL","description":".."}   as it is
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from acumatica_client.record.columns import Column, Part, main_part
from acumatica_client.schema.model import ValueType

_NULL = msgspec.Raw(b"null")
_SINGLE = frozenset({ValueType.STRING_SELECT, ValueType.INT_SELECT})
_rows_of = msgspec.json.Decoder(list[msgspec.Raw]).decode
_Raw = msgspec.Raw
_Parts = Mapping[Part, msgspec.Raw]


def is_dropdown(kind: ValueType | None) -> bool:
    return kind in _SINGLE or kind is ValueType.STRING_MULTI_SELECT


def choice(
    field: str, kind: ValueType, members: Mapping[str, _Raw], beside: Mapping[str, Column], *, whole: bool
) -> bytes | None:
    """The value to send, None for null. `whole`: with the description, as a server writes it.

    `beside` are the companion columns of the entity. Raises ValueError, in words for people, for what is no choice.
    """
    given: dict[Part, _Raw] = {main_part(kind): members.get(field, _NULL)}
    for column in beside.values():
        if column.field == field and members.get(column.name, _NULL) != _NULL:
            given[column.part] = members[column.name]
    parts = {part: raw for part, raw in given.items() if raw != _NULL}
    if not parts:
        return None
    return _one(parts, whole) if kind in _SINGLE else _several(parts, whole)


def _one(parts: _Parts, whole: bool) -> bytes:
    if any(_kind(raw) == "[" for raw in parts.values()):
        raise ValueError("is a single choice")
    id = parts.get("id") or parts["description"]
    description = parts.get("description")
    if _kind(id) == "{":
        return bytes(id)
    if whole and description and "id" in parts:
        return b'{"id":' + id + b',"description":' + description + b"}"
    return b'{"id":' + id + b"}"


def _several(parts: _Parts, whole: bool) -> bytes:
    if any(_kind(raw) != "[" for raw in parts.values()):
        raise ValueError("is an array of choices")
    listed: dict[Part, list[_Raw]] = {part: _rows_of(raw) for part, raw in parts.items()}
    lengths = {len(rows) for rows in listed.values()}
    if len(lengths) > 1:
        listed = {"id": listed["id"]}
    chosen = (dict(zip(listed, row, strict=True)) for row in zip(*listed.values(), strict=True))
    named = ({part: raw for part, raw in one.items() if raw != _NULL} for one in chosen)
    return b"[" + b",".join(_one(one, whole) for one in named if one) + b"]"


def _kind(raw: _Raw) -> str:
    """The first character of a JSON text."""
    return chr(memoryview(raw)[0])
