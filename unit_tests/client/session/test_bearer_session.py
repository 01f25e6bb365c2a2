"""A session behind a token, on a wire without sockets: what travels when, and that the seat comes back."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable

import pytest
import requests

from acumatica_client import errors
from acumatica_client.api.client import AcumaticaClient, ConnectionSettings
from acumatica_client.auth.oauth import Rotation
from acumatica_client.auth.sign_in import OAuthPasswordSignIn, OAuthSignIn
from acumatica_client.auth.tokens import TokenStore
from acumatica_client.rest.backoff import Backoff
from acumatica_client.rest.query import Request
from acumatica_client.session.bearer_session import BearerSession
from acumatica_client.session.session import Timeouts
from acumatica_client.transport.instance_address import InstanceAddress
from unit_tests.client.fakes import TIMEOUT, Sent, Wire, envelope, in_thread, raw

TOKEN, ROOT, OUT = "/identity/connect/token", "/entity", "/entity/auth/logout"
ADDRESS = InstanceAddress("https://erp.example.com/site")
APP = {"client_id": "4B6D@Company", "client_secret": "app-s3cret"}
LIST = Request("GET", "/entity/Default/24.200.001/Customer", {"$filter": "A eq 'b'"})
INSERT = Request("PUT", "/entity/Default/24.200.001/Bill", body=b"{}", repeatable=False)
OFFER = raw(200, b'{"endpoints":[]}')
LIMIT = raw(500, envelope("API Login Limit"))
OUT_OK, DENIED, ROWS = raw(204), raw(401, b'{"message":"not signed in"}'), raw(200, b"[]")


def token(number: int, scope: str = "api offline_access", **more: object) -> bytes:
    members = {"access_token": f"access-{number}", "expires_in": 3600, "refresh_token": f"refresh-{number}"}
    return raw(200, json.dumps({**members, "scope": scope, **more}).encode())


class Stage:
    """Sessions of one token store on one wire, with a clock, and the reported secrets and rotations."""

    def __init__(self, wire: Wire, sign_in: OAuthSignIn | OAuthPasswordSignIn | None = None, sessions: int = 1) -> None:
        self.wire, self.now = wire, 0.0
        self.secrets: list[str] = []
        self.rotations: list[Rotation] = []
        self.tokens = TokenStore(
            sign_in or OAuthSignIn(**APP, refresh_token="refresh-0"),
            sessions=sessions,
            clock=lambda: self.now,
            on_secret=self.secrets.append,
            on_rotation=self.rotations.append,
        )

    def session(self) -> BearerSession:
        return BearerSession(ADDRESS, self.tokens, Timeouts(3.0, 700.0), "airbyte/1", on_secret=self.secrets.append)

    def signed_in(self, scope: str = "api offline_access") -> BearerSession:
        self.wire.play(token(1, scope), OFFER)
        session = self.session()
        session.log_in()
        return session

    def exchanges(self) -> list[tuple[str, str | None]]:
        """Path and bearer of each request."""
        return [(one.path.partition("?")[0], bearer(one)) for one in self.wire.sent]


def bearer(sent: Sent) -> str | None:
    return sent.headers["Authorization"].removeprefix("Bearer ") if "Authorization" in sent.headers else None


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire()
    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: wire)
    return wire


@pytest.fixture
def stage(wire: Wire) -> Stage:
    return Stage(wire)


# Signing in and out


def test_building_a_session_sends_nothing(stage: Stage) -> None:
    assert not stage.session().signed_in
    assert stage.wire.sent == []


def test_the_seat_is_taken_by_the_first_use_of_the_token(stage: Stage) -> None:
    session = stage.signed_in()

    assert stage.exchanges() == [(TOKEN, None), (ROOT, "access-1")]
    assert session.signed_in


def test_the_token_request_is_a_form_without_cookies_that_does_not_wait_long(stage: Stage) -> None:
    stage.signed_in()
    asked = stage.wire.sent[0]

    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.cookies == {}
    assert asked.timeout == (3.0, 60.0)


def test_the_logout_says_who_leaves_and_that_its_body_is_empty(stage: Stage) -> None:
    session = stage.signed_in()
    stage.wire.play(OUT_OK)
    session.log_out()
    session.log_out()

    assert stage.exchanges()[2:] == [(OUT, "access-1")]
    assert stage.wire.sent[-1].headers["Content-Length"] == "0"
    assert not session.signed_in


def test_a_logout_after_a_refresh_by_another_session_uses_the_newest_token(wire: Wire) -> None:
    stage = Stage(wire, sessions=2)
    both = "api offline_access api:concurrent_access"
    first = stage.signed_in(both)
    stage.wire.play(OFFER)
    second = stage.session()
    second.log_in()
    stage.now = 3500.0
    stage.wire.play(token(2, both), ROWS, OUT_OK)
    second.send(LIST)
    first.log_out()

    assert stage.exchanges()[-1] == (OUT, "access-2")


def test_a_session_that_never_signed_in_has_nothing_to_sign_out_of(stage: Stage) -> None:
    stage.session().log_out()

    assert stage.wire.sent == []


def test_after_the_logout_nothing_is_sent_since_any_use_would_take_a_seat_again(stage: Stage) -> None:
    session = stage.signed_in()
    stage.wire.play(OUT_OK)
    session.log_out()
    stage.now = 9999.0
    with pytest.raises(errors.SessionLost):
        session.send(LIST)

    assert len(stage.wire.sent) == 3


def test_a_request_that_was_under_way_at_the_logout_signs_out_once_more(stage: Stage) -> None:
    session = stage.signed_in()

    def answer(_: Sent) -> bytes:
        session.log_out()
        return ROWS

    stage.wire.play(answer, OUT_OK, OUT_OK)
    session.send(LIST)

    assert stage.exchanges()[3:] == [(OUT, "access-1"), (OUT, "access-1")]


def test_a_refused_token_request_takes_no_seat_and_sends_no_logout(stage: Stage) -> None:
    stage.wire.play(raw(400, b'{"error":"invalid_client"}'))
    session = stage.session()
    with pytest.raises(errors.SignInRefused):
        session.log_in()
    session.log_out()

    assert stage.exchanges() == [(TOKEN, None)]


def test_a_connection_that_breaks_at_the_first_use_gives_back_the_seat_that_may_have_been_taken(stage: Stage) -> None:
    stage.wire.play(token(1), requests.ReadTimeout("slow"), OUT_OK)
    with pytest.raises(errors.Unreachable) as raised:
        stage.session().log_in()

    assert stage.exchanges()[-1] == (OUT, "access-1")
    assert not raised.value.sent


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (LIMIT, errors.LoginLimit),
        (raw(503), errors.Overloaded),
        (raw(302, b"", {"Location": "https://elsewhere.example.com/"}), errors.SettingsError),
        (raw(200, b"<html>hello</html>", {"Content-Type": "text/html"}), errors.Unexpected),
    ],
)
def test_what_the_first_use_refuses_ends_the_sign_in_and_leaves_the_place_to_others(
    stage: Stage, answer: bytes, kind: type[errors.AcumaticaError]
) -> None:
    stage.wire.play(token(1), answer, OFFER)
    with pytest.raises(kind) as raised:
        stage.session().log_in()

    assert getattr(raised.value, "declined", True)
    stage.session().log_in()


@pytest.mark.parametrize("answer", [raw(403), raw(404), raw(500, envelope("Boom"))])
def test_an_api_that_answers_with_an_error_of_its_own_has_given_the_seat(stage: Stage, answer: bytes) -> None:
    stage.wire.play(token(1), answer)
    session = stage.session()
    session.log_in()

    assert session.signed_in


# Tokens that are not accepted


@pytest.mark.parametrize("request_", [LIST, INSERT], ids=["list", "insert"])
def test_a_401_leads_to_one_refresh_and_one_repetition(stage: Stage, request_: Request) -> None:
    session = stage.signed_in()
    stage.wire.play(DENIED, token(2), ROWS)

    assert session.send(request_).body == b"[]"
    assert stage.exchanges()[2:] == [(request_.path, "access-1"), (TOKEN, None), (request_.path, "access-2")]


def test_a_second_401_is_the_answer(stage: Stage) -> None:
    session = stage.signed_in()
    stage.wire.play(DENIED, token(2), DENIED)

    assert session.send(LIST).status == 401


def test_a_page_that_ignores_bearer_tokens_costs_no_refresh(stage: Stage) -> None:
    session = stage.signed_in()
    stage.wire.play(DENIED)

    assert session.send(Request("GET", "/Frames/Login.aspx")).status == 401
    assert len(stage.wire.sent) == 3


def test_a_token_that_is_refused_at_once_is_a_refused_sign_in(stage: Stage) -> None:
    stage.wire.play(token(1), DENIED, token(2), DENIED)
    with pytest.raises(errors.SignInRefused, match="does not accept the access token"):
        stage.session().log_in()


def test_a_token_near_its_end_is_replaced_before_the_request(stage: Stage) -> None:
    session = stage.signed_in()
    stage.now = 3400.0
    stage.wire.play(token(2), ROWS)
    session.send(INSERT)

    assert stage.exchanges()[2:] == [(TOKEN, None), (INSERT.path, "access-2")]


def test_a_new_chain_is_a_new_session(wire: Wire) -> None:
    stage = Stage(wire, OAuthPasswordSignIn(**APP, username="admin", password="123"))
    session = stage.signed_in()
    stage.now = 3400.0
    stage.wire.play(raw(400, b'{"error":"invalid_grant"}'), token(2), OUT_OK)
    with pytest.raises(errors.SessionLost):
        session.send(LIST)
    session.log_out()

    assert stage.exchanges()[2:] == [(TOKEN, None), (TOKEN, None), (OUT, "access-1")]


# The login limit, which may come at any call


@pytest.mark.parametrize("request_", [LIST, INSERT], ids=["list", "insert"])
def test_a_login_limit_in_the_middle_is_a_lost_session_that_says_why(stage: Stage, request_: Request) -> None:
    session = stage.signed_in()
    stage.wire.play(LIMIT)
    with pytest.raises(errors.SessionLost, match="Every API session") as raised:
        session.send(request_)

    assert "Free a seat" in raised.value.advice


def test_the_call_that_met_the_limit_is_the_one_that_opens_sessions_from_then_on(stage: Stage) -> None:
    session = stage.signed_in()
    stage.wire.play(LIMIT, OUT_OK)
    with pytest.raises(errors.SessionLost):
        session.send(LIST)
    session.log_out()
    stage.wire.play(LIMIT)
    with pytest.raises(errors.LoginLimit):
        stage.session().log_in()

    assert stage.wire.sent[-1].path == f"{LIST.path}?$top=1"


def test_a_row_that_speaks_of_the_limit_is_a_row(stage: Stage) -> None:
    session = stage.signed_in()
    stage.wire.play(raw(200, b'[{"Note":{"value":"API Login Limit"}}]'))

    assert session.send(LIST).status == 200


# Cookies and secrets


def test_the_cookies_of_a_session_come_back_with_every_request_and_the_logout(stage: Stage) -> None:
    stage.wire.play(token(1), raw(200, b"{}", {}, "ASP.NET_SessionId=abcdefghijkl; path=/"), ROWS, OUT_OK)
    session = stage.session()
    session.log_in()
    session.send(LIST)
    session.log_out()

    assert [one.cookies for one in stage.wire.sent[2:]] == [{"ASP.NET_SessionId": "abcdefghijkl"}] * 2


def test_a_token_request_carries_no_cookie_and_no_bearer(stage: Stage) -> None:
    stage.wire.play(token(1), raw(200, b"{}", {}, "ASP.NET_SessionId=abcdefghijkl; path=/"), DENIED, token(2), ROWS)
    session = stage.session()
    session.log_in()
    session.send(LIST)
    asked = stage.wire.sent[3]

    assert (asked.path, asked.cookies, bearer(asked)) == (TOKEN, {}, None)


def test_tokens_and_cookies_are_reported_as_secrets_once_each(stage: Stage) -> None:
    stage.wire.play(token(1), raw(200, b"{}", {}, "S=abcdefghijkl; path=/", "UserBranch=1; path=/"), ROWS)
    session = stage.session()
    session.log_in()
    session.send(LIST)

    assert stage.secrets == ["access-1", "refresh-1", "abcdefghijkl"]


def test_no_error_contains_a_token(stage: Stage) -> None:
    session = stage.signed_in()
    stage.wire.play(requests.ConnectionError("down"))
    with pytest.raises(errors.Unreachable) as raised:
        session.send(LIST)

    cause = raised.value.__cause__
    assert isinstance(cause, requests.RequestException)
    assert "access-1" not in repr(vars(raised.value)) + repr(vars(cause))


# Through the client and its pool


def client(sessions: int = 1, on_rotation: Callable[[Rotation], object] = lambda _: None, **more) -> AcumaticaClient:
    settings = ConnectionSettings(
        ADDRESS,
        OAuthSignIn(**APP, refresh_token="refresh-0"),
        sessions=sessions,
        retry=Backoff(attempts=3, first=0.0, longest=0.0),
        on_rotation=on_rotation,
        **more,
    )
    made = AcumaticaClient(settings, sleep=lambda _: None)
    made._pool._admit = None  # the company is another test's concern
    return made


def test_a_whole_conversation_asks_for_a_token_works_and_signs_out(wire: Wire) -> None:
    reported: list[Rotation] = []
    wire.play(token(1), OFFER, ROWS, OUT_OK)
    with client(on_rotation=reported.append) as opened:
        opened.send(LIST)

    assert [one.path.partition("?")[0] for one in wire.sent] == [TOKEN, ROOT, LIST.path, OUT]
    assert [rotation.refresh_token for rotation in reported] == ["refresh-1"]


def test_a_token_endpoint_that_comes_back_is_asked_again_for_an_insert(wire: Wire) -> None:
    wire.play(raw(503), requests.ReadTimeout("slow"), token(1), OFFER, ROWS, OUT_OK)
    with client() as opened:
        opened.send(INSERT)

    assert sum(one.path == INSERT.path for one in wire.sent) == 1


def test_a_dead_refresh_token_is_asked_for_once_in_a_whole_run(wire: Wire) -> None:
    wire.play(raw(400, b'{"error":"invalid_grant"}'))
    with client(sessions=3) as opened:
        for _ in range(4):
            with pytest.raises(errors.SignInRefused, match="no longer good"):
                opened.send(LIST)

    assert wire.paths() == [TOKEN]


def test_a_token_of_one_session_lowers_the_pool_to_one_and_says_so(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    refused = threading.Event()
    wire.play(token(1), OFFER, ROWS, OUT_OK)
    opened = client(sessions=3)
    opened._sessions.tokens.acquire = watched(opened._sessions.tokens.acquire, refused)
    with opened, caplog.at_level(logging.WARNING):
        with opened._pool.borrow():
            second = in_thread(lambda: opened.send(LIST))
            assert refused.wait(TIMEOUT)
        second()

    assert "one session only" in caplog.text
    assert "Continuing with 1 sessions" in caplog.text
    assert [one.path.partition("?")[0] for one in wire.sent] == [TOKEN, ROOT, LIST.path, OUT]


def watched(enter: Callable[..., object], refused: threading.Event) -> Callable[..., object]:
    def entered(*given: object) -> object:
        try:
            return enter(*given)
        except errors.LoginLimit:
            refused.set()
            raise

    return entered


def test_a_login_limit_after_the_sign_in_is_waited_for_in_the_pool(wire: Wire) -> None:
    slept: list[float] = []
    wire.play(token(1), OFFER, LIMIT, OUT_OK, LIMIT, LIMIT, ROWS, ROWS, OUT_OK)
    opened = client()
    opened._pool._sleep = slept.append
    with opened:
        assert opened.send(LIST).body == b"[]"

    assert slept == [0.0, 5.0, 10.0]
