"""Conditions as contract 4 reads them."""

from __future__ import annotations

import pytest

from acumatica_client.dialect import all_of, between, equals, is_null, moment_literal, text_literal

NOON = "2026-11-23T12:00:00.04-05:00"
ONE = "2026-11-23T13:00:00-05:00"


@pytest.mark.parametrize(
    ("value", "literal"),
    [("", "''"), ("MAIN", "'MAIN'"), ("O'Hara", "'O''Hara'"), ("''", "''''''"), ("a b+c/ä", "'a b+c/ä'")],
)
def test_a_text_is_quoted_and_its_quotes_are_doubled(value: str, literal: str) -> None:
    assert text_literal(value) == literal


def test_a_moment_is_sent_back_exactly_as_it_came() -> None:
    assert moment_literal(NOON) == f"datetimeoffset'{NOON}'"


def test_a_moment_cannot_end_its_literal() -> None:
    assert moment_literal("x' or 1 eq 1 or y eq '") == "datetimeoffset'x'' or 1 eq 1 or y eq '''"


def test_equality_and_null() -> None:
    assert equals("CustomerID", "O'Hara") == "CustomerID eq 'O''Hara'"
    assert is_null("LastModified") == "LastModified eq null"


@pytest.mark.parametrize(
    ("start", "end", "condition"),
    [
        (NOON, ONE, f"D ge datetimeoffset'{NOON}' and D lt datetimeoffset'{ONE}'"),
        (NOON, None, f"D ge datetimeoffset'{NOON}'"),
        (None, ONE, f"D lt datetimeoffset'{ONE}'"),
        (None, None, None),
    ],
)
def test_a_window_contains_its_start_and_not_its_end(start: str | None, end: str | None, condition: str | None) -> None:
    assert between("D", start, end) == condition


def test_conditions_are_joined_and_absent_ones_left_out() -> None:
    assert all_of("A eq 1", None, "", "B eq 2") == "A eq 1 and B eq 2"
    assert all_of(None, "") is None
    assert all_of() is None


@pytest.mark.parametrize("alternative", ["A eq 1 or B eq 2", "A eq 1 OR B eq 2", "(A eq 1)or(B eq 2)"])
def test_an_alternative_is_kept_together_when_it_is_joined(alternative: str) -> None:
    assert all_of(alternative, "C eq 3") == f"({alternative}) and C eq 3"


def test_an_alternative_alone_and_a_name_with_or_in_it_need_no_parentheses() -> None:
    assert all_of("A eq 1 or B eq 2") == "A eq 1 or B eq 2"
    assert all_of("Vendor eq 'x'", "Order eq 'y'") == "Vendor eq 'x' and Order eq 'y'"
