"""The JSON schema (draft 7) of a stream, as Airbyte reads it. Knows the model of an entity, not where it came from.

Every property may be null, keys included: Acumatica declares no required members, and a form can hide any from a user.
Nested shapes are written out in place: destinations follow neither `$ref` nor `allOf`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from acumatica_client.record import Column, Layout, lay_out
from acumatica_client.schema import EndpointSchema, EntitySchema, ValueType

JsonSchema = dict[str, object]

_DRAFT = "http://json-schema.org/draft-07/schema#"
_TEXT: Mapping[str, str] = {"type": "string"}
_NUMBER: Mapping[str, str] = {"type": "number"}
_INTEGER: Mapping[str, str] = {"type": "integer"}
_OBJECT: Mapping[str, str] = {"type": "object"}

_TYPES: Mapping[ValueType, Mapping[str, str]] = {
    ValueType.STRING: _TEXT,
    ValueType.GUID: _TEXT,
    ValueType.STRING_SELECT: _TEXT,
    ValueType.INT_SELECT: _TEXT,
    ValueType.STRING_MULTI_SELECT: {"type": "array"},
    ValueType.BOOLEAN: {"type": "boolean"},
    ValueType.DECIMAL: _NUMBER,
    ValueType.DOUBLE: _NUMBER,
    ValueType.INT: _INTEGER,
    ValueType.SHORT: _INTEGER,
    ValueType.LONG: _INTEGER,
    ValueType.BYTE: _INTEGER,
    # Values carry an offset ("2026-02-11T00:00:00-05:00"), business dates too: midnight with the offset of the server.
    ValueType.DATETIME: {"type": "string", "format": "date-time", "airbyte_type": "timestamp_with_timezone"},
    ValueType.DATE: {"type": "string", "format": "date"},
}


def json_schema(schema: EndpointSchema, entity: str, expand: Collection[str] = ()) -> JsonSchema:
    """The schema of the records that `RecordCodec(schema, entity, expand)` unwraps.

    Raises `SettingsError` for an entity or an expand path that the endpoint lacks.
    """
    layout = lay_out(schema, entity, expand)
    known = schema.entities[entity]
    top: JsonSchema = {"$schema": _DRAFT, "type": "object", "additionalProperties": True}
    if heading := _heading(known):
        top["description"] = heading
    properties = _properties(layout)
    for name, words in _descriptions(known).items():
        properties[name]["description"] = words
    return top | {"properties": properties}


def _properties(layout: Layout) -> dict[str, JsonSchema]:
    """The members of one level, in the order in which the codec writes them."""
    properties = {"id": _nullable(_TEXT), "note": _nullable(_TEXT)}
    properties |= {column.name: _column(column) for column in layout.columns}
    properties |= {name: _object(inner) for name, inner in layout.linked.items() if name not in layout.hidden}
    details = {name: inner for name, inner in layout.details.items() if name not in layout.hidden}
    properties |= {name: _array(_object(inner)) for name, inner in details.items()}
    properties |= {name: _nullable(_TYPES[field.value_type]) for name, field in layout.custom_columns.items()}
    properties["custom"] = _nullable(_OBJECT) | {"additionalProperties": True}
    if layout.files:
        properties["files"] = _array(_nullable(_OBJECT) | {"additionalProperties": True, "properties": _file()})
    return properties


def _column(column: Column) -> JsonSchema:
    described = _nullable(_TYPES[column.value_type])
    return _array(described) if column.many else described


def _object(layout: Layout) -> JsonSchema:
    return _nullable(_OBJECT) | {"additionalProperties": True, "properties": _properties(layout)}


def _file() -> dict[str, JsonSchema]:
    return {name: _nullable(_TEXT) for name in ("id", "filename", "href", "comment")}


def _array(rows: JsonSchema) -> JsonSchema:
    return _nullable({"type": "array"}) | {"items": rows}


def _nullable(described: Mapping[str, str]) -> JsonSchema:
    return {**described, "type": [described["type"], "null"]}


def _heading(entity: EntitySchema) -> str:
    """Such as "Chart of Accounts (GL202500)"; some tags of a swagger document name the form only."""
    form = f"({entity.screen})" if entity.screen else ""
    return f"{entity.title} {form}".strip()


def _descriptions(entity: EntitySchema) -> dict[str, str]:
    words = {"id": "Identifier that Acumatica gives to the record (NoteID where the record has one)."}
    key_words = "The business key." if len(entity.keys) == 1 else "Part of the business key."
    words |= dict.fromkeys(entity.keys, key_words)
    if entity.cursor:
        words[entity.cursor] = "Moves when the record changes."
    return words
