"""The token endpoint, and what each grant and scope does to seats.

    scope                        seats
    api                          one session per token, until the token ends or a logout
    api offline_access           the session goes on through refreshes
    api api:concurrent_access    a session per cookie; a call without a cookie takes a new seat

A refresh token works once. A logout with the bearer frees the seat and leaves the token good: its next use takes a seat
again. Revoking a token frees no seat. There is no client_credentials grant.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode

from acumatica_emulator.records.rows import guid
from acumatica_emulator.site import refusals
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.clock import Clock
from acumatica_emulator.site.http import Request, Response
from acumatica_emulator.site.sessions import Seats, Session

ACCESS_SECONDS = 3600
CODE_SECONDS = 300
CLIENT = "4b6d9a34-7e21-4c5f-9a10-2f1c8d7e6b50"
SECRET = "emulator-secret"
CONCURRENT = "api:concurrent_access"
_SCOPES = frozenset({"api", "offline_access", CONCURRENT, "openid", "email", "profile", "phone"})

Form = Mapping[str, str]


class GrantRefused(Exception):
    """The token endpoint refuses: `error` and `description` as OAuth names them, always with status 400."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error, description)
        self.error, self.description = error, description


@dataclass
class Token:
    """An access token with the session it works in."""

    value: str
    user: str
    tenant: str
    scope: frozenset[str]
    ends: datetime
    session: str | None = None


@dataclass(frozen=True)
class Code:
    """An authorization code, and the PKCE challenge its redeemer must answer."""

    user: str
    tenant: str
    scope: frozenset[str]
    challenge: str
    redirect: str
    ends: datetime


class Tokens:
    """The tokens that the identity server of an instance has issued."""

    def __init__(self, clock: Clock, behavior: Behavior, seats: Seats) -> None:
        self._clock, self._switches, self._seats = clock, behavior, seats
        self._count = 0
        self.issued: dict[str, set[str]] = {"code": set(), "access": set(), "refresh": set()}
        self.reset()

    def reset(self) -> None:
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, tuple[Token, datetime]] = {}
        self._codes: dict[str, Code] = {}
        self._by_cookie: dict[str, str] = {}

    def session(self, bearer: str, cookie: str | None) -> Session | None:
        """The session of a request with a bearer token; it takes a seat when there is none."""
        token = self._access.get(bearer)
        if token is None or token.ends <= self._clock.now():
            self._end(token)
            return None
        wanted = self.session_of(bearer, cookie)
        known = self._seats.find(wanted) if self._seats.peek(wanted) else None
        return known or self._seat(token)

    def _seat(self, token: Token) -> Session:
        known = self._seats.take_seat(token.user, token.tenant, kind="bearer")
        known.by_cookie = CONCURRENT in token.scope
        token.session = known.token
        return known

    def _end(self, token: Token | None) -> None:
        """The session of a token that cannot be refreshed ends with it."""
        if token is not None and not token.scope & {"offline_access", CONCURRENT}:
            self._seats.log_out(token.session)
            token.session = None

    def session_of(self, bearer: str, cookie: str | None) -> str | None:
        """The name of the session that a request means: that of its token, or of its cookie."""
        token = self._access.get(bearer)
        return cookie if token is None or CONCURRENT in token.scope else token.session

    def is_concurrent(self, bearer: str) -> bool:
        token = self._access.get(bearer)
        return token is not None and CONCURRENT in token.scope

    # --- the grants

    def authorize(self, asked: Form) -> str:
        """Scripted consent: the user named in `login_hint` (else admin) agrees at once. Returns where to go back to."""
        tenant = self._client_tenant(asked.get("client_id", ""))
        user = asked.get("login_hint") or "admin"
        ends = self._clock.later(CODE_SECONDS)
        code = self._fresh("code")
        redirect = asked.get("redirect_uri", "")
        self._codes[code] = Code(user, tenant, _scope(asked), asked.get("code_challenge", ""), redirect, ends)
        back = {"code": code, **({"state": asked["state"]} if "state" in asked else {})}
        return f"{redirect}?{urlencode(back)}"

    def grant(self, asked: Form) -> dict[str, object]:
        """The token endpoint."""
        grants: Mapping[str, Callable[[Form, str], Token]] = {
            "password": self._by_password,
            "authorization_code": self._by_code,
            "refresh_token": self._by_refresh,
        }
        tenant = self._client_tenant(asked.get("client_id", ""))
        kind = grants.get(asked.get("grant_type", ""))
        if kind is None:
            raise GrantRefused("unauthorized_client")
        if asked.get("client_secret") != SECRET and "code_verifier" not in asked:
            raise GrantRefused("invalid_client")
        return self._grant_answer(kind(asked, tenant))

    def _client_tenant(self, client: str) -> str:
        """The tenant is bound by the suffix of the client id, and by nothing else."""
        id, _, suffix = client.partition("@")
        for name in self._seats.tenants:
            if id.casefold() == CLIENT and suffix.casefold() == name.casefold():
                return name
        raise GrantRefused("invalid_client")

    def _by_password(self, asked: Form, tenant: str) -> Token:
        user = asked.get("username", "")
        right = self._seats.check_password(user, asked.get("password", ""))
        if not right or self._seats.is_locked(user) or self._switches.login_failure:
            raise GrantRefused("invalid_grant", "invalid_username_or_password")
        token = self._new_token(user, tenant, _scope(asked))
        if self._switches.limit_at == "token":
            self._seat_or_refusal(token)
        return token

    def _seat_or_refusal(self, token: Token) -> None:
        """A full licence may show on the token request, with the text of a wrong password (MYOB field guide)."""
        try:
            self._seat(token)
        except refusals.Refusal as full:
            raise GrantRefused("invalid_grant", "invalid_username_or_password") from full

    def _by_code(self, asked: Form, tenant: str) -> Token:
        code = self._codes.pop(asked.get("code", ""), None)
        if code is None or code.ends <= self._clock.now() or code.redirect != asked.get("redirect_uri", ""):
            raise GrantRefused("invalid_grant")
        if code.challenge and challenge(asked.get("code_verifier", "")) != code.challenge:
            raise GrantRefused("invalid_grant")
        return self._new_token(code.user, code.tenant, code.scope)

    def _by_refresh(self, asked: Form, tenant: str) -> Token:
        if not asked.get("refresh_token"):
            raise GrantRefused("invalid_request")
        old, ends = self._refresh.pop(asked["refresh_token"], (None, self._clock.now()))
        if old is None or ends <= self._clock.now():
            raise GrantRefused(self._switches.refresh_reuse_error)
        fresh = self._new_token(old.user, old.tenant, old.scope)
        fresh.session = old.session
        return fresh

    def revoke(self, asked: Form) -> None:
        """Kills a token, not the session behind it."""
        self._access.pop(asked.get("token", ""), None)
        self._refresh.pop(asked.get("token", ""), None)

    def user_of(self, bearer: str) -> Token | None:
        return self._access.get(bearer)

    def _new_token(self, user: str, tenant: str, scope: frozenset[str]) -> Token:
        if not scope or not scope <= _SCOPES:
            raise GrantRefused("invalid_scope")
        token = Token(self._fresh("access"), user, tenant, scope, self._clock.later(ACCESS_SECONDS))
        self._access[token.value] = token
        return token

    def _grant_answer(self, token: Token) -> dict[str, object]:
        body: dict[str, object] = {
            "access_token": token.value,
            "expires_in": ACCESS_SECONDS,
            "token_type": "Bearer",
            "scope": " ".join(sorted(token.scope)),
        }
        if "offline_access" in token.scope:
            refresh = self._fresh("refresh")
            self._refresh[refresh] = (token, self._clock.later(self._switches.refresh_days * 86400))
            body["refresh_token"] = refresh
        return body

    def _fresh(self, kind: str) -> str:
        self._count += 1
        value = guid("oauth", kind, self._count).replace("-", "")
        self.issued[kind].add(value)
        return value


def challenge(verifier: str) -> str:
    """The S256 transform of PKCE."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _scope(asked: Form) -> frozenset[str]:
    return frozenset(asked.get("scope", "").split())


def answer(tokens: Tokens, request: Request, path: Sequence[str], site: str = "") -> Response:
    """The identity server's part of the site."""
    if list(path) == [".well-known", "openid-configuration"] and request.method == "GET":
        return Response.json(json.dumps(discovery_document(f"http://{request.host}{site}/identity")))
    asked = dict(parse_qsl(request.body.decode(errors="replace") or request.query_text))
    try:
        if list(path) == ["connect", "token"] and request.method == "POST":
            return Response.json(json.dumps(tokens.grant(asked)))
        if list(path) == ["connect", "authorize"]:
            return Response(302, headers=[("Location", tokens.authorize(asked))])
    except GrantRefused as refused:
        body = {"error": refused.error, "error_description": refused.description}
        return Response.json(json.dumps({name: text for name, text in body.items() if text}), 400)
    if list(path) == ["connect", "revocation"]:
        tokens.revoke(asked)
        return Response(200)
    if list(path) == ["connect", "userinfo"]:
        return _user_info(tokens, request)
    raise refusals.no_such_entity(request.path)


def discovery_document(identity: str) -> dict[str, object]:
    """The OIDC discovery document. UNVERIFIED: no real one is public; names of IdentityServer, grants of the guide."""
    return {
        "issuer": identity,
        "authorization_endpoint": f"{identity}/connect/authorize",
        "token_endpoint": f"{identity}/connect/token",
        "userinfo_endpoint": f"{identity}/connect/userinfo",
        "revocation_endpoint": f"{identity}/connect/revocation",
        "scopes_supported": sorted(_SCOPES),
        "grant_types_supported": ["authorization_code", "password", "refresh_token"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    }


def _user_info(tokens: Tokens, request: Request) -> Response:
    token = tokens.user_of(request.headers.get("authorization", "")[7:].strip())
    if token is None or "openid" not in token.scope:
        raise refusals.not_signed_in()
    return Response.json(json.dumps({"sub": f"{token.user}@{token.tenant}"}))
