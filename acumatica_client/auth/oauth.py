"""The requests to the token endpoint, and what its answers mean.

    scope                                    seats of the license
    api                                      one session a token, until the token ends or a logout
    api offline_access                       the session goes on through refreshes
    api offline_access api:concurrent_access a session for each set of cookies

Evidence: Integration Development Guide 2026 R1, OAuth 2.0 and signing out; live notes of 2026 on 23.200.001 and 25 R2.
The secret travels in the form body; no client has been seen to send it as HTTP Basic. Error bodies may echo the form,
so nothing of them is shown but the code, and that only when it looks like one.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import urlencode

import msgspec

from acumatica_client import errors
from acumatica_client.rest.answers import LOGIN_LIMIT, Answer, error_of, is_login_limit, login_limit
from acumatica_client.rest.query import Request
from acumatica_client.rest.web_pages import intermediary_refused

TOKEN_PATH = "/identity/connect/token"
CONCURRENT = "api:concurrent_access"
_LIFETIME = 3600.0  # seconds; not configurable in Acumatica
_CODE = re.compile(r"[a-z_]{3,40}")
_AGAIN = "Authenticate again in the settings of this connector."
_APPLICATIONS = "Connected Applications form (SM303010)"
_NO_SERVICE_ADVICE = "Check the instance URI, with the site name if there is one, such as https://host/AcumaticaERP."


@dataclass(frozen=True)
class TokenGrant:
    """What the endpoint gave. `lifetime` in seconds; `scope` None where the answer does not say it; `refresh_token`
    empty where there is none."""

    access_token: str = field(repr=False)
    lifetime: float
    scope: frozenset[str] | None
    refresh_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Rotation:
    """A refresh token that has replaced the one before. `access_ends` in seconds since 1970."""

    refresh_token: str = field(repr=False)
    access_token: str = field(repr=False)
    access_ends: float


class _Answered(msgspec.Struct):
    access_token: str
    expires_in: float = _LIFETIME
    scope: str | None = None
    refresh_token: str | None = None


class _Refused(msgspec.Struct):
    error: str = ""
    error_description: str | None = None


def scope_for(sessions: int) -> str:
    """The scope to ask for. With one session concurrent access is not asked for: with it, each call that loses
    its cookie takes one more seat."""
    return f"api offline_access {CONCURRENT}" if sessions > 1 else "api offline_access"


def password_request(client_id: str, secret: str, username: str, password: str, scope: str) -> Request:
    return _token_request(client_id, secret, grant_type="password", username=username, password=password, scope=scope)


def refresh_request(client_id: str, secret: str, refresh_token: str) -> Request:
    """Without a scope: what was consented to goes on, and no more can be had (RFC 6749, 6)."""
    return _token_request(client_id, secret, grant_type="refresh_token", refresh_token=refresh_token)


def _token_request(client_id: str, secret: str, **members: str) -> Request:
    body = urlencode({**members, "client_id": client_id, "client_secret": secret}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return Request("POST", TOKEN_PATH, headers=headers, body=body, repeatable=False)


def parse_token_answer(answer: Answer) -> TokenGrant:
    """What was granted. Raises SignInRefused (never to be repeated), LoginLimit, SettingsError, or Overloaded."""
    if answer.status >= 300 or answer.is_html:
        raise _refusal(answer)
    try:
        body = msgspec.json.decode(answer.body, type=_Answered, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _no_service("something else than a token") from None
    scope = None if body.scope is None else frozenset(body.scope.split())
    return TokenGrant(body.access_token, body.expires_in, scope, body.refresh_token or "")


def _refusal(answer: Answer) -> errors.AcumaticaError:
    """A 4xx is final, whatever its body: tried again, it locks the user out or burns the refresh token."""
    refusal = _parse_refusal(answer.body)
    if is_login_limit(answer) or LOGIN_LIMIT.search(refusal.error_description or ""):
        return login_limit()
    if answer.status in (404, 405) or answer.status < 300:
        return _no_service("a web page" if answer.is_html else f"HTTP {answer.status}")
    if 400 <= answer.status < 500 and answer.status not in (408, 429):
        return _page_refused(answer) if answer.is_page else _refused(refusal, answer.status)
    error = error_of(answer)
    if isinstance(error, errors.SessionLost):
        return _no_service("its sign-in page")
    if isinstance(error, errors.SettingsError):
        return error
    if not isinstance(error, errors.Overloaded):
        words = f"The sign-in service of Acumatica failed (HTTP {answer.status})."
        error = errors.Overloaded(words, advice="Run the sync at another time.")
    return error.replace(declined=True, detail="")  # the request that waits for the token was not sent


def _page_refused(answer: Answer) -> errors.SignInRefused:
    page = intermediary_refused(answer.status, answer.headers, answer.body)
    return errors.SignInRefused(page.message, advice=page.advice, detail=page.title)


def _refused(refusal: _Refused, status: int) -> errors.SignInRefused:
    code = refusal.error if _CODE.fullmatch(refusal.error) else ""
    key = "wrong_password" if "username" in (refusal.error_description or "") else code
    why = code or f"HTTP {status}"
    message, advice = _REFUSALS.get(key, (f"The sign-in service of Acumatica refused ({why}).", _AGAIN))
    return errors.SignInRefused(message, advice=advice, detail=why)


def _parse_refusal(body: bytes) -> _Refused:
    try:
        return msgspec.json.decode(body, type=_Refused)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Refused()


def _no_service(what: str) -> errors.SettingsError:
    return errors.SettingsError(
        f"There is no sign-in service of Acumatica at this address ({what}).", advice=_NO_SERVICE_ADVICE
    )


def is_concurrent(scope: Collection[str] | None) -> bool:
    """Whether the token may have several sessions; where the scope is unknown, one is the safe answer."""
    return CONCURRENT in (scope or ())


_REFUSALS: dict[str, tuple[str, str]] = {
    "wrong_password": (
        "Acumatica refuses this user name and password, or gives the user no API session.",
        "Check both by signing in with a browser; the user must belong to the company of the client ID, must not have "
        "to change the password, and needs the Allowed Sign-In Type Unrestricted (EP202500).",
    ),
    "invalid_grant": (
        "The refresh token is no longer good: it has expired, was revoked, or was used by something else.",
        f"{_AGAIN} A refresh token works once, so each connector needs one of its own.",
    ),
    "invalid_client": (
        "Acumatica does not know this client ID, or the client secret is wrong or has expired.",
        f"Check both on the {_APPLICATIONS}, then authenticate again.",
    ),
    "unauthorized_client": (
        "The connected application does not allow this way to sign in.",
        f"Choose its flow on the {_APPLICATIONS}, or another sign-in here, then authenticate again.",
    ),
    "invalid_scope": (
        "The connected application refuses the access that this connector needs.",
        f"Allow refresh tokens (Absolute or Sliding) on the {_APPLICATIONS}, then authenticate again.",
    ),
}
