"""Starts what the demo needs and runs the connectors as an orchestrator would: files in, lines out. Shows nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

JSON = msgspec.json.Encoder(decimal_format="number")  # every digit of an amount goes on as it came
Message = dict[str, Any]
Record = dict[str, Any]


class DemoFailed(Exception):
    """A step did not do what the demo promises."""


@dataclass
class Output:
    """What a connector said: its messages by type, in order."""

    messages: list[Message] = field(default_factory=list)

    def of(self, kind: str) -> list[Any]:
        return [message[kind] for message in self.messages if kind in message]

    def records(self, stream: str) -> list[Record]:
        return [record["data"] for record in self.of("record") if record["stream"] == stream]

    def states(self) -> list[Message]:
        """The latest state of each stream."""
        latest = {state["stream"]["stream_descriptor"]["name"]: state for state in self.of("state")}
        return list(latest.values())


class Connector:
    """One connector's command line. `config` is written to a file of its own for each call."""

    def __init__(self, module: str, folder: Path) -> None:
        self._module, self._folder = module, folder

    def run(
        self,
        command: str,
        config: Message,
        *,
        catalog: Message | None = None,
        state: list[Message] | None = None,
        lines: Iterable[str] = (),
    ) -> Output:
        """Raises DemoFailed, with the connector's own message, when it ends with an error."""
        files: dict[str, object] = {"config": config, "catalog": catalog, "state": state}
        arguments = [f"--{name}={self._file(name, value)}" for name, value in files.items() if value is not None]
        done = subprocess.run(
            [sys.executable, "-m", f"{self._module}.run", command, *arguments],
            input="".join(f"{line}\n" for line in lines),
            capture_output=True,
            text=True,
            check=False,
        )
        # Not splitlines(): it also splits at characters that JSON may hold inside a text, such as U+2028.
        output = Output([json.loads(line, parse_float=Decimal) for line in done.stdout.split("\n") if line])
        if done.returncode != 0:
            messages = [trace["error"]["message"] for trace in output.of("trace") if "error" in trace]
            raise DemoFailed(f"{self._module} {command}: {'; '.join(messages) or done.stderr.strip()}")
        return output

    def _file(self, name: str, value: object) -> Path:
        path = self._folder / f"{self._module}.{name}.json"
        path.write_bytes(JSON.encode(value))
        return path


@contextmanager
def emulator(*arguments: str) -> Iterator[str]:
    """A stand-in Acumatica in a process of its own; its URL. Raises DemoFailed when a seat was not given back."""
    server = subprocess.Popen(
        [sys.executable, "-m", "acumatica_emulator", "--port", "0", *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        yield _ready_url(server)
    finally:
        server.terminate()
        code = server.wait(timeout=20)
    if code != 0:
        raise DemoFailed("The emulator reports that a license seat was not given back.")


def _ready_url(server: subprocess.Popen[str]) -> str:
    for line in server.stdout or ():
        if line.startswith("ready "):
            return line.split()[1]
    raise DemoFailed("The emulator did not start.")
