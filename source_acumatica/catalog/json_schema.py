"""The JSON schema (draft 7) of a stream, as Airbyte reads it, from the layout of its records.

Every property may be null, keys included: Acumatica declares no required members, and a form can hide any from a user.
Nested shapes are written out in place: destinations follow neither `$ref` nor `allOf`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from acumatica_client.record import Column, Layout
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.json_types import JSON_TYPES
from acumatica_client.schema.model import ValueType

JsonSchema = dict[str, object]

_DRAFT = "http://json-schema.org/draft-07/schema#"
_TEXT: Mapping[str, str] = {"type": "string"}
_OBJECT: Mapping[str, str] = {"type": "object"}
# Values carry an offset ("2026-02-11T00:00:00-05:00"), business dates too: midnight with the offset of the server.
_TYPES: Mapping[ValueType, Mapping[str, str]] = {
    **JSON_TYPES,
    ValueType.DATETIME: {**JSON_TYPES[ValueType.DATETIME], "airbyte_type": "timestamp_with_timezone"},
}


def json_schema(
    layout: Layout,
    *,
    heading: str = "",
    before: Iterable[tuple[str, ValueType]] = (),
    words: Mapping[str, str] | None = None,
) -> JsonSchema:
    """The schema of the records of a layout. `before`: columns that come first; `words`: column -> description."""
    top: JsonSchema = {"$schema": _DRAFT, "type": "object", "additionalProperties": True}
    if heading:
        top["description"] = heading
    properties = {name: _nullable(_TYPES[kind]) for name, kind in before} | _properties(layout)
    for name, text in (words or {}).items():
        properties[name]["description"] = text
    return top | {"properties": properties}


def _properties(layout: Layout) -> dict[str, JsonSchema]:
    """The members of one level, in the order in which the codec writes them."""
    properties = {"id": _nullable(_TEXT), "note": _nullable(_TEXT)}
    properties |= {column.name: _column(column) for column in layout.columns}
    shown = {name: inner for name, inner in layout.nested.items() if name not in layout.hidden}
    for name, inner in shown.items():
        properties[name] = _object(inner) if name in layout.linked else _array(_object(inner))
    properties |= {name: _custom(field) for name, field in layout.custom_columns.items()}
    properties["custom"] = _nullable(_OBJECT) | {"additionalProperties": True}
    if layout.files:
        properties["files"] = _array(_nullable(_OBJECT) | {"additionalProperties": True, "properties": _file()})
    return properties


def _column(column: Column) -> JsonSchema:
    described = _nullable(_TYPES[column.value_type])
    return _array(described) if column.many else described


def _custom(field: CustomField) -> JsonSchema:
    words = f"The custom field {field.name} of the view {field.view}."
    return _nullable(_TYPES[field.value_type]) | {"description": words}


def _object(layout: Layout) -> JsonSchema:
    return _nullable(_OBJECT) | {"additionalProperties": True, "properties": _properties(layout)}


def _file() -> dict[str, JsonSchema]:
    return {name: _nullable(_TEXT) for name in ("id", "filename", "href", "comment")}


def _array(rows: JsonSchema) -> JsonSchema:
    return _nullable({"type": "array"}) | {"items": rows}


def _nullable(described: Mapping[str, str]) -> JsonSchema:
    return {**described, "type": [described["type"], "null"]}
