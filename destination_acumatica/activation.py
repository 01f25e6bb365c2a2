"""What can be done with which entity, for a connection that maps fields onto it: the destination catalog. Pure.

    entity x mode  ->  object_name, sync_mode, json_schema of what can be written, matching_keys

A matching key of several fields is one list of names; a mode that needs none has no matching keys at all, since the
platform's form asks for one of a list, and of an empty list nobody can choose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from acumatica_client.schema import Access, EndpointSchema, EntitySchema, EntityShape, ValueType

Json = dict[str, object]

_DEEPEST = 3  # of nested members: what lies deeper can still be written, it is only not offered
# Modes that find the record by its key, and those that need settings which no operation carries.
_BY_KEY = frozenset({"append_dedup", "update"})
_OFFERED = ("append", "append_dedup", "update")
# Stamped by Acumatica itself, whatever is sent.
_STAMPS = frozenset({"CreatedDateTime", "CreatedDate", "LastModifiedDateTime", "LastModified", "LastModifiedDate"})

_TEXT: Json = {"type": ["null", "string"]}
_TYPES: Mapping[ValueType, Json] = {
    ValueType.BOOLEAN: {"type": ["null", "boolean"]},
    ValueType.DECIMAL: {"type": ["null", "number"]},
    ValueType.DOUBLE: {"type": ["null", "number"]},
    ValueType.INT: {"type": ["null", "integer"]},
    ValueType.SHORT: {"type": ["null", "integer"]},
    ValueType.LONG: {"type": ["null", "integer"]},
    ValueType.BYTE: {"type": ["null", "integer"]},
    ValueType.DATETIME: {"type": ["null", "string"], "format": "date-time"},
    ValueType.DATE: {"type": ["null", "string"], "format": "date"},
}


def destination_catalog(schema: EndpointSchema, modes: Sequence[str]) -> Json:
    """The content of a DESTINATION_CATALOG message. `modes` are those that the specification offers."""
    return {"operations": list(_operations(schema, [mode for mode in _OFFERED if mode in modes]))}


def _operations(schema: EndpointSchema, modes: Sequence[str]) -> Iterator[Json]:
    for name, entity in sorted(schema.entities.items()):
        if entity.access is not Access.LIST:
            continue
        offered = _object(entity.shape, schema.shapes, frozenset(entity.keys))
        for mode in modes:
            if entity.keys or mode not in _BY_KEY:
                yield _operation(name, mode, entity, offered)


def _operation(name: str, mode: str, entity: EntitySchema, offered: Json) -> Json:
    keyed = {"matching_keys": [list(entity.keys)]} if mode in _BY_KEY else {}
    required = {"required": list(entity.keys)} if mode in _BY_KEY else {}
    return {"object_name": name, "sync_mode": mode, "json_schema": {**offered, **required}, **keyed}


def _object(shape: EntityShape, shapes: Mapping[str, EntityShape], keys: frozenset[str], depth: int = 0) -> Json:
    """The JSON schema of a shape. Keys are not nullable."""
    properties: Json = {name: _field(kind, name in keys) for name, kind in shape.fields.items() if name not in _STAMPS}
    if depth < _DEEPEST:
        inner = {name: _object(shapes[kind], shapes, frozenset(), depth + 1) for name, kind in shape.linked.items()}
        rows = {name: _object(shapes[kind], shapes, frozenset(), depth + 1) for name, kind in shape.details.items()}
        properties |= {name: {**found, "type": ["null", "object"]} for name, found in inner.items()}
        properties |= {name: {"type": ["null", "array"], "items": found} for name, found in rows.items()}
    if depth == 0:
        properties |= {"note": _TEXT, "custom": {"type": ["null", "object"], "additionalProperties": True}}
    return {"type": "object", "additionalProperties": True, "properties": properties}


def _field(kind: ValueType, is_key: bool) -> Json:
    found = _TYPES.get(kind, _TEXT)
    return {**found, "type": "string"} if is_key and found is _TEXT else found
