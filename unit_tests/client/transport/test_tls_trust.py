"""Which certificates are believed: handshakes in memory between a real server's side and ours, without a socket."""

from __future__ import annotations

import ssl
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import trustme

from acumatica_client.errors import SettingsError
from acumatica_client.transport import untrusted_certificate
from acumatica_client.transport.tls_trust import trusting_context, unverified_context

NOW = datetime.now(timezone.utc)
OURS, STRANGERS = trustme.CA(), trustme.CA()
URL = "https://erp.corp.test/Site"


def pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


def handshake(client: ssl.SSLContext, leaf: trustme.LeafCert, host: str) -> None:
    """Raises what the client raises."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(server)
    upwards, downwards = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(downwards, upwards, server_hostname=host),
        server.wrap_bio(upwards, downwards, server_side=True),
    ]
    for end in ends * 3:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue


def refusal(client: ssl.SSLContext, leaf: trustme.LeafCert, host: str = "erp.corp.test") -> SettingsError:
    """The error that a user sees."""
    with pytest.raises(ssl.SSLCertVerificationError) as raised:
        handshake(client, leaf, host)
    return untrusted_certificate(URL, str(raised.value))


def test_a_private_authority_is_believed() -> None:
    handshake(trusting_context(pem(OURS)), OURS.issue_cert("erp.corp.test"), "erp.corp.test")


def test_an_address_in_the_certificate_is_as_good_as_a_name() -> None:
    handshake(trusting_context(pem(OURS)), OURS.issue_cert("10.1.2.3"), "10.1.2.3")


def test_several_authorities_are_believed() -> None:
    both = trusting_context(pem(STRANGERS) + pem(OURS))

    for authority in (OURS, STRANGERS):
        handshake(both, authority.issue_cert("erp.corp.test"), "erp.corp.test")


def test_an_intermediate_authority_alone_is_believed() -> None:
    issuing = OURS.create_child_ca()

    handshake(trusting_context(pem(issuing)), issuing.issue_cert("erp.corp.test"), "erp.corp.test")


def test_a_private_authority_is_believed_besides_the_public_ones_and_not_instead() -> None:
    public, both = (
        context.cert_store_stats()["x509_ca"] for context in (trusting_context(""), trusting_context(pem(OURS)))
    )

    assert public > 50
    assert both == public + 1


def test_a_home_made_authority_is_not_measured_by_the_strictest_standard() -> None:
    assert not trusting_context(pem(OURS)).verify_flags & ssl.VERIFY_X509_STRICT
    assert trusting_context(pem(OURS)).verify_flags & ssl.VERIFY_X509_PARTIAL_CHAIN


def test_an_unknown_authority_is_refused_with_what_to_do() -> None:
    for client in (trusting_context(""), trusting_context(pem(STRANGERS))):
        error = refusal(client, OURS.issue_cert("erp.corp.test"))

        assert error.message == f"The TLS certificate of {URL} comes from an authority that this machine does not know."
        assert "Paste the certificate of that authority into CA certificate" in error.advice


def test_a_certificate_for_another_host_is_refused_with_what_to_do() -> None:
    error = refusal(trusting_context(pem(OURS)), OURS.issue_cert("other.corp.test"))

    assert error.message == f"The TLS certificate that {URL} shows is for another host."
    assert "host name that the certificate names" in error.advice


def test_a_name_for_an_address_is_another_host() -> None:
    assert "another host" in refusal(trusting_context(pem(OURS)), OURS.issue_cert("erp.corp.test"), "10.1.2.3").message


def test_an_expired_certificate_is_refused_with_what_to_do() -> None:
    leaf = OURS.issue_cert("erp.corp.test", not_before=NOW - timedelta(9), not_after=NOW - timedelta(1))
    error = refusal(trusting_context(pem(OURS)), leaf)

    assert error.message == f"The TLS certificate of {URL} has expired."
    assert "Renew it" in error.advice


def test_a_certificate_of_tomorrow_is_refused_with_what_to_do() -> None:
    leaf = OURS.issue_cert("erp.corp.test", not_before=NOW + timedelta(1), not_after=NOW + timedelta(9))

    assert refusal(trusting_context(pem(OURS)), leaf).message == f"The TLS certificate of {URL} is not valid yet."


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("certificate verify failed: self-signed certificate (_ssl.c:1006)", "does not know"),
        ("certificate verify failed: self signed certificate in certificate chain", "does not know"),
        ("certificate verify failed: unable to get local issuer certificate", "does not know"),
        ("certificate verify failed: unable to verify the first certificate", "does not know"),
        ("Hostname mismatch, certificate is not valid for 'a'.", "another host"),
        ("IP address mismatch, certificate is not valid for '10.0.0.1'.", "another host"),
        ("certificate verify failed: EE certificate key too weak", "is not trusted"),
    ],
)
def test_the_words_of_every_openssl_are_understood_and_others_are_kept(words: str, says: str) -> None:
    error = untrusted_certificate(URL, words)

    assert says in error.message
    assert error.detail == words
    assert error.advice


def test_with_checking_off_every_certificate_is_believed() -> None:
    handshake(unverified_context(), STRANGERS.issue_cert("other.corp.test"), "erp.corp.test")


def test_a_bundle_of_the_environment_stands_for_the_public_authorities(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(pem(STRANGERS))

    with_bundle = trusting_context(pem(OURS), str(bundle))
    for authority in (OURS, STRANGERS):
        handshake(with_bundle, authority.issue_cert("erp.corp.test"), "erp.corp.test")


def test_a_folder_may_be_the_bundle(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(trusting_context("", str(tmp_path)), OURS.issue_cert("erp.corp.test"), "erp.corp.test")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_cannot_be_read_is_reported(tmp_path: Path, content: str | None) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    with pytest.raises(SettingsError) as raised:
        trusting_context("", str(bundle))

    assert str(bundle) in raised.value.message
    assert "REQUESTS_CA_BUNDLE" in raised.value.advice


def test_certificates_are_read_once_for_all_connections() -> None:
    assert trusting_context(pem(OURS)) is trusting_context(pem(OURS))
    assert unverified_context() is unverified_context()
