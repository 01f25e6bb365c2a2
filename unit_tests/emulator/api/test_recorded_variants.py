"""What recorded answers and a live instance showed beside the published documents; the switches turn it off."""

from __future__ import annotations

import pytest

from unit_tests.emulator.conftest import wrap

ORDER = {"CustomerID": "ALPIN0000", "Details": [{"InventoryID": "BRACKE0000", "OrderQty": 1, "UnitPrice": 1}]}


def nameless(client):
    """Not by a filter: request validation refuses the key in a query."""
    items = client.get("StockItem", select="InventoryID,Description")
    return [item["Description"]["value"] for item in items if item["InventoryID"]["value"] == "<NEW>"]


@pytest.mark.parametrize("key", [{}, {"InventoryID": ""}, {"InventoryID": "<NEW>"}])
def test_a_master_record_without_a_key_is_saved_under_the_key_new(client, key):
    """Recorded for stock items; stored customers with this key stand in two recordings."""
    answer = client.put("StockItem", {**key, "Description": "Nameless"})
    assert answer["InventoryID"] == {"value": "<NEW>"}
    assert nameless(client) == ["Nameless"]


def test_a_second_one_overwrites_the_first(client):
    ids = {client.put("StockItem", {"Description": text})["id"] for text in ("First", "Second")}
    assert len(ids) == 1
    assert nameless(client) == ["Second"]


def test_or_it_is_refused(open_client):
    client = open_client(new_keys=[])
    assert client.refused("PUT", "StockItem", {})[0] == 422


@pytest.mark.parametrize("key", [{}, {"EmployeeID": "<NEW>"}])
def test_an_entity_that_numbers_itself_gives_a_number(client, key):
    answer = client.put("Employee", {**key, "EmployeeName": "Doe"})
    assert answer["EmployeeID"]["value"].startswith("EP0")


def test_declared_members_may_be_absent_from_answers(open_client):
    absent = {"SalesOrder": ["VATExemptTotal"], "SalesOrderDetail": ["CostCode"], "Totals": ["TaxTotal"]}
    client = open_client(absent_members=absent)
    order = client.put("SalesOrder", ORDER, expand="Details,Totals")
    assert "VATExemptTotal" not in order
    assert "CostCode" not in order["Details"][0]
    assert "TaxTotal" not in order["Totals"]
    assert "VATExemptTotal" not in client.get("SalesOrder", top=1)[0]


def test_an_empty_note_is_null_for_some_entities_and_a_text_for_others(client):
    item = client.put("StockItem", {"InventoryID": "NOTELESS"})
    order = client.put("SalesOrder", ORDER, expand="Details")
    assert (item["note"], order["note"]) == (None, {"value": ""})
    assert order["Details"][0]["note"] is None
    assert client.put("StockItem", {"InventoryID": "NOTELESS", "note": "x"})["note"] == {"value": "x"}


def test_or_it_is_a_text_everywhere(open_client):
    assert open_client(null_notes=[]).put("StockItem", {"InventoryID": "NOTED"})["note"] == {"value": ""}


def test_an_expanded_part_that_holds_nothing_may_be_null(open_client):
    client = open_client(null_parts={"Contact": ["UserInfo"]})
    answer = client.put("Contact", {"LastName": "Doe"}, expand="UserInfo,Address")
    assert answer["UserInfo"] is None
    assert answer["Address"]["id"]


def test_or_it_is_an_object(client):
    assert client.put("Contact", {"LastName": "Doe"}, expand="UserInfo")["UserInfo"]["id"]


def test_a_list_may_show_null_where_the_record_shows_a_value(open_client):
    client = open_client(form_computed={"Customer": ["ShippingAddressOverride"]})
    listed = client.get("Customer", filter="CustomerID eq 'ALPIN0000'")[0]
    alone = client.put("Customer", {"CustomerID": "ALPIN0000"})
    assert (listed["ShippingAddressOverride"], alone["ShippingAddressOverride"]) == ({}, {"value": False})
    assert client.get("Customer/ALPIN0000")["ShippingAddressOverride"] == {"value": False}


def test_custom_has_every_field_of_the_views_of_the_form(client):
    """Seen on a live 26.1 instance, and in Acumatica's own collection."""
    order = client.put(
        "SalesOrder", ORDER, custom="Document.CustomerID,Details/Transactions.OrderQty", expand="Details"
    )
    shown = {"type": "CustomStringField", "value": "ALPIN0000"}
    assert order["custom"] == {"Document": {"CustomerID": shown}}
    quantity = order["Details"][0]["custom"]["Transactions"]["OrderQty"]
    assert (quantity["type"], quantity["value"]) == ("CustomDecimalField", 1)


def test_so_does_a_filter(client):
    number = client.keys("SalesOrder", "OrderNbr", top=1)[0]
    assert client.keys("SalesOrder", "OrderNbr", filter=f"cf.String(f='Document.OrderNbr') eq '{number}'") == [number]
    assert client.refused("GET", "SalesOrder", custom="Document.Nonsense")[0] == 500


def test_a_part_that_was_written_is_shown(open_client):
    client = open_client(null_parts={"Contact": ["UserInfo"]})
    body = wrap({"LastName": "Doe", "UserInfo": {"Login": "doe"}})
    answer = client.entity("PUT", "Contact", body, expand="UserInfo")
    assert b'"UserInfo":{"id":' in answer.body
