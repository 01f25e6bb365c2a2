"""Which worker reads what: each takes the next work item of the first stream that has one.

A stream begins when those before it have no work for a worker; so one big stream is read by all workers, and many small
ones side by side. How many requests run at once is decided by the session pool: a worker without work takes no session.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from source_acumatica.sync.message_queue import MessageQueue, QueueClosed
from source_acumatica.sync.stream_read import StreamRead
from source_acumatica.sync.work_queue import WorkItem

# One may be writing a page out while another asks for the next.
FEWEST_WORKERS = 2


class Scheduler:
    """Threads that read until nothing is left, or the queue is closed. They are daemons: the interpreter must not wait
    for one that is inside a request of minutes."""

    def __init__(self, reads: Sequence[StreamRead], queue: MessageQueue, *, sessions: int) -> None:
        self._reads, self._queue = list(reads), queue
        self._changed = threading.Condition()
        self._workers = [
            threading.Thread(target=self._run, name=f"reader-{number}", daemon=True)
            for number in range(1, max(FEWEST_WORKERS, sessions) + 1)
        ]
        self._running = len(self._workers)
        self._defect: BaseException | None = None

    def start(self) -> None:
        """The queue ends with the last worker."""
        for worker in self._workers:
            worker.start()

    def raise_defect(self) -> None:
        """Raises what ended a worker, if it was not the queue."""
        if self._defect is not None:
            raise self._defect

    def _run(self) -> None:
        try:
            while (job := self._next()) is not None:
                self._do(*job)
        except QueueClosed:
            pass  # the writer reads no more
        except BaseException as defect:  # noqa: BLE001  raised again in the thread that writes
            self._defect = defect
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()
                last = not self._running
            if last:
                self._queue.finish()

    def _next(self) -> tuple[StreamRead, WorkItem] | None:
        """Waits while others may still add work. None when all is done."""
        with self._changed:
            while self._reads and not self._queue.closed:
                for read in self._reads:
                    if (item := read.take()) is not None:
                        return read, item
                self._changed.wait()
            return None

    def _do(self, read: StreamRead, item: WorkItem) -> None:
        try:
            read.work(item)
        finally:
            with self._changed:
                over = read.over and read in self._reads
                if over:
                    self._reads.remove(read)
                self._changed.notify_all()
        if over:
            read.finish()
