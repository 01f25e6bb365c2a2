"""Small corners: missing keys, misshapen parameters, an evicted seat, equal values, archived records, a scale."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from acumatica_emulator.site.store import Store
from unit_tests.emulator.conftest import NOON, read, wrap

ORDER = {"OrderType": {"value": "SO"}, "OrderNbr": {"value": "SO000003"}}


@pytest.fixture
def client(open_client):
    return open_client()


def store(client):
    return Store(client.instance.tenants["Company"])


# --- a key that is not numbered


@pytest.mark.parametrize(
    "sent", [{}, {"Description": "x"}, {"LedgerID": ""}, {"LedgerID": None}, {"LedgerID": "<NEW>"}]
)
def test_a_record_that_no_one_numbers_needs_its_key(client, sent):
    before = len(client.get("Ledger"))
    status, body = client.refused("PUT", "Ledger", wrap(sent))
    assert status == 422
    assert body["LedgerID"]["error"] == "'LedgerID' cannot be empty."
    assert len(client.get("Ledger")) == before


def test_an_empty_key_is_reported_without_a_number_to_come(client):
    assert client.refused("PUT", "Ledger", {})[1]["LedgerID"] == {"error": "'LedgerID' cannot be empty."}


def test_a_record_with_its_key_is_saved(client):
    assert client.put("Ledger", {"LedgerID": "EXTRA", "Description": "x"})["LedgerID"] == {"value": "EXTRA"}


@pytest.mark.parametrize("entity", ["TransferOrder", "ExpenseClaim", "CashSale", "ItemSalesCategory", "TimeEntry"])
def test_a_record_that_the_server_numbers_needs_no_key(client, entity):
    first, second = (client.put(entity, {})["id"] for _ in range(2))
    assert first != second


# --- parameters of actions


@pytest.mark.parametrize(
    "parameters",
    [[1], "MAIN", 1, {"WarehouseID": "MAIN"}, {"WarehouseID": ["MAIN"]}, {"WarehouseID": {"value": {"x": 1}}}],
)
@pytest.mark.parametrize("action", ["SalesOrderCreateShipment", "CancelSalesOrder"])
def test_misshapen_parameters_are_refused_at_once(open_client, action, parameters):
    client = open_client(action_polls=1)
    status, body = client.refused("POST", f"SalesOrder/{action}", {"entity": ORDER, "parameters": parameters})
    assert status == 400
    assert body["message"].startswith("An exception occurred during input parsing")


@pytest.mark.parametrize("custom", [[1], {"FilterPreview": [1]}, {"FilterPreview": {"Reason": "Assigned"}}])
def test_misshapen_answers_of_a_dialog_are_refused(client, custom):
    made = client.put("Opportunity", {"Subject": "x"})["OpportunityID"]
    body = {"entity": {"OpportunityID": made}, "parameters": {"custom": custom}}
    assert client.refused("POST", "Opportunity/Open", body)[0] == 400


@pytest.mark.parametrize("parameters", [None, {}, {"WarehouseID": {}}, {"WarehouseID": {"value": "MAIN"}}])
def test_parameters_may_be_left_out(open_client, parameters):
    client = open_client(action_polls=0)
    before = len(client.get("Shipment"))
    body = {"entity": ORDER, "parameters": parameters}
    assert client.entity("POST", "SalesOrder/SalesOrderCreateShipment", body).status == 204
    assert len(client.get("Shipment")) == before + 1


# --- seats


def test_an_evicted_session_is_not_counted_against_its_user(open_client):
    client = open_client(seats=1, seats_per_user=1, seat_policy="evict")
    assert client.log_in().status == 204
    assert len(client.instance.seats.open) == 1


# --- equal values


def old_customer(client, **fields):
    store(client).insert(
        "Customer", {"CustomerID": "OLD", "CustomerName": "x", **fields}, stamp=NOON - timedelta(days=9)
    )
    return stamp_of(client, "Customer/OLD")


def stamp_of(client, path):
    return client.get(path)["LastModifiedDateTime"]


@pytest.mark.parametrize(("name", "value"), [("PrintStatements", False), ("CreditLimit", 0)])
def test_a_value_that_is_shown_already_changes_nothing(client, name, value):
    before = old_customer(client)
    shown = client.get("Customer/OLD")[name]
    assert client.put("Customer", {"CustomerID": "OLD", name: value})[name] == shown
    assert stamp_of(client, "Customer/OLD") == before


@pytest.mark.parametrize(("name", "value"), [("PrintStatements", True), ("CreditLimit", 5)])
def test_a_value_unlike_the_shown_one_is_a_change(client, name, value):
    before = old_customer(client)
    assert client.put("Customer", {"CustomerID": "OLD", name: value})[name] == {"value": value}
    assert stamp_of(client, "Customer/OLD") != before


@pytest.mark.parametrize(
    ("path", "expand"),
    [
        ("SalesOrder/SO/SO000003", "Details,Totals,ShipToAddress,BillToAddress"),
        ("PurchaseOrder/Normal/PO000003", "Details"),
        ("Customer/{}", "MainContact,BillingContact,Attributes"),
    ],
)
def test_a_record_written_as_it_was_read_is_not_stamped(client, path, expand):
    path = path.format(client.keys("Customer", "CustomerID")[0])
    before = client.get(path, expand=expand)
    read(client.entity("PUT", path.partition("/")[0], json.loads(json.dumps(before, default=float))))
    assert client.get(path, expand=expand) == before


def test_a_new_record_keeps_the_scale_of_a_sent_zero(client):
    order = {"CustomerID": client.keys("Customer", "CustomerID")[0]}
    item = client.keys("StockItem", "InventoryID")[0]
    made = client.put("SalesOrder", {**order, "Details": [{"InventoryID": item, "OrderQty": 0}]}, expand="Details")
    assert str(made["Details"][0]["OrderQty"]["value"]) == "0.000000"


# --- archived


def test_a_written_archived_record_stays_archived(client):
    store(client).update("SalesOrder", ("SO", "SO000002"), {"archived": True})
    client.put("SalesOrder", {"OrderType": "SO", "OrderNbr": "SO000002", "Description": "still there"})
    assert client.refused("GET", "SalesOrder/SO/SO000002")[0] == 500
    seen = client.get("SalesOrder/SO/SO000002", {"PX-ApiArchive": "SHOW"})
    assert seen["Description"] == {"value": "still there"}


# --- scale


def test_the_limit_of_group_discounts_has_two_digits(client):
    client.put("CustomerClass", {"ClassID": "PLAIN", "Description": "x"})
    assert str(client.get("CustomerClass/PLAIN")["GroupDocumentDiscountLimit"]["value"]) == "0.00"
    made = client.put("CustomerClass", {"ClassID": "LIMITED", "GroupDocumentDiscountLimit": 12.345})
    assert str(made["GroupDocumentDiscountLimit"]["value"]) == "12.34"
    assert str(made.get("CreditLimit", {}).get("value", "0.0000")) == "0.0000"
