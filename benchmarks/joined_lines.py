"""`python -m benchmarks.joined_lines [10000 | 100000 ...]`: memory and time of the destination with lines that
are a stream of their own, four for each document, behind all documents.

It is a dry run of inserts, so that nothing waits for an instance: what is measured is the reading, the waiting on the
disk, the joining and the planning. The emulator runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.stage import config, destination, emulator, files, machine, stream

_LINES = 4
_USUAL = 10_000
_SETTING = {
    "stream": "orders",
    "entity": "SalesOrder",
    "mode": "insert",
    "reference": "none",
    "lines_from": [{"stream": "lines", "detail": "Details", "column": "order_id", "document_column": "id"}],
    "unknown_columns": "ignore",
    "fields": [
        {"to": "OrderType", "value": "SO"},
        {"to": "CustomerOrder", "from": "id"},
        {"to": "CustomerID", "from": "customer"},
        {"to": "Details.InventoryID", "from": "lines.sku"},
        {"to": "Details.OrderQty", "from": "lines.qty"},
    ],
}


def main() -> None:
    print(machine())
    for count in [int(argument) for argument in sys.argv[1:]] or [_USUAL]:
        print(_measure(count), flush=True)


def _measure(count: int) -> str:
    orders = stream("orders", ("id", "customer"), primary_key=[["id"]])
    lines = stream("lines", ("order_id", "line_id", "sku", "qty"), primary_key=[["line_id"]])
    with tempfile.TemporaryDirectory() as folder, emulator() as url:
        filled = config(url, concurrency_level=4, dry_run=True, streams=[_SETTING])
        arguments = files(Path(folder), config=filled, catalog={"streams": [orders, lines]})
        began = time.monotonic()
        write = destination(arguments, _input(count))
        *_, last = write.stdout or ()
        _, _, usage = os.wait4(write.pid, 0)
        seconds = time.monotonic() - began
    records = count * (1 + _LINES)
    return (
        f"{records:>9,} records: wall {seconds:6.1f} s, {records / seconds:,.0f} records/s, "
        f"peak {usage.ru_maxrss / 1024:.0f} MiB; {json.loads(last)['trace']['error']['message']}"
    )


def _input(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield _record("orders", {"id": f"E{number}", "customer": "ALPIN0000"})
    for number in range(count * _LINES):
        row = {"order_id": f"E{number % count}", "line_id": number, "sku": "BRACKE0000", "qty": number % 9 + 1}
        yield _record("lines", row)


def _record(stream: str, row: dict[str, object]) -> bytes:
    return json.dumps({"type": "RECORD", "record": {"stream": stream, "data": row, "emitted_at": 1}}).encode() + b"\n"


if __name__ == "__main__":
    main()
