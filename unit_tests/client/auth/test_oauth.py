"""The token endpoint: what it is asked, what its answers mean, and that nothing of a refusal but its code is shown."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest

from acumatica_client import errors
from acumatica_client.auth.oauth import is_concurrent, parse_token_answer, password_request, refresh_request, scope_for
from acumatica_client.auth.sign_in import OAuthPasswordSignIn, OAuthSignIn
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.query import Request
from unit_tests.client.fakes import envelope, page, redirect

SECRET = "app-s3cret&+ü"  # pragma: allowlist secret
APP = {"client_id": "4B6D@My Company", "client_secret": SECRET}
CONSENT = OAuthSignIn(**APP, refresh_token="r-1")
PASSWORD = OAuthPasswordSignIn(**APP, username="o'hara", password=" p@ss+word ")


def form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs((request.body or b"").decode(), strict_parsing=True).items()}


def json_answer(body: object, status: int = 200, content_type: str = "application/json") -> Answer:
    return Answer(status, {"content-type": content_type}, json.dumps(body).encode())


def refusal(answer: Answer) -> errors.AcumaticaError:
    with pytest.raises(errors.AcumaticaError) as raised:
        parse_token_answer(answer)
    return raised.value


# What is asked


def test_a_refresh_is_a_form_with_the_secret_in_its_body_and_without_a_scope() -> None:
    request = refresh_request("4B6D@My Company", SECRET, "r-1")

    assert (request.method, request.path, request.params) == ("POST", "/identity/connect/token", {})
    assert request.headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert form(request) == {"grant_type": "refresh_token", "refresh_token": "r-1", **APP}


def test_the_at_sign_and_blanks_of_a_client_id_are_escaped() -> None:
    assert b"client_id=4B6D%40My+Company" in (refresh_request("4B6D@My Company", SECRET, "r").body or b"")


def test_a_password_travels_whole_whatever_its_signs() -> None:
    request = password_request("4B6D@My Company", SECRET, "o'hara", " p@ss+word ", "api")

    assert form(request) == {
        "grant_type": "password", "username": "o'hara", "password": " p@ss+word ", "scope": "api", **APP,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sessions", "scope"),
    [(1, "api offline_access"), (2, "api offline_access api:concurrent_access"), (25, None)],
)
def test_many_sessions_are_asked_for_only_where_they_are_wanted(sessions: int, scope: str | None) -> None:
    assert scope_for(sessions) == (scope or scope_for(2))


def test_no_request_for_a_token_is_one_to_repeat_blindly() -> None:
    assert not refresh_request("a@b", "s", "r").repeatable
    assert not password_request("a@b", "s", "u", "p", "api").repeatable


class TestTheGrantsOfASignIn:
    def test_after_a_consent_are_the_refresh_alone(self):
        (only,) = CONSENT.grants("r-7", sessions=3)
        assert form(only) == {"grant_type": "refresh_token", "refresh_token": "r-7", **APP}

    def test_by_password_are_the_password_first(self):
        (only,) = PASSWORD.grants("", sessions=1)
        assert form(only)["grant_type"] == "password"
        assert form(only)["scope"] == "api offline_access"

    def test_by_password_are_the_refresh_next_since_it_keeps_the_session(self):
        grants = PASSWORD.grants("r-2", sessions=3)
        assert [form(one)["grant_type"] for one in grants] == ["refresh_token", "password"]
        assert form(grants[1])["scope"].endswith("api:concurrent_access")

    @pytest.mark.parametrize("sign_in", [CONSENT, PASSWORD])
    def test_name_the_company_by_the_suffix_of_the_client_id(self, sign_in):
        assert sign_in.company == "My Company"

    @pytest.mark.parametrize("sign_in", [CONSENT, PASSWORD])
    def test_are_never_shown(self, sign_in):
        for secret in (SECRET, "r-1", "p@ss"):
            assert secret not in repr(sign_in)


# What is answered


def test_a_token_comes_with_its_life_its_scope_and_perhaps_a_refresh_token() -> None:
    whole = {"access_token": "a", "expires_in": 3600, "token_type": "Bearer", "scope": "api offline_access"}
    given = parse_token_answer(json_answer({**whole, "refresh_token": "r"}))

    assert (given.access_token, given.lifetime, given.refresh_token) == ("a", 3600.0, "r")
    assert given.scope == {"api", "offline_access"}
    assert parse_token_answer(json_answer(whole)).refresh_token == ""


def test_what_a_token_answer_lacks_is_what_acumatica_always_gives() -> None:
    given = parse_token_answer(json_answer({"access_token": "a"}))

    assert (given.lifetime, given.scope, given.refresh_token) == (3600.0, None, "")


def test_a_life_written_as_text_is_understood() -> None:
    assert parse_token_answer(json_answer({"access_token": "a", "expires_in": "120"})).lifetime == 120.0


def test_a_token_is_never_shown() -> None:
    given = parse_token_answer(json_answer({"access_token": "tok-access", "refresh_token": "tok-refresh"}))

    assert "tok-" not in repr(given)


@pytest.mark.parametrize(
    ("scope", "concurrent"),
    [(None, False), (frozenset(), False), ({"api", "offline_access"}, False), ({"api", "api:concurrent_access"}, True)],
)
def test_several_sessions_only_where_the_token_says_so(scope: frozenset[str] | None, concurrent: bool) -> None:
    assert is_concurrent(scope) is concurrent


# What is refused for good

FINAL = [
    ({"error": "invalid_grant"}, "refresh token is no longer good", "Authenticate again"),
    ({"error": "invalid_grant", "error_description": "invalid_username_or_password"}, "user name", "Unrestricted"),
    ({"error": "invalid_client"}, "client secret is wrong", "SM303010"),
    ({"error": "unauthorized_client"}, "does not allow this way", "flow"),
    ({"error": "invalid_scope"}, "refuses the access", "Sliding"),
    ({"error": "invalid_request"}, "refused (invalid_request)", "Authenticate again"),
    ({"error": "something_new"}, "refused (something_new)", "Authenticate again"),
]


@pytest.mark.parametrize(("body", "message", "advice"), FINAL, ids=lambda value: str(value)[:40])
def test_a_refusal_says_what_is_wrong_and_what_to_do(body: dict[str, str], message: str, advice: str) -> None:
    error = refusal(json_answer(body, 400))

    assert isinstance(error, errors.SignInRefused)
    assert error.failure_type == "config"
    assert message in error.message
    assert advice in error.advice
    assert "\n" not in error.sentence()


@pytest.mark.parametrize("status", [400, 401, 403, 406, 410, 422, 451])
@pytest.mark.parametrize("body", [b"", b"Bad Request", b'{"message":"x"}', b"[]", b'{"error":5}', b"\xff"])
def test_any_other_4xx_is_final_too_whatever_its_body(status: int, body: bytes) -> None:
    error = refusal(Answer(status, {}, body))

    assert isinstance(error, errors.SignInRefused)
    assert f"HTTP {status}" in error.message
    assert "Authenticate again" in error.advice


def test_a_page_with_a_4xx_is_final() -> None:
    assert isinstance(refusal(page(403)), errors.SignInRefused)


@pytest.mark.parametrize("name", ["error", "error_description", "message", "client_secret"])
def test_a_body_that_echoes_the_form_is_never_shown(name: str) -> None:
    echo = f"grant_type=password&password=hunter2hunter2&client_secret={SECRET}"
    error = refusal(json_answer({"error": "invalid_grant", name: echo}, 400))

    for secret in ("hunter2", SECRET):
        assert secret not in error.sentence() + error.detail


# What passes


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520])
def test_an_endpoint_in_trouble_is_asked_again_for_reads_and_writes(status: int) -> None:
    error = refusal(Answer(status, {}, b"client_secret=hunter2"))

    assert isinstance(error, errors.Overloaded)
    assert error.declined
    assert "hunter2" not in error.sentence() + error.detail


def test_the_pause_that_the_endpoint_asks_for_is_kept() -> None:
    error = refusal(Answer(429, {"retry-after": "7"}))

    assert isinstance(error, errors.Overloaded)
    assert error.retry_after == 7.0


def test_a_redirect_to_the_maintenance_page_passes() -> None:
    assert isinstance(refusal(redirect("/site/Frames/Maintenance.aspx")), errors.Overloaded)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {}, envelope("API Login Limit")),
        Answer(429, {}, envelope("API Login Limit")),
        json_answer({"error": "invalid_grant", "error_description": "API Login Limit"}, 400),
        redirect("/site/Frames/Error.aspx?message=The+number+of+concurrent+API+logins+has+been+reached."),
    ],
    ids=["500", "429", "grant", "redirect"],
)
def test_a_full_license_is_a_login_limit_here_too(answer: Answer) -> None:
    assert isinstance(refusal(answer), errors.LoginLimit)


# What is no token endpoint


@pytest.mark.parametrize(
    "answer",
    [
        page(200),
        page(404),
        page(405),
        Answer(404),
        Answer(204),
        json_answer({}),
        json_answer([]),
        json_answer({"access_token": 5}),
        Answer(200, {}, b"ok"),
        Answer(200, {}, b"\xff"),
        redirect("/site/Frames/Login.aspx"),
        redirect("https://elsewhere.example.com/"),
    ],
    ids=lambda answer: f"{answer.status} {answer.body[:12]!r}",
)
def test_an_address_without_a_token_endpoint_is_a_setting_to_mend(answer: Answer) -> None:
    error = refusal(answer)

    assert isinstance(error, errors.SettingsError)
    assert "nstance URI" in error.sentence()
