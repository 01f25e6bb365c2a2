"""Lists and single records: options, order, paging, refusals."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

import pytest

from acumatica_emulator.site.store import Store


def store(client):
    return Store(client.instance.tenants["Company"])


def test_a_list_is_a_bare_array_of_every_record(client):
    rows = client.get("Customer")
    assert isinstance(rows, list)
    assert len(rows) == 200


def test_rows_come_in_ascending_key_order_without_regard_to_case(client):
    store(client).insert("Customer", {"CustomerID": "bayside9", "CustomerName": "Small letters"})
    keys = client.keys("Customer", "CustomerID")
    assert keys == sorted(keys, key=str.casefold)
    assert "bayside9" in keys[20:60]


def test_orderby_is_ignored_and_is_no_error(client):
    assert client.keys("Customer", "CustomerID", orderby="CustomerID desc", top=3) == client.keys(
        "Customer", "CustomerID", top=3
    )


def test_numbers_are_ordered_by_size(client):
    store(client).insert("Contact", {"ContactID": 900, "LastName": "Early"})
    assert client.keys("Contact", "ContactID", top=2) == [900, 3000]


def test_skip_comes_before_top_and_pages_cover_the_list(client):
    whole = client.keys("Customer", "CustomerID")
    pages = [client.keys("Customer", "CustomerID", top=60, skip=skip) for skip in range(0, 260, 60)]
    assert [len(page) for page in pages] == [60, 60, 60, 20, 0]
    assert [key for page in pages for key in page] == whole


def test_row_numbers_start_anew_with_each_answer_or_go_on_through_the_list(client):
    assert [row["rowNumber"] for row in client.get("Customer", top=2, skip=10)] == [1, 2]
    client.instance.behavior.row_number = "list"
    assert [row["rowNumber"] for row in client.get("Customer", top=2, skip=10)] == [11, 12]


def test_a_server_may_cap_its_pages(open_client):
    client = open_client(max_page=50)
    assert len(client.get("Customer")) == 50
    assert len(client.get("Customer", top=80, skip=190)) == 10


@pytest.mark.parametrize("query", [{"top": "ten"}, {"skip": "-1"}])
def test_a_bad_count_is_400(client, query):
    assert client.refused("GET", "Customer", **query)[0] == 400


def test_without_expand_no_part_is_there_and_with_it_an_empty_detail_is_an_array(client):
    plain = client.get("Vendor/VFOOD0000")
    assert not {"MainContact", "Attributes", "RemittanceContact"} & set(plain)
    full = client.get("Vendor/VFOOD0000", expand="MainContact,Attributes,RemittanceContact,MainContact/Address")
    assert full["Attributes"] == []
    assert full["RemittanceContact"]["Email"] == {}
    assert full["MainContact"]["Address"]["Country"] == {"value": "US"}


def test_a_selected_part_also_has_to_be_expanded(client):
    assert set(client.get("SalesOrder", top=1, select="OrderNbr,Details")[0]) == {
        "id",
        "rowNumber",
        "note",
        "OrderNbr",
        "custom",
        "_links",
    }


def test_with_select_an_expanded_part_only_shows_if_it_is_selected_too(client):
    assert "Details" not in client.get("SalesOrder", top=1, select="OrderNbr", expand="Details")[0]
    row = client.get("SalesOrder", top=1, select="OrderNbr,Details/OrderQty", expand="Details")[0]
    assert {"OrderQty"} == set(row["Details"][0]) - {"id", "rowNumber", "note", "custom", "_links"}


def test_lines_are_numbered_and_the_top_counts_records_not_lines(client):
    rows = client.get("SalesOrder", top=5, expand="Details")
    assert len(rows) == 5
    for row in rows:
        assert [line["rowNumber"] for line in row["Details"]] == list(range(1, len(row["Details"]) + 1))


def test_a_line_has_a_place_for_its_files_but_no_self(client):
    line = client.get("SalesOrder", top=1, expand="Details")[0]["Details"][0]
    assert set(line["_links"]) == {"files:put"}
    assert f"/Transactions/{line['id']}/" in line["_links"]["files:put"]


def test_links_and_comments_are_a_matter_of_build(open_client):
    assert "_links" not in open_client(links=False).get("Customer", top=1)[0]


@pytest.mark.parametrize(
    "query",
    [{"select": "Nonsense"}, {"expand": "Nonsense"}, {"filter": "Nonsense eq 1"}, {"custom": "Document.Nonsense"}],
)
def test_an_unknown_name_is_a_500_about_a_dictionary(client, query):
    status, body = client.refused("GET", "Customer", **query)
    assert status == 500
    assert body["exceptionType"] == "System.Collections.Generic.KeyNotFoundException"
    assert body["exceptionMessage"] == "The given key was not present in the dictionary."


def test_a_type_mismatch_is_a_500_of_the_odata_library(client):
    status, body = client.refused("GET", "Customer", filter="PrintInvoices eq 'x'")
    assert status == 500
    assert body["exceptionType"] == "Microsoft.Data.OData.ODataException"
    assert "PX.Api.ContractBased.OData" in body["stackTrace"]


def test_a_plus_that_was_not_encoded_is_a_blank_and_breaks_the_literal(client):
    path = "Customer?$filter=LastModifiedDateTime gt datetimeoffset'2024-01-01T00:00:00+00:00'"
    request_path, _, text = path.partition("?")
    from acumatica_emulator.site.http import Request

    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    site = client.instance.behavior.site
    request = Request("GET", f"{site}/entity/{client.endpoint}/{request_path}", text, {"cookie": cookie})
    assert client.instance.answer(request).response.status == 500


def test_filters_and_pages_work_together(client):
    open_orders = client.keys("SalesOrder", "OrderNbr", filter="Status eq 'Open'")
    assert 20 < len(open_orders) < 200
    assert client.keys("SalesOrder", "OrderNbr", filter="Status eq 'Open'", top=7, skip=7) == open_orders[7:14]


def test_a_kept_selection_forgets_itself_when_a_row_changes(client):
    before = client.keys("SalesOrder", "OrderNbr", filter="Status eq 'Open' and OrderType eq 'SO'")
    store(client).update("SalesOrder", ("SO", before[0]), {"Status": "Closed"})
    assert client.keys("SalesOrder", "OrderNbr", filter="Status eq 'Open' and OrderType eq 'SO'") == before[1:]


def test_no_match_is_an_empty_array(client):
    assert client.get("Customer", filter="CustomerID eq 'NOSUCH'") == []


def test_an_entity_without_rows_is_an_empty_array(client):
    assert client.get("ShopifyStore") == []


def test_a_record_is_found_by_keys_by_a_joined_key_and_by_id(client):
    row = client.get("SalesOrder", top=1)[0]
    kind, number = row["OrderType"]["value"], row["OrderNbr"]["value"]
    for path in (
        f"{kind}/{number}",
        f"{kind}|{number}",
        f"{kind.lower()}/{number}",
        row["id"],
        row["id"].upper(),
    ):
        assert client.get(f"SalesOrder/{path}") == {**row, "rowNumber": 1}


@pytest.mark.parametrize(
    "path",
    [
        "Customer/NOSUCH",
        "SalesOrder/SO",
        "Contact/abc",
        "Customer/00000000-0000-0000-0000-000000000000",
        "Customer/a/b",
    ],
)
def test_a_record_that_is_not_there_is_a_500(client, path):
    status, body = client.refused("GET", path)
    assert (status, body["exceptionMessage"]) == (500, "No entity satisfies the condition.")


def test_an_unknown_entity_or_version_is_404(client):
    assert client.refused("GET", "Nonsense")[0] == 404
    assert client.refused("GET", "SalesOrderDetail")[0] == 404
    client.endpoint = "Default/99.200.001"
    assert client.refused("GET", "Customer")[0] == 404


def test_an_entity_may_vanish_while_the_instance_runs(client):
    client.instance.behavior.gone = ["Customer"]
    assert client.refused("GET", "Customer")[0] == 404


def test_a_delegate_field_makes_the_list_fail_but_not_the_keyed_read(open_client):
    client = open_client(delegates={"Account": {"RealGain": "CuryRecords", "CurrencyID": "CuryRecords"}})
    status, body = client.refused("GET", "Account")
    assert status == 500
    assert body["exceptionMessage"] == (
        "Optimization cannot be performed.The following fields cause the error:\r\n"
        "CurrencyID: View CuryRecords has BQL delegate\r\n"
    )
    assert client.get("Account/10100")["CurrencyID"] == {"value": "USD"}
    assert len(client.get("Account", select="AccountCD,Type")) == 15
    assert client.refused("GET", "Account", select="AccountCD", filter="CurrencyID eq 'USD'")[0] == 500


def test_a_delegate_detail_is_blamed_only_if_it_is_expanded(open_client):
    client = open_client(delegates={"SalesOrder": {"Details/InventoryID": "Transactions"}})
    assert len(client.get("SalesOrder", top=1)) == 1
    status, body = client.refused("GET", "SalesOrder", expand="Details", top=1)
    assert status == 500
    assert "InventoryID: View Transactions has BQL delegate\r\n" in body["exceptionMessage"]


def test_an_inquiry_cannot_be_listed(client):
    status, body = client.refused("GET", "AccountSummaryInquiry")
    assert status == 500
    assert body["exceptionType"].endswith("CannotOptimizeException")


def test_some_forms_answer_an_empty_array_to_a_filter_that_rows_match(open_client):
    client = open_client(silent_empty=["PurchaseOrder"])
    assert client.get("PurchaseOrder", filter="Status eq 'Open'") == []
    assert len(client.get("PurchaseOrder", filter="OrderNbr gt ''")) == 150


def test_a_filter_over_two_views_may_answer_an_empty_array(open_client):
    client = open_client(view_crossing_empty=["Customer"])
    both = "CustomerID eq 'ALPIN0000' and MainContact/LastName eq 'Abbot'"
    assert client.get("Customer", filter=both) == []
    for alone in both.split(" and "):
        assert "ALPIN0000" in client.keys("Customer", "CustomerID", filter=alone)
    client.instance.behavior.view_crossing_empty = []
    assert client.keys("Customer", "CustomerID", filter=both) == ["ALPIN0000"]


def test_a_list_may_come_with_200_and_no_bytes(open_client):
    response = open_client(blank_lists=["Customer"]).entity("GET", "Customer")
    assert (response.status, response.body) == (200, b"")


def test_restriction_groups_hide_rows_silently(open_client):
    assert len(open_client(hidden={"Customer": 50}).get("Customer")) == 4


def test_an_archived_record_is_only_seen_by_who_asks_for_it(client):
    store(client).update("SalesOrder", ("SO", "SO000002"), {"archived": True})
    assert len(client.get("SalesOrder")) == 399
    assert len(client.get("SalesOrder", {"PX-ApiArchive": "SHOW"})) == 400
    assert client.refused("GET", "SalesOrder/SO/SO000002")[0] == 500
    assert client.get("SalesOrder/SO/SO000002", {"PX-ApiArchive": "SHOW"})["OrderNbr"] == {"value": "SO000002"}


def test_the_window_of_a_cursor_takes_in_its_start_and_leaves_out_its_end(client):
    brain = store(client)
    for at, stamp in enumerate([datetime(2030, 1, 1), datetime(2030, 1, 1, 0, 0, 0, 1000), datetime(2030, 1, 2)]):
        brain.insert("Customer", {"CustomerID": f"W{at}", "CustomerName": "x"}, stamp=stamp)
    window = "LastModifiedDateTime ge datetimeoffset'2030-01-01' and LastModifiedDateTime lt datetimeoffset'2030-01-02'"
    assert client.keys("Customer", "CustomerID", filter=window) == ["W0", "W1"]


def test_rows_without_a_cursor_are_only_found_by_asking_for_null(client):
    nulls = client.keys("Customer", "CustomerID", filter="LastModifiedDateTime eq null")
    assert nulls
    some = client.keys("Customer", "CustomerID", filter="LastModifiedDateTime gt datetimeoffset'1900-01-01'")
    assert len(nulls) + len(some) == 200


def test_two_zones_show_in_wall_clock_and_label(open_client):
    client = open_client(server_zone="America/New_York", user_zone="Asia/Tokyo")
    store(client).insert("Customer", {"CustomerID": "Z", "CustomerName": "x"}, stamp=datetime(2025, 7, 1, 12))
    shown = client.get("Customer/Z")["LastModifiedDateTime"]["value"]
    assert shown == "2025-07-01T21:00:00-04:00"
    assert client.keys("Customer", "CustomerID", filter=f"LastModifiedDateTime eq datetimeoffset'{shown}'") == ["Z"]


def test_the_three_endpoints_show_one_record(client):
    default = client.get("Customer/ALPIN0000")
    client.endpoint = "eCommerce/24.200.001"
    assert {**client.get("Customer/ALPIN0000"), "_links": None} == {**default, "_links": None}
    client.endpoint = "Default/20.200.001"
    older = client.get("Customer/ALPIN0000")
    assert older["id"] == default["id"]
    assert "Email" not in older


def test_manufacturing_and_ecommerce_have_rows_of_their_own(client):
    client.endpoint = "MANUFACTURING/24.200.001"
    order = client.get("ProductionOrder", top=1, expand="OrderTotals,EventHistory")[0]
    assert order["OrderTotals"]["PlanMaterial"]["value"] > 0
    assert (
        len(client.get("BillOfMaterial", expand="Operations,Operations/Material")[0]["Operations"][0]["Material"]) == 2
    )
    client.endpoint = "eCommerce/24.200.001"
    assert len(client.get("BCItemSalesCategory")) == 4


def test_custom_fields_are_empty_unless_asked_for(client):
    assert client.get("StockItem", top=1)[0]["custom"] == {}
    row = client.get("StockItem", top=1, custom="ItemSettings.UsrShelfLife,ItemSettings.UsrBattery")[0]
    assert row["custom"]["ItemSettings"]["UsrShelfLife"]["type"] == "CustomIntField"
    assert row["custom"]["ItemSettings"]["UsrBattery"] == {"type": "CustomStringField", "value": None}


def test_a_note_with_quotes_and_letters_of_other_tongues_comes_through(client):
    assert client.get("Customer/ALPIN0000")["note"] == {"value": 'Met Alpine Foods at the fair; wants "net 60".'}
    assert any("é" in row["FirstName"]["value"] for row in client.get("Contact"))


def test_digits_of_a_decimal_are_never_lost(client):
    store(client).insert("Account", {"AccountCD": "999"})
    store(client).insert("Customer", {"CustomerID": "D", "CreditLimit": Decimal("12345678901234567890.1234")})
    assert b'"CreditLimit":{"value":12345678901234567890.1234}' in client.entity("GET", "Customer/D").body


def test_the_answers_are_json_in_utf_8(client):
    response = client.entity("GET", "Customer", top=1)
    assert response.header("content-type") == "application/json; charset=utf-8"
    json.loads(response.body)


def test_a_method_no_one_serves_is_405(client):
    assert client.refused("POST", "Customer")[0] == 405
    assert client.refused("DELETE", "Customer")[0] == 405
