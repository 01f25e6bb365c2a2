"""Work that several workers share, which may turn into more work while it is done. Knows nothing of what the work is.

A worker takes the task of the lowest rank that waits. While another may still add tasks it waits for those; once nobody
will, it leaves, and whoever is the last to finish takes what had to come last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Generic, Protocol, TypeVar


class Ranked(Protocol):
    """A task that knows its place among the others."""

    @property
    def rank(self) -> float: ...


Task = TypeVar("Task", bound=Ranked)


class Backlog(Generic[Task]):
    """`last` is asked for a further task when nothing waits or is under way, unless a task failed."""

    def __init__(self, last: Callable[[], Task | None]) -> None:
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._waiting: list[Task] = []
        self._last = last
        self._undecided: list[Task] = []
        self._busy = 0
        self._failed = False

    def put(self, tasks: Iterable[Task]) -> None:
        """In the order of their ranks, whoever adds them first."""
        with self._changed:
            self._waiting = sorted([*tasks, *self._waiting], key=attrgetter("rank"))
            self._changed.notify_all()

    def clear(self) -> None:
        """Nobody begins what waits."""
        with self._changed:
            self._waiting.clear()

    def take(self) -> Task | None:
        """The next task, None when this worker is not needed any more. Waits while others may still add tasks."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or not self._undecided)
            task = self._waiting.pop(0) if self._waiting else self._final()
            if task is not None:
                self._busy += 1
                self._undecided.append(task)
            return task

    def _final(self) -> Task | None:
        return None if self._busy or self._failed else self._last()

    def decided(self, task: Task) -> None:
        """The task will add no others."""
        with self._changed:
            self._undecided = [other for other in self._undecided if other is not task]
            self._changed.notify_all()

    def end(self, task: Task, *, failed: bool) -> None:
        """The worker is through with the task."""
        with self._changed:
            self._busy -= 1
            self._failed = self._failed or failed
            self.decided(task)
