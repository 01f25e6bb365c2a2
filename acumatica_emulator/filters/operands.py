"""The typed operands of a filter, and how two of them compare."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from acumatica_emulator.catalog import EntityType, UnknownMember
from acumatica_emulator.records.choices import id_of
from acumatica_emulator.records.rows import Row, getter
from acumatica_emulator.records.values import FAMILIES, Mismatch, Zones

Comparable: TypeAlias = Any  # a value in the form in which it is compared
Reader = Callable[[Row], Comparable]
SIGNS: Mapping[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "eq": ("Equal", operator.eq),
    "ne": ("NotEqual", operator.ne),
    "gt": ("GreaterThan", operator.gt),
    "ge": ("GreaterThanOrEqual", operator.ge),
    "lt": ("LessThan", operator.lt),
    "le": ("LessThanOrEqual", operator.le),
}
_NUMBERS = frozenset({"Byte", "Int16", "Int32", "Int64", "Decimal", "Double"})


Bound = tuple[str, str, datetime]  # a field, a sign, and the wall clock it is compared with


class FilterError(ValueError):
    """The filter cannot be bound; the message is that of the server's OData library."""


@dataclass(frozen=True)
class Operand:
    """A value in a filter: its EDM type, how to read it from a row, its text if constant, its function if called."""

    family: str
    read: Reader
    text: str | None = None
    call: str = ""
    path: str = ""
    bounds: tuple[Bound, ...] = ()

    @property
    def group(self) -> str:
        return "number" if self.family in _NUMBERS else self.family


def constant(family: str, text: str) -> Operand:
    value = _constant_value(family, text)
    return Operand(family, lambda row: value, text)


def _constant_value(family: str, text: str) -> Comparable:
    if family == "Boolean":
        return text == "true"
    if family == "Decimal":
        return Decimal(text)
    return text.rstrip().casefold() if family == "String" else text


def field_operand(entity: EntityType, types: Mapping[str, EntityType], steps: Sequence[str], zones: Zones) -> Operand:
    """A field, or a field of a linked part. A path through a detail has no single value."""
    *parents, name = steps
    for step in parents:
        if step in entity.details:
            raise FilterError(
                f"The parent value for a property access of a property '{name}' is not a single value. Property access "
                "can only be applied to a single value."
            )
        if step not in entity.linked:
            raise UnknownMember(step)
        entity = types[entity.linked[step]]
    if name not in entity.fields:
        raise UnknownMember(name)
    value = getter(entity, name, zones)
    read = _descend(parents, _chosen(value) if entity.fields[name] == "pick" else _comparable(value, zones))
    return Operand(FAMILIES[entity.fields[name]], read, path="/".join(steps))


def custom_operand(
    entity: EntityType, customs: Mapping[tuple[str, str], str], view: str, name: str, zones: Zones
) -> Operand:
    """A field of a view: a custom one, or one that the contract shows too."""
    if (view, name) not in customs:
        raise UnknownMember(f"{view}.{name}")
    own = getter(entity, name, zones) if name in entity.fields else lambda row: None
    read = _comparable(lambda row: row.custom[(view, name)][1] if (view, name) in row.custom else own(row), zones)
    return Operand(FAMILIES[customs[(view, name)]], read)


def _descend(parents: Sequence[str], read: Reader) -> Reader:
    for parent in reversed(parents):
        read = _one_step(parent, read)
    return read


def _one_step(parent: str, read: Reader) -> Reader:
    return lambda row: read(row.linked[parent]) if parent in row.linked else None


def _comparable(read: Reader, zones: Zones) -> Reader:
    """The value in the form in which it is compared: text folded, times as the user's wall clock."""

    def comparable(row: Row) -> Comparable:
        value = read(row)
        if isinstance(value, str):
            return value.casefold()
        if isinstance(value, datetime):
            return zones.wall(value)
        if isinstance(value, date):
            return datetime(value.year, value.month, value.day)
        return value

    return comparable


def _chosen(read: Reader) -> Reader:
    """A drop-down of contract 5 is compared by its id."""
    return lambda row: None if (label := read(row)) is None else id_of(str(label)).casefold()


def compared(left: Operand, sign: str, right: Operand, zones: Zones, offset: str) -> Operand:
    name, test = SIGNS[sign]
    if "Null" not in (left.family, right.family) and left.group != right.group:
        raise FilterError(
            "A binary operator with incompatible types was detected. Found operand types "
            f"'Edm.{left.family}' and 'Edm.{right.family}' for operator kind '{name}'."
        )
    if "Null" in (left.family, right.family):
        return _null_test(left, sign, right)
    first, second = _time_reader(left, zones, offset), _time_reader(right, zones, offset)

    def read(row: Row) -> bool | None:
        one, other = first(row), second(row)
        return None if one is None or other is None else test(one, other)

    return Operand("Boolean", read, bounds=_bounds(left, sign, right, zones, offset))


def _bounds(left: Operand, sign: str, right: Operand, zones: Zones, offset: str) -> tuple[Bound, ...]:
    """The bounds of a comparison of a time field with a literal, for tables that can look them up."""
    if left.family != "DateTimeOffset" or not left.path or right.text is None or sign == "ne":
        return ()
    return ((left.path, sign, zones.read(right.text, offset)),)


def _null_test(left: Operand, sign: str, right: Operand) -> Operand:
    other = right if left.family == "Null" else left
    if sign == "eq":
        return Operand("Boolean", lambda row: other.read(row) is None)
    if sign == "ne":
        return Operand("Boolean", lambda row: other.read(row) is not None)
    return Operand("Boolean", lambda row: None)


def _time_reader(side: Operand, zones: Zones, offset: str) -> Reader:
    """A time literal is read once, by the zones of the instance; every other operand reads itself."""
    if side.family != "DateTimeOffset" or side.text is None:
        return side.read
    try:
        wall = zones.read(side.text, offset)
    except Mismatch as error:
        raise FilterError(f"Unrecognized 'Edm.DateTimeOffset' literal '{side.text}'.") from error
    return lambda row: wall


def truth(part: Operand) -> Operand:
    if part.family != "Boolean":
        raise FilterError("The filter expression must evaluate to a single boolean value.")
    return part


def _text_function(name: str, test: Callable[[str, str], bool]) -> Callable[[list[Operand]], Operand]:
    def build(arguments: list[Operand]) -> Operand:
        if [argument.family for argument in arguments] != ["String", "String"]:
            found = ", ".join(f"Edm.{argument.family}" for argument in arguments)
            raise FilterError(
                f"No function signature for the function with name '{name}' matches the specified arguments. The "
                f"function signatures considered are: {name}(Edm.String, Edm.String). Found: {found}."
            )
        first, second = (argument.read for argument in arguments)

        def read(row: Row) -> bool | None:
            one, other = first(row), second(row)
            return None if one is None or other is None else test(one, other)

        return Operand("Boolean", read, call=name)

    return build


_ENDS = {"startswith": str.startswith, "endswith": str.endswith}
FUNCTIONS: Mapping[int, Mapping[str, Callable[[list[Operand]], Operand]]] = {
    4: {
        "substringof": _text_function("substringof", lambda needle, text: needle in text),
        **{name: _text_function(name, test) for name, test in _ENDS.items()},
    },
    5: {
        "contains": _text_function("contains", lambda text, needle: needle in text),
        **{name: _text_function(name, test) for name, test in _ENDS.items()},
    },
}
