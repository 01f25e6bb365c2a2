"""Route a request to its handler, and check the session and the rights on the way.

path below the site --identity, login page, sign-in, discovery?--> answered here
                    --endpoint/version/entity--> signed in? --> rights? --> the handler for method and rest of the path
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from acumatica_emulator.api import discovery, session_ids
from acumatica_emulator.api.actions import invoke, poll
from acumatica_emulator.api.attachments import fetch_file, put_file, put_file_by_keys
from acumatica_emulator.api.reading import ad_hoc_schema, fetch_list, fetch_one
from acumatica_emulator.api.request_context import CompiledOptions, RequestContext
from acumatica_emulator.api.writing import delete, patch, put
from acumatica_emulator.catalog import EntityType
from acumatica_emulator.site import login, oauth, refusals
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.clock import Clock
from acumatica_emulator.site.http import Request, Response
from acumatica_emulator.site.refusals import Refusal
from acumatica_emulator.site.rights import refuse_closed_form
from acumatica_emulator.site.sessions import Seats, Session
from acumatica_emulator.site.tenants import Tenant
from acumatica_emulator.site.web_server import not_found_page

Handler = Callable[[RequestContext, Sequence[str]], Response]


@dataclass
class Router:
    """The routes of one site. `tenants` is called for each request, because a reset replaces them."""

    clock: Clock
    behavior: Behavior
    seats: Seats
    tokens: oauth.Tokens
    compiled: CompiledOptions
    tenants: Callable[[], Mapping[str, Tenant]]

    def answer(self, request: Request) -> Response:
        """The answer to a request as it is seen from the site's root; raises Refusal."""
        segments = request.segments
        head = [segment.casefold() for segment in segments]
        if head[:1] == ["identity"]:
            return oauth.answer(self.tokens, request, head[1:], self.behavior.site)
        if head == ["frames", "login.aspx"] and self.behavior.login_page:
            session = self.session(request)
            return login.login_page(session.tenant if session else None)
        if head[:1] != ["entity"]:
            return not_found_page()
        if head[1:] == ["auth", "login"] and request.method == "POST":
            return login.log_in(self.seats, request)
        if head[1:] == ["auth", "logout"] and request.method == "POST":
            return login.log_out(self.seats, request, self.session(request))
        if len(segments) == 1 and request.method == "GET":
            return self._root(request)
        if head[1:] == ["swagger.json"]:
            return discovery.instance_swagger(self.behavior, request)
        return self._endpoint(request, segments[1:])

    def _root(self, request: Request) -> Response:
        """The list of endpoints: a bearer takes its seat here, as with any other request. UNVERIFIED."""
        session = self.session(request) if login.bearer_of(request) else self.known_session(request)
        root = discovery.root(self.behavior, request, signed_in=session is not None)
        return root if session is None else self._with_session(root, request, session)

    def _endpoint(self, request: Request, segments: list[str]) -> Response:
        session = self.session(request)
        try:
            return self._answered(request, segments, session)
        except Refusal as refusal:
            # A refused request has taken its seat too; without the cookie it could not be logged out.
            if session is not None and session.kind == "bearer":
                refusal.headers = {**refusal.headers, **dict(login.bearer_cookies(request, session))}
            raise

    def _answered(self, request: Request, segments: list[str], session: Session | None) -> Response:
        document = segments[2:] == ["swagger.json"]
        if session is None and not (document and self._anyone_may_read(segments)):
            self.seats.without_login += _has_no_credentials(request)
            raise refusals.not_signed_in(self.behavior.site if self.behavior.expired_form == "302" else None)
        contract = discovery.find_contract(self.behavior, *segments[:2]) if len(segments) > 2 else None
        if contract is None:
            raise refusals.no_such_entity(request.path)
        if document or session is None:
            swagger = discovery.swagger(self.behavior, request, contract)
            return swagger if session is None else self._with_session(swagger, request, session)
        tenant = self.tenants()[session.tenant]
        tenant.commit_due()
        if segments[2] == "files":
            root = f"{self.behavior.site}/entity/{contract.title}"
            return self._with_session(_file(tenant, request, segments[3:], root), request, session)
        entity = contract.find(segments[2])
        if entity is None or entity.name in self.behavior.gone:
            raise refusals.no_such_entity(request.path)
        self._check_rights(entity, session)
        if self.behavior.conflict_409 and session.busy(entity.screen) and segments[4:5] != ["status"]:
            raise refusals.long_operation(409)  # declared for every operation; the look at the operation itself goes on
        temporary = entity.name in self.behavior.session_ids
        if temporary and not segments[3:]:
            request = replace(request, body=session_ids.with_lasting_ids(request.body, session))
        context = RequestContext(
            request, request.query, session, tenant, contract, entity, self.behavior, self.clock, self.compiled
        )
        response = self._handler(request, segments[3:])(context, segments[3:])
        if temporary and response.body:
            response.body = session_ids.with_session_ids(response.body, session)
        return self._with_session(response, request, session)

    def _anyone_may_read(self, segments: Sequence[str]) -> bool:
        """Whether a document is shown without a session: those of the tenants' own endpoints are not."""
        return self.behavior.anonymous_swagger and "/".join(segments[:2]) not in self.behavior.custom_endpoints

    def _handler(self, request: Request, rest: list[str]) -> Handler:
        handler = _handler_for(request.method, rest)
        if handler is None or (handler is _patch and not self.behavior.patch):
            allowed = {"Allow": "GET, PUT, POST, DELETE"}
            text = f"The requested resource does not support http method '{request.method}'."
            raise refusals.invented(405, text, allowed)
        return handler

    def _check_rights(self, entity: EntityType, session: Session) -> None:
        refuse_closed_form(entity, session, self.behavior)
        if entity.name in self.behavior.unconfigured:
            raise refusals.setup_not_entered(entity.title or entity.name)

    def known_session(self, request: Request) -> Session | None:
        """The session that a request names, if it is open; takes no seat and counts nothing."""
        cookie = request.cookies.get(login.SESSION_COOKIE)
        return self.seats.peek(self.tokens.session_of(login.bearer_of(request), cookie))

    def session(self, request: Request) -> Session | None:
        """The session of a bearer token, else of a cookie. A bearer without one takes a seat, or is refused it."""
        cookie = request.cookies.get(login.SESSION_COOKIE)
        bearer = login.bearer_of(request)
        return self.tokens.session(bearer, cookie) if bearer else self.seats.find(cookie)

    def _with_session(self, response: Response, request: Request, session: Session) -> Response:
        response.session = session.token
        if session.kind == "bearer":
            response.headers += login.bearer_cookies(request, session)
        return response


def _has_no_credentials(request: Request) -> bool:
    """Whether a client never signed in: it brings neither a cookie nor a token, be it a dead one."""
    return not login.bearer_of(request) and login.SESSION_COOKIE not in request.cookies


def _file(tenant: Tenant, request: Request, rest: Sequence[str], root: str) -> Response:
    if request.method == "GET" and len(rest) == 1:
        return fetch_file(tenant, rest[0])
    if request.method == "PUT" and len(rest) == 4:
        return put_file(tenant, request, rest[2], rest[3], root)
    raise refusals.no_such_entity(request.path)


def _handler_for(method: str, rest: Sequence[str]) -> Handler | None:
    """The handler for what follows the entity in the URL."""
    if not rest:
        return _LIST_HANDLERS.get(method)
    if len(rest) >= 3 and rest[-2] == "files":
        return put_file_by_keys if method == "PUT" else None
    if method == "GET" and list(rest) == ["$adHocSchema"]:
        return lambda context, _: ad_hoc_schema(context)
    if method == "GET" and len(rest) == 3 and rest[1] == "status":
        return poll
    if method == "POST":
        return invoke if len(rest) == 1 else None
    return _RECORD_HANDLERS.get(method)


def _patch(context: RequestContext, _: Sequence[str]) -> Response:
    return patch(context)


_LIST_HANDLERS: Mapping[str, Handler] = {
    "GET": lambda context, _: fetch_list(context),
    "PUT": lambda context, _: put(context),
    "PATCH": _patch,
}
_RECORD_HANDLERS: Mapping[str, Handler] = {"GET": fetch_one, "DELETE": delete}
