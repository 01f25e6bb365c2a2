"""The only room that talks: one login, one connection, one request at a time. Decides nothing about answers' meaning
beyond the sign-in, and repeats nothing.

A session holds one seat of the license from `log_in` to `log_out`. Building one does no I/O.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import requests
import urllib3
from requests.auth import AuthBase
from requests.cookies import RequestsCookieJar

from acumatica_client.answers import Answer
from acumatica_client.connection import InstanceAddress
from acumatica_client.errors import AcumaticaError, SettingsError, Unreachable
from acumatica_client.query import Request
from acumatica_client.sign_in import CookieSignIn, refusal_of

_log = logging.getLogger("acumatica_client")
_JSON = {"Accept": "application/json", "Content-Type": "application/json"}
_LOGOUT_TIMEOUT = (5.0, 20.0)
_DETAIL_LIMIT = 300


@dataclass(frozen=True)
class Timeouts:
    """Seconds. `read` is long because the server keeps a request over its limit waiting for up to ten minutes without
    a sign (Integration Development Guide, license restrictions)."""

    connect: float = 10.0
    read: float = 660.0


class _NoAuth(AuthBase):
    """Keeps requests from adding credentials of its own out of a .netrc file or an address."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Http(requests.Session):
    """Cookies and connections, without requests' own ideas about redirects and credentials."""

    def __init__(self, user_agent: str) -> None:
        super().__init__()
        self.auth = _NoAuth()
        self.headers["User-Agent"] = user_agent

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: a redirect is an error page or a sign-in page, never the answer. Without this, requests prepares the
        next request although it is not to follow: it eats the body, and fails at a malformed Location."""
        return None


class Session:
    """One signed-in conversation. Not for two threads at once, except `log_out`."""

    def __init__(self, address: InstanceAddress, sign_in: CookieSignIn, timeouts: Timeouts, user_agent: str) -> None:
        self._address = address
        self._sign_in = sign_in
        self._timeouts = (timeouts.connect, timeouts.read)
        self._user_agent = user_agent
        self._http = _Http(user_agent)
        self._cookies = RequestsCookieJar()
        self.signed_in = False

    def log_in(self) -> None:
        """Take a seat. Raises SignInRefused, LoginLimit, SettingsError, Unreachable, Overloaded, ServerFault."""
        self.log_out()
        self._http.cookies.clear()
        login = Request("POST", "/entity/auth/login", body=self._sign_in.body(), repeatable=False)
        # From here on the server may hold a seat, whatever comes back: mark first, so that log_out is tried.
        self.signed_in = True
        try:
            answer = self.send(login)
        except BaseException as error:
            self.log_out()
            if isinstance(error, Unreachable):
                error.sent = False  # the request that waits for this session was not
            raise
        refusal = refusal_of(answer, self._sign_in.company)
        if refusal is not None:
            self.signed_in = False
            self._http.close()
            raise refusal

    def log_out(self) -> None:
        """Give the seat back. Never raises: a seat that cannot be given back closes by itself after some minutes."""
        if not self.signed_in:
            return
        self.signed_in = False
        if self._cookies:
            self._send_logout(self._cookies)
        self._http.close()

    def send(self, request: Request) -> Answer:
        """One request, one answer of any status. Raises Unreachable when there is none."""
        try:
            return self._exchange(self._http, request, self._timeouts)
        finally:
            # All of them, whatever their names; a copy, since log_out may come from another thread.
            self._cookies = self._http.cookies.copy()

    def _send_logout(self, cookies: RequestsCookieJar) -> None:
        # A connection of its own: the usual one may be in the middle of a request that another thread waits for.
        with _Http(self._user_agent) as http:
            http.cookies = cookies
            # An empty body sends Content-Length: 0; without it IIS answers 411 and keeps the session.
            logout = Request("POST", "/entity/auth/logout", body=b"")
            try:
                status = self._exchange(http, logout, _LOGOUT_TIMEOUT).status
                trouble = f"HTTP {status}" if status >= 300 and status != 401 else ""
            except AcumaticaError as error:
                trouble = error.message
        if trouble:
            _log.warning("A session could not be signed out (%s); Acumatica closes it after some minutes.", trouble)

    def _exchange(self, http: requests.Session, request: Request, timeouts: tuple[float, float]) -> Answer:
        try:
            with http.request(
                request.method,
                request.url(self._address.base_url),
                data=request.body,
                headers={**_JSON, **request.headers},
                timeout=timeouts,
                allow_redirects=False,
                stream=True,
            ) as response:
                body = response.raw.read(decode_content=True)  # one read; `.content` goes through 10 kB chunks
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, headers, body)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _road_trouble(error, self._address.base_url) from _without_request(error)


def _road_trouble(error: Exception, base_url: str) -> AcumaticaError:
    """What went wrong on the road, and whether the request may have arrived."""
    detail = f"{type(error).__name__}: {error}"[:_DETAIL_LIMIT]
    if isinstance(error, _UNSENDABLE):
        return SettingsError(f"A request to {base_url} cannot be built.", advice=_CHECK_URI, detail=detail)
    # A handshake that fails for its certificate fails before anything is sent, and fails again tomorrow.
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return SettingsError(f"The TLS certificate of {base_url} is not trusted.", advice=_CHECK_TLS, detail=detail)
    sent = not isinstance(error, _NEVER_SENT) and not _refused_connection(error)
    happened, advice = next((happened, advice) for kinds, happened, advice in _ROAD_TROUBLE if isinstance(error, kinds))
    return Unreachable(f"{happened} ({base_url}).", advice=advice, detail=detail, sent=sent)


def _refused_connection(error: Exception) -> bool:
    """Whether no connection came about (refused, no such host); requests calls that and a broken one by one name."""
    causes = (getattr(cause, "reason", None) for cause in error.args)
    return any(isinstance(cause, urllib3.exceptions.NewConnectionError) for cause in causes)


def _without_request(error: Exception) -> Exception:
    """The same error; the request in it may hold the password."""
    if isinstance(error, requests.RequestException):
        error.request = None
    return error


_CHECK_URI = "Check the instance URI and that this machine may reach it (network, VPN, firewall)."
_CHECK_TLS = "Check the address, or that the certificate comes from an authority that this machine knows."
_NEVER_SENT = (requests.exceptions.ProxyError, requests.exceptions.ConnectTimeout)
_UNSENDABLE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
)
_ROAD_TROUBLE: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    ((requests.exceptions.ProxyError,), "The proxy did not let the request through", "Check the proxy settings."),
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
