"""What the destination needs of the client, as types. The client fulfils them; so does a stand-in in tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from acumatica_client.api.client import ConnectionSettings
from acumatica_client.rest.query import Query
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EndpointSchema

Result = TypeVar("Result")


class Endpoint(Protocol):
    """One endpoint of one tenant. Safe for many threads; every method raises AcumaticaError."""

    def schema(self) -> EndpointSchema: ...

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

    def delete(self, entity: str, keys: Sequence[str]) -> None: ...

    def invoke(
        self, entity: str, action: str, record: Mapping[str, object], parameters: Mapping[str, object]
    ) -> None: ...

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

    def in_one_session(self, work: Callable[[], Result]) -> Result: ...

    def fetch_one(self, entity: str, keys: Sequence[str], query: Query) -> bytes: ...

    def fetch_list(self, entity: str, query: Query) -> bytes: ...

    def custom_fields(self, entity: str) -> tuple[CustomField, ...]: ...

    def pause(self, seconds: float) -> None: ...

    def close(self) -> None: ...


OpenEndpoint = Callable[[ConnectionSettings], Endpoint]
