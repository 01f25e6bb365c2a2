"""Sessions and seats: who is signed in, and when a session ends.

    log_in --> open --(a request within the limit of idleness)--> open
                 |--(logout)--> closed      the cookie is dead; a request with it is answered 401 and reported
                 |--(idle too long)--> expired --(its client comes back)--> noticed
                 '--(app-pool recycle)--> recycled

Only `open` holds a seat. A client that goes away without a logout keeps its seat until the session expires; if it
never comes back, that is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from acumatica_emulator.records.rows import guid
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.clock import Clock
from acumatica_emulator.site.refusals import Refusal, custom_error_text, failed

LIMIT = "API Login Limit"
_LOGIN_FRAMES = (
    "   at PX.Data.PXLogin.PX.Data.IPXLogin.LoginUser(String& userName, String password)\r\n"
    "   at PX.Api.ContractBased.WebApi.Controllers.AuthController.Login(Credentials credentials)\r\n   ..."
)
_LIMIT_FRAMES = "   at PX.LicensePolicy.PXLicensePolicy.CheckApiUsersLimits()\r\n   ..."


@dataclass
class Operation:
    """A long operation of a session, and how many more times it answers that it is running."""

    id: str
    screen: str
    polls: int
    error: str = ""
    change: Callable[[], None] | None = None


@dataclass
class Session:
    """One login. `opened` and `used` are the instance's time."""

    token: str
    user: str
    tenant: str
    opened: datetime
    used: datetime
    branch: str = "MAIN"
    kind: str = "cookie"
    by_cookie: bool = True
    rights: Mapping[str, str] = field(default_factory=dict)
    branch_named: bool = False
    state: str = "open"
    operations: dict[str, Operation] = field(default_factory=dict)
    session_ids: dict[str, str] = field(default_factory=dict)  # shown id -> stored id, see api/session_ids

    def busy(self, screen: str) -> bool:
        return any(operation.screen == screen for operation in self.operations.values())


class Seats:
    """The sessions of an instance. Counts are kept for the report."""

    def __init__(self, clock: Clock, behavior: Behavior, tenants: Sequence[str], users: Mapping[str, str]) -> None:
        self._clock, self._switches = clock, behavior
        self.tenants, self.users = list(tenants), dict(users)
        self.logins = self.peak = self.late_requests = self.without_login = 0
        self._sessions: dict[str, Session] = {}
        self.issued: set[str] = set()
        self._wrong: dict[str, list[datetime]] = {}

    @property
    def abandoned(self) -> list[Session]:
        """The sessions that ended of idleness and whose client never came back."""
        self._expire()
        return [session for session in self._sessions.values() if session.state == "expired"]

    @property
    def open(self) -> list[Session]:
        self._expire()
        return [session for session in self._sessions.values() if session.state == "open"]

    def log_in(self, user: str, password: str, tenant: str, branch: str = "", *, cookie: str | None = None) -> Session:
        """A new session, or the refusal of a real instance.

        UNVERIFIED: whether a login that brings the cookie of an open session goes on with it (switch `relogin`).
        """
        landed = self.tenant_for(tenant)
        self._check_password(user, password)
        known = self.peek(cookie)
        if self._switches.relogin == "same" and known is not None and (known.user, known.tenant) == (user, landed):
            known.used = self._clock.now()
            return known
        return self.take_seat(user, landed, branch)

    def tenant_for(self, tenant: str) -> str:
        """The tenant a login lands in. With one tenant any name will do; with several an absent name is the default."""
        if len(self.tenants) == 1 or not tenant:
            return self.tenants[0]
        if tenant.casefold() in (name.casefold() for name in self._switches.stale_tenants):
            return self.tenants[0]
        for name in self.tenants:
            if name.casefold() == tenant.casefold():
                return name
        raise failed(
            "A proper company ID cannot be determined for the request.",
            "PX.Data.PXUndefinedCompanyException",
            _LOGIN_FRAMES,
        )

    def check_password(self, user: str, password: str) -> bool:
        """Whether the password is right; a wrong one counts towards the lock-out."""
        known = next((secret for name, secret in self.users.items() if name.casefold() == user.casefold()), None)
        if known is None or known != password:
            self._wrong.setdefault(user.casefold(), []).append(self._clock.now())
            return False
        if not self.is_locked(user):
            self._wrong.pop(user.casefold(), None)
        return True

    def is_locked(self, user: str) -> bool:
        """Whether wrong passwords locked the account: then the right one does not help either, for a while."""
        after, since = self._switches.lockout_after, self._clock.later(-60 * self._switches.lockout_minutes)
        return 0 < after <= sum(at > since for at in self._wrong.get(user.casefold(), ()))

    def _check_password(self, user: str, password: str) -> None:
        if not self.check_password(user, password) and not self.is_locked(user):
            raise failed("Error: Invalid credentials. Please try again.", "PX.Data.PXException", _LOGIN_FRAMES)
        if self._switches.login_failure == "must_change_password":
            text = "You need to change your password. Sign in by using your browser to set a new password."
            raise failed(text, "PX.Data.PXException", _LOGIN_FRAMES)
        if self._switches.login_failure == "license_expired":
            # UNVERIFIED wording; only the case is reported
            raise failed("Error: The license of this instance has expired.", "PX.Data.PXException", _LOGIN_FRAMES)
        if self._switches.login_failure == "locked" or self.is_locked(user):
            # UNVERIFIED wording; only the case is reported
            raise failed("Error: Your account is locked out.", "PX.Data.PXException", _LOGIN_FRAMES)

    def take_seat(self, user: str, tenant: str, branch: str = "", kind: str = "cookie") -> Session:
        """A session on a seat; the license is checked first, then the limit of the user."""
        open_now = self.open
        if len(open_now) >= self._switches.seats:
            if self._switches.seat_policy != "evict":
                raise self._full(user)
            min(open_now, key=lambda session: session.opened).state = "evicted"
        mine = [session for session in self.open if session.user.casefold() == user.casefold()]
        if 0 < self._switches.seats_per_user <= len(mine):
            raise self._full(user)
        self.logins += 1
        now = self._clock.now()
        token = guid("session", self.logins, now.isoformat()).replace("-", "")[:24]
        session = Session(token, user, tenant, now, now, branch or "MAIN", kind)
        session.branch_named = bool(branch)
        session.rights = self._rights_of(user)
        self._sessions[token] = session
        self.issued.add(token)
        self.peak = max(self.peak, len(self.open))
        return session

    def _rights_of(self, user: str) -> Mapping[str, str]:
        """What the user may do from now on; what is granted later holds for his next session."""
        granted = self._switches.rights
        return dict(next((granted[name] for name in granted if name.casefold() == user.casefold()), {}))

    def peek(self, token: str | None) -> Session | None:
        """The open session of a cookie, without being a use of it."""
        self._expire()
        session = self._sessions.get(token or "")
        return session if session is not None and session.state == "open" else None

    def find(self, token: str | None) -> Session | None:
        """The open session of a cookie. Use of a logged-out cookie is counted: a client must not do it."""
        self._expire()
        session = self._sessions.get(token or "")
        if session is None:
            return None
        if session.state == "open":
            session.used = self._clock.now()
            return session
        self.late_requests += session.state == "closed"
        if session.state == "expired":
            session.state = "noticed"
        return None

    def log_out(self, token: str | None) -> None:
        session = self._sessions.get(token or "")
        if session is not None and session.state == "open":
            session.state = "closed"

    def recycle(self) -> None:
        """The app pool starts anew: every session is gone, and every seat is free."""
        for session in self.open:
            session.state = "recycled"

    def reset(self) -> None:
        self._sessions.clear()
        self._wrong.clear()
        self.logins = self.peak = self.late_requests = self.without_login = 0

    def _expire(self) -> None:
        limit = self._clock.now() - timedelta(minutes=self._switches.session_minutes)
        for session in self._sessions.values():
            if session.state == "open" and session.used < limit:
                session.state = "expired"

    def _full(self, user: str) -> Refusal:
        """The licence is used up. Four forms of saying so have been reported."""
        form = self._switches.limit_form
        if form == "429_text":
            return custom_error_text(429)
        if form == "302":
            text = quote("The number of concurrent API logins has been reached.")
            place = f"{self._switches.site}/Frames/Error.aspx?exceptionID=1&message={text}"
            return Refusal(302, "", {"Location": place, "Content-Type": "text/html; charset=utf-8"})
        return failed(LIMIT, "PX.Data.PXException", _LIMIT_FRAMES, int(form))
