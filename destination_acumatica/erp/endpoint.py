"""What the destination needs of an Acumatica client, by what it is for: read, write, run actions, carry files.

Safe for many threads; every method raises AcumaticaError. The client fulfils all of them, and so do the dry run and the
endpoints in memory of the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from acumatica_client.api.client import ConnectionSettings
from acumatica_client.api.connection_summary import ConnectionSummary
from acumatica_client.rest.query import Query
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EndpointSchema

Result = TypeVar("Result")


class ReadEndpoint(Protocol):
    """Reads the schema and records."""

    def schema(self) -> EndpointSchema: ...

    def custom_fields(self, entity: str) -> tuple[CustomField, ...]: ...

    def fetch_one(self, entity: str, keys: Sequence[str], query: Query) -> bytes: ...

    def fetch_list(self, entity: str, query: Query) -> bytes: ...


class WriteEndpoint(Protocol):
    """Writes and deletes records."""

    def put(
        self,
        entity: str,
        body: bytes,
        query: Query = ...,
        *,
        headers: Mapping[str, str] | None = ...,
        repeatable: bool,
        once: bool = ...,
    ) -> bytes: ...

    def patch(
        self, entity: str, body: bytes, query: Query = ..., *, repeatable: bool = ..., once: bool = ...
    ) -> bytes: ...

    def delete(self, entity: str, keys: Sequence[str], *, repeatable: bool = ...) -> None: ...


class ActionEndpoint(Protocol):
    """Runs actions of records."""

    def invoke(
        self, entity: str, action: str, record: Mapping[str, object], parameters: Mapping[str, object]
    ) -> None: ...


class FileEndpoint(Protocol):
    """Attaches files to records."""

    def upload(
        self,
        entity: str,
        keys: Sequence[str],
        record: Mapping[str, object],
        *,
        name: str,
        content: bytes,
        comment: str = ...,
    ) -> None: ...

    def download(self, href: str) -> bytes: ...


class Endpoint(ReadEndpoint, WriteEndpoint, ActionEndpoint, FileEndpoint, Protocol):
    """One endpoint of one tenant."""

    def connection_summary(self) -> ConnectionSummary: ...

    def in_one_session(self, work: Callable[[], Result]) -> Result: ...

    def pause(self, seconds: float) -> None: ...

    def close(self) -> None: ...


OpenEndpoint = Callable[[ConnectionSettings], Endpoint]
