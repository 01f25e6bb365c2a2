"""Environments of third-party clients, and an instance for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from acumatica_emulator import Emulator
from integration_tests.consents import form_for
from integration_tests.emulator.conftest import build, on_the_terminal

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / ".tmp" / "real-clients"
COMMANDS = Path(sys.executable).parent  # where the connectors' console scripts are


@dataclass(frozen=True)
class Client:
    """PyAirbyte in an environment of its own."""

    python: Path

    def run(self, script: str, *arguments: str) -> dict:
        """What the script printed after the word RESULT."""
        done = self.call(str(self.python), str(HERE / script), *arguments)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        (line,) = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
        return json.loads(line.removeprefix("RESULT "))

    def call(self, *argv: str, folder: Path | None = None, path: str = "") -> subprocess.CompletedProcess[str]:
        """A command in a folder; `path` is searched for commands first."""
        environment = {**os.environ, "AIRBYTE_OFFLINE_MODE": "1", "DO_NOT_TRACK": "1"}
        environment["PATH"] = os.pathsep.join(filter(None, (path, os.environ["PATH"])))
        return subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=300, env=environment, cwd=folder
        )


def _environment(request: pytest.FixtureRequest, name: str) -> Path:
    return build(FOLDER / name, HERE / f"{name}.lock", on_the_terminal(request))


@pytest.fixture(scope="session")
def pyairbyte(request: pytest.FixtureRequest) -> Client:
    return Client(_environment(request, "pyairbyte"))


@pytest.fixture(scope="session")
def faker(request: pytest.FixtureRequest) -> Path:
    """The command of the public source-faker."""
    return _environment(request, "faker").parent / "source-faker"


@pytest.fixture
def instance() -> Iterator[Emulator]:
    with Emulator(tenants=("Company",), empty_tenants=("Branch",), seats=2, seed=7, override_needed=False) as emulator:
        yield emulator
        assert emulator.sessions_open == 0


@pytest.fixture
def form(instance: Emulator) -> dict:
    return form_for(instance)
