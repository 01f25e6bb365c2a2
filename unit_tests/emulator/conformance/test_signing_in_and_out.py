"""Signing in and out: credentials, tenants, cookies, the failures with their exact words, the life of a session."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from unit_tests.emulator.conformance.conftest import ENVELOPE, assert_failed, raw, told

LOGIN = "/entity/auth/login"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PX = "PX.Data.PXException"


def answer(response):
    return response.status, told(response)


def landed(door):
    return [session.tenant for session in door.instance.seats.open]


# --- the request


@pytest.mark.parametrize("tenant_name", ["tenant", "company", "Tenant", "COMPANY"])
@pytest.mark.parametrize(
    "encode", [lambda given: (json.dumps(given).encode(), {}), lambda given: (urlencode(given).encode(), FORM)]
)
def test_credentials_come_as_json_or_as_a_form_and_tenant_has_an_older_name(open_door, encode, tenant_name):
    """Guide 2026 R1: both media types; `company` is still sent by clients in production."""
    door = open_door(signed_in=False, tenants=("North", "South"))
    body, headers = encode({"name": "admin", "password": "secret", tenant_name: "South"})
    assert door.send("POST", LOGIN, body, headers).status == 204
    assert landed(door) == ["South"]


def test_branch_and_locale_may_be_given(open_door):
    door = open_door(signed_in=False)
    response = door.log_in(branch="MYSTORE", locale="EN-US")
    assert (response.status, response.body) == (204, b"")
    assert [session.branch for session in door.instance.seats.open] == ["MYSTORE"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'"admin"', b"\xff\xfe"])
def test_credentials_that_cannot_be_read_are_400(open_door, body):
    door = open_door(signed_in=False)
    assert door.send("POST", LOGIN, body).status == 400
    assert door.instance.seats.open == []


def test_the_cookie_that_clients_look_for_is_set(open_door):
    """Acumatica C# client: a session is there when `ASP.NET_SessionId` is."""
    door = open_door(signed_in=False)
    response = door.log_in()
    cookies = {value.split("=")[0]: value for name, value in response.headers if name == "Set-Cookie"}
    assert {"ASP.NET_SessionId", ".ASPXAUTH", "UserBranch"} <= set(cookies)
    assert "HttpOnly" in cookies["ASP.NET_SessionId"]
    assert all("path=/" in value for value in cookies.values())


def test_no_cookie_names_the_tenant(open_door):
    door = open_door(signed_in=False, tenants=("North", "South"))
    response = door.log_in(tenant="South")
    assert not any("South" in value for _, value in response.headers)


def test_the_form_ticket_looks_like_the_recorded_one(open_door):
    """Recorded on a MYOB instance: hexadecimal, no dashes."""
    door = open_door(signed_in=False)
    door.log_in()
    int(door.cookies[".ASPXAUTH"], 16)


def test_every_login_is_a_session_of_its_own(open_door):
    door = open_door(signed_in=False)
    seen = set()
    for _ in range(2):
        door.log_in()
        seen.add(door.cookies["ASP.NET_SessionId"])
    assert len(seen) == len(door.instance.seats.open) == 2


# --- which tenant (live on build 26.101)


@pytest.mark.parametrize("given", [{}, {"tenant": ""}, {"company": ""}])
def test_without_a_tenant_a_login_lands_in_the_default_one_silently(open_door, given):
    door = open_door(signed_in=False, tenants=("North", "South"))
    body = {"name": "admin", "password": "secret", **given}
    assert door.send("POST", LOGIN, body).status == 204
    assert landed(door) == ["North"]


@pytest.mark.parametrize("tenant", ["nonsense", "Company", "", "U100"])
def test_with_one_tenant_any_name_is_good(open_door, tenant):
    door = open_door(signed_in=False)
    assert door.log_in(tenant=tenant).status == 204
    assert landed(door) == ["Company"]


@pytest.mark.parametrize("password", ["secret", "wrong"])
def test_with_several_tenants_an_unknown_name_is_refused_whatever_the_password(open_door, password):
    door = open_door(signed_in=False, tenants=("North", "South"))
    refusal = answer(door.log_in(tenant="West", password=password))
    assert_failed(
        refusal, "PX.Data.PXUndefinedCompanyException", "A proper company ID cannot be determined for the request."
    )
    assert landed(door) == []


def test_a_tenant_that_was_made_without_a_recycle_is_silently_the_default_one(open_door):
    door = open_door(signed_in=False, tenants=("North", "South", "Fresh"), stale_tenants=["Fresh"])
    assert door.log_in(tenant="Fresh").status == 204
    assert landed(door) == ["North"]


def test_tenants_share_nothing(open_door):
    door = open_door(signed_in=False, tenants=("North", "South"), seats=3)
    door.log_in(tenant="North")
    door.put("Ledger", {"LedgerID": "ONLYHERE", "Description": "x"})
    assert door.log_in(tenant="South").status == 204
    assert "ONLYHERE" not in door.keys("Ledger", "LedgerID")
    assert {row["id"] for row in door.get("Ledger")}.isdisjoint(_ids_of_north(door))


def _ids_of_north(door):
    door.log_in(tenant="North")
    return {row["id"] for row in door.get("Ledger")}


def test_the_login_page_is_the_only_place_that_tells_the_tenant(open_door):
    door = open_door(signed_in=False, tenants=("North", "South"))
    door.log_in(tenant="South")
    page = door.send("GET", "/Frames/Login.aspx")
    assert page.header("content-type").startswith("text/html")
    assert 'txtSingleCompany" value="South"' in page.body.decode()


# --- failures


@pytest.mark.parametrize("given", [{"password": "no"}, {"name": "nobody"}, {"password": ""}, {"name": ""}])
def test_wrong_credentials_are_a_500_and_no_401(open_door, given):
    """Recorded on a MYOB instance."""
    door = open_door(signed_in=False)
    refusal = answer(door.log_in(**given))
    assert_failed(refusal, PX, "Error: Invalid credentials. Please try again.")
    assert "AuthController.Login" in refusal[1]["stackTrace"]
    assert door.cookies == {}


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
def test_an_account_that_cannot_be_used_is_a_500_even_with_the_right_password(open_door, failure, words):
    door = open_door(signed_in=False, login_failure=failure)
    # pragma: allowlist nextline secret
    assert_failed(answer(door.log_in(newPassword="other")), PX, words)
    assert door.instance.seats.open == []


def test_the_trial_licence_has_two_seats(open_door):
    door = open_door(signed_in=False)
    assert [door.log_in().status for _ in range(3)] == [204, 204, 500]
    assert len(door.instance.seats.open) == 2


@pytest.mark.parametrize("form", ["500", "429"])
def test_the_limit_of_the_licence_names_itself_whatever_the_status(open_door, form):
    """Clients look for the text, because both statuses were met."""
    refusal = answer(open_door(seats=1, limit_form=form).log_in())
    assert_failed(refusal, PX, "API Login Limit", int(form))
    assert "PX.LicensePolicy.PXLicensePolicy.CheckApiUsersLimits" in refusal[1]["stackTrace"]


def test_the_web_server_may_swallow_the_json_of_a_429(open_door):
    response = open_door(seats=1, limit_form="429_text").log_in()
    assert (response.status, response.header("content-type")) == (429, "text/plain; charset=utf-8")
    assert response.body == b"The custom error module does not recognize this error."


def test_the_limit_of_a_user_may_be_a_redirect_to_the_error_page(open_door):
    response = open_door(seats=1, limit_form="302").log_in()
    assert (response.status, response.body) == (302, b"")
    place = response.header("Location")
    assert place.startswith("/AcumaticaERP/Frames/Error.aspx?")
    assert "number%20of%20concurrent%20API%20logins" in place


def test_a_refused_login_leaves_the_seats_of_others_alone(open_door):
    door = open_door(seats=1)
    mine = dict(door.cookies)
    door.log_in()
    door.cookies = mine
    assert door.entity("GET", "Ledger").status == 200


# --- the end of a session


def test_a_logout_is_204_without_a_body_and_frees_the_seat(open_door):
    door = open_door(seats=1)
    response = door.log_out()
    assert (response.status, response.body) == (204, b"")
    assert door.log_in().status == 204


def test_a_logout_without_a_length_is_refused_by_the_web_server_and_the_session_goes_on(open_door):
    """Told by three independent users: a POST without Content-Length is 411."""
    door = open_door(seats=1)
    response = door.send("POST", "/entity/auth/logout", headers={"Content-Length": "none"})
    assert response.status == 411
    assert response.header("content-type").startswith("text/html")
    assert door.entity("GET", "Ledger").status == 200
    assert door.log_in().status == 500


def test_a_chunked_logout_has_told_its_length(door):
    headers = {"Content-Length": "none", "Transfer-Encoding": "chunked"}
    assert door.send("POST", "/entity/auth/logout", headers=headers).status == 204


def test_only_the_session_that_asks_is_ended(open_door):
    door = open_door(seats=2)
    first = dict(door.cookies)
    door.log_in()
    door.log_out()
    door.cookies = first
    assert door.entity("GET", "Ledger").status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["Customer/ALPIN0000", "Customer", "SalesOrder/CancelSalesOrder"])
def test_every_request_without_a_session_is_401_with_a_message(open_door, method, path):
    status, body = open_door(signed_in=False).refused(method, path, {})
    assert status == 401
    assert isinstance(body["message"], str)


@pytest.mark.parametrize("cookie", ["ASP.NET_SessionId=made-up", ".ASPXAUTH=ABCDEF", "nonsense", "ASP.NET_SessionId="])
def test_a_cookie_nobody_gave_out_is_no_session(open_door, cookie):
    door = open_door(signed_in=False)
    assert raw(door, "GET", f"/entity/{door.endpoint}/Ledger", headers={"cookie": cookie}).status == 401


@pytest.mark.parametrize(("idle", "alive"), [(9.9, True), (10.1, False), (60, False)])
def test_a_session_closes_after_ten_minutes_without_a_request(door, idle, alive):
    door.instance.clock.tick(idle * 60)
    assert (door.entity("GET", "Ledger").status == 200) is alive
    assert (len(door.instance.seats.open) == 1) is alive


def test_every_request_begins_the_ten_minutes_anew(door):
    for _ in range(5):
        door.instance.clock.tick(9 * 60)
        assert door.entity("GET", "Ledger").status == 200


@pytest.mark.parametrize("minutes", [20, 30])
def test_other_instances_were_seen_to_wait_longer(open_door, minutes):
    door = open_door(session_minutes=minutes)
    door.instance.clock.tick(minutes * 60 - 5)
    assert door.entity("GET", "Ledger").status == 200


def test_an_abandoned_session_gives_its_seat_back_in_the_end(open_door):
    """A client that dies keeps its seat until the time-out; logins fail until then."""
    door = open_door(seats=1)
    door.cookies = {}
    assert door.log_in().status == 500
    door.instance.clock.tick(601)
    assert door.log_in().status == 204


def test_a_recycled_application_pool_drops_every_session(open_door):
    door = open_door(seats=2)
    first = dict(door.cookies)
    door.log_in()
    door.instance.faults.add("recycle", method="GET")
    assert door.refused("GET", "Ledger")[0] == 401
    door.cookies = first
    assert door.refused("GET", "Ledger")[0] == 401
    assert door.instance.seats.open == []


def test_after_a_recycle_the_browser_form_of_401_may_come(open_door):
    door = open_door(expired_form="302")
    door.instance.clock.tick(3600)
    response = door.entity("GET", "Ledger")
    assert (response.status, response.header("Location")) == (302, "/AcumaticaERP/Frames/Login.aspx")


def test_the_envelope_has_its_members_in_the_recorded_order(open_door, recorded):
    mine = told(open_door(signed_in=False).log_in(password="no"))
    theirs = recorded("errors/login_500_invalid_credentials.json")
    assert list(mine) == list(theirs)
    assert mine["message"] == theirs["message"] == ENVELOPE
