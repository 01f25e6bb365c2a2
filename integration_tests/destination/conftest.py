"""An emulated instance, a configuration for it, and ways to run the destination against it: in this process or not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO

import pytest

from acumatica_client.api.client import AcumaticaClient, ConnectionSettings
from acumatica_client.rest.backoff import Backoff
from acumatica_emulator import Emulator
from destination_acumatica import operations
from destination_acumatica.sync.sync import SyncOptions
from integration_tests.transcript import PASSWORD, TRANSCRIPT
from unit_tests.destination.builders import Result, catalog, run_check, run_write
from unit_tests.destination.faulty_answers import FakeTime

ROOT = Path(__file__).resolve().parents[2]
FAST = Backoff(attempts=4, first=0.0, longest=0.0)


@pytest.fixture
def instance() -> Iterator[Emulator]:
    """An instance with two seats. However a test ends, no session is left behind, and every fault has come."""
    with Emulator(tenants=("Company", "Other"), seats=2, seed=7) as emulator:
        yield emulator
        assert emulator.sessions_open == 0
        assert emulator.faults.all_used, emulator.faults.unused


def overheard(run: Callable[..., Result], *given: object, config: Mapping[str, object], **options: object) -> Result:
    """A run in this process, with its output in the transcript."""
    result = run(*given, config=config, **options)
    TRANSCRIPT.ran(result.raw, config)
    return result


@dataclass
class Destination:
    """The destination with a filled-in form; `settings` of a call are added to it."""

    instance: Emulator
    folder: Path

    def config(self, **settings: object) -> dict[str, object]:
        credentials = {"auth_type": "cookie", "username": "admin", "password": PASSWORD}
        return {"instance_uri": self.instance.url, "credentials": credentials, "company": "Company", **settings}

    def check(self, **settings: object) -> Result:
        return overheard(run_check, self.folder, erp=None, config=self.config(**settings))

    def write(self, lines: Sequence[bytes], *streams: Mapping[str, object], **settings: object) -> Result:
        return overheard(run_write, self.folder, lines, *streams, erp=None, config=self.config(**settings))

    def write_hastily(self, lines: Sequence[bytes], *streams: Mapping[str, object], **settings: object) -> Result:
        """The same with pauses between attempts that last no time."""
        client: list[AcumaticaClient] = []

        def opener(chosen: ConnectionSettings) -> AcumaticaClient:
            client.append(AcumaticaClient(replace(chosen, retry=FAST, login_wait=0.0), sleep=lambda seconds: None))
            return client[0]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(operations, "SyncOptions", partial(SyncOptions, **FakeTime().options()))
            return overheard(run_write, self.folder, lines, *streams, erp=opener, config=self.config(**settings))

    def start(
        self,
        *arguments: str,
        streams: Sequence[Mapping[str, object]] = (),
        entries: Sequence[Mapping[str, object]] = (),
        stdout: IO[bytes] | int = subprocess.PIPE,
        **settings: object,
    ) -> subprocess.Popen[bytes]:
        """The real command line as a process of its own, with pipes for stdin and stdout. `streams` are those of the
        catalog, `entries` those of the setting Streams."""
        (self.folder / "config.json").write_text(json.dumps(self.config(**settings, streams=list(entries))))
        (self.folder / "catalog.json").write_bytes(catalog(*streams))
        files = {
            "check": ["--config", "config.json"],
            "discover": ["--config", "config.json"],
            "write": ["--config", "config.json", "--catalog", "catalog.json"],
        }
        argv = [sys.executable, "-m", "destination_acumatica", *arguments, *files.get(arguments[0], [])]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        pipe = subprocess.PIPE
        return subprocess.Popen(argv, cwd=self.folder, stdin=pipe, stdout=stdout, stderr=pipe, env=environment)


@pytest.fixture
def destination(instance: Emulator, tmp_path: Path) -> Destination:
    return Destination(instance, tmp_path)
