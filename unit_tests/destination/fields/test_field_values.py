"""A value takes the form of its field, or is refused: a server would read anything else in its own way."""

from __future__ import annotations

import msgspec
import pytest

from acumatica_client.schema.model import ValueType
from destination_acumatica.fields.field_values import WrongForm, field_json, wanted_form
from destination_acumatica.fields.json_values import key_text, whole_number_text

NUMBERS = (ValueType.DECIMAL, ValueType.DOUBLE, ValueType.INT, ValueType.SHORT, ValueType.LONG, ValueType.BYTE)
DATES = (ValueType.DATETIME, ValueType.DATE)


def formed(raw: bytes, kind: ValueType, name: str = "Field") -> bytes:
    return bytes(field_json(msgspec.Raw(raw), kind, name))


WHOLE = [
    (b"10045.0", b'"10045"'),
    (b"10045", b'"10045"'),
    (b"1e3", b'"1000"'),
    (b"1.0E2", b'"100"'),
    (b"-0.0", b'"0"'),
    (b"9007199254740993.0", b'"9007199254740993"'),
    (b"12345678901234567890123456789012345", b'"12345678901234567890123456789012345"'),
    (b"10.50", b'"10.50"'),
    (b"0.5", b'"0.5"'),
    (b"1e400", b'"1e400"'),
]


@pytest.mark.parametrize(("raw", "sent"), WHOLE)
def test_a_number_in_a_text_field_is_its_digits(raw: bytes, sent: bytes) -> None:
    assert formed(raw, ValueType.STRING) == sent
    assert key_text(msgspec.Raw(raw)).encode() == sent.strip(b'"')


@pytest.mark.parametrize("text", ["10045.0", "007", "35E3", "1_000", "", " x ", "NaN"])
def test_text_in_a_text_field_stays_as_it_is(text: str) -> None:
    raw = msgspec.json.encode(text)
    assert formed(raw, ValueType.STRING) == raw


@pytest.mark.parametrize("text", ["01", "1_000", "35E3x", "", "-", "1.", ".5", "Infinity"])
def test_what_is_no_number_is_no_whole_number(text: str) -> None:
    assert whole_number_text(text) == text


@pytest.mark.parametrize("kind", [*NUMBERS, *DATES, ValueType.BOOLEAN, ValueType.GUID])
@pytest.mark.parametrize("raw", [b'""', b'"  "'])
def test_empty_text_is_no_value_for_any_other_field(kind: ValueType, raw: bytes) -> None:
    assert formed(raw, kind) == b"null"


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("text", ["12,5", "1,234.50", "two", "1e5", "1_000", "NaN", "Infinity", "12 5", "1/2", "5 EUR"])
def test_text_that_is_no_plain_number_is_refused(kind: ValueType, text: str) -> None:
    with pytest.raises(WrongForm, match="number"):
        formed(msgspec.json.encode(text), kind)


@pytest.mark.parametrize(
    ("raw", "kind", "sent"),
    [
        (b'"12.50"', ValueType.DECIMAL, b"12.50"),
        (b'" +5 "', ValueType.DECIMAL, b"5"),
        (b'"-.5"', ValueType.DECIMAL, b"-0.5"),
        (b'"007"', ValueType.INT, b"7"),
        (b"12.500", ValueType.DECIMAL, b"12.500"),
        (b"1.5e3", ValueType.DECIMAL, b"1.5e3"),
        (b"7.0", ValueType.INT, b"7"),
        (b"1e3", ValueType.LONG, b"1000"),
        (b"null", ValueType.INT, b"null"),
        (b'"TRUE"', ValueType.BOOLEAN, b"true"),
        (b"false", ValueType.BOOLEAN, b"false"),
    ],
)
def test_a_value_of_the_right_form_keeps_its_digits(raw: bytes, kind: ValueType, sent: bytes) -> None:
    assert formed(raw, kind) == sent


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"7.5", ValueType.INT),
        (b"true", ValueType.DECIMAL),
        (b"1", ValueType.BOOLEAN),
        (b'"yes"', ValueType.BOOLEAN),
        (b"1767225600", ValueType.DATETIME),
        (b"true", ValueType.DATE),
        (b'"x"', ValueType.GUID),
    ],
)
def test_a_value_of_another_kind_is_refused(raw: bytes, kind: ValueType) -> None:
    with pytest.raises(WrongForm):
        formed(raw, kind)


@pytest.mark.parametrize("kind", DATES)
@pytest.mark.parametrize(
    "text", ["02/01/2026", "2026-13-01", "2026-02-30", "2026-1-5", "20260105", "yesterday", "2026-01-05T25:00:00", "5"]
)
def test_a_date_that_is_not_iso_is_refused(kind: ValueType, text: str) -> None:
    assert wanted_form(text, kind) == "a date such as 2026-11-30"
    with pytest.raises(WrongForm, match="a date such as 2026-11-30"):
        formed(msgspec.json.encode(text), kind)


@pytest.mark.parametrize(
    "text", ["2026-03-01T00:00:00+11:00", "2026-03-01T00:00:00.000Z", "2026-03-01 00:00", "2026-03-01"]
)
@pytest.mark.parametrize(("kind", "name"), [(ValueType.DATETIME, "DueDate"), (ValueType.DATE, "StartTime")])
def test_midnight_in_a_field_of_a_day_is_the_day_that_it_names(text: str, kind: ValueType, name: str) -> None:
    """Copied from Sydney to an instance on UTC, no date moves."""
    assert formed(msgspec.json.encode(text), kind, name) == b'"2026-03-01"'


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2026-03-01T00:00:00+11:00", "StartDateTime"),
        ("2026-03-01T00:00:00+11:00", "StartTime"),
        ("2026-03-01T14:30:00+11:00", "DueDate"),
    ],
)
def test_a_time_of_day_keeps_its_offset(text: str, name: str) -> None:
    assert formed(msgspec.json.encode(text), ValueType.DATETIME, name) == msgspec.json.encode(text)


def test_a_day_with_a_time_is_its_day_in_a_field_that_keeps_days() -> None:
    assert formed(b'"2026-03-01T14:30:00+11:00"', ValueType.DATE) == b'"2026-03-01"'
