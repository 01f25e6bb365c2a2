"""What stands between the workers and the writer: one bounded queue for pages, states and errors, in order.

Workers wait when it is full. The writer (the thread that built it) is the only one to empty it, so what the core emits
from there, such as the last state of a stream, must not wait: the core takes it right away, before it says COMPLETE.
A queue of states beside the queue of records would let states overtake their records.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from queue import Queue
from typing import Any

from airbyte_cdk.models import AirbyteMessage, Level
from airbyte_cdk.sources.message import MessageRepository

from connector_runtime.signals import Interruption, next_item


class _InterruptibleQueue(Queue[Any]):
    """A queue whose waiting reader notices a signal: `get` raises Interrupted."""

    def __init__(self, size: int, interruption: Interruption) -> None:
        super().__init__(size)
        self._interruption = interruption

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: ANN401  as its base
        return super().get(block, timeout) if timeout is not None else next_item(self, self._interruption)


class Handover(MessageRepository):
    """The core's queue and its repository in one. `size` in pages."""

    def __init__(self, size: int, interruption: Interruption | None = None) -> None:
        self.queue: Queue[Any] = _InterruptibleQueue(size, interruption or Interruption())
        self._writer = threading.get_ident()
        self._from_writer: deque[AirbyteMessage] = deque()

    def emit_message(self, message: AirbyteMessage) -> None:
        if threading.get_ident() == self._writer:
            self._from_writer.append(message)
        else:
            self.queue.put(message)

    def log_message(self, level: Level, message_provider: Callable[[], dict[str, Any]]) -> None:
        """Nothing is logged this way here; the core's HTTP classes would."""

    def consume_queue(self) -> Iterator[AirbyteMessage]:
        while self._from_writer:
            yield self._from_writer.popleft()

    def close(self) -> None:
        """Nobody reads any more: let the workers that wait for room go on to their end.

        Otherwise they would wait for ever, and the interpreter for them.
        """
        with self.queue.mutex:
            self.queue.maxsize = sys.maxsize
            self.queue.not_full.notify_all()
