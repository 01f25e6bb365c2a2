"""Start the HTTP server in a thread, wait until it listens, stop it."""

from __future__ import annotations

import socket
import threading
from typing import Any, TypeAlias

import uvicorn

from acumatica_emulator.server.connections import Connections

ASGIApplication: TypeAlias = Any
STARTUP_SECONDS = 10
KEEP_ALIVE_SECONDS = 120  # as IIS; a client's pooled connection is not dropped under it


class StartupFailed(RuntimeError):
    """The server did not answer in time."""


class _Uvicorn(uvicorn.Server):
    """Sets `ready` when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class Server:
    """An ASGI application behind a listening socket on 127.0.0.1, served by a thread."""

    def __init__(self, application: ASGIApplication, connections: Connections, port: int = 0) -> None:
        # asyncio switches Nagle's delay off only for sockets that say they are TCP; with it an answer takes 40 ms more.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self.port = int(self._socket.getsockname()[1])
        config = uvicorn.Config(
            application,
            http=connections.protocol(),
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_level="critical",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=1,
            server_header=False,
            date_header=False,  # the instance has a clock of its own
        )
        self._server = _Uvicorn(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def start(self) -> None:
        self._thread.start()
        if not self._server.ready.wait(STARTUP_SECONDS):
            raise StartupFailed(f"no answer on port {self.port} after {STARTUP_SECONDS} s")

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
