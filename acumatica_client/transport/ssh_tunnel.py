"""Connections through an SSH server: one SSH connection, as many streams as are wanted, a thread that keeps them going.

    requests --- socket pair === this thread === SSH === bastion --- instance

Hazard: the usual local port is open to every user of the machine, and a URL that names it loses the host that TLS must
check. So there is no port: each stream is one half of a socket pair, given to requests as its connection.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any, Protocol, TypeVar

import asyncssh

from acumatica_client.errors import Unreachable
from acumatica_client.transport.settings import BastionSettings
from acumatica_client.transport.ssh_errors import connect_error, forward_error
from acumatica_client.transport.ssh_keys import host_keys, private_key, public_line

_log = logging.getLogger("acumatica_client")
_TIMEOUT = 30.0
_CLOSE_TIMEOUT = 5.0
# A request over the license's limit waits for ten minutes without a sign: routers forget silent connections sooner.
_KEEPALIVE = 30
_CHUNK = 1 << 16
T = TypeVar("T")


class _Source(Protocol):
    async def read(self, n: int = ..., /) -> bytes: ...


class _Sink(Protocol):
    def write(self, data: bytes, /) -> None: ...
    async def drain(self) -> None: ...
    def close(self) -> None: ...


class Bastion:
    """Safe for many threads. Building one does no I/O; the SSH connection comes with the first stream."""

    def __init__(self, settings: BastionSettings) -> None:
        self._settings = settings
        self._lock = threading.RLock()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._loop: Future[asyncio.AbstractEventLoop] = Future()
        # The rest belongs to the thread.
        self._ended = asyncio.Event()
        self._connecting = asyncio.Lock()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._relays: set[asyncio.Task[None]] = set()

    def open(self, host: str, port: int) -> socket.socket:
        """A socket whose other end is `host`, a name that the bastion resolves. Raises SettingsError, Unreachable.

        A dropped SSH connection is opened again, once.
        """
        with self._lock:
            if self._closed:
                raise Unreachable("The SSH tunnel was closed.")
            self._start()
            future = asyncio.run_coroutine_threadsafe(self._stream(host, port), self._loop.result())
        try:
            return future.result()
        except CancelledError:
            raise Unreachable("The SSH tunnel was closed.") from None
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """End every stream and the SSH connection. Never raises; may be called twice."""
        with self._lock:
            self._closed = True
        if self._thread is None:
            return
        with suppress(RuntimeError):  # it was closed before
            self._loop.result().call_soon_threadsafe(self._ended.set)
        self._thread.join(2 * _CLOSE_TIMEOUT)

    def _start(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=_run, args=(self._serve(),), name="bastion", daemon=True)
            thread.start()
            self._thread = thread

    async def _serve(self) -> None:
        self._loop.set_result(asyncio.get_running_loop())
        await self._ended.wait()
        if self._connection is not None:
            self._connection.close()
            with suppress(asyncio.TimeoutError, asyncssh.Error, OSError):
                await asyncio.wait_for(self._connection.wait_closed(), _CLOSE_TIMEOUT)

    async def _stream(self, host: str, port: int) -> socket.socket:
        reader, writer = await self._channel(host, port)
        ours, theirs = socket.socketpair()
        try:
            local_reader, local_writer = await asyncio.open_connection(sock=theirs)
        except BaseException:
            for end in (writer, ours, theirs):
                end.close()
            raise
        relay = asyncio.create_task(_relay((local_reader, local_writer), (reader, writer)))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)
        return ours

    async def _channel(
        self, host: str, port: int, *, again: bool = True
    ) -> tuple[asyncssh.SSHReader[bytes], asyncssh.SSHWriter[bytes]]:
        connection = await self._connection_in_use()
        try:
            return await asyncio.wait_for(connection.open_connection(host, port, encoding=None), _TIMEOUT)
        except (asyncssh.Error, OSError, asyncio.TimeoutError) as error:
            if again and connection.is_closed():
                return await self._channel(host, port, again=False)
            raise forward_error(error, self._settings, f"{host}:{port}") from error

    async def _connection_in_use(self) -> asyncssh.SSHClientConnection:
        async with self._connecting:
            if self._connection is None or self._connection.is_closed():
                if self._connection is not None:
                    _log.warning("The SSH tunnel through %s broke; opening it again.", self._settings.address)
                self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> asyncssh.SSHClientConnection:
        settings, trusted = self._settings, host_keys(self._settings.host_key)
        # All of it from the form: no file of the machine's user, no agent and no Kerberos ticket is used.
        try:
            connection = await asyncssh.connect(
                settings.host,
                settings.port,
                username=settings.user,
                client_keys=[private_key(settings.key)] if settings.key else None,
                password=settings.password or None,
                known_hosts=(trusted, [], []) if trusted else None,
                x509_trusted_certs=None,
                config=None,
                agent_path=None,
                gss_host=None,
                connect_timeout=_TIMEOUT,
                keepalive_interval=_KEEPALIVE,
            )
        except (asyncssh.Error, OSError, asyncio.TimeoutError) as error:
            raise connect_error(error, settings) from error
        shown = connection.get_server_host_key()
        if not trusted and shown is not None:
            _log.warning(
                "The host key of the SSH bastion %s was not checked. To have it checked, enter it as SSH host key: %s",
                settings.address,
                public_line(shown),
            )
        return connection


def _run(work: Coroutine[Any, Any, None]) -> None:
    logging.getLogger("asyncssh").setLevel(logging.WARNING)  # else the user's name stands in the log at every sign-in
    asyncio.run(work)


async def _relay(local: tuple[_Source, _Sink], remote: tuple[_Source, _Sink]) -> None:
    """Bytes in both directions until one side ends; then both are closed, with what was still to be sent."""
    copies = [asyncio.create_task(_copy(local[0], remote[1])), asyncio.create_task(_copy(remote[0], local[1]))]
    try:
        await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for copy in copies:
            copy.cancel()
        local[1].close()
        remote[1].close()


async def _copy(source: _Source, sink: _Sink) -> None:
    with suppress(OSError, asyncssh.Error):  # closing it shows the other side that this one broke
        while chunk := await source.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
