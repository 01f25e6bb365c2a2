"""SIGTERM and SIGINT as a flag that the main thread looks at while it waits.

    signal -> handler sets the flag -> the next call of next_item, run_interruptibly or raise_if_requested raises
    Interrupted in the main thread -> `with` blocks close what is open -> the command line exits with 128 + number

Hazard: an exception raised by a handler can tear a line of the output, a sign-in that already holds a seat, or the
import of a compiled module. So a handler never raises: work that can block runs on other threads, and the main thread
waits for their results in short stretches.
"""

from __future__ import annotations

import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
_STRETCH = 0.25  # seconds between two looks at the flag
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interrupted(Exception):
    """A signal asked the process to end. `exit_code` is what a shell expects: 128 + the number of the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.exit_code = 128 + number


class Interruption:
    """Whether a signal asked the process to end. One object serves a whole command; any thread may read it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._number: int | None = None
        self._since = 0.0

    @property
    def requested(self) -> bool:
        return self._number is not None

    @property
    def age(self) -> float:
        """Seconds since the first signal; 0 when there was none."""
        return self._clock() - self._since if self.requested else 0.0

    def request(self, number: int) -> None:
        """Set the flag. Later signals change nothing: the sessions are being logged out already."""
        if self._number is None:
            self._since = self._clock()
            self._number = number

    def raise_if_requested(self) -> None:
        """Raises Interrupted."""
        if self._number is not None:
            raise Interrupted(self._number)


class ItemQueue(Protocol[T_co]):
    """The part of queue.Queue and queue.SimpleQueue that is used here."""

    def get(self, block: bool = ..., timeout: float | None = ...) -> T_co: ...


@contextmanager
def catch_signals() -> Iterator[Interruption]:
    """Signals set the flag of the given Interruption; afterwards the old handlers are back.

    Outside the main thread, where Python allows no handlers, the flag is never set.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return

    def handle(number: int, _frame: FrameType | None) -> None:
        interruption.request(number)

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def next_item(items: ItemQueue[T], interruption: Interruption, *, timeout: float | None = None) -> T:
    """The next item of a queue. Raises Interrupted; queue.Empty when none came within `timeout` seconds (None: no
    limit).

    Hazard: a signal that arrives just before the wait begins, or that the kernel gives to another thread, does not end
    the wait; its handler runs when the main thread next does anything. So the thread waits in short stretches.
    """
    left = timeout
    while True:
        interruption.raise_if_requested()
        stretch = _STRETCH if left is None else max(0.0, min(left, _STRETCH))
        try:
            return items.get(timeout=stretch)
        except queue.Empty:
            if left is not None:
                left -= stretch
                if left <= 0:
                    interruption.raise_if_requested()
                    raise


def run_interruptibly(work: Callable[[], T], interruption: Interruption) -> T:
    """Do `work` on a thread of its own. Returns its result or raises its error; raises Interrupted when a signal comes
    first: then the work goes on unattended until what it uses is closed."""
    finished: queue.SimpleQueue[tuple[tuple[T] | None, BaseException | None]] = queue.SimpleQueue()

    def attempt() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001  raised again in the thread that waits
            finished.put((None, error))
        else:
            finished.put(((result,), None))

    threading.Thread(target=attempt, name="interruptible", daemon=True).start()
    results, error = next_item(finished, interruption)
    if results is None:
        raise error or RuntimeError("no result")
    return results[0]
