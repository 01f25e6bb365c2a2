"""Which certificates are trusted, and what a refused one means."""

from __future__ import annotations

import re
import ssl
from functools import lru_cache
from pathlib import Path

import certifi
from urllib3.util.ssl_ import create_urllib3_context

from acumatica_client.errors import SettingsError

_PEM_ADVICE = (
    "Paste the certificate of the authority that issued the server's certificate: one or more blocks that begin with "
    "-----BEGIN CERTIFICATE-----."
)


def check_ca_certificate(pem: str) -> None:
    """Raises SettingsError where the text is no certificate in PEM form."""
    if "PRIVATE KEY-----" in pem:
        raise SettingsError("The CA certificate has a private key in it.", advice=_PEM_ADVICE)
    if "-----BEGIN CERTIFICATE-----" not in pem:
        raise SettingsError("The CA certificate is not in PEM form.", advice=_PEM_ADVICE)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError) as error:
        raise SettingsError("The CA certificate cannot be read.", advice=_PEM_ADVICE, detail=str(error)) from error


def trusting_context(authority: str, bundle: str | None = None) -> ssl.SSLContext:
    """A context that trusts the machine's authorities, those that requests ships (or `bundle`, a file or folder
    that the environment names instead of them), and `authority`. It always checks the host name. Raises SettingsError.

    Shared by all connections, because reading two hundred certificates takes longer than a handshake.
    """
    return _trusting_context(authority, bundle or certifi.where())


@lru_cache(maxsize=8)
def _trusting_context(authority: str, bundle: str) -> ssl.SSLContext:
    context = create_urllib3_context()
    context.load_default_certs()
    _load_authorities(context, bundle)
    if authority:
        context.load_verify_locations(cadata=authority)
        # An intermediate authority may be all that the user has, and a self-made one seldom has every extension
        # of RFC 5280: Python 3.13 would refuse what 3.12 accepts.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _load_authorities(context: ssl.SSLContext, place: str) -> None:
    folder = Path(place).is_dir()
    try:
        context.load_verify_locations(cafile=None if folder else place, capath=place if folder else None)
    except OSError as error:
        raise SettingsError(
            f"The certificates in {place} cannot be read.",
            advice="Correct REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE in the environment of the connector.",
            detail=str(error),
        ) from error


@lru_cache(maxsize=1)
def unverified_context() -> ssl.SSLContext:
    """A context that accepts every certificate: encrypted, but the other side is not verified."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_NONE)
    context.check_hostname = False
    return context


# OpenSSL's words (X509_verify_cert_error_string), the same from 1.1.1 to 3.5 but for a hyphen.
_DISTRUST: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"certificate has expired", re.I),
        "The TLS certificate of {url} has expired.",
        "Renew it on the server, with all certificates of its chain.",
    ),
    (
        re.compile(r"not yet valid", re.I),
        "The TLS certificate of {url} is not valid yet.",
        "Check the clocks of the server and of this machine.",
    ),
    (
        re.compile(r"(hostname|ip address) mismatch|doesn't match", re.I),
        "The TLS certificate that {url} shows is for another host.",
        "Enter the instance URI with the host name that the certificate names.",
    ),
    (
        re.compile(r"self.signed|unable to get (local )?issuer|unable to verify the first", re.I),
        "The TLS certificate of {url} comes from an authority that this machine does not know.",
        "Paste the certificate of that authority into CA certificate; where a public authority issued it, let the "
        "server send its intermediate certificates, too.",
    ),
    (
        re.compile(r""),
        "The TLS certificate of {url} is not trusted.",
        "Check the address, or that the certificate comes from an authority that this machine trusts.",
    ),
)


def untrusted_certificate(url: str, words: str) -> SettingsError:
    """The error for a server certificate that was refused in these words."""
    message, advice = next((message, advice) for pattern, message, advice in _DISTRUST if pattern.search(words))
    return SettingsError(message.format(url=url), advice=advice, detail=words)
