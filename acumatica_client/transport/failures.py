"""The error behind a request that got no answer, and whether it was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator

import requests
import urllib3

from acumatica_client.errors import AcumaticaError, SettingsError, Unreachable
from acumatica_client.transport.connections import HandshakeFailed, NotSent
from acumatica_client.transport.pem import without_credentials
from acumatica_client.transport.tls_trust import untrusted_certificate

_DETAIL_LIMIT = 300
_WITH_URL = re.compile(r" with url: \S*")  # urllib3 repeats the address, with keys and filters in it


def transport_error(error: Exception, base_url: str) -> AcumaticaError:
    """The error behind a failed exchange, with whether the request may have arrived."""
    detail = without_credentials(_WITH_URL.sub("", f"{type(error).__name__}: {error}"))[:_DETAIL_LIMIT]
    if isinstance(error, _UNSENDABLE):
        return SettingsError(f"A request to {base_url} cannot be built.", advice=_CHECK_URI, detail=detail)
    # A handshake that fails for its certificate fails before anything is sent, and fails again tomorrow.
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return untrusted_certificate(base_url, detail)
    if isinstance(error, requests.exceptions.ProxyError) and any(words in detail for words in _NO_ENTRY):
        return SettingsError("The proxy did not accept its user name and password.", advice=_CHECK_PROXY, detail=detail)
    happened, advice = next(
        (happened, advice) for kinds, happened, advice in _TRANSPORT_ERRORS if isinstance(error, kinds)
    )
    return Unreachable(f"{happened} ({base_url}).", advice=advice, detail=detail, sent=_was_sent(error))


def _was_sent(error: Exception) -> bool:
    """Whether the request may have arrived. False for: no such host, refused, no tunnel through the proxy, a failed TLS
    handshake, a connection that broke before the request was written.

    Hazard: a connection that breaks behind a proxy, when the request may have arrived, is called ProxyError as well
    (http.client closes it, and urllib3 then believes that the proxy was never reached). So the cause decides.
    """
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return False
    return not any(isinstance(one, _NEVER_SENT) or "Tunnel connection failed" in str(one) for one in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """What an error of requests or urllib3 wraps: in its arguments, its `reason`, or its `original_error`."""
    wrapped = (*error.args, getattr(error, "reason", None), getattr(error, "original_error", None))
    for cause in wrapped:
        if isinstance(cause, BaseException):
            yield cause
            yield from _causes(cause)


def without_request(error: Exception) -> Exception:
    """The same error without its request, which may contain the password."""
    if isinstance(error, requests.RequestException):
        error.request = None
    return error


_CHECK_URI = "Check the instance URI and that this machine may reach it (network, VPN, firewall)."
_CHECK_TLS = "Check the address, or that the certificate comes from an authority that this machine trusts."
_CHECK_PROXY = "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY in the environment of the connector."
_NO_ENTRY = ("Tunnel connection failed: 401", "Tunnel connection failed: 407")
_NEVER_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    NotSent,
    HandshakeFailed,
)
_UNSENDABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
)
_TRANSPORT_ERRORS: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    (
        (requests.exceptions.ProxyError,),
        "The proxy did not let the request through, or broke the connection",
        _CHECK_PROXY,
    ),
    ((requests.exceptions.SSLError,), "No secure connection to the instance came about, or it broke", _CHECK_TLS),
    ((requests.exceptions.ConnectTimeout,), "The instance does not answer", _CHECK_URI),
    (
        (requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError),
        "Acumatica took too long to answer",
        "Lower the page size or the concurrency level.",
    ),
    (
        (requests.exceptions.ConnectionError,),
        "The instance could not be reached, or the connection broke",
        _CHECK_URI,
    ),
    ((Exception,), "The connection to the instance broke", "Try again later."),
)
