"""`python -m benchmarks.read_memory 10000 100000`: peak memory and time of the source over that many sales orders.

Further words choose columns, such as `OrderNbr,Details`; without them every linked entity and detail is read.

The emulator makes the orders on demand, in a process of its own, so that only the source is measured.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_STREAM = {
    "stream": {
        "name": "SalesOrder",
        "json_schema": {"type": "object", "properties": {}},
        "supported_sync_modes": ["full_refresh", "incremental"],
    },
    "sync_mode": "full_refresh",
    "destination_sync_mode": "append",
}


def main() -> None:
    counts = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    columns = [name for argument in sys.argv[1:] if not argument.isdigit() for name in argument.split(",")]
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for count in counts:
        print(_measure(count, columns), flush=True)


def _measure(count: int, columns: list[str]) -> str:
    command = [sys.executable, "-m", "acumatica_emulator", "--port", "0", "--scale", str(count)]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server,
    ):
        url = _first_line(server).split()[1]
        files = _files(Path(folder), url, columns)
        began = time.monotonic()
        read = subprocess.Popen([sys.executable, "-m", "source_acumatica.run", "read", *files], stdout=subprocess.PIPE)
        lines = size = 0
        for line in read.stdout or ():
            lines += line.startswith(b'{"type":"RECORD"')
            size += len(line)
        _, status, usage = os.wait4(read.pid, 0)
        seconds = time.monotonic() - began
        server.terminate()
    return (
        f"{lines:>9,} records, {size / 1e6:8.1f} MB, exit {os.waitstatus_to_exitcode(status)}: "
        f"peak {usage.ru_maxrss / 1024:5.0f} MiB, wall {seconds:6.1f} s, CPU {usage.ru_utime + usage.ru_stime:6.1f} s, "
        f"{lines / seconds:,.0f} records/s"
    )


def _started(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _first_line(server: subprocess.Popen[str]) -> str:
    return server.stdout.readline() if server.stdout else ""


def _files(folder: Path, url: str, columns: list[str]) -> list[str]:
    stream = json.loads(json.dumps(_STREAM))
    stream["stream"]["json_schema"]["properties"] = {name: {} for name in columns}
    config = {
        "instance_uri": url,
        "credentials": {"auth_type": "cookie", "username": "admin", "password": "secret"},  # pragma: allowlist secret
        "company": "Company",
    }
    arguments = []
    for name, content in (("config", config), ("catalog", {"streams": [stream]})):
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        arguments.append(f"--{name}={path}")
    return arguments


if __name__ == "__main__":
    main()
