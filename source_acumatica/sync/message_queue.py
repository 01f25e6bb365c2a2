"""What workers report of a read, and the one bounded queue in which it reaches the writer, in order.

A queue of states beside a queue of records would let states overtake their records.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from queue import Queue

Streams = tuple[str, ...]  # names of streams that are fetched together


@dataclass(frozen=True)
class Started:
    """The first request of these streams is about to be sent."""

    streams: Streams


class Change(Enum):
    """What became of a value on its way: (change, reason) in the platform's words."""

    NOT_READABLE = ("NULLED", "SOURCE_RETRIEVAL_ERROR")
    BAD_CHARACTERS = ("TRUNCATED", "SOURCE_SERIALIZATION_ERROR")


Changes = Mapping[int, Mapping[str, Change]]  # index of a row -> column -> its change


@dataclass(frozen=True)
class Page:
    """Records of one stream: JSON objects as bytes, each on one line. `changes`: values that are not as Acumatica has
    them."""

    stream: str
    rows: tuple[bytes, ...]
    changes: Changes = field(default_factory=dict)


@dataclass(frozen=True)
class Checkpoint:
    """The state of a stream, all of whose records are in the queue before it."""

    stream: str
    state: Mapping[str, object]


@dataclass(frozen=True)
class RateLimited:
    """A worker of these streams waits because Acumatica is busy."""

    streams: Streams


@dataclass(frozen=True)
class Failed:
    """A part of these streams could not be read: a refusal (AcumaticaError), or a defect of the connector."""

    streams: Streams
    error: Exception


@dataclass(frozen=True)
class Ended:
    """Nothing more comes of these streams. `complete`: all of it was read; `summary`: what it took, for the log."""

    streams: Streams
    complete: bool
    summary: str


Message = Started | Page | Checkpoint | RateLimited | Failed | Ended


class QueueClosed(Exception):
    """The writer takes no more messages: a worker has nothing left to do."""


class MessageQueue:
    """Bounded: workers wait when `size` messages are in it. None marks the end."""

    def __init__(self, size: int) -> None:
        self.queue: Queue[Message | None] = Queue(maxsize=size)
        self.closed = False

    def put(self, message: Message) -> None:
        """Waits for room. Raises QueueClosed."""
        if not self.closed:
            self.queue.put(message)
        if self.closed:
            raise QueueClosed

    def finish(self) -> None:
        """No message follows."""
        self.queue.put(None)

    def close(self) -> None:
        """The writer reads no more; workers that wait for room go on, and end."""
        self.closed = True
        with self.queue.mutex:
            self.queue.maxsize = sys.maxsize
            self.queue.not_full.notify_all()
