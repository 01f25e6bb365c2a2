"""What is sent to a record that exists: its lines changed, added, deleted, and none of them doubled."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acumatica_client.schema.model import EntityShape, ValueType
from destination_acumatica.config.stream_settings import LineMode, LineRules
from destination_acumatica.fields.comparison import differences
from destination_acumatica.plan.settings_validation import key_problems
from destination_acumatica.reconcile.update_diff import Merged, merge

TEXT, NUMBER = ValueType.STRING, ValueType.DECIMAL
ORDER = EntityShape(
    "Order", {"Nbr": TEXT, "Total": NUMBER}, {"Contact": "Contact"}, {"Details": "Line", "Attributes": "AttributeValue"}
)
SHAPES = {
    "Order": ORDER,
    "Contact": EntityShape("Contact", {"Email": TEXT}, {}, {"Phones": "Phone"}),
    "Phone": EntityShape("Phone", {"LineNbr": ValueType.INT, "Text": TEXT}),
    "Line": EntityShape("Line", {"Item": TEXT, "Qty": NUMBER}, {}, {"Parts": "Part"}),
    "Part": EntityShape("Part", {"Lot": TEXT, "Qty": NUMBER}),
    "AttributeValue": EntityShape("AttributeValue", {"AttributeID": TEXT, "Value": TEXT}),
}
KEYS = {"Details": ("Item",), "Details/Parts": ("Lot",)}
MERGE = LineRules(keys=KEYS)
REPLACE = LineRules(LineMode.REPLACE, KEYS)
APPEND = LineRules(LineMode.APPEND, KEYS)
_ids = itertools.count()


def wrapped(value: object) -> object:
    """Plain members as a payload has them."""
    if isinstance(value, Mapping):
        return {n: v if n in ("id", "delete") else wrapped(v) for n, v in value.items()}
    return [wrapped(row) for row in value] if isinstance(value, list) else {"value": value}


def with_ids(value: object) -> object:
    """As Acumatica answers: an id on every object."""
    if isinstance(value, Mapping) and "value" not in value:
        return {"id": value.get("id") or f"id{next(_ids)}", **{n: with_ids(v) for n, v in value.items() if n != "id"}}
    return [with_ids(row) for row in value] if isinstance(value, list) else value


def put(record: dict[str, object], body: Mapping[str, object]) -> None:
    """What a PUT does to a record: fields set, lines updated or deleted by id, appended without."""
    for name, value in body.items():
        if isinstance(value, list):
            lines = record.setdefault(name, [])
            for row in value:
                line = next((line for line in lines if line["id"] == row.get("id")), None)
                if row.get("delete"):
                    lines.remove(line)
                    continue
                assert line is not None or "id" not in row, "an id that the record does not have"
                if line is None:
                    lines.append(line := {"id": f"id{next(_ids)}"})
                put(line, row)
        elif isinstance(value, Mapping) and "value" not in value:
            put(record.setdefault(name, {"id": f"id{next(_ids)}"}), value)
        elif name != "id":
            record[name] = value


def order(*lines: dict[str, object], **more: object) -> dict[str, object]:
    return wrapped({"Nbr": "1", "Details": list(lines), **more})


def merged(sent: dict[str, object], found: dict[str, object], rules: LineRules = MERGE) -> Merged:
    return merge(sent, found, ORDER, SHAPES, rules)


def plain(lines: object) -> list[dict[str, object]]:
    return [{n: v["value"] for n, v in line.items() if isinstance(v, Mapping)} for line in lines]


FOUND = with_ids(order({"id": "a", "Item": "A", "Qty": 1}, {"id": "b", "Item": "B", "Qty": 2}, Total=3))
OTHER = {"AttributeID": "SIZE", "Value": "XL"}
SENT = order({"Item": "A", "Qty": 1}, {"Item": "B", "Qty": 5}, {"Item": "C", "Qty": 9})


class TestModes:
    def test_merge_updates_what_changed_and_adds_what_is_new(self) -> None:
        result = merged(SENT, FOUND)

        assert result.body == order({"id": "b", "Item": "B", "Qty": 5}, {"Item": "C", "Qty": 9})
        assert (result.added, result.updated, result.deleted) == (1, 1, 0)

    def test_merge_leaves_lines_alone_that_were_not_sent(self) -> None:
        assert merged(order({"Item": "A", "Qty": 1}), FOUND).body is None

    def test_replace_deletes_lines_that_were_not_sent(self) -> None:
        result = merged(order({"Item": "B", "Qty": 5}), FOUND, REPLACE)

        assert result.body == order({"id": "a", "delete": True}, {"id": "b", "Item": "B", "Qty": 5})
        assert (result.added, result.updated, result.deleted) == (0, 1, 1)

    def test_replace_needs_no_key(self) -> None:
        result = merged(order({"Item": "A", "Qty": 1}, {"Item": "B", "Qty": 5}), FOUND, LineRules(LineMode.REPLACE))

        assert result.body == order({"id": "b", "delete": True}, {"Item": "B", "Qty": 5})

    @pytest.mark.parametrize("rules", [MERGE, REPLACE, APPEND])
    def test_no_lines_in_the_document_delete_none(self, rules: LineRules) -> None:
        assert merged(order(Total=3), FOUND, rules).body is None

    def test_append_adds_what_is_new_and_leaves_what_is_there(self) -> None:
        result = merged(SENT, FOUND, APPEND)

        assert result.body == order({"Item": "C", "Qty": 9})
        assert (result.added, result.updated, result.deleted) == (1, 0, 0)

    def test_append_without_a_key_is_refused_where_lines_could_be_there(self) -> None:
        result = merged(order({"Item": "C", "Qty": 9}), FOUND, LineRules(LineMode.APPEND))

        assert result.body is None
        assert "which of its lines" in result.problems[0].text

    def test_append_leaves_lines_of_one_key_alone_when_it_is_there(self) -> None:
        twice = order({"Item": "A", "Qty": 7}, {"Item": "A", "Qty": 8})

        assert merged(twice, FOUND, APPEND) == Merged(None)

    @pytest.mark.parametrize("rules", [MERGE, REPLACE, APPEND])
    def test_attributes_are_no_lines_they_are_updated_and_never_deleted(self, rules: LineRules) -> None:
        found = with_ids(
            wrapped(
                {"Nbr": "1", "Attributes": [{"id": "x", "AttributeID": "COLOR", "Value": "Red"}, {"AttributeID": "S"}]}
            )
        )
        sent = wrapped({"Nbr": "1", "Attributes": [{"AttributeID": "COLOR", "Value": "Blue"}]})

        body = merged(sent, found, rules).body
        assert body == wrapped({"Nbr": "1", "Attributes": [{"AttributeID": "COLOR", "Value": "Blue"}]})


class TestNothingToDo:
    def test_a_record_that_is_as_sent_gets_nothing(self) -> None:
        sent = wrapped({"Nbr": "1", "Total": Decimal("3.00"), "Details": [{"Item": "b ", "Qty": Decimal("2.0000")}]})
        found = with_ids(order({"Item": "B", "Qty": 2}, {"Item": "b", "Qty": 2}, Total=3))

        assert merged(sent, with_ids(order({"Item": "b", "Qty": 2}, Total=3))) == Merged(None)
        assert merged(sent, found).body is None

    def test_a_changed_field_of_the_record_does_not_send_its_lines(self) -> None:
        sent = {**copy.deepcopy(SENT), "Total": {"value": 4}}
        sent["Details"] = sent["Details"][:1]

        assert merged(sent, FOUND).body == wrapped({"Nbr": "1", "Total": 4})

    def test_a_changed_line_takes_the_key_of_the_record_along(self) -> None:
        body = merged(order({"Item": "A", "Qty": 5}), FOUND).body

        assert body is not None
        assert body["Nbr"] == {"value": "1"}


class TestProblems:
    def test_an_unclear_line_is_named_and_nothing_is_sent(self) -> None:
        sent = order({"Item": "A", "Qty": 1}, {"Item": "B", "Qty": 5}, {"Item": "B", "Qty": 6})
        result = merged(sent, FOUND)

        assert result.body is None
        (problem,) = result.problems
        assert problem.path == "Details"
        assert "line 2, 3 of those sent" in problem.text
        assert "2 lines of the key b were sent, and 1 are there" in problem.text

    def test_lines_without_ids_cannot_be_changed(self) -> None:
        found = order({"Item": "A", "Qty": 1})

        assert "without ids" in merged(order({"Item": "A", "Qty": 5}), found).problems[0].text

    @pytest.mark.parametrize(
        ("keys", "problem"),
        [
            ({"Detail": ("Item",)}, "Order has no detail Detail"),
            ({"Contact": ("Email",)}, "Order has no detail Contact"),
            ({"Nowhere/Details": ("Item",)}, "Order has no detail Nowhere/Details"),
            ({"Details": ("Colour",)}, "the lines of Details have no field Colour"),
            ({"Details": ()}, "the line key of Details names no field"),
            ({"Details/Parts": ("Item",)}, "the lines of Details/Parts have no field Item"),
        ],
    )
    def test_a_key_that_cannot_work_is_reported_before_the_first_record(
        self, keys: dict[str, tuple[str, ...]], problem: str
    ) -> None:
        assert list(key_problems(LineRules(keys=keys), ORDER, SHAPES)) == [problem]

    def test_keys_that_can_work_are_no_problem(self) -> None:
        assert list(key_problems(LineRules(keys={**KEYS, "Contact/Phones": ("LineNbr",)}), ORDER, SHAPES)) == []


class TestDepth:
    def test_lines_of_lines_are_merged_by_their_own_key(self) -> None:
        found = with_ids(
            order(
                {
                    "id": "a",
                    "Item": "A",
                    "Qty": 1,
                    "Parts": [{"id": "p", "Lot": "L1", "Qty": 1}, {"Lot": "L2", "Qty": 1}],
                }
            )
        )
        sent = order({"Item": "A", "Qty": 1, "Parts": [{"Lot": "L1", "Qty": 5}, {"Lot": "L3", "Qty": 2}]})

        parts = [{"id": "p", "Lot": "L1", "Qty": 5}, {"Lot": "L3", "Qty": 2}]
        assert merged(sent, found).body == order({"id": "a", "Item": "A", "Qty": 1, "Parts": parts})

    def test_lines_of_a_linked_entity_are_merged_too_without_its_id(self) -> None:
        sent = wrapped(
            {"Nbr": "1", "Contact": {"id": "foreign", "Email": "e", "Phones": [{"LineNbr": 1, "Text": "new"}]}}
        )
        found = with_ids(
            wrapped({"Nbr": "1", "Contact": {"Email": "e", "Phones": [{"id": "p", "LineNbr": 1, "Text": "old"}]}})
        )

        phones = [{"id": "p", "LineNbr": 1, "Text": "new"}]
        assert merged(sent, found).body == wrapped({"Nbr": "1", "Contact": {"Email": "e", "Phones": phones}})

    def test_a_new_line_brings_its_own_lines_without_the_ids_of_elsewhere(self) -> None:
        sent = order({"id": "e1", "Item": "Z", "Parts": [{"id": "e2", "Lot": "L", "Qty": 1}]})

        assert merged(sent, FOUND).body == order({"Item": "Z", "Parts": [{"Lot": "L", "Qty": 1}]})

    def test_a_linked_entity_that_differs_is_sent(self) -> None:
        found = with_ids(wrapped({"Nbr": "1", "Contact": {"Email": "old"}}))

        body = merged(wrapped({"Nbr": "1", "Contact": {"Email": "new"}}), found).body
        assert body == wrapped({"Nbr": "1", "Contact": {"Email": "new"}})


PARTS = st.lists(
    st.fixed_dictionaries({"Lot": st.sampled_from(["L1", "L2"]), "Qty": st.integers(0, 2)}),
    max_size=2,
)
LINES = st.lists(
    st.fixed_dictionaries({"Item": st.sampled_from("ABC"), "Qty": st.integers(0, 2)}, optional={"Parts": PARTS}),
    max_size=4,
)
SHOWN = LINES.map(lambda lines: [{"Parts": [], **line} for line in lines])  # an expanded detail is shown, even empty
RULES = st.builds(
    LineRules,
    st.sampled_from([LineMode.MERGE, LineMode.REPLACE, LineMode.APPEND]),
    st.sampled_from([{}, KEYS, {"Details": ("Item", "Qty"), "Details/Parts": ("Lot",)}]),
)


@settings(max_examples=400)
@given(sent=LINES, there=SHOWN, rules=RULES)
def test_whatever_is_there_the_same_document_twice_changes_nothing_more(
    sent: list[dict[str, object]], there: list[dict[str, object]], rules: LineRules
) -> None:
    record = with_ids(order(*there))
    before = copy.deepcopy(record)
    first = merged(order(*sent), record, rules)
    put(record, first.body or {})
    again = merged(order(*sent), record, rules)

    assert again.body is None
    if first.problems:
        assert record == before
    else:
        assert not again.problems
        kept = {line["id"] for line in before["Details"]} <= {line["id"] for line in record["Details"]}
        assert kept or rules.mode is LineMode.REPLACE
        assert len(record["Details"]) <= len(there) + len(sent)


@settings(max_examples=300)
@given(sent=LINES, there=SHOWN)
def test_replace_leaves_exactly_the_lines_that_were_sent(
    sent: list[dict[str, object]], there: list[dict[str, object]]
) -> None:
    record = with_ids(order(*there))
    result = merged(order(*sent), record, REPLACE)
    put(record, result.body or {})

    assert not result.problems
    if sent:
        lines = sorted((line["Item"], line["Qty"]) for line in plain(record["Details"]))
        assert lines == sorted((line["Item"], line["Qty"]) for line in sent)


@settings(max_examples=300)
@given(lines=LINES, kept=st.integers(0, 4), rules=RULES)
def test_a_document_whose_writing_broke_off_is_completed(
    lines: list[dict[str, object]], kept: int, rules: LineRules
) -> None:
    """The first lines were written, the rest was not: whatever the mode and the key, the next attempt may go on."""
    lines = [line | {"Qty": at} for at, line in enumerate(lines)]
    record = with_ids(order(*lines[:kept]))
    rules = LineRules(rules.mode, {**rules.keys, "Details": ()})
    result = merged(order(*lines), record, rules)
    put(record, result.body or {})

    assert not result.problems
    assert list(differences(order(*lines), record)) == []


@pytest.mark.parametrize("there", [[], [{"AttributeID": "COLOR", "Value": "blue"}]])
def test_where_lines_are_to_be_kept_no_attribute_is_changed_or_added_either(there: list[dict[str, object]]) -> None:
    record = with_ids(wrapped({"Nbr": "1", "Attributes": there}))
    sent = wrapped({"Nbr": "1", "Attributes": [{"AttributeID": "COLOR", "Value": "red"}]})
    found = merge(sent, record, ORDER, SHAPES, LineRules(LineMode.KEEP))
    assert (found.body, [one.path for one in found.problems]) == (None, ["Attributes"])
