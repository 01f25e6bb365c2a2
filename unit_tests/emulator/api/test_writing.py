"""PUT, PATCH and DELETE."""

from __future__ import annotations

from decimal import Decimal

import pytest

from acumatica_emulator.site.store import records

ORDER = {"CustomerID": "ALPIN0000", "Details": [{"InventoryID": "BRACKE0000", "OrderQty": 2, "UnitPrice": 10.5}]}
VENDOR = "VFOOD0000"


def stored(client, entity, **match):
    """The stored records that have these values."""
    rows = records(client.instance.tenants["Company"], entity)
    return [row for row in rows if all(row[name] == value for name, value in match.items())]


def shown(answer):
    """The members of an answer besides those that always stand there."""
    return set(answer) - {"id", "rowNumber", "note", "custom", "_links"}


# --- finding the record


def test_a_put_of_unknown_keys_inserts_and_of_known_keys_updates(client):
    first = client.put("Customer", {"CustomerID": "NEWCO", "CustomerName": "New"})
    second = client.put("Customer", {"CustomerID": "newco", "CustomerName": "Newer"})
    assert first["id"] == second["id"]
    (row,) = stored(client, "Customer", id=first["id"])
    assert (row["CustomerID"], row["CustomerName"]) == ("NEWCO", "Newer")


def test_a_put_may_name_the_record_by_id_or_by_filter(client):
    row = client.get("Customer/ALPIN0000")
    client.put("Customer", {"id": row["id"], "CustomerName": "By id"})
    assert client.get("Customer/ALPIN0000")["CustomerName"] == {"value": "By id"}
    client.put("Customer", {"CustomerName": "By filter"}, filter="CustomerID eq 'ALPIN0000'")
    assert client.get("Customer/ALPIN0000")["CustomerName"] == {"value": "By filter"}


def test_a_filter_that_finds_nothing_inserts_and_one_that_finds_many_is_refused(client):
    answer = client.put("Customer", {"CustomerName": "Fresh"}, filter="CustomerName eq 'Fresh'")
    assert len(stored(client, "Customer", id=answer["id"])) == 1
    status, body = client.refused("PUT", "Customer", {"CustomerName": {"value": "x"}}, filter="Status eq 'Active'")
    assert status == 422
    assert "More than one" in body["exceptionMessage"]


@pytest.mark.parametrize("sent", [{}, {"OrderNbr": "<NEW>"}, {"OrderNbr": ""}, {"OrderNbr": None}])
def test_a_document_without_a_number_is_always_a_new_one(client, sent):
    numbers = [client.put("SalesOrder", {**ORDER, **sent})["OrderNbr"]["value"] for _ in range(2)]
    assert numbers == ["SO000401", "SO000402"]


def test_a_number_that_was_sent_is_kept_or_not_as_the_sequence_is_set(client):
    sent = {**ORDER, "OrderType": "SO", "OrderNbr": "WEB-1"}
    assert client.put("SalesOrder", sent)["OrderNbr"] == {"value": "WEB-1"}
    client.instance.behavior.manual_numbers = False
    assert client.put("SalesOrder", {**sent, "OrderNbr": "WEB-2"})["OrderNbr"] == {"value": "SO000401"}


def test_an_absent_type_means_the_usual_one(client):
    client.put("SalesOrder", {"OrderNbr": "SO000002", "Description": "Changed"})
    assert client.get("SalesOrder/SO/SO000002")["Description"] == {"value": "Changed"}


def test_insert_only_and_update_only_are_kept_by_412(client):
    known, unknown = (
        {"CustomerID": {"value": "ALPIN0000"}},
        {"CustomerID": {"value": "X"}, "CustomerName": {"value": "x"}},
    )
    assert client.refused("PUT", "Customer", known, {"If-None-Match": "*"})[0] == 412
    assert client.refused("PUT", "Customer", unknown, {"If-Match": "*"})[0] == 412
    assert client.entity("PUT", "Customer", known, {"If-Match": "*"}).status == 200
    assert client.entity("PUT", "Customer", unknown, {"If-None-Match": "*"}).status == 200


# --- fields


def test_only_the_fields_that_were_sent_change(client):
    before = client.get("Customer/ALPIN0000")
    client.put("Customer", {"CustomerID": "ALPIN0000", "Terms": "COD"})
    after = client.get("Customer/ALPIN0000")
    assert {name for name in before if before[name] != after[name]} == {"Terms", "LastModifiedDateTime"}


def test_null_clears_a_field_and_an_empty_object_leaves_it(client):
    body = {"CustomerID": {"value": "ALPIN0000"}, "Terms": {}, "ShipVia": {"value": None}, "note": {"value": ""}}
    assert client.entity("PUT", "Customer", body).status == 200
    row = client.get("Customer/ALPIN0000")
    assert row["Terms"] != {}
    assert row["ShipVia"] == {}
    assert row["note"] == {"value": ""}


def test_unknown_members_are_dropped_silently(client):
    before = client.get("Customer/ALPIN0000")
    answer = client.put("Customer", {"CustomerID": "ALPIN0000", "Nonsense": 1, "customername": "x"})
    assert answer == before


def test_what_the_server_works_out_cannot_be_sent(client):
    sent = {
        **ORDER,
        "OrderTotal": 999,
        "LastModified": "2001-01-01T00:00:00",
        "NoteID": "0" * 8 + "-0000-0000-0000-" + "0" * 12,
    }
    answer = client.put("SalesOrder", sent, select="OrderTotal,LastModified,NoteID")
    assert answer["OrderTotal"] == {"value": Decimal("21.0000")}
    assert answer["LastModified"] == {"value": "2026-03-02T12:00:00+00:00"}
    assert answer["NoteID"] == {"value": answer["id"]}


def test_a_bare_scalar_is_400_or_ignored(client):
    body = {"CustomerID": {"value": "ALPIN0000"}, "CustomerName": "bare"}
    assert client.refused("PUT", "Customer", body)[0] == 400
    client.instance.behavior.bare_scalar = "ignore"
    assert client.entity("PUT", "Customer", body).status == 200
    assert stored(client, "Customer", CustomerName="bare") == []


@pytest.mark.parametrize(
    "body",
    [
        {"Details": {"InventoryID": {"value": "x"}}},
        {"Details": ["x"]},
        {"Date": {"value": "soon"}},
        {"custom": {"Document": {"UsrReviewed": {"value": "maybe"}}}},
        {"Totals": 5},
    ],
)
def test_a_value_that_cannot_be_read_is_400(client, body):
    status, answered = client.refused("PUT", "SalesOrder", body)
    assert status == 400
    assert "An exception occurred during input parsing" in answered["message"]


def test_linked_parts_are_written_as_nested_objects(client):
    client.put(
        "Customer",
        {"CustomerID": "ALPIN0000", "MainContact": {"Email": "new@example.com", "Address": {"City": "Rome"}}},
    )
    contact = client.get("Customer/ALPIN0000", expand="MainContact,MainContact/Address")["MainContact"]
    assert contact["Email"] == {"value": "new@example.com"}
    assert contact["Address"]["City"] == {"value": "Rome"}
    assert contact["Phone1"] != {}


def test_custom_fields_are_written_and_unknown_ones_dropped(client):
    custom = {"BAccount": {"UsrLoyaltyTier": {"type": "CustomStringField", "value": "IRON"}, "UsrNope": {"value": 1}}}
    client.put("Customer", {"CustomerID": "ALPIN0000", "custom": custom})
    answer = client.get("Customer/ALPIN0000", custom="BAccount.UsrLoyaltyTier")
    assert answer["custom"] == {"BAccount": {"UsrLoyaltyTier": {"type": "CustomStringField", "value": "IRON"}}}
    assert client.keys("Customer", "CustomerID", filter="cf.String(f='BAccount.UsrLoyaltyTier') eq 'iron'") == [
        "ALPIN0000"
    ]


def test_a_twenty_digit_decimal_keeps_its_digits(client):
    body = b'{"CustomerID":{"value":"ALPIN0000"},"CreditLimit":{"value":12345678901234567890.1234}}'
    assert b"12345678901234567890.1234" in client.entity("PUT", "Customer", body).body


# --- stamps


def test_a_change_is_stamped_and_a_put_that_changes_nothing_is_not(client):
    row = client.get("Customer/ALPIN0000")
    client.put("Customer", {"CustomerID": "ALPIN0000", "CustomerName": row["CustomerName"]["value"]})
    assert client.get("Customer/ALPIN0000") == row
    client.instance.clock.tick(60)
    client.put("Customer", {"CustomerID": "ALPIN0000", "CustomerName": "Other"})
    assert client.get("Customer/ALPIN0000")["LastModifiedDateTime"] == {"value": "2026-03-02T12:01:00+00:00"}


@pytest.mark.parametrize(("touch", "stamped"), [(True, True), (False, False)])
def test_a_changed_line_may_or_may_not_stamp_its_header(open_client, touch, stamped):
    client = open_client(header_touch=touch)
    before = client.get("SalesOrder/SO/SO000002", expand="Details")
    line = before["Details"][0]["id"]
    client.put("SalesOrder", {"OrderNbr": "SO000002", "Details": [{"id": line, "LineDescription": "Changed"}]})
    after = client.get("SalesOrder/SO/SO000002", expand="Details")
    assert after["Details"][0]["LineDescription"] == {"value": "Changed"}
    assert after["Details"][0]["LastModifiedDate"] == {"value": "03/02/2026 12:00:00"}
    assert (after["LastModified"] != before["LastModified"]) is stamped


def test_a_commit_may_become_visible_later_than_its_stamp(open_client):
    client = open_client(commit_delay=30)
    client.put("Customer", {"CustomerID": "LATE", "CustomerName": "Late"})
    assert client.keys("Customer", "CustomerID", filter="CustomerID eq 'LATE'") == []
    client.instance.clock.tick(31)
    assert client.get("Customer/LATE")["LastModifiedDateTime"] == {"value": "2026-03-02T12:00:00+00:00"}


def test_a_record_is_not_found_before_its_commit_though_the_answer_of_its_put_shows_it(open_client):
    client = open_client(commit_delay=30)
    assert client.put("Customer", {"CustomerID": "LATE", "CustomerName": "Late"})["CustomerName"] == {"value": "Late"}
    assert client.refused("GET", "Customer/LATE")[0] == 500
    client.instance.clock.tick(31)
    assert client.get("Customer/LATE")["CustomerName"] == {"value": "Late"}


def test_a_second_write_of_a_record_waits_for_the_commit_of_the_first(open_client):
    client = open_client(commit_delay=30)
    made = client.put("Customer", {"CustomerID": "TWICE", "CustomerName": "One"})
    client.put("Customer", {"CustomerID": "twice", "CustomerName": "Two"})
    client.put("Customer", {"id": made["id"], "CreditLimit": 7})
    assert client.get("Customer/TWICE")["CustomerName"] == {"value": "Two"}
    client.instance.clock.tick(31)
    known = client.get("Customer/TWICE")
    assert (known["id"], known["CustomerName"]["value"], int(known["CreditLimit"]["value"])) == (made["id"], "Two", 7)
    assert len(client.get("Customer", filter="CustomerID eq 'TWICE'")) == 1


@pytest.mark.parametrize("by_id", [True, False])
def test_a_record_may_be_deleted_before_its_change_shows(open_client, by_id):
    client = open_client(commit_delay=30)
    id = client.put("Customer", {"CustomerID": "GONE", "CustomerName": "One"})["id"]
    assert client.entity("DELETE", f"Customer/{id if by_id else 'GONE'}").status == 204
    client.instance.clock.tick(31)
    assert client.keys("Customer", "CustomerID", filter="CustomerID eq 'GONE'") == []


def test_a_new_document_takes_its_date_and_branch_from_the_session_or_the_request(open_client):
    client = open_client(signed_in=False)
    client.log_in(branch="WEST")
    made = client.put("SalesOrder", ORDER, select="Date,Branch")
    assert (made["Date"]["value"][:10], made["Branch"]["value"]) == ("2026-03-02", "WEST")
    headers = {"PX-CbApiBusinessDate": "2025-12-31", "PX-CbApiBranch": "EAST"}
    made = client.put("SalesOrder", ORDER, headers, select="Date,Branch")
    assert (made["Date"]["value"][:10], made["Branch"]["value"]) == ("2025-12-31", "EAST")
    sent = {**ORDER, "Date": "2024-02-29", "Branch": "OWN"}
    made = client.put("SalesOrder", sent, headers, select="Date,Branch")
    assert (made["Date"]["value"][:10], made["Branch"]["value"]) == ("2024-02-29", "OWN")
    body = {"CustomerID": {"value": "ALPIN0000"}}
    assert client.refused("PUT", "SalesOrder", body, {"PX-CbApiBusinessDate": "soon"})[0] == 400


# --- the answer


def test_the_answer_may_show_only_what_was_sent_and_what_was_asked_for(open_client):
    client = open_client(put_scope="sent")
    answer = client.put("SalesOrder", {**ORDER, "Description": "Hi"})
    assert shown(answer) == {"CustomerID", "Description", "OrderType", "OrderNbr"}
    answer = client.put("SalesOrder", ORDER, select="OrderTotal", expand="Details")
    assert shown(answer) == {"CustomerID", "OrderType", "OrderNbr", "OrderTotal", "Details"}


def test_the_answer_shows_the_whole_top_level_and_no_part_that_is_not_expanded(client):
    """Recorded on 20.200.001, 23.200.001 and 25R2; 27 assertions of Acumatica's own collection."""
    answer = client.put("SalesOrder", ORDER)
    stored = client.get(f"SalesOrder/SO/{answer['OrderNbr']['value']}")
    assert answer == stored
    assert "Details" not in answer
    answer = client.put("Customer", {"CustomerID": "ALPIN0000", "Terms": "COD"}, expand="MainContact")
    assert {"CustomerName", "Status", "Terms", "MainContact"} <= shown(answer)


def test_a_select_narrows_the_answer(client):
    assert shown(client.put("SalesOrder", ORDER, select="OrderTotal,OrderNbr")) == {"OrderTotal", "OrderNbr"}


def test_or_the_answer_does_not_even_show_the_key(open_client):
    answer = open_client(put_scope="bare").put("SalesOrder", ORDER, select="OrderTotal")
    assert shown(answer) == {"CustomerID", "OrderTotal"}
    assert answer["id"]


@pytest.mark.parametrize("scope", ["sent", "bare", "full"])
def test_a_disabled_field_keeps_its_value_and_may_carry_an_error_in_an_answer_of_200(open_client, scope):
    answered = {"Terms": "The field is disabled.", "CustomerName": ""}
    client = open_client(disabled={"Customer": answered}, put_scope=scope)
    before = client.get("Customer/ALPIN0000")
    sent = {"CustomerID": "ALPIN0000", "Terms": "COD", "CustomerName": "New", "CreditLimit": 7}
    answer = client.put("Customer", sent)
    assert answer["Terms"] == {**before["Terms"], "error": "The field is disabled."}
    assert answer["CustomerName"] == before["CustomerName"]
    assert answer["CreditLimit"] == {"value": Decimal("7.0000")}
    after = client.get("Customer/ALPIN0000")
    assert (after["Terms"], after["CustomerName"]) == (before["Terms"], before["CustomerName"])
    assert "error" not in client.put("Customer", {"CustomerID": "ALPIN0000", "CreditLimit": 8}).get("Terms", {})


# --- lines


def new_order(client):
    return client.put("SalesOrder", ORDER, expand="Details")


def lines_of(client, order):
    return client.get(f"SalesOrder/SO/{order['OrderNbr']['value']}", expand="Details")["Details"]


def test_lines_without_an_id_are_appended_every_time(client):
    order = new_order(client)
    line = {"InventoryID": "VALVE0001", "OrderQty": 1, "UnitPrice": 1}
    for expected in (2, 3):
        client.put("SalesOrder", {"OrderNbr": order["OrderNbr"]["value"], "Details": [line]})
        assert len(lines_of(client, order)) == expected
    assert [line["LineNbr"]["value"] for line in lines_of(client, order)] == [1, 2, 3]


def test_ids_of_lines_may_be_those_of_one_session(open_client):
    client = open_client(session_ids=["SalesOrder"], seats=2)
    order = new_order(client)
    number, id = order["OrderNbr"]["value"], order["Details"][0]["id"]
    client.put("SalesOrder", {"OrderNbr": number, "Details": [{"id": id, "OrderQty": 5}]})
    (line,) = lines_of(client, order)
    assert (line["id"], line["OrderQty"]["value"]) == (id, 5)

    client.log_in()
    (line,) = lines_of(client, order)
    assert line["id"] != id
    assert client.get(f"SalesOrder/{order['id']}")["OrderNbr"]["value"] == number
    client.put("SalesOrder", {"OrderNbr": number, "Details": [{"id": id, "InventoryID": "VALVE0001"}]})
    assert len(lines_of(client, order)) == 2
    client.put("SalesOrder", {"OrderNbr": number, "Details": [{"id": line["id"], "delete": True}]})
    assert len(lines_of(client, order)) == 1


def test_a_line_with_its_id_or_its_number_is_updated(client):
    order = new_order(client)
    number = order["OrderNbr"]["value"]
    client.put("SalesOrder", {"OrderNbr": number, "Details": [{"id": order["Details"][0]["id"], "OrderQty": 5}]})
    client.put("SalesOrder", {"OrderNbr": number, "Details": [{"LineNbr": 1, "UnitPrice": 2}]})
    (line,) = lines_of(client, order)
    assert (line["OrderQty"], line["ExtendedPrice"]) == ({"value": Decimal("5.000000")}, {"value": Decimal("10.0000")})


def test_a_line_marked_for_deletion_goes_and_the_others_stay(client):
    order = client.put("SalesOrder", {**ORDER, "Details": ORDER["Details"] * 3}, expand="Details")
    gone = order["Details"][1]["id"]
    client.put("SalesOrder", {"OrderNbr": order["OrderNbr"]["value"], "Details": [{"id": gone, "delete": True}]})
    assert [line["LineNbr"]["value"] for line in lines_of(client, order)] == [1, 3]


def test_totals_follow_the_lines(client):
    order = client.put("SalesOrder", {**ORDER, "Details": ORDER["Details"] * 2}, select="OrderTotal,OrderedQty")
    assert (order["OrderTotal"]["value"], order["OrderedQty"]["value"]) == (Decimal("42.0000"), Decimal("4.000000"))


def test_an_attribute_is_found_by_its_name(client):
    sent = {"CustomerID": "ALPIN0000", "Attributes": [{"AttributeID": "INDUSTRY", "Value": "9"}]}
    client.put("Customer", sent)
    (attribute,) = client.get("Customer/ALPIN0000", expand="Attributes")["Attributes"]
    assert attribute["Value"] == {"value": "9"}


def test_a_line_keeps_its_id_through_changes_of_others(client):
    order = new_order(client)
    id = order["Details"][0]["id"]
    client.put("SalesOrder", {"OrderNbr": order["OrderNbr"]["value"], "Details": ORDER["Details"]})
    assert lines_of(client, order)[0]["id"] == id


# --- refusals


@pytest.mark.parametrize(
    ("entity", "fields", "field", "text"),
    [
        ("SalesOrder", {"CustomerID": "NOSUCH"}, "CustomerID", "'Customer' cannot be found in the system."),
        ("PurchaseOrder", {"VendorID": "NOSUCH"}, "VendorID", "'Vendor' cannot be found in the system."),
        (
            "Customer",
            {"CustomerName": "x", "CustomerClass": "NONE"},
            "CustomerClass",
            "'CustomerClass' cannot be found",
        ),
        ("Customer", {"CustomerID": "X", "CustomerName": None}, "CustomerName", "'CustomerName' cannot be empty."),
    ],
)
def test_an_error_of_a_field_stands_in_its_wrapper(client, entity, fields, field, text):
    body = {name: {"value": value} for name, value in fields.items()}
    status, answered = client.refused("PUT", entity, body)
    assert status == 422
    assert text in answered[field]["error"]
    assert answered["error"].startswith("Inserting  '")
    assert answered["error"].endswith("record raised at least one error. Please review the errors.")


def test_an_update_that_fails_says_updating_and_changes_nothing(client):
    before = client.get("SalesOrder/SO/SO000002")
    body = {"OrderNbr": {"value": "SO000002"}, "CustomerID": {"value": "NOSUCH"}, "Description": {"value": "x"}}
    status, answered = client.refused("PUT", "SalesOrder", body)
    assert (status, answered["error"].split("  ")[0]) == (422, "Updating")
    assert client.get("SalesOrder/SO/SO000002") == before


def test_every_wrong_line_is_reported_in_its_place(client):
    items = ["BRACKE0000", "NOPE", "NOPE2"]
    body = {
        "CustomerID": {"value": "ALPIN0000"},
        "Details": [{"InventoryID": {"value": item}, "OrderQty": {"value": 1}} for item in items],
    }
    status, answered = client.refused("PUT", "SalesOrder", body)
    assert status == 422
    assert ["error" in line["InventoryID"] for line in answered["Details"]] == [False, True, True]


def test_the_same_condition_may_be_a_500(open_client):
    client = open_client(error_status=500)
    status, answered = client.refused("PUT", "SalesOrder", {"CustomerID": {"value": "NOSUCH"}})
    assert status == 500
    assert answered["exceptionType"] == "PX.Api.ContractBased.OutcomeEntityHasErrorsException"
    assert "CustomerID: 'Customer' cannot be found in the system." in answered["exceptionMessage"]


def test_without_write_rights_the_answer_is_200_with_the_old_values(open_client):
    client = open_client(read_only=["Customer"])
    before = client.get("Customer/ALPIN0000")
    answer = client.put("Customer", {"CustomerID": "ALPIN0000", "CustomerName": "Never"})
    assert answer["CustomerName"] == before["CustomerName"]
    client.put("Customer", {"CustomerID": "NEVER", "CustomerName": "Never"})
    assert stored(client, "Customer", CustomerName="Never") == []


# --- PATCH and DELETE


def test_a_patch_writes_the_fields_listed_and_never_inserts(client):
    body = {"CustomerID": {"value": "ALPIN0000"}, "CustomerName": {"value": "Patched"}}
    assert client.entity("PATCH", "Customer", body).status == 200
    assert client.get("Customer/ALPIN0000")["CustomerName"] == {"value": "Patched"}
    assert client.refused("PATCH", "Customer", {"CustomerID": {"value": "X"}})[0] == 404
    assert client.refused("PATCH", "Customer", body, {"If-None-Match": "*"})[0] == 412


def test_an_older_build_has_no_patch(open_client):
    assert open_client(patch=False).refused("PATCH", "Customer", {})[0] == 405


def test_a_delete_answers_204_and_a_second_one_misses(client):
    client.put("Customer", {"CustomerID": "GONE", "CustomerName": "x"})
    response = client.entity("DELETE", "Customer/GONE")
    assert (response.status, response.body) == (204, b"")
    assert client.refused("DELETE", "Customer/GONE")[1]["exceptionMessage"] == "No entity satisfies the condition."
    client.instance.behavior.delete_missing = "204"
    assert client.entity("DELETE", "Customer/GONE").status == 204


def test_a_delete_may_name_the_id(client):
    row = client.get("SalesOrder/SO/SO000002")
    assert client.entity("DELETE", f"SalesOrder/{row['id']}").status == 204
    assert len(client.get("SalesOrder")) == 399


def test_a_record_that_others_refer_to_is_not_deleted(client):
    used = client.get("SalesOrder/SO/SO000002")["CustomerID"]["value"]
    status, answered = client.refused("DELETE", f"Customer/{used}")
    assert (status, answered["exceptionType"]) == (500, "PX.Data.PXException")
    assert client.get(f"Customer/{used}")


# --- other kinds of entities


def test_a_record_keyed_by_its_note_id_can_be_made_and_found(client):
    answer = client.put("Task", {"Summary": "Call back"})
    assert client.get(f"Task/{answer['id']}")["Summary"] == {"value": "Call back"}
    client.put("Task", {"id": answer["id"], "Summary": "Call again"})
    assert [row["Summary"]["value"] for row in client.get("Task")] == ["Call again"]


def test_preferences_are_one_record(client):
    client.endpoint = "MANUFACTURING/24.200.001"
    first = client.put("BomPreferences", {"DefaultWorkCenter": "PAINT"})
    second = client.put("BomPreferences", {"DefaultWorkCenter": "CUTTING"})
    assert first["id"] == second["id"]
    assert len(client.get("BomPreferences")) == 1


def test_a_contact_gets_the_next_number_as_its_key(client):
    answer = client.put("Contact", {"LastName": "Doe", "FirstName": "Jo"})
    assert answer["ContactID"] == {"value": 3250}
    assert answer["DisplayName"] == {"value": "Doe, Jo"}


def test_an_empty_tenant_has_setup_but_no_business(open_client):
    client = open_client(signed_in=False, tenants=("Company",), empty_tenants=("Target",))
    client.log_in(tenant="Target")
    assert client.get("Customer") == client.get("SalesOrder") == []
    assert len(client.get("CustomerClass")) == 4
    client.put("Customer", {"CustomerID": "ALPIN0000", "CustomerName": "Alpine"})
    order = client.put("SalesOrder", ORDER)
    assert order["OrderNbr"] == {"value": "SO000001"}
    assert len(records(client.instance.tenants["Company"], "Customer")) == 200
