"""Worker threads that write records one step at a time: up to the end, or up to a wait.

    ready -> on a worker -> outcome
               '-> has to wait: parked, no worker is kept -> ready again, before all others, when the time is over

For the main thread alone; only `_run` is on a worker.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from heapq import heappop, heappush

from destination_acumatica.erp.outcome import Outcome
from destination_acumatica.erp.waits import Done, Waiting, Work, advance
from destination_acumatica.sync.scheduler import Task

_QUEUED = 2  # steps for each worker: the one it is at, and the next, so that it never waits for the main thread
Step = Done[Outcome] | Waiting[Outcome]


@dataclass(frozen=True, order=True)
class ParkedTask:
    """A task that waits, by the time at which it goes on."""

    due: float
    number: int
    task: Task = field(compare=False)
    work: Work[Outcome] = field(compare=False)
    reason: str = field(compare=False, default="")


class WorkerPool:
    """`deliver` gets each finished step as a future. `stops` says whether an outcome ends the work of all: the next
    step may begin before the main thread has that outcome. `clock` in seconds."""

    def __init__(
        self,
        workers: int,
        deliver: Callable[[object], None],
        *,
        stops: Callable[[Outcome], bool],
        clock: Callable[[], float],
    ) -> None:
        self._executor = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="writer")
        self._most, self._deliver, self._stops, self._clock = workers * _QUEUED, deliver, stops, clock
        self._ready: deque[tuple[Task, Work[Outcome]]] = deque()
        self._running: dict[Future[Step | None], Task] = {}
        self._parked: list[ParkedTask] = []
        self._stopped = threading.Event()

    @property
    def working(self) -> int:
        """How many tasks are on a worker, or ready for one."""
        return len(self._running) + len(self._ready)

    @property
    def running(self) -> bool:
        """Whether a task is on a worker."""
        return bool(self._running)

    @property
    def parked(self) -> tuple[ParkedTask, ...]:
        """The tasks that wait, in the order of the input."""
        return tuple(sorted(self._parked, key=lambda one: one.number))

    @property
    def idle(self) -> bool:
        """Whether nothing is in work."""
        return not self._running and not self._ready and not self._parked

    def start(self, task: Task) -> None:
        """Write a task as soon as a worker is free."""
        self._ready.append((task, task.writer.begin(task.document)))
        self._fill()

    def finished(self, step: Future[Step | None]) -> tuple[Task, Outcome | None] | None:
        """The task of a delivered step with its outcome, None where it was not begun. None where it has to wait, or
        was forgotten."""
        task = self._running.pop(step, None)
        if task is None or step.cancelled():
            return None
        result = step.result()
        if not isinstance(result, Waiting):
            self._fill()
            return task, result.result if result else None
        if not self._stopped.is_set():
            due = self._clock() + result.wait.seconds
            heappush(self._parked, ParkedTask(due, task.entry.number, task, result.work, result.wait.reason))
        self._fill()
        return None

    def next_due(self) -> float:
        """When the next parked task goes on; infinite where none waits."""
        return self._parked[0].due if self._parked else math.inf

    def resume_due(self) -> None:
        """Go on with the parked tasks whose time is over."""
        self._ready.extendleft(reversed([(one.task, one.work) for one in self._take_due()]))
        self._fill()

    def forget_running(self) -> None:
        """The outcomes of what is on a worker are awaited no longer."""
        self._running.clear()

    def stop(self) -> None:
        """Begin nothing more. What is on a worker goes on; what waits or is ready is given up."""
        self._stopped.set()
        for parked in self._parked:
            parked.work.close()
        self._parked.clear()
        self._ready.clear()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _take_due(self) -> Iterator[ParkedTask]:
        now = self._clock()
        while self._parked and self._parked[0].due <= now:
            yield heappop(self._parked)

    def _fill(self) -> None:
        while self._ready and len(self._running) < self._most and not self._stopped.is_set():
            task, work = self._ready.popleft()
            future = self._executor.submit(self._run, work)
            self._running[future] = task
            future.add_done_callback(self._deliver)

    def _run(self, work: Work[Outcome]) -> Step | None:
        if self._stopped.is_set():
            return None
        step = advance(work)
        if isinstance(step, Done) and self._stops(step.result):
            self._stopped.set()
        return step
