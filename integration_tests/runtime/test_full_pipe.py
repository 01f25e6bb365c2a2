"""A platform that stops reading does not keep a connector from ending at a signal, with its sessions logged out."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from acumatica_emulator import Emulator
from integration_tests.processes import await_true
from integration_tests.transcript import PASSWORD

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


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
        before = 0

        def stalled() -> bool:
            nonlocal before
            before, earlier = emulator.requests, before
            return before > 10 and before == earlier

        await_true(stalled, "the pipe is full")
        assert emulator.sessions_open == 1
        process.send_signal(signal.SIGTERM)

        assert process.wait(20) == 143
        assert emulator.sessions_open == 0
