"""Sign-in, seats, and the life of a session."""

from __future__ import annotations

import json

import pytest

ENVELOPE = "An error has occurred."


def read_json(response):
    return json.loads(response.body)


def test_a_login_answers_204_without_a_body_and_sets_four_cookies(open_client):
    client = open_client(signed_in=False)
    response = client.log_in()
    assert (response.status, response.body) == (204, b"")
    assert set(client.cookies) == {"ASP.NET_SessionId", ".ASPXAUTH", "UserBranch", "Locale"}


def test_a_login_may_come_as_a_form(open_client):
    client = open_client(signed_in=False)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.send("POST", "/entity/auth/login", b"name=admin&password=secret", kind).status == 204


def test_the_names_of_the_credentials_ignore_case_and_company_means_tenant(open_client):
    client = open_client(signed_in=False, tenants=("North", "South"))
    body = {"Name": "admin", "PASSWORD": "secret", "Company": "South"}
    assert client.send("POST", "/entity/auth/login", body).status == 204
    assert [session.tenant for session in client.instance.seats.open] == ["South"]


def test_a_wrong_password_is_a_500_in_the_envelope_of_an_exception(open_client):
    client = open_client(signed_in=False)
    response = client.log_in(password="nonsense")
    assert response.status == 500
    assert read_json(response)["message"] == ENVELOPE
    assert read_json(response)["exceptionMessage"] == "Error: Invalid credentials. Please try again."
    assert read_json(response)["exceptionType"] == "PX.Data.PXException"
    assert "AuthController.Login" in read_json(response)["stackTrace"]
    assert client.instance.seats.open == []


def test_the_name_of_a_user_ignores_case_but_the_password_does_not(open_client):
    assert open_client(signed_in=False).log_in(name="ADMIN").status == 204
    assert open_client(signed_in=False).log_in(password="SECRET").status == 500


@pytest.mark.parametrize(
    ("tenants", "asked", "landed"),
    [
        (("Company",), "Company", "Company"),
        (("Company",), "nonsense", "Company"),
        (("North", "South"), "south", "South"),
        (("North", "South"), "", "North"),
        (("North", "South"), "nonsense", None),
    ],
)
def test_where_a_login_lands(open_client, tenants, asked, landed):
    client = open_client(signed_in=False, tenants=tenants)
    response = client.log_in(tenant=asked)
    if landed is None:
        assert response.status == 500
        assert read_json(response)["exceptionType"] == "PX.Data.PXUndefinedCompanyException"
        assert read_json(response)["exceptionMessage"] == "A proper company ID cannot be determined for the request."
    else:
        assert [session.tenant for session in client.instance.seats.open] == [landed]


def test_a_tenant_made_without_a_recycle_lands_in_the_default_one(open_client):
    client = open_client(signed_in=False, tenants=("North", "South"), stale_tenants=["South"])
    client.log_in(tenant="South")
    assert [session.tenant for session in client.instance.seats.open] == ["North"]


def test_only_the_login_page_shows_where_a_session_landed(open_client):
    client = open_client(signed_in=False, tenants=("North", "South"))
    assert b'value=""' in client.send("GET", "/Frames/Login.aspx").body
    client.log_in(tenant="South")
    page = client.send("GET", "/Frames/Login.aspx")
    assert b'id="txtSingleCompany" value="South"' in page.body
    assert page.header("content-type") == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        ("must_change_password", "You need to change your password."),
        ("locked", "locked out"),
        ("license_expired", "license of this instance has expired"),
    ],
)
def test_an_account_that_may_not_sign_in_says_why_with_a_500(open_client, failure, words):
    response = open_client(signed_in=False, login_failure=failure).log_in()
    assert response.status == 500
    assert words in read_json(response)["exceptionMessage"]


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ("500", 500, b"API Login Limit"),
        ("429", 429, b"API Login Limit"),
        ("429_text", 429, b"The custom error module does not recognize this error."),
        ("302", 302, b""),
    ],
)
def test_the_login_limit_in_its_four_forms(open_client, form, status, words):
    client = open_client(seats=1, limit_form=form)
    response = client.log_in()
    assert response.status == status
    assert words in response.body
    assert ("/Frames/Error.aspx" in (response.header("Location") or "")) == (form == "302")
    assert client.instance.seats.peak == 1


def test_the_limit_names_the_licence_policy_in_its_stack(open_client):
    client = open_client(seats=1)
    assert "PX.LicensePolicy.PXLicensePolicy.CheckApiUsersLimits" in read_json(client.log_in())["stackTrace"]


def test_a_user_may_have_a_limit_of_his_own(open_client):
    client = open_client(seats=5, seats_per_user=1, users={"admin": "secret", "other": "secret"})
    assert client.log_in().status == 500
    assert client.log_in(name="other").status == 204


def test_a_full_licence_may_drop_the_oldest_session_instead(open_client):
    client = open_client(seats=1, seat_policy="evict")
    first = dict(client.cookies)
    assert client.log_in().status == 204
    assert len(client.instance.seats.open) == 1
    client.cookies = first
    assert client.refused("GET", "Customer")[0] == 401


def test_a_logout_frees_the_seat_and_kills_the_cookie(client):
    assert client.log_out().status == 204
    assert client.instance.seats.open == []
    assert client.refused("GET", "Customer")[0] == 401


def test_a_logout_without_a_length_is_411_and_ends_nothing(client):
    response = client.send("POST", "/entity/auth/logout", headers={"Content-Length": "none"})
    assert response.status == 411
    assert len(client.instance.seats.open) == 1


def test_a_request_without_a_session_is_401(open_client):
    status, body = open_client(signed_in=False).refused("GET", "Customer")
    assert status == 401
    assert set(body) == {"message"}


def test_a_request_without_a_session_may_be_sent_to_the_login_page(open_client):
    response = open_client(signed_in=False, expired_form="302").entity("GET", "Customer")
    assert (response.status, response.header("Location")) == (302, "/AcumaticaERP/Frames/Login.aspx")


def test_an_idle_session_ends_after_ten_minutes_and_frees_its_seat(client):
    client.instance.clock.tick(9 * 60)
    assert client.entity("GET", "Customer", top=1).status == 200
    client.instance.clock.tick(9 * 60)
    assert client.entity("GET", "Customer", top=1).status == 200
    client.instance.clock.tick(11 * 60)
    assert client.refused("GET", "Customer")[0] == 401
    assert client.instance.seats.open == []


def test_an_expired_cookie_is_no_defect_but_a_logged_out_one_is(client):
    client.instance.clock.tick(11 * 60)
    client.refused("GET", "Customer")
    assert client.instance.seats.late_requests == 0
    client.log_in()
    client.log_out()
    client.refused("GET", "Customer")
    assert client.instance.seats.late_requests == 1


def test_the_peak_counts_sessions_that_were_open_at_once(open_client):
    client = open_client(seats=3)
    client.log_in()
    client.log_out()
    client.log_in()
    assert (client.instance.seats.logins, client.instance.seats.peak) == (3, 2)


def test_wrong_passwords_may_lock_an_account_for_a_while(open_client):
    client = open_client(signed_in=False, lockout_after=3, lockout_minutes=15, users={"admin": "secret", "bob": "pw"})
    texts = [read_json(client.log_in(password="no"))["exceptionMessage"] for _ in range(3)]
    assert [("locked" in text) for text in texts] == [False, False, True]
    assert "locked out" in read_json(client.log_in())["exceptionMessage"]
    assert client.log_in(name="bob", password="pw").status == 204
    client.instance.clock.tick(15 * 60 + 1)
    assert client.log_in().status == 204


def test_a_right_password_forgets_the_wrong_ones_before(open_client):
    client = open_client(signed_in=False, lockout_after=2, seats=9)
    for _ in range(3):
        assert client.log_in(password="no").status == 500
        assert client.log_in().status == 204


def test_without_a_limit_no_number_of_wrong_passwords_locks(open_client):
    client = open_client(signed_in=False)
    for _ in range(20):
        client.log_in(password="no")
    assert client.log_in().status == 204


@pytest.mark.parametrize(("relogin", "seats"), [("new", 2), ("same", 1)])
def test_a_login_with_the_cookie_of_an_open_session_takes_a_seat_or_goes_on(open_client, relogin, seats):
    client = open_client(relogin=relogin)
    assert client.log_in().status == 204
    assert len(client.instance.seats.open) == seats


def test_another_user_never_goes_on_with_a_session(open_client):
    client = open_client(relogin="same", users={"admin": "secret", "bob": "pw"})
    client.log_in(name="bob", password="pw")
    assert [session.user for session in client.instance.seats.open] == ["admin", "bob"]


def test_the_login_page_may_be_absent(open_client):
    client = open_client(login_page=False)
    assert client.send("GET", "/Frames/Login.aspx").status == 404
    client.instance.behavior.login_page = True
    assert b'id="txtSingleCompany" value="Company"' in client.send("GET", "/Frames/Login.aspx").body


def test_a_session_that_is_never_logged_out_is_a_defect_unless_its_client_comes_back(open_client):
    client = open_client()
    client.instance.clock.tick(601)
    assert "ended of idleness" in client.instance.report().defects[0]
    assert client.refused("GET", "Ledger")[0] == 401
    assert client.instance.report().defects == []


def test_a_request_of_a_client_that_never_signed_in_is_a_defect(open_client):
    client = open_client(signed_in=False)
    assert client.send("GET", "/entity").status == 200
    assert client.send("GET", "/entity/Default/24.200.001/swagger.json").status == 200
    assert client.instance.report().defects == []
    assert client.refused("GET", "Ledger")[0] == 401
    assert client.instance.report().defects == ["1 request(s) came without ever having signed in"]
