"""JSON values, mostly as slices of a line (`Raw`): what kind they are, and what they say as text. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

import msgspec

NULL = msgspec.Raw(b"null")
members_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
rows_of = msgspec.json.Decoder(list[msgspec.Raw]).decode


_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_MOST_DIGITS = 100  # of a number that is written out
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def decoded(text: bytes | msgspec.Raw) -> object:
    """Any JSON as Python objects with exact numbers: `int`, or `Decimal`. Raises msgspec.DecodeError."""
    return _decode(text)


def as_text(text: str) -> msgspec.Raw:
    """The JSON string of a text."""
    return msgspec.Raw(msgspec.json.encode(text))


def kind_of(raw: bytes | msgspec.Raw) -> str:
    """The first character of a JSON value, which says what it is."""
    return chr(memoryview(raw)[0])


def scalar_text(raw: msgspec.Raw) -> str:
    """A scalar as text: a string without its quotes, anything else as it is written; empty for null."""
    if raw == NULL:
        return ""
    return msgspec.json.decode(raw, type=str) if kind_of(raw) == '"' else bytes(raw).decode()


def whole_number_text(text: str) -> str:
    """A number as a text or a key spells it: a whole number as its digits, however it is written (`10045.0`, `1e3`,
    `-0.0`); anything else as it is."""
    if _NUMBER.fullmatch(text) is None:
        return text
    number = Decimal(text)
    if number.adjusted() >= _MOST_DIGITS or number != number.to_integral_value():
        return text
    return str(int(number))


def key_text(raw: msgspec.Raw) -> str:
    """A scalar as a key spells it: text without blanks around it, a whole number as its digits."""
    text = scalar_text(raw).strip()
    return text if kind_of(raw) == '"' else whole_number_text(text)


def is_blank(raw: msgspec.Raw | None) -> bool:
    """Whether there is nothing in it: absent, null, or text of blanks."""
    return raw is None or raw == NULL or (kind_of(raw) == '"' and not scalar_text(raw).strip())


def value_at(columns: Mapping[str, msgspec.Raw], path: str) -> msgspec.Raw | None:
    """A column by its name or, inside nested columns, by its path with dots; None where there is none."""
    if path in columns:
        return columns[path]
    head, _, rest = path.partition(".")
    inner = columns.get(head)
    if not rest or inner is None or kind_of(inner) != "{":
        return None
    return value_at(members_of(inner), rest)
