"""What can be done with which entity, for a connection that maps fields onto it: the destination catalog. Pure.

    entity x mode  ->  object_name, sync_mode, json_schema of what can be written, matching_keys

A matching key of several fields is one list of names; a mode that needs none has no matching keys at all, since the
platform's form offers them as a list to choose from, and an empty list has no choice. The form maps columns to names,
so the fields of linked entities are offered by their paths (`MainContact.Email`); rows of details stay arrays of
objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from acumatica_client.schema.json_types import JSON_TYPES
from acumatica_client.schema.model import Access, EndpointSchema, EntitySchema, EntityShape, ValueType

Json = dict[str, object]

_DEEPEST = 2  # of nested members: what lies deeper can still be written, it is only not offered
# Those that need no settings of a stream, which no operation carries: a soft delete needs a field or an action.
_MODES = ("append", "append_dedup", "update")
_BY_KEY = frozenset({"append_dedup", "update"})
# Stamped by Acumatica itself, whatever is sent.
_STAMPS = frozenset({"CreatedDateTime", "CreatedDate", "LastModifiedDateTime", "LastModified", "LastModifiedDate"})

_TEXT: Json = {"type": ["null", "string"]}
# A drop-down of contract 5 may be written by its text, whatever its id is.
_TYPES: Mapping[ValueType, Json] = {
    kind: {**written, "type": ["null", written["type"]]}
    for kind, written in {**JSON_TYPES, ValueType.INT_SELECT: JSON_TYPES[ValueType.STRING]}.items()
}


def destination_catalog(schema: EndpointSchema) -> Json:
    """The content of a DESTINATION_CATALOG message."""
    return {"operations": list(_operations(schema))}


def _operations(schema: EndpointSchema) -> Iterator[Json]:
    for name, entity in sorted(schema.entities.items()):
        if entity.access is not Access.LIST:
            continue
        offered = _object(entity.shape, schema.shapes, frozenset(entity.keys))
        for mode in _MODES:
            if entity.keys or mode not in _BY_KEY:
                yield _operation(name, mode, entity, offered)


def _operation(name: str, mode: str, entity: EntitySchema, offered: Json) -> Json:
    keyed = {"matching_keys": [list(entity.keys)]} if mode in _BY_KEY else {}
    required = {"required": list(entity.keys)} if mode in _BY_KEY else {}
    return {"object_name": name, "sync_mode": mode, "json_schema": {**offered, **required}, **keyed}


def _object(shape: EntityShape, shapes: Mapping[str, EntityShape], keys: frozenset[str], depth: int = 0) -> Json:
    """The JSON schema of a record, or of a row. Keys are not nullable."""
    properties: Json = dict(_fields(shape, shapes, keys))
    if depth < _DEEPEST:
        rows = {name: _object(shapes[kind], shapes, frozenset(), depth + 1) for name, kind in shape.details.items()}
        properties |= {name: {"type": ["null", "array"], "items": found} for name, found in rows.items()}
    if depth == 0:
        properties |= {"note": _TEXT, "custom": {"type": ["null", "object"], "additionalProperties": True}}
    return {"type": "object", "additionalProperties": True, "properties": properties}


def _fields(
    shape: EntityShape, shapes: Mapping[str, EntityShape], keys: frozenset[str], place: str = ""
) -> Iterator[tuple[str, Json]]:
    """The fields of a shape and of its linked entities, by their paths."""
    for name, kind in shape.fields.items():
        if name not in _STAMPS:
            yield place + name, _field(kind, name in keys)
    if place.count(".") < _DEEPEST:
        for name, linked in shape.linked.items():
            yield from _fields(shapes[linked], shapes, frozenset(), f"{place}{name}.")


def _field(kind: ValueType, is_key: bool) -> Json:
    found = _TYPES[kind]
    return {**found, "type": "string"} if is_key and found == _TEXT else found
