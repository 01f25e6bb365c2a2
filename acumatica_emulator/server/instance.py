"""An instance as a whole: its state, its log, and the faults ordered for a request.

    request --faults ordered?--> --inside the site?--> router --> handler --> answer --> log

`answer` is a function of the request and of the instance's state. It neither waits nor sends: what the wire has to do
besides (wait, cut the answer off) is in the Reply.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus

from acumatica_emulator.api.request_context import CompiledOptions
from acumatica_emulator.api.routing import Router
from acumatica_emulator.seed import Sizes, World, seeded
from acumatica_emulator.seed.bulk_orders import BulkOrders
from acumatica_emulator.site import login, oauth, refusals
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.clock import Clock
from acumatica_emulator.site.faults import Fault, Faults
from acumatica_emulator.site.http import JSON, Call, Reply, Request, Response
from acumatica_emulator.site.refusals import Refusal
from acumatica_emulator.site.report import Report, report
from acumatica_emulator.site.row_faults import move_rows
from acumatica_emulator.site.sessions import Seats
from acumatica_emulator.site.tenants import Tenant
from acumatica_emulator.site.throttle import Gate
from acumatica_emulator.site.web_server import not_found_page, refusal_of

IN_ROW_EFFECTS = ("row_leaves", "row_arrives", "row_moves")


def seeded_tenant(world: World, clock: Clock, *, empty: bool = False, scale: int = 0) -> Tenant:
    """A tenant with the rows of its world; with `scale`, so many sales orders in place of the seeded ones."""
    bulks = {"SalesOrder": lambda: BulkOrders(world, scale)} if scale and not empty else {}
    return Tenant(world.tenant, clock, lambda entity: seeded(world, entity, empty), bulks)


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
        sizes: Sizes | None = None,
        clock: Clock | None = None,
        behavior: Behavior | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.behavior = behavior or Behavior()
        self._names = [*tenants, *(name for name in empty_tenants if name not in tenants)]
        self._empty, self._seed, self._scale = frozenset(empty_tenants), seed, scale
        self._sizes = sizes or Sizes()
        self.seats = Seats(self.clock, self.behavior, self._names, users or {"admin": "secret"})
        self.gate = Gate(self.behavior)
        self.faults = Faults()
        self.tokens = oauth.Tokens(self.clock, self.behavior, self.seats)
        self.calls: list[Call] = []
        self.router = Router(
            self.clock, self.behavior, self.seats, self.tokens, CompiledOptions(), tenants=lambda: self.tenants
        )
        self._maintenance_until: datetime | None = None
        self.tenants = self._fresh_tenants()

    def _fresh_tenants(self) -> dict[str, Tenant]:
        def fresh(name: str) -> Tenant:
            world = World(self._seed, name, self._sizes)
            return seeded_tenant(world, self.clock, empty=name in self._empty, scale=self._scale)

        return {name: fresh(name) for name in self._names}

    def reset(self) -> None:
        """As after the start: fresh tenants, no sessions, no faults, no log. Switches stay."""
        self.tenants = self._fresh_tenants()
        self.seats.reset()
        self.tokens.reset()
        self.faults.clear()
        self.calls.clear()

    def report(self) -> Report:
        """The counts of the run so far, and what of it is a client's defect."""
        return report(self.seats, self.faults, len(self.calls))

    def resets(self, head: Request) -> bool:
        """Whether a fault resets the connection of a request whose body was not read yet."""
        inside = self._inside(head)
        due = self.faults.due(head.method, _entity_of(inside), _local(inside), body_read=False)
        if due:
            self._log(head, inside, Response(0))
        return bool(due)

    def answer(self, request: Request) -> Reply:
        """The answer to one request, logged."""
        inside = self._inside(request)
        due = self.faults.due(request.method, _entity_of(inside), _local(inside))
        for fault in due:
            self._before(fault, _entity_of(inside), request)
        reply = self._replied(request, inside, due)
        self._log(request, inside, reply.response)
        return reply

    def _log(self, request: Request, inside: Request | None, response: Response) -> None:
        session = response.session or request.cookies.get(login.SESSION_COOKIE)
        headers = dict(request.headers)
        call = Call(request.method, _local(inside), request.query, response.status, session, headers, request.body)
        self.calls.append(call)

    def _inside(self, request: Request) -> Request | None:
        """The request as seen from the site's root; None outside of the site."""
        site = self.behavior.site.rstrip("/")
        path = request.path
        if site and not (path.lower() + "/").startswith(site.lower() + "/"):
            return None
        return replace(request, path=path[len(site) :] or "/", slash_splits=self.behavior.slash_keys == "split")

    # --- faults

    def _before(self, fault: Fault, entity: str, request: Request) -> None:
        if fault.effect == "recycle":
            self.seats.recycle()
        elif fault.effect == "skew":
            self.clock.tick(fault.seconds)
        elif fault.effect == "maintenance":
            self._maintenance_until = self.clock.later(fault.seconds)
        elif fault.effect in IN_ROW_EFFECTS:
            session = self.router.known_session(request)
            if session is not None:
                move_rows(fault.effect, self.tenants[session.tenant], entity)

    def _replied(self, request: Request, inside: Request | None, due: list[Fault]) -> Reply:
        """The reply, with the faults that change it. A fault that is not `processed` keeps the request out."""
        delay = self.behavior.latency + sum(fault.seconds for fault in due if fault.effect == "slow")
        if any(fault.effect == "drop" for fault in due):
            return Reply(Response(0), delay, cut=0)
        replacing = next((fault for fault in due if fault.effect in ("status", "html", "sign_in_page")), None)
        cutting = next((fault for fault in due if fault.effect in ("hang_up", "truncate")), None)
        if replacing is not None and not replacing.processed:
            return Reply(self._false_answer(replacing), delay)
        response = self._answered(request, inside)
        if replacing is not None:
            response = self._false_answer(replacing)
        reply = Reply(response, delay)
        if cutting is not None:
            reply.cut = cutting.after if cutting.effect == "hang_up" else None
            reply.truncate = cutting.after if cutting.effect == "truncate" else None
        return reply

    def _false_answer(self, fault: Fault) -> Response:
        if fault.effect == "sign_in_page":
            raised = refusals.not_signed_in(self.behavior.site)
            return Response(raised.status, b"", list(raised.headers.items()))
        kind = "text/html; charset=utf-8" if fault.effect == "html" else fault.content_type
        status = fault.status or (200 if fault.effect == "html" else 500)
        body = fault.body
        if body is None:
            failed = refusals.envelope("The operation failed.", "System.Exception")
            body = _page(status) if fault.effect == "html" else failed
        return Response(status, body.encode(), [("Content-Type", kind), *fault.headers.items()])

    def _answered(self, request: Request, inside: Request | None) -> Response:
        until = self._maintenance_until
        if self.behavior.maintenance or (until is not None and self.clock.now() < until):
            return Response.html(
                "<html><body><h1>Service Unavailable</h1><p>The site is under maintenance.</p></body></html>", 503
            )
        page = refusal_of(request) if self.behavior.iis else None
        if page is not None:
            return page
        if inside is None or 0 < self.behavior.max_query < len(request.query_text):
            return not_found_page()
        try:
            response = self.router.answer(inside)
        except Refusal as refusal:
            response = self._refusal_response(refusal)
        return _with_accepted_type(response, request)

    def _refusal_response(self, refusal: Refusal) -> Response:
        """A refusal in the form that the switches choose for bodies that were never recorded."""
        status = self.behavior.parse_status if refusal.malformed else refusal.status
        headers = list(refusal.headers.items())
        if refusal.invented and self.behavior.plain_body == "empty":
            return Response(status, b"", [pair for pair in headers if pair[0] != "Content-Type"])
        if refusal.invented and self.behavior.plain_body == "html":
            page = f"<!DOCTYPE html><html><head><title>{status}</title></head><body></body></html>"
            kept = [pair for pair in headers if pair[0] != "Content-Type"]
            return Response(status, page.encode(), [("Content-Type", "text/html; charset=utf-8"), *kept])
        return Response(status, refusal.body.encode(), headers)

    def session_of(self, request: Request) -> str | None:
        """The name under which requests wait for each other; None for a request that waits for none."""
        bearer, cookie = login.bearer_of(request), request.cookies.get(login.SESSION_COOKIE)
        return cookie if not bearer or self.tokens.is_concurrent(bearer) else bearer


def _with_accepted_type(response: Response, request: Request) -> Response:
    """Serve JSON as text/json to a client that accepts nothing else."""
    if request.headers.get("accept", "").strip().lower() == "text/json":
        response.headers = [
            (name, "text/json; charset=utf-8" if value == JSON else value) for name, value in response.headers
        ]
    return response


def _local(inside: Request | None) -> str:
    """The path below the site; outside of it `/`."""
    return "/" + "/".join(inside.segments if inside else ())


def _entity_of(inside: Request | None) -> str:
    segments = inside.segments if inside else []
    return segments[3] if len(segments) > 3 else ""


def _page(status: int) -> str:
    title = f"{status} - {HTTPStatus(status).phrase}" if status >= 400 else "Sign In"
    return f"<!DOCTYPE html><html><head><title>{title}</title></head><body></body></html>"
