"""What is known from one report or from none: a switch has both behaviours, and each is shown here."""

from __future__ import annotations

import json

import pytest

from acumatica_emulator.site.http import Request

ORDER = {"OrderType": "SO", "CustomerID": "ALPIN0000"}


# --- bodies


@pytest.mark.parametrize(
    ("form", "kind", "body"),
    [("json", "application/json; charset=utf-8", b"{"), ("html", "text/html; charset=utf-8", b"<")],
)
def test_a_body_that_was_never_recorded_is_json_or_a_web_page(open_client, form, kind, body):
    client = open_client(plain_body=form)
    for response in (
        client.entity("GET", "Nonsense"),
        client.entity("PATCH", "Customer", {"CustomerID": {"value": "NO"}}),
    ):
        assert (response.status, response.header("Content-Type"), response.body[:1]) == (404, kind, body)


def test_or_it_is_empty_and_keeps_its_other_headers(open_client):
    client = open_client(plain_body="empty")
    for response, status in (
        (client.entity("POST", "Customer/1/2"), 405),
        (client.entity("PUT", "Customer", {"CustomerID": {"value": "ALPIN0000"}}, {"If-None-Match": "*"}), 412),
    ):
        assert (response.status, response.body, response.header("Content-Type")) == (status, b"", None)
    assert client.entity("POST", "Customer/1/2").header("Allow") == "GET, PUT, POST, DELETE"


def test_recorded_bodies_stay_as_they_are(open_client):
    client = open_client(plain_body="empty", forbidden=["Vendor"])
    assert client.refused("GET", "Vendor")[0] == 403
    assert client.refused("GET", "Customer/NOSUCH")[1]["exceptionMessage"] == "No entity satisfies the condition."


@pytest.mark.parametrize("status", [400, 500])
def test_a_body_that_cannot_be_read_is_400_or_500(open_client, status):
    client = open_client(parse_status=status)
    got, answered = client.refused("PUT", "SalesOrder", {"OrderType": {"value": "SO"}, "Details": {}})
    assert (got, "An exception occurred during input parsing" in answered["message"]) == (status, True)


def test_json_is_also_served_as_text_json(client):
    assert client.entity("GET", "Ledger", headers={"Accept": "text/json"}).header("Content-Type") == (
        "text/json; charset=utf-8"
    )
    assert client.entity("GET", "Ledger").header("Content-Type") == "application/json; charset=utf-8"


# --- URLs


def test_a_query_longer_than_iis_lets_through_is_its_404_page(open_client):
    client = open_client(max_query=100)
    assert client.entity("GET", "Customer", select="CustomerID").status == 200
    response = client.entity("GET", "Customer", select=",".join(["CustomerID"] * 20))
    assert (response.status, response.header("Content-Type")) == (404, "text/html; charset=utf-8")
    client.instance.behavior.max_query = 0
    assert client.entity("GET", "Customer", select=",".join(["CustomerID"] * 20)).status == 200


def test_an_encoded_slash_in_a_key_splits_it_or_not(open_client):
    client = open_client()
    client.put("ItemClass", {"ClassID": "A/B", "Description": "Slash"})
    assert client.refused("GET", "ItemClass/A%2FB")[1]["exceptionMessage"] == "No entity satisfies the condition."
    client.instance.behavior.slash_keys = "keep"
    assert client.get("ItemClass/A%2FB")["Description"] == {"value": "Slash"}


def test_an_encoded_pipe_joins_keys_as_a_plain_one_does(client):
    assert client.get("SalesOrder/SO%7CSO000003")["id"] == client.get("SalesOrder/SO|SO000003")["id"]


# --- lists


def test_orderby_may_be_honored(open_client):
    client = open_client(orderby="honor")
    names = client.keys("Customer", "CustomerName", orderby="CustomerName desc")
    assert names == sorted(names, key=str.casefold, reverse=True)
    pages = [client.keys("Customer", "CustomerID", orderby="CustomerName", top=5, skip=skip) for skip in (0, 5)]
    assert pages[0] + pages[1] == client.keys("Customer", "CustomerID", orderby="CustomerName", top=10)
    assert client.refused("GET", "Customer", orderby="Nonsense")[0] == 500
    client.instance.behavior.orderby = "ignore"
    assert client.keys("Customer", "CustomerID", orderby="Nonsense") == client.keys("Customer", "CustomerID")


def test_orderby_reaches_the_orders_of_a_bulk(open_client):
    client = open_client(scale=50, orderby="honor")
    numbers = client.keys("SalesOrder", "OrderNbr", orderby="OrderType,OrderNbr desc", top=3)
    assert numbers == ["SO000050", "SO000049", "SO000048"]


def test_some_lists_ignore_select(open_client):
    client = open_client(select_ignored=["JournalTransaction"])
    assert len(client.get("JournalTransaction", select="BatchNbr", top=1)[0]) > 10
    client.instance.behavior.select_ignored = []
    assert "Module" not in client.get("JournalTransaction", select="BatchNbr", top=1)[0]


def test_some_lists_fail_when_certain_fields_are_selected(open_client):
    client = open_client(select_fails={"Payment": ["AppliedToDocuments"]})
    assert client.refused("GET", "Payment", select="ReferenceNbr,AppliedToDocuments")[0] == 500
    assert client.get("Payment", select="ReferenceNbr", top=1)
    assert "AppliedToDocuments" in client.get("Payment", top=1)[0]


def test_a_list_may_be_scoped_to_the_branch_of_the_session(open_client):
    client = open_client(branch_scoped=["SalesOrder"])
    assert client.get("SalesOrder", top=1) == []
    assert client.get("SalesOrder", {"PX-CbApiBranch": "MAIN"}, top=1)
    assert client.get("Customer", top=1)
    client.log_out()
    client.log_in(branch="MAIN")
    assert client.get("SalesOrder", top=1)


def test_two_details_may_stand_in_each_others_way(open_client):
    client = open_client(delegates={"SalesOrder": {"Details+Shipments": "Transactions"}})
    assert client.get("SalesOrder", expand="Details", top=1)
    assert client.get("SalesOrder", expand="Shipments", top=1)
    answered = client.refused("GET", "SalesOrder", expand="Details,Shipments", top=1)[1]
    assert answered["exceptionMessage"].endswith("error:\r\nDetails: View Transactions has BQL delegate\r\n")
    assert client.get("SalesOrder/SO/SO000003", expand="Details,Shipments")["Details"]


def test_files_need_both_expand_and_select(client):
    assert "files" in client.get("Customer/ALPIN0000", expand="files")
    assert "files" not in client.get("Customer/ALPIN0000", expand="files", select="CustomerID")
    assert "files" in client.get("Customer/ALPIN0000", expand="files", select="CustomerID,files")
    line = client.get("SalesOrder/SO/SO000003", expand="Details,Details/files", select="Details/LineNbr,Details/files")
    assert "files" in line["Details"][0]
    answer = json.loads(client.entity("PUT", "Customer", {"CustomerID": {"value": "ALPIN0000"}}, expand="files").body)
    assert answer["files"] == []


def test_translations_show_beside_the_value_when_they_are_expanded(open_client):
    client = open_client(languages=["en", "fr"])
    text = client.get("StockItem", top=1)[0]["Description"]["value"]
    row = client.get("StockItem", top=1, expand="Translations")[0]
    assert row["Description"] == {"value": text, "translations": {"en": text, "fr": text}}
    assert row["InventoryID"] == client.get("StockItem", top=1)[0]["InventoryID"]
    client.instance.behavior.languages = ["en"]
    assert list(client.get("StockItem", top=1, expand="Translations")[0]["Description"]["translations"]) == ["en"]


# --- writes


def test_an_address_is_only_written_with_its_override_mark(open_client):
    client = open_client()
    body = {**ORDER, "ShipToAddress": {"City": "Elsewhere"}}
    made = client.put("SalesOrder", body, expand="ShipToAddress")
    assert made["ShipToAddress"]["City"] != {"value": "Elsewhere"}
    made = client.put("SalesOrder", {**body, "ShipToAddressOverride": True}, expand="ShipToAddress")
    assert made["ShipToAddress"]["City"] == {"value": "Elsewhere"}
    client.instance.behavior.override_needed = False
    assert client.put("SalesOrder", body, expand="ShipToAddress")["ShipToAddress"]["City"] == {"value": "Elsewhere"}


def test_a_mark_that_is_stored_lets_later_changes_of_the_address_through(client):
    made = client.put("SalesOrder", {**ORDER, "ShipToAddressOverride": True})
    again = {"OrderType": "SO", "OrderNbr": made["OrderNbr"]["value"], "ShipToAddress": {"City": "Later"}}
    assert client.put("SalesOrder", again, expand="ShipToAddress")["ShipToAddress"]["City"] == {"value": "Later"}


def test_an_attribute_without_a_definition_is_discarded_silently(client):
    lines = [{"AttributeID": "NONSENSE", "Value": "1"}, {"AttributeID": "COLOR", "Value": "RED"}]
    row = client.put(
        "StockItem", {"InventoryID": "WIDGET0", "Description": "W", "Attributes": lines}, expand="Attributes"
    )
    assert [line["AttributeID"]["value"] for line in row["Attributes"]] == ["COLOR"]


def test_an_entity_without_a_numbering_sequence_is_a_422_on_its_key(open_client):
    client = open_client(unnumbered=["SalesOrder"])
    status, answered = client.refused("PUT", "SalesOrder", {"CustomerID": {"value": "ALPIN0000"}})
    assert (status, "error" in answered["OrderNbr"]) == (422, True)
    client.instance.behavior.unnumbered = []
    assert client.put("SalesOrder", ORDER)


BAD = {"OrderType": {"value": "SO"}, "CustomerID": {"value": "NOSUCH"}}


def test_the_422_may_also_carry_the_exception(open_client):
    client = open_client(error_exception=True)
    answered = client.refused("PUT", "SalesOrder", BAD)[1]
    assert answered["exceptionType"] == "PX.Api.ContractBased.OutcomeEntityHasErrorsException"
    assert "cannot be found in the system" in answered["exceptionMessage"]
    client.instance.behavior.error_exception = False
    assert "exceptionType" not in client.refused("PUT", "SalesOrder", BAD)[1]


def test_the_500_of_a_write_may_be_an_outer_exception_with_an_inner_one(open_client):
    client = open_client(error_status=500, error_type="outer")
    status, answered = client.refused("PUT", "SalesOrder", BAD)
    assert (status, answered["exceptionType"]) == (500, "PX.Data.PXOuterException")
    assert answered["exceptionMessage"].startswith("Inserting  'Sales Order' record raised at least one error.")
    assert answered["innerException"]["exceptionMessage"] == "'Customer' cannot be found in the system."


@pytest.mark.parametrize("answered", [True, False])
def test_the_204_of_an_action_may_carry_a_location_that_leads_nowhere(open_client, answered):
    client = open_client(done_location=answered)
    body = {"entity": {"OrderType": {"value": "SO"}, "OrderNbr": {"value": "SO000002"}}}
    response = client.entity("POST", "SalesOrder/CancelSalesOrder", body)
    place = response.header("Location")
    assert (response.status, place is not None) == (204, answered)
    if place:
        assert client.send("GET", place.removeprefix("/AcumaticaERP")).status == 500


# --- OAuth

CLIENT = "4b6d9a34-7e21-4c5f-9a10-2f1c8d7e6b50@Company"


def token(client, scope):
    form = f"grant_type=password&client_id={CLIENT}&client_secret=emulator-secret&username=admin&password=secret"
    return client.send("POST", "/identity/connect/token", f"{form}&scope={scope}".encode())


def bearer(client, scope):
    return {"Authorization": f"Bearer {json.loads(token(client, scope).body)['access_token']}"}


@pytest.mark.parametrize(("where", "status"), [("use", 200), ("token", 400)])
def test_a_full_licence_shows_at_the_first_request_or_at_the_token(open_client, where, status):
    client = open_client(seats=1, limit_at=where)
    response = token(client, "api")
    assert response.status == status
    if status == 400:
        assert json.loads(response.body)["error_description"] == "invalid_username_or_password"


def test_a_locked_account_gets_no_token(open_client):
    client = open_client(signed_in=False, lockout_after=1)
    client.log_in(password="no")
    assert token(client, "api").status == 400


def test_sessions_of_concurrent_access_are_distinguished_by_cookie(open_client):
    client = open_client(signed_in=False, seats=5)
    head = bearer(client, "api api:concurrent_access".replace(" ", "%20"))
    response = client.entity("GET", "Ledger", headers=head)
    name, _, value = (response.header("Set-Cookie") or "").partition("=")
    assert name == "ASP.NET_SessionId"
    cookie = f"{name}={value.partition(';')[0]}"
    again = client.entity("GET", "Ledger", headers={**head, "Cookie": cookie})
    assert again.header("Set-Cookie") is None
    assert len(client.instance.seats.open) == 1
    assert client.instance.session_of(Request("GET", "/", headers={"authorization": head["Authorization"]})) is None


def test_requests_of_an_ordinary_token_wait_for_each_other(open_client):
    client = open_client(signed_in=False)
    head = bearer(client, "api")
    response = client.entity("GET", "Ledger", headers=head)
    assert (response.header("Set-Cookie") or "").startswith("Locale=")
    asked = Request("GET", "/", headers={"authorization": head["Authorization"]})
    assert client.instance.session_of(asked) == head["Authorization"].removeprefix("Bearer ")


def test_the_session_of_a_token_without_refresh_ends_with_it(open_client):
    client = open_client(signed_in=False, session_minutes=999)
    head = bearer(client, "api")
    client.entity("GET", "Ledger", headers=head)
    client.instance.clock.tick(3601)
    assert client.entity("GET", "Ledger", headers=head).status == 401
    assert client.instance.seats.open == []


def test_the_discovery_document_names_the_token_endpoint(client):
    answered = json.loads(client.send("GET", "/identity/.well-known/openid-configuration").body)
    assert answered["token_endpoint"] == "http://127.0.0.1/AcumaticaERP/identity/connect/token"
    assert "client_credentials" not in answered["grant_types_supported"]
    assert {"api", "offline_access", "api:concurrent_access"} <= set(answered["scopes_supported"])
