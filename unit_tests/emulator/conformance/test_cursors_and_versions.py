"""What an incremental reader meets: cursor fields by version, windows, late commits; and what contract 5 changes."""

from __future__ import annotations

import itertools
import json
from datetime import datetime, timedelta

import pytest

from acumatica_emulator import Store
from unit_tests.emulator.conformance.conftest import insert, members, read_json, wrapped

PREFERRED = ("LastModifiedDateTime", "LastModified", "LastModifiedDate")
FIVE = "Default/26.200.001"


@pytest.fixture
def five(open_client):
    """A client of contract 5."""
    return open_client(contract5=True, endpoint=FIVE)


def store(client):
    return Store(client.instance.tenants["Company"])


# --- cursor fields (the published documents)


@pytest.mark.parametrize(
    ("endpoint", "entity", "cursors"),
    [
        ("Default/24.200.001", "SalesOrder", {"LastModified"}),
        ("Default/25.200.001", "SalesOrder", {"LastModified"}),
        (FIVE, "SalesOrder", {"LastModifiedDateTime"}),
        ("Default/24.200.001", "StockItem", {"LastModified", "LastModifiedDateTime"}),
        ("Default/20.200.001", "StockItem", {"LastModified"}),
        (FIVE, "StockItem", {"LastModifiedDateTime"}),
        ("Default/24.200.001", "SalesInvoice", {"LastModifiedDateTime", "LastModifiedDate"}),
        (FIVE, "SalesInvoice", {"LastModifiedDateTime"}),
        ("Default/24.200.001", "Customer", {"LastModifiedDateTime"}),
        ("Default/24.200.001", "ShipVia", set()),
        ("Default/24.200.001", "Subaccount", set()),
        ("Default/24.200.001", "FOBPoint", set()),
    ],
)
def test_the_cursor_of_an_entity_depends_on_the_version(open_client, endpoint, entity, cursors):
    row = open_client(contract5=True, endpoint=endpoint).get(entity, top=1)[0]
    assert members(row) & set(PREFERRED) == cursors


def test_as_many_entities_have_a_cursor_as_in_the_published_document(open_client, shared):
    path = shared / "catalog" / "cursors.json"
    if not path.is_file():
        pytest.skip("the published list is not here")
    published = json.loads(path.read_text())["endpoints"]["Default"]
    for version in ("20.200.001", "24.200.001", "25.200.001"):
        tree = read_json(open_client().send("GET", f"/entity/Default/{version}/swagger.json"))
        schemas = tree["components"]["schemas"]
        mine = {
            tag["name"]
            for tag in tree["tags"]
            for name, described in schemas[tag["name"]]["allOf"][1]["properties"].items()
            if name in PREFERRED and described["$ref"].endswith("/DateTimeValue")
        }
        assert mine == {name for name, described in published[version]["entities"].items() if described["modified"]}


@pytest.mark.parametrize("entity", ["ProductionOrder", "BillOfMaterial", "WorkCenter"])
def test_manufacturing_has_no_stamp_and_filtering_by_one_is_500(open_client, entity):
    client = open_client(endpoint="MANUFACTURING/24.200.001")
    assert not members(client.get(entity, top=1)[0]) & set(PREFERRED)
    text = "LastModifiedDateTime gt datetimeoffset'2020-01-01'"
    assert client.refused("GET", entity, filter=text)[0] == 500


def test_some_rows_have_no_stamp_and_no_window_finds_them(blank_client):
    insert(blank_client, "Customer", {"CustomerID": "N", "CustomerName": "n"}, stamp=None)
    assert blank_client.get("Customer/N")["LastModifiedDateTime"] == {}
    assert blank_client.get("Customer", filter="LastModifiedDateTime gt datetimeoffset'1900-01-01'") == []
    assert blank_client.keys("Customer", "CustomerID", filter="LastModifiedDateTime eq null") == ["N"]


def test_a_change_behind_the_stamp_is_invisible_to_a_cursor(client):
    """Calculated columns such as balances may change without a stamp."""
    before = client.get("Customer/ALPIN0000")["LastModifiedDateTime"]
    store(client).update("Customer", ("ALPIN0000",), {"CreditLimit": 1}, stamp=False)
    after = client.get("Customer/ALPIN0000")
    assert (after["LastModifiedDateTime"], int(after["CreditLimit"]["value"])) == (before, 1)


def test_a_stamp_is_set_before_the_commit_makes_it_visible(open_client):
    """A window that closed meanwhile would lose the row; a lookback finds it."""
    client = open_client(commit_delay=30)
    start, end = (
        "LastModifiedDateTime ge datetimeoffset'2026-03-02T{}'",
        "LastModifiedDateTime lt datetimeoffset'2026-03-02T{}'",
    )
    window = f"{start} and {end}"
    client.put("Customer", {"CustomerID": "LATE", "CustomerName": "late"})
    client.instance.clock.tick(20)
    assert client.keys("Customer", "CustomerID", filter=window.format("12:00:00", "12:00:20")) == []
    client.instance.clock.tick(20)
    assert client.keys("Customer", "CustomerID", filter=window.format("12:00:20", "12:00:40")) == []
    assert client.keys("Customer", "CustomerID", filter=window.format("11:00:00", "12:00:40")) == ["LATE"]


def test_several_rows_may_share_one_stamp(blank_client):
    at = datetime(2026, 1, 5, 8, 30)
    insert(blank_client, "Customer", *({"CustomerID": f"T{number}"} for number in range(4)), stamp=at)
    for sign, count in (("eq", 4), ("ge", 4), ("gt", 0), ("lt", 0), ("le", 4)):
        text = f"LastModifiedDateTime {sign} datetimeoffset'{at.isoformat()}'"
        assert len(blank_client.get("Customer", filter=text)) == count


def test_windows_of_a_bulk_of_orders_cover_it_once(open_client):
    client = open_client(scale=3000)
    edges = [datetime(2018, 1, 1) + timedelta(days=at * 365) for at in range(10)]
    seen = []
    for start, end in itertools.pairwise(edges):
        text = (
            f"LastModified ge datetimeoffset'{start.isoformat()}' and LastModified lt datetimeoffset'{end.isoformat()}'"
        )
        seen += client.keys("SalesOrder", "OrderNbr", filter=text, select="OrderNbr")
    assert len(seen) == len(set(seen)) == 3000


def test_a_reset_clock_stamps_with_earlier_times(client):
    client.instance.clock.tick(-7200)
    client.put("Customer", {"CustomerID": "BACK", "CustomerName": "x"})
    assert client.get("Customer/BACK")["LastModifiedDateTime"] == {"value": "2026-03-02T10:00:00+00:00"}


# --- every version


@pytest.mark.parametrize("endpoint", ["Default-20.200.001", "Default-24.200.001", "Default-25.200.001"])
def test_every_entity_of_a_version_is_listed_or_refused_as_an_inquiry(open_client, catalog_of, endpoint):
    client = open_client(endpoint=endpoint.replace("-", "/"))
    for entity, described in catalog_of(endpoint)["entities"].items():
        if described["kind"] != "top":
            continue
        response = client.entity("GET", entity, top=1)
        assert response.status in (200, 500), entity
        assert (response.body[:1] == b"[") if response.status == 200 else (b"CannotOptimize" in response.body), entity


@pytest.mark.parametrize("endpoint", ["Default-24.200.001", "MANUFACTURING-24.200.001", "eCommerce-24.200.001"])
def test_every_field_of_a_version_can_be_selected_and_filtered_by(open_client, catalog_of, endpoint):
    client = open_client(endpoint=endpoint.replace("-", "/"))
    entities = catalog_of(endpoint)["entities"]
    for entity, described in entities.items():
        scalars = [
            name for name, kind in described.get("fields", {}).items() if kind[0] != "[" and kind not in entities
        ]
        if described["kind"] != "top" or client.entity("GET", entity, top=0).status == 500 or not scalars:
            continue
        assert client.entity("GET", entity, top=0, select=",".join(scalars)).status == 200, entity
        text = " or ".join(f"{name} eq null" for name in scalars)
        assert client.entity("GET", entity, top=0, filter=text).status == 200, entity


def test_ecommerce_has_the_entities_of_default_and_the_same_records(client):
    default = client.get("Customer", top=3)
    client.endpoint = "eCommerce/24.200.001"
    assert [row["id"] for row in client.get("Customer", top=3)] == [row["id"] for row in default]


def test_item_images_belong_to_ecommerce_until_contract_5(open_client):
    client = open_client(contract5=True, endpoint="eCommerce/24.200.001")
    assert client.entity("PUT", "ItemImages", {}).status == 200
    client.endpoint = "eCommerce/26.200.001"
    assert client.refused("PUT", "ItemImages", {})[0] == 404


# --- contract 5 (guide 2026 R2)


@pytest.mark.parametrize(
    "text",
    [
        "contains(CustomerName,'ALPINE')",
        "startswith(CustomerName,'alp')",
        "CustomerID in ('ALPIN0000','NOSUCH')",
        "LastModifiedDateTime gt 2000-07-15T10:31:28.402Z",
        "LastModifiedDateTime gt 2000-07-15T10:31:28.402+03:00",
        "LastModifiedDateTime gt 2000-06-17",
        "MainContact/Email ne null",
        "cf.String('BAccount.UsrLoyaltyTier') eq null",
    ],
)
def test_filters_speak_odata_4_01(five, text):
    assert five.get("Customer", filter=text, top=1)


@pytest.mark.parametrize(
    "text",
    [
        "substringof('a',CustomerName)",
        "LastModifiedDateTime gt datetimeoffset'2000-07-15'",
        "cf.String(f='BAccount.UsrLoyaltyTier') eq null",
        "NoteID eq guid'00000000-0000-0000-0000-000000000000'",
    ],
)
def test_the_words_of_contract_4_are_gone(five, text):
    assert five.refused("GET", "Customer", filter=text)[0] == 500


@pytest.mark.parametrize(
    ("expand", "fields"),
    [
        ("MainContact($select=Email)", {"Email"}),
        ("MainContact($select=Email;$expand=Address)", {"Email", "Address"}),
        ("MainContact($expand=Address($select=City);$select=Email,Phone1)", {"Email", "Phone1", "Address"}),
    ],
)
def test_options_nest_in_brackets(five, expand, fields):
    row = five.get("Customer/ALPIN0000", expand=expand)
    assert members(row["MainContact"]) == fields


def test_what_is_expanded_need_not_be_selected(five):
    row = five.get("Customer/ALPIN0000", select="CustomerID", expand="MainContact($select=Email)")
    assert members(row) == {"CustomerID", "MainContact"}


def test_custom_fields_are_selected_beside_a_star(five):
    row = five.get("SalesOrder/SO/SO000003", select="*,Document.AttributeCHANNEL")
    assert row["custom"]["Document"]["AttributeCHANNEL"]["type"] == "CustomStringField"
    assert "OrderNbr" in row


@pytest.mark.parametrize(("typed", "status"), [(True, 200), (False, 400)])
def test_the_type_of_a_custom_field_is_mandatory_in_a_write(five, typed, status):
    field = {**({"type": "CustomStringField"} if typed else {}), "value": "EMAIL"}
    body = {**wrapped(OrderType="SO", OrderNbr="SO000003"), "custom": {"Document": {"AttributeCHANNEL": field}}}
    assert five.entity("PUT", "SalesOrder", body).status == status


DROP_DOWNS = {"Type": "Cash Purchase", "Status": "Balanced"}


@pytest.fixture
def purchase(five):
    """A cash purchase, one of the new entities whose drop-downs are published."""
    insert(five, "CashPurchase", {"ReferenceNbr": "CP1", "Date": datetime(2026, 9, 9).date(), **DROP_DOWNS})
    return five


def test_a_drop_down_is_an_id_with_a_description(purchase):
    row = purchase.get("CashPurchase")[0]
    for name, label in DROP_DOWNS.items():
        assert set(row[name]["value"]) == {"id", "description"}
        assert row[name]["value"]["description"] == label
        assert isinstance(row[name]["value"]["id"], str)


def labels(client, **query):
    return [row["Status"]["value"]["description"] for row in client.get("CashPurchase", **query)]


def test_a_drop_down_is_filtered_by_its_id_and_not_by_its_word(purchase):
    id = purchase.get("CashPurchase")[0]["Status"]["value"]["id"]
    assert labels(purchase, filter=f"Status eq '{id}'") == ["Balanced"]
    assert labels(purchase, filter=f"Status in ('{id}','??')") == ["Balanced"]
    assert labels(purchase, filter=f"Status ne '{id}'") == labels(purchase, filter="Status eq 'Balanced'") == []


@pytest.mark.parametrize("form", ["whole", "id"])
def test_a_drop_down_that_was_read_can_be_written_back(purchase, form):
    before = purchase.get("CashPurchase")[0]
    value = before["Status"]["value"] if form == "whole" else {"id": before["Status"]["value"]["id"]}
    assert purchase.entity("PUT", "CashPurchase", {"id": before["id"], "Status": {"value": value}}).status == 200
    assert purchase.get("CashPurchase") == [before]


def test_a_date_has_no_time_and_no_offset(purchase):
    assert purchase.get("CashPurchase")[0]["Date"] == {"value": "2026-09-09"}


def test_an_empty_drop_down_is_an_empty_object_like_every_null(purchase):
    insert(purchase, "CashPurchase", {"ReferenceNbr": "CP2", "Type": None})
    rows = {row["ReferenceNbr"]["value"]: row for row in purchase.get("CashPurchase")}
    assert rows["CP2"]["Type"] == rows["CP2"]["Date"] == {}


def test_the_document_of_contract_5_declares_its_new_types(five):
    schemas = read_json(five.send("GET", f"/entity/{FIVE}/swagger.json"))["components"]["schemas"]
    new = {"DateOnlyValue", "StringSingleSelectValue", "IntSingleSelectValue", "StringMultiSelectValue"}
    assert new <= set(schemas)
    day = schemas["DateOnlyValue"]["properties"]["value"]
    assert (day["type"], day["format"]) == ("string", "date")
    own = schemas["CashPurchase"]["allOf"][1]["properties"]
    assert own["Status"] == {"$ref": "#/components/schemas/StringSingleSelectValue"}
    assert own["Date"] == {"$ref": "#/components/schemas/DateOnlyValue"}


def test_contract_4_of_the_same_instance_still_speaks_its_own_words(open_client):
    client = open_client(contract5=True)
    assert client.get("Customer", filter="substringof('Alpine', CustomerName)", top=1)
    assert client.get("SalesOrder", top=1)[0]["Status"]["value"] in ("Open", "Completed", "Back Order", "Shipping")


@pytest.mark.parametrize("entity", ["KitAssembly", "InventoryReceipt", "ItemWarehouse"])
def test_subitems_are_gone_from_contract_5(five, entity):
    schemas = read_json(five.send("GET", f"/entity/{FIVE}/swagger.json"))["components"]["schemas"]
    own = schemas[entity]["allOf"][1]["properties"]
    assert not {"Subitem", "DefaultSubitem"} & set(own)
