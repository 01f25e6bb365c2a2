"""Conditions as contract 4 and contract 5 read them."""

from __future__ import annotations

import pytest

from acumatica_client.errors import SettingsError
from acumatica_client.rest.dialect import Dialect, dialect_of
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import SUPPORTED_CONTRACTS, ValueType

FOUR, FIVE = dialect_of(4), dialect_of(5)
both = pytest.mark.parametrize("dialect", [FOUR, FIVE], ids=["contract-4", "contract-5"])
NOON = "2026-11-23T12:00:00.04-05:00"
ONE = "2026-11-23T13:00:00-05:00"
ID = "d11d2e19-0a00-4c7e-9d5c-5f1a2b3c4d5e"


def test_two_contracts_are_spoken() -> None:
    assert {4, 5} == SUPPORTED_CONTRACTS
    assert (FOUR.contract, FIVE.contract) == (4, 5)


@both
@pytest.mark.parametrize(
    ("value", "literal"),
    [("", "''"), ("MAIN", "'MAIN'"), ("O'Hara", "'O''Hara'"), ("''", "''''''"), ("a b+c/ä{0}", "'a b+c/ä{0}'")],
)
def test_a_text_is_quoted_and_its_quotes_are_doubled(dialect: Dialect, value: str, literal: str) -> None:
    assert dialect.text_literal(value) == literal


def test_a_timestamp_is_sent_back_exactly_as_it_came() -> None:
    assert FOUR.timestamp_literal(NOON) == f"datetimeoffset'{NOON}'"
    assert FIVE.timestamp_literal(NOON) == NOON


@pytest.mark.parametrize("timestamp", ["2026-11-23", "2026-11-23T12:00:00", "2026-11-23T12:00:00.1234567Z", NOON])
def test_timestamps_have_as_many_parts_as_the_server_wrote(timestamp: str) -> None:
    assert FIVE.timestamp_literal(timestamp) == timestamp


@pytest.mark.parametrize(
    ("kind", "value", "four", "five"),
    [
        (ValueType.STRING, "A", "'A'", "'A'"),
        (ValueType.STRING_SELECT, "CL", "'CL'", "'CL'"),
        (ValueType.INT, "-12", "-12", "-12"),
        (ValueType.INT_SELECT, "3", "3", "3"),
        (ValueType.DECIMAL, "12.500000", "12.500000", "12.500000"),
        (ValueType.BOOLEAN, "true", "true", "true"),
        (ValueType.GUID, ID, f"guid'{ID}'", ID),
        (ValueType.DATE, "2026-11-23", "date'2026-11-23'", "2026-11-23"),
        (ValueType.DATETIME, NOON, f"datetimeoffset'{NOON}'", NOON),
    ],
)
def test_each_kind_of_value_has_its_literal(kind: ValueType, value: str, four: str, five: str) -> None:
    assert (FOUR.literal(value, kind), FIVE.literal(value, kind)) == (four, five)
    assert FIVE.equals("Field", value, kind) == f"Field eq {five}"


@both
@pytest.mark.parametrize(
    "kind",
    [ValueType.INT, ValueType.DECIMAL, ValueType.BOOLEAN, ValueType.GUID, ValueType.DATE, ValueType.DATETIME],
)
@pytest.mark.parametrize("value", ["x' or 1 eq 1 or y eq '", "1 or 2", "", "2026-11-23T00:00:00' or A", "1\n"])
def test_a_text_cannot_end_its_literal(dialect: Dialect, kind: ValueType, value: str) -> None:
    with pytest.raises(SettingsError, match="nothing can be compared"):
        dialect.literal(value, kind)


@both
def test_equality_and_null(dialect: Dialect) -> None:
    assert dialect.equals("CustomerID", "O'Hara") == "CustomerID eq 'O''Hara'"
    assert dialect.is_null("LastModified") == "LastModified eq null"


@pytest.mark.parametrize(
    ("start", "end", "four", "five"),
    [
        (NOON, ONE, f"D ge datetimeoffset'{NOON}' and D lt datetimeoffset'{ONE}'", f"D ge {NOON} and D lt {ONE}"),
        (NOON, None, f"D ge datetimeoffset'{NOON}'", f"D ge {NOON}"),
        (None, ONE, f"D lt datetimeoffset'{ONE}'", f"D lt {ONE}"),
        (None, None, None, None),
    ],
)
def test_a_window_contains_its_start_and_not_its_end(
    start: str | None, end: str | None, four: str | None, five: str | None
) -> None:
    assert (FOUR.between("D", start, end), FIVE.between("D", start, end)) == (four, five)


def test_a_custom_field_is_compared_by_its_type_view_and_name() -> None:
    color = CustomField("ItemSettings", "UsrColor")
    due = CustomField("Document", "DiscDate", "CustomDateTimeField")

    assert FOUR.custom_operand(color) == "cf.String(f='ItemSettings.UsrColor')"
    assert FIVE.custom_operand(color) == "cf.String('ItemSettings.UsrColor')"
    assert FOUR.equals(FOUR.custom_operand(due), ONE, due.value_type) == (
        f"cf.DateTime(f='Document.DiscDate') eq datetimeoffset'{ONE}'"
    )


@both
def test_conditions_are_joined_and_absent_ones_left_out(dialect: Dialect) -> None:
    assert dialect.all_of("A eq 1", None, "", "B eq 2") == "A eq 1 and B eq 2"
    assert dialect.all_of(None, "") is None
    assert dialect.all_of() is None


@pytest.mark.parametrize("alternative", ["A eq 1 or B eq 2", "A eq 1 OR B eq 2", "(A eq 1)or(B eq 2)"])
def test_an_alternative_is_kept_together_when_it_is_joined(alternative: str) -> None:
    assert FOUR.all_of(alternative, "C eq 3") == f"({alternative}) and C eq 3"


def test_an_alternative_alone_and_a_name_with_or_in_it_need_no_parentheses() -> None:
    assert FOUR.all_of("A eq 1 or B eq 2") == "A eq 1 or B eq 2"
    assert FOUR.all_of("Vendor eq 'x'", "Order eq 'y'") == "Vendor eq 'x' and Order eq 'y'"
