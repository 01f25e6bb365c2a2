"""Actions that make or change documents: shipping, reversing, holding, renaming; and the workflow actions by name."""

from __future__ import annotations

import pytest

from unit_tests.emulator.conftest import wrap

ORDER = {"CustomerID": "ALPIN0000", "Details": [{"InventoryID": "BRACKE0000", "OrderQty": 2, "UnitPrice": 10}]}


@pytest.fixture
def client(open_client):
    return open_client(action_polls=0)


def invoke(client, path, entity, **parameters):
    return client.entity("POST", path, {"entity": wrap(entity), "parameters": wrap(parameters)})


def bill(client, **fields):
    vendor = client.keys("Vendor", "VendorID", top=1)[0]
    lines = [{"Description": "Work", "Qty": 1, "UnitCost": 10, "Account": "65000"}]
    answer = client.put("Bill", {"Vendor": vendor, "Details": lines, **fields})
    return {"Type": "Bill", "ReferenceNbr": answer["ReferenceNbr"]["value"]}


def test_an_order_and_its_shipment_show_each_other(client):
    """Seen on a live instance."""
    number = client.put("SalesOrder", ORDER)["OrderNbr"]["value"]
    assert invoke(client, "SalesOrder/SalesOrderCreateShipment", {"OrderType": "SO", "OrderNbr": number}).status == 204
    order = client.get(f"SalesOrder/SO/{number}", expand="Details,Shipments")
    assert order["Details"][0]["QtyOnShipments"] == order["Details"][0]["OrderQty"]
    shipment = client.get(f"Shipment/{order['Shipments'][0]['ShipmentNbr']['value']}", expand="Orders")
    assert [row["OrderNbr"] for row in shipment["Orders"]] == [{"value": number}]
    assert shipment["Orders"][0]["ShippedQty"] == order["Shipments"][0]["ShippedQty"]


def test_a_kit_ends_released(client):
    number = client.put("KitAssembly", {"KitInventoryID": "BRACKE0000"})["ReferenceNbr"]["value"]
    assert (
        invoke(client, "KitAssembly/ReleaseKitAssembly", {"Type": "Production", "ReferenceNbr": number}).status == 204
    )
    assert client.get(f"KitAssembly/Production/{number}")["Status"] == {"value": "Released"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Bill/Approve", "Balanced"),
        ("Payment/Release", "Open"),
        ("ProjectTask/Activate", "Active"),
        ("Case/Close", "Closed"),
    ],
)
def test_a_workflow_action_is_invoked_by_its_own_name(client, path, status):
    """Acumatica's own collection asserts a 204 for each."""
    entity = path.split("/")[0]
    key = {
        "Bill": lambda: bill(client),
        "Payment": lambda: numbered(client, "Payment", {"CustomerID": "ALPIN0000"}, "ReferenceNbr", Type="Payment"),
        "ProjectTask": lambda: task(client),
        "Case": lambda: numbered(client, "Case", {"Subject": "Help"}, "CaseID"),
    }[entity]()
    assert invoke(client, path, key).status == 204
    assert client.get(f"{entity}/{'/'.join(key.values())}")["Status"] == {"value": status}


def numbered(client, entity, fields, key, **more):
    return {**more, key: client.put(entity, fields)[key]["value"]}


def task(client):
    client.put("Project", {"ProjectID": "P1"})
    client.put("ProjectTask", {"ProjectID": "P1", "ProjectTaskID": "T1"})
    return {"ProjectID": "P1", "ProjectTaskID": "T1"}


@pytest.mark.parametrize("by", ["mark", "action"])
def test_a_bill_can_be_held_and_released_from_hold(client, by):
    key = bill(client)
    steps = [("PutOnHold", True, "On Hold"), ("ReleaseFromHold", False, "Balanced")]
    for action, mark, status in steps:
        if by == "mark":
            client.put("Bill", {**key, "Hold": mark})
        else:
            assert invoke(client, f"Bill/{action}", key).status == 204
        shown = client.get(f"Bill/Bill/{key['ReferenceNbr']}")
        assert (shown["Status"], shown["Hold"]) == ({"value": status}, {"value": mark})


def test_a_new_invoice_may_be_held(client):
    assert client.put("Invoice", {"Customer": "ALPIN0000", "Hold": True})["Status"] == {"value": "On Hold"}


def batch(debit, credit, **more):
    accounts = [("65000", "DebitAmount", debit), ("10200", "CreditAmount", credit)]
    return {**more, "Details": [{"Account": account, side: amount} for account, side, amount in accounts]}


def test_a_batch_that_does_not_balance_is_refused_unless_it_is_on_hold(client):
    before = len(client.get("JournalTransaction"))
    status, body = client.refused("PUT", "JournalTransaction", wrap(batch(10, 9)))
    assert (status, body["exceptionMessage"]) == (500, "Error: Batch is out of balance, please review.")
    assert len(client.get("JournalTransaction")) == before
    assert client.put("JournalTransaction", batch(10, 9, Hold=True))["Status"] == {"value": "On Hold"}
    assert client.put("JournalTransaction", batch(10, 10))["Status"] == {"value": "Balanced"}


def test_a_released_bill_is_reversed_by_an_adjustment_with_its_lines(client):
    key = bill(client)
    assert invoke(client, "Bill/ReverseBill", key).status == 500
    assert invoke(client, "Bill/ReleaseBill", key).status == 204
    assert invoke(client, "Bill/ReverseBill", key).status == 204
    (made,) = [row for row in client.get("Bill", expand="Details") if row["LastModifiedDateTime"] == stamp(client, row)]
    assert (made["Amount"], made["Details"][0]["Description"]) == ({"value": 10}, {"value": "Work"})
    again = {"Type": "Debit Adj.", "ReferenceNbr": made["ReferenceNbr"]["value"]}
    assert invoke(client, "Bill/ReverseBill", again).status == 500


def stamp(client, row):
    """The stamp of now for a debit adjustment, of which the seed has none of today."""
    now = {"value": client.instance.clock.now().isoformat() + "+00:00"}
    return now if row["Type"] == {"value": "Debit Adj."} else None


@pytest.mark.parametrize(
    ("entity", "action", "fields"),
    [
        ("BusinessAccount", "ChangeBusinessAccountID", {"BusinessAccountID": "OLDKEY", "Name": "x"}),
        ("Project", "ChangeProjectID", {"ProjectID": "OLDKEY"}),
        ("Employee", "ChangeEmployeeID", {"EmployeeID": "OLDKEY"}),
        ("CostCode", "ChangeCostCodeID", {"CostCodeID": "OLDKEY"}),
    ],
)
def test_a_renamed_record_keeps_its_id(open_client, entity, action, fields):
    client = open_client(action_polls=0, endpoint="Default/25.200.001")
    key = next(name for name, value in fields.items() if value == "OLDKEY")
    id = client.put(entity, fields)["id"]
    assert invoke(client, f"{entity}/{action}", {key: "OLDKEY"}, **{key: "NEWKEY"}).status == 204
    assert client.get(f"{entity}/NEWKEY")["id"] == id
    assert client.refused("GET", f"{entity}/OLDKEY")[0] == 500
    other = client.keys(entity, key, top=1)[0]
    assert other == "NEWKEY" or invoke(client, f"{entity}/{action}", {key: "NEWKEY"}, **{key: other}).status == 500
    assert invoke(client, f"{entity}/{action}", {key: "NEWKEY"}).status == 500
