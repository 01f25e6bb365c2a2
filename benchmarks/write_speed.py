"""`python -m benchmarks.write_speed [2000 | 20000 ...]`: wall time and memory of the destination at 100 ms a write.

Four sessions write customers, new and known ones, into an emulator that takes 100 ms over every request. The ideal is
records x 100 ms / 4; the ratio shows what everything else costs: signing in, planning, waiting, confirming. Memory is
sampled at each confirmed tenth, so that growth shows.

The emulator runs in a process of its own, so that only the destination is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.stage import config, destination, emulator, files, machine, resident, stream

_SESSIONS, _LATENCY = 4, 0.1
_USUAL = 2_000
_STATES = 20  # in a run


def main() -> None:
    print(machine())
    for count in [int(argument) for argument in sys.argv[1:]] or [_USUAL]:
        print(_measure(count), flush=True)


def _measure(count: int) -> str:
    keyed = {"destination_sync_mode": "append_dedup", "primary_key": [["CustomerID"]]}
    catalog = {"streams": [stream("Customer", ("CustomerID", "CustomerName"), **keyed)]}
    switches = ["--set", f"latency={_LATENCY}", "--set", f"seats={_SESSIONS}"]
    with tempfile.TemporaryDirectory() as folder, emulator(*switches) as url:
        arguments = files(Path(folder), config=config(url, concurrency_level=_SESSIONS), catalog=catalog)
        began = time.monotonic()
        write = destination(arguments, _lines(count))
        confirmed, memory = _confirmations(write)
        _, status, usage = os.wait4(write.pid, 0)
        seconds = time.monotonic() - began
    ideal = count * _LATENCY / _SESSIONS
    return (
        f"{confirmed:>7,} of {count:,} confirmed, exit {os.waitstatus_to_exitcode(status)}: wall {seconds:6.1f} s, "
        f"ideal {ideal:6.1f} s, ratio {seconds / ideal:.2f}, CPU {usage.ru_utime + usage.ru_stime:5.1f} s, "
        f"peak {usage.ru_maxrss / 1024:.0f} MiB, resident at each confirmation {memory[0]:.0f} to {memory[-1]:.0f} MiB"
    )


def _lines(count: int) -> Iterator[bytes]:
    every = max(1, count // _STATES)
    for number in range(1, count + 1):
        row = {"CustomerID": f"W{number:07}", "CustomerName": f"Customer {number}"}
        yield _line({"type": "RECORD", "record": {"stream": "Customer", "data": row, "emitted_at": 1}})
        if number % every == 0 or number == count:
            described = {"stream_descriptor": {"name": "Customer"}, "stream_state": {"at": number}}
            yield _line({"type": "STATE", "state": {"type": "STREAM", "stream": described, "id": number}})


def _line(message: object) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _confirmations(write: subprocess.Popen[bytes]) -> tuple[int, list[float]]:
    """How many records were confirmed, and the process's memory in MiB at each confirmation."""
    confirmed, memory = 0, []
    for line in write.stdout or ():
        if line.startswith(b'{"type": "STATE"') or b'"STATE"' in line[:20]:
            confirmed += json.loads(line)["state"]["destinationStats"]["recordCount"]
            memory.append(resident(write.pid))
        elif b'"TRACE"' in line[:20] or b'"WARN"' in line:
            sys.stderr.buffer.write(line)
    return confirmed, memory or [0.0]


if __name__ == "__main__":
    main()
