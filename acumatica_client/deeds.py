"""What a client does to a record beside reading it and writing its fields: actions, files, runs of requests in one
session. A part of `AcumaticaClient`; sends through it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from acumatica_client import files
from acumatica_client.actions import Patience, carry_out, invocation
from acumatica_client.answers import Answer
from acumatica_client.holding import Holding, Result
from acumatica_client.pool import SessionPool
from acumatica_client.query import Request

if TYPE_CHECKING:
    from acumatica_client.client import ConnectionSettings


class Deeds(ABC):
    """Safe for many threads, like the client."""

    _settings: ConnectionSettings
    _pool: SessionPool
    _holding: Holding
    _jitter: Callable[[], float]

    @abstractmethod
    def send(self, request: Request) -> Answer:
        """A signed-in call, repeated where that is safe."""

    @abstractmethod
    def _path(self, entity: str, keys: Sequence[str] = ()) -> str:
        """The path of an entity or a record of the endpoint in use."""

    def invoke(self, entity: str, action: str, record: Mapping[str, object], parameters: Mapping[str, object]) -> None:
        """Run an action of a record, which its key fields or its id name, and wait for its end; all values are plain.

        Raises ServerFault when Acumatica refused it or it failed, NotFound for an action that the endpoint lacks,
        Unfinished when nobody can tell how it ended, and what `send` raises for a request that may not be repeated.
        """
        body = invocation(record, parameters)
        request = Request("POST", self._path(entity, (action,)), body=body, repeatable=False)
        below, pause = self._settings.address.below, self._pool.pause
        self.in_one_session(lambda: carry_out(request, self.send, below=below, pause=pause, patience=Patience()))

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

    def in_one_session(self, work: Callable[[], Result]) -> Result:
        """`work` with all of its calls in one session, see `holding`. It is begun anew when the session is lost, so it
        starts by reading, or knows what it may repeat."""
        policy = self._settings.retry
        return self._holding.run(
            work, pause_after=lambda error, at: policy.pause(error, attempt=at, repeatable=True, jitter=self._jitter())
        )
