"""The face of the wire: an instance, an endpoint, its records as bytes. Repeats what is safe to repeat; knows nothing
of Airbyte, streams or state.

    with AcumaticaClient(settings) as client:          # no I/O yet
        schema = client.schema()                       # signs in, chooses the version, reads the swagger document
        page = client.fetch_list("Customer", Query(top=500))
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from types import TracebackType

from acumatica_client.api import files
from acumatica_client.api.inquiries import inquiry_body
from acumatica_client.api.record_operations import RecordOperations
from acumatica_client.auth.oauth import Rotation
from acumatica_client.auth.sign_in import CookieSignIn, SignIn
from acumatica_client.auth.tenant_check import TENANT_PAGE, check_tenant
from acumatica_client.auth.tokens import TokenStore
from acumatica_client.errors import AcumaticaError, Overloaded, SessionLost, SettingsError, Unreachable
from acumatica_client.rest.answers import Answer, error_of
from acumatica_client.rest.dialect import Dialect, dialect_of
from acumatica_client.rest.query import Query, Request, entity_path
from acumatica_client.rest.retry import RetryPolicy
from acumatica_client.schema import discovery, swagger
from acumatica_client.schema.custom_fields import AD_HOC_SCHEMA, CustomField, parse_ad_hoc_schema
from acumatica_client.schema.model import EndpointSchema, EntitySchema
from acumatica_client.session.affinity import SessionAffinity
from acumatica_client.session.bearer_session import BearerSession
from acumatica_client.session.lease_settings import SharedPool
from acumatica_client.session.leased_session import leased
from acumatica_client.session.pace import RequestBudget
from acumatica_client.session.pool import SessionPool
from acumatica_client.session.session import Session, Timeouts
from acumatica_client.transport import Transport, TransportSettings
from acumatica_client.transport.instance_address import InstanceAddress

_log = logging.getLogger("acumatica_client")
_EVERYTHING = Query()


@dataclass(frozen=True)
class ConnectionSettings:
    """Everything needed to reach one endpoint of one tenant. `endpoint_version` None means the newest supported.

    `on_secret` is told every cookie and token, to mask it; `on_rotation`, each refresh token that is to be saved: it
    returns when that is out of this process's hands.
    """

    address: InstanceAddress
    sign_in: SignIn
    endpoint_name: str = "Default"
    endpoint_version: str | None = None
    sessions: int = 1
    login_wait: float = 600.0
    timeouts: Timeouts = field(default_factory=Timeouts)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    user_agent: str = "airbyte-acumatica"
    requests_per_minute: int = 0
    business_date: str = ""
    shared_pool: SharedPool | None = None
    transport: TransportSettings = field(default_factory=TransportSettings)
    on_secret: Callable[[str], object] = lambda secret: None
    on_rotation: Callable[[Rotation], object] = lambda rotation: None

    def impatient(self) -> ConnectionSettings:
        """The same for a connection test, which somebody waits for: one seat, no waiting for a free one."""
        return replace(self, sessions=1, login_wait=0.0, timeouts=Timeouts(read=120.0), retry=RetryPolicy(attempts=2))


class AcumaticaClient(RecordOperations):
    """Safe for many threads: each call borrows a session of the pool for its duration."""

    def __init__(
        self,
        settings: ConnectionSettings,
        *,
        sleep: Callable[[float], object] | None = None,
        jitter: Callable[[], float] = random.random,
        new_session: Callable[[], Session] | None = None,
        clock: Callable[[], float] = time.monotonic,
        on_backing_off: Callable[[float], None] | None = None,
        on_request: Callable[[], None] | None = None,
    ) -> None:
        """`on_backing_off` is told the seconds of a wait that the server's load asks for, by the thread that waits;
        `on_request`, each request that is sent, by the thread that sends it."""
        self._settings, self._jitter = settings, jitter
        self._tokens = _tokens(settings)
        self._transport = Transport(settings.transport, settings.address.base_url)
        self._on_backing_off = on_backing_off or (lambda seconds: None)
        self._on_request = on_request or (lambda: None)
        self._budget = RequestBudget(settings.requests_per_minute, clock=clock)
        self._pool = SessionPool(
            new_session or self._new_session,
            settings.sessions,
            login_wait=settings.login_wait,
            sleep=sleep,
            clock=clock,
            admit=self._check_tenant if _may_reach_another_tenant(settings.sign_in) else None,
        )
        self._holding = SessionAffinity(self._pool)
        self._server_date: datetime | None = None
        self._tenant_unknown_logged = False
        self._member = settings.shared_pool.join(shrink=self._pool.shrink) if settings.shared_pool else None
        for secret in settings.shared_pool.secrets() if settings.shared_pool else ():
            settings.on_secret(secret)
        self._headers = _standing_headers(settings)

    def __enter__(self) -> AcumaticaClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give every seat back. Never raises; may be called twice and from a signal handler's frame."""
        self._pool.close()
        self._transport.close()

    @cached_property
    def endpoint(self) -> discovery.EndpointVersion:
        """The endpoint version in use, as the instance spells it. Raises UnknownEndpoint."""
        offer = discovery.parse_endpoints(self.send(Request("GET", "/entity")).body)
        return discovery.choose_endpoint(offer, self._settings.endpoint_name, self._settings.endpoint_version)

    @cached_property
    def _schema(self) -> EndpointSchema:
        path = entity_path(self.endpoint.name, self.endpoint.version, "swagger.json")
        company = self._settings.sign_in.company
        params = {"company": company} if company else {}
        return swagger.parse_swagger(self.send(Request("GET", path, params)).body)

    def schema(self) -> EndpointSchema:
        """What the endpoint declares, read once. Raises UnknownEndpoint, SettingsError (unsupported contract)."""
        return self._schema

    def entity(self, name: str) -> EntitySchema:
        """A top-level entity. Raises SettingsError when the endpoint has none of this name."""
        found = self.schema().entities.get(name)
        if found is None:
            raise SettingsError(
                f"The endpoint {self.endpoint.name} {self.endpoint.version} has no entity {name}.",
                advice="Refresh the schema of the connection, or choose another endpoint version.",
            )
        return found

    @property
    def dialect(self) -> Dialect:
        """How this endpoint is asked. The contract of a customer's own endpoint is told by its swagger document."""
        return dialect_of(self.endpoint.contract or self.schema().contract)

    def server_date(self) -> datetime | None:
        """The server's clock (UTC) at its latest answer, None when no answer carried a date."""
        return self._server_date

    def most_sessions(self) -> int:
        """How many sessions were open at the same time, at most so far."""
        return self._pool.most_open

    def fetch_list(self, entity: str, query: Query, *, patient: bool = True) -> bytes:
        """One page: a JSON array of payload records. Raises CannotOptimize, UnknownField, AccessDenied, ...

        Not `patient`: a page that is too much for the server is not asked for again as it is; ask for less.
        """
        return self.send(replace(self._reading(entity, query), repeatable=patient)).body

    def fetch_one(self, entity: str, keys: Sequence[str], query: Query) -> bytes:
        """One payload record by its business key or by its id (`[id]`). Raises NoSuchRecord."""
        return self.send(self._reading(entity, query, keys)).body

    def custom_fields(self, entity: str) -> tuple[CustomField, ...]:
        """The fields of an entity and of its nested members that the contract does not show; one request.

        Raises SettingsError for an entity that the endpoint lacks, AccessDenied, Unexpected, ...
        """
        path = f"{self._path(self.entity(entity).name)}/{AD_HOC_SCHEMA}"
        return parse_ad_hoc_schema(self.send(Request("GET", path)).body, self.schema(), entity)

    def run_inquiry(self, entity: str, parameters: Mapping[str, object], query: Query = _EVERYTHING) -> bytes:
        """The answer of a form that is filled in with these parameters: one payload object, with the rows in the
        details that the query expands; where it expands none, in those that are known to hold them.

        Raises SettingsError that names each wrong parameter, before anything is sent; AccessDenied, ServerFault, ...
        """
        known = self.entity(entity)
        body = inquiry_body(self.schema(), known, parameters)
        return self.put(entity, body, query if query.expand else replace(query, expand=known.results), repeatable=True)

    def url_length(self, entity: str, query: Query) -> int:
        """How long the address of a list would be; above `SAFE_URL_LENGTH` somebody on the road may refuse it."""
        return len(self._reading(entity, query).url(self._settings.address.base_url))

    def send(self, request: Request) -> Answer:
        """A signed-in call, repeated as `RetryPolicy` allows. Raises the error that the last answer stands for, what
        `Session.log_in` raises, or PoolClosed.

        A session that turns out to be lost is thrown away by the pool; the repetition borrows another one. Trouble at
        the sign-in says itself that this request was not sent, so writes are repeated after it, too.
        """
        attempt = 1
        while True:
            generation = self._pool.parallelism.generation
            try:
                return self._send_once(request)
            except AcumaticaError as error:
                if isinstance(error, Overloaded) or (isinstance(error, Unreachable) and error.sent):
                    self._pool.overloaded(generation)
                pause = self._settings.retry.pause(
                    error, attempt=attempt, repeatable=request.repeatable, jitter=self._jitter()
                )
                held = isinstance(error, SessionLost) and self._holding.session is not None
                if pause is None or held or (request.once and error.went_out):
                    raise
                _log.warning("%s Trying again in %.0f s (%s %s).", error.message, pause, request.method, request.place)
                if isinstance(error, Overloaded):
                    self._on_backing_off(pause)
            self._pool.pause(pause)
            attempt += 1

    def _send_once(self, request: Request) -> Answer:
        wait = self._budget.reserve() if request.counted else 0.0
        if wait > 0:
            self._on_backing_off(wait)
            self._pool.pause(wait)
        with self._holding.borrow() as session:
            try:
                answer = self._exchange(session, request)
            except AcumaticaError as error:
                raise error.replace(went_out=True) from error.__cause__
        self._pool.succeeded()
        return answer

    def _check_tenant(self, session: Session) -> None:
        """Refuse a session in another company. Raises WrongCompany."""
        company = self._settings.sign_in.company
        if not check_tenant(session.send(TENANT_PAGE), company) and not self._tenant_unknown_logged:
            self._tenant_unknown_logged = True
            _log.info("This build of Acumatica does not show whether the sign-in landed in the company %s.", company)

    def _exchange(self, session: Session, request: Request) -> Answer:
        self._on_request()
        answer = session.send(replace(request, headers={**self._headers, **request.headers}))
        self._server_date = answer.date() or self._server_date
        error = (files.file_error_of if request.binary else error_of)(answer)
        if error is not None:
            raise error
        return answer

    def _reading(self, entity: str, query: Query, keys: Sequence[str] = ()) -> Request:
        return Request("GET", self._path(entity, keys), query.params(self.dialect), query.headers())

    def _path(self, entity: str, keys: Sequence[str] = ()) -> str:
        return entity_path(self.endpoint.name, self.endpoint.version, entity, keys)

    def _new_session(self) -> Session:
        settings = self._settings
        given = (settings.timeouts, settings.user_agent)
        secret, prepare = settings.on_secret, self._transport.prepare
        session = (
            Session(settings.address, settings.sign_in, *given, on_secret=secret, prepare=prepare)
            if self._tokens is None
            else BearerSession(settings.address, self._tokens, *given, on_secret=secret, prepare=prepare)
        )
        return leased(session, self._member) if self._member else session


def _tokens(settings: ConnectionSettings) -> TokenStore | None:
    """The one for all sessions of the client, where the sign-in works by tokens."""
    if isinstance(settings.sign_in, CookieSignIn):
        return None
    return TokenStore(
        settings.sign_in, sessions=settings.sessions, on_secret=settings.on_secret, on_rotation=settings.on_rotation
    )


def _standing_headers(settings: ConnectionSettings) -> dict[str, str]:
    """What goes with every request: sign-ins without a form for it (bearer tokens) learn branch and locale only here.

    UNVERIFIED: of the locale in a header the guide tells only what it does to reports; elsewhere it may do nothing.
    """
    wanted = {
        "PX-CbApiBranch": settings.sign_in.branch,
        "PX-CbApiBusinessDate": settings.business_date,
        "Accept-Language": settings.sign_in.locale,
    }
    return {name: value for name, value in wanted.items() if value}


def _may_reach_another_tenant(sign_in: SignIn) -> bool:
    """A token is bound to its company; a login is routed by a name that the server may not know."""
    return isinstance(sign_in, CookieSignIn) and bool(sign_in.company)
