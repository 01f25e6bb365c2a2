"""The shape of answers against recorded ones: members and their order, nulls, dates, decimals, error bodies."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest

TEXT_OF_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?[+-]\d\d:\d\d$")
ALWAYS = ("id", "rowNumber", "note")
LAST = ("custom", "_links", "files")


def recorded(shared, name):
    return json.loads((shared / "samples" / name).read_text(), parse_float=Decimal)


def form(value):
    """What kind of thing a member is on the wire."""
    if isinstance(value, dict) and set(value) <= {"value", "error"}:
        inner = value.get("value")
        if isinstance(inner, str):
            return "time" if TEXT_OF_TIME.match(inner) else "text"
        return "null" if inner is None else type(inner).__name__
    return type(value).__name__


def assert_same_shape(mine, theirs, *, ignore=()):
    """Every recorded member stands in mine, in the recorded order, in the recorded form unless one of them is null."""
    wanted = [name for name in theirs if name not in ignore]
    assert [name for name in mine if name in wanted] == wanted
    for name in wanted:
        forms = {form(mine[name]), form(theirs[name])} - {"null"}
        assert len(forms) <= 1, (name, mine[name], theirs[name])


@pytest.mark.parametrize(
    ("file", "entity", "query"),
    [
        ("records/accounts.json", "Account", {}),
        ("records/customers.json", "Customer", {"expand": "MainContact"}),
        ("records/customer_classes.json", "CustomerClass", {}),
    ],
)
def test_a_list_of_an_older_build_has_the_recorded_shape(open_client, shared, file, entity, query):
    client = open_client(endpoint="Default/20.200.001", links=False)
    theirs = recorded(shared, file)
    mine = client.get(entity, **query)
    assert [row["rowNumber"] for row in theirs] == list(range(1, len(theirs) + 1))
    assert [row["rowNumber"] for row in mine] == list(range(1, len(mine) + 1))
    for row in theirs:
        contract_fields = set(mine[0])
        assert_same_shape(mine[1], row, ignore=set(row) - contract_fields)
        assert list(mine[1])[-1] == list(row)[-1] == "custom"


def test_a_linked_part_has_the_recorded_shape(open_client, shared):
    client = open_client(endpoint="Default/20.200.001", links=False)
    theirs = recorded(shared, "records/customers.json")[0]["MainContact"]
    mine = client.get("Customer", expand="MainContact")[0]["MainContact"]
    assert mine["note"] is theirs["note"] is None
    assert_same_shape(mine, theirs, ignore=set(theirs) - set(mine))


def test_a_bill_with_files_has_the_recorded_shape(open_client, shared):
    client = open_client(site="/25r2")
    theirs = recorded(shared, "records/bills_25r2_expand_files.json")[0]
    place = client.get("Bill", top=1)[0]["_links"]["files:put"].replace("{filename}", "report.pdf")
    assert client.send("PUT", place.removeprefix("/25r2"), b"%PDF").status == 204
    mine = client.get("Bill", top=1, expand="files")[0]
    assert_same_shape(mine, theirs)
    assert list(mine)[-3:] == list(theirs)[-3:] == list(LAST)
    for name in ("self", "files:put"):
        assert mine["_links"][name].replace(mine["id"], "ID") == theirs["_links"][name].replace(theirs["id"], "ID")
    assert set(mine["files"][0]) == set(theirs["files"][0])
    assert "\\report.pdf" in mine["files"][0]["filename"]
    assert mine["files"][0]["href"].startswith("/25r2/entity/Default/24.200.001/files/")


def test_the_decimals_of_a_bill_have_the_recorded_scale(client, shared):
    theirs = recorded(shared, "records/bills_25r2_expand_files.json")[0]
    mine = client.get("Bill", top=1)[0]
    for name, value in theirs.items():
        if isinstance(value, dict) and isinstance(value.get("value"), Decimal):
            assert mine[name]["value"].as_tuple().exponent == value["value"].as_tuple().exponent, name


def test_attributes_have_no_note(client, shared):
    theirs = recorded(shared, "records/contact_attributes_official_doc.json")
    mine = client.get("Contact/3000", expand="Attributes", select="FirstName,LastName,JobTitle,Attributes")
    assert_same_shape(mine, theirs)
    line, recorded_line = mine["Attributes"][0], theirs["Attributes"][0]
    assert line["note"] is recorded_line["note"] is None
    assert line["Value"] == recorded_line["Value"] == {}


def test_a_stock_item_shows_its_files_under_its_key(client, shared):
    theirs = recorded(shared, "records/stockitem_with_files_official_doc.json")
    mine = client.get("StockItem", top=1, select="InventoryID,files", expand="files")[0]
    assert list(mine) == list(theirs)
    assert mine["_links"]["files:put"].split("/files/")[1].split("/")[:2] == [
        "PX.Objects.IN.InventoryItemMaint",
        "Item",
    ]


def test_the_list_of_endpoints_has_the_recorded_shape(open_client, shared):
    theirs = recorded(shared, "records/entity_root_25r2_official_doc.json")
    client = open_client(signed_in=False, site="/testdata")
    mine = json.loads(client.send("GET", "/entity").body)
    assert list(mine) == list(theirs)
    assert mine["version"] == theirs["version"]
    for row in mine["endpoints"]:
        assert row in theirs["endpoints"]
    order = [row["version"] for row in mine["endpoints"]]
    assert order == sorted(order)


def test_an_ad_hoc_schema_shows_null_in_full(client, shared):
    text = (shared / "samples/records/adhocschema_fragments_official_doc.json").read_text()
    assert '"value":null' in text
    mine = client.get("SalesOrder/$adHocSchema")
    assert mine["custom"]["Document"]["AttributeCHANNEL"] == {"type": "CustomStringField", "value": None}
    assert mine["Details"] == [{"custom": {}}]
    assert [list(action) for action in mine["_workflowActions"]] == [["PutOnHold"], ["ReleaseFromHold"]]
    assert client.get("Opportunity/$adHocSchema")["_workflowActions"] == json.loads(text)["_workflowActions"]


@pytest.mark.parametrize(
    ("file", "behavior", "ask"),
    [
        ("get_by_key_500_no_entity.json", {}, ("GET", "Customer/NOSUCH")),
        ("get_500_setup_not_entered.json", {"unconfigured": ["Bill"]}, ("GET", "Bill")),
        ("list_500_cannot_optimize.json", {}, ("GET", "InventorySummaryInquiry")),
    ],
)
def test_an_error_has_the_recorded_envelope(open_client, shared, file, behavior, ask):
    theirs = recorded(shared, f"errors/{file}")
    status, mine = open_client(**behavior).refused(*ask)
    assert status == 500
    assert mine["exceptionType"] == theirs["exceptionType"]
    assert list(mine)[:3] == list(theirs)[:3]
    assert set(theirs) <= set(mine)


def test_the_optimizer_says_it_word_for_word(client, shared):
    theirs = recorded(shared, "errors/list_500_cannot_optimize.json")
    mine = client.refused("GET", "InventorySummaryInquiry")[1]
    assert mine["exceptionMessage"] == theirs["exceptionMessage"]


def test_missing_rights_say_it_word_for_word(open_client, shared):
    theirs = recorded(shared, "errors/get_403_insufficient_rights.json")
    assert open_client(forbidden=["Vendor"]).refused("GET", "Vendor") == (403, theirs)


def test_a_wrong_password_says_it_word_for_word(open_client, shared):
    theirs = recorded(shared, "errors/login_500_invalid_credentials.json")
    response = open_client(signed_in=False).log_in(password="no")
    mine = json.loads(response.body)
    assert [mine[name] for name in list(theirs)[:3]] == [theirs[name] for name in list(theirs)[:3]]
    assert list(mine) == list(theirs)


def test_a_full_licence_behind_iis_says_it_word_for_word(open_client, shared):
    theirs = (shared / "samples/errors/login_429_iis_body.txt").read_text().strip().splitlines()
    response = open_client(seats=1, limit_form="429_text").log_in()
    assert response.body.decode() == theirs[-1]
    assert response.header("content-type") == "text/plain; charset=utf-8"


def test_an_error_in_a_line_has_the_recorded_shape(open_client, shared):
    theirs = recorded(shared, "errors/put_422_bill_detail_error.json")
    client = open_client()
    body = {
        "Vendor": {"value": "VFOOD0000"},
        "Amount": {"value": 201.73},
        "Details": [{"Amount": {"value": 201.73}, "InventoryID": {}, "Project": {"value": "TES2323T"}}],
    }
    status, mine = client.refused("PUT", "Bill", body, expand="Details")
    assert status == 422
    assert mine["error"] == theirs["error"]
    assert mine["ReferenceNbr"] == theirs["ReferenceNbr"] == {"value": "<NEW>"}
    line, recorded_line = mine["Details"][0], theirs["Details"][0]
    assert line["Project"] == recorded_line["Project"]
    assert line["Amount"]["value"] == recorded_line["Amount"]["value"]
    assert list(line)[:3] == list(recorded_line)[:3]
    for name in ("self", "files:put"):
        assert mine["_links"][name].split("/entity/")[1].split("/")[0] == "Default"


def test_an_error_of_a_field_that_was_not_sent_is_reported_of_the_entity(client, shared):
    theirs = recorded(shared, "errors/put_422_entity_level_error.json")
    status, mine = client.refused("PUT", "Bill", {"Description": {"value": "no vendor"}})
    assert status == 422
    assert mine["error"] == theirs["error"].replace("SuppliedByVendorID", "Vendor")


def test_an_inactive_period_is_an_error_of_its_field(open_client, shared):
    theirs = recorded(shared, "errors/put_422_postperiod_field_error.fragment.json")["PostPeriod"]
    client = open_client(inactive_periods=["082026"])
    body = {"Vendor": {"value": "VFOOD0000"}, "PostPeriod": {"value": "082026"}}
    status, mine = client.refused("PUT", "Bill", body)
    assert status == 422
    assert mine["PostPeriod"] == {**theirs, "error": theirs["error"].replace("NZXT US", "Company")}
