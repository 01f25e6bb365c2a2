"""Lines out of a stream of their own, over the pipes of a real process: written early, stopped and resumed."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from acumatica_emulator import Emulator
from integration_tests.destination.conftest import Destination
from integration_tests.processes import await_true
from unit_tests.destination.builders import record, state, stream

pytestmark = pytest.mark.slow

STREAMS = (
    stream("orders", "append", columns=("id", "customer"), key=("id",)),
    stream("lines", "append", columns=("order_id", "line_id", "sku", "qty"), key=("line_id",)),
)
SETTINGS = [
    {
        "stream": "orders",
        "entity": "SalesOrder",
        "mode": "upsert",
        "match": "ExternalRef",
        "unknown_columns": "ignore",
        "lines_from": [{"stream": "lines", "detail": "Details", "column": "order_id", "document_column": "id"}],
        "fields": [
            {"to": "OrderType", "value": "SO"},
            {"to": "ExternalRef", "from": "id"},
            {"to": "CustomerID", "from": "customer"},
            {"to": "Details.InventoryID", "from": "lines.sku"},
            {"to": "Details.OrderQty", "from": "lines.qty"},
        ],
    }
]
COUNT = 12
WHOLE = {f"T-{one}": 2 for one in range(COUNT)}
Start = Callable[[], "subprocess.Popen[bytes]"]


def complete(name: str) -> bytes:
    said = {"stream_descriptor": {"name": name, "namespace": None}, "status": "COMPLETE"}
    trace = {"type": "STREAM_STATUS", "emitted_at": 1.0, "stream_status": said}
    return json.dumps({"type": "TRACE", "trace": trace}).encode() + b"\n"


def tables(instance: Emulator) -> list[bytes]:
    """All orders, then all lines, two for each, with states between and behind them."""
    buyer = str(instance.records("Customer")[0]["CustomerID"])
    items = [str(row["InventoryID"]) for row in instance.records("StockItem")[:2]]
    orders = [record("orders", id=f"T-{one}", customer=buyer) for one in range(COUNT)]
    lines = [
        record("lines", order_id=f"T-{one}", line_id=f"{one}-{item}", sku=item, qty=one + 1)
        for item in items
        for one in range(COUNT)
    ]
    return [*orders, state("orders", 1), complete("orders"), *lines, state("lines", 2), complete("lines")]


def written(instance: Emulator) -> dict[str, int]:
    """How many lines each order has; every order is there once."""
    rows = [row for row in instance.records("SalesOrder") if str(row["ExternalRef"]).startswith("T-")]
    assert max(Counter(row["ExternalRef"] for row in rows).values(), default=1) == 1
    return {str(row["ExternalRef"]): len(row["Details"]) for row in rows}


def states(process: subprocess.Popen[bytes], count: int) -> list[dict[str, object]]:
    """The next states that the process confirms."""
    assert process.stdout is not None
    found = (json.loads(line)["state"] for line in process.stdout if b'"STATE"' in line[:20])
    return [next(found) for _ in range(count)]


def feed(process: subprocess.Popen[bytes], lines: list[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"".join(lines))
    process.stdin.flush()


@pytest.fixture
def start(destination: Destination, processes: Callable[[subprocess.Popen[bytes]], object]) -> Start:
    """Starts a sync of both streams."""

    def begin() -> subprocess.Popen[bytes]:
        process = destination.start("write", streams=STREAMS, entries=SETTINGS)
        processes(process)
        return process

    return begin


def test_both_streams_are_written_and_confirmed_while_the_input_is_still_open(instance: Emulator, start: Start) -> None:
    process = start()
    feed(process, tables(instance))
    confirmed = [(one["id"], one["destinationStats"]["recordCount"]) for one in states(process, 2)]
    assert confirmed == [(1, COUNT), (2, 2 * COUNT)]
    assert written(instance) == WHOLE
    process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_sync_that_is_stopped_in_the_middle_of_the_documents_is_completed_by_the_next_one(
    instance: Emulator, start: Start, number: signal.Signals
) -> None:
    instance.switches.latency = 0.1
    first = start()
    feed(first, tables(instance))
    await_true(lambda: written(instance), "an order is there")
    first.send_signal(number)
    out, _ = first.communicate(timeout=60)
    assert b'"STATE"' not in out
    instance.instance.seats.recycle()  # a process that was killed gave nothing back
    instance.switches.latency = 0.0
    second = start()
    out, _ = second.communicate(b"".join(tables(instance)), timeout=120)
    assert (second.returncode, out.count(b'"destinationStats"')) == (0, 2)
    assert written(instance) == WHOLE


def test_what_waits_on_the_disk_is_a_file_without_a_name(
    instance: Emulator, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("SQLITE_TMPDIR", str(folder))
    process = start()
    rows = [record("lines", order_id=f"T-{one}", line_id=one, sku="x" * 30_000, qty=1) for one in range(1_500)]
    feed(process, rows)
    feed(process, [b"no message\n"])
    assert process.stdout is not None
    next(line for line in process.stdout if b"no Airbyte message" in line)  # all before it lies on the disk by now
    opened = [path.readlink() for path in Path(f"/proc/{process.pid}/fd").iterdir() if path.is_symlink()]
    process.kill()
    process.wait(10)
    instance.instance.seats.recycle()
    assert [path for path in opened if str(path).startswith(str(folder)) and "(deleted)" in str(path)]
    assert list(folder.iterdir()) == []
