"""Which record may be written now: never two with one key at once, and those of one key in their order. Pure.

A lane is all that waits for one key. Records without a key are nobody's neighbours and never wait.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lanes(Generic[T]):
    """Who enters an empty lane may start; the others start one by one as their predecessor leaves."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, deque[T]] = {}

    def enter(self, lane: Hashable | None, task: T) -> bool:
        """Whether the task may start at once. `lane` None: it shares nothing with anyone."""
        if lane is None:
            return True
        if lane in self._waiting:
            self._waiting[lane].append(task)
            return False
        self._waiting[lane] = deque()
        return True

    def last(self, lane: Hashable | None) -> T | None:
        """The last that waits in this lane, None when nobody does."""
        waiting = self._waiting.get(lane)
        return waiting[-1] if lane is not None and waiting else None

    def replace_last(self, lane: Hashable | None, task: T) -> None:
        """The task takes the place of the last that waits."""
        self._waiting[lane][-1] = task

    def leave(self, lane: Hashable | None) -> T | None:
        """The task of this lane that may start now that its predecessor is done, None when nobody waits."""
        if lane is None:
            return None
        waiting = self._waiting[lane]
        if waiting:
            return waiting.popleft()
        del self._waiting[lane]
        return None
