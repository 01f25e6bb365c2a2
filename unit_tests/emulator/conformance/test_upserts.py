"""PUT and PATCH: how a record is found, which fields change, what the answer shows, what the headers demand."""

from __future__ import annotations

import json

import pytest

from unit_tests.emulator.conformance.conftest import ORDER, insert, members, plain, raw, read_json, wrapped

KEY = {"CustomerID": "ALPIN0000"}
NEW = {"CustomerID": "NEWCO", "CustomerName": "New"}


def count(client, entity="Customer"):
    return len(client.get(entity, select="id"))


def customer(client, key="ALPIN0000", **query):
    return client.get(f"Customer/{key}", **query)


@pytest.fixture
def open_client(open_small_client):
    return open_small_client


# --- finding the record (Integration Development Guide 2026 R1, create and update topics)


@pytest.mark.parametrize(("fields", "added"), [(NEW, 1), ({**KEY, "CustomerName": "Old"}, 0)])
def test_a_put_inserts_what_it_does_not_find_and_updates_what_it_finds(client, fields, added):
    before = count(client)
    response = client.entity("PUT", "Customer", wrapped(**fields))
    assert response.status == 200
    assert count(client) == before + added
    assert customer(client, fields["CustomerID"])["CustomerName"] == {"value": fields["CustomerName"]}


@pytest.mark.parametrize("spelling", ["ALPIN0000", "alpin0000", "ALPIN0000   "])
def test_a_key_finds_its_record_in_any_case_and_padding(client, spelling):
    before = count(client)
    client.put("Customer", {"CustomerID": spelling, "Terms": "COD"})
    assert count(client) == before
    assert customer(client)["CustomerID"] == {"value": "ALPIN0000"}


@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
@pytest.mark.parametrize("way", ["keys", "id", "ID", "filter"])
def test_a_record_is_found_by_its_keys_its_id_or_a_filter(client, verb, way):
    id = customer(client)["id"]
    body = {"keys": wrapped(**KEY), "id": {"id": id}, "ID": {"id": id.upper()}, "filter": {}}[way]
    query = {"filter": "CustomerID eq 'ALPIN0000'"} if way == "filter" else {}
    before = count(client)
    response = client.entity(verb, "Customer", {**body, **wrapped(CustomerName="Found")}, **query)
    assert response.status == 200
    assert (count(client), customer(client)["CustomerName"]) == (before, {"value": "Found"})


def test_a_put_by_a_filter_that_finds_nothing_inserts(client):
    before = count(client, "SalesOrder")
    for _ in range(2):
        client.put("SalesOrder", {**ORDER, "ExternalRef": "WEB-77"}, filter="ExternalRef eq 'WEB-77'")
    assert count(client, "SalesOrder") == before + 1


@pytest.mark.parametrize("status", [422, 500])
@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
def test_a_filter_that_finds_several_records_changes_none_of_them(open_client, verb, status):
    """Neither status nor words were recorded."""
    client = open_client(ambiguous_status=status)
    before = client.get("Customer", select="CustomerName")
    body = wrapped(CustomerName="All of you")
    assert client.refused(verb, "Customer", body, filter="Status eq 'Active'")[0] == status
    assert client.get("Customer", select="CustomerName") == before


@pytest.mark.parametrize("number", [{}, {"OrderNbr": "<NEW>"}, {"OrderNbr": ""}])
def test_an_auto_numbered_document_without_its_number_is_inserted_every_time(client, number):
    """A retry after a time-out makes a second document."""
    numbers = [client.put("SalesOrder", {**ORDER, **number})["OrderNbr"]["value"] for _ in range(3)]
    assert len(set(numbers)) == 3
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("entity", "fields", "key"),
    [
        ("SalesOrder", {"CustomerID": "ALPIN0000"}, "OrderNbr"),
        ("PurchaseOrder", {"VendorID": "VFOOD0000"}, "OrderNbr"),
        ("Bill", {"Vendor": "VFOOD0000"}, "ReferenceNbr"),
        ("Payment", {"CustomerID": "ALPIN0000"}, "ReferenceNbr"),
        ("Contact", {"LastName": "Doe"}, "ContactID"),
        ("Opportunity", {"Subject": "Big"}, "OpportunityID"),
        ("Case", {"Subject": "Broken"}, "CaseID"),
    ],
)
def test_a_number_comes_from_a_sequence_and_goes_on_from_the_highest(client, entity, fields, key):
    before = {row[key]["value"] for row in client.get(entity, select=key)}
    made = [client.put(entity, fields)[key]["value"] for _ in range(2)]
    assert not before & set(made)
    assert max(before) < made[0] < made[1]


@pytest.mark.parametrize("manual", [True, False])
def test_a_number_that_was_sent_is_kept_if_the_sequence_allows_it(open_client, manual):
    answer = open_client(manual_numbers=manual).put("SalesOrder", {**ORDER, "OrderType": "SO", "OrderNbr": "WEB-1"})
    assert (answer["OrderNbr"]["value"] == "WEB-1") is manual


def test_the_id_of_a_record_stays_the_same_through_every_change(client):
    ids = [client.put("Customer", {**NEW, "CustomerName": f"v{at}"})["id"] for at in range(3)]
    assert len({*ids, customer(client, "NEWCO")["id"]}) == 1


# --- which fields change


def test_fields_that_were_not_sent_keep_their_values(client):
    before = plain(customer(client, expand="MainContact,Attributes"))
    client.put("Customer", {**KEY, "Terms": "COD"})
    after = plain(customer(client, expand="MainContact,Attributes"))
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"Terms", "LastModifiedDateTime"}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [({"value": None}, {}), ({"value": ""}, {"value": ""}), ({}, {"value": "FEDEX"}), (..., {"value": "FEDEX"})],
)
@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
def test_null_clears_an_empty_text_empties_and_no_value_leaves(client, verb, sent, kept):
    """Acumatica's Postman collection clears fields in both ways."""
    client.put("Customer", {**KEY, "ShipVia": "FEDEX"})
    body = {**wrapped(**KEY), **({} if sent is ... else {"ShipVia": sent})}
    assert client.entity(verb, "Customer", body).status == 200
    assert customer(client)["ShipVia"] == kept


def test_an_equal_value_is_skipped_and_stamps_nothing(client):
    before = customer(client)
    client.instance.clock.tick(300)
    same = {name: before[name]["value"] for name in ("CustomerName", "Terms", "CreditLimit", "Status")}
    client.put("Customer", {**KEY, **same})
    assert customer(client) == before


def test_a_change_is_stamped_with_the_time_of_the_server(client):
    created = customer(client)["CreatedDateTime"]
    client.instance.clock.tick(300)
    client.put("Customer", {**KEY, "CustomerName": "Other"})
    row = customer(client)
    assert row["LastModifiedDateTime"] == {"value": "2026-03-02T12:05:00+00:00"}
    assert row["CreatedDateTime"] == created


def test_a_new_record_is_stamped_as_created_and_modified(client):
    client.put("Customer", NEW)
    row = customer(client, "NEWCO")
    assert row["CreatedDateTime"] == row["LastModifiedDateTime"] == {"value": "2026-03-02T12:00:00+00:00"}


def test_the_note_is_wrapped_and_can_be_changed_and_emptied(client):
    for text in ("Call first", "Ünïcode\n2", ""):
        body = {**wrapped(**KEY), "note": {"value": text}}
        assert client.entity("PUT", "Customer", body).status == 200
        assert customer(client)["note"] == {"value": text}


def test_a_linked_part_changes_field_by_field(client):
    before = plain(customer(client, expand="MainContact,MainContact/Address"))["MainContact"]
    client.put("Customer", {**KEY, "MainContact": {"Email": "new@x.example", "Address": {"City": "Rome"}}})
    after = plain(customer(client, expand="MainContact,MainContact/Address"))["MainContact"]
    assert after == {**before, "Email": "new@x.example", "Address": {**before["Address"], "City": "Rome"}}


def test_a_linked_part_keeps_its_id(client):
    before = customer(client, expand="MainContact")["MainContact"]["id"]
    client.put("Customer", {**KEY, "MainContact": {"Email": "new@x.example"}})
    assert customer(client, expand="MainContact")["MainContact"]["id"] == before


def test_a_changed_part_stamps_its_record(client):
    client.put("Customer", {**KEY, "MainContact": {"Email": "new@x.example"}})
    assert customer(client)["LastModifiedDateTime"] == {"value": "2026-03-02T12:00:00+00:00"}


@pytest.mark.parametrize("typed", [True, False])
def test_a_custom_field_is_written_under_its_view_and_its_type_may_be_missing(client, typed):
    field = {**({"type": "CustomStringField"} if typed else {}), "value": "EMAIL"}
    body = {**wrapped(OrderNbr="SO000003"), "custom": {"Document": {"AttributeCHANNEL": field}}}
    assert client.entity("PUT", "SalesOrder", body).status == 200
    answer = client.get("SalesOrder/SO/SO000003", custom="Document.AttributeCHANNEL")
    assert answer["custom"]["Document"]["AttributeCHANNEL"] == {"type": "CustomStringField", "value": "EMAIL"}


def test_a_put_of_what_was_read_keeps_every_value(client):
    """The whole record with its links, files and row numbers goes back unharmed."""
    path, stamps = "SalesOrder/SO/SO000003", {"LastModified", "LastModifiedDate"}
    before = plain(client.get(path, expand="Details,Totals,BillToContact,files"))
    sent = json.loads(json.dumps(client.get(path, expand="Details,Totals,BillToContact,files"), default=float))
    assert client.entity("PUT", "SalesOrder", sent).status == 200
    after = plain(client.get(path, expand="Details,Totals,BillToContact,files"))
    for one, other in zip([before, *before.pop("Details")], [after, *after.pop("Details")], strict=True):
        assert {name for name in one if one[name] != other[name]} <= stamps


# --- what is sent and not saved


@pytest.mark.parametrize(
    "extra",
    [
        {"Nonsense": {"value": 1}},
        {"customername": {"value": "x"}},
        {"Nonsense": [{"X": {"value": 1}}]},
        {"Nonsense": 5},
        {"custom": {"BAccount": {"UsrNope": {"type": "CustomStringField", "value": "x"}}}},
        {"_links": {"self": "x"}},
        {"files": []},
        {"rowNumber": 7},
    ],
)
def test_members_the_contract_does_not_have_are_dropped_silently(client, extra):
    """Unlike in $select and $filter, where they are a 500."""
    before = customer(client)
    assert client.entity("PUT", "Customer", {**wrapped(**KEY), **extra}).status == 200
    assert customer(client) == before


@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
def test_without_write_rights_the_answer_is_200_with_the_old_values(open_client, verb):
    client = open_client(read_only=["Customer"])
    before = customer(client)
    answer = read_json(client.entity(verb, "Customer", wrapped(**KEY, CustomerName="Mine")))
    assert answer["CustomerName"] == before["CustomerName"]
    assert customer(client) == before


@pytest.mark.parametrize("name", ["OrderTotal", "OrderedQty", "TaxTotal"])
def test_what_the_server_works_out_is_taken_and_ignored(client, name):
    before = client.get("SalesOrder/SO/SO000003")
    client.put("SalesOrder", {"OrderNbr": "SO000003", name: 123456})
    assert client.get("SalesOrder/SO/SO000003") == before


@pytest.mark.parametrize("name", ["NoteID", "LastModified", "CreatedDate"])
def test_what_the_server_fills_cannot_be_sent(client, name):
    value = "00000000-0000-0000-0000-000000000001" if name == "NoteID" else "2001-01-01T00:00:00"
    before = client.get("SalesOrder/SO/SO000003")
    client.put("SalesOrder", {"OrderNbr": "SO000003", name: value})
    assert client.get("SalesOrder/SO/SO000003") == before


# --- the answer


def test_an_insert_and_an_update_both_answer_200_with_the_record(client):
    for _ in range(2):
        response = client.entity("PUT", "Customer", wrapped(**NEW))
        assert response.status == 200
        assert response.header("content-type") == "application/json; charset=utf-8"
        assert read_json(response)["CustomerID"] == {"value": "NEWCO"}


def test_the_answer_may_hold_only_what_was_sent_and_the_keys(open_client):
    """As the guide has it; every recorded answer shows more."""
    client = open_client(put_scope="sent")
    answer = client.put("SalesOrder", {**ORDER, "Description": "Hi"})
    assert members(answer) == {"CustomerID", "Description", "OrderType", "OrderNbr"}


@pytest.mark.parametrize(
    ("query", "more"),
    [
        ({"select": "OrderTotal"}, {"OrderTotal"}),
        ({"expand": "Details"}, {"Details"}),
        ({"select": "Status,Details", "expand": "Details"}, {"Status", "Details"}),
        ({"expand": "Details,Totals"}, {"Details", "Totals"}),
    ],
)
def test_and_what_the_query_asks_for(open_client, query, more):
    client = open_client(put_scope="sent")
    assert members(client.put("SalesOrder", ORDER, **query)) == {"CustomerID", "OrderType", "OrderNbr", *more}


def test_the_ids_of_new_lines_come_with_the_expand(client):
    answer = client.put("SalesOrder", ORDER, expand="Details")
    stored = client.get(f"SalesOrder/SO/{answer['OrderNbr']['value']}", expand="Details")
    assert [line["id"] for line in answer["Details"]] == [line["id"] for line in stored["Details"]]


def test_custom_fields_come_back_when_they_are_asked_for(client):
    answer = client.put("SalesOrder", {"OrderNbr": "SO000003"}, custom="Document.AttributeCHANNEL")
    assert set(answer["custom"]["Document"]) == {"AttributeCHANNEL"}


def test_the_answer_is_the_whole_record(client):
    answer = client.put("Customer", {**KEY, "Terms": "COD"})
    assert answer == client.get("Customer/ALPIN0000")


@pytest.mark.parametrize("query", [{"select": "Nonsense"}, {"expand": "Nonsense"}, {"filter": "Nonsense eq 1"}])
def test_an_unknown_name_in_the_query_of_a_write_is_500(client, query):
    status, body = client.refused("PUT", "Customer", wrapped(**KEY), **query)
    assert (status, body["exceptionMessage"]) == (500, "The given key was not present in the dictionary.")


# --- conditions in headers


@pytest.mark.parametrize(
    ("verb", "header", "there", "status"),
    [
        ("PUT", "If-None-Match", True, 412),
        ("PUT", "If-None-Match", False, 200),
        ("PUT", "If-Match", True, 200),
        ("PUT", "If-Match", False, 412),
        ("PUT", None, True, 200),
        ("PUT", None, False, 200),
        ("PATCH", "If-None-Match", True, 412),
        ("PATCH", "If-Match", True, 200),
        ("PATCH", None, False, 404),
        ("PATCH", None, True, 200),
    ],
)
def test_a_header_says_whether_the_record_has_to_be_there(client, verb, header, there, status):
    if there:
        insert(client, "Customer", {**NEW, "CustomerName": "Old"})
    before = count(client)
    headers = {header: "*"} if header else {}
    response = client.entity(verb, "Customer", wrapped(**NEW), headers)
    assert response.status == status
    saved = client.keys("Customer", "CustomerName", filter="CustomerID eq 'NEWCO'")
    assert saved == (["New"] if status == 200 else ["Old"] if there else [])
    assert count(client) - before == (status == 200 and not there)


def test_insert_only_guards_an_auto_numbered_document_not_at_all(client):
    numbers = [client.put("SalesOrder", ORDER, {"If-None-Match": "*"})["OrderNbr"]["value"] for _ in range(2)]
    assert len(set(numbers)) == 2


def test_a_condition_that_fails_shows_a_message(client):
    status, body = client.refused("PUT", "Customer", wrapped(**KEY), {"If-None-Match": "*"})
    assert status == 412
    assert isinstance(body["message"], str)


def test_branch_and_date_of_one_request_do_not_stick(client):
    headers = {"PX-CbApiBranch": "EAST", "PX-CbApiBusinessDate": "2025-12-31"}
    assert plain(client.put("SalesOrder", ORDER, headers, select="Branch"))["Branch"] == "EAST"
    assert plain(client.put("SalesOrder", ORDER, select="Branch"))["Branch"] == "MAIN"


# --- PATCH (new in ERP 2025 R1)


def test_a_patch_never_inserts(client):
    before = count(client)
    assert client.refused("PATCH", "Customer", wrapped(**NEW))[0] == 404
    assert count(client) == before


def test_a_patch_follows_the_rules_of_lines(client):
    line = client.get("SalesOrder/SO/SO000003", expand="Details")["Details"][0]
    body = {**wrapped(OrderNbr="SO000003"), "Details": [{"id": line["id"], **wrapped(OrderQty=7)}]}
    assert client.entity("PATCH", "SalesOrder", body).status == 200
    assert client.get("SalesOrder/SO/SO000003", expand="Details")["Details"][0]["OrderQty"]["value"] == 7


@pytest.mark.parametrize("endpoint", ["Default/20.200.001", "Default/24.200.001", "eCommerce/24.200.001"])
def test_a_patch_works_with_every_endpoint_of_such_a_build(open_client, endpoint):
    client = open_client(endpoint=endpoint)
    assert client.entity("PATCH", "Customer", wrapped(**KEY, Terms="COD")).status == 200


@pytest.mark.parametrize("endpoint", ["Default/24.200.001", "Default/25.200.001"])
def test_older_builds_have_no_patch_on_any_endpoint(open_client, endpoint):
    client = open_client(endpoint=endpoint, patch=False)
    assert client.refused("PATCH", "Customer", wrapped(**KEY))[0] == 405


# --- what cannot be read


@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"x"', b"5", b"{'CustomerID':1}", b"\xff", b""])
def test_a_body_that_is_no_object_is_400(client, verb, body):
    response = raw(client, verb, f"/entity/{client.endpoint}/Customer", body=body)
    assert (response.status, read_json(response)["message"]) == (400, "The request is invalid.")


@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    "body",
    [
        b'{"CustomerID":{"value":"ALPIN0000"},"MainContact":[]}',
        b'{"CustomerID":{"value":"ALPIN0000"},"Attributes":{}}',
    ],
)
def test_a_body_that_cannot_be_interpreted_is_400(client, verb, body):
    response = raw(client, verb, f"/entity/{client.endpoint}/Customer", body=body)
    assert response.status == 400
    assert "An exception occurred during input parsing" in read_json(response)["message"]


@pytest.mark.parametrize(("way", "status"), [("400", 400), ("ignore", 200)])
def test_a_bare_scalar_is_refused_or_ignored_and_never_saved(open_client, way, status):
    """Every client wraps; what a server does was not recorded."""
    client = open_client(bare_scalar=way)
    before = customer(client)
    assert client.entity("PUT", "Customer", {**wrapped(**KEY), "CustomerName": "bare"}).status == status
    assert customer(client) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("CreditLimit", "much"),
        ("PrintInvoices", "maybe"),
        ("LeadTimedays", 1.5),
        ("LeadTimedays", 10**9),
        ("CreditLimit", True),
    ],
)
def test_a_value_of_another_type_is_refused_and_nothing_is_saved(client, field, value):
    before = customer(client)
    body = wrapped(**KEY, CustomerName="x", **{field: value})
    assert client.refused("PUT", "Customer", body)[0] == 400
    assert customer(client) == before
