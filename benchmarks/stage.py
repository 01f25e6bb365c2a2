"""What every benchmark needs: the machine's name, a server as a process, files for a command, memory of a process."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path


def machine() -> str:
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def emulator(*arguments: str) -> AbstractContextManager[str]:
    """The URL of an emulated instance."""
    return _server("acumatica_emulator", "--port", "0", *arguments)


def pages(orders: int) -> AbstractContextManager[str]:
    """The URL of an instance whose pages of sales orders cost next to nothing to serve."""
    return _server("benchmarks.page_server", str(orders))


@contextmanager
def _server(module: str, *arguments: str) -> Iterator[str]:
    """The URL that a server prints first. It is a process, so that only the connector is measured."""
    with subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().split()[1] if server.stdout else ""
        finally:
            server.terminate()


def config(url: str, **settings: object) -> dict[str, object]:
    credentials = {"auth_type": "cookie", "username": "admin", "password": "secret"}  # pragma: allowlist secret
    return {"instance_uri": url, "credentials": credentials, "company": "Company", **settings}


def files(folder: Path, **contents: object) -> list[str]:
    """The arguments of a command that is given these contents as files: `--config=...`, `--catalog=...`."""
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return [f"--{name}={folder / name}.json" for name in contents]


def stream(name: str, columns: Iterable[str], **more: object) -> dict[str, object]:
    """A configured stream of these columns (none: all), read whole and appended unless `more` says otherwise."""
    described = {
        "name": name,
        "json_schema": {"type": "object", "properties": {column: {} for column in columns}},
        "supported_sync_modes": ["full_refresh", "incremental"],
    }
    return {"stream": described, "sync_mode": "full_refresh", "destination_sync_mode": "append", **more}


def destination(arguments: Iterable[str], lines: Iterable[bytes]) -> subprocess.Popen[bytes]:
    """The destination as a process that is fed these lines while its output is read."""
    command = [sys.executable, "-m", "destination_acumatica", "write", *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def feed() -> None:
        assert process.stdin is not None
        with process.stdin:
            process.stdin.writelines(lines)

    threading.Thread(target=feed, daemon=True).start()
    return process


def resident(pid: int, word: str = "VmRSS") -> float:
    """MiB in memory now, or with `VmHWM` at the most until now (Linux); 0 for a process that is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(word)), 0.0)
