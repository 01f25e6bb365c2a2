"""Makes tests over a socket faster: shorter pauses of the server, each swagger document parsed once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from functools import lru_cache

import pytest
import uvicorn.server

from acumatica_client.schema import swagger
from acumatica_client.schema.model import EndpointSchema

_CHECK = 0.01  # seconds between two checks of uvicorn for its end; ten times as many by default
_PARSED = lru_cache(maxsize=32)(swagger.parse_swagger)


class _Loop:
    """The asyncio of uvicorn's server, whose pauses are shorter."""

    @staticmethod
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(min(seconds, _CHECK))

    def __getattr__(self, name: str) -> object:
        return getattr(asyncio, name)


def parse_once(document: bytes) -> EndpointSchema:
    """Parse each swagger document once in a run, whatever the port of its instance."""
    return _PARSED(re.sub(rb"127\.0\.0\.1:\d+", b"127.0.0.1", document))


@pytest.fixture(scope="session", autouse=True)
def fast_server() -> Iterator[None]:
    """Emulators stop at once, and the client parses no document twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn.server, "asyncio", _Loop())
        patch.setattr(swagger, "parse_swagger", parse_once)
        yield
