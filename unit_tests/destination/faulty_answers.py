"""An ERP that loses answers, a clock that never waits, and a platform that stops a sync and sends the rest again."""

from __future__ import annotations

import json
import os
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from acumatica_client import errors
from connector_runtime.signals import Interruption
from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.rejects.store import RejectsStore
from destination_acumatica.sync.outcome_handler import SyncFailed
from destination_acumatica.sync.sync import Sync
from unit_tests.destination.builders import Call


@dataclass
class AnswerLosses:
    """An ERP whose answers get lost, before or after it has saved, as often as `odds` say; and that refuses marks."""

    chance: random.Random
    odds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def before(self, call: Call) -> None:
        self._yield_often()
        self._lose("before it was saved")
        if mark_of(call).startswith("no"):
            raise errors.Rejected("Refused for good.", status=422)

    def after(self, call: Call) -> None:
        self._yield_often()
        self._lose("after it was saved")

    def _yield_often(self) -> None:
        with self.lock:
            times = self.chance.randrange(3)
        for _ in range(times):
            os.sched_yield()

    def _lose(self, when: str) -> None:
        with self.lock:
            lost, kind = self.chance.random() < self.odds, self.chance.randrange(3)
        if lost:
            raise (
                errors.Unreachable(f"Lost {when}.", sent=True),
                errors.SessionLost("The session ended."),
                errors.Overloaded("Come back later."),
            )[kind]


class FakeTime:
    """A clock for a sync that goes on by itself where nothing happens, so that no test waits for it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    def wait(
        self, events: SimpleQueue[object], interruption: Interruption, seconds: float, *, expecting: bool
    ) -> object:
        interruption.raise_if_requested()
        try:
            return events.get(timeout=min(seconds, 1.0 if expecting else 0.001))
        except Empty:
            self.now += seconds
            self.waits.append(seconds)
            return None

    def options(self) -> dict[str, object]:
        return {"clock": self.clock, "wait": self.wait}


def mark_of(call: Call) -> str:
    named = call.body.get("CustomerName") or call.body.get("ExternalRef")
    return str(named["value"])


@dataclass
class KeptRejects:
    """A place for rejects that records what was safe at which moment."""

    pending: list[bytes] = field(default_factory=list)
    safe: list[bytes] = field(default_factory=list)

    def add(self, stream: StreamName, line: bytes) -> None:
        self.pending.append(line)

    def flush(self) -> None:
        self.safe += self.pending
        self.pending = []

    def close(self) -> None:
        self.flush()


def run_until(open_sync: Callable[[RejectsStore], Sync], lines: Sequence[bytes], stop_after: int) -> int:
    """How many lines the platform need not send again, after a sync that may fail or be killed at some state."""
    kept, acknowledged, counted = KeptRejects(), 0, 0
    kinds: set[str] = set()
    states = open_sync(kept).states(iter(lines))
    try:
        for line in states:
            reported = json.loads(line)["state"]
            acknowledged = next(at for at, one in enumerate(lines) if same_state(one, reported["id"])) + 1
            stats = reported["destinationStats"]
            counted += stats["recordCount"] + stats.get("rejectedRecordCount", 0)
            if reported["type"] == "GLOBAL":
                assert counted == sum(b'"RECORD"' in one for one in lines[:acknowledged])
            assert stats.get("rejectedRecordCount", 0) <= len(kept.safe)
            stop_after -= 1
            if stop_after == 0:
                break
    except SyncFailed as failed:
        kinds.add(failed.error.failure_type)
    finally:
        states.close()
        for thread in threading.enumerate():
            if thread.name.startswith("writer"):
                thread.join(5)  # what a killed process had sent is over before the next one begins
    assert kinds <= {"transient"}
    return acknowledged


def same_state(line: bytes, number: int) -> bool:
    return b'"STATE"' in line and json.loads(line)["state"]["id"] == number
