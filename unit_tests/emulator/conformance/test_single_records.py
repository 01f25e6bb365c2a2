"""A record by its keys or by its id: how a URL names it, how it answers, how it misses."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from acumatica_emulator import Store
from unit_tests.emulator.conformance.conftest import NO_ENTITY, assert_failed, insert, raw, read_json

KEYED = [
    ("SalesOrder", ["OrderType", "OrderNbr"]),
    ("PurchaseOrder", ["Type", "OrderNbr"]),
    ("PurchaseReceipt", ["Type", "ReceiptNbr"]),
    ("Bill", ["Type", "ReferenceNbr"]),
    ("Invoice", ["Type", "ReferenceNbr"]),
    ("Payment", ["Type", "ReferenceNbr"]),
    ("JournalTransaction", ["Module", "BatchNbr"]),
    ("Shipment", ["ShipmentNbr"]),
    ("Customer", ["CustomerID"]),
    ("Vendor", ["VendorID"]),
    ("StockItem", ["InventoryID"]),
    ("Contact", ["ContactID"]),
]


def first(client, entity):
    return {**client.get(entity, top=1)[0], "rowNumber": 1}


def keys(row, names):
    return [quote(str(row[name]["value"]), safe="") for name in names]


@pytest.mark.parametrize(("entity", "names"), KEYED)
def test_the_url_takes_the_keys_in_the_order_of_the_form(client, entity, names):
    """Type before number, as in the guide's examples."""
    row = first(client, entity)
    assert client.get(f"{entity}/{'/'.join(keys(row, names))}") == row


@pytest.mark.parametrize(("entity", "names"), [known for known in KEYED if len(known[1]) == 2])
def test_the_keys_may_be_joined_by_a_bar_in_one_segment(client, entity, names):
    row = first(client, entity)
    assert client.get(f"{entity}/{'|'.join(keys(row, names))}") == row
    assert client.get(f"{entity}/{'%7C'.join(keys(row, names))}") == row


@pytest.mark.parametrize(("entity", "names"), [known for known in KEYED if len(known[1]) == 2])
def test_keys_in_the_wrong_order_or_number_miss(client, entity, names):
    parts = keys(first(client, entity), names)
    for path in ("/".join(reversed(parts)), parts[0], parts[1], "/".join([*parts, parts[1]])):
        assert_failed(client.refused("GET", f"{entity}/{path}"), NO_ENTITY, "No entity satisfies the condition.")


@pytest.mark.parametrize(("entity", "names"), KEYED)
def test_the_id_of_a_record_is_a_key_too(client, entity, names):
    row = first(client, entity)
    assert client.get(f"{entity}/{row['id']}") == row
    assert client.get(f"{entity}/{row['id'].upper()}") == row


@pytest.mark.parametrize("entity", ["Contact", "Customer", "SalesOrder", "Bill"])
def test_the_id_is_the_note_id_and_persists_across_sessions(open_client, entity):
    client = open_client()
    row = first(client, entity)
    assert row.get("NoteID", {"value": row["id"]}) == {"value": row["id"]}
    client.log_out()
    client.log_in()
    assert client.get(f"{entity}/{row['id']}") == row


@pytest.mark.parametrize("text", ["{}  ", "{}%20%20%20"])
def test_padding_of_a_key_does_not_matter_where_it_gets_through(open_client, text):
    client = open_client(iis=False)
    row = first(client, "Customer")
    assert client.get(f"Customer/{text.format(row['CustomerID']['value'])}") == row


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
def test_the_case_of_a_key_does_not_matter_and_the_stored_one_is_shown(client, change):
    row = first(client, "Customer")
    assert client.get(f"Customer/{change(row['CustomerID']['value'])}") == row


@pytest.mark.parametrize("key", ["B 2", "100%", "Å-1", "A&B", "A+B", "A#1", "A?x", "A'B", "[A]"])
def test_a_key_with_any_sign_is_found_once_it_is_encoded_and_gets_through(open_client, key):
    client = open_client(iis=not set(key) & set("%&+?"))
    insert(client, "Customer", {"CustomerID": key, "CustomerName": "x"})
    response = raw(client, "GET", f"/entity/{client.endpoint}/Customer/{quote(key, safe='')}")
    assert read_json(response)["CustomerID"] == {"value": key}


def test_a_key_with_a_slash_needs_the_id(client):
    """Item classes have such keys."""
    (id,) = insert(client, "ItemClass", {"ClassID": "FOOD/COLD", "Description": "x"})
    assert client.refused("GET", "ItemClass/FOOD/COLD")[0] == 500
    assert client.get(f"ItemClass/{id}")["ClassID"] == {"value": "FOOD/COLD"}


def test_numbers_in_keys_keep_their_zeros(client):
    row = first(client, "Bill")
    number = row["ReferenceNbr"]["value"]
    assert number.startswith("0")
    assert client.refused("GET", f"Bill/Bill/{number.lstrip('0')}")[0] == 500


def test_the_answer_is_one_object_with_row_number_1(client):
    row = client.get("Customer/ALPIN0000")
    assert isinstance(row, dict)
    assert row["rowNumber"] == 1
    assert row["CustomerID"] == {"value": "ALPIN0000"}


@pytest.mark.parametrize(
    "path",
    [
        "Customer/NOSUCH",
        "Customer/00000000-0000-0000-0000-000000000000",
        "Contact/999999",
        "Contact/abc",
        "SalesOrder/SO/NONE",
        "SalesOrder/XX/SO000003",
        "ShopifyStore/x",
    ],
)
def test_a_record_that_is_not_there_is_500_and_no_404(client, path):
    """Recorded on 23.200.001 and 26.101."""
    assert_failed(client.refused("GET", path), NO_ENTITY, "No entity satisfies the condition.")


def test_a_hidden_miss_has_the_recorded_words(client, recorded):
    theirs = recorded("errors/get_by_key_500_no_entity.json")
    mine = client.refused("GET", "Customer/NOSUCH")[1]
    assert {**mine, "stackTrace": theirs["stackTrace"]} == theirs


def test_a_record_of_another_entity_is_not_found_by_its_id(client):
    id = first(client, "Vendor")["id"]
    assert client.refused("GET", f"Customer/{id}")[0] == 500


@pytest.mark.parametrize("entity", ["Customer", "SalesOrder", "Bill", "StockItem"])
def test_an_archived_record_needs_its_header(client, entity):
    """Guide 2026 R1: `PX-ApiArchive: SHOW`."""
    row = first(client, entity)
    key = tuple(row[name]["value"] for name in dict(KEYED)[entity])
    _archive(client, entity, key)
    path = f"{entity}/{'/'.join(key)}"
    assert client.refused("GET", path)[0] == 500
    assert client.get(path, {"PX-ApiArchive": "SHOW"})["id"] == row["id"]
    assert client.refused("GET", f"{entity}/{row['id']}")[0] == 500
    assert client.get(f"{entity}/{row['id']}", {"PX-ApiArchive": "SHOW"})["id"] == row["id"]


def _archive(client, entity, key):
    Store(client.instance.tenants["Company"]).update(entity, key, {"archived": True}, stamp=False)


def test_archived_records_drop_out_of_lists(client):
    before = client.keys("Customer", "CustomerID", select="CustomerID")
    _archive(client, "Customer", (before[3],))
    assert client.keys("Customer", "CustomerID", select="CustomerID") == [*before[:3], *before[4:]]
    rows = client.get("Customer", {"PX-ApiArchive": "SHOW"}, select="CustomerID")
    assert [row["CustomerID"]["value"] for row in rows] == before


@pytest.mark.parametrize("value", ["HIDE", "", "1"])
def test_only_the_word_show_shows_archived_records(client, value):
    _archive(client, "Customer", ("ALPIN0000",))
    assert len(client.get("Customer", {"PX-ApiArchive": value}, select="CustomerID")) == 199


@pytest.mark.parametrize("entity", ["Vendor", "Customer", "SalesOrder"])
def test_missing_rights_on_the_form_are_403_with_its_screen(open_client, catalog_of, entity):
    client = open_client(forbidden=[entity])
    screen = catalog_of("Default-24.200.001")["entities"][entity]["screen"]
    expected = {"message": f"You have insufficient rights to access the {entity} ({screen}) form."}
    for method, path in (("GET", entity), ("GET", f"{entity}/X"), ("PUT", entity), ("DELETE", f"{entity}/X")):
        assert client.refused(method, path, {}) == (403, expected)


@pytest.mark.parametrize("path", ["Bill", "Bill/Bill/000002"])
def test_preferences_that_were_not_entered_are_500(open_client, path):
    client = open_client(unconfigured=["Bill"])
    answer = client.refused("GET", path)
    assert_failed(
        answer, "PX.Data.PXSetupNotEnteredException", "The required configuration data is not entered on the "
    )
    assert answer[1]["exceptionMessage"].endswith(" form.")
