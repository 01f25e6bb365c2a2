"""Whether the columns of a stream fit the members of an entity, by name and kind. Pure; sees schemas, never values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from acumatica_client.schema import EntityShape, ValueType

_NUMBERS = frozenset({"number", "integer", "string"})
_WORDS = frozenset({"string"})
_ANY = frozenset({"string", "number", "integer", "boolean"})

# JSON types whose values a field may take. Text is let through everywhere: it may hold a number, a date or a flag, and
# only the record can tell. What can be known is refused: an object for a field, a flag for an amount or a date.
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
    ValueType.STRING_MULTI_SELECT: _WORDS,
}
# Members that every record of the API may have beside its own; the codec knows which of them a PUT takes. `delete` is
# not among them: it would delete a line of a document, and nothing here deletes.
SYSTEM: Mapping[str, frozenset[str]] = {
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
    columns: Mapping[str, object], shape: EntityShape, shapes: Mapping[str, EntityShape], *, place: str = ""
) -> Iterator[str]:
    """What is wrong, as clauses such as `Amount takes number, not object`. `columns` are named like the members."""
    for name, schema in columns.items():
        path = place + name
        wanted = _wanted(name, shape)
        if not wanted:
            yield f"it has no member {path}{suggestion(name, shape.members())}"
            continue
        found = _types(schema)
        if found and not found & wanted:
            yield f"{path} takes {' or '.join(sorted(wanted))}, not {' or '.join(sorted(found))}"
        elif name in shape.linked or name in shape.details:
            inner = shapes[shape.linked.get(name) or shape.details[name]]
            yield from _nested(schema, inner, shapes, path)


def suggestion(name: str, known: frozenset[str]) -> str:
    """` (did you mean X, Y?)`, or nothing where no name is close."""
    by_fold = {candidate.casefold(): candidate for candidate in sorted(known)}
    close = get_close_matches(name.casefold(), by_fold, n=3, cutoff=0.6)
    parts = [fold for fold in by_fold if name.casefold() in fold and fold not in close]
    likely = [by_fold[fold] for fold in [*close, *parts][:3]]
    return f" (did you mean {', '.join(likely)}?)" if likely else ""


def _wanted(name: str, shape: EntityShape) -> frozenset[str]:
    if name in shape.fields:
        return _TAKES[shape.fields[name]]
    if name in shape.linked:
        return frozenset({"object"})
    if name in shape.details:
        return frozenset({"array"})
    return SYSTEM.get(name, frozenset())


def _nested(schema: object, shape: EntityShape, shapes: Mapping[str, EntityShape], path: str) -> Iterator[str]:
    if not isinstance(schema, Mapping) or path.count("/") >= _DEEPEST:
        return
    items = schema.get("items")
    rows = items if isinstance(items, Mapping) else schema
    properties = rows.get("properties")
    if isinstance(properties, Mapping):
        yield from misfits(properties, shape, shapes, place=f"{path}/")


def _types(schema: object) -> frozenset[str]:
    """The JSON types that a column may hold, without null; empty when its schema does not say."""
    if not isinstance(schema, Mapping):
        return frozenset()
    said = schema.get("type")
    types = {said} if isinstance(said, str) else set(said) if isinstance(said, list) else set()
    return frozenset(str(one) for one in types) - {"null"}
