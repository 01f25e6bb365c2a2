"""The signals of connector_runtime as items in a queue of events, for operations and the sync."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import FrameType
from typing import TypeVar

from connector_runtime.signals import Interrupted, Interruption, next_item

T = TypeVar("T")
Events = SimpleQueue[object]
_SIGNALS = (signal.SIGTERM, signal.SIGINT)

__all__ = ["Events", "Interrupted", "attend", "next_event", "signals_as_events"]


@contextmanager
def signals_as_events(events: Events) -> Iterator[None]:
    """SIGTERM and SIGINT arrive as `Interrupted` in `events`, and where they arrived before. Main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        events.put(Interrupted(number))  # SimpleQueue.put may be called from a handler; Queue.put may not
        earlier = before[signal.Signals(number)]
        if callable(earlier) and earlier is not signal.default_int_handler:
            earlier(number, frame)

    for number in _SIGNALS:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def next_event(events: Events, *, patience: float | None = None) -> object:
    """The next event; None when there was none for `patience` seconds (None: no limit)."""
    try:
        return next_item(events, Interruption(), timeout=patience)
    except Empty:
        return None


def attend(work: Callable[[], T], events: Events) -> T:
    """The result of some work done on a thread of its own. Raises what it raises, or Interrupted."""
    finished: SimpleQueue[tuple[list[T], BaseException | None]] = SimpleQueue()

    def attempt() -> None:
        try:
            finished.put(([work()], None))
        except BaseException as error:  # noqa: BLE001  raised again in the thread that waits
            finished.put(([], error))
        events.put(finished)

    threading.Thread(target=attempt, name="prepare", daemon=True).start()
    event = next_event(events)
    if isinstance(event, Interrupted):
        raise event
    results, error = finished.get()
    if error is not None:
        raise error
    return results[0]
