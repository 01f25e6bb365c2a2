"""What the destination needs of the client, as types. The client fulfils them; so does a stand-in in tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from acumatica_client.client import ConnectionSettings
from acumatica_client.query import Query
from acumatica_client.schema import EndpointSchema


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
    ) -> bytes: ...

    def fetch_one(self, entity: str, keys: Sequence[str], query: Query) -> bytes: ...

    def fetch_list(self, entity: str, query: Query) -> bytes: ...

    def close(self) -> None: ...


OpenEndpoint = Callable[[ConnectionSettings], Endpoint]
