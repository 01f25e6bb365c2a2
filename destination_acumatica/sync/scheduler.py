"""Which record may be written now. Records of one key are written one by one in their order, and a record waits for
earlier records of the streams above its own: an order for those of its customer.

    arrives -> waits for its key, or takes the place of the last that waits -> waits for the streams above -> starts

Waiting for streams above cannot deadlock: a record waits for earlier ones only, and those above wait for nothing below
them, however few records are in flight:

    arrived        customer 1   order 2   customer 3   order 4
    order 2        waits for customer 1
    order 4        waits for customers 1 and 3
    customer 3     waits for none
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import Generic, TypeVar

from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.input.messages import RecordLine
from destination_acumatica.payload.document import Document
from destination_acumatica.plan.stream_order import Parents
from destination_acumatica.sync.state_ledger import Entry
from destination_acumatica.write.stream_writer import StreamWriter

T = TypeVar("T")


@dataclass(frozen=True)
class OtherRecord:
    """A further record of the input that is written with one, and shares its outcome; `line` is its message."""

    entry: Entry
    line: bytes


@dataclass(frozen=True)
class Task:
    """A record on its way. `replaces` is an earlier record of the same key that need not be written if this one is;
    `others` share its outcome."""

    writer: StreamWriter
    document: Document
    entry: Entry
    lane: Hashable | None
    line: RecordLine
    others: tuple[OtherRecord, ...] = ()
    replaces: Task | None = None

    @property
    def stream(self) -> StreamName:
        return self.entry.stream

    def label(self) -> str:
        return self.writer.label(self.document, self.entry.number)

    def replaced(self) -> Iterator[Task]:
        """All that this record stands for, the newest first."""
        earlier = self.replaces
        while earlier is not None:
            yield earlier
            earlier = earlier.replaces

    def may_replace(self, earlier: Task) -> bool:
        """Whether writing this one alone has the effect of writing both, and no state between them says otherwise."""
        same_way = self.writer is earlier.writer and self.entry.after == earlier.entry.after
        return same_way and self.writer.covers(self.document, earlier.document)


class KeyQueues(Generic[T]):
    """Tasks of one key in their order. Those without a key (None) never wait."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, deque[T]] = {}

    def enter(self, key: Hashable | None, task: T) -> bool:
        """Whether the task may start at once."""
        if key is None:
            return True
        if key in self._waiting:
            self._waiting[key].append(task)
            return False
        self._waiting[key] = deque()
        return True

    def last(self, key: Hashable | None) -> T | None:
        """The last that waits for this key, None where none does."""
        waiting = self._waiting.get(key)
        return waiting[-1] if key is not None and waiting else None

    def replace_last(self, key: Hashable | None, task: T) -> None:
        """The task takes the place of the last that waits."""
        self._waiting[key][-1] = task

    def leave(self, key: Hashable | None) -> T | None:
        """The task of this key that may start now that the one before it is done, None where none waits."""
        if key is None:
            return None
        waiting = self._waiting[key]
        if waiting:
            return waiting.popleft()
        del self._waiting[key]
        return None


class StreamBarrier(Generic[T]):
    """Tasks that wait for the streams above their own. `parents` of a stream are the streams right above it. Numbers
    are places in the input, and arrive rising."""

    def __init__(self, parents: Parents) -> None:
        self._parents = parents
        above: frozenset[StreamName] = frozenset().union(*parents.values())
        self._below = {stream: [child for child in parents if stream in parents[child]] for stream in above}
        self._open: dict[StreamName, dict[int, None]] = {stream: {} for stream in above}
        self._waiting: dict[StreamName, list[tuple[int, T]]] = {stream: [] for stream in parents}

    def arrive(self, stream: StreamName, number: int) -> None:
        """A record came that others may have to wait for."""
        if stream in self._open:
            self._open[stream][number] = None

    def enter(self, stream: StreamName, number: int, task: T) -> bool:
        """Whether the task may start now; otherwise it waits here."""
        if number <= self._first_above(stream):
            return True
        heappush(self._waiting[stream], (number, task))
        return False

    def settle(self, stream: StreamName, number: int) -> Iterator[T]:
        """A record has its outcome: the tasks that waited for it and may start now, those of a stream in order."""
        if stream not in self._open:
            return
        self._open[stream].pop(number, None)
        for child in self._below[stream]:
            first, waiting = self._first_above(child), self._waiting[child]
            while waiting and waiting[0][0] <= first:
                yield heappop(waiting)[1]

    def _first_above(self, stream: StreamName) -> float:
        """The place of the first record above the stream that has no outcome yet."""
        above = (self._open[parent] for parent in self._parents.get(stream, ()))
        return min((next(iter(numbers), math.inf) for numbers in above), default=math.inf)


class Scheduler:
    """All records that have arrived and have no outcome. Not for two threads at once."""

    def __init__(self, parents: Parents) -> None:
        self._keys, self._barrier = KeyQueues[Task](), StreamBarrier[Task](parents)

    def arrive(self, task: Task) -> bool:
        """Whether the task may start at once."""
        self._barrier.arrive(task.stream, task.entry.number)
        last = self._keys.last(task.lane)
        if last is not None and task.may_replace(last):
            self._keys.replace_last(task.lane, replace(task, replaces=last))
            return False
        return self._keys.enter(task.lane, task) and self._passes(task)

    def leave(self, task: Task, *, written: bool) -> Iterator[Task]:
        """A task has its outcome: those that may start now. What it was to replace starts now if it was not written."""
        yield from self._barrier.settle(task.stream, task.entry.number)
        if written:
            for earlier in task.replaced():
                yield from self._barrier.settle(earlier.stream, earlier.entry.number)
        elif task.replaces is not None:
            yield task.replaces
            return
        follower = self._keys.leave(task.lane)
        if follower is not None and self._passes(follower):
            yield follower

    def _passes(self, task: Task) -> bool:
        return self._barrier.enter(task.stream, task.entry.number, task)
