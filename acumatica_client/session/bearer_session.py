"""A session with an access token: the token identifies the user, the cookies which of the token's sessions it is.

Two hazards beside those of cookies. A token takes a seat with any use, even after the logout; so a session
that was signed out sends nothing. And the login limit can come with any call, since a session may end and begin again
silently; such a session is given up, and the pool waits for a seat as it does at a sign-in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from acumatica_client.auth.tokens import Token, TokenStore
from acumatica_client.errors import SeatLost, SessionLost
from acumatica_client.rest.answers import Answer, is_login_limit, login_limit
from acumatica_client.rest.query import Request
from acumatica_client.session.session import Prepare, Session, Timeouts
from acumatica_client.transport.instance_address import InstanceAddress

_LONGEST_TOKEN_READ = 60.0  # seconds; the token endpoint is not behind the queue of the API


class BearerSession(Session):
    """One seat of the token in the store."""

    def __init__(
        self,
        address: InstanceAddress,
        tokens: TokenStore,
        timeouts: Timeouts,
        user_agent: str,
        *,
        on_secret: Callable[[str], object] = lambda secret: None,
        prepare: Prepare = lambda http: None,
    ) -> None:
        super().__init__(address, tokens.sign_in, timeouts, user_agent, on_secret=on_secret, prepare=prepare)
        self._tokens = tokens
        self._token_timeouts = (timeouts.connect, min(timeouts.read, _LONGEST_TOKEN_READ))
        self._token: Token | None = None
        self._opening_request: Request | None = None

    def log_out(self) -> None:
        """Give the seat back. Never raises. Waits for a running refresh: its refresh token must be saved."""
        self._tokens.wait_for_refresh()
        super().log_out()

    def send(self, request: Request) -> Answer:
        """One request, one answer; once more with another token where the server did not accept the first, which it
        says before it acts. Raises what the token endpoint refuses, Unreachable, or SessionLost."""
        self._check_open()  # first: nothing would wait for a refresh that begins now
        token = self._tokens.token(self._request_token)
        answer = self._send_with(request, token)
        if answer.status == 401 and request.path.startswith("/entity"):  # pages may know cookies only
            answer = self._send_with(request, self._tokens.replace_refused(token, self._request_token))
        if request is not self._opening_request and answer.status >= 300 and is_login_limit(answer):
            self._lose_seat(request)
        return answer

    def _lose_seat(self, request: Request) -> None:
        """UNVERIFIED: that the request which opens sessions takes a seat. This one does, so it opens from now on."""
        if request.method == "GET":
            self._tokens.opening_request = Request("GET", request.path, {"$top": "1"})
        limit = login_limit()
        raise SeatLost(limit.message, advice=limit.advice)

    def _send_with(self, request: Request, token: Token) -> Answer:
        if token.chain != self._check_open().chain:
            raise SessionLost("The Acumatica session ended: its access token could not be refreshed.")
        self._token = token
        try:
            return super().send(replace(request, headers={**request.headers, **_bearer(token)}))
        finally:
            if not self.signed_in:  # signed out by another thread while this request was on its way
                self._token = token
                self._send_logout(self._cookies)
                self._token = None

    def _check_open(self) -> Token:
        """The token that the seat was last used with. Raises SessionLost after the sign-out."""
        token = self._token
        if not self.signed_in or token is None:
            raise SessionLost("The Acumatica session was signed out.")
        return token

    def _opening(self) -> Request:
        self._token = self._tokens.acquire(self, self._request_token)
        self._opening_request = self._tokens.opening_request or super()._opening()
        return self._opening_request

    def _can_go_on(self) -> bool:
        return True

    def _credentials(self) -> Mapping[str, str]:
        return _bearer(self._tokens.newest(self._token)) if self._token is not None else {}

    def _close(self) -> None:
        super()._close()
        self._token = None
        self._tokens.release(self)

    def _request_token(self, request: Request) -> Answer:
        """Ask the token endpoint, on a connection without cookies."""
        with self._new_http() as http:
            return self._exchange(http, request, self._token_timeouts)


def _bearer(token: Token) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.access}"}
