"""Knows the way of a request through the instance, from the door to a room and back; knows nothing of sockets.

    request --faults ordered?--> --which site path?--> --who asks?--> --which endpoint, which entity?--> room --> answer

`answer` is a function of the request and of the instance's state. It neither waits nor sends: what the wire has to do
besides (wait, cut the answer off) is told in the Reply.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from acumatica_emulator import discovery, doors, oauth, refusals
from acumatica_emulator.actions import invoke, poll
from acumatica_emulator.attachments import fetch_file, put_file, put_file_by_keys
from acumatica_emulator.catalog import EntityType
from acumatica_emulator.clock import Clock
from acumatica_emulator.faults import Fault, Faults
from acumatica_emulator.http import Call, Request, Response
from acumatica_emulator.mischief import move_rows
from acumatica_emulator.orders import BulkOrders
from acumatica_emulator.reading import ad_hoc_schema, fetch_list, fetch_one
from acumatica_emulator.refusals import Refusal
from acumatica_emulator.seed import Sizes, World
from acumatica_emulator.sessions import Seats, Session
from acumatica_emulator.switches import Switches
from acumatica_emulator.tables import Bulk
from acumatica_emulator.tenants import Tenant
from acumatica_emulator.throttle import Gate
from acumatica_emulator.visits import Shelf, Visit
from acumatica_emulator.writing import delete, patch, put

Room = Callable[[Visit, Sequence[str]], Response]
IN_ROW_EFFECTS = ("row_leaves", "row_arrives", "row_moves")


@dataclass
class Reply:
    """An answer and what the wire does with it: waits, then sends `cut` bytes of it only (None: all)."""

    response: Response
    delay: float = 0.0
    cut: int | None = None
    truncate: int | None = None


class Instance:
    """One site with its tenants."""

    def __init__(
        self,
        *,
        tenants: Sequence[str] = ("Company",),
        empty_tenants: Sequence[str] = (),
        users: Mapping[str, str] | None = None,
        seed: int = 1,
        scale: int = 0,
        clock: Clock | None = None,
        switches: Switches | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.switches = switches or Switches()
        self._names = [*tenants, *(name for name in empty_tenants if name not in tenants)]
        self._empty, self._seed, self._scale = frozenset(empty_tenants), seed, scale
        self.seats = Seats(self.clock, self.switches, self._names, users or {"admin": "secret"})
        self.gate = Gate(self.switches)
        self.faults = Faults()
        self.tokens = oauth.Tokens(self.clock, self.switches, self.seats)
        self.calls: list[Call] = []
        self.shelf = Shelf()
        self._maintenance_until: datetime | None = None
        self.tenants = self._fresh_tenants()

    def _fresh_tenants(self) -> dict[str, Tenant]:
        bulks: dict[str, Callable[[World], Bulk]] = {}
        if self._scale:
            bulks["SalesOrder"] = lambda world: BulkOrders(world, self._scale)
        return {
            name: Tenant(World(self._seed, name, Sizes()), self.clock, empty=name in self._empty, bulks=bulks)
            for name in self._names
        }

    def reset(self) -> None:
        """As after the start: fresh tenants, no sessions, no faults, no log. Switches stay."""
        self.tenants = self._fresh_tenants()
        self.seats.reset()
        self.tokens.reset()
        self.faults.clear()
        self.calls.clear()

    def answer(self, request: Request) -> Reply:
        """The answer to one request, logged."""
        inside = self._inside(request)
        segments = inside.segments if inside else []
        entity = segments[3] if len(segments) > 3 else ""
        local = "/" + "/".join(segments)
        due = self.faults.due(request.method, entity, local)
        for fault in due:
            self._before(fault, entity, request)
        reply = self._replied(request, inside, due)
        self.calls.append(
            Call(
                request.method,
                local,
                request.query,
                reply.response.status,
                reply.response.session or request.cookies.get(doors.SESSION_COOKIE),
                dict(request.headers),
                request.body,
            )
        )
        return reply

    def _inside(self, request: Request) -> Request | None:
        """The request as seen from the site's root; None outside of the site."""
        site = self.switches.site.rstrip("/")
        path = request.path
        if site and not (path.lower() + "/").startswith(site.lower() + "/"):
            return None
        return Request(
            request.method, path[len(site) :] or "/", request.query_text, request.headers, request.body, request.host
        )

    # --- faults

    def _before(self, fault: Fault, entity: str, request: Request) -> None:
        if fault.effect == "recycle":
            self.seats.recycle()
        elif fault.effect == "skew":
            self.clock.tick(fault.seconds)
        elif fault.effect == "maintenance":
            self._maintenance_until = self.clock.later(fault.seconds)
        elif fault.effect in IN_ROW_EFFECTS:
            session = self._session(request)
            if session is not None:
                move_rows(fault.effect, self.tenants[session.tenant], entity)

    def _replied(self, request: Request, inside: Request | None, due: list[Fault]) -> Reply:
        """The reply, with the faults that change it. A fault that is not `processed` keeps the request out."""
        delay = self.switches.latency + sum(fault.seconds for fault in due if fault.effect == "slow")
        lying = next((fault for fault in due if fault.effect in ("status", "html")), None)
        cutting = next((fault for fault in due if fault.effect in ("hang_up", "truncate")), None)
        if lying is not None and not lying.processed:
            return Reply(_lie(lying), delay)
        response = self._answered(request, inside)
        if lying is not None:
            response = _lie(lying)
        reply = Reply(response, delay)
        if cutting is not None:
            reply.cut = cutting.after if cutting.effect == "hang_up" else None
            reply.truncate = cutting.after if cutting.effect == "truncate" else None
        return reply

    def _answered(self, request: Request, inside: Request | None) -> Response:
        until = self._maintenance_until
        if self.switches.maintenance or (until is not None and self.clock.now() < until):
            return Response.html(
                "<html><body><h1>Service Unavailable</h1><p>The site is under maintenance.</p></body></html>", 503
            )
        if inside is None:
            return _not_found_page()
        cookies: list[tuple[str, str]] = []
        try:
            inside = self._admitted(inside, cookies)
            response = self._routed(inside)
        except Refusal as refusal:
            response = Response(refusal.status, refusal.body.encode(), list(refusal.headers.items()))
        response.headers += cookies
        return response

    def _admitted(self, request: Request, cookies: list[tuple[str, str]]) -> Request:
        """A bearer is looked at before the path, and takes its seat then; with concurrent access it gets the cookie of
        its session, whatever else the answer is. The request goes on with that cookie."""
        bearer = request.headers.get("authorization", "")[:7].lower() == "bearer "
        if not bearer or request.segments[:1] == ["identity"]:
            return request
        session = self._session(request)
        token = self.tokens.user_of(request.headers["authorization"][7:].strip())
        known = request.cookies.get(doors.SESSION_COOKIE)
        if session is None or token is None or "api:concurrent_access" not in token.scope or known == session.token:
            return request
        cookies.append(("Set-Cookie", f"{doors.SESSION_COOKIE}={session.token}; path=/; HttpOnly"))
        return replace(request, headers={**request.headers, "cookie": f"{doors.SESSION_COOKIE}={session.token}"})

    # --- the way in

    def _routed(self, request: Request) -> Response:
        segments = request.segments
        head = [segment.casefold() for segment in segments]
        if head[:1] == ["identity"]:
            return oauth.answer(self.tokens, request, head[1:])
        if head == ["frames", "login.aspx"]:
            session = self._session(request)
            return doors.login_page(session.tenant if session else None)
        if head[:1] != ["entity"]:
            return _not_found_page()
        if head[1:] == ["auth", "login"] and request.method == "POST":
            return doors.log_in(self.seats, request)
        if head[1:] == ["auth", "logout"] and request.method == "POST":
            return doors.log_out(self.seats, request, self._session(request))
        if len(segments) == 1 and request.method == "GET":
            return discovery.root(self.switches, request)
        if head[1:] == ["swagger.json"]:
            return discovery.instance_swagger(self.switches, request)
        return self._endpoint(request, segments[1:])

    def _endpoint(self, request: Request, segments: list[str]) -> Response:
        session = self._session(request)
        document = segments[2:] == ["swagger.json"]
        if session is None and not (document and self.switches.anonymous_swagger):
            raise refusals.not_signed_in(self.switches.site if self.switches.expired_form == "302" else None)
        contract = discovery.find_contract(self.switches, *segments[:2]) if len(segments) > 2 else None
        if contract is None:
            raise refusals.no_such_entity(request.path)
        if document or session is None:
            return discovery.swagger(self.switches, request, contract)
        tenant = self.tenants[session.tenant]
        tenant.settle()
        if segments[2] == "files":
            root = f"{self.switches.site}/entity/{contract.title}"
            return self._with_session(_file(tenant, request, segments[3:], root), session)
        entity = contract.find(segments[2])
        if entity is None or entity.name in self.switches.gone:
            raise refusals.no_such_entity(request.path)
        self._check_rights(entity)
        visit = Visit(request, request.query, session, tenant, contract, entity, self.switches, self.clock, self.shelf)
        return self._with_session(self._room(request, segments[3:])(visit, segments[3:]), session)

    def _room(self, request: Request, rest: list[str]) -> Room:
        room = _room_for(request.method, rest)
        if room is None or (room is _PATCH and not self.switches.patch):
            allowed = {"Allow": "GET, PUT, POST, DELETE"}
            raise refusals.told(
                405, f"The requested resource does not support http method '{request.method}'.", allowed
            )
        return room

    def _check_rights(self, entity: EntityType) -> None:
        if entity.name in self.switches.forbidden:
            raise refusals.insufficient_rights(entity.name, entity.screen)
        if entity.name in self.switches.unconfigured:
            raise refusals.setup_not_entered(entity.title or entity.name)

    def _session(self, request: Request) -> Session | None:
        bearer = request.headers.get("authorization", "")
        if bearer[:7].lower() == "bearer ":
            return self.tokens.session(bearer[7:].strip(), request.cookies.get(doors.SESSION_COOKIE))
        return self.seats.find(request.cookies.get(doors.SESSION_COOKIE))

    def _with_session(self, response: Response, session: Session) -> Response:
        response.session = session.token
        return response


def _file(tenant: Tenant, request: Request, rest: Sequence[str], root: str) -> Response:
    if request.method == "GET" and len(rest) == 1:
        return fetch_file(tenant, rest[0])
    if request.method == "PUT" and len(rest) == 4:
        return put_file(tenant, request, rest[2], rest[3], root)
    raise refusals.no_such_entity(request.path)


def _room_for(method: str, rest: Sequence[str]) -> Room | None:
    """The room for what follows the entity in the URL."""
    if not rest:
        return _LIST_ROOMS.get(method)
    if len(rest) >= 3 and rest[-2] == "files":
        return put_file_by_keys if method == "PUT" else None
    if method == "GET" and list(rest) == ["$adHocSchema"]:
        return lambda visit, _: ad_hoc_schema(visit)
    if method == "GET" and len(rest) == 3 and rest[1] == "status":
        return poll
    if method == "POST":
        return invoke if len(rest) == 1 else None
    return _RECORD_ROOMS.get(method)


_PATCH: Room = lambda visit, _: patch(visit)  # noqa: E731
_LIST_ROOMS: Mapping[str, Room] = {
    "GET": lambda visit, _: fetch_list(visit),
    "PUT": lambda visit, _: put(visit),
    "PATCH": _PATCH,
}
_RECORD_ROOMS: Mapping[str, Room] = {"GET": fetch_one, "DELETE": delete}


def _lie(fault: Fault) -> Response:
    if fault.effect == "html":
        page = fault.body or "<!DOCTYPE html><html><head><title>Sign In</title></head><body>Acumatica</body></html>"
        return Response.html(page, fault.status if fault.status != 500 else 200)
    body = fault.body if fault.body is not None else refusals.envelope("The operation failed.", "System.Exception")
    return Response(fault.status, body.encode(), [("Content-Type", fault.content_type)])


def _not_found_page() -> Response:
    page = "<!DOCTYPE html><html><head><title>404 - File or directory not found.</title></head><body></body></html>"
    return Response.html(page, 404)
