"""Custom fields: read out of $adHocSchema, named on the wire and in records."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acumatica_client.errors import Unexpected
from acumatica_client.schema.custom_fields import CustomField, parse_ad_hoc_schema
from acumatica_client.schema.model import EndpointSchema, EntitySchema, EntityShape, ValueType

COLOR = {"type": "CustomStringField", "value": None}
RATE = {"type": "CustomDecimalField", "value": None}
SALES = EntityShape("SalesOrder", {}, {"Contact": "Contact"}, {"Details": "Line"})
SHAPES = {
    "SalesOrder": SALES,
    "Contact": EntityShape("Contact", {}, {"Address": "Address"}),
    "Address": EntityShape("Address"),
    "Line": EntityShape("Line", {}, {}, {"Allocations": "Lot"}),
    "Lot": EntityShape("Lot"),
}
SCHEMA = EndpointSchema("Default", "24.200.001", 4, {"SalesOrder": EntitySchema(SALES)}, SHAPES)


def found(answer: object) -> list[str]:
    return [field.path for field in parse_ad_hoc_schema(json.dumps(answer).encode(), SCHEMA, "SalesOrder")]


def test_views_fields_and_types_are_read() -> None:
    answer = {"custom": {"Document": {"AttributeCOLOR": COLOR, "UsrRate": RATE}, "Current": {"UsrX": COLOR}}}

    assert parse_ad_hoc_schema(json.dumps(answer).encode(), SCHEMA, "SalesOrder") == (
        CustomField("Document", "AttributeCOLOR"),
        CustomField("Document", "UsrRate", "CustomDecimalField"),
        CustomField("Current", "UsrX"),
    )


def test_those_of_nested_members_have_their_place() -> None:
    answer = {
        "custom": {"Document": {"A": COLOR}},
        "Contact": {"custom": {"Shipping": {"B": COLOR}}, "Address": {"custom": {"Place": {"C": COLOR}}}},
        "Details": [{"custom": {"Lines": {"D": COLOR}}, "Allocations": [{"custom": {"Splits": {"E": COLOR}}}]}],
    }

    assert found(answer) == [
        "Document.A",
        "Contact/Shipping.B",
        "Contact/Address/Place.C",
        "Details/Lines.D",
        "Details/Allocations/Splits.E",
    ]


def test_a_field_listed_twice_is_one() -> None:
    line = {"custom": {"Lines": {"D": COLOR}}}

    assert found({"Details": [line, line]}) == ["Details/Lines.D"]


@pytest.mark.parametrize(
    "unusual",
    [
        {},
        {"custom": None},
        {"custom": []},
        {"custom": {"Document": None}},
        {"custom": {"Document": {"A": "text"}}},
        {"Details": None, "Contact": []},
        {"Details": [None, 1, []]},
        {"Ghosts": [{"custom": {"View": {"A": COLOR}}}]},
        {"_workflowActions": [{"Open": {"parameters": {"custom": {"View": {"A": COLOR}}}}}]},
    ],
)
def test_unusual_members_are_skipped_and_hide_nothing(unusual: dict[str, object]) -> None:
    assert found(unusual) == []
    assert found(unusual | {"custom": {"Document": {"Z": COLOR}}}) == ["Document.Z"]


def test_a_field_without_a_type_is_taken_for_text() -> None:
    (field,) = parse_ad_hoc_schema(b'{"custom":{"Document":{"A":{}}}}', SCHEMA, "SalesOrder")

    assert field.value_type is ValueType.STRING


@pytest.mark.parametrize("answer", [b"", b"[]", b"null", b"<html>", b'{"custom":', b"\xff"])
def test_an_answer_that_is_no_object_is_unexpected(answer: bytes) -> None:
    with pytest.raises(Unexpected, match="custom fields of SalesOrder"):
        parse_ad_hoc_schema(answer, SCHEMA, "SalesOrder")


@pytest.mark.parametrize(
    ("type_name", "value_type", "kind"),
    [
        ("CustomStringField", ValueType.STRING, "String"),
        ("CustomIntField", ValueType.INT, "Int"),
        ("CustomDecimalField", ValueType.DECIMAL, "Decimal"),
        ("CustomBooleanField", ValueType.BOOLEAN, "Boolean"),
        ("CustomDateTimeField", ValueType.DATETIME, "DateTime"),
        ("CustomGuidField", ValueType.GUID, "Guid"),
        ("CustomLongField", ValueType.LONG, "Long"),
        ("CustomShortField", ValueType.SHORT, "Short"),
        ("CustomByteField", ValueType.BYTE, "Byte"),
        ("CustomDoubleField", ValueType.DOUBLE, "Double"),
        ("Something", ValueType.STRING, "String"),
    ],
)
def test_each_type_says_its_value_type_and_how_conditions_name_it(
    type_name: str, value_type: ValueType, kind: str
) -> None:
    field = CustomField("Document", "UsrX", type_name)

    assert (field.value_type, field.kind) == (value_type, kind)


def test_a_field_of_a_detail_is_named_with_its_place_on_the_wire_and_without_in_its_row() -> None:
    field = CustomField("Transactions", "UsrColor", place="Details")

    assert (field.path, field.column) == ("Details/Transactions.UsrColor", "custom_Transactions_UsrColor")


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["custom", "Details", "Contact", "type", "V", ""]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(derandomize=True, deadline=None, max_examples=100, database=None)
@given(st.dictionaries(st.sampled_from(["custom", "Details", "Contact", "Odd"]), JSON))
def test_whatever_an_object_contains_fields_are_found_or_not(answer: dict[str, object]) -> None:
    assert all(path.count(".") >= 1 for path in found(answer))
