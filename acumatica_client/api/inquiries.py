"""Inquiries: forms that are filled in and answer with rows. Which parameters they take, and how those are sent.

    PUT /InventorySummaryInquiry?$expand=Results      {"InventoryID":{"value":"AACOMPUT01"}}
    200                                               {"InventoryID":{...}, "Results":[{...}, ...]}

The parameters are the fields of the form. Every wrong one is named before anything is sent: Acumatica silently drops
names that it does not know, and the answer would be that of another query. Evidence: Integration Development Guide,
"Retrieve Data from an Inquiry Form"; lists of such forms are refused.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from acumatica_client.errors import SettingsError
from acumatica_client.record.encoder import PayloadEncoder
from acumatica_client.schema.model import Access, EndpointSchema, EntitySchema, ValueType

_FILLED_IN = (Access.INQUIRY, Access.PROCESSING)
_WHOLE = r"[+-]?[0-9]+"
_DAY = r"\d{4}-\d\d-\d\d"


@dataclass(frozen=True)
class _Form:
    """How a value of some kind is written in a setting; `bare` values stand in JSON without quotes."""

    pattern: re.Pattern[str]
    words: str
    bare: bool = False


_WHOLE_NUMBER = _Form(re.compile(_WHOLE), "a whole number", bare=True)
_NUMBER = _Form(re.compile(rf"{_WHOLE}(\.[0-9]+)?"), "a number", bare=True)
_TEXT = _Form(re.compile(r".*", re.DOTALL), "text")
_FORMS: Mapping[ValueType, _Form] = {
    ValueType.BOOLEAN: _Form(re.compile("true|false", re.I), "true or false", bare=True),
    ValueType.DECIMAL: _NUMBER,
    ValueType.DOUBLE: _NUMBER,
    ValueType.INT: _WHOLE_NUMBER,
    ValueType.SHORT: _WHOLE_NUMBER,
    ValueType.LONG: _WHOLE_NUMBER,
    ValueType.BYTE: _WHOLE_NUMBER,
    ValueType.INT_SELECT: _WHOLE_NUMBER,
    ValueType.DATE: _Form(re.compile(_DAY), "a date such as 2026-11-23"),
    ValueType.DATETIME: _Form(re.compile(rf"{_DAY}([T ].*)?"), "a date such as 2026-11-23, with a time if need be"),
    ValueType.GUID: _Form(re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"), "an id (GUID)"),
}


def check_parameters(entity: EntitySchema, parameters: Mapping[str, object]) -> None:
    """Whether the form takes these parameters. Values are text as people write it, or plain JSON values.

    Raises SettingsError that names everything wrong at once: the form is none to fill in, unknown names, wrong values.
    """
    if entity.access not in _FILLED_IN:
        raise SettingsError(
            f"{entity.name} is no inquiry: what would be sent as its parameters would change a record.",
            advice="Read it as a stream of its own.",
        )
    wrong = [problem for name, value in parameters.items() if (problem := _problem(entity, name, value))]
    if wrong:
        raise SettingsError(f"The inquiry {entity.name} cannot be run: {'; '.join(wrong)}.", advice=_offer(entity))


def inquiry_body(schema: EndpointSchema, entity: EntitySchema, parameters: Mapping[str, object]) -> bytes:
    """What a PUT carries: the parameters, wrapped. Raises SettingsError, see `check_parameters`."""
    check_parameters(entity, parameters)
    given = {name: value for name, value in parameters.items() if value is not None}
    plain = {name: _plain(entity.shape.fields[name], value) for name, value in given.items()}
    return PayloadEncoder(entity.shape, schema.shapes).wrap(plain, nulls="skip")


def _problem(entity: EntitySchema, name: str, value: object) -> str:
    kind = entity.shape.fields.get(name)
    if kind is None:
        alike = difflib.get_close_matches(name, entity.shape.fields, 1, cutoff=0.6)
        return f"it has no parameter {name}" + (f" (did you mean {alike[0]}?)" if alike else "")
    form = _FORMS.get(kind, _TEXT)
    if value is None or (kind is ValueType.STRING_MULTI_SELECT and isinstance(value, list)):
        return ""
    return (
        ""
        if not isinstance(value, (list, Mapping)) and form.pattern.fullmatch(_text(value))
        else (f"{name} must be {form.words}")
    )


def _offer(entity: EntitySchema) -> str:
    names = ", ".join(entity.shape.fields)
    return f"Its parameters are {names}." if names else "It has no parameters."


def _plain(kind: ValueType, value: object) -> object:
    """The value as JSON has it. Digits of a number stay as they were written."""
    if kind is ValueType.STRING_MULTI_SELECT:
        return value if isinstance(value, list) else [value]
    text = _text(value)
    if not _FORMS.get(kind, _TEXT).bare:
        return text
    return text.lower() == "true" if kind is ValueType.BOOLEAN else Decimal(text)


def _text(value: object) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if not isinstance(value, str) else value
