"""One signed-in session: one login, one connection, one request at a time, without repetitions.

A session takes one seat of the license from `log_in` to `log_out`. Building one does no I/O.
"""

from __future__ import annotations

import logging
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import requests
import urllib3
from requests.auth import AuthBase
from requests.cookies import RequestsCookieJar

from acumatica_client.auth.sign_in import SignIn
from acumatica_client.errors import AcumaticaError, SettingsError, Unreachable
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.query import Request
from acumatica_client.transport.failures import transport_error, without_request
from acumatica_client.transport.instance_address import InstanceAddress

Prepare = Callable[[requests.Session], object]
_log = logging.getLogger("acumatica_client")
_JSON = {"Accept": "application/json", "Content-Type": "application/json"}
_LOGOUT_TIMEOUT = (5.0, 20.0)
_SHORTEST_SECRET = 8  # `UserBranch=1` is a cookie as well: masking each 1 of the log would hide no secret


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
    """A session identified by its cookies. Not for two threads at once, except `log_out`.

    `on_secret` gets each cookie once, before anything of the answer is used. `prepare` gets every requests session
    before its first request.
    """

    def __init__(
        self,
        address: InstanceAddress,
        sign_in: SignIn,
        timeouts: Timeouts,
        user_agent: str,
        *,
        on_secret: Callable[[str], object] = lambda secret: None,
        prepare: Prepare = lambda http: None,
    ) -> None:
        self._on_secret, self._reported = on_secret, set[str]()
        self._prepare = prepare
        self._address = address
        self._sign_in = sign_in
        self._timeouts = (timeouts.connect, timeouts.read)
        self._user_agent = user_agent
        self._http = self._new_http()
        self._cookies = RequestsCookieJar()
        self.signed_in = False

    def log_in(self) -> None:
        """Take a seat. Raises SignInRefused, LoginLimit, SettingsError, Unreachable, Overloaded, ServerFault."""
        self.log_out()
        self._http.cookies.clear()
        # From here on a seat may be taken, whatever comes back: mark first, so that log_out is tried.
        self.signed_in = True
        try:
            answer = self.send(self._opening())
        except Unreachable as error:
            self.log_out()
            raise error.replace(sent=False) from error.__cause__  # the request that waits for this session was not sent
        except BaseException:
            self.log_out()
            raise
        refusal = self._sign_in.refusal(answer)
        if refusal is not None:
            self.signed_in = False
            self._close()
            raise refusal
        if not self._can_go_on():
            self.log_out()
            raise SettingsError(_NO_COOKIE, advice=_CHECK_COOKIE)

    def log_out(self) -> None:
        """Give the seat back. Never raises: a seat that cannot be given back closes by itself after some minutes."""
        if not self.signed_in:
            return
        self.signed_in = False
        if self._cookies or self._credentials():
            self._send_logout(self._cookies)
        self._close()

    def _opening(self) -> Request:
        """The request that takes the seat."""
        return self._sign_in.opening()

    def _can_go_on(self) -> bool:
        """Whether some cookie may be sent; a server that gives none at all may identify the session otherwise."""
        unsafe = not self._address.base_url.startswith("https:")
        return not (unsafe and self._cookies and all(cookie.secure for cookie in self._cookies))

    def _credentials(self) -> Mapping[str, str]:
        """The headers that identify the user, beside the cookies."""
        return {}

    def _close(self) -> None:
        self._http.close()

    def send(self, request: Request) -> Answer:
        """One request, one answer of any status. Raises Unreachable when there is none."""
        try:
            return self._exchange(self._http, request, self._timeouts)
        finally:
            # All of them, whatever their names; a copy, since log_out may come from another thread.
            self._cookies = self._http.cookies.copy()
            self._report_secrets()

    def _report_secrets(self) -> None:
        values = {cookie.value for cookie in self._cookies if cookie.value} - self._reported
        for secret in values:
            if len(secret) >= _SHORTEST_SECRET:
                self._on_secret(secret)
        self._reported |= values

    def _new_http(self) -> requests.Session:
        http = _Http(self._user_agent)
        self._prepare(http)
        return http

    def _send_logout(self, cookies: RequestsCookieJar) -> None:
        # A connection of its own: the usual one may be in the middle of a request that another thread waits for.
        with self._new_http() as http:
            http.cookies = cookies
            # An empty body sends Content-Length: 0; without it IIS answers 411 and keeps the session.
            logout = Request("POST", "/entity/auth/logout", headers=self._credentials(), body=b"")
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
                headers={**_JSON, **_encode_headers(request.headers)},
                timeout=timeouts,
                allow_redirects=False,
                stream=True,
            ) as response:
                body = response.raw.read(decode_content=True)  # one read; `.content` goes through 10 kB chunks
                if not request.binary:
                    body = body.removeprefix(BOM_UTF8)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, headers, body)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise transport_error(error, self._address.base_url) from without_request(error)


def _encode_headers(headers: Mapping[str, str]) -> dict[str, str | bytes]:
    """Headers of any letters: http.client refuses what is not Latin-1. UNVERIFIED: that Acumatica reads UTF-8 there,
    which is the default of ASP.NET; a branch is the only value that may need it."""
    return {name: value if value.isascii() else value.encode() for name, value in headers.items()}


_NO_COOKIE = "Acumatica accepted the sign-in, but marks its cookies as secure, and such are not sent over http."
_CHECK_COOKIE = "Enter an instance URI that begins with https://."
