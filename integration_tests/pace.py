"""What every test over a socket would otherwise wait for or do once more. Changes no answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from functools import lru_cache

import pytest
import uvicorn.server

from acumatica_client.schema import swagger
from acumatica_client.schema.model import EndpointSchema

_LOOK = 0.01  # seconds between two looks of uvicorn at whether it is to end; its own are ten times as many
_PARSED = lru_cache(maxsize=32)(swagger.parse_swagger)


class _Loop:
    """The asyncio of uvicorn's server, whose pauses are shorter."""

    @staticmethod
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(min(seconds, _LOOK))

    def __getattr__(self, name: str) -> object:
        return getattr(asyncio, name)


def parse_once(document: bytes) -> EndpointSchema:
    """Each swagger document is read once a run, whatever port its instance is on."""
    return _PARSED(re.sub(rb"127\.0\.0\.1:\d+", b"127.0.0.1", document))


@pytest.fixture(scope="session", autouse=True)
def brisk() -> Iterator[None]:
    """Emulators end as soon as they are told to, and the client reads no document twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn.server, "asyncio", _Loop())
        patch.setattr(swagger, "parse_swagger", parse_once)
        yield
