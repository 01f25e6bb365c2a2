"""OAuth 2.0: grants, scopes, seats behind tokens, refresh, the words of a refusal."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from acumatica_emulator.site.oauth import challenge
from unit_tests.emulator.conformance.conftest import CLIENT, by_bearer, grant, raw, read_json

BACK = "https://app.example/back"
HOUR = 3600


@pytest.fixture
def stranger(open_client):
    """A client without a cookie, to an instance with the two seats of a trial."""
    return open_client(signed_in=False)


def access(client, **given):
    status, body = grant(client, **given)
    assert status == 200, body
    return body["access_token"]


def consent(client, **given):
    """The query of the redirect that a browser follows after the user agreed."""
    asked = {"client_id": f"{CLIENT}@Company", "redirect_uri": BACK, "scope": "api", "response_type": "code", **given}
    response = raw(client, "GET", "/identity/connect/authorize", urlencode(asked))
    assert response.status == 302
    place = urlsplit(response.header("Location"))
    assert f"{place.scheme}://{place.netloc}{place.path}" == BACK
    return dict(parse_qsl(place.query))


def redeem(client, code, **given):
    asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "username": None, "password": None}
    return grant(client, **{**asked, **given})


# --- the token endpoint (Integration Development Guide 2026 R1, OAuth 2.0)


def test_the_answer_to_a_grant_has_the_documented_members(stranger):
    status, body = grant(stranger)
    assert status == 200
    assert set(body) == {"access_token", "expires_in", "token_type", "scope"}
    assert (body["expires_in"], body["token_type"], body["scope"]) == (HOUR, "Bearer", "api")


@pytest.mark.parametrize(
    ("scope", "refreshes"),
    [("api", False), ("api offline_access", True), ("api api:concurrent_access", False), ("api openid", False)],
)
def test_only_offline_access_brings_a_refresh_token(stranger, scope, refreshes):
    body = grant(stranger, scope=scope)[1]
    assert ("refresh_token" in body) is refreshes
    assert set(body["scope"].split()) == set(scope.split())


@pytest.mark.parametrize("given", [{"password": "no"}, {"username": "stranger"}, {"password": ""}])
def test_wrong_credentials_are_400_invalid_grant(stranger, given):
    assert grant(stranger, **given) == (
        400,
        {"error": "invalid_grant", "error_description": "invalid_username_or_password"},
    )


@pytest.mark.parametrize("state", ["must_change_password", "locked"])
def test_a_pending_password_change_looks_like_wrong_credentials(open_client, state):
    status, body = grant(open_client(signed_in=False, login_failure=state))
    assert (status, body["error"]) == (400, "invalid_grant")
    assert body["error_description"] == "invalid_username_or_password"


@pytest.mark.parametrize("kind", ["client_credentials", "urn:ietf:params:oauth:grant-type:device_code", "", "implicit"])
def test_there_is_no_grant_for_a_client_without_a_user(stranger, kind):
    status, body = grant(stranger, grant_type=kind)
    assert (status, body["error"]) == (400, "unauthorized_client")


@pytest.mark.parametrize(
    "given",
    [
        {"client_secret": "wrong"},
        {"client_secret": None},
        {"client_id": CLIENT},
        {"client_id": f"{CLIENT}@Elsewhere"},
        {"client_id": "00000000-0000-0000-0000-000000000000@Company"},
        {"client_id": None},
    ],
)
def test_a_client_that_is_not_registered_is_400_invalid_client(stranger, given):
    status, body = grant(stranger, **given)
    assert (status, body["error"]) == (400, "invalid_client")


def test_the_tenant_is_bound_by_the_suffix_of_the_client(open_client):
    client = open_client(signed_in=False, tenants=("North", "South"))
    for tenant in ("North", "South"):
        token = access(client, client_id=f"{CLIENT}@{tenant}")
        assert by_bearer(client, token).status == 200
    assert [session.tenant for session in client.instance.seats.open] == ["North", "South"]


def test_the_name_of_a_tenant_in_a_client_id_may_hold_a_blank(open_client):
    client = open_client(signed_in=False, tenants=("Sweet Life",))
    assert by_bearer(client, access(client, client_id=f"{CLIENT}@Sweet Life")).status == 200


def test_an_access_token_is_good_for_one_hour(stranger):
    token = access(stranger)
    stranger.instance.clock.tick(HOUR - 1)
    assert by_bearer(stranger, token).status == 200
    stranger.instance.clock.tick(2)
    assert by_bearer(stranger, token).status == 401


@pytest.mark.parametrize("header", ["Bearer ", "Bearer made-up", "Basic YWRtaW46c2VjcmV0", "nonsense"])
def test_a_header_without_a_good_token_is_401(stranger, header):
    response = raw(stranger, "GET", f"/entity/{stranger.endpoint}/Ledger", headers={"authorization": header})
    assert response.status == 401


# --- tokens and seats


def test_a_token_takes_no_seat_until_it_is_used(stranger):
    token = access(stranger)
    assert stranger.instance.seats.open == []
    by_bearer(stranger, token)
    assert len(stranger.instance.seats.open) == 1


def test_with_scope_api_every_request_of_a_token_works_in_one_session(stranger):
    token = access(stranger)
    assert [by_bearer(stranger, token).status for _ in range(5)] == [200] * 5
    assert stranger.instance.seats.logins == 1


def test_two_tokens_are_two_seats(stranger):
    for _ in range(2):
        by_bearer(stranger, access(stranger))
    assert len(stranger.instance.seats.open) == 2


def test_with_concurrent_access_a_call_without_a_cookie_is_a_new_seat(open_client):
    client = open_client(signed_in=False, seats=3)
    token = access(client, scope="api api:concurrent_access")
    for taken in (1, 2, 3):
        assert by_bearer(client, token).status == 200
        assert len(client.instance.seats.open) == taken
    assert b"API Login Limit" in by_bearer(client, token).body


def test_with_concurrent_access_a_cookie_brings_the_session_back(open_client):
    client = open_client(signed_in=False, seats=3)
    token = access(client, scope="api api:concurrent_access")
    by_bearer(client, token)
    cookie = f"ASP.NET_SessionId={client.instance.seats.open[0].token}"
    for _ in range(3):
        assert by_bearer(client, token, cookie=cookie).status == 200
    assert len(client.instance.seats.open) == 1


@pytest.mark.parametrize("form", ["500", "429", "302"])
def test_the_login_limit_shows_at_the_first_call_of_a_token(open_client, form):
    client = open_client(seats=1, limit_form=form)
    assert by_bearer(client, access(client)).status == int(form)


def test_a_cookie_session_and_a_token_share_the_seats(open_client):
    client = open_client(seats=1)
    token = access(client)
    assert b"API Login Limit" in by_bearer(client, token).body
    client.log_out()
    assert by_bearer(client, token).status == 200


def log_out(client, token, **headers):
    given = {"authorization": f"Bearer {token}", **headers}
    return raw(client, "POST", "/entity/auth/logout", headers=given)


def test_a_logout_with_the_token_frees_the_seat_and_the_token_opens_another(stranger):
    token = access(stranger)
    by_bearer(stranger, token)
    assert log_out(stranger, token).status == 204
    assert stranger.instance.seats.open == []
    assert by_bearer(stranger, token).status == 200
    assert stranger.instance.seats.logins == 2


def test_revoking_a_token_frees_no_seat(stranger):
    """Reported by two independent users: only a logout or the time-out does."""
    token = access(stranger)
    by_bearer(stranger, token)
    body = urlencode({"token": token}).encode()
    assert raw(stranger, "POST", "/identity/connect/revocation", body=body).status == 200
    assert by_bearer(stranger, token).status == 401
    assert len(stranger.instance.seats.open) == 1


# --- refreshing


def refresh(client, token, **given):
    return grant(client, grant_type="refresh_token", refresh_token=token, username=None, password=None, **given)


def test_a_refresh_token_works_once(stranger):
    first = grant(stranger, scope="api offline_access")[1]["refresh_token"]
    status, second = refresh(stranger, first)
    assert (status, second["refresh_token"] != first) == (200, True)
    assert refresh(stranger, first)[0] == 400
    assert refresh(stranger, second["refresh_token"])[0] == 200


def test_the_session_goes_on_through_refreshes(open_client):
    client = open_client(signed_in=False, seats=1)
    body = grant(client, scope="api offline_access")[1]
    for _ in range(4):
        assert by_bearer(client, body["access_token"]).status == 200
        body = refresh(client, body["refresh_token"])[1]
    assert by_bearer(client, body["access_token"]).status == 200
    assert (client.instance.seats.logins, len(client.instance.seats.open)) == (1, 1)


@pytest.mark.parametrize(("days", "status"), [(29.9, 200), (30.1, 400)])
def test_a_refresh_token_lives_for_thirty_days(stranger, days, status):
    token = grant(stranger, scope="api offline_access")[1]["refresh_token"]
    stranger.instance.clock.tick(days * 86400)
    assert refresh(stranger, token)[0] == status


def test_a_refresh_without_a_token_is_an_invalid_request(stranger):
    assert refresh(stranger, None) == (400, {"error": "invalid_request"})


def test_a_dead_refresh_token_does_not_always_say_invalid_grant(open_client):
    client = open_client(signed_in=False, refresh_reuse_error="invalid_request")
    assert refresh(client, "long gone") == (400, {"error": "invalid_request"})


def test_a_refresh_asks_for_the_secret_again(stranger):
    token = grant(stranger, scope="api offline_access")[1]["refresh_token"]
    assert refresh(stranger, token, client_secret="wrong")[1]["error"] == "invalid_client"


# --- the code flow


def test_a_code_is_redeemed_once_and_the_state_comes_back(stranger):
    back = consent(stranger, state="xyz")
    assert back["state"] == "xyz"
    status, body = redeem(stranger, back["code"])
    assert (status, by_bearer(stranger, body["access_token"]).status) == (200, 200)
    assert redeem(stranger, back["code"])[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(("verifier", "status"), [("v" * 43, 200), ("w" * 43, 400), (None, 400)])
def test_a_code_with_a_challenge_needs_its_verifier(stranger, verifier, status):
    proof = {"code_challenge": challenge("v" * 43), "code_challenge_method": "S256"}
    assert redeem(stranger, consent(stranger, **proof)["code"], code_verifier=verifier)[0] == status


def test_the_challenge_is_the_s256_of_the_standard():
    """The example of RFC 7636, appendix B."""
    # pragma: allowlist nextline secret
    assert challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_redirect_has_to_be_the_same_in_both_steps(stranger):
    code = consent(stranger)["code"]
    assert redeem(stranger, code, redirect_uri="https://evil.example")[1]["error"] == "invalid_grant"


def test_a_code_made_up_is_an_invalid_grant(stranger):
    assert redeem(stranger, "made-up")[1]["error"] == "invalid_grant"


def test_a_code_with_offline_access_brings_a_refresh_token(stranger):
    body = redeem(stranger, consent(stranger, scope="api offline_access")["code"])[1]
    assert refresh(stranger, body["refresh_token"])[0] == 200


# --- who is it


def test_user_info_needs_the_scope_openid_and_names_user_and_tenant(stranger):
    """The guide's sample is `gibbs@U100`."""
    headers = {"authorization": f"Bearer {access(stranger, scope='api openid')}"}
    response = raw(stranger, "GET", "/identity/connect/userinfo", headers=headers)
    assert read_json(response)["sub"] == "admin@Company"
    headers = {"authorization": f"Bearer {access(stranger)}"}
    assert raw(stranger, "GET", "/identity/connect/userinfo", headers=headers).status == 401
