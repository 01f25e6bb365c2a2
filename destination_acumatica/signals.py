"""How a signal reaches the main thread: as one more event in the queue it listens to. Interrupts nothing by force.

An exception raised by a signal handler could tear a line of the output, or a sign-in that already holds a seat. So all
that talks to Acumatica runs on other threads, the main thread only waits for events, and SIGTERM is one of them.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import TypeVar

T = TypeVar("T")
Events = SimpleQueue[object]
_STRETCH = 0.25
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interrupted(Exception):
    """A signal asked the process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.exit_code = 128 + number


@contextmanager
def signals_as_events(events: Events) -> Iterator[None]:
    """SIGTERM and SIGINT arrive as `Interrupted` in `events`. Without effect outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def hand_over(number: int, _frame: FrameType | None) -> None:
        events.put(Interrupted(number))  # SimpleQueue.put may be called from a handler; Queue.put may not

    before = {number: signal.signal(number, hand_over) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def next_event(events: Events, *, patience: float | None = None) -> object:
    """The next event; None when there was none for `patience` seconds (None: however long it takes).

    Hazard: a signal that comes just before the wait begins, or that the kernel gives to another thread, does not end
    the wait; its handler runs when the main thread next does anything. So the thread waits in short stretches.
    """
    left = patience
    while left is None or left >= 0:
        stretch = _STRETCH if left is None else min(left, _STRETCH)
        with suppress(Empty):
            return events.get(timeout=stretch)
        if left is not None:
            left = left - stretch if left > stretch else -1
    return None


def attend(work: Callable[[], T], events: Events) -> T:
    """The result of some work done on a thread of its own. Raises what it raises, or Interrupted."""
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare")
    future = worker.submit(work)
    future.add_done_callback(events.put)
    event = next_event(events)
    worker.shutdown(wait=False)
    if isinstance(event, Interrupted):
        raise event
    return future.result()
