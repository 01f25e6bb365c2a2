"""The work items of one read, which may become more while they are done: by rank, and how many are under way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter

from source_acumatica.windows.timestamps import Timestamp
from source_acumatica.windows.windows import Window


class Task(Enum):
    """What a worker does with a work item."""

    SAMPLE = "is there any record"
    WINDOW = "read a window"
    VERIFY_FILTER = "was the filter true"


@dataclass(eq=False)
class WorkItem:
    """One task, for one worker."""

    task: Task
    window: Window
    half: bool = False  # of a window that held too much: likely to hold too much itself
    closed: bool = False

    @property
    def rank(self) -> float:
        """The oldest window goes first, wherever it came from: the position waits for it."""
        if self.window.nulls or self.window.start is None:
            return float("-inf")
        return Timestamp.parse(self.window.start).ticks


class WorkQueue:
    """Not safe for threads: its owner locks. `failed`: whether some item failed."""

    def __init__(self) -> None:
        self._waiting: list[WorkItem] = []
        self._under_way = 0
        self.failed = False

    def put(self, items: Iterable[WorkItem]) -> None:
        """In the order of their ranks, whoever adds them first."""
        self._waiting = sorted([*items, *self._waiting], key=attrgetter("rank"))

    def clear(self) -> None:
        """Drop what waits."""
        self._waiting.clear()

    def take(self) -> WorkItem | None:
        """The next item, None when none waits."""
        if not self._waiting:
            return None
        self._under_way += 1
        return self._waiting.pop(0)

    def end(self, *, failed: bool) -> None:
        """A worker is through with an item."""
        self._under_way -= 1
        self.failed = self.failed or failed

    @property
    def over(self) -> bool:
        """Whether no item waits or is under way."""
        return not self._waiting and not self._under_way
