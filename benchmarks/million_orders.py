"""`python -m benchmarks.million_orders 1000000`: orders with their lines, read to the end, and resumed after a kill.

Two reads of one page server: one without a break, whose memory is watched all the way, and one that is killed
(SIGKILL) at half and goes on from its last state; `resumed` leaves out the first. Further words choose columns
(default: keys, cursor, total, Details).
Printed: peak memory at each quarter, records a second, and whether an order is missing after the kill.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.stage import config, files, machine, pages, resident, stream

_CURSOR = "LastModified"
_COLUMNS = ["id", "OrderType", "OrderNbr", _CURSOR, "OrderTotal", "Details"]
_RECORD = b'{"type":"RECORD"'
_STATE = b'{"type":"STATE"'
_DIGITS = re.compile(rb"\d+")


@dataclass
class Run:
    """The output of one process of the source. `orders` are the numbers of the distinct orders of all runs."""

    orders: set[int]
    records: int = 0
    lines: int = 0
    size: int = 0
    seconds: float = 0.0
    memory: list[float] = field(default_factory=list)
    state: list[object] = field(default_factory=list)

    def see(self, line: bytes, process: int, quarter: int) -> None:
        if line.startswith(_STATE):
            state = json.loads(line)["state"]
            self.state = [{"type": "STREAM", "stream": state["stream"]}]
        elif line.startswith(_RECORD):
            self.records += 1
            self.size += len(line)
            # Not parsed: a consumer that is slower than the source would be what is measured.
            number = line.partition(b'"OrderNbr":"')[2].partition(b'"')[0]
            self.orders.add(int(b"".join(_DIGITS.findall(number))))
            self.lines += line.count(b'"LineNbr":')
            if self.records % quarter == 0:
                self.memory.append(resident(process, "VmHWM"))

    def __str__(self) -> str:
        memory = ", ".join(f"{mib:.0f}" for mib in self.memory)
        return (
            f"{self.records:,} orders with {self.lines:,} lines, {self.size / 1e6:,.0f} MB in {self.seconds:,.0f} s: "
            f"{self.records / self.seconds:,.0f} orders/s; MiB at each quarter: {memory}"
        )


def main() -> None:
    count = next((int(argument) for argument in sys.argv[1:] if argument.isdigit()), 100_000)
    words = [argument for argument in sys.argv[1:] if not argument.isdigit() and argument != "resumed"]
    columns = [name for word in words for name in word.split(",")] or _COLUMNS
    print(machine())
    with tempfile.TemporaryDirectory() as folder, pages(count) as url:
        orders = stream("SalesOrder", columns, sync_mode="incremental", cursor_field=[_CURSOR])
        given = Path(folder), {"config": config(url), "catalog": {"streams": [orders]}}
        if "resumed" not in sys.argv:
            whole = _read(*given, Run(set()), count)
            print("without a break:", whole, flush=True)
        broken = _read(*given, Run(set()), count, stop=count // 2)
        print("killed at half: ", broken, flush=True)
        resumed = _read(*given, Run(broken.orders), count, state=broken.state)
        print("resumed:        ", resumed)
        print(f"orders missing: {count - len(broken.orders):,} of {count:,}")


def _read(
    folder: Path,
    contents: dict[str, object],
    run: Run,
    count: int,
    *,
    stop: int = 0,
    state: list[object] | None = None,
) -> Run:
    """One process; killed behind `stop` records, if that is given."""
    arguments = files(folder, **contents, **({"state": state} if state else {}))
    began = time.monotonic()
    command = [sys.executable, "-m", "source_acumatica.run", "read", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as source:
        for line in source.stdout or ():
            run.see(line, source.pid, max(1, count // 4))
            if stop and run.records >= stop:
                source.kill()
                break
    run.seconds = time.monotonic() - began
    return run


if __name__ == "__main__":
    main()
