"""What a client does to a record beside reading it: it writes, deletes, runs actions, carries files, and holds one
session for runs of requests. A part of `AcumaticaClient`; sends through it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from acumatica_client.api import files
from acumatica_client.api.actions import WaitLimit, action_body, run_action
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.dialect import Dialect
from acumatica_client.rest.query import Query, Request
from acumatica_client.session.affinity import Result, SessionAffinity
from acumatica_client.session.pool import SessionPool

if TYPE_CHECKING:
    from acumatica_client.api.client import ConnectionSettings

_EVERYTHING = Query()


class RecordOperations(ABC):
    """Safe for many threads, like the client."""

    _settings: ConnectionSettings
    _pool: SessionPool
    _holding: SessionAffinity
    _jitter: Callable[[], float]

    @property
    @abstractmethod
    def dialect(self) -> Dialect:
        """How this endpoint is asked."""

    @abstractmethod
    def send(self, request: Request) -> Answer:
        """A signed-in call, repeated where that is safe."""

    @abstractmethod
    def _path(self, entity: str, keys: Sequence[str] = ()) -> str:
        """The path of an entity or a record of the endpoint in use."""

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

        `repeatable`: the record is found by its key, so that sending it twice makes no second document. `once`: it is
        sent one time, also after answers that say that nothing was done (401, 409, 429).
        """
        path, params = self._path(entity), query.params(self.dialect)
        return self.send(Request("PUT", path, params, headers or {}, body, repeatable, once=once)).body

    def patch(
        self, entity: str, body: bytes, query: Query = _EVERYTHING, *, repeatable: bool = True, once: bool = False
    ) -> bytes:
        """Write exactly these fields of a record that exists, by its key or id; builds from 2025 R1 on can.

        `repeatable`: it adds no lines. Raises NotFound where there is no such record, Rejected, ...
        """
        path, params = self._path(entity), query.params(self.dialect)
        return self.send(Request("PATCH", path, params, {}, body, repeatable, once=once)).body

    def delete(self, entity: str, keys: Sequence[str]) -> None:
        """Delete a record by its business key or by its id (`[id]`). Raises NoSuchRecord, ServerFault, ...

        A repetition after an answer that was lost may not find it any more: that is NoSuchRecord, too.
        """
        self.send(Request("DELETE", self._path(entity, keys)))

    def invoke(self, entity: str, action: str, record: Mapping[str, object], parameters: Mapping[str, object]) -> None:
        """Run an action of a record, which its key fields or its id name, and wait for its end; all values are plain.

        Raises ServerFault when Acumatica refused it or it failed, NotFound for an action that the endpoint lacks,
        Unfinished when nobody can tell how it ended, and what `send` raises for a request that may not be repeated.
        """
        body = action_body(record, parameters)
        request = Request("POST", self._path(entity, (action,)), body=body, repeatable=False)
        below, pause = self._settings.address.below, self._pool.pause
        self.in_one_session(lambda: run_action(request, self.send, below=below, pause=pause, patience=WaitLimit()))

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

        `keys` find the record where the build gives no links for files.
        """
        link = files.upload_link(record, name)
        path = self._settings.address.below(link) if link else self._path(entity, (*keys, "files", name))
        self.send(files.upload_request(path, content, comment))

    def download(self, href: str) -> bytes:
        """The bytes of a file, by the link that its record gives."""
        return self.send(Request("GET", self._settings.address.below(href), binary=True)).body

    def pause(self, seconds: float) -> None:
        """Wait between two attempts of the caller's own, but not longer than until the client is closed. Raises
        PoolClosed then."""
        self._pool.pause(seconds)

    def in_one_session(self, work: Callable[[], Result]) -> Result:
        """`work` with all of its calls in one session, see `holding`. It is begun anew when the session is lost, so it
        starts by reading, or knows what it may repeat."""
        policy = self._settings.retry
        return self._holding.run(
            work, pause_after=lambda error, at: policy.pause(error, attempt=at, repeatable=True, jitter=self._jitter())
        )
