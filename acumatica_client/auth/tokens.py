"""The access token of a process: renewed before it ends, by one thread for all sessions.

    refresh token old --refresh--> answer --> new one saved, and that acknowledged --> access token used
                                      |         (a kill from here on costs nothing)
                                      '-- the old one is dead already, and only this process has the new one

So the refresh runs in a thread of its own, which no signal interrupts, and closing waits for it. What is left is a
SIGKILL between answer and saving: only Acumatica could change that.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field

from acumatica_client.auth.oauth import Rotation, TokenGrant, is_concurrent, parse_token_answer
from acumatica_client.auth.sign_in import TokenSignIn
from acumatica_client.errors import LoginLimit, SignInRefused, Unreachable
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.query import Request

_log = logging.getLogger("acumatica_client")
SendTokenRequest = Callable[[Request], Answer]

_MARGIN = 300.0  # seconds; a request that waits in the server's queue must not outlive its token
_CLOSE_TIMEOUT = 20.0
_ONE_SESSION = "The access token allows one session only."
_ONE_SESSION_ADVICE = (
    "Authenticate again to let it have several (scope api:concurrent_access), or set the concurrency level to 1."
)


@dataclass(frozen=True)
class Token:
    """An access token. Tokens of one `chain` share their sessions; `renew_at` in seconds since 1970."""

    access: str = field(repr=False)
    renew_at: float
    concurrent: bool = False
    chain: int = 0


class TokenStore:
    """For any number of threads. `clock` in seconds since 1970, since the end of a token is saved with it.

    `on_rotation` returns when the new refresh token has left this process for good; what it raises is raised in the
    threads that wait for the token. `on_secret` gets each token before it is used.
    """

    def __init__(
        self,
        sign_in: TokenSignIn,
        *,
        sessions: int = 1,
        clock: Callable[[], float] = time.time,
        on_secret: Callable[[str], object] = lambda secret: None,
        on_rotation: Callable[[Rotation], object] = lambda rotation: None,
    ) -> None:
        self.sign_in, self._sessions, self._clock = sign_in, sessions, clock
        self._on_secret, self._on_rotation = on_secret, on_rotation
        self._refresh_token, self._chain = sign_in.refresh_token, 0
        self._token = self._saved_token()
        # Reentrant: closing may come from a signal handler, in any frame.
        self._lock = threading.RLock()
        self._refresh: Future[Token] | None = None
        self._given_up: Future[Token] | None = None
        self._refused: SignInRefused | None = None
        self._only_session: object = None
        self.opening_request: Request | None = None

    def token(self, ask: SendTokenRequest) -> Token:
        """A token that is valid for some minutes more. Raises SignInRefused, LoginLimit, SettingsError, Overloaded,
        Unreachable."""
        token = self._token
        return token if token is not None and self._clock() < token.renew_at else self._renewed(token, ask)

    def replace_refused(self, refused: Token, ask: SendTokenRequest) -> Token:
        """A token in place of one that the server did not accept. Raises what `token` raises."""
        return self._renewed(refused, ask)

    def acquire(self, session: object, ask: SendTokenRequest) -> Token:
        """The token for a new session. Raises LoginLimit when it allows one session only and another one has it."""
        token = self.token(ask)
        with self._lock:
            if not token.concurrent and self._only_session not in (None, session):
                raise LoginLimit(_ONE_SESSION, advice=_ONE_SESSION_ADVICE)
            self._only_session = session
        return token

    def release(self, session: object) -> None:
        """The session has ended."""
        with self._lock:
            if self._only_session is session:
                self._only_session = None

    def newest(self, token: Token) -> Token:
        """The newest token that reaches the same sessions; sends nothing."""
        newest = self._token
        return newest if newest is not None and newest.chain == token.chain else token

    def wait_for_refresh(self) -> None:
        """Wait until a running refresh has been saved. Never raises."""
        flight = self._refresh
        if flight is None or flight is self._given_up:
            return
        if wait([flight], _CLOSE_TIMEOUT).not_done:
            self._given_up = flight  # the other sessions do not wait for it anew
            _log.warning("No answer about the access token; if the next run is refused, authenticate again.")

    def _renewed(self, stale: Token | None, ask: SendTokenRequest) -> Token:
        with self._lock:
            if self._token is not None and self._token is not stale:
                return self._token
            if self._refresh is None or self._refresh.done():
                self._refresh = Future()
                threading.Thread(target=self._run_refresh, args=(self._refresh, ask), name="token", daemon=True).start()
            flight = self._refresh
        return flight.result()

    def _run_refresh(self, flight: Future[Token], ask: SendTokenRequest) -> None:
        try:
            token = self._fetched(ask)
        except BaseException as error:  # noqa: BLE001  raised in the threads that wait
            flight.set_exception(error)
        else:
            flight.set_result(token)

    def _fetched(self, ask: SendTokenRequest) -> Token:
        given = self._request_grants(ask)
        for secret in filter(None, (given.access_token, given.refresh_token)):
            self._on_secret(secret)
        now = self._clock()
        if given.refresh_token and given.refresh_token != self._refresh_token:
            self._refresh_token = given.refresh_token  # first: the one before is dead, whether or not saving works
            if self.sign_in.saved:
                self._on_rotation(Rotation(given.refresh_token, given.access_token, now + given.lifetime))
        renew_at = _renewal(now + given.lifetime, given.lifetime)
        self._token = Token(given.access_token, renew_at, self._is_concurrent(given), self._chain)
        return self._token

    def _request_grants(self, ask: SendTokenRequest) -> TokenGrant:
        """After a refusal, raises it again without a request: repeated, it would lock the user out."""
        if self._refused is not None:
            raise self._refused.replace()
        *first, last = self.sign_in.grants(self._refresh_token, sessions=self._sessions)
        for request in first:
            try:
                return _request_grant(ask, request)
            except SignInRefused:
                self._refresh_token, self._chain = "", self._chain + 1
        try:
            return _request_grant(ask, last)
        except SignInRefused as refusal:
            self._refused = refusal
            raise

    def _is_concurrent(self, given: TokenGrant) -> bool:
        if given.scope is None and not self.sign_in.saved:
            return self._sessions > 1  # what was asked for was granted (RFC 6749, 5.1)
        return is_concurrent(given.scope)

    def _saved_token(self) -> Token | None:
        """The access token of the run before, where one session is enough: how many more it allows was not saved.

        So a connection test needs no refresh, and with it no change of the saved settings.
        """
        saved = self.sign_in
        if not saved.access_token or self._sessions > 1:
            return None
        return Token(saved.access_token, float("inf") if saved.access_ends is None else saved.access_ends - _MARGIN)


def _renewal(ends: float, lifetime: float) -> float:
    return ends - min(_MARGIN, lifetime / 2)


def _request_grant(ask: SendTokenRequest, request: Request) -> TokenGrant:
    try:
        return parse_token_answer(ask(request))
    except Unreachable as error:
        raise error.replace(sent=False) from error.__cause__  # the request that waits for the token was not sent
