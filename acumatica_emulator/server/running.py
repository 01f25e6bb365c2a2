"""Knows how the server starts, tells that it is ready, and stops; knows nothing of requests."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any, TypeAlias, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from acumatica_emulator.server.application import Application
from acumatica_emulator.site.instance import Instance

Client: TypeAlias = Any  # the address of the other side, as asyncio tells it
STARTUP_SECONDS = 10
LARGEST_ANSWER = 31 * 1024 * 1024  # glibc adapts up to 32 MB; fresh memory for ten costs more than filling it
SEND_BUFFER = 4 * 1024 * 1024  # a page of lines is some ten megabytes; the less often the reader is woken, the better
KEEP_ALIVE_SECONDS = 120  # as IIS; a client's pooled connection is not dropped under it


class StartupFailed(RuntimeError):
    """The server did not answer in time."""


class _Uvicorn(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class Server:
    """An instance behind a listening socket on 127.0.0.1, served by a thread."""

    def __init__(self, instance: Instance, port: int = 0) -> None:
        # asyncio switches Nagle's delay off only for sockets that say they are TCP; with it an answer takes 40 ms more.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._socket.bind(("127.0.0.1", port))
        self.port = int(self._socket.getsockname()[1])
        self._connections: dict[Client, asyncio.BaseTransport] = {}
        config = uvicorn.Config(
            Application(instance, self._hang_up),
            http=_remembering(self._connections),
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_level="critical",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=1,
            server_header=False,
            date_header=False,  # the instance tells its own time
        )
        self._server = _Uvicorn(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def start(self) -> None:
        bytes(LARGEST_ANSWER)  # given back at once: from now on glibc keeps blocks of this size, for the next answer
        self._thread.start()
        if not self._server.ready.wait(STARTUP_SECONDS):
            raise StartupFailed(f"no answer on port {self.port} after {STARTUP_SECONDS} s")

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def _hang_up(self, client: Client) -> None:
        transport = self._connections.get(client)
        if isinstance(transport, asyncio.Transport):
            transport.abort()


class _Views:
    """A transport that is given views of what is written: asyncio cuts off what was sent, and would copy the rest."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def write(self, message: bytes) -> None:
        self._transport.write(memoryview(message))

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)


def _remembering(connections: dict[Client, asyncio.BaseTransport]) -> type[H11Protocol]:
    """A protocol that keeps its connections by client, so that one can be dropped without an answer."""

    class Remembering(H11Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            connections[transport.get_extra_info("peername")] = transport
            super().connection_made(transport)
            self.transport = cast("asyncio.Transport", _Views(transport))

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(self.transport.get_extra_info("peername"), None)
            super().connection_lost(exc)

    return Remembering
