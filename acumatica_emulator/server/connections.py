"""Open connections by client, so that one can be dropped without an answer."""

from __future__ import annotations

import asyncio
from typing import Any, TypeAlias

from uvicorn.protocols.http.h11_impl import H11Protocol

Peer: TypeAlias = Any  # the address of the other side, as asyncio reports it


class Connections:
    """The connections of one server. `protocol` is the uvicorn protocol that registers them."""

    def __init__(self) -> None:
        self._open: dict[Peer, asyncio.Transport] = {}

    def drop(self, peer: Peer) -> None:
        """Abort the connection: nothing more is sent."""
        transport = self._open.get(peer)
        if transport is not None:
            transport.abort()

    def protocol(self) -> type[H11Protocol]:
        known = self._open

        class Registered(H11Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                assert isinstance(transport, asyncio.Transport)
                known[transport.get_extra_info("peername")] = transport
                super().connection_made(transport)

            def connection_lost(self, exc: Exception | None) -> None:
                known.pop(self.transport.get_extra_info("peername"), None)
                super().connection_lost(exc)

        return Registered
