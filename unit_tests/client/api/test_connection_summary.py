"""Where a client is signed in, on one line, and whether the server chose the tenant among several."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from acumatica_client.api.client import AcumaticaClient, ConnectionSettings
from acumatica_client.auth.sign_in import CookieSignIn, OAuthPasswordSignIn, OAuthSignIn
from acumatica_client.transport.instance_address import InstanceAddress
from unit_tests.client.api.test_client import OFFER
from unit_tests.client.fakes import Wire, envelope, raw

LOGIN, LOGOUT, PAGE = "/entity/auth/login", "/entity/auth/logout", "/Frames/Login.aspx"
IN, OUT = raw(204, b"", {}, "ASP.NET_SessionId=abc; path=/"), raw(204)
LIST = raw(200, OFFER)
TOKEN = raw(200, b'{"access_token":"tok-access","expires_in":3600}')
UNKNOWN = raw(500, envelope("A proper company ID cannot be determined.", "PX.Data.PXUndefinedCompanyException"))
FULL = raw(429, envelope("API Login Limit"))


def page(company: str) -> bytes:
    return raw(200, f'<input name="txtSingleCompany" value="{company}">'.encode(), {"Content-Type": "text/html"})


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    played = Wire()
    monkeypatch.setattr(requests.Session, "get_adapter", lambda self, url: played)
    return played


def client(sign_in: CookieSignIn | OAuthSignIn | OAuthPasswordSignIn) -> AcumaticaClient:
    address = InstanceAddress("https://erp.example.com/site")
    return AcumaticaClient(ConnectionSettings(address, sign_in, login_wait=0.0), sleep=lambda seconds: None)


def test_a_tenant_of_the_settings_is_named_without_another_sign_in(wire: Wire) -> None:
    wire.play(IN, page("Acme"), LIST, OUT)
    with client(CookieSignIn("admin", "s3cret-pass", "Acme", branch="MAIN")) as opened:
        summary = opened.connection_summary()

    assert summary.sentence() == (
        "Signed in to https://erp.example.com/site: tenant Acme, branch MAIN, user admin, "
        "endpoint Default/24.200.001, build 25.093.0036."
    )
    assert summary.several_tenants is False
    assert wire.paths() == [LOGIN, PAGE, "/entity", LOGOUT]


def test_without_a_tenant_on_an_instance_with_several_the_one_that_was_reached_is_named(wire: Wire) -> None:
    wire.play(UNKNOWN, IN, LIST, page("Default Company"), OUT)
    with client(CookieSignIn("admin", "s3cret-pass")) as opened:
        summary = opened.connection_summary()

    assert (summary.several_tenants, summary.tenant) == (True, "Default Company")
    assert b"airbyte-no-such-tenant" in (wire.sent[0].body or b"")
    assert b"no-such-tenant" not in (wire.sent[1].body or b"")


def test_without_a_tenant_on_an_instance_with_one_the_seat_of_the_question_is_given_back(wire: Wire) -> None:
    wire.play(IN, OUT, IN, LIST, page(""), OUT)
    with client(CookieSignIn("admin", "s3cret-pass")) as opened:
        summary = opened.connection_summary()

    assert summary.several_tenants is False
    assert "tenant (unknown), branch (default of the user), user admin" in summary.sentence()
    assert wire.paths()[:3] == [LOGIN, LOGOUT, LOGIN]


@pytest.mark.parametrize("answer", [FULL, raw(503), requests.ConnectionError("down"), raw(404)])
def test_where_the_question_has_no_answer_the_number_of_tenants_is_unknown(
    wire: Wire, answer: bytes | BaseException
) -> None:
    def play() -> bytes | BaseException | Callable[..., bytes]:
        return answer

    wire.play(play(), IN, LIST, page("Acme"), OUT, OUT)
    with client(CookieSignIn("admin", "s3cret-pass")) as opened:
        assert opened.connection_summary().several_tenants is None


def test_a_token_is_bound_to_the_tenant_of_its_client_id(wire: Wire) -> None:
    wire.play(TOKEN, LIST, LIST, OUT)
    with client(OAuthPasswordSignIn(client_id="guid@Acme", client_secret="x", username="jane", password="p")) as opened:
        summary = opened.connection_summary()

    assert (summary.tenant, summary.user, summary.several_tenants) == ("Acme", "jane", False)
    assert "guid" not in summary.sentence()


def test_no_secret_is_in_it(wire: Wire) -> None:
    wire.play(IN, page("Acme"), LIST, OUT)
    with client(CookieSignIn("admin", "s3cret-pass", "Acme")) as opened:
        assert "s3cret" not in repr(opened.connection_summary()) + opened.connection_summary().sentence()
