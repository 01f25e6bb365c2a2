"""Transport: what a session's requests get, what is said about it, and that nothing is opened early."""

from __future__ import annotations

import io
import logging
import warnings

import pytest
import requests
import trustme
import urllib3
from requests.adapters import HTTPAdapter

from acumatica_client.errors import Unreachable
from acumatica_client.transport import BastionSettings, Transport, TransportSettings
from acumatica_client.transport.connections import pools
from acumatica_client.transport.http_adapter import TransportAdapter
from acumatica_client.transport.tls_trust import trusting_context, unverified_context
from acumatica_client.transport.transport import security_warnings

PEM = trustme.CA().cert_pem.bytes().decode()
BASTION = BastionSettings("bastion.example.com", "airbyte", password="hidden")
HTTPS, HTTP = "https://erp.example.com/Site", "http://erp.example.com/Site"


@pytest.fixture
def leaving(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    calls: list[dict[str, object]] = []

    def send(adapter: HTTPAdapter, request: requests.PreparedRequest, **options: object) -> requests.Response:
        calls.append(options)
        return adapter.build_response(request, urllib3.HTTPResponse(io.BytesIO(), status=200, preload_content=False))

    monkeypatch.setattr(HTTPAdapter, "send", send)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return calls


def prepared(settings: TransportSettings, base_url: str = HTTPS) -> requests.Session:
    http = requests.Session()
    Transport(settings, base_url).prepare(http)
    return http


def context_of(settings: TransportSettings, verify: bool | str = True) -> object:
    adapter = prepared(settings).get_adapter(HTTPS)
    assert isinstance(adapter, TransportAdapter)
    request = requests.Request("GET", HTTPS).prepare()
    _, kept = adapter.build_connection_pool_key_attributes(request, verify)
    assert not {"ca_certs", "ca_cert_dir"} & set(kept)
    return kept["ssl_context"]


# What requests are given on the way


def test_certificates_of_the_form_are_believed_on_every_connection() -> None:
    assert context_of(TransportSettings(PEM)) is trusting_context(PEM)
    assert context_of(TransportSettings()) is trusting_context("")


def test_a_bundle_of_the_environment_is_believed_with_them(tmp_path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(PEM)

    assert context_of(TransportSettings(PEM), str(bundle)) is trusting_context(PEM, str(bundle))


def test_with_checking_off_no_bundle_turns_it_on_again(
    leaving: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt")
    prepared(TransportSettings(PEM, verify_tls=False)).get(HTTPS)

    assert leaving[0]["verify"] is False
    assert (
        context_of(TransportSettings(PEM, verify_tls=False), "/etc/ssl/certs/ca-certificates.crt")
        is unverified_context()
    )


def test_proxies_of_the_environment_are_used(leaving: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", "inner.example.com")
    http = prepared(TransportSettings())
    http.get(HTTPS)
    http.get("https://inner.example.com/")

    assert [dict(call["proxies"]).get("https") for call in leaving] == ["http://proxy.example.com:3128", None]


def test_behind_a_bastion_no_proxy_is_used(leaving: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    prepared(TransportSettings(bastion=BASTION)).get(HTTPS)

    assert leaving[0]["proxies"] is None


@pytest.mark.parametrize("url", [HTTPS, HTTP, HTTPS.upper()])
def test_both_schemes_use_the_transport(url: str) -> None:
    assert isinstance(prepared(TransportSettings()).get_adapter(url), TransportAdapter)


def test_connections_through_a_bastion_are_asked_for_by_the_real_host() -> None:
    asked = []

    class Stream:
        def settimeout(self, seconds: float | None) -> None:
            asked.append(seconds)

    def opened(host: str, port: int) -> Stream:
        asked.append((host, port))
        return Stream()

    by_scheme = pools(opened)
    by_scheme["https"]("erp.example.com", 443).ConnectionCls("erp.example.com", 443, timeout=3.0)._new_conn()
    by_scheme["http"]("10.1.2.3", 8080).ConnectionCls("10.1.2.3", 8080, timeout=None)._new_conn()

    assert asked == [("erp.example.com", 443), 3.0, ("10.1.2.3", 8080), None]


def test_only_a_bastion_changes_how_connections_are_opened() -> None:
    plain, through = (
        prepared(settings).get_adapter(HTTPS)._open
        for settings in (TransportSettings(), TransportSettings(bastion=BASTION))
    )

    assert plain is None
    assert through is not None
    assert through is not plain


# Opening and closing


def test_a_closed_transport_opens_nothing_any_more() -> None:
    transport, http = Transport(TransportSettings(bastion=BASTION), HTTPS), requests.Session()
    transport.prepare(http)
    transport.close()
    transport.close()

    with pytest.raises(Unreachable, match="was closed") as raised:
        http.get(HTTPS)
    assert not raised.value.sent


def test_a_bastion_that_was_never_used_is_closed_as_well() -> None:
    from acumatica_client.transport.ssh_tunnel import Bastion

    bastion = Bastion(BASTION)
    bastion.close()
    bastion.close()

    with pytest.raises(Unreachable, match="was closed"):
        bastion.open("erp.example.com", 443)


# What is said


@pytest.mark.parametrize(
    ("settings", "url", "words"),
    [
        (TransportSettings(), HTTPS, None),
        (TransportSettings(PEM), HTTPS, None),
        (TransportSettings(bastion=BASTION), HTTPS, None),
        (
            TransportSettings(verify_tls=False),
            HTTPS,
            "The TLS certificate of https://erp.example.com/Site is not checked",
        ),
        (TransportSettings(), HTTP, "unencrypted to http://erp.example.com/Site"),
        (TransportSettings(verify_tls=False), HTTP, "unencrypted to http://erp.example.com/Site"),
        (TransportSettings(bastion=BASTION), HTTP, "unencrypted from the bastion to http://erp.example.com/Site"),
        (TransportSettings(), "http://127.0.0.1:8080/Site", None),
        (TransportSettings(), "http://[::1]/Site", None),
        (TransportSettings(), "http://localhost/Site", None),
        (TransportSettings(), "http://10.1.2.3/Site", "unencrypted"),
        (TransportSettings(), "http://localhost.example.com/Site", "unencrypted"),
        (TransportSettings(verify_tls=False), "https://127.0.0.1/Site", "is not checked"),
    ],
)
def test_what_is_dangerous_is_one_sentence_and_what_is_safe_is_none(
    settings: TransportSettings, url: str, words: str | None
) -> None:
    said = security_warnings(settings, url)

    assert len(said) == (words is not None)
    assert words is None or words in said[0]


def test_it_is_said_once_a_run_however_many_sessions_there_are(caplog: pytest.LogCaptureFixture) -> None:
    transport = Transport(TransportSettings(verify_tls=False), HTTPS)
    assert caplog.records == []
    for _ in range(3):
        transport.prepare(requests.Session())

    assert [(record.name, record.levelno) for record in caplog.records] == [("acumatica_client", logging.WARNING)]


def test_with_checking_off_urllib3_is_quiet_because_the_log_has_said_it() -> None:
    with warnings.catch_warnings(record=True) as caught:
        prepared(TransportSettings(verify_tls=False))
        warnings.warn("unverified", urllib3.exceptions.InsecureRequestWarning, stacklevel=1)

    assert caught == []
