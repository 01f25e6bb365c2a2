"""Behaviours of single instances that users reported: each is a switch, and each has the sentence of its report."""

from __future__ import annotations

import pytest

from unit_tests.emulator.conformance.conftest import (
    CANNOT_OPTIMIZE,
    assert_failed,
    grant,
    insert,
    members,
    raw,
    read_json,
    wrapped,
)

OUTCOME = "PX.Api.ContractBased.OutcomeEntityHasErrorsException"
NOSUCH = wrapped(CustomerID="NOSUCH")
USERS = {"admin": "secret", "buyer": "secret"}


# --- reading


@pytest.mark.parametrize("ask", ["CustomerID desc", "CustomerName,CustomerID desc"])
def test_one_client_offers_an_order_so_an_instance_may_honour_it(open_client, ask):
    client = open_client(orderby="honor")
    rows = client.get("Customer", orderby=ask, select="CustomerID,CustomerName")
    keys = [(row["CustomerName"]["value"].casefold(), row["CustomerID"]["value"]) for row in rows]
    if ask.startswith("CustomerID"):
        assert [key for _, key in keys] == sorted((key for _, key in keys), reverse=True)
    else:
        assert [name for name, _ in keys] == sorted(name for name, _ in keys)


def test_select_may_be_ignored_by_the_lists_of_an_entity(open_client):
    """Reported of journal transactions."""
    client = open_client(select_ignored=["JournalTransaction"])
    whole = members(client.get("JournalTransaction", top=1)[0])
    assert members(client.get("JournalTransaction", top=1, select="BatchNbr")[0]) == whole
    assert members(client.get("Ledger", top=1, select="LedgerID")[0]) == {"LedgerID"}


def test_some_fields_of_an_entity_may_fail_when_they_are_selected(open_client):
    """Reported of payments on 25R2: the list works again when they are dropped."""
    client = open_client(select_fails={"Payment": ["PaymentAmount"]})
    assert client.refused("GET", "Payment", select="ReferenceNbr,PaymentAmount")[0] == 500
    assert members(client.get("Payment", top=1, select="ReferenceNbr")[0]) == {"ReferenceNbr"}
    assert "PaymentAmount" in members(client.get("Payment", top=1)[0])


def test_two_details_together_may_be_too_much_for_the_optimizer(open_client):
    """The most common trigger of the error."""
    client = open_client(delegates={"SalesOrder": {"Details+Shipments": "Transactions"}})
    for one in ("Details", "Shipments"):
        assert len(client.get("SalesOrder", top=1, expand=one)) == 1
    answer = client.refused("GET", "SalesOrder", top=1, expand="Details,Shipments")
    assert_failed(answer, CANNOT_OPTIMIZE, "Optimization cannot be performed.")


@pytest.mark.parametrize(("branch", "count"), [({}, 0), ({"branch": "MAIN"}, 2)])
def test_a_view_of_an_organisation_is_empty_without_a_branch(open_client, branch, count):
    """Build 26.101: 200 and no rows."""
    client = open_client(signed_in=False, branch_scoped=["Ledger"])
    client.log_in(**branch)
    assert len(client.get("Ledger")) == count


@pytest.mark.parametrize("languages", [["en"], ["en", "fr"], ["en", "de", "fr"]])
def test_translations_stand_beside_the_value(open_client, languages):
    """Guide 2026 R1: `$expand=Translations`."""
    client = open_client(languages=languages)
    plain = client.get("StockItem/BRACKE0000")["Description"]
    answer = client.get("StockItem/BRACKE0000", expand="Translations")
    assert answer["Description"]["value"] == plain["value"]
    assert list(answer["Description"]["translations"]) == languages
    assert plain.keys() == {"value"}


def test_a_url_may_be_too_long_for_the_web_server(open_client):
    client = open_client(max_query=2000)
    path = f"/entity/{client.endpoint}/Ledger"
    assert raw(client, "GET", path, "$select=LedgerID").status == 200
    response = raw(client, "GET", path, "$select=" + ",".join(["LedgerID"] * 400))
    assert response.status == 404
    assert response.header("content-type").startswith("text/html")


@pytest.mark.parametrize(("form", "first"), [("json", b"{"), ("empty", b""), ("html", b"<")])
@pytest.mark.parametrize(("path", "status"), [("Nonsense", 404), ("Ledger", 401)])
def test_the_bodies_that_was_never_recorded_may_have_any_form(open_client, form, first, path, status):
    client = open_client(plain_body=form)
    if status == 401:
        client.cookies = {}
    response = client.entity("GET", path)
    assert response.status == status
    assert response.body[:1] == first


# --- endpoints and accounts


def test_an_oem_build_shows_its_own_number_too(open_client):
    """MYOB and Cegid serve the same API."""
    version = read_json(open_client(oem_build="2025.2.1").send("GET", "/entity"))["version"]
    assert version["oemBuildVersion"] == "2025.2.1"


def test_custom_endpoints_are_shown_to_those_who_signed_in(open_client):
    """Guide 2026 R1."""
    client = open_client(custom_endpoints={"Shop/1.0": "Default/24.200.001"})
    assert ("Shop", "1.0") in _served(client)
    client.endpoint = "Shop/1.0"
    assert len(client.get("Ledger")) == 2
    client.cookies = {}
    assert ("Shop", "1.0") not in _served(client)


def _served(client):
    return {(row["name"], row["version"]) for row in read_json(client.send("GET", "/entity"))["endpoints"]}


def test_wrong_passwords_may_lock_an_account_for_a_while(open_client):
    client = open_client(signed_in=False, lockout_after=3, lockout_minutes=15)
    for _ in range(3):
        assert client.log_in(password="no").status == 500
    assert b"locked out" in client.log_in().body
    client.instance.clock.tick(16 * 60)
    assert client.log_in().status == 204


@pytest.mark.parametrize(("way", "status", "error"), [("token", 400, "invalid_grant"), ("use", 200, None)])
def test_a_licence_without_a_seat_may_already_refuse_the_token(open_client, way, status, error):
    got, body = grant(open_client(seats=1, limit_at=way))
    assert (got, body.get("error")) == (status, error)


@pytest.mark.parametrize(("right", "read", "write"), [("none", 403, 403), ("read", 200, 200), ("write", 200, 200)])
def test_rights_belong_to_a_user(open_client, right, read, write):
    client = open_client(signed_in=False, users=USERS, rights={"buyer": {"Ledger": right}})
    client.log_in(name="buyer")
    assert client.entity("GET", "Ledger").status == read
    assert client.entity("PUT", "Ledger", wrapped(LedgerID="ACTUAL", Description="mine")).status == write
    client.log_in(name="admin")
    saved = client.get("Ledger/ACTUAL")["Description"]["value"]
    assert (saved == "mine") is (right == "write")


def test_rights_are_bound_when_a_session_begins(open_client):
    client = open_client(signed_in=False, users=USERS, rights={"buyer": {"Ledger": "none"}})
    client.log_in(name="buyer")
    client.instance.behavior.rights = {}
    assert client.entity("GET", "Ledger").status == 403
    client.log_out()
    client.log_in(name="buyer")
    assert client.entity("GET", "Ledger").status == 200


# --- writing


def test_the_422_may_carry_the_type_of_its_exception(open_client):
    """Seen in a fixture of a client of build 26.101."""
    status, body = open_client(error_exception=True).refused("PUT", "SalesOrder", NOSUCH)
    assert (status, body["exceptionType"]) == (422, OUTCOME)
    assert "error" in body["CustomerID"]


def test_the_errors_may_come_as_an_outer_exception_with_an_inner_one(open_client):
    status, body = open_client(error_status=500, error_type="outer").refused("PUT", "SalesOrder", NOSUCH)
    assert (status, body["exceptionType"]) == (500, "PX.Data.PXOuterException")
    assert body["exceptionMessage"].startswith("Inserting  'Sales Order' record raised at least one error.")
    assert "'Customer' cannot be found in the system." in body["innerException"]["exceptionMessage"]


@pytest.mark.parametrize("status", [400, 500])
def test_a_body_that_cannot_be_read_may_be_the_fault_of_either_side(open_client, status):
    client = open_client(parse_status=status)
    response = client.entity("PUT", "SalesOrder", {"Details": {"InventoryID": {"value": "X"}}})
    assert response.status == status
    assert b"An exception occurred during input parsing" in response.body


@pytest.mark.parametrize(("mark", "city"), [({}, "Seattle"), ({"ShipToAddressOverride": True}, "Rome")])
def test_an_address_is_written_when_its_override_mark_is_sent(client, mark, city):
    """Acumatica's Postman collection sends the mark with every address."""
    client.put("SalesOrder", {"OrderNbr": "SO000003", **mark, "ShipToAddress": {"City": "Rome"}})
    row = client.get("SalesOrder/SO/SO000003", expand="ShipToAddress")
    assert row["ShipToAddress"]["City"] == {"value": city}


def test_a_missing_numbering_sequence_is_an_error_of_the_key(open_client):
    client = open_client(unnumbered=["SalesOrder"])
    status, body = client.refused("PUT", "SalesOrder", {"CustomerID": {"value": "ALPIN0000"}})
    assert status == 422
    assert body["OrderNbr"]["error"]


def test_the_last_poll_may_name_a_place_that_leads_nowhere(open_client):
    """Build 26.101: never follow a Location of a 204."""
    client = open_client(done_location=True, action_polls=0)
    insert(client, "Ledger", {"LedgerID": "X"})
    body = {"entity": wrapped(OrderNbr="SO000003")}
    response = client.entity("POST", "SalesOrder/SalesOrderCreateShipment", body)
    assert response.status == 204
    place = response.header("Location").removeprefix("/AcumaticaERP")
    assert client.send("GET", place).status >= 400
