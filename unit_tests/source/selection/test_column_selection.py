"""From the columns that a user chose to what a query names: nothing more, and nothing at all where all was chosen."""

from __future__ import annotations

import pytest

from acumatica_client.schema.model import EndpointSchema, EntitySchema, EntityShape, ValueType
from source_acumatica.selection.column_selection import (
    columns_of,
    required_columns,
    select_record_columns,
    select_row_columns,
)

_TEXT = ValueType.STRING
_SHAPES = {
    shape.name: shape
    for shape in (
        EntityShape(
            "Order",
            {"Type": _TEXT, "Nbr": _TEXT, "Status": ValueType.STRING_SELECT, "Kind": ValueType.INT_SELECT},
            {"Contact": "Contact"},
            {"Details": "Line"},
        ),
        EntityShape("Contact", {"Email": _TEXT, "Phone": _TEXT}, {"Address": "Address"}),
        EntityShape("Address", {"City": _TEXT}),
        EntityShape("Line", {"LineNbr": ValueType.INT, "Qty": ValueType.DECIMAL}, {}, {"Splits": "Split"}),
        EntityShape("Split", {"SplitLineNbr": ValueType.INT, "Qty": ValueType.DECIMAL}),
    )
}
SCHEMA = EndpointSchema("Default", "24.200.001", 4, {"Order": EntitySchema(_SHAPES["Order"])}, _SHAPES)
LINKED = ("Contact", "Contact/Address")
EVERY = ("Type", "Nbr", "Status", "Kind")


def columns(*names: str, **nested: dict) -> dict:
    return {**{name: {} for name in names}, **nested}


def objects(*names: str, **nested: dict) -> dict:
    return {"properties": columns(*names, **nested)}


def arrays(*names: str, **nested: dict) -> dict:
    return {"items": objects(*names, **nested)}


@pytest.mark.parametrize(
    ("chosen", "select", "expand"),
    [
        ({}, (), LINKED),
        (columns(*EVERY, "id", "note", "custom"), (), ()),
        (columns(*EVERY, "Contact"), (), LINKED),
        (columns("Nbr"), ("Nbr",), ()),
        (columns("id"), (), ()),
        (columns("Nbr", "Contact"), ("Nbr",), LINKED),
        (columns(*EVERY, Contact=objects("Email")), (*EVERY, "Contact/Email"), ("Contact",)),
        (columns("Nbr", Contact=objects("Email", "Phone", "Address")), ("Nbr",), LINKED),
        (columns("Status_id"), ("Status",), ()),
        (columns("Kind_description"), ("Kind",), ()),
        (columns("Dropped", "Nbr"), ("Nbr",), ()),
    ],
)
def test_a_stream_of_records_names_what_was_chosen(chosen, select, expand):
    choice = select_record_columns(SCHEMA, "Order", chosen, LINKED)
    assert (choice.select, choice.expand) == (select, expand)


def test_details_are_expanded_where_they_are_offered_as_arrays_and_chosen():
    nested = select_record_columns(
        SCHEMA, "Order", columns("Nbr", Details=arrays("Qty")), ("Details", "Details/Splits")
    )
    assert (nested.select, nested.expand) == (("Nbr", "Details/Qty"), ("Details",))
    assert select_record_columns(SCHEMA, "Order", {}, LINKED).expand == LINKED


def test_a_stream_of_rows_names_the_columns_of_its_detail():
    choice = select_row_columns(SCHEMA, "Order", "Details", columns("Order_Nbr", "LineNbr"), ())
    assert (choice.select, choice.expand) == (("Details/LineNbr",), ("Details",))


def test_a_level_above_a_narrow_one_is_named_in_full_or_it_would_not_come():
    whole, narrow = (
        select_record_columns(SCHEMA, "Order", {}, ()),
        select_row_columns(SCHEMA, "Order", "Details", columns("Qty"), ()),
    )
    assert whole.and_(narrow).select == (*EVERY, "Details/Qty")


def test_of_two_streams_of_one_level_the_one_that_wants_all_counts():
    narrow = select_row_columns(SCHEMA, "Order", "Details", columns("Qty"), ())
    every = select_record_columns(SCHEMA, "Order", {}, ("Details",))
    assert every.and_(narrow).select == narrow.and_(every).select == ()
    assert every.and_(narrow).expand == ("Details",)


def test_what_is_needed_is_named_beside_what_was_chosen_and_never_twice():
    choice = select_record_columns(SCHEMA, "Order", columns("Status"), ()).and_(required_columns("", ("Nbr", "Status")))
    assert choice.select == ("Status", "Nbr")


def test_rows_alone_take_no_more_of_their_record_than_is_needed():
    choice = required_columns("", ("Type", "Nbr")).and_(select_row_columns(SCHEMA, "Order", "Details", {}, ()))
    assert (choice.select, choice.expand) == (("Type", "Nbr"), ("Details",))


@pytest.mark.parametrize("schema", [{}, {"properties": None}, {"type": "object"}, {"items": []}])
def test_a_catalog_without_columns_has_none(schema):
    assert columns_of(schema) == {}
