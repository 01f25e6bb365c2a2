"""Writes that are refused: the entity with its errors, the same as an exception, what others refer to, other kinds."""

from __future__ import annotations

import pytest

from unit_tests.emulator.conformance.conftest import ORDER, SITE, assert_failed, read_json, wrapped

GENERAL = "{}  '{}' record raised at least one error. Please review the errors."
OUTCOME = "PX.Api.ContractBased.OutcomeEntityHasErrorsException"
BILL = {"Vendor": {"value": "VFOOD0000"}}


def lines(*items, **fields):
    return [{**wrapped(InventoryID=item, OrderQty=1), **wrapped(**fields)} for item in items]


def order(*items, **fields):
    return {**wrapped(CustomerID="ALPIN0000", **fields), "Details": lines(*items)}


@pytest.fixture
def open_client(open_small_client):
    return open_small_client


# --- 422 is the entity (recorded by the tests of Acumatica's C# client)


@pytest.mark.parametrize(
    ("entity", "body", "field", "text", "record"),
    [
        (
            "SalesOrder",
            wrapped(CustomerID="NOSUCH"),
            "CustomerID",
            "'Customer' cannot be found in the system.",
            "Sales Order",
        ),
        (
            "PurchaseOrder",
            wrapped(VendorID="NOSUCH"),
            "VendorID",
            "'Vendor' cannot be found in the system.",
            "Purchase Order",
        ),
        ("Bill", wrapped(Vendor="NOSUCH"), "Vendor", "'Vendor' cannot be found in the system.", "AP Transactions"),
        ("Invoice", wrapped(Customer="NOSUCH"), "Customer", "'Customer' cannot be found in the system.", "AR Invoice"),
        (
            "Payment",
            wrapped(CustomerID="NOSUCH"),
            "CustomerID",
            "'Customer' cannot be found in the system.",
            "AR Payment",
        ),
    ],
)
def test_an_error_stands_beside_the_value_it_is_about(client, entity, body, field, text, record):
    status, answer = client.refused("PUT", entity, body)
    assert status == 422
    assert answer["error"] == GENERAL.format("Inserting", record)
    assert answer[field] == {**body[field], "error": text}


def test_the_general_text_has_two_blanks_after_its_first_word(client):
    text = client.refused("PUT", "SalesOrder", wrapped(CustomerID="NOSUCH"))[1]["error"]
    assert text.startswith("Inserting  '")
    assert "   " not in text


def test_an_update_says_updating(client):
    body = wrapped(OrderNbr="SO000003", CustomerID="NOSUCH")
    assert client.refused("PUT", "SalesOrder", body)[1]["error"] == GENERAL.format("Updating", "Sales Order")


@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
def test_a_refused_update_changes_nothing(client, verb):
    before = client.get("SalesOrder/SO/SO000003", expand="Details")
    body = {**order("NOPE"), **wrapped(OrderNbr="SO000003", Description="x")}
    assert client.refused(verb, "SalesOrder", body)[0] == 422
    assert client.get("SalesOrder/SO/SO000003", expand="Details") == before


def test_a_refused_insert_leaves_no_document_behind(client):
    before = client.keys("SalesOrder", "OrderNbr", select="OrderNbr")
    for _ in range(2):
        assert client.refused("PUT", "SalesOrder", order("NOPE"))[1]["OrderNbr"] == {"value": "<NEW>"}
    assert client.keys("SalesOrder", "OrderNbr", select="OrderNbr") == before


@pytest.mark.parametrize(
    ("entity", "key"), [("SalesOrder", "OrderNbr"), ("Bill", "ReferenceNbr"), ("Payment", "ReferenceNbr")]
)
def test_a_number_that_was_not_given_yet_shows_as_new(client, entity, key):
    body = wrapped(CustomerID="NOSUCH", Vendor="NOSUCH")
    assert client.refused("PUT", entity, body)[1][key] == {"value": "<NEW>"}


@pytest.mark.parametrize(
    ("items", "wrong"), [(["NOPE"], [True]), (["BRACKE0000", "NOPE", "VALVE0001", "NO2"], [False, True, False, True])]
)
def test_every_wrong_line_is_reported_in_its_place(client, items, wrong):
    status, body = client.refused("PUT", "SalesOrder", order(*items), expand="Details")
    assert status == 422
    assert [line["InventoryID"]["value"] for line in body["Details"]] == items
    assert ["error" in line["InventoryID"] for line in body["Details"]] == wrong
    assert [line["rowNumber"] for line in body["Details"]] == list(range(1, len(items) + 1))


def test_a_project_that_is_not_there_is_reported_with_its_padded_key(client, recorded):
    theirs = recorded("errors/put_422_bill_detail_error.json")
    body = {**BILL, "Details": [wrapped(Project="TES2323T", Amount=201.73)]}
    status, mine = client.refused("PUT", "Bill", body, expand="Details")
    assert (status, mine["error"]) == (422, theirs["error"])
    assert mine["Details"][0]["Project"] == theirs["Details"][0]["Project"]


def test_fields_that_are_right_are_shown_without_an_error(client):
    body = client.refused("PUT", "SalesOrder", {**order("NOPE"), **wrapped(Description="kept")})[1]
    assert body["Description"] == {"value": "kept"}
    assert body["CustomerID"] == {"value": "ALPIN0000"}


def test_a_required_field_that_was_not_sent_is_reported_by_the_entity(client, recorded):
    """Recorded: the text of the field, a semicolon, and the text again behind the field's name."""
    form = recorded("errors/put_422_entity_level_error.json")["error"]
    status, body = client.refused("PUT", "Bill", wrapped(Description="x"))
    assert (status, body["error"]) == (422, form.replace("SuppliedByVendorID", "Vendor"))


def test_a_required_field_that_was_sent_empty_is_reported_in_its_wrapper(client):
    body = {**wrapped(CustomerID="X"), "CustomerName": {"value": ""}}
    status, answer = client.refused("PUT", "Customer", body)
    assert (status, answer["CustomerName"]["error"]) == (422, "'CustomerName' cannot be empty.")


@pytest.mark.parametrize(("period", "words"), [("082026", "08-2026"), ("012019", "01-2019")])
def test_an_inactive_period_is_reported_with_its_company(open_client, period, words):
    client = open_client(inactive_periods=[period])
    status, body = client.refused("PUT", "Bill", {**BILL, **wrapped(PostPeriod=period)})
    text = f"Error: The {words} financial period is inactive in the Company company."
    assert (status, body["PostPeriod"]) == (422, {"value": period, "error": text})


def test_an_entity_with_errors_has_its_links(client):
    body = client.refused("PUT", "Bill", wrapped(Vendor="NOSUCH"))[1]
    assert body["_links"]["self"] == f"{SITE}/entity/Default/24.200.001/Bill/{body['id']}"


def test_several_errors_are_reported_at_once(client):
    body = {"CustomerID": {"value": "NOSUCH"}, "Details": lines("NOPE")}
    answer = client.refused("PUT", "SalesOrder", body)[1]
    assert "error" in answer["CustomerID"]
    assert "error" in answer["Details"][0]["InventoryID"]


# --- the same condition as an exception (production on 23.200.001)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (wrapped(CustomerID="NOSUCH"), ["CustomerID: 'Customer' cannot be found in the system."]),
        (order("NOPE", "NO2"), ["InventoryID: 'Inventory ID' cannot be found in the system."] * 2),
    ],
)
def test_an_instance_may_answer_the_errors_as_a_500(open_client, body, words):
    client = open_client(error_status=500)
    answer = client.refused("PUT", "SalesOrder", body)
    assert_failed(answer, OUTCOME, GENERAL.format("Inserting", "Sales Order"))
    assert answer[1]["exceptionMessage"].split("; ")[1:] == words


# --- deleting


@pytest.mark.parametrize("path", ["Ledger/L1", "Ledger/l1", "Ledger/{id}"])
def test_a_record_is_deleted_by_its_key_or_its_id(client, path):
    row = client.put("Ledger", {"LedgerID": "L1", "Description": "x"})
    response = client.entity("DELETE", path.format(id=row["id"]))
    assert (response.status, response.body) == (204, b"")
    assert "L1" not in client.keys("Ledger", "LedgerID")


@pytest.mark.parametrize("separator", ["/", "|"])
def test_several_keys_are_written_as_in_a_read(client, separator):
    assert client.entity("DELETE", f"SalesOrder/SO{separator}SO000003").status == 204
    assert client.refused("GET", "SalesOrder/SO/SO000003")[0] == 500


@pytest.mark.parametrize(("way", "status"), [("500", 500), ("204", 204)])
def test_a_delete_that_misses_is_a_matter_of_instance(open_client, way, status):
    """No one recorded one; a 404 is not documented."""
    assert open_client(delete_missing=way).entity("DELETE", "Ledger/NONE").status == status


@pytest.mark.parametrize("entity", ["Customer", "Vendor", "CustomerClass"])
def test_a_business_rule_against_a_deletion_is_an_exception(client, entity):
    used = {
        "Customer": client.get("SalesOrder/SO/SO000003")["CustomerID"]["value"],
        "Vendor": client.get("PurchaseOrder", top=1)[0]["VendorID"]["value"],
        "CustomerClass": "LOCAL",
    }[entity]
    assert_failed(client.refused("DELETE", f"{entity}/{used}"), "PX.Data.PXException", "cannot be deleted")
    assert client.entity("GET", f"{entity}/{used}").status == 200


def test_a_deleted_record_may_come_back_under_its_key_with_another_id(client):
    first = client.put("Ledger", {"LedgerID": "L1", "Description": "x"})["id"]
    client.entity("DELETE", "Ledger/L1")
    client.instance.clock.tick(1)
    assert client.put("Ledger", {"LedgerID": "L1", "Description": "y"})["id"] != first


def test_a_delete_of_a_line_goes_through_its_record(client):
    line = client.get("SalesOrder/SO/SO000003", expand="Details")["Details"][0]
    assert client.refused("DELETE", f"SalesOrder/{line['id']}")[0] == 500
    assert client.refused("DELETE", f"SalesOrderDetail/{line['id']}")[0] == 404


# --- lines


def new_order(client, number=3):
    fields = {**ORDER, "Details": [{**ORDER["Details"][0], "LineDescription": f"L{at}"} for at in range(number)]}
    answer = client.put("SalesOrder", fields, expand="Details")
    return answer["OrderNbr"]["value"], [line["id"] for line in answer["Details"]]


def stored_lines(client, number):
    rows = client.get(f"SalesOrder/SO/{number}", expand="Details")["Details"]
    return [(row["id"], row["LineDescription"].get("value")) for row in rows]


def write_lines(client, number, *details):
    return client.entity("PUT", "SalesOrder", {**wrapped(OrderNbr=number), "Details": list(details)})


def test_a_line_without_an_id_is_appended_each_time_the_put_is_repeated(client):
    number, ids = new_order(client)
    for expected in (4, 5):
        assert write_lines(client, number, *lines("VALVE0001", LineDescription="new")).status == 200
        assert len(stored_lines(client, number)) == expected
    assert [id for id, _ in stored_lines(client, number)[:3]] == ids


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_a_line_with_its_id_is_updated_and_the_others_stay(client, spelling):
    number, ids = new_order(client)
    write_lines(client, number, {"id": spelling(ids[1]), **wrapped(LineDescription="changed")})
    assert stored_lines(client, number) == [(ids[0], "L0"), (ids[1], "changed"), (ids[2], "L2")]


def test_a_row_number_beside_an_id_is_tolerated(client):
    number, ids = new_order(client)
    write_lines(client, number, {"id": ids[2], "rowNumber": 1, **wrapped(LineDescription="changed")})
    assert stored_lines(client, number)[2] == (ids[2], "changed")


def test_a_line_is_also_found_by_the_key_field_of_the_detail(client):
    number, ids = new_order(client)
    write_lines(client, number, wrapped(LineNbr=2, LineDescription="changed"))
    assert stored_lines(client, number)[1] == (ids[1], "changed")


@pytest.mark.parametrize("gone", [[0], [2], [0, 1, 2], []])
def test_a_line_goes_when_it_is_marked_and_unlisted_lines_stay(client, gone):
    number, ids = new_order(client)
    write_lines(client, number, *({"id": ids[at], "delete": True} for at in gone))
    assert [id for id, _ in stored_lines(client, number)] == [id for at, id in enumerate(ids) if at not in gone]


def test_one_put_may_append_change_and_delete(client):
    number, ids = new_order(client)
    details = [{"id": ids[0], "delete": True}, {"id": ids[2], **wrapped(LineDescription="changed")}]
    write_lines(client, number, *details, *lines("VALVE0001", LineDescription="new"))
    assert [text for _, text in stored_lines(client, number)] == ["L1", "changed", "new"]


def test_totals_follow_every_change_of_lines(client):
    number, ids = new_order(client)
    for details, total in (
        ([{"id": ids[0], **wrapped(OrderQty=5)}], 90),
        ([{"id": ids[1], "delete": True}], 70),
        (lines("VALVE0001", UnitPrice=3), 73),
    ):
        answer = read_json(
            client.entity("PUT", "SalesOrder", {**wrapped(OrderNbr=number), "Details": details}, select="OrderTotal")
        )
        assert answer["OrderTotal"]["value"] == total


def test_attributes_are_found_by_their_name(client):
    for value in ("Red", "Blue"):
        sent = {"InventoryID": "BRACKE0000", "Attributes": [{"AttributeID": "COLOR", "Value": value}]}
        client.put("StockItem", sent)
        (attribute,) = client.get("StockItem/BRACKE0000", expand="Attributes")["Attributes"]
        assert attribute["Value"] == {"value": value}


@pytest.mark.parametrize("touch", [True, False])
def test_a_changed_line_touches_the_stamp_of_its_record_or_not_as_the_form_is_made(open_client, touch):
    client = open_client(header_touch=touch)
    before = client.get("SalesOrder/SO/SO000003", expand="Details")
    write_lines(client, "SO000003", {"id": before["Details"][0]["id"], **wrapped(LineDescription="x")})
    after = client.get("SalesOrder/SO/SO000003")
    assert (before["LastModified"] != after["LastModified"]) is touch


@pytest.mark.parametrize("details", [{}, {"InventoryID": {"value": "VALVE0001"}}, "x", 5, [5], [[]]])
def test_details_that_are_no_array_of_objects_are_400(client, details):
    status, body = client.refused("PUT", "SalesOrder", {**wrapped(OrderNbr="SO000003"), "Details": details})
    assert status == 400
    assert "An exception occurred during input parsing" in body["message"]
