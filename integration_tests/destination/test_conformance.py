"""What an orchestrator relies on, over pipes: when it may forget what it sent, what it hears.

Where the end of a process matters, or its start, there is one; else the command line runs on a thread of this one.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from queue import Queue
from typing import IO

import pytest

from acumatica_emulator import Emulator
from destination_acumatica.run import run
from integration_tests.destination.conftest import Destination
from integration_tests.transcript import TRANSCRIPT
from unit_tests.destination.builders import catalog, global_state, record, state, stream

pytestmark = pytest.mark.slow

CUSTOMERS = stream("Customer", columns=("CustomerID", "CustomerName"), key=("CustomerID",))
ORDERS = stream("SalesOrder", key=("OrderType", "OrderNbr"))
SKIP = {"on_record_error": "skip"}
SECRET = "an-0rchestrators-secret"  # pragma: allowlist secret


class Command(threading.Thread):
    """The command line on a thread of this process, with the ends of its pipes as a process has them."""

    def __init__(self, *argv: str) -> None:
        super().__init__(daemon=True)
        self._argv, self._code = argv, -1
        theirs, ours = os.pipe()
        self._input, self.stdin = os.fdopen(theirs, "rb"), os.fdopen(ours, "wb")
        ours, theirs = os.pipe()
        self.stdout, self._output = os.fdopen(ours, "rb"), os.fdopen(theirs, "wb")
        self.start()

    def run(self) -> None:
        with self._input, self._output:
            self._code = run(self._argv, stdin=self._input, stdout=self._output)

    def wait(self, seconds: float) -> int:
        self.join(seconds)
        assert not self.is_alive()
        return self._code

    def kill(self) -> None:
        self.stdin.close()


@dataclass
class Orchestrator:
    """The platform's side of the pipes: sends lines, reads messages as they come, remembers what was confirmed."""

    process: subprocess.Popen[bytes] | Command
    messages: list[dict[str, object]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    _arrived: Queue[dict[str, object] | None] = field(default_factory=Queue)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.raw.append(line)
            message = json.loads(line)
            self.messages.append(message)
            self._arrived.put(message)
        self._arrived.put(None)

    def send(self, *lines: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"".join(lines))
        self.process.stdin.flush()

    def next_state(self) -> dict[str, object]:
        """The next state that is confirmed, while the input is still open."""
        while True:
            message = self._arrived.get(timeout=90)
            assert message is not None, self.raw
            if message["type"] == "STATE":
                return message["state"]

    def finish(self) -> int:
        """Closes the input; the exit code, when everything has been read."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        code = self.process.wait(120)
        self._reader.join(10)
        return code

    def of(self, kind: str) -> list[dict[str, object]]:
        return [message[kind.lower()] for message in self.messages if message["type"] == kind]

    @property
    def confirmed(self) -> list[int]:
        return [one["id"] for one in self.of("STATE")]

    def logs(self) -> str:
        return "\n".join(str(one["message"]) for one in self.of("LOG"))

    def assert_no_secret(self) -> None:
        stderr: IO[bytes] | None = getattr(self.process, "stderr", None)
        assert SECRET.encode() not in b"".join(self.raw) + (stderr.read() if stderr else b"")


Start = Callable[..., Orchestrator]
Register = Callable[["subprocess.Popen[bytes]"], "subprocess.Popen[bytes]"]


@pytest.fixture
def started(instance: Emulator, processes: Register) -> Iterator[list[Orchestrator]]:
    """The password must not show, however a test ends. It is looked for before `processes` closes the pipes."""
    instance.instance.seats.users["airbyte"] = SECRET
    orchestrators: list[Orchestrator] = []
    yield orchestrators
    for one in orchestrators:
        one.process.kill()
        one.process.wait(10)
        TRANSCRIPT.add_text("output", b"".join(one.raw))
        one.assert_no_secret()


def settings_of(settings: Mapping[str, object]) -> Mapping[str, object]:
    return {"credentials": {"auth_type": "cookie", "username": "airbyte", "password": SECRET}, **settings}


@pytest.fixture
def start(destination: Destination, started: list[Orchestrator]) -> Start:
    """Starts a sync on a thread."""

    def begin(*streams: Mapping[str, object], **settings: object) -> Orchestrator:
        config = destination.config(**settings_of(settings))
        TRANSCRIPT.add_config(config)
        files = {"config": json.dumps(config).encode(), "catalog": catalog(*streams)}
        for name, content in files.items():
            (destination.folder / name).write_bytes(content)
        started.append(Orchestrator(Command("write", *(f"--{name}={destination.folder / name}" for name in files))))
        return started[-1]

    return begin


@pytest.fixture
def start_process(
    destination: Destination,
    started: list[Orchestrator],
    processes: Register,
) -> Start:
    """Starts a sync as a process."""

    def begin(*streams: Mapping[str, object], **settings: object) -> Orchestrator:
        process = destination.start("write", streams=streams, **settings_of(settings))
        started.append(Orchestrator(processes(process)))
        return started[-1]

    return begin


def customer(key: str, name: str = "Somebody", **more: object) -> bytes:
    return record("Customer", CustomerID=key, CustomerName=name, **more)


def names(instance: Emulator) -> dict[str, str]:
    return {str(row["CustomerID"]): str(row["CustomerName"]) for row in instance.records("Customer")}


def order(instance: Emulator, number: str) -> bytes:
    buyer = str(instance.records("Customer")[0]["CustomerID"])
    items = [str(row["InventoryID"]) for row in instance.records("StockItem")[:2]]
    lines = [{"InventoryID": item, "OrderQty": 1} for item in items]
    return record("SalesOrder", OrderType="SO", OrderNbr=number, CustomerID=buyer, Details=lines)


def without_stats(line: bytes) -> object:
    message = json.loads(line)
    message["state"].pop("destinationStats", None)
    return message


def test_a_state_is_confirmed_when_its_records_are_in_the_erp_and_the_input_still_open(
    instance: Emulator, start_process: Start
) -> None:
    platform = start_process(CUSTOMERS)
    for number in range(3):
        platform.send(customer(f"Z{number}"), state("Customer", number))
        assert platform.next_state()["id"] == number
        assert f"Z{number}" in names(instance)
    assert platform.finish() == 0


def test_every_state_comes_back_once_in_order_with_all_that_was_in_it(instance: Emulator, start: Start) -> None:
    legacy = b'{"type":"STATE","state":{"data":{"cursor":"1.50"},"id":4}}\n'
    states = [
        state("Customer", 1, partition_id="p-1", unheard_of={"deep": [Decimal("1.50")]}),
        global_state(2),
        state("SalesOrder", 3),
        legacy,
        state("Customer", 9223372036854775807),
    ]
    platform = start(CUSTOMERS, ORDERS, concurrency_level=2)
    platform.send(*(line for n, one in enumerate(states) for line in (customer(f"Z{n}"), one)))
    assert platform.finish() == 0
    back = [line for line in platform.raw if b'"STATE"' in line]
    assert [without_stats(line) for line in back] == [without_stats(line) for line in states]
    assert b"1.50" in back[0]


def test_written_and_rejected_are_all_that_was_received(instance: Emulator, start: Start) -> None:
    platform = start(CUSTOMERS, **SKIP)
    for number in range(6):
        more = {"CustomerClass": "NOPE"} if number % 3 == 2 else {}
        platform.send(customer(f"Z{number}", **more), *([state("Customer", number)] if number % 2 else []))
    assert platform.finish() == 0
    stats = [one["destinationStats"] for one in platform.of("STATE")]
    assert stats == [
        {"recordCount": 2},
        {"recordCount": 1, "rejectedRecordCount": 1},
        {"recordCount": 1, "rejectedRecordCount": 1},
    ]
    assert "Stream Customer: " in platform.logs()


def test_columns_that_the_catalog_does_not_have_are_left_out_with_a_warning(instance: Emulator, start: Start) -> None:
    platform = start(CUSTOMERS)
    platform.send(customer("Z1", Surprise="x"), state("Customer", 1))
    assert platform.finish() == 0
    assert platform.confirmed == [1]
    assert "no member for the column Surprise" in platform.logs()


def test_a_stream_that_the_catalog_does_not_have_ends_the_sync(instance: Emulator, start: Start) -> None:
    platform = start(CUSTOMERS)
    platform.send(customer("Z1"), record("Stranger", A=1), state("Stranger", 1), state("Customer", 2))
    assert platform.finish() == 1
    assert platform.confirmed == []


def test_messages_of_every_other_type_do_no_harm(instance: Emulator, start_process: Start) -> None:
    descriptor = {"name": "Customer"}
    others = [
        {"type": "LOG", "log": {"level": "INFO", "message": "hello"}},
        {
            "type": "TRACE",
            "trace": {
                "type": "STREAM_STATUS",
                "emitted_at": 1,
                "stream_status": {"stream_descriptor": descriptor, "status": "COMPLETE"},
            },
        },
        {
            "type": "CONTROL",
            "control": {"type": "CONNECTOR_CONFIG", "emitted_at": 1, "connectorConfig": {"config": {}}},
        },
        {"type": "CATALOG", "catalog": {"streams": []}},
        {"type": "OF_NEXT_YEAR", "next_year": {}},
    ]
    platform = start_process(CUSTOMERS)
    platform.send(customer("Z1"), *(json.dumps(one).encode() + b"\n" for one in others), b"not a message\n", b"\n")
    platform.send(state("Customer", 1))
    assert platform.next_state()["id"] == 1
    assert platform.finish() == 0


def test_a_broken_line_ends_the_sync_with_what_is_safe_confirmed(instance: Emulator, start: Start) -> None:
    platform = start(CUSTOMERS)
    platform.send(customer("Z1"), state("Customer", 1), customer("Z2")[:-9] + b"\n", state("Customer", 2))
    assert platform.finish() == 1
    assert platform.confirmed == [1]
    (trace,) = platform.of("TRACE")
    assert "Line 3 of the input is broken" in trace["error"]["message"]
    assert "Z2" not in names(instance)


@pytest.mark.parametrize("effect", ["status", "hang_up", "recycle"])
def test_trouble_on_the_way_delays_the_sync_and_loses_nothing(instance: Emulator, start: Start, effect: str) -> None:
    more = {"status": 429} if effect == "status" else {}
    instance.faults.add(effect, method="PUT", entity="Customer", nth=2, **more)
    platform = start(CUSTOMERS)
    platform.send(*(customer(f"Z{n}") for n in range(4)), state("Customer", 1))
    assert platform.finish() == 0
    assert platform.confirmed == [1]
    assert {f"Z{n}" for n in range(4)} <= set(names(instance))


def test_a_sync_that_is_terminated_and_resumed_doubles_and_loses_nothing(
    instance: Emulator, start_process: Start
) -> None:
    """As the platform does: everything after the last confirmed state comes again."""
    before = len(instance.records("SalesOrder"))
    lines = [line for n in range(20) for line in (order(instance, f"Z{n:05}"), state("SalesOrder", n))]
    instance.switches.latency = 0.02
    left: Sequence[bytes] = lines
    for stop_after in (3, 4, None):
        platform = start_process(ORDERS, concurrency_level=2)
        platform.send(*left)
        if stop_after is None:
            assert platform.finish() == 0
        else:
            for _ in range(stop_after):
                platform.next_state()
            platform.process.send_signal(signal.SIGTERM)
            assert platform.process.wait(90) == 143
            platform.finish()
        left = left[2 * len(platform.confirmed) :]
    assert list(left) == []
    found = {row["OrderNbr"]: row for row in instance.records("SalesOrder") if str(row["OrderNbr"]).startswith("Z")}
    assert len(instance.records("SalesOrder")) == before + 20
    assert [len(row["Details"]) for row in found.values()] == [2] * 20


@pytest.mark.parametrize("mode", ["overwrite", "overwrite_dedup"])
def test_overwriting_is_refused_before_anything_happens(instance: Emulator, start: Start, mode: str) -> None:
    before = names(instance)
    platform = start(stream("Customer", mode))
    platform.send(customer("Z1"), state("Customer", 1))
    assert platform.finish() == 1
    (trace,) = platform.of("TRACE")
    assert (trace["error"]["failure_type"], platform.confirmed) == ("config_error", [])
    assert names(instance) == before


def test_a_refresh_deletes_nothing(instance: Emulator, start: Start) -> None:
    """Some callers ask for one with each sync."""
    before = names(instance)
    platform = start({**CUSTOMERS, "generation_id": 1, "minimum_generation_id": 1, "sync_id": 1})
    platform.send(customer("Z1"), state("Customer", 1))
    assert platform.finish() == 0
    assert names(instance) == {**before, "Z1": "Somebody"}


def test_an_order_waits_for_the_customer_that_came_before_it(instance: Emulator, start: Start) -> None:
    """Two sessions, and the customer takes its time."""
    instance.faults.add("slow", method="PUT", entity="Customer", seconds=1)
    platform = start(CUSTOMERS, ORDERS, concurrency_level=2)
    platform.send(
        customer("ZNEW1"), record("SalesOrder", OrderType="SO", OrderNbr="Z1", CustomerID="ZNEW1"), global_state(1)
    )
    assert platform.finish() == 0, platform.raw
    assert platform.confirmed == [1]
    assert "its records wait for earlier ones of Customer" in platform.logs()


def test_everything_that_fails_for_one_reason_stops_early_and_confirms_nothing(
    instance: Emulator, start: Start
) -> None:
    instance.switches.inactive_periods = ["032026"]
    seller = instance.records("Vendor")[0]["VendorID"]
    lines = [
        line
        for n in range(60)
        for line in (
            record("Bill", Type="Bill", ReferenceNbr=f"Z{n}", Vendor=seller, PostPeriod="032026"),
            state("Bill", n),
        )
    ]
    platform = start(stream("Bill", key=("Type", "ReferenceNbr")), **SKIP)
    platform.send(*lines)
    assert platform.finish() == 1
    assert platform.confirmed == []
    (trace,) = platform.of("TRACE")
    assert "The 03-2026 financial period is inactive" in trace["error"]["message"]
    assert sum(call.method == "PUT" for call in instance.calls) <= 30


def test_a_dry_run_confirms_nothing_and_changes_nothing(instance: Emulator, start: Start) -> None:
    before = names(instance)
    known = next(iter(before))
    platform = start(CUSTOMERS, dry_run=True)
    platform.send(customer("Z1"), customer(known, "Renamed"), state("Customer", 1))
    assert platform.finish() == 1
    assert (platform.confirmed, names(instance)) == ([], before)
    (trace,) = platform.of("TRACE")
    assert trace["error"]["failure_type"] == "config_error"
    assert "This was a dry run: nothing was written. Stream Customer: " in trace["error"]["message"]
    assert "PUT" not in {call.method for call in instance.calls}


def test_what_discover_offers_can_be_written(
    instance: Emulator,
    destination: Destination,
    start_process: Start,
    processes: Register,
) -> None:
    """Data activation whole: an operation is chosen, columns arrive under the names of its fields."""
    process = processes(destination.start("discover"))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    operations = json.loads(out.splitlines()[-1])["destination_catalog"]["operations"]
    (chosen,) = [one for one in operations if (one["object_name"], one["sync_mode"]) == ("Customer", "append_dedup")]
    columns = ("CustomerID", "CustomerName", "MainContact.Email")
    assert set(columns) <= set(chosen["json_schema"]["properties"])
    connection = stream("buyers", chosen["sync_mode"], columns=columns, destination_object_name="Customer")
    platform = start_process({**connection, "primary_key": chosen["matching_keys"]})
    row = dict(zip(columns, ("Z1", "From the warehouse", "a@b.example"), strict=True))
    platform.send(record("buyers", **row), state("buyers", 1))
    assert platform.finish() == 0, platform.raw
    (found,) = [row for row in instance.records("Customer") if row["CustomerID"] == "Z1"]
    assert (found["CustomerName"], found["MainContact"]["Email"]) == ("From the warehouse", "a@b.example")
