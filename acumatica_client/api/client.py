"""The client: lists, records, actions, files and inquiries of one endpoint, as bytes.

with AcumaticaClient(settings) as client:          # no I/O yet
    schema = client.schema()                       # signs in, chooses the version, reads the swagger document
    page = client.fetch_list("Customer", Query(top=500))

AcumaticaClient --> Endpoint --> RequestSender --> SessionPool --> Session
                    addresses    retries           license seats   HTTP
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import TracebackType

from acumatica_client.api import files
from acumatica_client.api.actions import OPERATION_WAIT, action_body, run_action
from acumatica_client.api.connection_summary import ConnectionSummary, summarize
from acumatica_client.api.endpoint import Endpoint
from acumatica_client.api.inquiries import inquiry_body
from acumatica_client.api.record_address import RecordAddresses
from acumatica_client.api.request_sender import RequestSender
from acumatica_client.api.session_factory import SessionFactory
from acumatica_client.api.settings import ConnectionSettings
from acumatica_client.rest.addresses import key_fits_address
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.dialect import Dialect
from acumatica_client.rest.query import Query, Request
from acumatica_client.schema.custom_fields import AD_HOC_SCHEMA, CustomField, parse_ad_hoc_schema
from acumatica_client.schema.discovery import EndpointVersion
from acumatica_client.schema.model import EndpointSchema, EntitySchema
from acumatica_client.schema.system_members import ID
from acumatica_client.session.affinity import Result
from acumatica_client.session.pace import RequestBudget
from acumatica_client.session.pool import SessionPool
from acumatica_client.session.session import Session

__all__ = ["AcumaticaClient", "ConnectionSettings"]

_EVERYTHING = Query()


class AcumaticaClient:
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
        """`on_backing_off` and `on_request` are explained at RequestSender."""
        self._settings = settings
        # The pool is built from the sessions, and they shrink it: so the method is looked up when it is called.
        self._sessions = SessionFactory(settings, shrink=lambda most: self._pool.shrink(most))  # noqa: PLW0108
        self._pool = SessionPool(
            new_session or self._sessions.new_session,
            settings.sessions,
            login_wait=settings.login_wait,
            sleep=sleep,
            clock=clock,
            admit=self._sessions.admit,
        )
        self._sender = RequestSender(
            self._pool,
            RequestBudget(settings.requests_per_minute, clock=clock),
            settings.retry,
            headers=settings.headers(),
            jitter=jitter,
            on_backing_off=on_backing_off,
            on_request=on_request,
        )
        self._endpoint = Endpoint(self._sender, settings)
        self._addresses = RecordAddresses(self._sender, self._endpoint)

    def __enter__(self) -> AcumaticaClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give every seat back. Never raises; may be called twice and from a signal handler's frame."""
        self._pool.close()
        self._sessions.close()

    @property
    def endpoint(self) -> EndpointVersion:
        """The endpoint version in use, as the instance spells it. Raises UnknownEndpoint."""
        return self._endpoint.version

    def connection_summary(self) -> ConnectionSummary:
        """Where the client is signed in. Signs in; without a tenant in the settings, once more, to see whether the
        instance has several, and reads a page that names the one that was reached. Raises what `send` raises.

        Call it before other requests: then one seat is enough.
        """
        return summarize(self._settings, self._endpoint, self._sender, self._sessions.new_session)

    @property
    def dialect(self) -> Dialect:
        """How queries are written for this endpoint."""
        return self._endpoint.dialect

    def schema(self) -> EndpointSchema:
        """What the endpoint declares, read once. Raises UnknownEndpoint, SettingsError (unsupported contract)."""
        return self._endpoint.schema

    def entity(self, name: str) -> EntitySchema:
        """A top-level entity. Raises SettingsError when the endpoint has none of this name."""
        return self._endpoint.entity(name)

    def custom_fields(self, entity: str) -> tuple[CustomField, ...]:
        """The fields of an entity and of its nested members that the contract does not show; one request.

        Raises SettingsError for an entity that the endpoint lacks, AccessDenied, Unexpected, ...
        """
        path = f"{self._endpoint.path(self.entity(entity).name)}/{AD_HOC_SCHEMA}"
        return parse_ad_hoc_schema(self.send(Request("GET", path)).body, self.schema(), entity)

    def server_date(self) -> datetime | None:
        """The server's clock (UTC) at its latest answer, None when no answer carried a date."""
        return self._sender.server_date

    def most_sessions(self) -> int:
        """How many sessions were open at the same time, at most so far."""
        return self._pool.most_open

    def fetch_list(self, entity: str, query: Query, *, patient: bool = True) -> bytes:
        """One page: a JSON array of payload records. Raises CannotOptimize, UnknownField, AccessDenied, ...

        Not `patient`: a page that is too much for the server is not requested again as it is; ask for less.
        """
        return self.send(self._endpoint.read_request(entity, query, repeatable=patient)).body

    def fetch_one(self, entity: str, keys: Sequence[str], query: Query) -> bytes:
        """One payload record by its business key or by its id (`[id]`). Raises NoSuchRecord.

        A key that cannot be part of an address (`key_fits_address`) costs one request more, for the id.
        """
        address = self._addresses.address(entity, keys, archived=query.archived)
        return self.send(self._endpoint.read_request(entity, query, address)).body

    def url_length(self, entity: str, query: Query) -> int:
        """How long the address of a list would be; above `SAFE_URL_LENGTH` a server on the way may refuse it."""
        return len(self._endpoint.read_request(entity, query).url(self._settings.address.base_url))

    def run_inquiry(self, entity: str, parameters: Mapping[str, object], query: Query = _EVERYTHING) -> bytes:
        """The answer of a form that is filled in with these parameters: one payload object, with the rows in the
        details that the query expands; where it expands none, in those that are known to have them.

        Raises SettingsError that names each wrong parameter, before anything is sent; AccessDenied, ServerFault, ...
        """
        known = self.entity(entity)
        body = inquiry_body(self.schema(), known, parameters)
        return self.put(entity, body, query if query.expand else replace(query, expand=known.results), repeatable=True)

    def put(
        self,
        entity: str,
        body: bytes,
        query: Query = _EVERYTHING,
        *,
        headers: Mapping[str, str] | None = None,
        repeatable: bool,
        once: bool = False,
    ) -> bytes:
        """Insert or update; the payload record that came back. Raises Rejected, PreconditionFailed, Unreachable, ...

        `repeatable`: the record is identified by its key, so that sending it twice makes no second document. `once`: it
        is sent one time, also after answers that say that nothing was done (401, 409, 429).
        """
        request = self._endpoint.write_request("PUT", entity, body, query, repeatable=repeatable, once=once)
        return self.send(replace(request, headers=headers or {})).body

    def patch(
        self, entity: str, body: bytes, query: Query = _EVERYTHING, *, repeatable: bool = True, once: bool = False
    ) -> bytes:
        """Write exactly these fields of a record that exists, by its key or id; builds from 2025 R1 on can.

        `repeatable`: it adds no lines. Raises NotFound where there is no such record, Rejected, ...
        """
        request = self._endpoint.write_request("PATCH", entity, body, query, repeatable=repeatable, once=once)
        return self.send(request).body

    def delete(self, entity: str, keys: Sequence[str], *, repeatable: bool = True) -> None:
        """Delete a record by its business key or by its id (`[id]`). Raises NoSuchRecord, ServerFault, ...

        A repetition after an answer that was lost may not find it any more: that is NoSuchRecord, too. Not
        `repeatable`: after an answer that was lost, the caller repeats it.
        """
        path = self._endpoint.path(entity, self._addresses.address(entity, keys))
        self.send(Request("DELETE", path, repeatable=repeatable))

    def invoke(self, entity: str, action: str, record: Mapping[str, object], parameters: Mapping[str, object]) -> None:
        """Run an action of a record, given by its key fields or its id, and wait for its end; all values are plain.

        Raises ServerFault when Acumatica refused it or it failed, NotFound for an action that the endpoint lacks,
        Unfinished when its result is unknown, and what `send` raises for a request that may not be repeated.
        """
        path, body = self._endpoint.path(entity, (action,)), action_body(record, parameters)
        request = Request("POST", path, body=body, repeatable=False)
        below, pause = self._settings.address.below, self.pause
        self.in_one_session(lambda: run_action(request, self.send, below=below, pause=pause, wait=OPERATION_WAIT))

    def upload(
        self,
        entity: str,
        keys: Sequence[str],
        record: Mapping[str, object],
        *,
        name: str,
        content: bytes,
        comment: str = "",
    ) -> None:
        """Attach a file to a record, read before with `$expand=files`; one of the same name gets a new revision.

        `keys` identify the record where the build gives no links for files.
        """
        link = files.upload_link(record, name)
        if link:
            path = self._settings.address.below(link)
        else:
            own_id = str(record.get(ID) or "")
            address = keys if key_fits_address(keys) or not own_id else (own_id,)
            path = self._endpoint.path(entity, (*address, "files", name))
        self.send(files.upload_request(path, content, comment))

    def download(self, href: str) -> bytes:
        """The bytes of a file, by the link that its record gives."""
        return self.send(Request("GET", self._settings.address.below(href), binary=True)).body

    def send(self, request: Request) -> Answer:
        """A signed-in call, repeated as the retry policy allows, see `RequestSender.send`."""
        return self._sender.send(request)

    def in_one_session(self, work: Callable[[], Result]) -> Result:
        """`work` with all of its calls in one session, see `RequestSender.in_one_session`."""
        return self._sender.in_one_session(work)

    def pause(self, seconds: float) -> None:
        """Wait between two attempts of the caller's own, but not longer than until the client is closed. Raises
        PoolClosed then."""
        self._sender.pause(seconds)
