"""The error of a list that cannot be optimized, word for word, and the ways around it that users found."""

from __future__ import annotations

import re

import pytest

from unit_tests.emulator.conformance.conftest import CANNOT_OPTIMIZE, assert_failed, members

HEAD = "Optimization cannot be performed.The following fields cause the error:\r\n"
LINE = re.compile(r"\w+: View \w+ has BQL delegate\r\n")
BLOCKED = {"Account": {"RealGainAcctID": "CuryRecords"}}


def message(client, entity, **query):
    answer = client.refused("GET", entity, **query)
    assert_failed(answer, CANNOT_OPTIMIZE, HEAD)
    return answer[1]["exceptionMessage"]


def blamed(client, entity, **query):
    """The fields the error names, in order; the rest of the text must be exactly the recorded form."""
    text = message(client, entity, **query).removeprefix(HEAD)
    lines = LINE.findall(text)
    assert "".join(lines) == text
    return [line.split(":")[0] for line in lines]


@pytest.fixture
def blocked(open_client):
    """Accounts with two fields behind a delegate, orders with two details behind others."""
    return open_client(
        delegates={
            "Account": {"CurrencyID": "CuryRecords", "AccountGroup": "GroupView"},
            "SalesOrder": {"Details/InventoryID": "Transactions", "Details/UOM": "Transactions", "Totals": "Document"},
        }
    )


def test_the_text_has_no_blank_after_its_first_sentence_and_ends_with_a_line_break(blocked):
    """Acumatica C# client, issue #12."""
    assert message(blocked, "Account") == (
        f"{HEAD}AccountGroup: View GroupView has BQL delegate\r\nCurrencyID: View CuryRecords has BQL delegate\r\n"
    )


def test_one_field_in_scope_makes_the_whole_list_fail(blocked):
    assert blamed(blocked, "Account", select="AccountCD,CurrencyID") == ["CurrencyID"]
    assert blamed(blocked, "Account", top=1) == ["AccountGroup", "CurrencyID"]


def test_without_the_fields_in_select_the_list_works(blocked):
    rows = blocked.get("Account", select="AccountCD,Type")
    assert len(rows) == 15
    assert members(rows[0]) == {"AccountCD", "Type"}


def test_a_filter_brings_its_field_into_scope(blocked):
    query = {"select": "AccountCD", "filter": "CurrencyID eq 'USD'"}
    assert blamed(blocked, "Account", **query) == ["CurrencyID"]


@pytest.mark.parametrize(
    "query", [{"filter": "AccountCD eq '10100'"}, {"top": 0}, {"skip": 1000}, {"filter": "AccountCD eq ''"}]
)
def test_the_optimizer_looks_at_the_request_before_any_row(blocked, query):
    assert message(blocked, "Account", **query)


def test_a_read_by_key_or_id_does_not_ask_the_optimizer(blocked):
    row = blocked.get("Account/10100")
    assert row["CurrencyID"] == {"value": "USD"}
    assert blocked.get(f"Account/{row['id']}") == row


@pytest.mark.parametrize(
    ("expand", "fields"),
    [("Details", ["InventoryID", "UOM"]), ("Totals", ["Totals"]), ("Details,Totals", ["InventoryID", "Totals", "UOM"])],
)
def test_a_detail_is_in_scope_only_when_it_is_expanded(blocked, expand, fields):
    assert len(blocked.get("SalesOrder", top=1)) == 1
    assert blamed(blocked, "SalesOrder", top=1, expand=expand) == fields


def test_dropping_the_expands_that_fail_and_reading_them_by_key_gets_everything(blocked):
    """The remedy of the guide: list what can be listed, then one by one."""
    keys = [(row["OrderType"]["value"], row["OrderNbr"]["value"]) for row in blocked.get("SalesOrder", top=3)]
    for kind, number in keys:
        row = blocked.get(f"SalesOrder/{kind}/{number}", expand="Details,Totals")
        assert row["Details"]
        assert row["Totals"]


def test_a_detail_left_out_by_select_is_out_of_scope(blocked):
    assert len(blocked.get("SalesOrder", top=2, select="OrderNbr", expand="Details")) == 2


def test_writing_does_not_ask_the_optimizer(blocked):
    answer = blocked.put("Account", {"AccountCD": "10100", "CurrencyID": "EUR"})
    assert answer["CurrencyID"] == {"value": "EUR"}


def test_unknown_names_are_reported_before_the_optimizer(blocked):
    assert "given key" in blocked.refused("GET", "Account", select="Nonsense")[1]["exceptionMessage"]


@pytest.mark.parametrize(
    "entity",
    [
        "AccountDetailsForPeriodInquiry",
        "AccountSummaryInquiry",
        "InventoryAllocationInquiry",
        "InventoryQuantityAvailable",
        "InventorySummaryInquiry",
        "SalesPricesInquiry",
        "StorageDetailsByLocationInquiry",
        "StorageDetailsInquiry",
        "VendorPricesInquiry",
        "Budget",
        "CompaniesStructure",
    ],
)
def test_the_forms_that_users_found_not_listable_are_not(client, entity):
    assert_failed(client.refused("GET", entity), CANNOT_OPTIMIZE, HEAD)
    assert client.refused("GET", entity, top=1)[0] == 500


@pytest.mark.parametrize(
    ("entity", "expand"),
    [("SalesInvoice", "Details"), ("Bill", "Details"), ("Customer", "MainContact"), ("StockItem", "WarehouseDetails")],
)
def test_the_lists_that_users_expand_every_day_work(client, entity, expand):
    (row,) = client.get(entity, top=1, expand=expand)
    assert row[expand]


def test_the_recorded_error_is_the_one_of_this_instance(client, recorded):
    theirs = recorded("errors/list_500_cannot_optimize.json")
    status, mine = client.refused("GET", "InventorySummaryInquiry")
    assert (status, mine["exceptionMessage"]) == (500, theirs["exceptionMessage"])
    assert list(mine) == list(theirs)


def test_an_error_is_json_of_the_usual_kind(blocked):
    response = blocked.entity("GET", "Account")
    assert response.header("content-type") == "application/json; charset=utf-8"


def test_a_field_named_for_a_delegate_that_the_contract_lacks_blocks_nothing(open_client):
    assert len(open_client(delegates=BLOCKED).get("Account")) == 15
