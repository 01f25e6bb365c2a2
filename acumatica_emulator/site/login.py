"""The sign-in and sign-out requests."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from acumatica_emulator.records.rows import guid
from acumatica_emulator.site import refusals
from acumatica_emulator.site.http import Request, Response
from acumatica_emulator.site.sessions import Seats, Session

SESSION_COOKIE = "ASP.NET_SessionId"
_LOCALE = "Locale=TimeZone=GMTE0000U&Culture=en-US; path=/"


def log_in(seats: Seats, request: Request) -> Response:
    """204 and the four cookies. `company` is the older name of `tenant` and still works; names ignore case."""
    given = {name.lower(): value for name, value in _credentials(request).items()}
    tenant = str(given.get("tenant") or given.get("company") or "")
    session = seats.log_in(
        str(given.get("name") or ""),
        str(given.get("password") or ""),
        tenant,
        str(given.get("branch") or ""),
        cookie=request.cookies.get(SESSION_COOKIE),
    )
    response = Response(204, session=session.token)
    response.headers += [("Set-Cookie", cookie) for cookie in _cookies(session)]
    return response


def _credentials(request: Request) -> dict[str, Any]:
    if "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        return dict(parse_qsl(request.body.decode(errors="replace")))
    try:
        given = json.loads(request.body or b"{}")
    except ValueError as error:
        raise refusals.malformed("the credentials are not JSON") from error
    if not isinstance(given, dict):
        raise refusals.malformed("the credentials are not an object")
    return given


def _cookies(session: Session) -> list[str]:
    return [
        f"{SESSION_COOKIE}={session.token}; path=/; HttpOnly; SameSite=Lax",
        f".ASPXAUTH={ticket_of(session.token)}; path=/; HttpOnly",
        "UserBranch=1; path=/; HttpOnly",
        _LOCALE,
    ]


def ticket_of(session: str) -> str:
    """The second secret among the cookies."""
    return guid(session, "ticket").replace("-", "").upper()


def bearer_of(request: Request) -> str:
    """The bearer token of a request; empty without one."""
    header = request.headers.get("authorization", "")
    return header[7:].strip() if header[:7].lower() == "bearer " else ""


def bearer_cookies(request: Request, session: Session) -> list[tuple[str, str]]:
    """What an answer to a bearer sets: where sessions are managed by cookies the new one, else a harmless one."""
    if not session.by_cookie:
        return [("Set-Cookie", _LOCALE)]
    known = request.cookies.get(SESSION_COOKIE) == session.token
    return [] if known else [("Set-Cookie", _cookies(session)[0])]


def log_out(seats: Seats, request: Request, session: Session | None) -> Response:
    """204, and the seat is free. Without a Content-Length IIS answers 411 and the session goes on."""
    if not request.sized:
        raise refusals.length_required()
    if session is None:
        raise refusals.not_signed_in()
    seats.log_out(session.token)
    return Response(204, session=session.token)


def login_page(tenant: str | None) -> Response:
    """The page that shows a signed-in user's tenant in a hidden input, which no API does."""
    name = f'<input type="hidden" name="txtSingleCompany" id="txtSingleCompany" value="{tenant or ""}" />'
    return Response.html(
        f"<!DOCTYPE html><html><head><title>Sign In</title></head><body><form>{name}</form></body></html>"
    )
