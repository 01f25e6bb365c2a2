"""Actions, long operations, inquiries, files."""

from __future__ import annotations

import json

import pytest

from acumatica_emulator.site.http import Request

ORDER = {"entity": {"OrderType": {"value": "SO"}, "OrderNbr": {"value": "SO000003"}}}


def place(response, client):
    return (response.header("Location") or "").removeprefix(client.instance.behavior.site)


def status_of(client, path, field="Status"):
    return client.get(path)[field]["value"]


def test_a_short_action_is_done_with_204(client):
    response = client.entity("POST", "SalesOrder/CancelSalesOrder", ORDER)
    assert (response.status, response.body) == (204, b"")
    assert status_of(client, "SalesOrder/SO/SO000003") == "Canceled"


def test_an_action_stamps_its_record(client):
    client.entity("POST", "SalesOrder/CancelSalesOrder", ORDER)
    assert status_of(client, "SalesOrder/SO/SO000003", "LastModified") == "2026-03-02T12:00:00+00:00"


def test_an_action_may_name_its_record_by_id(client):
    id = client.get("SalesOrder/SO/SO000003")["id"]
    assert client.entity("POST", "SalesOrder/CancelSalesOrder", {"entity": {"id": id}}).status == 204


def test_a_long_action_is_202_until_it_is_done(open_client):
    client = open_client(action_polls=2)
    number = len(client.get("Shipment"))
    response = client.entity("POST", "SalesOrder/SalesOrderCreateShipment", {**ORDER, "parameters": {}})
    assert response.status == 202
    path = place(response, client)
    assert "/SalesOrder/SalesOrderCreateShipment/status/" in path
    assert [client.send("GET", path).status for _ in range(3)] == [202, 202, 204]
    assert len(client.get("Shipment")) == number + 1
    assert status_of(client, "SalesOrder/SO/SO000003") == "Shipping"
    assert client.send("GET", path).status == 404


def test_a_new_shipment_carries_the_lines_of_its_order(open_client):
    client = open_client(action_polls=0)
    order = client.get("SalesOrder/SO/SO000003", expand="Details")
    client.entity(
        "POST", "SalesOrder/SalesOrderCreateShipment", {**ORDER, "parameters": {"WarehouseID": {"value": "RETAIL"}}}
    )
    shipment = client.get("Shipment", expand="Details")[-1]
    assert shipment["CustomerID"] == order["CustomerID"]
    assert shipment["WarehouseID"] == {"value": "RETAIL"}
    assert [line["InventoryID"] for line in shipment["Details"]] == [line["InventoryID"] for line in order["Details"]]


def test_only_the_session_that_began_an_operation_has_it(client):
    response = client.entity("POST", "SalesOrder/SalesOrderCreateShipment", ORDER)
    client.log_in()
    assert client.send("GET", place(response, client)).status == 404


@pytest.mark.parametrize(("newer", "status"), [(True, 409), (False, 500)])
def test_a_second_operation_on_the_form_has_to_wait(open_client, newer, status):
    client = open_client(conflict_409=newer)
    client.entity("POST", "SalesOrder/SalesOrderCreateShipment", ORDER)
    got, body = client.refused("POST", "SalesOrder/SalesOrderCreateShipment", ORDER)
    assert got == status
    assert "A long operation is running for this screen" in json.dumps(body)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "SalesOrder", None),
        ("GET", "SalesOrder/SO/SO000003", None),
        ("GET", "SalesOrder/$adHocSchema", None),
        ("PUT", "SalesOrder", {"CustomerID": {"value": "ALPIN0000"}}),
        ("PATCH", "SalesOrder", ORDER["entity"]),
        ("DELETE", "SalesOrder/SO/SO000003", None),
        ("POST", "SalesOrder/CancelSalesOrder", ORDER),
    ],
)
def test_every_request_to_the_form_has_to_wait_for_its_operation(open_client, method, path, body):
    """Builds from 2025 R2 on declare 409 for each of them; another form, and another session, are free."""
    client = open_client()
    response = client.entity("POST", "SalesOrder/SalesOrderCreateShipment", ORDER)
    assert client.refused(method, path, body)[0] == 409
    assert client.entity("GET", "Customer/ALPIN0000").status == 200
    assert client.send("GET", place(response, client)).status == 202
    assert client.send("GET", place(response, client)).status == 204
    assert client.entity("GET", "SalesOrder").status == 200


def test_an_older_build_refuses_the_second_operation_alone(open_client):
    client = open_client(conflict_409=False)
    client.entity("POST", "SalesOrder/SalesOrderCreateShipment", ORDER)
    assert client.entity("GET", "SalesOrder").status == 200


def test_a_failing_operation_shows_at_the_poll_and_changes_nothing(open_client):
    client = open_client(action_failure="Error: The warehouse is closed.", action_polls=0)
    response = client.entity("POST", "SalesOrder/SalesOrderCreateShipment", ORDER)
    assert response.status == 202
    failed = client.send("GET", place(response, client))
    assert failed.status == 500
    assert json.loads(failed.body)["exceptionMessage"] == "Error: The warehouse is closed."
    assert status_of(client, "SalesOrder/SO/SO000003") != "Shipping"


def test_an_unknown_action_is_404_and_a_missing_record_the_usual_500(client):
    assert client.refused("POST", "SalesOrder/Nonsense", ORDER)[0] == 404
    missing = {"entity": {"OrderNbr": {"value": "NONE"}}}
    assert client.refused("POST", "SalesOrder/CancelSalesOrder", missing)[0] == 500
    assert client.refused("POST", "SalesOrder/CancelSalesOrder", {})[0] == 400


def test_an_action_that_changes_nothing_is_a_disabled_button(client):
    client.entity("POST", "SalesOrder/CancelSalesOrder", ORDER)
    status, body = client.refused("POST", "SalesOrder/CancelSalesOrder", ORDER)
    assert (status, body["exceptionMessage"]) == (500, "Error: The Cancel button is disabled.")


# --- inquiries


def test_an_inquiry_is_asked_with_put_and_answers_one_object(client):
    answer = client.put("InventorySummaryInquiry", {"InventoryID": "BRACKE0000"}, expand="Results")
    assert answer["InventoryID"] == {"value": "BRACKE0000"}
    assert answer["note"] is None
    assert [row["WarehouseID"]["value"] for row in answer["Results"]] == ["MAIN"]


def test_an_inquiry_without_expand_shows_no_results_and_without_an_item_finds_none(client):
    assert "Results" not in client.put("InventorySummaryInquiry", {})
    assert client.put("InventorySummaryInquiry", {"WarehouseID": "MAIN"}, expand="Results")["Results"] == []


def test_an_inquiry_may_be_asked_with_an_empty_body(client):
    assert len(client.put("AccountSummaryInquiry", {}, expand="Results")["Results"]) == 15


def test_the_shipments_of_the_shops_are_an_inquiry(client):
    client.endpoint = "eCommerce/24.200.001"
    answer = client.put("BCShipments", {}, expand="Results")
    assert len(answer["Results"]) == 160
    first = answer["Results"][0]["OrderNbr"]["value"]
    assert len(client.put("BCShipments", {"OrderNbr": first}, expand="Results")["Results"]) == 1


# --- files


def upload(client, path, content=b"data", **headers):
    return client.send("PUT", path, content, headers)


def test_a_file_goes_where_the_record_says_and_comes_back(client):
    row = client.get("StockItem/BRACKE0000", expand="files")
    assert row["files"] == []
    link = row["_links"]["files:put"].replace("{filename}", "photo.jpg").removeprefix("/AcumaticaERP")
    response = upload(client, link, b"\x00\x01", **{"PX-CbFileComment": "front"})
    assert (response.status, response.body) == (204, b"")
    (file,) = client.get("StockItem/BRACKE0000", expand="files")["files"]
    assert file["filename"] == "Stock Items (BRACKE0000)\\photo.jpg"
    assert file["comment"] == "front"
    assert file["href"] == response.header("Location")
    answer = client.send("GET", file["href"].removeprefix("/AcumaticaERP"))
    assert (answer.body, answer.header("content-type")) == (b"\x00\x01", "application/octet-stream")


def test_the_same_name_again_is_a_revision_not_a_second_file(client):
    for content in (b"one", b"two"):
        assert client.entity("PUT", "SalesOrder/SO/SO000003/files/po.pdf", content).status == 204
    (file,) = client.get("SalesOrder/SO/SO000003", expand="files")["files"]
    assert client.send("GET", file["href"].removeprefix("/AcumaticaERP")).body == b"two"


def test_the_keyed_form_with_an_id_is_404(client):
    id = client.get("SalesOrder/SO/SO000003")["id"]
    assert client.refused("PUT", f"SalesOrder/{id}/files/po.pdf", b"x")[0] == 404


def test_a_line_has_files_of_its_own(client):
    order = client.get("SalesOrder/SO/SO000003", expand="Details")
    link = order["Details"][0]["_links"]["files:put"].replace("{filename}", "a.txt").removeprefix("/AcumaticaERP")
    assert upload(client, link).status == 204
    order = client.get("SalesOrder/SO/SO000003", expand="Details,Details/files")
    assert len(order["Details"][0]["files"]) == 1
    assert "files" not in order


def test_a_file_no_one_put_is_not_there(client):
    assert client.send("GET", f"/entity/{client.endpoint}/files/0000").status == 404


# --- bearer tokens

CLIENT = "4b6d9a34-7e21-4c5f-9a10-2f1c8d7e6b50"


def token(client, **given):
    from urllib.parse import urlencode

    form = {"grant_type": "password", "client_id": f"{CLIENT}@Company", "client_secret": "emulator-secret"}
    form.update({"username": "admin", "password": "secret", "scope": "api"})
    body = urlencode({**form, **given}).encode()
    response = client.send("POST", "/identity/connect/token", body)
    return response.status, json.loads(response.body)


def bearer(client, access, path="Customer"):
    site = client.instance.behavior.site
    headers = {"authorization": f"Bearer {access}"}
    request = Request("GET", f"{site}/entity/{client.endpoint}/{path}", "%24top=1", headers)
    return client.instance.answer(request).response.status


def test_a_password_grant_gives_a_token_of_an_hour(open_client):
    client = open_client(signed_in=False)
    status, answered = token(client)
    assert (status, answered["expires_in"], answered["token_type"], answered["scope"]) == (200, 3600, "Bearer", "api")
    assert "refresh_token" not in answered
    assert client.instance.seats.logins == 0
    assert [bearer(client, answered["access_token"]) for _ in range(2)] == [200, 200]
    assert client.instance.seats.logins == 1
    client.instance.clock.tick(3601)
    assert bearer(client, answered["access_token"]) == 401


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"password": "no"}, "invalid_grant"),
        ({"client_id": f"{CLIENT}@Elsewhere"}, "invalid_client"),
        ({"client_secret": "no"}, "invalid_client"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
    ],
)
def test_a_grant_that_is_refused_says_why_in_one_word(open_client, given, error):
    status, answered = token(open_client(signed_in=False), **given)
    assert (status, answered["error"]) == (400, error)


def test_a_refresh_token_works_once_and_keeps_the_session(open_client):
    client = open_client(signed_in=False)
    first = token(client, scope="api offline_access")[1]
    bearer(client, first["access_token"])
    second = token(client, grant_type="refresh_token", refresh_token=first["refresh_token"])[1]
    assert bearer(client, second["access_token"]) == 200
    assert client.instance.seats.logins == 1
    status, answered = token(client, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (status, answered["error"]) == (400, "invalid_grant")


def test_with_concurrent_access_every_call_without_a_cookie_takes_a_seat(open_client):
    client = open_client(signed_in=False, seats=2)
    access = token(client, scope="api api:concurrent_access")[1]["access_token"]
    assert [bearer(client, access) for _ in range(3)] == [200, 200, 500]


def test_with_concurrent_access_the_cookie_of_an_answer_holds_its_session_together(open_client):
    client = open_client(signed_in=False, seats=2)
    access = token(client, scope="api api:concurrent_access")[1]["access_token"]
    for path in ("/entity", "/entity/Default/24.200.001/Nope", "/entity/Default/24.200.001/swagger.json"):
        response = client.send("GET", path, headers={"Authorization": f"Bearer {access}"})
        cookie = (response.header("Set-Cookie") or "").partition(";")[0]
        again = client.send("GET", path, headers={"Authorization": f"Bearer {access}", "Cookie": cookie})
        assert "ASP.NET_SessionId" not in (again.header("Set-Cookie") or "")
        assert len(client.instance.seats.open) == 1
        client.send("POST", "/entity/auth/logout", headers={"Authorization": f"Bearer {access}", "Cookie": cookie})
        assert client.instance.seats.open == []


def test_a_bearer_takes_its_seat_with_any_address_and_without_a_cookie_of_a_session(open_client):
    client = open_client(signed_in=False, seats=1)
    access = token(client)[1]["access_token"]
    headers = {"Authorization": f"Bearer {access}"}
    responses = [client.send("GET", path, headers=headers) for path in ("/entity", "/entity", "/Frames/Login.aspx")]
    assert not any("ASP.NET_SessionId" in (response.header("Set-Cookie") or "") for response in responses)
    assert client.instance.seats.logins == 1


def test_a_logout_with_the_bearer_frees_the_seat_and_leaves_the_token_good(open_client):
    client = open_client(signed_in=False)
    access = token(client)[1]["access_token"]
    bearer(client, access)
    headers = {"Authorization": f"Bearer {access}"}
    assert client.send("POST", "/entity/auth/logout", headers=headers).status == 204
    assert client.instance.seats.open == []
    assert bearer(client, access) == 200
    client.send("POST", "/identity/connect/revocation", f"token={access}".encode())
    assert len(client.instance.seats.open) == 1
    assert bearer(client, access) == 401


def test_a_code_is_redeemed_with_its_verifier_once(open_client):
    from acumatica_emulator.site.oauth import challenge

    client = open_client(signed_in=False)
    proof = challenge("v" * 43)
    asked = f"client_id={CLIENT}%40Company&redirect_uri=http://x/back&scope=api&state=s&code_challenge={proof}"
    response = client.send("POST", "/identity/connect/authorize", asked.encode())
    assert response.status == 302
    back, _, query = response.header("Location").partition("?")
    code = query.split("&")[0].removeprefix("code=")
    assert (back, query.split("&")[1]) == ("http://x/back", "state=s")
    given = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "http://x/back",
        "code_verifier": "v" * 43,
    }
    assert token(client, **given)[0] == 200
    assert token(client, **given)[1]["error"] == "invalid_grant"


def test_a_wrong_verifier_redeems_nothing(open_client):
    from acumatica_emulator.site.oauth import challenge

    client = open_client(signed_in=False)
    asked = f"client_id={CLIENT}%40Company&redirect_uri=x&scope=api&code_challenge={challenge('v' * 43)}"
    response = client.send("POST", "/identity/connect/authorize", asked.encode())
    code = response.header("Location").split("code=")[1]
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": "x", "code_verifier": "other"}
    assert token(client, **given)[1]["error"] == "invalid_grant"


def test_a_workflow_action_takes_the_answers_of_its_dialog(client):
    row = next(row for row in client.get("Opportunity") if row["Status"] != {"value": "Open"})
    dialog = {"custom": {"FilterPreview": {"Stage": {"type": "CustomStringField", "value": "Prospect"}}}}
    body = {"entity": {"id": row["id"]}, "parameters": dialog}
    assert client.entity("POST", "Opportunity/Open", body).status == 204
    after = client.get(f"Opportunity/{row['id']}")
    assert [after["Status"], after["Stage"]] == [{"value": "Open"}, {"value": "Prospect"}]


def test_a_workflow_action_of_another_form_is_404(client):
    assert client.refused("POST", "Customer/PutOnHold", {"entity": {"CustomerID": {"value": "ALPIN0000"}}})[0] == 404


def test_a_credit_memo_may_have_the_number_of_a_payment(client):
    (memo, *_) = client.get("Payment", filter="Type eq 'Credit Memo'")
    rows = client.get("Payment", filter=f"ReferenceNbr eq '{memo['ReferenceNbr']['value']}'")
    assert [row["Type"]["value"] for row in rows] == ["Credit Memo", "Payment"]
    assert len({row["id"] for row in rows}) == 2
