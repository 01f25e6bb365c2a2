"""What stands before an instance on a customer's premises, as real servers on this machine: an OpenSSH server, another
SSH server with names of its own, TLS with an authority of its own, and an HTTP proxy."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from integration_tests.processes import await_true, free_port

TIMEOUT = 20.0


def program(name: str, package: str) -> str:
    """The path of a Debian program. Without it the test is skipped, but it fails where CI forgot to install it."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    if path is None:
        why = f"{name} is missing; on Debian and Ubuntu: apt-get install {package}"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    return path


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def descendants(pid: int) -> list[int]:
    """The processes that it started, and those that they started."""
    with suppress(OSError):
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return children + [grandchild for child in children for grandchild in descendants(child)]
    return []


@dataclass
class OpenSsh:
    """An OpenSSH server for the user who runs the tests, who signs in with a key."""

    folder: Path
    forwarding: str = "yes"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self._host, self._user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
        for name, key in {"host_key": self._host, "user_key": self._user}.items():
            key.write_private_key(str(self.folder / name))
            (self.folder / name).chmod(0o600)
        self._user.write_public_key(str(self.folder / "authorized_keys"))

    @property
    def form(self) -> dict[str, object]:
        return {
            "tunnel_method": "SSH_KEY_AUTH",
            "tunnel_host": "127.0.0.1",
            "tunnel_port": self.port,
            "tunnel_user": subprocess.check_output(["id", "-un"], text=True).strip(),
            "ssh_key": self._user.export_private_key().decode(),
        }

    @property
    def host_key(self) -> str:
        return self._host.export_public_key().decode()

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8")

    def start(self) -> OpenSsh:
        sshd = program("sshd", "openssh-server")
        if os.geteuid() == 0:  # sshd wants its empty folder, which Debian makes with the service that is not running
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        configuration = self.folder / "sshd_config"
        configuration.write_text(
            f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {self.folder}/host_key\nPidFile none\n"
            f"AuthorizedKeysFile {self.folder}/authorized_keys\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
            f"AllowTcpForwarding {self.forwarding}\nLogLevel VERBOSE\n"
        )
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([sshd, "-D", "-e", "-f", configuration], stderr=log, stdout=log)
        await_true(lambda: answers(self.port), f"sshd listens; it said: {self.log}")
        return self

    def stop(self) -> None:
        """At once, with every connection: a bastion that is switched off."""
        if self.process is not None:
            for pid in descendants(self.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.kill()
            self.process.wait(TIMEOUT)
            self.process = None

    @property
    def connections(self) -> int:
        """How many are open: sshd runs a process for each."""
        return 0 if self.process is None else len(descendants(self.process.pid))

    def sign_ins(self) -> int:
        return self.log.count("Accepted publickey")


class InThread:
    """An event loop on a thread, for servers that the tests play themselves."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(TIMEOUT)

    def end(self) -> None:
        self.do(self._cancel())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(TIMEOUT)
        self.loop.close()

    async def _cancel(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass
class NamingBastion:
    """An SSH server with a password, and with names that only it can resolve.

    It stands in for OpenSSH, whose passwords are those of the machine's users and whose names are the machine's.
    """

    password: str = "open-sesame-7"
    names: dict[tuple[str, int], int] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)
    tries: int = 0
    port: int = 0

    @property
    def form(self) -> dict[str, object]:
        return {
            "tunnel_method": "SSH_PASSWORD_AUTH",
            "tunnel_host": "127.0.0.1",
            "tunnel_port": self.port,
            "tunnel_user": "tunnel",
            "tunnel_user_password": self.password,
        }

    @contextmanager
    def running(self) -> Iterator[NamingBastion]:
        thread = InThread()
        try:
            listener = thread.do(self._listen())
            self.port = listener.get_port()
            yield self
            thread.do(self._shut(listener))
        finally:
            thread.end()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        key = asyncssh.generate_private_key("ssh-ed25519")
        return await asyncssh.listen("127.0.0.1", 0, server_factory=lambda: _Desk(self), server_host_keys=[key])

    async def _shut(self, listener: asyncssh.SSHAcceptor) -> None:
        listener.close()
        await listener.wait_closed()


class _Desk(asyncssh.SSHServer):
    """One connection of a NamingBastion."""

    def __init__(self, bastion: NamingBastion) -> None:
        self._bastion = bastion

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        self._bastion.tries += 1
        return (username, password) == ("tunnel", self._bastion.password)

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> object:
        self._bastion.asked.append((dest_host, dest_port))
        port = self._bastion.names.get((dest_host, dest_port))
        if port is None:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "no such host")
        return self._connection.forward_connection("127.0.0.1", port)


@dataclass
class TlsFront:
    """Ends TLS and passes the bytes on to a plain port, as a reverse proxy before IIS does."""

    port: int
    names: list[str] = field(default_factory=list)


@contextmanager
def tls_front(plain_port: int, certificate: Callable[[ssl.SSLContext], None]) -> Iterator[TlsFront]:
    """`certificate` puts the server's certificate into a context. `names` collects the host names that clients send."""
    thread, front = InThread(), TlsFront(0)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate(context)
    context.sni_callback = lambda _connection, name, _context: front.names.append(name or "")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", plain_port)
            await asyncio.gather(_pour(reader, inner_writer), _pour(inner_reader, writer))
        except (OSError, asyncio.CancelledError):
            writer.close()

    try:
        server = thread.do(asyncio.start_server(serve, "127.0.0.1", 0, ssl=context))
        front.port = server.sockets[0].getsockname()[1]
        yield front
        thread.loop.call_soon_threadsafe(server.close)
    finally:
        thread.end()


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(1 << 16):
            sink.write(chunk)
            await sink.drain()
    sink.close()


@dataclass
class HttpProxy:
    """A tinyproxy that wants a user name and a password."""

    folder: Path
    password: str = "pr0xy-s3cret"
    port: int = field(default_factory=free_port)

    def url(self, password: str | None = None) -> str:
        return f"http://sluice:{password or self.password}@127.0.0.1:{self.port}"

    def environment(self, password: str | None = None) -> Mapping[str, str]:
        url = self.url(password)
        return {"HTTP_PROXY": url, "HTTPS_PROXY": url, "http_proxy": url, "https_proxy": url}

    @property
    def requests(self) -> list[str]:
        """The request lines that it was sent."""
        lines = (self.folder / "log").read_text("utf-8").splitlines()
        return [line.partition("): ")[2] for line in lines if "Request (file descriptor" in line]

    @contextmanager
    def running(self) -> Iterator[HttpProxy]:
        tinyproxy = program("tinyproxy", "tinyproxy")
        self.folder.mkdir()
        configuration = self.folder / "tinyproxy.conf"
        configuration.write_text(
            f'Port {self.port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 60\nLogFile "{self.folder}/log"\n'
            f"LogLevel Info\nBasicAuth sluice {self.password}\n"
        )
        process = subprocess.Popen([tinyproxy, "-d", "-c", configuration], stdout=subprocess.DEVNULL)
        try:
            await_true(lambda: answers(self.port), "tinyproxy listens")
            yield self
        finally:
            process.terminate()
            process.wait(TIMEOUT)
