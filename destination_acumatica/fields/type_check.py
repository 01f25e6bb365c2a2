"""Whether columns fit the places of an entity, by name and kind. Pure; sees schemas, never values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from acumatica_client.schema.model import EntityShape, ValueType
from destination_acumatica.fields.field_paths import Place, PlaceKind, find_place, holds_attributes

_NUMBERS = frozenset({"number", "integer", "string"})
_WORDS = frozenset({"string"})
_ANY = frozenset({"string", "number", "integer", "boolean"})

# JSON types whose values a field may take. Text is let through everywhere: it may hold a number, a date or a flag, and
# it depends on the record. What is known is refused: an object for a field, a flag for an amount or a date.
_TAKES: Mapping[ValueType, frozenset[str]] = {
    ValueType.STRING: _ANY,
    ValueType.BOOLEAN: frozenset({"boolean", "string"}),
    ValueType.DECIMAL: _NUMBERS,
    ValueType.DOUBLE: _NUMBERS,
    ValueType.INT: _NUMBERS,
    ValueType.SHORT: _NUMBERS,
    ValueType.LONG: _NUMBERS,
    ValueType.BYTE: _NUMBERS,
    ValueType.GUID: _WORDS,
    ValueType.DATETIME: _WORDS,
    ValueType.DATE: _WORDS,
    ValueType.STRING_SELECT: _ANY,
    ValueType.INT_SELECT: _NUMBERS,
    ValueType.STRING_MULTI_SELECT: _WORDS | {"array"},
}
_SYSTEM: Mapping[str, frozenset[str]] = {
    "id": _WORDS,
    "note": _WORDS,
    "custom": frozenset({"object"}),
    "rowNumber": _NUMBERS,
    "files": frozenset({"array"}),
    "error": _WORDS,
    "_links": frozenset({"object"}),
    "_workflowActions": frozenset({"array", "object"}),
}
_DEEPEST = 8  # JSON schemas are finite, but a hostile one may be very deep


def misfits(
    columns: Mapping[str, object], shape: EntityShape, shapes: Mapping[str, EntityShape], *, above: str = ""
) -> Iterator[str]:
    """What is wrong, as clauses such as `Amount takes number, not object`. `columns` are named like the members."""
    for name, schema in columns.items():
        place = find_place(name, shape, shapes)
        if isinstance(place, str):
            yield place.replace("it has no member ", f"it has no member {above}")
        else:
            yield from mismatch(place, schema, shapes, above=above)


def mismatch(place: Place, schema: object, shapes: Mapping[str, EntityShape], *, above: str = "") -> Iterator[str]:
    """What is wrong with a column of this JSON schema at this place, at any depth."""
    path, wanted, found = f"{above}{place}", _wanted(place, shapes), _types(schema)
    if found and not found & wanted:
        yield f"{path} takes {' or '.join(sorted(wanted))}, not {' or '.join(sorted(found))}"
    elif place.shape and path.count("/") < _DEEPEST and not _names_attributes(place, found, shapes):
        yield from misfits(inner_columns(schema), shapes[place.shape], shapes, above=f"{path}/")


def inner_columns(schema: object) -> Mapping[str, object]:
    """The columns inside a nested column, of an object or of the rows of an array; empty when it does not say."""
    if not isinstance(schema, Mapping):
        return {}
    items = schema.get("items")
    properties = (items if isinstance(items, Mapping) else schema).get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _names_attributes(place: Place, found: frozenset[str], shapes: Mapping[str, EntityShape]) -> bool:
    """An object of attributes: its columns are names of attributes, no members."""
    return place.kind is PlaceKind.ROWS and "object" in found and holds_attributes(shapes[place.shape])


def _wanted(place: Place, shapes: Mapping[str, EntityShape]) -> frozenset[str]:
    if place.kind is PlaceKind.FIELD and place.type is not None:
        return _TAKES[place.type]
    if place.kind is PlaceKind.LINKED:
        return frozenset({"object"})
    if place.kind is PlaceKind.ROWS:
        return frozenset({"array", "object"}) if holds_attributes(shapes[place.shape]) else frozenset({"array"})
    if place.kind is PlaceKind.SYSTEM:
        return _SYSTEM[place.steps[-1]]
    return _ANY | {"array"} if place.kind is PlaceKind.ATTRIBUTE else _ANY


def _types(schema: object) -> frozenset[str]:
    """The JSON types that a column may hold, without null; empty when its schema does not say."""
    if not isinstance(schema, Mapping):
        return frozenset()
    said = schema.get("type")
    types = {said} if isinstance(said, str) else set(said) if isinstance(said, list) else set()
    return frozenset(str(one) for one in types) - {"null"}
