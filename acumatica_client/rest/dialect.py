"""How literals, conditions and query options are written: one Dialect for each contract.

    contract 4, a subset of OData 3      LastModified ge datetimeoffset'2026-11-23T12:00:00.04-05:00'
    contract 5, of 2026 R2, OData 4.01   LastModifiedDateTime ge 2026-11-23T12:00:00.04-05:00

Evidence: Integration Development Guide 2026 R1, and its 2026 R2 edition on contract 5.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from acumatica_client.errors import SettingsError
from acumatica_client.rest.query_options import OptionWriter, options_contract_4, options_contract_5
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import ValueType

_ALTERNATIVE = re.compile(r"\bor\b", re.I)
_DAY = r"\d{4}-\d\d-\d\d"
_TIMESTAMP = re.compile(rf"{_DAY}(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")

_NUMBERS = frozenset(
    {
        ValueType.DECIMAL,
        ValueType.DOUBLE,
        ValueType.INT,
        ValueType.SHORT,
        ValueType.LONG,
        ValueType.BYTE,
        ValueType.INT_SELECT,
    }
)


@dataclass(frozen=True)
class Dialect:
    """How one contract writes. `timestamp`, `date`, `guid` and `custom` are format strings."""

    contract: int
    timestamp: str
    date: str
    guid: str
    custom: str
    options: OptionWriter

    def literal(self, value: str, kind: ValueType = ValueType.STRING) -> str:
        """A value of a field of this kind, given as plain text. Drop-downs of contract 5 are compared by their ids.

        Raises SettingsError for a text that is no such value: it would change the meaning of the condition.
        """
        if kind in _NUMBERS:
            return _checked(value, _NUMBER, "a number")
        if kind is ValueType.BOOLEAN:
            return _checked(value, re.compile("true|false"), "true or false")
        return _LITERALS.get(kind, Dialect.text_literal)(self, value)

    def text_literal(self, value: str) -> str:
        """A string, in single quotes, quotes doubled."""
        return "'" + value.replace("'", "''") + "'"

    def timestamp_literal(self, value: str) -> str:
        """A date and time exactly as the server wrote it, offset included. Raises SettingsError for anything else."""
        return self.timestamp.format(_checked(value, _TIMESTAMP, "a date and time"))

    def date_literal(self, value: str) -> str:
        """A date without a time, `2026-11-23`. Raises SettingsError for anything else."""
        return self.date.format(_checked(value, re.compile(_DAY), "a date"))

    def guid_literal(self, value: str) -> str:
        return self.guid.format(_checked(value, _GUID, "an id"))

    def custom_operand(self, custom: CustomField) -> str:
        """A custom field of the entity itself, to be compared like a field."""
        return self.custom.format(kind=custom.kind, path=f"{custom.view}.{custom.name}")

    def equals(self, field: str, value: str, kind: ValueType = ValueType.STRING) -> str:
        """Raises SettingsError for a value that is not of this kind."""
        return f"{field} eq {self.literal(value, kind)}"

    def is_null(self, field: str) -> str:
        return f"{field} eq null"

    def between(self, field: str, start: str | None, end: str | None) -> str | None:
        """`start <= field < end` over timestamps; an absent bound is open, and both absent is no condition."""
        bounds = ((start, "ge"), (end, "lt"))
        given = (f"{field} {operator} {self.timestamp_literal(bound)}" for bound, operator in bounds if bound)
        return self.all_of(*given)

    def all_of(self, *conditions: str | None) -> str | None:
        """The conditions joined by `and`, None where there is none.

        `and` binds more tightly than `or`, so a condition with an `or` in it goes into parentheses (so does one with an
        `or` in a text, which is harmless).
        """
        given = [condition for condition in conditions if condition]
        if len(given) > 1:
            given = [f"({condition})" if _ALTERNATIVE.search(condition) else condition for condition in given]
        return " and ".join(given) or None


_LITERALS: Mapping[ValueType, Callable[[Dialect, str], str]] = {
    ValueType.DATETIME: Dialect.timestamp_literal,
    ValueType.DATE: Dialect.date_literal,
    ValueType.GUID: Dialect.guid_literal,
}

_DIALECTS = {
    4: Dialect(4, "datetimeoffset'{}'", "date'{}'", "guid'{}'", "cf.{kind}(f='{path}')", options_contract_4),
    5: Dialect(5, "{}", "{}", "{}", "cf.{kind}('{path}')", options_contract_5),
}


def dialect_of(contract: int) -> Dialect:
    """The dialect of a contract version that is supported. KeyError for others: the schema has refused them."""
    return _DIALECTS[contract]


def _checked(value: str, pattern: re.Pattern[str], kind: str) -> str:
    """Hazard: in a literal without quotes a text could go on as a condition. So only its own form passes."""
    if not pattern.fullmatch(value):
        raise SettingsError(f"{value!r} is not {kind}, so nothing can be compared with it.")
    return value
