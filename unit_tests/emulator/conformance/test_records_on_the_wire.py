"""The JSON of records: members and their order, nulls, notes, decimals, parts, lines, links, files."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest

from unit_tests.emulator.conformance.conftest import BARE, below_site, insert, members

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
SEEDED = ["Account", "Bill", "Contact", "Customer", "Invoice", "ItemClass", "JournalTransaction", "Ledger", "Payment"]
SEEDED += ["PurchaseOrder", "SalesInvoice", "SalesOrder", "Shipment", "StockItem", "Vendor", "Warehouse"]


def text_of(client, path, **query):
    return client.entity("GET", path, **query).body.decode()


# --- members


@pytest.mark.parametrize("entity", SEEDED)
def test_every_record_has_the_bare_members_in_their_places(client, entity):
    row = client.get(entity, top=1, expand="files")[0]
    names = list(row)
    assert names[:3] == ["id", "rowNumber", "note"]
    assert names[-3:] == ["custom", "_links", "files"]
    assert GUID.match(row["id"])
    assert (row["rowNumber"], row["custom"]) == (1, {})


@pytest.mark.parametrize("entity", SEEDED)
def test_fields_stand_in_the_order_of_their_names_without_regard_to_case(client, entity):
    names = [name for name in client.get(entity, top=1)[0] if name not in BARE]
    assert names == sorted(names, key=str.upper)


@pytest.mark.parametrize("entity", SEEDED)
def test_every_field_is_an_object_with_a_value_or_an_empty_one_for_null(client, entity):
    for row in client.get(entity, top=5):
        for name in members(row):
            assert set(row[name]) in ({"value"}, set()), (name, row[name])
            assert row[name].get("value", "") is not None


@pytest.mark.parametrize("entity", SEEDED)
def test_every_field_of_the_contract_is_there_and_no_other(client, catalog_of, entity):
    entities = catalog_of("Default-24.200.001")["entities"]
    fields = entities[entity]["fields"]
    scalars = {name for name, kind in fields.items() if not kind.startswith("[") and kind not in entities}
    assert members(client.get(entity, top=1)[0]) == scalars


JSON_KINDS = {"string": str, "boolean": bool, "decimal": (Decimal, int), "double": (Decimal, int), "datetime": str}


@pytest.mark.parametrize("entity", SEEDED)
def test_a_value_has_the_json_type_that_the_contract_declares(client, catalog_of, entity):
    fields = catalog_of("Default-24.200.001")["entities"][entity]["fields"]
    for row in client.get(entity, top=10):
        for name in members(row):
            if "value" in row[name] and fields[name] in JSON_KINDS:
                assert isinstance(row[name]["value"], JSON_KINDS[fields[name]]), name
            elif "value" in row[name]:
                assert isinstance(row[name]["value"], (int, str)), name


# --- null, empty, note


def test_null_is_an_empty_object_and_never_a_null_in_a_wrapper(client):
    insert(client, "Customer", {"CustomerID": "N", "CustomerName": "x", "Terms": None})
    assert '"Terms":{}' in text_of(client, "Customer/N")
    assert '"value":null' not in text_of(client, "Customer", top=20, expand="MainContact")


def test_an_empty_text_stays_apart_from_null(client):
    insert(client, "Customer", {"CustomerID": "N", "CustomerName": "x", "Terms": "", "ShipVia": None})
    row = client.get("Customer/N")
    assert (row["Terms"], row["ShipVia"]) == ({"value": ""}, {})


@pytest.mark.parametrize("entity", ["Customer", "SalesOrder", "Bill", "Account"])
def test_a_record_without_a_note_has_an_empty_one(client, entity):
    notes = [row["note"] for row in client.get(entity)]
    assert {"value": ""} in notes
    assert all(set(note) == {"value"} and isinstance(note["value"], str) for note in notes)


@pytest.mark.parametrize(
    ("path", "part"),
    [("Customer/ALPIN0000", "MainContact"), ("SalesOrder/SO/SO000003", "Totals"), ("Vendor/VFOOD0000", "MainContact")],
)
def test_a_linked_part_has_an_id_of_its_own_and_no_note(client, path, part):
    row = client.get(path, expand=part)
    assert GUID.match(row[part]["id"])
    assert row[part]["id"] != row["id"]
    assert (row[part]["rowNumber"], row[part]["note"], row[part]["custom"]) == (1, None, {})


def test_a_linked_part_no_one_filled_is_an_object_of_nulls(client):
    insert(client, "Customer", {"CustomerID": "N", "CustomerName": "x"})
    part = client.get("Customer/N", expand="MainContact")["MainContact"]
    assert {str(part[name]) for name in members(part) - {"NoteID"}} <= {"{}", "{'value': False}"}


def test_an_expanded_detail_without_lines_is_an_empty_array(client):
    insert(client, "Customer", {"CustomerID": "N", "CustomerName": "x"})
    assert client.get("Customer/N", expand="Attributes,Contacts")["Attributes"] == []


def test_attributes_have_null_for_a_note_as_recorded(client):
    (line, *_) = client.get("Contact/3000", expand="Attributes")["Attributes"]
    assert line["note"] is None


# --- numbers


@pytest.mark.parametrize(
    ("entity", "field", "digits"),
    [
        ("Bill", "Amount", 4),
        ("Bill", "Balance", 4),
        ("Bill", "TaxTotal", 4),
        ("SalesOrder", "OrderTotal", 4),
        ("SalesOrder", "OrderedQty", 6),
        ("Customer", "CreditLimit", 4),
        ("StockItem", "DefaultPrice", 6),
        ("SalesOrder", "CurrencyRate", 8),
    ],
)
def test_a_decimal_keeps_the_scale_of_its_column(client, entity, field, digits):
    for row in client.get(entity, top=5, select=field):
        assert row[field]["value"].as_tuple().exponent == -digits


def test_zero_keeps_its_digits(client):
    assert '"Balance":{"value":0.0000}' in text_of(client, "Invoice", filter="Balance eq 0", top=1)


def test_a_decimal_is_a_number_and_never_a_text_or_an_exponent(client):
    insert(client, "Customer", {"CustomerID": "N", "CustomerName": "x", "CreditLimit": Decimal("1E+12")})
    body = text_of(client, "Customer/N")
    assert '"CreditLimit":{"value":1000000000000' in body
    assert not re.search(r'"CreditLimit":\{"value":"', body)


@pytest.mark.parametrize("number", ["0.0001", "-0.0001", "99999999999999.9999", "12345678901234567890.1234"])
def test_no_digit_of_a_decimal_is_lost(client, number):
    insert(client, "Customer", {"CustomerID": "N", "CustomerName": "x", "CreditLimit": Decimal(number)})
    assert f'"CreditLimit":{{"value":{number}}}' in text_of(client, "Customer/N")


def test_booleans_and_whole_numbers_are_plain_json(client):
    row = json.loads(text_of(client, "Account/10200"))
    assert row["Active"] == {"value": True}
    assert row["AccountID"] == {"value": 1166}


# --- words


def test_drop_downs_show_the_word_a_user_reads(client):
    assert client.get("Bill", top=1)[0]["Type"] == {"value": "Bill"}
    assert {row["Status"]["value"] for row in client.get("SalesOrder")} >= {"Open", "Completed", "Back Order"}
    assert client.get("Customer/ALPIN0000")["ShippingRule"] == {"value": "Back Order Allowed"}


def test_a_period_is_month_and_year_in_six_digits(client):
    for row in client.get("Bill", top=20, select="PostPeriod,Date"):
        day = row["Date"]["value"]
        assert row["PostPeriod"] == {"value": f"{day[5:7]}{day[:4]}"}


def test_keys_come_without_their_padding(client):
    for row in client.get("StockItem", select="InventoryID"):
        assert row["InventoryID"]["value"] == row["InventoryID"]["value"].strip()


@pytest.mark.parametrize(
    "text", ['say "yes"', "back\\slash", "line\nbreak", "tab\there", "é ß 中 🙂", "</script>", "a\u2028b"]
)
def test_any_text_survives_the_way(client, text):
    client.put("Ledger", {"LedgerID": "T", "Description": text})
    assert client.get("Ledger/T")["Description"] == {"value": text}


# --- lines


def test_lines_are_numbered_within_their_record_and_have_ids(client):
    seen = set()
    for row in client.get("SalesOrder", top=10, expand="Details"):
        assert [line["rowNumber"] for line in row["Details"]] == list(range(1, len(row["Details"]) + 1))
        seen |= {line["id"] for line in row["Details"]} | {row["id"]}
    assert len(seen) == 10 + sum(len(row["Details"]) for row in client.get("SalesOrder", top=10, expand="Details"))


def test_a_line_links_to_a_place_for_files_and_to_nothing_else(client):
    row = client.get("Bill", top=1, expand="Details")[0]
    for line in row["Details"]:
        place = f"/AcumaticaERP/entity/Default/24.200.001/files/PX.Objects.AP.APInvoiceEntry/Transactions/{line['id']}"
        assert line["_links"] == {"files:put": f"{place}/{{filename}}"}


def test_lines_that_the_contract_declares_as_details_are_arrays_and_parts_are_objects(client, catalog_of):
    fields = catalog_of("Default-24.200.001")["entities"]["SalesOrder"]["fields"]
    details = [name for name, kind in fields.items() if kind.startswith("[")]
    row = client.get("SalesOrder/SO/SO000003", expand=",".join(details))
    assert all(isinstance(row[name], list) for name in details)


# --- what depends on the build


def test_older_builds_have_no_links(open_client):
    """Absent in answers recorded in 2021 and 2022."""
    client = open_client(links=False)
    row = client.get("SalesOrder", top=1, expand="Details")[0]
    assert "_links" not in row
    assert "_links" not in row["Details"][0]


def test_the_links_of_a_bill_are_the_recorded_ones(open_client, recorded):
    theirs = recorded("records/bills_25r2_expand_files.json")[0]
    mine = open_client(site="/25r2").get("Bill", top=1)[0]
    assert {name: link.replace(mine["id"], "ID") for name, link in mine["_links"].items()} == {
        name: link.replace(theirs["id"], "ID") for name, link in theirs["_links"].items()
    }


@pytest.mark.parametrize("endpoint", ["Default/20.200.001", "Default/25.200.001", "eCommerce/24.200.001"])
def test_links_name_the_endpoint_that_was_asked(open_client, endpoint):
    row = open_client(endpoint=endpoint).get("Customer", top=1)[0]
    assert row["_links"]["self"].startswith(f"/AcumaticaERP/entity/{endpoint}/Customer/")


def test_one_record_is_the_same_in_every_endpoint_that_has_it(client):
    seen = []
    for endpoint in ("Default/20.200.001", "Default/24.200.001", "Default/25.200.001", "eCommerce/24.200.001"):
        client.endpoint = endpoint
        row = client.get("Customer/ALPIN0000")
        seen.append((row["id"], row["CustomerName"], row["LastModifiedDateTime"]))
    assert len(set(map(str, seen))) == 1


# --- files


def test_files_of_a_record_are_named_by_form_and_key_behind_a_backslash(client):
    row = client.get("StockItem/BRACKE0000")
    place = below_site(client, row["_links"]["files:put"]).replace("{filename}", "photo.jpg")
    assert client.send("PUT", place, b"x").status == 204
    (file,) = client.get("StockItem/BRACKE0000", expand="files")["files"]
    assert re.fullmatch(r"Stock Items \(BRACKE0000 *\)\\photo\.jpg", file["filename"])
    assert file["href"] == f"/AcumaticaERP/entity/Default/24.200.001/files/{file['id']}"
    assert GUID.match(file["id"])


def test_a_record_without_files_has_an_empty_array_when_they_are_asked_for(client):
    assert client.get("Ledger/ACTUAL", expand="files")["files"] == []
    assert "files" not in client.get("Ledger/ACTUAL")


@pytest.mark.parametrize(("newer", "shown"), [(True, True), (False, False)])
def test_the_comment_of_a_file_is_a_matter_of_build(open_client, newer, shown):
    client = open_client(file_comment=newer)
    headers = {"PX-CbFileComment": "front"}
    assert client.entity("PUT", "Ledger/ACTUAL/files/a.txt", b"x", headers).status == 204
    (file,) = client.get("Ledger/ACTUAL", expand="files")["files"]
    assert (file.get("comment") == "front") is shown
