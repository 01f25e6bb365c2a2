"""Signing in and out: credentials, tenants, cookies, the failures with their exact words, the life of a session."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from unit_tests.emulator.conformance.conftest import ENVELOPE, assert_failed, raw, read_json

LOGIN = "/entity/auth/login"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PX = "PX.Data.PXException"


def answer(response):
    return response.status, read_json(response)


def landed(client):
    return [session.tenant for session in client.instance.seats.open]


# --- the request


@pytest.mark.parametrize("tenant_name", ["tenant", "company", "Tenant", "COMPANY"])
@pytest.mark.parametrize(
    "encode", [lambda given: (json.dumps(given).encode(), {}), lambda given: (urlencode(given).encode(), FORM)]
)
def test_credentials_come_as_json_or_as_a_form_and_tenant_has_an_older_name(open_client, encode, tenant_name):
    """Guide 2026 R1: both media types; `company` is still sent by clients in production."""
    client = open_client(signed_in=False, tenants=("North", "South"))
    body, headers = encode({"name": "admin", "password": "secret", tenant_name: "South"})
    assert client.send("POST", LOGIN, body, headers).status == 204
    assert landed(client) == ["South"]


def test_branch_and_locale_may_be_given(open_client):
    client = open_client(signed_in=False)
    response = client.log_in(branch="MYSTORE", locale="EN-US")
    assert (response.status, response.body) == (204, b"")
    assert [session.branch for session in client.instance.seats.open] == ["MYSTORE"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'"admin"', b"\xff\xfe"])
def test_credentials_that_cannot_be_read_are_400(open_client, body):
    client = open_client(signed_in=False)
    assert client.send("POST", LOGIN, body).status == 400
    assert client.instance.seats.open == []


def test_the_cookie_that_clients_look_for_is_set(open_client):
    """Acumatica C# client: a session is there when `ASP.NET_SessionId` is."""
    client = open_client(signed_in=False)
    response = client.log_in()
    cookies = {value.split("=")[0]: value for name, value in response.headers if name == "Set-Cookie"}
    assert {"ASP.NET_SessionId", ".ASPXAUTH", "UserBranch"} <= set(cookies)
    assert "HttpOnly" in cookies["ASP.NET_SessionId"]
    assert all("path=/" in value for value in cookies.values())


def test_no_cookie_names_the_tenant(open_client):
    client = open_client(signed_in=False, tenants=("North", "South"))
    response = client.log_in(tenant="South")
    assert not any("South" in value for _, value in response.headers)


def test_the_form_ticket_looks_like_the_recorded_one(open_client):
    """Recorded on a MYOB instance: hexadecimal, no dashes."""
    client = open_client(signed_in=False)
    client.log_in()
    int(client.cookies[".ASPXAUTH"], 16)


def test_every_login_is_a_session_of_its_own(open_client):
    client = open_client(signed_in=False)
    seen = set()
    for _ in range(2):
        client.log_in()
        seen.add(client.cookies["ASP.NET_SessionId"])
    assert len(seen) == len(client.instance.seats.open) == 2


# --- which tenant (live on build 26.101)


@pytest.mark.parametrize("given", [{}, {"tenant": ""}, {"company": ""}])
def test_without_a_tenant_a_login_lands_in_the_default_one_silently(open_client, given):
    client = open_client(signed_in=False, tenants=("North", "South"))
    body = {"name": "admin", "password": "secret", **given}
    assert client.send("POST", LOGIN, body).status == 204
    assert landed(client) == ["North"]


@pytest.mark.parametrize("tenant", ["nonsense", "Company", "", "U100"])
def test_with_one_tenant_any_name_is_good(open_client, tenant):
    client = open_client(signed_in=False)
    assert client.log_in(tenant=tenant).status == 204
    assert landed(client) == ["Company"]


@pytest.mark.parametrize("password", ["secret", "wrong"])
def test_with_several_tenants_an_unknown_name_is_refused_whatever_the_password(open_client, password):
    client = open_client(signed_in=False, tenants=("North", "South"))
    refusal = answer(client.log_in(tenant="West", password=password))
    assert_failed(
        refusal, "PX.Data.PXUndefinedCompanyException", "A proper company ID cannot be determined for the request."
    )
    assert landed(client) == []


def test_a_tenant_that_was_made_without_a_recycle_is_silently_the_default_one(open_client):
    client = open_client(signed_in=False, tenants=("North", "South", "Fresh"), stale_tenants=["Fresh"])
    assert client.log_in(tenant="Fresh").status == 204
    assert landed(client) == ["North"]


def test_tenants_share_nothing(open_client):
    client = open_client(signed_in=False, tenants=("North", "South"), seats=3)
    client.log_in(tenant="North")
    client.put("Ledger", {"LedgerID": "ONLYHERE", "Description": "x"})
    assert client.log_in(tenant="South").status == 204
    assert "ONLYHERE" not in client.keys("Ledger", "LedgerID")
    assert {row["id"] for row in client.get("Ledger")}.isdisjoint(_ids_of_north(client))


def _ids_of_north(client):
    client.log_in(tenant="North")
    return {row["id"] for row in client.get("Ledger")}


def test_the_login_page_is_the_only_place_that_shows_the_tenant(open_client):
    client = open_client(signed_in=False, tenants=("North", "South"))
    client.log_in(tenant="South")
    page = client.send("GET", "/Frames/Login.aspx")
    assert page.header("content-type").startswith("text/html")
    assert 'txtSingleCompany" value="South"' in page.body.decode()


# --- failures


@pytest.mark.parametrize("given", [{"password": "no"}, {"name": "stranger"}, {"password": ""}, {"name": ""}])
def test_wrong_credentials_are_a_500_and_no_401(open_client, given):
    """Recorded on a MYOB instance."""
    client = open_client(signed_in=False)
    refusal = answer(client.log_in(**given))
    assert_failed(refusal, PX, "Error: Invalid credentials. Please try again.")
    assert "AuthController.Login" in refusal[1]["stackTrace"]
    assert client.cookies == {}


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (
            "must_change_password",
            "You need to change your password. Sign in by using your browser to set a new password.",
        ),
        ("locked", "locked out"),
    ],
)
def test_an_account_that_cannot_be_used_is_a_500_even_with_the_right_password(open_client, failure, words):
    client = open_client(signed_in=False, login_failure=failure)
    # pragma: allowlist nextline secret
    assert_failed(answer(client.log_in(newPassword="other")), PX, words)
    assert client.instance.seats.open == []


def test_the_trial_licence_has_two_seats(open_client):
    client = open_client(signed_in=False)
    assert [client.log_in().status for _ in range(3)] == [204, 204, 500]
    assert len(client.instance.seats.open) == 2


@pytest.mark.parametrize("form", ["500", "429"])
def test_the_limit_of_the_licence_names_itself_whatever_the_status(open_client, form):
    """Clients look for the text, because both statuses were met."""
    refusal = answer(open_client(seats=1, limit_form=form).log_in())
    assert_failed(refusal, PX, "API Login Limit", int(form))
    assert "PX.LicensePolicy.PXLicensePolicy.CheckApiUsersLimits" in refusal[1]["stackTrace"]


def test_the_web_server_may_swallow_the_json_of_a_429(open_client):
    response = open_client(seats=1, limit_form="429_text").log_in()
    assert (response.status, response.header("content-type")) == (429, "text/plain; charset=utf-8")
    assert response.body == b"The custom error module does not recognize this error."


def test_the_limit_of_a_user_may_be_a_redirect_to_the_error_page(open_client):
    response = open_client(seats=1, limit_form="302").log_in()
    assert (response.status, response.body) == (302, b"")
    place = response.header("Location")
    assert place.startswith("/AcumaticaERP/Frames/Error.aspx?")
    assert "number%20of%20concurrent%20API%20logins" in place


def test_a_refused_login_leaves_the_seats_of_others_alone(open_client):
    client = open_client(seats=1)
    mine = dict(client.cookies)
    client.log_in()
    client.cookies = mine
    assert client.entity("GET", "Ledger").status == 200


# --- the end of a session


def test_a_logout_is_204_without_a_body_and_frees_the_seat(open_client):
    client = open_client(seats=1)
    response = client.log_out()
    assert (response.status, response.body) == (204, b"")
    assert client.log_in().status == 204


def test_a_logout_without_a_length_is_refused_by_the_web_server_and_the_session_goes_on(open_client):
    """Reported by three independent users: a POST without Content-Length is 411."""
    client = open_client(seats=1)
    response = client.send("POST", "/entity/auth/logout", headers={"Content-Length": "none"})
    assert response.status == 411
    assert response.header("content-type").startswith("text/html")
    assert client.entity("GET", "Ledger").status == 200
    assert client.log_in().status == 500


def test_a_chunked_logout_states_its_length(client):
    headers = {"Content-Length": "none", "Transfer-Encoding": "chunked"}
    assert client.send("POST", "/entity/auth/logout", headers=headers).status == 204


def test_only_the_session_that_asks_is_ended(open_client):
    client = open_client(seats=2)
    first = dict(client.cookies)
    client.log_in()
    client.log_out()
    client.cookies = first
    assert client.entity("GET", "Ledger").status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["Customer/ALPIN0000", "Customer", "SalesOrder/CancelSalesOrder"])
def test_every_request_without_a_session_is_401_with_a_message(open_client, method, path):
    status, body = open_client(signed_in=False).refused(method, path, {})
    assert status == 401
    assert isinstance(body["message"], str)


@pytest.mark.parametrize("cookie", ["ASP.NET_SessionId=made-up", ".ASPXAUTH=ABCDEF", "nonsense", "ASP.NET_SessionId="])
def test_a_cookie_no_one_gave_out_is_no_session(open_client, cookie):
    client = open_client(signed_in=False)
    assert raw(client, "GET", f"/entity/{client.endpoint}/Ledger", headers={"cookie": cookie}).status == 401


@pytest.mark.parametrize(("idle", "alive"), [(9.9, True), (10.1, False), (60, False)])
def test_a_session_closes_after_ten_minutes_without_a_request(client, idle, alive):
    client.instance.clock.tick(idle * 60)
    assert (client.entity("GET", "Ledger").status == 200) is alive
    assert (len(client.instance.seats.open) == 1) is alive


def test_every_request_begins_the_ten_minutes_anew(client):
    for _ in range(5):
        client.instance.clock.tick(9 * 60)
        assert client.entity("GET", "Ledger").status == 200


@pytest.mark.parametrize("minutes", [20, 30])
def test_other_instances_were_seen_to_wait_longer(open_client, minutes):
    client = open_client(session_minutes=minutes)
    client.instance.clock.tick(minutes * 60 - 5)
    assert client.entity("GET", "Ledger").status == 200


def test_an_abandoned_session_gives_its_seat_back_in_the_end(open_client):
    """A client that dies keeps its seat until the time-out; logins fail until then."""
    client = open_client(seats=1)
    client.cookies = {}
    assert client.log_in().status == 500
    client.instance.clock.tick(601)
    assert client.log_in().status == 204


def test_a_recycled_application_pool_drops_every_session(open_client):
    client = open_client(seats=2)
    first = dict(client.cookies)
    client.log_in()
    client.instance.faults.add("recycle", method="GET")
    assert client.refused("GET", "Ledger")[0] == 401
    client.cookies = first
    assert client.refused("GET", "Ledger")[0] == 401
    assert client.instance.seats.open == []


def test_after_a_recycle_the_browser_form_of_401_may_come(open_client):
    client = open_client(expired_form="302")
    client.instance.clock.tick(3600)
    response = client.entity("GET", "Ledger")
    assert (response.status, response.header("Location")) == (302, "/AcumaticaERP/Frames/Login.aspx")


def test_the_envelope_has_its_members_in_the_recorded_order(open_client, recorded):
    mine = read_json(open_client(signed_in=False).log_in(password="no"))
    theirs = recorded("errors/login_500_invalid_credentials.json")
    assert list(mine) == list(theirs)
    assert mine["message"] == theirs["message"] == ENVELOPE
