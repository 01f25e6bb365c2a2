"""A small emulation of the platform between two containers: numbers states, counts records, checks, resumes.

    source stdout --> count records, give each state an id --> destination stdin
    destination stdout --> each state must be one that was sent, in order; its counts must add up --> saved

The next attempt starts from the saved states. The checks are those whose failure ends a sync of the platform: a state
without its id, out of order, or with other counts than the records that were sent before it.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from integration_tests.images.containers import DESTINATION, SOURCE, Container

Message = dict


class Broken(AssertionError):
    """The connectors broke a rule of the protocol."""


@dataclass
class Sent:
    """A state in flight, with the number of its stream's records since the state before."""

    number: int
    state: Message
    records: int


@dataclass
class Attempt:
    """The result of one run of both containers."""

    source_code: int | None
    destination_code: int | None
    states_sent: int
    states_saved: int
    records: Counter[str]
    accepted: int
    rejected: int
    errors: list[str]


@dataclass
class Platform:
    """One connection. `saved` is the last acknowledged state of each stream."""

    folder: Path
    source_config: Message
    destination_config: Message
    catalog: Message
    saved: dict[str, Message] = field(default_factory=dict)
    attempts: int = 0

    def attempt(self, *, meanwhile: Callable[[Replication], None] | None = None) -> Attempt:
        """Run both containers to their end. `meanwhile` may kill one of them."""
        self.attempts += 1
        replication = Replication(self, self.folder / f"attempt{self.attempts}")
        return replication.run(meanwhile)


class Replication:
    """One attempt of a connection."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        files = {"config.json": platform.source_config, "catalog.json": platform.catalog}
        states = list(platform.saved.values())
        self._platform = platform
        self._arguments = ["--config", "config.json", "--catalog", "catalog.json"]
        self._state = ["--state", "state.json"] if states else []
        self.source = Container(SOURCE, folder / "source", {**files, "state.json": states}, pipes=("stdout",))
        files = {"config.json": platform.destination_config, "catalog.json": platform.catalog}
        self.destination = Container(DESTINATION, folder / "dest", files, pipes=("stdin", "stdout"))
        self._sent: dict[int, Sent] = {}
        self._since: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._last, self._saved, self._accepted, self._rejected = 0, 0, 0, 0
        self.records: Counter[str] = Counter()
        self.errors: list[str] = []

    def run(self, meanwhile: Callable[[Replication], None] | None) -> Attempt:
        self.source.start("read", *self._arguments, *self._state)
        self.destination.start("write", *self._arguments)
        answering = threading.Thread(target=self._listen)
        answering.start()
        forwarding = threading.Thread(target=self._forward)
        forwarding.start()
        if meanwhile is not None:
            meanwhile(self)
        self.source.wait()
        forwarding.join(60)
        self.destination.wait()
        answering.join(60)
        codes = [_code(container) for container in (self.source, self.destination)]
        counts = (len(self._sent), self._saved, self.records, self._accepted, self._rejected)
        return Attempt(*codes, *counts, self.errors)

    def _forward(self) -> None:
        """Source to destination. When the destination has ended, the rest of the source is read and dropped."""
        # Unbuffered: the rest of a buffer would be written into a broken pipe when it is closed.
        with (
            (self.source.folder / "stdout").open("rb") as lines,
            (self.destination.folder / "stdin").open("wb", buffering=0) as out,
        ):
            gone = False
            for line in whole(lines):
                forwarded = self._forwarded(line)
                try:
                    if forwarded and not gone:
                        out.write(forwarded)
                except BrokenPipeError:
                    gone = True

    def _forwarded(self, line: bytes) -> bytes | None:
        message = json.loads(line)
        if message["type"] == "RECORD":
            self._since[message["record"]["stream"]] += 1
            self.records[message["record"]["stream"]] += 1
            return line
        if message["type"] == "STATE":
            return self._numbered(message)
        if message["type"] == "TRACE" and message["trace"]["type"] == "ERROR":
            self.errors.append(message["trace"]["error"]["message"])
        return line if message["type"] == "TRACE" else None

    def _numbered(self, message: Message) -> bytes:
        state = message["state"]
        stream = state["stream"]["stream_descriptor"]["name"]
        count = self._since.pop(stream, 0)
        if state["sourceStats"]["recordCount"] != count:
            raise Broken(f"{stream}: the source says {state['sourceStats']} records, {count} came")
        with self._lock:
            number = len(self._sent) + 1
            state["id"] = number
            self._sent[number] = Sent(number, {"type": "STREAM", "stream": state["stream"]}, count)
        return json.dumps(message).encode() + b"\n"

    def _listen(self) -> None:
        with (self.destination.folder / "stdout").open("rb") as lines:
            for message in map(json.loads, whole(lines)):
                if message["type"] == "STATE":
                    self._acknowledge(message["state"])
                elif message["type"] == "TRACE" and message["trace"]["type"] == "ERROR":
                    self.errors.append(message["trace"]["error"]["message"])

    def _acknowledge(self, state: Message) -> None:
        with self._lock:
            sent = self._sent.get(state.get("id", 0))
        if sent is None or sent.number != self._last + 1:
            self.errors.append(f"State {state.get('id')} came after {self._last}.")
            raise Broken(self.errors[-1])
        stats = state["destinationStats"]
        accepted, rejected = int(stats["recordCount"]), int(stats.get("rejectedRecordCount", 0))
        if accepted + rejected != sent.records:
            self.errors.append(f"State {sent.number}: {sent.records} records were sent, the answer says {stats}.")
            raise Broken(self.errors[-1])
        self._last, self._saved = sent.number, self._saved + 1
        self._accepted, self._rejected = self._accepted + accepted, self._rejected + rejected
        self._platform.saved[sent.state["stream"]["stream_descriptor"]["name"]] = sent.state


def whole(lines: Iterable[bytes]) -> Iterator[bytes]:
    """A container that is killed may leave half a line."""
    return (line for line in lines if line.endswith(b"\n"))


def _code(container: Container) -> int | None:
    """The connector's exit code; None where its container was killed."""
    return container.code if (container.folder / "exitCode.txt").exists() else None
