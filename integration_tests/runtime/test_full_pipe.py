"""A platform that stops reading does not keep a connector from ending at a signal, with its sessions logged out."""

from __future__ import annotations

import fcntl
import json
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from acumatica_emulator import Emulator
from integration_tests.processes import await_true
from integration_tests.transcript import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
NEARLY_FULL = 50_000  # bytes, of the 64 KiB of a pipe; short lines waste some of it
pytestmark = pytest.mark.slow


def waiting_bytes(pipe: IO[bytes]) -> int:
    """How much was written into a pipe and not read yet."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]


def test_a_signal_while_nothing_is_read_from_a_full_pipe(
    tmp_path: Path, processes: Callable[[subprocess.Popen[bytes]], subprocess.Popen[bytes]]
) -> None:
    with Emulator(("Company",), seed=3) as emulator:
        credentials = {"auth_type": "cookie", "username": "admin", "password": PASSWORD}
        config = {"instance_uri": emulator.url, "company": "Company", "credentials": credentials, "page_size": 20}
        described = {"name": "SalesOrder", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
        chosen = {"stream": described, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
        arguments = []
        for name, content in {"config": config, "catalog": {"streams": [chosen]}}.items():
            (tmp_path / name).write_text(json.dumps(content))
            arguments.append(f"--{name}={tmp_path / name}")
        argv = [sys.executable, "-m", "source_acumatica.run", "read", *arguments]
        process = processes(subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        assert process.stdout is not None
        await_true(lambda: waiting_bytes(process.stdout) > NEARLY_FULL, "the pipe is full")
        assert emulator.sessions_open == 1
        process.send_signal(signal.SIGTERM)

        assert process.wait(20) == 143
        assert emulator.sessions_open == 0
