"""Compile a $filter: its grammar, its types, its quirks.

Two grammars (contract 4 uses OData 3, contract 5 OData 4.01) give one kind of condition. Truth has three values, as
in SQL: a comparison with null is unknown, and an unknown condition does not select the row. Text is compared without
regard to case, as SQL Server's usual collation does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput, VisitError

from acumatica_emulator.catalog import EntityType
from acumatica_emulator.filters.operands import (
    FUNCTIONS,
    Bound,
    FilterError,
    Operand,
    compared,
    constant,
    custom_operand,
    field_operand,
    truth,
)
from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.values import Zones


@dataclass(frozen=True)
class Scope:
    """What a filter may name: an entity, its contract, its custom fields; and how the offsets of its times are read."""

    entity: EntityType
    types: Mapping[str, EntityType]
    zones: Zones = field(default_factory=Zones)
    offset: str = "convert"
    contract: int = 4
    customs: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """A compiled filter. `fields` are the paths it reads; `empty` marks the form that selects nothing, silently."""

    holds: Callable[[Row], bool]
    fields: frozenset[str]
    empty: bool = False
    bounds: tuple[Bound, ...] = ()


def compile_filter(text: str, scope: Scope) -> Condition:
    """Reads a $filter. Raises UnknownMember for a name the entity lacks, FilterError for everything else."""
    builder = _Builder(scope)
    try:
        root = builder.transform(_parser(scope.contract).parse(text))
    except VisitError as error:
        raise error.orig_exc from None
    except UnexpectedInput as error:
        raise FilterError(f"Syntax error at position {error.pos_in_stream} in '{text}'.") from None
    answer = truth(root).read
    return Condition(lambda row: answer(row) is True, frozenset(builder.fields), builder.empty, root.bounds)


@cache
def _parser(contract: int) -> Lark:
    grammar = (files(__package__) / ("odata4.lark" if contract >= 5 else "odata3.lark")).read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual")


class _Builder(Transformer[Token, Any]):
    """Turns the tree of one filter into operands, from the leaves up."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope
        self.fields: set[str] = set()
        self.empty = False

    def start(self, parts: list[Operand]) -> Operand:
        return parts[0]

    def any_of(self, parts: list[Operand]) -> Operand:
        reads = [truth(part).read for part in parts]

        def read(row: Row) -> bool | None:
            answers = [answer(row) for answer in reads]
            return True if True in answers else None if None in answers else False

        return Operand("Boolean", read)

    def all_of(self, parts: list[Operand]) -> Operand:
        reads = [truth(part).read for part in parts]

        def read(row: Row) -> bool | None:
            unknown = False
            for answer in reads:
                result = answer(row)
                if result is False:
                    return False
                unknown = unknown or result is None
            return None if unknown else True

        bounds = tuple(bound for part in parts for bound in part.bounds) if all(part.bounds for part in parts) else ()
        return Operand("Boolean", read, bounds=bounds)

    def negated(self, parts: list[Operand]) -> Operand:
        inner = truth(parts[0])
        if inner.call == "substringof":  # reported on 25R2: `not substringof(..)` is a 500
            raise FilterError("The method or operation is not implemented.")
        return Operand("Boolean", lambda row: None if (answer := inner.read(row)) is None else not answer)

    def compared(self, parts: list[Any]) -> Operand:
        left, sign, right = parts
        if "substringof" in (left.call, right.call):  # reported on 25R2: 200 and no rows
            self.empty = True
        return compared(left, str(sign), right, self.scope.zones, self.scope.offset)

    def listed(self, parts: list[Operand]) -> Operand:
        first, *choices = parts
        return self.any_of([compared(first, "eq", choice, self.scope.zones, self.scope.offset) for choice in choices])

    def called(self, parts: list[Any]) -> Operand:
        name, *arguments = parts
        known = FUNCTIONS[5 if self.scope.contract >= 5 else 4]
        if str(name) not in known:
            raise FilterError(
                f"An unknown function with name '{name}' was found. This may also be a function import or a key lookup "
                "on a navigation property, which is not allowed."
            )
        return known[str(name)]([argument for argument in arguments if argument is not None])

    def custom(self, parts: list[Token]) -> Operand:
        view, _, name = str(parts[0]).split("'")[1].partition(".")
        return custom_operand(self.scope.entity, self.scope.customs, view, name, self.scope.zones)

    def path(self, parts: list[Token]) -> Operand:
        steps = [str(part) for part in parts]
        self.fields.add("/".join(steps))
        return field_operand(self.scope.entity, self.scope.types, steps, self.scope.zones)

    def text(self, parts: list[Token]) -> Operand:
        return constant("String", str(parts[0])[1:-1].replace("''", "'"))

    def time(self, parts: list[Token]) -> Operand:
        return constant("DateTimeOffset", str(parts[0]).strip("'"))

    def guid(self, parts: list[Token]) -> Operand:
        return constant("Guid", str(parts[0]).strip("'").lower())

    def number(self, parts: list[Token]) -> Operand:
        return constant("Decimal", str(parts[0]).rstrip("mMdDfFlL"))

    def true(self, parts: list[Token]) -> Operand:
        return constant("Boolean", "true")

    def false(self, parts: list[Token]) -> Operand:
        return constant("Boolean", "false")

    def null(self, parts: list[Token]) -> Operand:
        return Operand("Null", lambda row: None)
