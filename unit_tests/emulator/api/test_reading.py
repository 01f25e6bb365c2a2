"""Lists and single records: options, order, paging, refusals."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

import pytest

from acumatica_emulator.records.store import Store


def store(door):
    return Store(door.instance.tenants["Company"])


def test_a_list_is_a_bare_array_of_every_record(door):
    rows = door.get("Customer")
    assert isinstance(rows, list)
    assert len(rows) == 200


def test_rows_come_in_ascending_key_order_without_regard_to_case(door):
    store(door).insert("Customer", {"CustomerID": "bayside9", "CustomerName": "Small letters"})
    keys = door.keys("Customer", "CustomerID")
    assert keys == sorted(keys, key=str.casefold)
    assert "bayside9" in keys[20:60]


def test_orderby_is_ignored_and_is_no_error(door):
    assert door.keys("Customer", "CustomerID", orderby="CustomerID desc", top=3) == door.keys(
        "Customer", "CustomerID", top=3
    )


def test_numbers_are_ordered_by_size(door):
    store(door).insert("Contact", {"ContactID": 900, "LastName": "Early"})
    assert door.keys("Contact", "ContactID", top=2) == [900, 3000]


def test_skip_comes_before_top_and_pages_cover_the_list(door):
    whole = door.keys("Customer", "CustomerID")
    pages = [door.keys("Customer", "CustomerID", top=60, skip=skip) for skip in range(0, 260, 60)]
    assert [len(page) for page in pages] == [60, 60, 60, 20, 0]
    assert [key for page in pages for key in page] == whole


def test_row_numbers_start_anew_with_each_answer_or_go_on_through_the_list(door):
    assert [row["rowNumber"] for row in door.get("Customer", top=2, skip=10)] == [1, 2]
    door.instance.switches.row_number = "list"
    assert [row["rowNumber"] for row in door.get("Customer", top=2, skip=10)] == [11, 12]


def test_a_server_may_cap_its_pages(open_door):
    door = open_door(max_page=50)
    assert len(door.get("Customer")) == 50
    assert len(door.get("Customer", top=80, skip=190)) == 10


@pytest.mark.parametrize("query", [{"top": "ten"}, {"skip": "-1"}])
def test_a_bad_count_is_400(door, query):
    assert door.refused("GET", "Customer", **query)[0] == 400


def test_without_expand_no_part_is_there_and_with_it_an_empty_detail_is_an_array(door):
    plain = door.get("Vendor/VFOOD0000")
    assert not {"MainContact", "Attributes", "RemittanceContact"} & set(plain)
    full = door.get("Vendor/VFOOD0000", expand="MainContact,Attributes,RemittanceContact,MainContact/Address")
    assert full["Attributes"] == []
    assert full["RemittanceContact"]["Email"] == {}
    assert full["MainContact"]["Address"]["Country"] == {"value": "US"}


def test_a_selected_part_also_has_to_be_expanded(door):
    assert set(door.get("SalesOrder", top=1, select="OrderNbr,Details")[0]) == {
        "id",
        "rowNumber",
        "note",
        "OrderNbr",
        "custom",
        "_links",
    }


def test_with_select_an_expanded_part_only_shows_if_it_is_selected_too(door):
    assert "Details" not in door.get("SalesOrder", top=1, select="OrderNbr", expand="Details")[0]
    row = door.get("SalesOrder", top=1, select="OrderNbr,Details/OrderQty", expand="Details")[0]
    assert {"OrderQty"} == set(row["Details"][0]) - {"id", "rowNumber", "note", "custom", "_links"}


def test_lines_are_numbered_and_the_top_counts_records_not_lines(door):
    rows = door.get("SalesOrder", top=5, expand="Details")
    assert len(rows) == 5
    for row in rows:
        assert [line["rowNumber"] for line in row["Details"]] == list(range(1, len(row["Details"]) + 1))


def test_a_line_has_a_place_for_its_files_but_no_self(door):
    line = door.get("SalesOrder", top=1, expand="Details")[0]["Details"][0]
    assert set(line["_links"]) == {"files:put"}
    assert f"/Transactions/{line['id']}/" in line["_links"]["files:put"]


def test_links_and_comments_are_a_matter_of_build(open_door):
    assert "_links" not in open_door(links=False).get("Customer", top=1)[0]


@pytest.mark.parametrize(
    "query",
    [{"select": "Nonsense"}, {"expand": "Nonsense"}, {"filter": "Nonsense eq 1"}, {"custom": "Document.Nonsense"}],
)
def test_an_unknown_name_is_a_500_about_a_dictionary(door, query):
    status, body = door.refused("GET", "Customer", **query)
    assert status == 500
    assert body["exceptionType"] == "System.Collections.Generic.KeyNotFoundException"
    assert body["exceptionMessage"] == "The given key was not present in the dictionary."


def test_a_type_mismatch_is_a_500_of_the_odata_library(door):
    status, body = door.refused("GET", "Customer", filter="PrintInvoices eq 'x'")
    assert status == 500
    assert body["exceptionType"] == "Microsoft.Data.OData.ODataException"
    assert "PX.Api.ContractBased.OData" in body["stackTrace"]


def test_a_plus_that_was_not_encoded_is_a_blank_and_breaks_the_literal(door):
    path = "Customer?$filter=LastModifiedDateTime gt datetimeoffset'2024-01-01T00:00:00+00:00'"
    request_path, _, text = path.partition("?")
    from acumatica_emulator.api.http import Request

    cookie = "; ".join(f"{name}={value}" for name, value in door.cookies.items())
    site = door.instance.switches.site
    request = Request("GET", f"{site}/entity/{door.endpoint}/{request_path}", text, {"cookie": cookie})
    assert door.instance.answer(request).response.status == 500


def test_filters_and_pages_work_together(door):
    open_orders = door.keys("SalesOrder", "OrderNbr", filter="Status eq 'Open'")
    assert 20 < len(open_orders) < 200
    assert door.keys("SalesOrder", "OrderNbr", filter="Status eq 'Open'", top=7, skip=7) == open_orders[7:14]


def test_a_kept_selection_forgets_itself_when_a_row_changes(door):
    before = door.keys("SalesOrder", "OrderNbr", filter="Status eq 'Open' and OrderType eq 'SO'")
    store(door).update("SalesOrder", ("SO", before[0]), {"Status": "Closed"})
    assert door.keys("SalesOrder", "OrderNbr", filter="Status eq 'Open' and OrderType eq 'SO'") == before[1:]


def test_no_match_is_an_empty_array(door):
    assert door.get("Customer", filter="CustomerID eq 'NOBODY'") == []


def test_an_entity_without_rows_is_an_empty_array(door):
    assert door.get("ShopifyStore") == []


def test_a_record_is_found_by_keys_by_a_joined_key_and_by_id(door):
    row = door.get("SalesOrder", top=1)[0]
    kind, number = row["OrderType"]["value"], row["OrderNbr"]["value"]
    for path in (
        f"{kind}/{number}",
        f"{kind}|{number}",
        f"{kind.lower()}/{number}%20%20",
        row["id"],
        row["id"].upper(),
    ):
        assert door.get(f"SalesOrder/{path}") == {**row, "rowNumber": 1}


@pytest.mark.parametrize(
    "path",
    [
        "Customer/NOBODY",
        "SalesOrder/SO",
        "Contact/abc",
        "Customer/00000000-0000-0000-0000-000000000000",
        "Customer/a/b",
    ],
)
def test_a_record_that_is_not_there_is_a_500(door, path):
    status, body = door.refused("GET", path)
    assert (status, body["exceptionMessage"]) == (500, "No entity satisfies the condition.")


def test_an_unknown_entity_or_version_is_404(door):
    assert door.refused("GET", "Nonsense")[0] == 404
    assert door.refused("GET", "SalesOrderDetail")[0] == 404
    door.endpoint = "Default/99.200.001"
    assert door.refused("GET", "Customer")[0] == 404


def test_an_entity_may_vanish_while_the_instance_runs(door):
    door.instance.switches.gone = ["Customer"]
    assert door.refused("GET", "Customer")[0] == 404


def test_a_delegate_field_makes_the_list_fail_but_not_the_keyed_read(open_door):
    door = open_door(delegates={"Account": {"RealGain": "CuryRecords", "CurrencyID": "CuryRecords"}})
    status, body = door.refused("GET", "Account")
    assert status == 500
    assert body["exceptionMessage"] == (
        "Optimization cannot be performed.The following fields cause the error:\r\n"
        "CurrencyID: View CuryRecords has BQL delegate\r\n"
    )
    assert door.get("Account/10100")["CurrencyID"] == {"value": "USD"}
    assert len(door.get("Account", select="AccountCD,Type")) == 15
    assert door.refused("GET", "Account", select="AccountCD", filter="CurrencyID eq 'USD'")[0] == 500


def test_a_delegate_detail_is_blamed_only_if_it_is_expanded(open_door):
    door = open_door(delegates={"SalesOrder": {"Details/InventoryID": "Transactions"}})
    assert len(door.get("SalesOrder", top=1)) == 1
    status, body = door.refused("GET", "SalesOrder", expand="Details", top=1)
    assert status == 500
    assert "InventoryID: View Transactions has BQL delegate\r\n" in body["exceptionMessage"]


def test_an_inquiry_cannot_be_listed(door):
    status, body = door.refused("GET", "AccountSummaryInquiry")
    assert status == 500
    assert body["exceptionType"].endswith("CannotOptimizeException")


def test_some_forms_answer_an_empty_array_to_a_filter_that_rows_match(open_door):
    door = open_door(silent_empty=["PurchaseOrder"])
    assert door.get("PurchaseOrder", filter="Status eq 'Open'") == []
    assert len(door.get("PurchaseOrder", filter="OrderNbr gt ''")) == 150


def test_a_filter_over_two_views_may_answer_an_empty_array(open_door):
    door = open_door(view_crossing_empty=["Customer"])
    both = "CustomerID eq 'ALPIN0000' and MainContact/LastName eq 'Abbot'"
    assert door.get("Customer", filter=both) == []
    for alone in both.split(" and "):
        assert "ALPIN0000" in door.keys("Customer", "CustomerID", filter=alone)
    door.instance.switches.view_crossing_empty = []
    assert door.keys("Customer", "CustomerID", filter=both) == ["ALPIN0000"]


def test_a_list_may_come_with_200_and_no_bytes(open_door):
    response = open_door(blank_lists=["Customer"]).entity("GET", "Customer")
    assert (response.status, response.body) == (200, b"")


def test_restriction_groups_hide_rows_silently(open_door):
    assert len(open_door(hidden={"Customer": 50}).get("Customer")) == 4


def test_an_archived_record_is_only_seen_by_who_asks_for_it(door):
    store(door).update("SalesOrder", ("SO", "SO000002"), {"archived": True})
    assert len(door.get("SalesOrder")) == 399
    assert len(door.get("SalesOrder", {"PX-ApiArchive": "SHOW"})) == 400
    assert door.refused("GET", "SalesOrder/SO/SO000002")[0] == 500
    assert door.get("SalesOrder/SO/SO000002", {"PX-ApiArchive": "SHOW"})["OrderNbr"] == {"value": "SO000002"}


def test_the_window_of_a_cursor_takes_in_its_start_and_leaves_out_its_end(door):
    brain = store(door)
    for at, stamp in enumerate([datetime(2030, 1, 1), datetime(2030, 1, 1, 0, 0, 0, 1000), datetime(2030, 1, 2)]):
        brain.insert("Customer", {"CustomerID": f"W{at}", "CustomerName": "x"}, stamp=stamp)
    window = "LastModifiedDateTime ge datetimeoffset'2030-01-01' and LastModifiedDateTime lt datetimeoffset'2030-01-02'"
    assert door.keys("Customer", "CustomerID", filter=window) == ["W0", "W1"]


def test_rows_without_a_cursor_are_only_found_by_asking_for_null(door):
    nulls = door.keys("Customer", "CustomerID", filter="LastModifiedDateTime eq null")
    assert nulls
    some = door.keys("Customer", "CustomerID", filter="LastModifiedDateTime gt datetimeoffset'1900-01-01'")
    assert len(nulls) + len(some) == 200


def test_two_zones_show_in_wall_clock_and_label(open_door):
    door = open_door(server_zone="America/New_York", user_zone="Asia/Tokyo")
    store(door).insert("Customer", {"CustomerID": "Z", "CustomerName": "x"}, stamp=datetime(2025, 7, 1, 12))
    shown = door.get("Customer/Z")["LastModifiedDateTime"]["value"]
    assert shown == "2025-07-01T21:00:00-04:00"
    assert door.keys("Customer", "CustomerID", filter=f"LastModifiedDateTime eq datetimeoffset'{shown}'") == ["Z"]


def test_the_three_endpoints_show_one_record(door):
    default = door.get("Customer/ALPIN0000")
    door.endpoint = "eCommerce/24.200.001"
    assert {**door.get("Customer/ALPIN0000"), "_links": None} == {**default, "_links": None}
    door.endpoint = "Default/20.200.001"
    older = door.get("Customer/ALPIN0000")
    assert older["id"] == default["id"]
    assert "Email" not in older


def test_manufacturing_and_ecommerce_have_rows_of_their_own(door):
    door.endpoint = "MANUFACTURING/24.200.001"
    order = door.get("ProductionOrder", top=1, expand="OrderTotals,EventHistory")[0]
    assert order["OrderTotals"]["PlanMaterial"]["value"] > 0
    assert len(door.get("BillOfMaterial", expand="Operations,Operations/Material")[0]["Operations"][0]["Material"]) == 2
    door.endpoint = "eCommerce/24.200.001"
    assert len(door.get("BCItemSalesCategory")) == 4


def test_custom_fields_are_empty_unless_asked_for(door):
    assert door.get("StockItem", top=1)[0]["custom"] == {}
    row = door.get("StockItem", top=1, custom="ItemSettings.UsrShelfLife,ItemSettings.UsrBattery")[0]
    assert row["custom"]["ItemSettings"]["UsrShelfLife"]["type"] == "CustomIntField"
    assert row["custom"]["ItemSettings"]["UsrBattery"] == {"type": "CustomStringField", "value": None}


def test_a_note_with_quotes_and_letters_of_other_tongues_comes_through(door):
    assert door.get("Customer/ALPIN0000")["note"] == {"value": 'Met Alpine Foods at the fair; wants "net 60".'}
    assert any("é" in row["FirstName"]["value"] for row in door.get("Contact"))


def test_digits_of_a_decimal_are_never_lost(door):
    store(door).insert("Account", {"AccountCD": "999"})
    store(door).insert("Customer", {"CustomerID": "D", "CreditLimit": Decimal("12345678901234567890.1234")})
    assert b'"CreditLimit":{"value":12345678901234567890.1234}' in door.entity("GET", "Customer/D").body


def test_the_answers_are_json_in_utf_8(door):
    response = door.entity("GET", "Customer", top=1)
    assert response.header("content-type") == "application/json; charset=utf-8"
    json.loads(response.body)


def test_a_method_nobody_serves_is_405(door):
    assert door.refused("POST", "Customer")[0] == 405
    assert door.refused("DELETE", "Customer")[0] == 405
