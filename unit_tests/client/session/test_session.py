"""One login, one connection, one request at a time: what leaves, what is understood, and that the seat comes back."""

from __future__ import annotations

import gzip
import http.client
import json
import logging
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
import urllib3

from acumatica_client import errors
from acumatica_client.auth.sign_in import CookieSignIn
from acumatica_client.rest.query import Request
from acumatica_client.session.session import Session, Timeouts
from acumatica_client.transport.instance_address import InstanceAddress
from unit_tests.client.fakes import Sent, Wire, envelope, raw

COOKIES = (
    "ASP.NET_SessionId=abc; path=/; HttpOnly; SameSite=Lax",
    ".ASPXAUTH=00FF; path=/; HttpOnly",
    "UserBranch=1; path=/; secure; HttpOnly",
    "Locale=Culture=en-US&TimeZone=GMTM0800A; expires=Tue, 23-Nov-2027 06:00:00 GMT; path=/",
)
SEAT = {
    "ASP.NET_SessionId": "abc",
    ".ASPXAUTH": "00FF",
    "UserBranch": "1",
    "Locale": "Culture=en-US&TimeZone=GMTM0800A",
}
LOGGED_IN = raw(204, b"", {}, *COOKIES)
LOGGED_OUT = raw(204)
LIST = Request("GET", "/entity/Default/24.200.001/Customer", {"$top": "1"})
PUT = Request("PUT", "/entity/Default/24.200.001/Customer", body=b"{}", repeatable=False)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire()
    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: wire)
    return wire


def new_session(password: str = "s3cret") -> Session:
    return Session(
        InstanceAddress("https://erp.example.com/site"),
        CookieSignIn("admin", password, "Acme"),
        Timeouts(connect=3.0, read=70.0),
        "airbyte-acumatica/1",
    )


@pytest.fixture
def session(wire: Wire) -> Session:
    """A session that is signed in."""
    wire.play(LOGGED_IN)
    session = new_session()
    session.log_in()
    return session


def maxed_out(reason: Exception) -> urllib3.exceptions.MaxRetryError:
    return urllib3.exceptions.MaxRetryError(urllib3.HTTPSConnectionPool("erp.example.com"), "/", reason)


def proxy_trouble(cause: Exception) -> requests.exceptions.ProxyError:
    return requests.exceptions.ProxyError(maxed_out(urllib3.exceptions.ProxyError("Unable to connect", cause)))


# Signing in


def test_building_a_session_sends_nothing(wire: Wire) -> None:
    assert not new_session().signed_in
    assert wire.sent == []


def test_the_sign_in_is_one_post_of_json(wire: Wire, session: Session) -> None:
    [login] = wire.sent

    assert (login.method, login.path) == ("POST", "/entity/auth/login")
    assert login.headers["Content-Type"] == "application/json"
    assert json.loads(login.body or "")["name"] == "admin"
    assert session.signed_in


def test_a_refused_sign_in_takes_no_seat_and_sends_no_logout(wire: Wire) -> None:
    wire.play(raw(500, envelope("Error: Invalid credentials. Please try again."), {}, COOKIES[0]))
    session = new_session()

    with pytest.raises(errors.SignInRefused):
        session.log_in()
    session.log_out()

    assert wire.paths() == ["/entity/auth/login"]
    assert not session.signed_in


def over_http() -> Session:
    address = InstanceAddress("http://erp.example.com/site")
    return Session(address, CookieSignIn("admin", "s3cret"), Timeouts(), "airbyte-acumatica/1")


def test_a_sign_in_whose_cookies_cannot_travel_is_not_repeated_for_each_request(wire: Wire) -> None:
    """Each repetition would take one more seat: without the cookie the last one cannot be signed out."""
    wire.play(raw(204, b"", {}, "ASP.NET_SessionId=abc; path=/; secure; HttpOnly"), LOGGED_OUT)
    session = over_http()

    with pytest.raises(errors.SettingsError, match="cookies as secure"):
        session.log_in()

    assert not session.signed_in


@pytest.mark.parametrize("cookies", [(), COOKIES])
def test_a_sign_in_without_cookies_or_with_some_that_travel_is_one(wire: Wire, cookies: tuple[str, ...]) -> None:
    wire.play(raw(204, b"", {}, *cookies))
    session = over_http()
    session.log_in()

    assert session.signed_in


def test_a_sign_in_without_an_answer_leaves_nothing_to_sign_out_of(wire: Wire) -> None:
    wire.play(requests.ReadTimeout("slow"))
    session = new_session()

    with pytest.raises(errors.Unreachable):
        session.log_in()

    assert wire.paths() == ["/entity/auth/login"]
    assert not session.signed_in


def test_a_sign_in_without_an_answer_says_that_the_waiting_request_was_not_sent(wire: Wire) -> None:
    wire.play(requests.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted.")))

    with pytest.raises(errors.Unreachable) as caught:
        new_session().log_in()

    assert not caught.value.sent


def test_a_sign_in_whose_answer_breaks_off_after_its_cookies_gives_the_seat_back(wire: Wire) -> None:
    wire.play(raw(200, b"{}", {"Content-Length": "500"}, *COOKIES), LOGGED_OUT)

    with pytest.raises(errors.Unreachable):
        new_session().log_in()

    assert wire.paths() == ["/entity/auth/login", "/entity/auth/logout"]
    assert wire.sent[1].cookies == SEAT


def test_a_stop_signal_in_the_sign_in_is_passed_on(wire: Wire) -> None:
    wire.play(SystemExit(143))
    session = new_session()

    with pytest.raises(SystemExit):
        session.log_in()

    assert not session.signed_in


def test_signing_in_again_gives_the_first_seat_back_and_keeps_no_cookie_of_it(wire: Wire, session: Session) -> None:
    wire.play(LOGGED_OUT, raw(204, b"", {}, "ASP.NET_SessionId=new; path=/"))
    session.log_in()

    assert wire.paths() == ["/entity/auth/login", "/entity/auth/logout", "/entity/auth/login"]
    assert wire.sent[1].cookies == SEAT
    assert wire.sent[2].cookies == {}


# Signing out


def test_the_logout_says_that_its_body_is_empty_or_iis_refuses_it(wire: Wire, session: Session) -> None:
    wire.play(LOGGED_OUT)
    session.log_out()

    logout = wire.sent[-1]
    assert (logout.method, logout.path) == ("POST", "/entity/auth/logout")
    assert logout.headers["Content-Length"] == "0"
    assert not logout.body


def test_the_logout_carries_every_cookie_of_the_session(wire: Wire, session: Session) -> None:
    wire.play(raw(200, b"[]", {}, "requestid=42; path=/", "UserBranch=2; path=/; secure"), LOGGED_OUT)
    session.send(LIST)
    session.log_out()

    assert wire.sent[-1].cookies == SEAT | {"requestid": "42", "UserBranch": "2"}


def test_the_logout_has_a_connection_of_its_own(wire: Wire, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[requests.Session] = []
    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: used.append(self) or wire)
    wire.play(raw(200, b"[]"), LOGGED_OUT)

    session.send(LIST)
    session.log_out()

    assert len({id(http) for http in used}) == 2


def test_the_logout_does_not_wait_long(wire: Wire, session: Session) -> None:
    wire.play(LOGGED_OUT)
    session.log_out()

    connect, read = wire.sent[-1].timeout
    assert connect + read <= 30


def test_a_second_logout_sends_nothing(wire: Wire, session: Session) -> None:
    wire.play(LOGGED_OUT)
    session.log_out()
    session.log_out()

    assert wire.paths().count("/entity/auth/logout") == 1


def test_a_session_that_never_signed_in_has_nothing_to_sign_out_of(wire: Wire) -> None:
    new_session().log_out()

    assert wire.sent == []


@pytest.mark.parametrize("answer", [requests.ConnectionError("down"), raw(411, b"Length Required"), raw(503)])
def test_a_logout_that_fails_warns_and_does_not_raise(
    wire: Wire, session: Session, answer: bytes | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    wire.play(answer)
    with caplog.at_level(logging.WARNING):
        session.log_out()

    assert "could not be signed out" in caplog.text


@pytest.mark.parametrize("status", [204, 200, 401])
def test_a_logout_that_worked_or_was_not_needed_is_quiet(
    wire: Wire, session: Session, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    wire.play(raw(status))
    session.log_out()

    assert caplog.text == ""


def test_a_logout_in_the_middle_of_a_request_uses_the_cookies_of_the_last_whole_answer(
    wire: Wire, session: Session
) -> None:
    def answer(_: Sent) -> bytes:
        session.log_out()
        return raw(200, b"[]")

    wire.play(answer, LOGGED_OUT)
    session.send(LIST)

    assert wire.sent[-1].cookies == SEAT


# Every request


def test_every_cookie_comes_back_whole_whatever_its_name_and_signs(wire: Wire, session: Session) -> None:
    wire.play(raw(200, b"[]"))
    session.send(LIST)

    assert wire.sent[-1].cookies == SEAT


def test_every_request_has_both_timeouts_and_our_name(wire: Wire, session: Session) -> None:
    wire.play(raw(200, b"[]"), raw(200, b"{}"))
    session.send(LIST)
    session.send(PUT)

    assert {one.timeout for one in wire.sent} == {(3.0, 70.0)}
    assert {one.headers["User-Agent"] for one in wire.sent} == {"airbyte-acumatica/1"}
    assert {one.headers["Accept"] for one in wire.sent} == {"application/json"}


def test_the_usual_read_timeout_outlasts_the_servers_queue_of_ten_minutes() -> None:
    assert Timeouts().read > 600


def test_a_request_leaves_as_it_was_given(wire: Wire, session: Session) -> None:
    wire.play(raw(200, b"{}"))
    request = Request("PUT", "/entity/X/A%2FB", {"$expand": "D"}, {"If-Match": "*", "Accept": "a/b"}, b'{"a": 1}')
    session.send(request)

    leaving = wire.sent[-1]
    assert (leaving.method, leaving.path) == ("PUT", "/entity/X/A%2FB?$expand=D")
    assert leaving.body == b'{"a": 1}'
    assert (leaving.headers["If-Match"], leaving.headers["Accept"]) == ("*", "a/b")


def test_credentials_of_a_netrc_file_are_never_sent(
    wire: Wire, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine erp.example.com login other password hidden\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert requests.utils.get_netrc_auth("https://erp.example.com/site") == ("other", "hidden")

    wire.play(raw(200, b"[]"), LOGGED_OUT)
    session.send(LIST)
    session.log_out()

    assert not any("Authorization" in one.headers for one in wire.sent)


@pytest.mark.parametrize("location", ["https://elsewhere.example/x", "/site/Frames/Error.aspx", "http://", ""])
def test_a_redirect_is_an_answer_and_never_followed(wire: Wire, session: Session, location: str) -> None:
    wire.play(raw(302, b"<html>moved</html>", {"Location": location}))
    answer = session.send(LIST)

    assert (answer.status, answer.headers["location"]) == (302, location)
    assert answer.body == b"<html>moved</html>"
    assert len(wire.sent) == 2


@pytest.mark.parametrize("status", [200, 204, 401, 422, 429, 500, 503])
def test_an_answer_of_any_status_is_an_answer(wire: Wire, session: Session, status: int) -> None:
    wire.play(raw(status, b"" if status == 204 else b"[1]", {"X-Some-Header": "Value"}))
    answer = session.send(LIST)

    assert (answer.status, answer.headers["x-some-header"]) == (status, "Value")


# Bodies


@pytest.mark.parametrize(("coding", "squeeze"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_squeezed_body_is_unsqueezed(
    wire: Wire, session: Session, coding: str, squeeze: Callable[[bytes], bytes]
) -> None:
    rows = json.dumps([{"n": n} for n in range(5000)]).encode()
    wire.play(raw(200, squeeze(rows), {"Content-Encoding": coding}))

    assert session.send(LIST).body == rows
    assert coding in wire.sent[-1].headers["Accept-Encoding"]


def test_a_body_in_chunks_is_put_together(wire: Wire, session: Session) -> None:
    wire.play(raw(200, b"3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n", {"Transfer-Encoding": "chunked"}))

    assert session.send(LIST).body == b"[1,2]"


@pytest.mark.parametrize(
    "answer",
    [
        raw(200, b"[1, 2", {"Content-Length": "500"}),
        raw(200, gzip.compress(b"[1, 2]")[:-12], {"Content-Length": "500", "Content-Encoding": "gzip"}),
        raw(200, b"3\r\n[1,\r\n", {"Transfer-Encoding": "chunked"}),
        raw(200, b"3\r\n[1,\r\n50\r\n2", {"Transfer-Encoding": "chunked"}),
        raw(200, b"not gzip at all", {"Content-Encoding": "gzip"}),
    ],
    ids=["length", "gzip", "chunks", "chunk", "no gzip"],
)
def test_a_body_that_breaks_off_is_no_answer_and_the_request_may_have_been_acted_on(
    wire: Wire, session: Session, answer: bytes
) -> None:
    wire.play(answer)

    with pytest.raises(errors.Unreachable) as caught:
        session.send(LIST)

    assert caught.value.sent


# Broken connections


@pytest.mark.parametrize(
    ("trouble", "sent", "says"),
    [
        (
            requests.ConnectionError(maxed_out(urllib3.exceptions.NewConnectionError(None, "refused"))),
            False,
            "could not be reached",
        ),
        (
            requests.ConnectionError(maxed_out(urllib3.exceptions.NameResolutionError("x", None, OSError("no")))),
            False,
            "could not be reached",
        ),
        (requests.ConnectTimeout("slow"), False, "does not answer"),
        (proxy_trouble(urllib3.exceptions.NewConnectionError(None, "refused")), False, "proxy"),
        (proxy_trouble(urllib3.exceptions.ConnectTimeoutError(None, "slow")), False, "proxy"),
        (proxy_trouble(OSError("Tunnel connection failed: 503 Service Unavailable")), False, "proxy"),
        (proxy_trouble(http.client.RemoteDisconnected("closed")), True, "proxy"),
        (requests.exceptions.ProxyError("?"), True, "proxy"),
        (requests.exceptions.SSLError(maxed_out(urllib3.exceptions.SSLError("UNEXPECTED_EOF"))), True, "secure"),
        (requests.ReadTimeout("slow"), True, "too long"),
        (urllib3.exceptions.ReadTimeoutError(None, "/", "slow"), True, "too long"),
        (requests.ConnectionError(urllib3.exceptions.ProtocolError("RemoteDisconnected")), True, "broke"),
        (requests.exceptions.ChunkedEncodingError("cut"), True, "broke"),
        (ConnectionResetError("reset"), True, "broke"),
        (requests.RequestException("?"), True, "broke"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_no_answer_says_why_and_whether_the_request_may_have_arrived(
    wire: Wire, session: Session, trouble: Exception, sent: bool, says: str
) -> None:
    wire.play(trouble)

    with pytest.raises(errors.Unreachable) as caught:
        session.send(PUT)

    assert (caught.value.sent, says in caught.value.message) == (sent, True)
    assert "https://erp.example.com/site" in caught.value.message
    assert caught.value.advice
    assert type(trouble).__name__ in caught.value.detail


@pytest.mark.parametrize(
    "trouble",
    [
        requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed"),
        requests.exceptions.InvalidURL("no host"),
        requests.exceptions.InvalidHeader("line break"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_fails_again_tomorrow_is_a_setting_and_no_broken_connection(
    wire: Wire, session: Session, trouble: Exception
) -> None:
    wire.play(trouble)

    with pytest.raises(errors.SettingsError):
        session.send(LIST)


def test_a_header_with_a_line_break_in_it_is_never_sent(wire: Wire, session: Session) -> None:
    with pytest.raises(errors.SettingsError):
        session.send(Request("GET", "/entity", headers={"PX-CbApiBranch": "MAIN\r\nCookie: a=b"}))

    assert len(wire.sent) == 1


def test_no_error_contains_the_password_not_even_the_one_behind_it(wire: Wire) -> None:
    wire.play(requests.ConnectionError("down"))

    with pytest.raises(errors.Unreachable) as caught:
        new_session("s3cret").log_in()

    cause = caught.value.__cause__
    assert isinstance(cause, requests.RequestException)
    assert cause.request is None
    assert "s3cret" not in repr(vars(caught.value)) + repr(vars(cause))


def test_nothing_is_repeated_here(wire: Wire, session: Session) -> None:
    wire.play(raw(503), raw(200, b"[]"))

    assert session.send(LIST).status == 503
    assert len(wire.sent) == 2


# Secrets


def test_every_cookie_is_reported_as_a_secret_once_and_before_the_answer_is_used(wire: Wire) -> None:
    found: list[str] = []
    ticket, fresh = "ticket-of-one", "ticket-of-two"
    wire.play(
        raw(204, b"", {}, f".ASPXAUTH={ticket}; path=/"),
        raw(200, b"[]"),
        raw(500, b"", {}, f".ASPXAUTH={fresh}; path=/"),
    )
    session = Session(
        InstanceAddress("https://erp.example.com/site"),
        CookieSignIn("a", "b"),
        Timeouts(),
        "x",
        on_secret=found.append,
    )
    session.log_in()
    assert found == [ticket]
    session.send(LIST)
    session.send(LIST)

    assert found == [ticket, fresh]


def test_a_cookie_of_a_refused_sign_in_is_reported_too(wire: Wire) -> None:
    found: list[str] = []
    wire.play(raw(500, envelope("Error: Invalid credentials."), {}, "ASP.NET_SessionId=0123456789ab; path=/"))
    session = Session(
        InstanceAddress("https://erp.example.com/site"),
        CookieSignIn("a", "b"),
        Timeouts(),
        "x",
        on_secret=found.append,
    )
    with pytest.raises(errors.SignInRefused):
        session.log_in()

    assert found == ["0123456789ab"]


def test_a_short_cookie_is_no_secret_or_each_1_of_the_log_would_be_masked(wire: Wire) -> None:
    found: list[str] = []
    wire.play(raw(204, b"", {}, "UserBranch=1; path=/", "Empty=; path=/"))
    Session(
        InstanceAddress("https://erp.example.com/site"),
        CookieSignIn("a", "b"),
        Timeouts(),
        "x",
        on_secret=found.append,
    ).log_in()

    assert found == []


@pytest.mark.parametrize("status", [200, 500])
def test_a_byte_order_mark_is_no_part_of_an_answer_unless_it_is_a_file(
    wire: Wire, session: Session, status: int
) -> None:
    marked = b"\xef\xbb\xbf[]"
    wire.play(raw(status, marked), raw(status, marked))

    assert session.send(LIST).body == b"[]"
    assert session.send(Request("GET", "/entity/files/1", binary=True)).body == marked


@pytest.mark.parametrize("branch", ["MAIN", "\u0160KODA", "\u5317\u4eac", "\u00c9"])
def test_a_header_of_any_letters_is_sent_as_utf8(wire: Wire, session: Session, branch: str) -> None:
    wire.play(raw(200, b"[]"))

    session.send(Request("GET", "/entity", headers={"PX-CbApiBranch": branch}))

    sent = wire.sent[-1].headers["PX-CbApiBranch"]
    assert (sent if isinstance(sent, bytes) else sent.encode("ascii")).decode() == branch


def test_a_broken_connection_repeats_no_value_of_the_address(wire: Wire, session: Session) -> None:
    url = "/entity/Default/24.200.001/User/jane.doe?$filter=Email%20eq%20'jane'"
    reason = urllib3.exceptions.NewConnectionError(urllib3.connection.HTTPSConnection("erp.example.com"), "refused")
    pool = urllib3.HTTPSConnectionPool("erp.example.com")
    wire.play(requests.ConnectionError(urllib3.exceptions.MaxRetryError(pool, url, reason)))

    with pytest.raises(errors.Unreachable) as caught:
        session.send(LIST)

    assert "jane" not in caught.value.detail
    assert "refused" in caught.value.detail
