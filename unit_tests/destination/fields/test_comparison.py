"""Whether what Acumatica holds is what was sent."""

from __future__ import annotations

from decimal import Decimal

import pytest

from destination_acumatica.erp.record_read import field_text, nested_paths
from destination_acumatica.fields.comparison import Difference, compare, differences, same_key, same_value
from destination_acumatica.fields.json_values import decoded


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (Decimal("10.5"), Decimal("10.5000")),
        (10, Decimal("10.0")),
        ("10.50", Decimal("10.5")),
        ("005", 5),
        (5, "5"),
        (Decimal("5.0"), "5"),
        ("35000", Decimal("35000.00")),
        ("text", "text   "),
        (None, ""),
        ("", None),
        (True, True),
        ("true", True),
        ("2026-07-03", "2026-07-03T00:00:00+00:00"),
        ("2026-07-03", "2026-07-03T14:15:14.04-05:00"),
        ("2026-07-03T10:00:00Z", "2026-07-03T10:00:00.000-05:00"),
        ("022026", "022026"),
        ("2026-07-03T10:00:00Z", "2026-07-03T05:00:00-05:00"),
        ("2026-07-03T10:00:00.5Z", "2026-07-03T12:00:00.5000000+02:00"),
        ("CL", {"id": "CL", "description": "Completed"}),
        ("Completed", {"id": "CL", "description": "Completed"}),
        (1, {"id": 1, "description": "One"}),
        ({"id": "CL"}, {"id": "CL", "description": "Completed"}),
        ({"id": "CL", "description": "x"}, "CL"),
        (None, {"id": None, "description": None}),
        (["B", "A"], [{"id": "A", "description": "Ann"}, {"id": "B", "description": "Bob"}]),
        ("A,Bob", [{"id": "A", "description": "Ann"}, {"id": "B", "description": "Bob"}]),
        (None, []),
        (Decimal("0.30000000000000004"), Decimal("0.3000")),
        (Decimal("1234567.1000000001"), Decimal("1234567.1000")),
        ("A1B2C3D4-0000-0000-0000-00000000000F", "a1b2c3d4-0000-0000-0000-00000000000f"),
    ],
)
def test_values_that_mean_the_same(sent: object, found: object) -> None:
    assert same_value(sent, found)


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (Decimal("10.5"), Decimal("10.51")),
        (10, None),
        (0, None),
        (10, "ten"),
        ("text", "Text"),
        (" text", "text"),
        (True, False),
        (1, True),
        ("2026-07-03", "2026-07-04T00:00:00+00:00"),
        ("2026-07-03T10:00:00", "2026-07-03T11:00:00"),
        ("022026", "22026"),
        ("1.0", "1.00"),
        ("2026-07-03T10:00:00Z", "2026-07-03T05:00:01-05:00"),
        ("CL", {"id": "OP", "description": "Open"}),
        (None, {"id": "OP", "description": "Open"}),
        ({"id": "CL"}, None),
        (["A"], [{"id": "A"}, {"id": "B"}]),
        (["A", "B"], [{"id": "A"}]),
        ("A", []),
        (Decimal("0.04000000000000001"), Decimal("0.0")),
        (Decimal("999999999.9999"), Decimal("1000000000.0000")),
        (Decimal("10.12345"), Decimal("10.1235")),
        (Decimal("1e1000000"), Decimal("0.0")),
        (5, "005"),
        (22026, "022026"),
        (0, "0.00"),
        (35000, "35E3"),
        ("35000", "35E3"),
        ("35E3", "35000"),
        ("35E3", Decimal("35000")),
        (1000, "1_000"),
        ("1000", "1_000"),
        ("1_000", Decimal("1000")),
        ("1000", "1000.0"),
        ("01-2024", "012024"),
        ("01-2024", "022024"),
        ("1-2024", "12024"),
        ("A-1", "A1"),
        ("Infinity", Decimal("1")),
        ("2026-07-03T00:00:00", "2026-07-03T14:15:00"),
    ],
)
def test_values_that_do_not(sent: object, found: object) -> None:
    assert not same_value(sent, found)


def test_differences_are_named_by_their_path() -> None:
    sent = {
        "A": {"value": 1},
        "B": {"value": "x"},
        "Link": {"C": {"value": "y"}, "Deep": {"D": {"value": 2}}},
        "Rows": [{"Q": {"value": 1}}, {"Q": {"value": 2}}],
    }
    found = {
        "A": {"value": Decimal("1.00")},
        "B": {},
        "Link": {"C": {"value": "y"}, "Deep": {"D": {"value": 3}}},
        "Rows": [{"Q": {"value": 1}}, {"Q": {"value": 9}}],
    }
    assert list(differences(sent, found)) == ["B", "Link.Deep.D", "Rows[1].Q"]


def test_a_difference_shows_both_values_as_text() -> None:
    sent = {"A": {"value": Decimal("1.50")}, "B": {"value": True}, "Rows": [{}, {}]}
    found = {"A": {"value": Decimal("2.0")}, "B": {"value": {"id": "N", "description": "No"}}, "Rows": [{}]}

    assert list(compare(sent, found)) == [
        Difference("A", "1.50", "2.0"),
        Difference("B", "True", "No"),
        Difference("Rows", "rows: 2", "rows: 1"),
    ]


def test_custom_fields_are_compared_by_their_values() -> None:
    sent = {"custom": {"Doc": {"UsrX": {"type": "CustomStringField", "value": "red"}}}}

    assert list(differences(sent, {"custom": {"Doc": {"UsrX": {"type": "other", "value": "red "}}}})) == []
    assert list(differences(sent, {"custom": {}})) == ["custom.Doc.UsrX"]


@pytest.mark.parametrize("found", [{}, {"Rows": []}, {"Rows": [{}, {}]}, {"Rows": "x"}, None])
def test_rows_that_are_missing_or_too_many_are_a_difference(found: object) -> None:
    assert list(differences({"Rows": [{"Q": {"value": 1}}]}, found)) == ["Rows"]


def test_what_the_server_stamps_for_itself_is_not_compared() -> None:
    sent = {name: {"value": "sent"} for name in ("LastModifiedDateTime", "LastModified", "CreatedDateTime", "NoteID")}
    assert list(differences({**sent, "id": "a", "custom": {"x": 1}}, {})) == []


def test_what_was_not_sent_is_not_compared() -> None:
    assert list(differences({"A": {"value": 1}}, {"A": {"value": 1}, "B": {"value": 2}})) == []


@pytest.mark.parametrize(("one", "other"), [("abc", "ABC  "), ("10-20-30", "102030"), ("A 1", "a1"), ("-", "-")])
def test_keys_may_be_padded_put_into_capitals_and_masked(one: str, other: str) -> None:
    assert same_key(one, other)


@pytest.mark.parametrize(("one", "other"), [("SO1", "SO2"), ("12", "000012"), ("-", "+")])
def test_other_keys_are_other_keys(one: str, other: str) -> None:
    assert not same_key(one, other)


def test_the_nested_members_of_a_payload_are_its_expand_paths() -> None:
    payload = decoded(
        b'{"A":{"value":1},"Link":{"Deep":{"X":{"value":1}}},"Rows":[{"Y":{"value":1}},{"Parts":[{"Z":{"value":1}}]}],"custom":{"V":{}},"None":[]}'
    )
    assert nested_paths(payload) == ["Link", "Link/Deep", "Rows", "Rows/Parts"]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b'{"K":{"value":"A1"}}', "A1"),
        (b'{"K":{"value":7}}', "7"),
        (b'{"K":{"value":null}}', None),
        (b'{"K":{}}', None),
        (b"{}", None),
        (b"[]", None),
        (b"", None),
        (b"<html>", None),
    ],
)
def test_a_field_of_an_answer_is_read_without_trusting_it(answer: bytes, text: str | None) -> None:
    assert field_text(answer, "K") == text


@pytest.mark.parametrize("field", ["PostPeriod", "Details[0].FinPeriod", "LastPostPeriodID"])
@pytest.mark.parametrize(("sent", "found"), [("01-2024", "012024"), ("012024", "01-2024")])
def test_a_period_is_the_same_with_and_without_its_mask(field: str, sent: str, found: str) -> None:
    assert same_value(sent, found, field=field)
    assert not same_value(sent, "022024", field=field)


@pytest.mark.parametrize("path", ["Description", "Details[0].LineDescription", "ExternalRef", "PeriodEnd.Note"])
def test_a_text_that_looks_like_a_period_is_written_with_its_hyphen(path: str) -> None:
    found = {"value": "012024"}
    assert [one.path for one in compare({"value": "01-2024"}, found, path=path)] == [path]
