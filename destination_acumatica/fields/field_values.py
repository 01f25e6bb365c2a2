"""Values as a field of a type takes them: of a record, of the settings, or looked up.

    type of the field    takes                                          becomes
    text                 text; a number                                 a whole number: its digits (10045.0 is "10045")
    number               a number; text that is a plain number          the number, with its digits
    flag                 true, false; the texts `true` and `false`      true, false
    date                 text that is an ISO date, with a time or not   see `date_text`

Empty text is no value for any but a text field: null. Anything else is refused: a server would read `12,5`, `1,234.50`
or `02/01/2026` in its own way, or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal

import msgspec

from acumatica_client.schema.model import ValueType
from destination_acumatica.fields.json_values import NULL, as_text, kind_of, scalar_text, whole_number_text

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)")
_DATE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(\.[0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_FLAG = re.compile(r"true|false", re.I)
_MIDNIGHT = re.compile(r"[0:.]*")

_A_NUMBER, _A_WHOLE_NUMBER = "a number such as 1234.5", "a whole number"
_DECIMALS = frozenset({ValueType.DECIMAL, ValueType.DOUBLE})
_INTEGERS = frozenset({ValueType.INT, ValueType.SHORT, ValueType.LONG, ValueType.BYTE})
_NUMBERS = _DECIMALS | _INTEGERS
_DATES = frozenset({ValueType.DATETIME, ValueType.DATE})
_TEXTS = frozenset({ValueType.STRING, ValueType.STRING_SELECT, ValueType.STRING_MULTI_SELECT})
_FORMS: Mapping[ValueType, tuple[re.Pattern[str], str]] = {
    ValueType.BOOLEAN: (_FLAG, "true or false"),
    ValueType.GUID: (_GUID, "a GUID"),
    **dict.fromkeys(_DECIMALS, (_NUMBER, _A_NUMBER)),
    **dict.fromkeys(_INTEGERS, (_WHOLE, _A_WHOLE_NUMBER)),
    **dict.fromkeys(_DATES, (_DATE, "a date such as 2026-11-30")),
}


class WrongForm(ValueError):
    """A value that a field of this type cannot take; `form` says what it takes."""

    def __init__(self, form: str) -> None:
        super().__init__(form)
        self.form = form


def wanted_form(text: str, kind: ValueType | None) -> str:
    """What the text would have to be, empty where it is that already."""
    pattern, words = _FORMS.get(kind, (None, "")) if kind else (None, "")
    if pattern is None:
        return ""
    return "" if pattern.fullmatch(text) and (kind not in _DATES or _is_date(text)) else words


def literal(text: str, kind: ValueType | None) -> msgspec.Raw:
    """The JSON of a text that has the form of the type."""
    if kind is ValueType.BOOLEAN:
        return msgspec.Raw(text.lower().encode())
    if kind in _NUMBERS:
        return msgspec.Raw(format(Decimal(text), "f").encode())  # JSON has neither `+1` nor `007`
    return as_text(text)


def field_json(raw: msgspec.Raw, kind: ValueType | None, name: str) -> msgspec.Raw:
    """A value of a record as the field `name` of this type takes it. Raises WrongForm.

    Objects and arrays stay as they are: what is no single value is refused by its place.
    """
    found = kind_of(raw)
    if kind is None or found in "n{[":
        return raw
    if kind in _TEXTS:
        return raw if found in '"tf' else as_text(whole_number_text(scalar_text(raw)))
    if kind not in _FORMS:  # a drop-down of numbers takes its descriptions, too
        return NULL if found == '"' and not scalar_text(raw).strip() else raw
    if found == '"':
        return _from_text(scalar_text(raw).strip(), kind, name)
    if found in "tf":
        if kind is not ValueType.BOOLEAN:
            raise WrongForm(_FORMS[kind][1])
        return raw
    return _from_number(raw, kind)


def _from_text(text: str, kind: ValueType, name: str) -> msgspec.Raw:
    if not text:
        return NULL
    if form := wanted_form(text, kind):
        raise WrongForm(form)
    return as_text(date_text(text, kind, name)) if kind in _DATES else literal(text, kind)


def _from_number(raw: msgspec.Raw, kind: ValueType) -> msgspec.Raw:
    if kind in _DECIMALS:
        return raw
    digits = whole_number_text(scalar_text(raw))
    if kind not in _INTEGERS or not _WHOLE.fullmatch(digits):
        raise WrongForm(_FORMS[kind][1])
    return msgspec.Raw(digits.encode())


def date_text(text: str, kind: ValueType, name: str) -> str:
    """A date as it is sent: a day where the field keeps days, else as it came.

    Hazard: a business date comes as midnight with an offset (recorded answers), and an instance in another time zone
    would make another day of it. So midnight in a field of a day is sent as the day that it names. A `DateOnlyValue`
    (contract 5) keeps days alone. Of a `DateTimeValue` the type does not say, its name does: fields with a time of day
    are named so (LastModifiedDateTime, StartTime); the dates of documents (Date, DueDate, ShipDate) are not.
    """
    found = _DATE.fullmatch(text)
    if found is None or found[2] is None:
        return text
    at_midnight = _MIDNIGHT.fullmatch(found[2] + (found[3] or "")) is not None
    return found[1] if kind is ValueType.DATE or (at_midnight and "Time" not in name) else text


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text)
    try:
        return found is not None and bool(date.fromisoformat(found[1])) and _is_time(found[2])
    except ValueError:
        return False


def _is_time(text: str | None) -> bool:
    """Raises ValueError for 25 o'clock."""
    return text is None or time.fromisoformat(text) is not None


def typed(text: str, kind: ValueType) -> object:
    """A constant of the settings as a value of that type, None where it is none."""
    if kind is ValueType.BOOLEAN:
        return {"true": True, "false": False}.get(text.strip().casefold())
    if kind in _NUMBERS:
        return Decimal(text.strip()) if _NUMBER.fullmatch(text.strip()) else None
    return text
