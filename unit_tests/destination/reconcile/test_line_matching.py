"""Which lines are which: by id, by key, by all of their values, and never by a guess."""

from __future__ import annotations

from decimal import Decimal

import pytest

from acumatica_client.schema.model import EntityShape, ValueType
from destination_acumatica.reconcile.line_matching import Matching, line_key, match_lines

ITEM, NUMBER = ("Item",), ("LineNbr",)


def rows(*lines: dict[str, object]) -> list[dict[str, object]]:
    return [{n: v if n in ("id", "Parts") else {"value": v} for n, v in line.items()} for line in lines]


def match(sent: list[dict[str, object]], found: list[dict[str, object]], key: tuple[str, ...] = ITEM) -> Matching:
    return match_lines(rows(*sent), rows(*({"id": f"i{at}", **row} for at, row in enumerate(found))), key)


def unclear(matching: Matching) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [(one.sent, one.found) for one in matching.unclear]


def test_lines_are_found_by_their_key_wherever_they_stand() -> None:
    sent = [{"Item": "B", "Qty": 2}, {"Item": "A", "Qty": 9}, {"Item": "C", "Qty": 3}]
    found = [{"Item": "A", "Qty": 1}, {"Item": "B", "Qty": 2}, {"Item": "X", "Qty": 7}]

    assert match(sent, found) == Matching(same={0: 1}, changed={1: 0}, new=[2], others=[2])


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("abc", "ABC  "),
        (1, Decimal("1.0000")),
        ("7", 7),
        (10, Decimal("10.0")),
        ("CL", {"id": "CL", "description": "Closed"}),
        ("2026-01-31", "2026-01-31T00:00:00+00:00"),
        ("2026-01-31T00:00:00.000Z", "2026-01-31T00:00:00-05:00"),
        ("2026-01-31T15:30:00Z", "2026-01-31T15:30:00+00:00"),
        ("2026-01-31T15:30:00Z", "2026-01-31T10:30:00-05:00"),
        ("2026-01-31T15:30:00Z", "2026-01-31T00:00:00+00:00"),
        ("10.0", Decimal("10.000000")),
        ("1e1", 10),
        (True, "true"),
    ],
)
def test_a_key_may_come_back_in_another_spelling(sent: object, found: object) -> None:
    assert match([{"Item": sent, "Qty": 1}], [{"Item": found, "Qty": 2}]).changed == {0: 0}


@pytest.mark.parametrize(
    ("sent", "found"), [("1_000", 1000), ("1,000", 1000), ("35E3", "35000"), ("1e1", "10"), ("010", "10"), ("NaN", 0)]
)
def test_texts_that_only_look_alike_are_other_keys(sent: object, found: object) -> None:
    assert match([{"Item": sent, "Qty": 1}], [{"Item": found, "Qty": 2}]).changed == {}


@pytest.mark.parametrize("other", ["A10", "A-1 0", "AB"])
def test_other_keys_are_other_lines(other: str) -> None:
    assert match([{"Item": "A1", "Qty": 1}], [{"Item": other, "Qty": 1}]).new == [0]


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("10.0", "10"),
        ("2026-01-31", "2026-02-01T00:00:00+00:00"),
        ("2026-01-31T08:00:00", "2026-01-31T09:00:00"),
        (Decimal("1e1000000"), 1),
    ],
)
def test_other_texts_and_other_times_are_other_lines(sent: object, found: object) -> None:
    assert match([{"Item": sent, "Qty": 1}], [{"Item": found, "Qty": 1}]).new == [0]


def test_days_that_come_back_with_a_time_tell_lines_apart_in_a_long_document() -> None:
    days = [f"20{year:02}-{month:02}-28" for year in range(60) for month in range(1, 13)]
    sent = [{"Item": day, "Qty": 1} for day in days]
    found = [{"Item": f"{day}T00:00:00+00:00", "Qty": 2} for day in reversed(days)]
    assert match(sent, found).changed == {at: len(days) - 1 - at for at in range(len(days))}


def test_a_time_that_could_be_that_of_two_lines_is_unclear() -> None:
    sent = [{"Item": "2026-01-31T15:30:00Z", "Qty": 1}]
    found = [{"Item": "2026-01-31T10:30:00-05:00", "Qty": 2}, {"Item": "2026-01-31T15:30:00.5-05:00", "Qty": 3}]
    matching = match(sent, found)
    assert (matching.new, matching.changed, unclear(matching)) == ([], {0: 1}, [])

    both = [{"Item": "2026-01-31T15:30:00Z", "Qty": 1}, {"Item": "2026-01-31T17:30:00Z", "Qty": 1}]
    days = [{"Item": "2026-01-31T00:00:00Z", "Qty": 2}]
    assert unclear(match(both, days)) == [((0, 1), (0,))]

    both[0]["Item"] = "2026-01-31T10:30:00-05:00"
    found = [{"Item": "2026-01-31T15:30:00Z", "Qty": 1}, {"Item": "2026-01-31T00:00:00Z", "Qty": 2}]
    assert match(both, found).new == []


@pytest.mark.parametrize(("sent", "found"), [("102030", "10-20-30"), ("A-1", "A1"), (1, "01"), ("0010", "10")])
def test_a_code_with_other_separators_is_neither_new_nor_there(sent: str, found: str) -> None:
    matching = match([{"Item": sent, "Qty": 1}], [{"Item": found, "Qty": 2}])

    assert (matching.new, matching.changed, matching.others) == ([], {}, [])
    assert unclear(matching) == [((0,), (0,))]
    assert found in matching.unclear[0].why


def test_an_id_of_the_record_comes_before_the_key() -> None:
    sent = [{"id": "i1", "Item": "A", "Qty": 5}]

    assert match(sent, [{"Item": "A", "Qty": 5}, {"Item": "B", "Qty": 5}]) == Matching(changed={0: 1}, others=[0])


def test_a_foreign_id_says_nothing() -> None:
    assert match([{"id": "elsewhere", "Item": "A"}], [{"Item": "A"}]).same == {0: 0}


def test_two_lines_with_one_id_are_unclear() -> None:
    assert unclear(match([{"id": "i0", "Qty": 1}, {"id": "i0", "Qty": 2}], [{"Qty": 1}])) == [((0, 1), (0,))]


def test_two_lines_of_one_key_are_unclear_when_one_of_them_changed() -> None:
    sent = [{"Item": "A", "Qty": 1}, {"Item": "A", "Qty": 9}]
    found = [{"Item": "A", "Qty": 1}, {"Item": "A", "Qty": 2}]

    matching = match(sent, found)
    assert unclear(matching) == [((1,), (1,))]
    assert "2 lines of the key a were sent, and 2 are there" in matching.unclear[0].why


def test_two_lines_of_one_key_that_are_there_are_there_in_any_order() -> None:
    sent = [{"Item": "A", "Qty": 2}, {"Item": "A", "Qty": 1}]
    found = [{"Item": "A", "Qty": 1}, {"Item": "A", "Qty": 2}]

    assert match(sent, found) == Matching(same={0: 1, 1: 0})


def test_equal_lines_are_counted_not_only_found() -> None:
    matching = match([{"Item": "A", "Qty": 1}, {"Item": "A", "Qty": 1}], [{"Item": "A", "Qty": 1}])

    assert (matching.same, matching.new) == ({0: 0}, [1])


def test_a_field_of_the_key_that_a_line_leaves_empty_distinguishes_no_lines() -> None:
    """The server fills a warehouse in; a line sent without one is still that line."""
    key = ("Item", "Warehouse")
    sent = [{"Item": "A", "Qty": 2}]

    assert match(sent, [{"Item": "A", "Warehouse": "MAIN", "Qty": 1}], key).changed == {0: 0}
    two = [{"Item": "A", "Warehouse": "MAIN", "Qty": 1}, {"Item": "A", "Warehouse": "EAST", "Qty": 1}]
    assert unclear(match(sent, two, key)) == [((0,), (0, 1))]


class TestWithoutAKey:
    def test_lines_that_are_there_as_sent_are_there(self) -> None:
        assert match([{"Qty": 2}, {"Qty": 1}], [{"Qty": 1}, {"Qty": 2}], ()) == Matching(same={0: 1, 1: 0})

    def test_when_they_account_for_all_that_is_there_the_rest_is_new(self) -> None:
        """So a document whose writing broke off is completed by the next attempt."""
        assert match([{"Qty": 1}, {"Qty": 2}, {"Qty": 3}], [{"Qty": 1}], ()) == Matching(same={0: 0}, new=[1, 2])

    def test_when_they_are_all_there_other_lines_are_others(self) -> None:
        assert match([{"Qty": 1}], [{"Qty": 5}, {"Qty": 1}], ()) == Matching(same={0: 1}, others=[0])

    def test_lines_that_could_be_changed_or_new_are_unclear(self) -> None:
        assert unclear(match([{"Qty": 1}, {"Qty": 9}], [{"Qty": 1}, {"Qty": 2}], ())) == [((1,), (1,))]

    def test_a_long_document_in_disorder_is_given_up_and_not_compared_for_minutes(self) -> None:
        many = [{"Qty": at} for at in range(600)]

        assert len(match(many[::-1], many, ()).unclear) == 1
        assert match(many, many, ()).same == {at: at for at in range(600)}


class TestLineNumbers:
    def test_are_a_key(self) -> None:
        assert match([{"LineNbr": 2, "Qty": 9}], [{"LineNbr": 1, "Qty": 1}, {"LineNbr": 2, "Qty": 2}], NUMBER) == (
            Matching(changed={0: 1}, others=[0])
        )

    def test_that_the_server_gave_anew_do_not_make_a_line_new(self) -> None:
        assert match([{"LineNbr": 5, "Qty": 1}], [{"LineNbr": 7, "Qty": 1}], NUMBER) == Matching(same={0: 0})

    def test_unknown_to_both_sides_are_unclear_when_values_differ_too(self) -> None:
        matching = match([{"LineNbr": 5, "Qty": 1}], [{"LineNbr": 7, "Qty": 2}], NUMBER)

        assert unclear(matching) == [((0,), (0,))]
        assert "new, or renumbered" in matching.unclear[0].why

    def test_that_are_new_behind_those_that_are_there_are_new_lines(self) -> None:
        found = [{"LineNbr": 1, "Qty": 1}]

        assert match([{"LineNbr": 1, "Qty": 1}, {"LineNbr": 2, "Qty": 2}], found, NUMBER).new == [1]

    def test_that_are_not_sent_leave_the_values_to_decide(self) -> None:
        assert match([{"Qty": 1}], [{"LineNbr": 7, "Qty": 1}], NUMBER).same == {0: 0}


@pytest.mark.parametrize(
    ("fields", "chosen", "key"),
    [
        (("LineNbr", "InventoryID"), (), ("LineNbr",)),
        (("LineNumber",), (), ("LineNumber",)),
        (("LineNbr", "SplitLineNbr"), (), ("LineNbr", "SplitLineNbr")),
        (("AttributeID", "Value"), (), ("AttributeID",)),
        (("OrderLineNbr", "Qty"), (), ()),
        (("LineNbr", "InventoryID"), ("InventoryID",), ("InventoryID",)),
    ],
)
def test_what_distinguishes_lines_is_chosen_or_a_number_or_an_attribute(
    fields: tuple[str, ...], chosen: tuple[str, ...], key: tuple[str, ...]
) -> None:
    shape = EntityShape("Line", dict.fromkeys(fields, ValueType.STRING))

    assert line_key(shape, chosen) == key
