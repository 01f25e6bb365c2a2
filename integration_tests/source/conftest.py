"""An emulated instance, a configuration for it, and ways to run the source against it: in this process or as one."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from acumatica_client.api.client import AcumaticaClient, ConnectionSettings
from acumatica_client.rest.backoff import Backoff
from acumatica_emulator import Emulator
from integration_tests.transcript import PASSWORD, TRANSCRIPT
from source_acumatica.run import run

ROOT = Path(__file__).resolve().parents[2]
SECRET = PASSWORD
File = Mapping[str, object] | Sequence[object] | str | None


@dataclass
class Result:
    """What a command printed. `lines` are the messages in order."""

    code: int
    lines: list[dict]

    def of(self, kind: str, stream: str | None = None) -> list[dict]:
        members = {"CONNECTION_STATUS": "connectionStatus"}
        found = [line[members.get(kind, kind.lower())] for line in self.lines if line["type"] == kind]
        return [one for one in found if stream is None or _stream(one) == stream]

    @property
    def errors(self) -> list[dict]:
        return [trace["error"] for trace in self.of("TRACE") if trace["type"] == "ERROR"]

    def statuses(self, stream: str) -> list[str]:
        logged = [trace["stream_status"] for trace in self.of("TRACE") if trace["type"] == "STREAM_STATUS"]
        return [status["status"] for status in logged if status["stream_descriptor"]["name"] == stream]

    def records(self, stream: str) -> list[dict]:
        return [record["data"] for record in self.of("RECORD", stream)]

    def state(self) -> list[dict]:
        """The last state of each stream, as the platform gives it back."""
        return list(
            {_stream(state): {"type": "STREAM", "stream": state["stream"]} for state in self.of("STATE")}.values()
        )

    @property
    def warnings(self) -> list[str]:
        return [log["message"] for log in self.of("LOG") if log["level"] not in ("INFO", "DEBUG")]


def _stream(one: Mapping) -> str:
    return one["stream"] if isinstance(one.get("stream"), str) else one["stream"]["stream_descriptor"]["name"]


@dataclass
class Source:
    """The source with a filled-in form; `settings` of a call are added to it."""

    url: str
    folder: Path
    catalogs: dict[str, dict] = field(default_factory=dict)

    def config(self, **settings: object) -> dict[str, object]:
        credentials = {"auth_type": "cookie", "username": "admin", "password": SECRET}
        return {"instance_uri": self.url, "credentials": credentials, "company": "Company", **settings}

    def call(self, command: str, **files: File) -> Result:
        out = io.BytesIO()
        code = run([command, *self.arguments(**files)], out)
        logged = TRANSCRIPT.ran(out.getvalue(), files.get("config"))
        return Result(code, [json.loads(line) for line in logged.splitlines()])

    def arguments(self, **files: File) -> list[str]:
        line = []
        for name, content in files.items():
            if content is not None:
                path = self.folder / f"{name}.json"
                path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
                line += [f"--{name}", str(path)]
        return line

    def check(self, **settings: object) -> Result:
        return self.call("check", config=self.config(**settings))

    def discover(self, **settings: object) -> Result:
        return self.call("discover", config=self.config(**settings))

    def read(self, *streams: str, state: File = None, **settings: object) -> Result:
        """`streams` as `Customer` or `Customer:incremental`."""
        return self.call(
            "read", config=self.config(**settings), catalog=self.catalog(*streams, **settings), state=state
        )

    def catalog(self, *streams: str, **settings: object) -> dict:
        """A configured catalog out of what discovery offers; a name it does not offer stands there bare."""
        endpoint = str(settings.get("endpoint_name", ""))
        if endpoint not in self.catalogs:
            scope = {name: value for name, value in settings.items() if name.startswith("endpoint")}
            (self.catalogs[endpoint],) = self.discover(**scope).of("CATALOG")
        offered = {stream["name"]: stream for stream in self.catalogs[endpoint]["streams"]}
        pairs = [stream.partition(":")[::2] for stream in streams]
        return {"streams": [self.configured(offered.get(name, name), mode) for name, mode in pairs]}

    @staticmethod
    def configured(stream: object, mode: str) -> dict:
        """Its stream, its schema and its columns may be replaced: what is offered stays as it is."""
        if isinstance(stream, dict):
            schema = stream["json_schema"]
            described = {**stream, "json_schema": {**schema, "properties": dict(schema["properties"])}}
        else:
            described = {"name": stream, "json_schema": {}, "supported_sync_modes": ["full_refresh", "incremental"]}
        return {"stream": described, "sync_mode": mode or "full_refresh", "destination_sync_mode": "append"}

    def start(self, command: str, *streams: str, **settings: object) -> subprocess.Popen[bytes]:
        """The real command line as a process of its own."""
        files: dict[str, File] = {"config": self.config(**settings)}
        if command == "read":
            files["catalog"] = self.catalog(*streams, **settings)
        argv = [sys.executable, "-m", "source_acumatica.run", command, *self.arguments(**files)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(argv, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


@pytest.fixture
def instance() -> Iterator[Emulator]:
    """An instance with two seats. However a test ends, no session is left behind, and every fault has come."""
    with Emulator(tenants=("Company", "Other"), seats=2, seed=7) as emulator:
        yield emulator
        assert emulator.sessions_open == 0
        assert emulator.faults.all_used, emulator.faults.unused


@pytest.fixture(scope="session")
def offered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """The catalog of the endpoint that is read by default. It does not depend on a test: it is asked for once a run."""
    with Emulator() as plain:
        asker = Source(plain.url, tmp_path_factory.mktemp("offered"))
        asker.catalog()
    return asker.catalogs


@pytest.fixture
def source(instance: Emulator, tmp_path: Path, offered: dict[str, dict]) -> Source:
    return Source(instance.url, tmp_path, dict(offered))


@pytest.fixture
def hasty(monkeypatch) -> None:
    """Pauses between attempts last no time."""

    def opened(settings: ConnectionSettings, **more: object) -> AcumaticaClient:
        fast = replace(settings, retry=Backoff(attempts=3, first=0.0, longest=0.0), login_wait=0.0)
        return AcumaticaClient(fast, sleep=lambda seconds: None, **more)

    monkeypatch.setattr("source_acumatica.source.AcumaticaClient", opened)


@pytest.fixture(autouse=True)
def quiet_threads() -> Iterator[None]:
    """Workers of an ended read may still log; the root logger of the tests is left as it was."""
    before = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers = before
