"""Which record may be written now: lanes keep one key in order, the gate keeps streams in order. Pure.

arrives -> waits for its key, or takes the place of the last that waits -> waits for the streams above -> starts
"""

from __future__ import annotations

from collections.abc import Iterator

from destination_acumatica.sync.key_lanes import Lanes
from destination_acumatica.sync.stream_gate import Gate, Parents
from destination_acumatica.sync.task import Task


class Traffic:
    """All records that have arrived and have no outcome. Not for two threads at once."""

    def __init__(self, parents: Parents) -> None:
        self._lanes, self._gate = Lanes[Task](), Gate[Task](parents)

    def arrive(self, task: Task) -> bool:
        """Whether the task may start at once."""
        self._gate.arrive(task.stream, task.entry.number)
        last = self._lanes.last(task.lane)
        if last is not None and task.may_replace(last):
            self._lanes.replace_last(task.lane, task.standing_for(last))
            return False
        return self._lanes.enter(task.lane, task) and self._passes(task)

    def leave(self, task: Task, *, written: bool) -> Iterator[Task]:
        """A task has its outcome: those that may start now. What it was to replace starts now if it was not written."""
        yield from self._gate.settle(task.stream, task.entry.number)
        if written:
            for earlier in task.replaced():
                yield from self._gate.settle(earlier.stream, earlier.entry.number)
        elif task.replaces is not None:
            yield task.replaces
            return
        follower = self._lanes.leave(task.lane)
        if follower is not None and self._passes(follower):
            yield follower

    def _passes(self, task: Task) -> bool:
        return self._gate.enter(task.stream, task.entry.number, task)
