"""Processes of a test end with it. Knows nothing of what they run."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

_PATIENCE = 10.0  # seconds for a killed process to be gone


@pytest.fixture
def processes() -> Iterator[Callable[[subprocess.Popen[bytes]], subprocess.Popen[bytes]]]:
    """Registers processes that must not outlive the test."""
    started: list[subprocess.Popen[bytes]] = []

    def register(process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        started.append(process)
        return process

    yield register
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(_PATIENCE)
        for end in filter(None, (process.stdin, process.stdout, process.stderr)):
            with suppress(OSError):  # what was never read by a process that is gone
                end.close()
