"""A real Redis server, a directory, and members of one pool as processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from acumatica_emulator import Emulator
from integration_tests.processes import await_true, free_port
from integration_tests.shared_pool.member_process import seats_in

ROOT = Path(__file__).resolve().parents[2]
MEMBER_PROCESS = Path(__file__).with_name("member_process.py")
TIMEOUT = 60.0
LIFE = 60.0


@dataclass
class RedisServer:
    """A redis-server of its own on a free port; its content is gone when it stops."""

    folder: Path
    options: Sequence[str] = ()
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, **connection: object) -> RedisServer:
        program = shutil.which("redis-server", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
        if program is None:
            why = "redis-server is missing; on Debian and Ubuntu: apt-get install redis-server"
            pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
        ports = [] if "--tls-port" in self.options else ["--port", str(self.port)]
        argv = [program, *ports, "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder), *self.options]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(argv, stdout=log, stderr=log)
        await_true(lambda: self._answers(connection), f"Redis answers; it said: {self.folder / 'redis.log'}")
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(TIMEOUT)
            self.process = None

    def client(self, **connection: object) -> Redis:
        return Redis(host="127.0.0.1", port=self.port, **connection)

    def _answers(self, connection: Mapping[str, object]) -> bool:
        with suppress(RedisError), self.client(**connection) as client:
            return bool(client.ping())
        return False


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(params=["directory", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the leases of the pool are: a directory, then a Redis server."""
    if request.param == "redis":
        return request.getfixturevalue("redis_server").url
    directory = tmp_path / "pool"
    directory.mkdir()
    return str(directory)


def leases_in(place: str) -> int:
    """How many are taken."""
    return len(seats_in(place, LIFE).sizes())


def pool(place: str, size: int = 2) -> dict[str, object]:
    """What the form says of a pool there."""
    kind, key = ("redis", "redis_url") if "://" in place else ("directory", "directory")
    return {"concurrency_pool": {"pool_type": kind, "name": "main", "size": size, key: place}}


@pytest.fixture
def member_process(processes) -> Callable[..., subprocess.Popen[bytes]]:
    """Starts a member as a process: `member_process("keep", place)`, `member_process("cycle", place, seconds=1.0)`."""

    def start(
        command: str, place: str, *, size: int = 2, life: float = LIFE, seconds: float = 0.0, uid: int | None = None
    ) -> subprocess.Popen[bytes]:
        argv = [sys.executable, str(MEMBER_PROCESS), command, place, str(size), str(life), str(seconds)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **({} if uid is None else {"MEMBER_UID": str(uid)})}
        pipe = subprocess.PIPE
        return processes(subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe, env=environment))

    return start


def line_of(process: subprocess.Popen[bytes]) -> str:
    """The next line that a process says."""
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()


@pytest.fixture
def instance() -> Iterator[Emulator]:
    """An instance with more seats than the pools of these tests: that they are not taken is the pool's doing."""
    with Emulator(tenants=("Company",), seats=9, seed=7, latency=0.02) as emulator:
        yield emulator
        assert emulator.faults.all_used, emulator.faults.unused
