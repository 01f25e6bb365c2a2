"""Writes that are refused: the entity with its errors, the same as an exception, what others refer to, other kinds."""

from __future__ import annotations

import pytest

from unit_tests.emulator.conformance.conftest import ORDER, SITE, assert_failed, told, wrapped

GENERAL = "{}  '{}' record raised at least one error. Please review the errors."
OUTCOME = "PX.Api.ContractBased.OutcomeEntityHasErrorsException"
BILL = {"Vendor": {"value": "VFOOD0000"}}


def lines(*items, **fields):
    return [{**wrapped(InventoryID=item, OrderQty=1), **wrapped(**fields)} for item in items]


def order(*items, **fields):
    return {**wrapped(CustomerID="ALPIN0000", **fields), "Details": lines(*items)}


@pytest.fixture
def open_door(open_small_door):
    return open_small_door


# --- 422 is the entity (recorded by the tests of Acumatica's C# client)


@pytest.mark.parametrize(
    ("entity", "body", "field", "text", "record"),
    [
        (
            "SalesOrder",
            wrapped(CustomerID="NOBODY"),
            "CustomerID",
            "'Customer' cannot be found in the system.",
            "Sales Order",
        ),
        (
            "PurchaseOrder",
            wrapped(VendorID="NOBODY"),
            "VendorID",
            "'Vendor' cannot be found in the system.",
            "Purchase Order",
        ),
        ("Bill", wrapped(Vendor="NOBODY"), "Vendor", "'Vendor' cannot be found in the system.", "AP Transactions"),
        ("Invoice", wrapped(Customer="NOBODY"), "Customer", "'Customer' cannot be found in the system.", "AR Invoice"),
        (
            "Payment",
            wrapped(CustomerID="NOBODY"),
            "CustomerID",
            "'Customer' cannot be found in the system.",
            "AR Payment",
        ),
    ],
)
def test_an_error_stands_beside_the_value_it_is_about(door, entity, body, field, text, record):
    status, told_back = door.refused("PUT", entity, body)
    assert status == 422
    assert told_back["error"] == GENERAL.format("Inserting", record)
    assert told_back[field] == {**body[field], "error": text}


def test_the_general_text_has_two_blanks_after_its_first_word(door):
    text = door.refused("PUT", "SalesOrder", wrapped(CustomerID="NOBODY"))[1]["error"]
    assert text.startswith("Inserting  '")
    assert "   " not in text


def test_an_update_says_updating(door):
    body = wrapped(OrderNbr="SO000003", CustomerID="NOBODY")
    assert door.refused("PUT", "SalesOrder", body)[1]["error"] == GENERAL.format("Updating", "Sales Order")


@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
def test_a_refused_update_changes_nothing(door, verb):
    before = door.get("SalesOrder/SO/SO000003", expand="Details")
    body = {**order("NOPE"), **wrapped(OrderNbr="SO000003", Description="x")}
    assert door.refused(verb, "SalesOrder", body)[0] == 422
    assert door.get("SalesOrder/SO/SO000003", expand="Details") == before


def test_a_refused_insert_leaves_no_document_behind(door):
    before = door.keys("SalesOrder", "OrderNbr", select="OrderNbr")
    for _ in range(2):
        assert door.refused("PUT", "SalesOrder", order("NOPE"))[1]["OrderNbr"] == {"value": "<NEW>"}
    assert door.keys("SalesOrder", "OrderNbr", select="OrderNbr") == before


@pytest.mark.parametrize(
    ("entity", "key"), [("SalesOrder", "OrderNbr"), ("Bill", "ReferenceNbr"), ("Payment", "ReferenceNbr")]
)
def test_a_number_that_was_not_given_yet_shows_as_new(door, entity, key):
    body = wrapped(CustomerID="NOBODY", Vendor="NOBODY")
    assert door.refused("PUT", entity, body)[1][key] == {"value": "<NEW>"}


@pytest.mark.parametrize(
    ("items", "wrong"), [(["NOPE"], [True]), (["BRACKE0000", "NOPE", "VALVE0001", "NO2"], [False, True, False, True])]
)
def test_every_wrong_line_is_told_in_its_place(door, items, wrong):
    status, body = door.refused("PUT", "SalesOrder", order(*items), expand="Details")
    assert status == 422
    assert [line["InventoryID"]["value"] for line in body["Details"]] == items
    assert ["error" in line["InventoryID"] for line in body["Details"]] == wrong
    assert [line["rowNumber"] for line in body["Details"]] == list(range(1, len(items) + 1))


def test_a_project_that_is_not_there_is_told_with_its_padded_key(door, recorded):
    theirs = recorded("errors/put_422_bill_detail_error.json")
    body = {**BILL, "Details": [wrapped(Project="TES2323T", Amount=201.73)]}
    status, mine = door.refused("PUT", "Bill", body, expand="Details")
    assert (status, mine["error"]) == (422, theirs["error"])
    assert mine["Details"][0]["Project"] == theirs["Details"][0]["Project"]


def test_fields_that_are_right_are_shown_without_an_error(door):
    body = door.refused("PUT", "SalesOrder", {**order("NOPE"), **wrapped(Description="kept")})[1]
    assert body["Description"] == {"value": "kept"}
    assert body["CustomerID"] == {"value": "ALPIN0000"}


def test_a_required_field_that_was_not_sent_is_told_by_the_entity(door, recorded):
    """Recorded: the text of the field, a semicolon, and the text again behind the field's name."""
    form = recorded("errors/put_422_entity_level_error.json")["error"]
    status, body = door.refused("PUT", "Bill", wrapped(Description="x"))
    assert (status, body["error"]) == (422, form.replace("SuppliedByVendorID", "Vendor"))


def test_a_required_field_that_was_sent_empty_is_told_in_its_wrapper(door):
    body = {**wrapped(CustomerID="X"), "CustomerName": {"value": ""}}
    status, told_back = door.refused("PUT", "Customer", body)
    assert (status, told_back["CustomerName"]["error"]) == (422, "'CustomerName' cannot be empty.")


@pytest.mark.parametrize(("period", "words"), [("082026", "08-2026"), ("012019", "01-2019")])
def test_an_inactive_period_is_told_with_its_company(open_door, period, words):
    door = open_door(inactive_periods=[period])
    status, body = door.refused("PUT", "Bill", {**BILL, **wrapped(PostPeriod=period)})
    text = f"Error: The {words} financial period is inactive in the Company company."
    assert (status, body["PostPeriod"]) == (422, {"value": period, "error": text})


def test_an_entity_with_errors_has_its_links(door):
    body = door.refused("PUT", "Bill", wrapped(Vendor="NOBODY"))[1]
    assert body["_links"]["self"] == f"{SITE}/entity/Default/24.200.001/Bill/{body['id']}"


def test_several_errors_are_told_at_once(door):
    body = {"CustomerID": {"value": "NOBODY"}, "Details": lines("NOPE")}
    answer = door.refused("PUT", "SalesOrder", body)[1]
    assert "error" in answer["CustomerID"]
    assert "error" in answer["Details"][0]["InventoryID"]


# --- the same condition as an exception (production on 23.200.001)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (wrapped(CustomerID="NOBODY"), ["CustomerID: 'Customer' cannot be found in the system."]),
        (order("NOPE", "NO2"), ["InventoryID: 'Inventory ID' cannot be found in the system."] * 2),
    ],
)
def test_an_instance_may_answer_the_errors_as_a_500(open_door, body, words):
    door = open_door(error_status=500)
    answer = door.refused("PUT", "SalesOrder", body)
    assert_failed(answer, OUTCOME, GENERAL.format("Inserting", "Sales Order"))
    assert answer[1]["exceptionMessage"].split("; ")[1:] == words


# --- deleting


@pytest.mark.parametrize("path", ["Ledger/L1", "Ledger/l1", "Ledger/L1%20%20", "Ledger/{id}"])
def test_a_record_is_deleted_by_its_key_or_its_id(door, path):
    row = door.put("Ledger", {"LedgerID": "L1", "Description": "x"})
    response = door.entity("DELETE", path.format(id=row["id"]))
    assert (response.status, response.body) == (204, b"")
    assert "L1" not in door.keys("Ledger", "LedgerID")


@pytest.mark.parametrize("separator", ["/", "|"])
def test_several_keys_are_written_as_in_a_read(door, separator):
    assert door.entity("DELETE", f"SalesOrder/SO{separator}SO000003").status == 204
    assert door.refused("GET", "SalesOrder/SO/SO000003")[0] == 500


@pytest.mark.parametrize(("way", "status"), [("500", 500), ("204", 204)])
def test_a_delete_that_misses_is_a_matter_of_instance(open_door, way, status):
    """Nobody recorded one; a 404 is not documented."""
    assert open_door(delete_missing=way).entity("DELETE", "Ledger/NONE").status == status


@pytest.mark.parametrize("entity", ["Customer", "Vendor", "CustomerClass"])
def test_a_business_rule_against_a_deletion_is_an_exception(door, entity):
    used = {
        "Customer": door.get("SalesOrder/SO/SO000003")["CustomerID"]["value"],
        "Vendor": door.get("PurchaseOrder", top=1)[0]["VendorID"]["value"],
        "CustomerClass": "LOCAL",
    }[entity]
    assert_failed(door.refused("DELETE", f"{entity}/{used}"), "PX.Data.PXException", "cannot be deleted")
    assert door.entity("GET", f"{entity}/{used}").status == 200


def test_a_deleted_record_may_come_back_under_its_key_with_another_id(door):
    first = door.put("Ledger", {"LedgerID": "L1", "Description": "x"})["id"]
    door.entity("DELETE", "Ledger/L1")
    door.instance.clock.tick(1)
    assert door.put("Ledger", {"LedgerID": "L1", "Description": "y"})["id"] != first


def test_a_delete_of_a_line_goes_through_its_record(door):
    line = door.get("SalesOrder/SO/SO000003", expand="Details")["Details"][0]
    assert door.refused("DELETE", f"SalesOrder/{line['id']}")[0] == 500
    assert door.refused("DELETE", f"SalesOrderDetail/{line['id']}")[0] == 404


# --- lines


def new_order(door, number=3):
    fields = {**ORDER, "Details": [{**ORDER["Details"][0], "LineDescription": f"L{at}"} for at in range(number)]}
    answer = door.put("SalesOrder", fields, expand="Details")
    return answer["OrderNbr"]["value"], [line["id"] for line in answer["Details"]]


def stored_lines(door, number):
    rows = door.get(f"SalesOrder/SO/{number}", expand="Details")["Details"]
    return [(row["id"], row["LineDescription"].get("value")) for row in rows]


def write_lines(door, number, *details):
    return door.entity("PUT", "SalesOrder", {**wrapped(OrderNbr=number), "Details": list(details)})


def test_a_line_without_an_id_is_appended_each_time_the_put_is_repeated(door):
    number, ids = new_order(door)
    for expected in (4, 5):
        assert write_lines(door, number, *lines("VALVE0001", LineDescription="new")).status == 200
        assert len(stored_lines(door, number)) == expected
    assert [id for id, _ in stored_lines(door, number)[:3]] == ids


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_a_line_with_its_id_is_updated_and_the_others_stay(door, spelling):
    number, ids = new_order(door)
    write_lines(door, number, {"id": spelling(ids[1]), **wrapped(LineDescription="changed")})
    assert stored_lines(door, number) == [(ids[0], "L0"), (ids[1], "changed"), (ids[2], "L2")]


def test_a_row_number_beside_an_id_is_tolerated(door):
    number, ids = new_order(door)
    write_lines(door, number, {"id": ids[2], "rowNumber": 1, **wrapped(LineDescription="changed")})
    assert stored_lines(door, number)[2] == (ids[2], "changed")


def test_a_line_is_also_found_by_the_key_field_of_the_detail(door):
    number, ids = new_order(door)
    write_lines(door, number, wrapped(LineNbr=2, LineDescription="changed"))
    assert stored_lines(door, number)[1] == (ids[1], "changed")


@pytest.mark.parametrize("gone", [[0], [2], [0, 1, 2], []])
def test_a_line_goes_when_it_is_marked_and_unlisted_lines_stay(door, gone):
    number, ids = new_order(door)
    write_lines(door, number, *({"id": ids[at], "delete": True} for at in gone))
    assert [id for id, _ in stored_lines(door, number)] == [id for at, id in enumerate(ids) if at not in gone]


def test_one_put_may_append_change_and_delete(door):
    number, ids = new_order(door)
    details = [{"id": ids[0], "delete": True}, {"id": ids[2], **wrapped(LineDescription="changed")}]
    write_lines(door, number, *details, *lines("VALVE0001", LineDescription="new"))
    assert [text for _, text in stored_lines(door, number)] == ["L1", "changed", "new"]


def test_totals_follow_every_change_of_lines(door):
    number, ids = new_order(door)
    for details, total in (
        ([{"id": ids[0], **wrapped(OrderQty=5)}], 90),
        ([{"id": ids[1], "delete": True}], 70),
        (lines("VALVE0001", UnitPrice=3), 73),
    ):
        answer = told(
            door.entity("PUT", "SalesOrder", {**wrapped(OrderNbr=number), "Details": details}, select="OrderTotal")
        )
        assert answer["OrderTotal"]["value"] == total


def test_attributes_are_found_by_their_name(door):
    for value in ("Red", "Blue"):
        sent = {"InventoryID": "BRACKE0000", "Attributes": [{"AttributeID": "COLOR", "Value": value}]}
        door.put("StockItem", sent)
        (attribute,) = door.get("StockItem/BRACKE0000", expand="Attributes")["Attributes"]
        assert attribute["Value"] == {"value": value}


@pytest.mark.parametrize("touch", [True, False])
def test_a_changed_line_touches_the_stamp_of_its_record_or_not_as_the_form_is_made(open_door, touch):
    door = open_door(header_touch=touch)
    before = door.get("SalesOrder/SO/SO000003", expand="Details")
    write_lines(door, "SO000003", {"id": before["Details"][0]["id"], **wrapped(LineDescription="x")})
    after = door.get("SalesOrder/SO/SO000003")
    assert (before["LastModified"] != after["LastModified"]) is touch


@pytest.mark.parametrize("details", [{}, {"InventoryID": {"value": "VALVE0001"}}, "x", 5, [5], [[]]])
def test_details_that_are_no_array_of_objects_are_400(door, details):
    status, body = door.refused("PUT", "SalesOrder", {**wrapped(OrderNbr="SO000003"), "Details": details})
    assert status == 400
    assert "An exception occurred during input parsing" in body["message"]
