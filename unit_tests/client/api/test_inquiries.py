"""Inquiries: what their forms take, what is refused before it is sent, and what travels."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from acumatica_client.api.inquiries import check_parameters, inquiry_body
from acumatica_client.errors import SettingsError
from acumatica_client.schema.model import Access, EndpointSchema, EntitySchema, EntityShape, ValueType

FIELDS = {
    "InventoryID": ValueType.STRING,
    "WarehouseID": ValueType.STRING,
    "ExpandByLot": ValueType.BOOLEAN,
    "Rows": ValueType.INT,
    "MinQty": ValueType.DECIMAL,
    "AsOf": ValueType.DATETIME,
    "Day": ValueType.DATE,
    "Owner": ValueType.GUID,
    "Kind": ValueType.STRING_SELECT,
    "Kinds": ValueType.STRING_MULTI_SELECT,
}
SHAPE = EntityShape("SummaryInquiry", FIELDS, {}, {"Results": "Row"})
ROW = EntityShape("Row", {"Qty": ValueType.DECIMAL})
INQUIRY = EntitySchema(SHAPE, access=Access.INQUIRY, results=("Results",))
SCHEMA = EndpointSchema("Default", "24.200.001", 4, {"SummaryInquiry": INQUIRY}, {"SummaryInquiry": SHAPE, "Row": ROW})


def body(**parameters: object) -> dict[str, object]:
    found = json.loads(inquiry_body(SCHEMA, INQUIRY, parameters), parse_float=Decimal)
    assert isinstance(found, dict)
    return found


def test_no_parameters_are_an_empty_form() -> None:
    assert inquiry_body(SCHEMA, INQUIRY, {}) == b"{}"


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("InventoryID", "AACOMPUT01", "AACOMPUT01"),
        ("InventoryID", "0012", "0012"),
        ("InventoryID", 12, "12"),
        ("InventoryID", "", ""),
        ("ExpandByLot", "True", True),
        ("ExpandByLot", False, False),
        ("Rows", "007", 7),
        ("Rows", -3, -3),
        ("Rows", "+3", 3),
        ("MinQty", "1.500000", Decimal("1.500000")),
        ("MinQty", 2, 2),
        ("AsOf", "2026-11-23", "2026-11-23"),
        ("AsOf", "2026-11-23T00:00:00+02:00", "2026-11-23T00:00:00+02:00"),
        ("Day", "2026-11-23", "2026-11-23"),
        ("Owner", "d11d2e19-0a00-4c7e-9d5c-5f1a2b3c4d5e", "d11d2e19-0a00-4c7e-9d5c-5f1a2b3c4d5e"),
        ("Kind", "CL", {"id": "CL"}),
        ("Kinds", ["A", "B"], [{"id": "A"}, {"id": "B"}]),
        ("Kinds", "A", [{"id": "A"}]),
    ],
)
def test_a_value_is_sent_as_its_kind_whether_text_or_not(name: str, value: object, sent: object) -> None:
    assert body(**{name: value}) == {name: {"value": sent}}


def test_numbers_keep_their_digits() -> None:
    assert inquiry_body(SCHEMA, INQUIRY, {"MinQty": "1.500000"}) == b'{"MinQty":{"value":1.500000}}'


def test_null_is_as_good_as_absent() -> None:
    assert body(InventoryID=None, Rows=None) == {}


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ExpandByLot", "yes", "ExpandByLot must be true or false"),
        ("ExpandByLot", 1, "ExpandByLot must be true or false"),
        ("Rows", "3.5", "Rows must be a whole number"),
        ("Rows", True, "Rows must be a whole number"),
        ("Rows", "", "Rows must be a whole number"),
        ("MinQty", "1,5", "MinQty must be a number"),
        ("AsOf", "23.11.2026", "AsOf must be a date such as 2026-11-23"),
        ("Day", "2026-11-23T00:00:00", "Day must be a date such as 2026-11-23"),
        ("Owner", "me", "Owner must be an id"),
        ("InventoryID", ["a"], "InventoryID must be text"),
        ("InventoryID", {"value": "a"}, "InventoryID must be text"),
        ("Inventory", "a", "no parameter Inventory .did you mean InventoryID"),
        ("Results", [], "no parameter Results"),
    ],
)
def test_what_does_not_fit_is_named(name: str, value: object, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        check_parameters(INQUIRY, {name: value})


def test_everything_wrong_is_named_at_once_with_what_there_is() -> None:
    with pytest.raises(SettingsError) as caught:
        check_parameters(INQUIRY, {"Rows": "x", "Ghost": 1, "WarehouseID": "MAIN"})

    assert caught.value.message == (
        "The inquiry SummaryInquiry cannot be run: Rows must be a whole number; it has no parameter Ghost."
    )
    assert "InventoryID, WarehouseID" in caught.value.advice


@pytest.mark.parametrize("access", [Access.LIST, Access.SINGLETON])
def test_a_form_whose_fields_are_a_record_is_never_filled_in(access: Access) -> None:
    with pytest.raises(SettingsError, match="would change a record"):
        inquiry_body(SCHEMA, EntitySchema(SHAPE, access=access), {})


def test_a_processing_form_can_be_looked_at() -> None:
    assert inquiry_body(SCHEMA, EntitySchema(SHAPE, access=Access.PROCESSING), {}) == b"{}"
