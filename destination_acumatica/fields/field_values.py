"""Text of the settings as a value of a field's type. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

import msgspec

from acumatica_client.schema.model import ValueType
from destination_acumatica.fields.json_values import as_text as as_text

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?")
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_FLAG = re.compile(r"true|false", re.I)

_FORMS: Mapping[ValueType, tuple[re.Pattern[str], str]] = {
    ValueType.BOOLEAN: (_FLAG, "true or false"),
    ValueType.DECIMAL: (_NUMBER, "a number"),
    ValueType.DOUBLE: (_NUMBER, "a number"),
    ValueType.INT: (_WHOLE, "a whole number"),
    ValueType.SHORT: (_WHOLE, "a whole number"),
    ValueType.LONG: (_WHOLE, "a whole number"),
    ValueType.BYTE: (_WHOLE, "a whole number"),
    ValueType.GUID: (_GUID, "a GUID"),
    ValueType.DATETIME: (_DAY, "a date such as 2026-11-30"),
    ValueType.DATE: (_DAY, "a date such as 2026-11-30"),
}
_NUMBERS = frozenset({ValueType.DECIMAL, ValueType.DOUBLE, ValueType.INT, ValueType.SHORT, ValueType.LONG})
_QUOTED = frozenset({ValueType.GUID, ValueType.DATETIME, ValueType.DATE})


def wanted_form(text: str, kind: ValueType | None) -> str:
    """What the text would have to be, empty where it is that already."""
    pattern, words = _FORMS.get(kind, (None, "")) if kind else (None, "")
    return "" if pattern is None or pattern.fullmatch(text) else words


def literal(text: str, kind: ValueType | None) -> msgspec.Raw:
    """The JSON of a text that has the form of the type."""
    if kind is ValueType.BOOLEAN:
        return msgspec.Raw(text.lower().encode())
    if kind in _FORMS and kind not in _QUOTED:
        return msgspec.Raw(str(Decimal(text)).encode())  # JSON has neither `+1` nor `007`
    return as_text(text)


def typed(text: str, kind: ValueType) -> object:
    """A constant of the settings as a value of that type, None where it is none."""
    if kind is ValueType.BOOLEAN:
        return {"true": True, "false": False}.get(text.strip().casefold())
    if kind in _NUMBERS:
        try:
            return Decimal(text.strip())
        except InvalidOperation:
            return None
    return text
