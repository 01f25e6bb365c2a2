"""Two connectors with one pool against one instance: both finish, and together have no more sessions than it has."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from acumatica_emulator import Emulator
from integration_tests.processes import await_true
from integration_tests.shared_pool.conftest import ROOT, leases_in, pool
from integration_tests.transcript import PASSWORD
from unit_tests.destination.builders import CUSTOMERS, catalog, record, state

pytestmark = pytest.mark.slow
READ_MORE = ("Bill", "Invoice", "Payment", "PurchaseOrder", "Shipment", "Account", "Project", "Contact", "Lead")
READ = ("Customer", "Vendor", "StockItem", "SalesOrder", "ShipVia")


@dataclass
class Running:
    """A command under way, and what it has said so far."""

    process: subprocess.Popen[bytes]
    out: Path

    def ended(self, given: bytes = b"") -> int:
        """The exit code; `given` goes to its stdin first."""
        try:
            self.process.communicate(given, timeout=90)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"does not end; it said {self.said()}") from None
        return self.process.returncode

    def finished(self, given: bytes = b"") -> list[dict]:
        """The messages of a command that did all it was asked to."""
        assert self.ended(given) == 0, self.said()
        return [json.loads(line) for line in self.out.read_bytes().splitlines()]

    def said(self) -> list[bytes]:
        """Everything but records."""
        return [line for line in self.out.read_bytes().splitlines() if b'"RECORD"' not in line]


@dataclass
class Connectors:
    """Command lines of the real connectors, each in a folder of its own."""

    instance: Emulator
    folder: Path
    register: Callable[[subprocess.Popen[bytes]], subprocess.Popen[bytes]]

    def config(self, **settings: object) -> dict[str, object]:
        credentials = {"auth_type": "cookie", "username": "admin", "password": PASSWORD}
        return {"instance_uri": self.instance.url, "credentials": credentials, "company": "Company", **settings}

    def read(self, name: str, *streams: str, **settings: object) -> Running:
        bare = {"json_schema": {}, "supported_sync_modes": ["full_refresh"]}
        chosen = [
            {"stream": {"name": each, **bare}, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
            for each in streams
        ]
        return self._start(
            name, ["source_acumatica.run", "read"], json.dumps({"streams": chosen}).encode(), self.config(**settings)
        )

    def write(self, name: str, *streams: dict[str, object], **settings: object) -> Running:
        return self._start(name, ["destination_acumatica", "write"], catalog(*streams), self.config(**settings))

    def check(self, name: str, **settings: object) -> dict:
        messages = self._start(name, ["source_acumatica.run", "check"], None, self.config(**settings)).finished()
        return next(message["connectionStatus"] for message in messages if message["type"] == "CONNECTION_STATUS")

    def _start(self, name: str, command: list[str], configured: bytes | None, config: dict[str, object]) -> Running:
        folder = self.folder / name
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(config))
        argv = [sys.executable, "-m", *command, "--config", "config.json"]
        if configured is not None:
            (folder / "catalog.json").write_bytes(configured)
            argv += ["--catalog", "catalog.json"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        # Into a file: a pipe that is not read stops the sync, and with it the sessions that the other waits for.
        with (folder / "out").open("wb") as out:
            process = subprocess.Popen(
                argv, cwd=folder, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT, env=environment
            )
        return Running(self.register(process), folder / "out")


@pytest.fixture
def connectors(instance: Emulator, tmp_path: Path, processes) -> Connectors:
    return Connectors(instance, tmp_path, processes)


def records(messages: list[dict]) -> int:
    return sum(message["type"] == "RECORD" for message in messages)


@pytest.mark.parametrize("level", [1, 3])
def test_two_syncs_at_once_both_finish_on_two_sessions(place, level, connectors, instance):
    settings = {**pool(place), "concurrency_level": level}
    running = [connectors.read(name, *READ, **settings) for name in ("one", "two")]
    read = [records(each.finished()) for each in running]

    assert read == [sum(len(instance.records(entity)) for entity in READ)] * 2
    assert 0 < instance.sessions_peak <= 2
    assert (instance.sessions_open, leases_in(place)) == (0, 0)


def test_on_a_license_of_two_seats_no_sync_is_refused_by_the_server(place, connectors, instance):
    """The same with no seat to spare: the pool is what keeps the connectors from running into the limit."""
    instance.switches.set("seats", 2)
    settings = {**pool(place), "concurrency_level": 2}
    running = [connectors.read(name, *READ, **settings) for name in ("one", "two")]
    for each in running:
        each.finished()

    assert instance.sessions_peak <= 2
    refused = [call for call in instance.calls if call.path.endswith("/auth/login") and call.status != 204]
    assert (refused, instance.sessions_open) == ([], 0)


def test_a_source_and_a_destination_share_a_pool(place, connectors, instance):
    reading = connectors.read("source", *READ, **pool(place), concurrency_level=2)
    writing = connectors.write("destination", CUSTOMERS, **pool(place), concurrency_level=2)
    given = record("Customer", CustomerID="POOLED", CustomerName="Pooled") + state("Customer")
    written = writing.finished(given)
    reading.finished()

    assert [message["type"] for message in written if message["type"] == "STATE"] == ["STATE"]
    assert instance.sessions_peak <= 2
    assert (instance.sessions_open, leases_in(place)) == (0, 0)


def test_connections_without_a_common_pool_do_not_know_of_each_other(connectors, instance):
    running = [connectors.read(name, *READ, concurrency_level=3) for name in ("one", "two")]
    for each in running:
        each.finished()

    assert instance.sessions_peak > 2


def test_a_killed_sync_frees_its_lease_in_a_directory_at_once(tmp_path, connectors, instance):
    shared = tmp_path / "leases"
    shared.mkdir()
    instance.switches.set("latency", 1.0)
    reading = connectors.read("killed", *READ, **pool(str(shared), size=1))
    await_true(lambda: instance.sessions_open, "the sync is signed in")
    assert leases_in(str(shared)) == 1
    reading.process.send_signal(signal.SIGKILL)
    reading.process.wait(20)
    assert leases_in(str(shared)) == 0

    instance.switches.set("latency", 0.0)
    connectors.read("next", "ShipVia", **pool(str(shared), size=1)).finished()
    assert leases_in(str(shared)) == 0


def test_a_killed_sync_frees_its_lease_in_redis_when_it_expires(redis_server, connectors, instance):
    instance.switches.set("latency", 1.0)
    reading = connectors.read("killed", *READ, **pool(redis_server.url, size=1))
    await_true(lambda: instance.sessions_open, "the sync is signed in")
    client, (key,) = redis_server.client(), redis_server.client().keys("*seat*")
    reading.process.send_signal(signal.SIGKILL)
    reading.process.wait(20)
    assert 0 < client.pttl(key) <= 60_000
    client.pexpire(key, max(1, client.pttl(key) - 59_000))  # 59 seconds pass
    await_true(lambda: leases_in(redis_server.url) == 0, "the lease expires", patience=3)

    instance.switches.set("latency", 0.0)
    connectors.read("next", "ShipVia", **pool(redis_server.url, size=1)).finished()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_sync_that_has_to_end_gives_session_and_lease_back(place, number, connectors, instance):
    instance.switches.set("latency", 1.0)
    reading = connectors.read("ended", *READ, **pool(place))
    await_true(lambda: len(instance.calls) > 1, "the sync is signed in and asks")
    reading.process.send_signal(number)

    assert reading.ended() == 128 + number
    assert (instance.sessions_open, leases_in(place)) == (0, 0)


def test_a_check_at_a_full_pool_says_so_at_once(place, connectors, instance, member_process):
    holder = member_process("keep", place, size=1)
    assert holder.stdout.readline() == b"taken\n"
    status = connectors.check("check", **pool(place, size=1))

    assert status["status"] == "FAILED"
    assert "All 1 sessions are in use (session pool main)." in status["message"]
    assert instance.logins == 0


def test_a_password_in_the_address_of_redis_stands_in_no_output(redis_server, connectors):
    address = redis_server.url.replace("//", "//:p4ssword-hidden@")
    reading = connectors.read("secretive", "ShipVia", **pool(address))

    assert reading.ended() == 1
    assert b"Redis does not let us" in b"".join(reading.said())
    assert b"p4ssword-hidden" not in reading.out.read_bytes()


def test_a_long_sync_with_every_session_frees_a_seat_for_one_that_comes_later(tmp_path, connectors, instance):
    """Both may have two sessions, and the first has both when the second begins."""
    shared = tmp_path / "leases"
    shared.mkdir()
    settings = {**pool(str(shared)), "concurrency_level": 2}
    instance.switches.set("latency", 1.0)
    long = connectors.read("long", *READ, *READ_MORE, **settings)
    await_true(lambda: instance.sessions_open == 2, "the first has both")
    late = connectors.read("late", "ShipVia", **settings)
    await_true(lambda: instance.logins == 3, "the first has made room")
    instance.switches.set("latency", 0.2)  # for both; it is the first that has a dozen streams left to read
    late.finished()
    assert long.process.poll() is None
    instance.switches.set("latency", 0.0)
    long.finished()

    assert (instance.sessions_peak, instance.sessions_open, leases_in(str(shared))) == (2, 0, 0)
