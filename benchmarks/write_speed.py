"""`python -m benchmarks.write_speed [2000 | 20000 ...]`: wall time and memory of the destination at 100 ms a write.

Four sessions write customers, new and known ones, into an emulator that takes 100 ms over every request. The ideal is
records x 100 ms / 4; the ratio tells what everything else costs: signing in, planning, waiting, confirming. Memory is
sampled at each confirmed tenth, so that growth shows.

The emulator runs in a process of its own, so that only the destination is measured.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_SESSIONS, _LATENCY = 4, 0.1
_USUAL = 2_000
_STATES = 20  # in a run
_STREAM = {
    "stream": {
        "name": "Customer",
        "json_schema": {"type": "object", "properties": {"CustomerID": {}, "CustomerName": {}}},
        "supported_sync_modes": ["full_refresh"],
    },
    "sync_mode": "full_refresh",
    "destination_sync_mode": "append_dedup",
    "primary_key": [["CustomerID"]],
}


def main() -> None:
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for count in [int(argument) for argument in sys.argv[1:]] or [_USUAL]:
        print(_measure(count), flush=True)


def _measure(count: int) -> str:
    command = [sys.executable, "-m", "acumatica_emulator", "--port", "0"]
    command += ["--set", f"latency={_LATENCY}", "--set", f"seats={_SESSIONS}"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
    ):
        url = server.stdout.readline().split()[1] if server.stdout else ""
        files = _files(Path(folder), url)
        began = time.monotonic()
        write = subprocess.Popen(
            [sys.executable, "-m", "destination_acumatica", "write", *files],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        threading.Thread(target=_feed, args=(write.stdin, count), daemon=True).start()
        confirmed, memory = _confirmations(write)
        _, status, usage = os.wait4(write.pid, 0)
        seconds = time.monotonic() - began
        server.terminate()
    ideal = count * _LATENCY / _SESSIONS
    return (
        f"{confirmed:>7,} of {count:,} confirmed, exit {os.waitstatus_to_exitcode(status)}: wall {seconds:6.1f} s, "
        f"ideal {ideal:6.1f} s, ratio {seconds / ideal:.2f}, CPU {usage.ru_utime + usage.ru_stime:5.1f} s, "
        f"peak {usage.ru_maxrss / 1024:.0f} MiB, resident at each confirmation {memory[0]:.0f} to {memory[-1]:.0f} MiB"
    )


def _feed(stdin: IO[bytes] | None, count: int) -> None:
    assert stdin is not None
    with stdin:
        for line in _lines(count):
            stdin.write(line)


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
            memory.append(_resident(write.pid))
        elif b'"TRACE"' in line[:20] or b'"WARN"' in line:
            sys.stderr.buffer.write(line)
    return confirmed, memory or [0.0]


def _resident(pid: int) -> float:
    """Linux tells it in pages."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _files(folder: Path, url: str) -> list[str]:
    config = {
        "instance_uri": url,
        "credentials": {"auth_type": "cookie", "username": "admin", "password": "secret"},  # pragma: allowlist secret
        "company": "Company",
        "concurrency_level": _SESSIONS,
    }
    arguments = []
    for name, content in (("config", config), ("catalog", {"streams": [_STREAM]})):
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        arguments.append(f"--{name}={path}")
    return arguments


if __name__ == "__main__":
    main()
