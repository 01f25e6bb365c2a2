"""Processes of a test end with it; what they say, free ports, and patience with what others do."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

_PATIENCE = 10.0  # seconds for a killed process to be gone
# Below the range that the kernel assigns from: no other process gets the port by chance before it is used.
_PORTS = 10_000, 32_000


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


def until(process: subprocess.Popen[bytes], kind: str) -> dict:
    """Reads the output of a connector up to the first message of a type."""
    assert process.stdout is not None
    for line in process.stdout:
        message = json.loads(line)
        if message["type"] == kind:
            return message
    raise AssertionError(f"no {kind}: {process.stderr.read().decode() if process.stderr else ''}")


def free_port() -> int:
    """For a server that cannot choose one itself; random, because other tests run at the same time."""
    while True:
        port = random.SystemRandom().randrange(*_PORTS)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


def await_true(condition: Callable[[], object], what: str, patience: float = 60.0) -> None:
    """Until the condition holds; it fails with `what` after so many seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"not within {patience} s: {what}"
        time.sleep(0.01)
