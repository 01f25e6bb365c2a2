"""$select, $expand, $custom, $top and $skip of lists and records in contract 4."""

from __future__ import annotations

import pytest

from unit_tests.emulator.conformance.conftest import (
    NO_KEY,
    assert_failed,
    insert,
    listed,
    members,
    plain,
    read_json,
    reading_client,
)

ORDER = "SalesOrder/SO/SO000003"
PARTS = {"Details", "BillToContact", "ShippingSettings", "Totals", "FinancialSettings", "ShipToAddress", "Commissions"}


@pytest.fixture(scope="module")
def client():
    return reading_client()


# --- $expand


def test_nothing_nested_comes_unless_it_is_asked_for(client):
    for path in ("SalesOrder", ORDER):
        answer = client.get(path, **({"top": 1} if path == "SalesOrder" else {}))
        row = answer[0] if isinstance(answer, list) else answer
        assert not PARTS & set(row)
        assert "files" not in row


@pytest.mark.parametrize(
    ("expand", "parts"),
    [
        ("Details", {"Details"}),
        ("Totals,Details", {"Totals", "Details"}),
        (" Totals , Details ", {"Totals", "Details"}),
        ("Totals,Totals", {"Totals"}),
        ("Details,", {"Details"}),
        ("", set()),
    ],
)
def test_the_parts_that_are_listed_come_and_no_others(client, expand, parts):
    assert PARTS & set(client.get(ORDER, expand=expand)) == parts


def test_a_part_of_a_part_is_asked_for_by_its_path(client):
    outer = client.get("Customer/ALPIN0000", expand="MainContact")["MainContact"]
    assert "Address" not in outer
    both = client.get("Customer/ALPIN0000", expand="MainContact,MainContact/Address")["MainContact"]
    assert both["Address"]["City"]["value"]
    assert {name: value for name, value in both.items() if name != "Address"} == outer


def test_a_path_alone_also_brings_what_stands_before_it(client):
    row = client.get("Customer/ALPIN0000", expand="MainContact/Address")
    assert row["MainContact"]["Address"]["Country"] == {"value": "US"}


@pytest.mark.parametrize("word", ["files", "Files", "FILES"])
def test_files_are_asked_for_in_any_case_and_come_under_one_name(client, word):
    """Acumatica's own client sends it with a capital."""
    row = client.get(ORDER, expand=word)
    assert row["files"] == []
    assert "Files" not in row


@pytest.mark.parametrize("where", ["Details/files", "Details,Details/files"])
def test_files_of_lines_come_with_the_lines(client, where):
    row = client.get(ORDER, expand=where)
    assert [line["files"] for line in row["Details"]] == [[]] * len(row["Details"])
    assert "files" not in row


@pytest.mark.parametrize("name", ["Nonsense", "details", "Details/Nonsense", "CustomerID", "SalesOrderDetail"])
def test_an_unknown_part_is_500(client, name):
    assert_failed(client.refused("GET", "SalesOrder", expand=name), NO_KEY, "The given key was not present")
    assert client.refused("GET", ORDER, expand=name)[0] == 500


# --- $select


@pytest.mark.parametrize(
    ("select", "names"),
    [
        ("OrderNbr", {"OrderNbr"}),
        ("OrderNbr,Status", {"OrderNbr", "Status"}),
        (" OrderNbr , Status ", {"OrderNbr", "Status"}),
        ("OrderNbr,OrderNbr", {"OrderNbr"}),
        ("OrderNbr,", {"OrderNbr"}),
    ],
)
def test_only_the_fields_that_are_selected_come(client, select, names):
    for row in (client.get("SalesOrder", top=1, select=select)[0], client.get(ORDER, select=select)):
        assert members(row) == names


def test_the_members_that_are_no_fields_are_always_there(client):
    row = client.get(ORDER, select="OrderNbr")
    assert list(row) == ["id", "rowNumber", "note", "OrderNbr", "custom", "_links"]


@pytest.mark.parametrize("always", ["id", "rowNumber", "note", "custom"])
def test_they_may_be_selected_without_harm(client, always):
    assert members(client.get(ORDER, select=f"{always},OrderNbr")) == {"OrderNbr"}


def test_a_selected_field_does_not_change_its_value(client):
    whole = client.get(ORDER)
    for name in sorted(members(whole)):
        assert client.get(ORDER, select=name)[name] == whole[name]


def test_a_field_of_a_part_is_selected_by_its_path_and_also_needs_the_expand(client):
    """Guide 2026 R1: `MainContact/Address/City`."""
    select = "CustomerID,MainContact/Address/City"
    assert "MainContact" not in client.get("Customer/ALPIN0000", select=select)
    row = client.get("Customer/ALPIN0000", select=select, expand="MainContact,MainContact/Address")
    assert plain(row) == {"CustomerID": "ALPIN0000", "MainContact": {"Address": {"City": "New York"}}}


def test_an_expanded_part_has_to_be_selected_too_where_there_is_a_select(client):
    """Seen live on 23.200.001."""
    assert not PARTS & set(client.get(ORDER, select="OrderNbr", expand="Details,Totals"))
    row = client.get(ORDER, select="OrderNbr,Details", expand="Details,Totals")
    assert PARTS & set(row) == {"Details"}


def test_a_part_that_is_selected_by_its_name_comes_whole(client):
    whole = client.get(ORDER, expand="Details")["Details"]
    assert client.get(ORDER, select="OrderNbr,Details", expand="Details")["Details"] == whole


def test_several_fields_of_a_line_may_be_selected(client):
    row = client.get(ORDER, select="OrderNbr,Details/OrderQty,Details/UnitPrice", expand="Details")
    assert {frozenset(members(line)) for line in row["Details"]} == {frozenset({"OrderQty", "UnitPrice"})}


@pytest.mark.parametrize("name", ["Nonsense", "ordernbr", "Details/Nonsense", "Nonsense/OrderQty"])
def test_an_unknown_field_is_500_like_an_unknown_key_of_a_dictionary(client, name):
    for path in ("SalesOrder", ORDER):
        answer = client.refused("GET", path, select=f"OrderNbr,{name}", expand="Details")
        assert_failed(answer, NO_KEY, "The given key was not present in the dictionary.")


# --- $custom


def test_custom_is_empty_unless_it_is_asked_for(client):
    assert client.get(ORDER)["custom"] == {}
    assert {str(line["custom"]) for line in client.get(ORDER, expand="Details")["Details"]} == {"{}"}


def test_a_custom_field_comes_under_its_view_with_its_type(client):
    answer = client.get(ORDER, custom="Document.AttributeCHANNEL")
    field = answer["custom"]["Document"]["AttributeCHANNEL"]
    assert list(field) == ["type", "value"]
    assert field["type"] == "CustomStringField"
    assert field["value"] in ("WEB", "PHONE", "EDI")


def test_several_custom_fields_share_their_view(client):
    custom = client.get(ORDER, custom="Document.AttributeCHANNEL,Document.UsrReviewed")["custom"]
    assert set(custom) == {"Document"}
    assert set(custom["Document"]) == {"AttributeCHANNEL", "UsrReviewed"}
    assert custom["Document"]["UsrReviewed"]["type"] == "CustomBooleanField"


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("AttributeCHANNEL", "CustomStringField"),
        ("UsrReviewed", "CustomBooleanField"),
        ("DiscDate", "CustomDateTimeField"),
        ("CuryBalanceWOTotal", "CustomDecimalField"),
    ],
)
def test_the_type_of_a_custom_field_is_that_of_the_ad_hoc_schema(client, field, kind):
    schema = client.get("SalesOrder/$adHocSchema")["custom"]["Document"]
    assert schema[field] == {"type": kind, "value": None}
    assert client.get(ORDER, custom=f"Document.{field}")["custom"]["Document"][field]["type"] == kind


def test_a_custom_field_goes_with_a_selection(client):
    row = client.get(ORDER, select="OrderNbr", custom="Document.AttributeCHANNEL")
    assert members(row) == {"OrderNbr"}
    assert row["custom"]["Document"]["AttributeCHANNEL"]["value"]


def test_a_custom_field_of_a_list_comes_for_every_row(client):
    rows = client.get("SalesOrder", top=3, custom="Document.AttributeCHANNEL")
    assert [set(row["custom"]) for row in rows] == [{"Document"}] * 3


@pytest.mark.parametrize("custom", ["Document.Nope", "Nope.AttributeCHANNEL", "document.attributechannel"])
def test_an_unknown_custom_field_is_500(client, custom):
    assert client.refused("GET", ORDER, custom=custom)[0] == 500


# --- $top and $skip


@pytest.mark.parametrize(("top", "skip", "numbers"), [(2, 0, [1, 2]), (2, 3, [4, 5]), (0, 0, []), (5, 8, [9, 10])])
def test_skip_is_done_first_then_top(blank_client, top, skip, numbers):
    insert(blank_client, "Customer", *({"CustomerID": f"C{at:02}"} for at in range(1, 11)))
    keys = blank_client.keys("Customer", "CustomerID", top=top, skip=skip)
    assert keys == [f"C{number:02}" for number in numbers]


def test_without_top_every_record_comes(client):
    assert len(client.get("SalesOrder", select="OrderNbr")) == 400


def test_skip_without_top_leaves_the_rest(client):
    whole = client.keys("SalesOrder", "OrderNbr", select="OrderNbr")
    assert client.keys("SalesOrder", "OrderNbr", select="OrderNbr", skip=390) == whole[390:]


@pytest.mark.parametrize("skip", [400, 401, 100000])
def test_a_page_beyond_the_end_is_an_empty_array(client, skip):
    assert client.get("SalesOrder", top=10, skip=skip) == []


def test_top_counts_records_and_their_lines_come_complete(client):
    """Users who saw fewer lines had met a defect of their client (C# client, issues #43, #55 and #67)."""
    for row in client.get("SalesOrder", top=4, expand="Details", select="OrderNbr,OrderType,Details"):
        alone = client.get(f"SalesOrder/{row['OrderType']['value']}/{row['OrderNbr']['value']}", expand="Details")
        assert [line["id"] for line in row["Details"]] == [line["id"] for line in alone["Details"]]


@pytest.mark.parametrize("query", ["$top=ten", "$top=1.5", "$skip=-1", "$top=-5", "$top=1;$skip=1"])
def test_a_count_that_is_no_count_is_400(client, query):
    assert listed(client, "Ledger", query).status == 400


@pytest.mark.parametrize("name", ["$count", "$inlinecount", "$orderby", "$format", "$apply"])
def test_options_that_are_not_in_the_contract_change_nothing(client, name):
    answer = listed(client, "Ledger", f"{name}=allpages")
    assert (answer.status, read_json(answer)) == (200, client.get("Ledger"))


def test_no_answer_shows_how_many_records_there_are(client):
    response = client.entity("GET", "SalesOrder", top=2)
    assert isinstance(read_json(response), list)
    assert not any("count" in name.lower() or name.lower() == "link" for name, _ in response.headers)


def test_options_do_not_disturb_each_other(client):
    rows = client.get(
        "SalesOrder",
        filter="OrderType eq 'SO'",
        select="OrderNbr,Details/InventoryID",
        expand="Details",
        custom="Document.AttributeCHANNEL",
        top=3,
        skip=2,
    )
    alone = client.keys("SalesOrder", "OrderNbr", filter="OrderType eq 'SO'")
    assert [row["OrderNbr"]["value"] for row in rows] == alone[2:5]
    assert all(members(row) == {"OrderNbr", "Details"} and row["custom"] for row in rows)
