"""Transport and session: every connection is prepared, and errors are reported without secrets."""

from __future__ import annotations

import pytest
import requests
import urllib3

from acumatica_client import errors
from acumatica_client.api.client import AcumaticaClient, ConnectionSettings
from acumatica_client.auth.sign_in import CookieSignIn
from acumatica_client.rest.backoff import Backoff
from acumatica_client.rest.query import Request
from acumatica_client.session.session import Session, Timeouts
from acumatica_client.transport import BastionSettings, TransportSettings
from acumatica_client.transport.http_adapter import TransportAdapter
from acumatica_client.transport.instance_address import InstanceAddress
from unit_tests.client.fakes import Wire, raw

ADDRESS = InstanceAddress("https://erp.example.com/site")
SIGN_IN = CookieSignIn("admin", "s3cret", "Acme")
LOGGED_IN = raw(204, b"", {}, "ASP.NET_SessionId=abcdefgh; path=/")
LIST = Request("GET", "/entity/Default/24.200.001/Customer")


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire()
    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: wire)
    return wire


@pytest.fixture
def prepared(wire: Wire) -> list[requests.Session]:
    return []


@pytest.fixture
def session(prepared: list[requests.Session]) -> Session:
    return Session(ADDRESS, SIGN_IN, Timeouts(), "airbyte-acumatica/1", prepare=prepared.append)


def trouble(wire: Wire, session: Session, error: Exception) -> errors.AcumaticaError:
    wire.play(LOGGED_IN, error)
    session.log_in()
    with pytest.raises(errors.AcumaticaError) as raised:
        session.send(LIST)
    return raised.value


def maxed_out(reason: Exception) -> urllib3.exceptions.MaxRetryError:
    return urllib3.exceptions.MaxRetryError(urllib3.HTTPSConnectionPool("erp.example.com"), "/", reason)


def failed_verification(words: str) -> requests.exceptions.SSLError:
    return requests.exceptions.SSLError(f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {words}")


def test_every_connection_of_a_session_is_prepared_the_one_for_the_logout_too(
    wire: Wire, session: Session, prepared: list[requests.Session]
) -> None:
    wire.play(LOGGED_IN, raw(204))
    assert len(prepared) == 1
    session.log_in()
    session.log_out()

    assert len(prepared) == 2
    assert wire.paths() == ["/entity/auth/login", "/entity/auth/logout"]


@pytest.mark.parametrize(
    ("words", "says", "advises"),
    [
        ("unable to get local issuer certificate", "does not know", "Paste the certificate of that authority"),
        ("self-signed certificate", "does not know", "Paste the certificate of that authority"),
        ("certificate has expired", "has expired", "Renew it"),
        ("Hostname mismatch, certificate is not valid for 'erp'.", "another host", "host name"),
    ],
)
def test_a_refused_certificate_is_a_matter_of_settings_and_reported_by_its_reason(
    wire: Wire, session: Session, words: str, says: str, advises: str
) -> None:
    error = trouble(wire, session, failed_verification(words))

    assert isinstance(error, errors.SettingsError)
    assert says in error.message
    assert advises in error.advice


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "401 Unauthorized"])
def test_a_proxy_that_refuses_its_password_is_not_asked_again(wire: Wire, session: Session, status: str) -> None:
    cause = OSError(f"Tunnel connection failed: {status}")
    error = trouble(
        wire, session, requests.exceptions.ProxyError(maxed_out(urllib3.exceptions.ProxyError("no tunnel", cause)))
    )

    assert isinstance(error, errors.SettingsError)
    assert error.message == "The proxy did not accept its user name and password."
    assert "HTTPS_PROXY" in error.advice


def test_a_proxy_in_trouble_is_asked_again(wire: Wire, session: Session) -> None:
    cause = OSError("Tunnel connection failed: 503 Service Unavailable")
    error = trouble(
        wire, session, requests.exceptions.ProxyError(maxed_out(urllib3.exceptions.ProxyError("no tunnel", cause)))
    )

    assert isinstance(error, errors.Unreachable)
    assert not error.sent
    assert "NO_PROXY" in error.advice


def test_the_password_of_a_proxy_is_in_no_error(wire: Wire, session: Session) -> None:
    quoted = requests.exceptions.InvalidURL("Failed to parse: http://sluice:pr0xy-hidden@proxy:port")
    error = trouble(wire, session, quoted)

    assert isinstance(error, errors.SettingsError)
    assert "pr0xy-hidden" not in error.sentence() + error.detail


def test_what_the_transport_itself_refuses_passes_as_it_is(wire: Wire, session: Session) -> None:
    refusal = errors.SettingsError("The SSH bastion b:22 refused the SSH key.", advice="Check it.")

    assert trouble(wire, session, refusal) is refusal


def test_a_connection_that_broke_at_the_sign_in_leaves_no_seat_behind_and_the_request_may_be_repeated(
    wire: Wire, session: Session
) -> None:
    wire.play(errors.Unreachable("The SSH bastion b:22 cannot be reached."))
    with pytest.raises(errors.Unreachable) as raised:
        session.log_in()

    assert not raised.value.sent
    assert not session.signed_in
    assert wire.paths() == ["/entity/auth/login"]


def test_all_sessions_of_a_client_use_its_transport_and_it_is_closed_after_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    transports: list[TransportAdapter] = []

    def refused(adapter: TransportAdapter, *_: object, **__: object) -> requests.Response:
        transports.append(adapter)
        raise errors.Unreachable("The SSH bastion cannot be reached.")

    monkeypatch.setattr(TransportAdapter, "send", refused)
    settings = ConnectionSettings(
        ADDRESS,
        SIGN_IN,
        retry=Backoff(attempts=2),
        transport=TransportSettings(bastion=BastionSettings("b", "u", password="p")),
    )
    with AcumaticaClient(settings, sleep=lambda seconds: None) as client, pytest.raises(errors.Unreachable):
        client.send(LIST)
    monkeypatch.undo()

    assert len(transports) == 2
    with pytest.raises(errors.Unreachable, match="was closed"):
        transports[0].send(requests.Request("GET", "https://erp.example.com").prepare())
