"""The sync: lines in, records written by several hands, states out. Knows neither the wire nor the output.

    reader thread           main thread, this loop                      workers
    line, room for it  ->   event: ledger entry, lane, go          ->   one record, its outcome
                            event: outcome into the ledger,        <-   |
                                   the next of the lane, go        ->
                            states whose records all have an outcome leave

Only the main thread touches ledger, lanes and counts, so none of them needs a lock; it waits for nothing but events.
The sync ends early at a failure, or at the first rejection unless rejections are to be skipped: what is under way is
awaited for a while, since its outcome is worth knowing; what has not begun is given up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from acumatica_client.errors import AcumaticaError, SettingsError
from destination_acumatica.interruption import Events, Interrupted, next_event
from destination_acumatica.lanes import Lanes
from destination_acumatica.ledger import Entry, Ledger
from destination_acumatica.mapping import Document
from destination_acumatica.messages import Noise, RecordLine, StateLine, StreamName, Unreadable
from destination_acumatica.outcome import Failed, Outcome, Rejected, Written
from destination_acumatica.reader import EndOfInput, start_reading
from destination_acumatica.report import Report
from destination_acumatica.room import Room
from destination_acumatica.settings import OnRecordError
from destination_acumatica.target import Target

_PATIENCE = 30.0  # seconds for records under way, once the sync is to end
_REJECTED_ADVICE = 'Correct the record, or set "When Acumatica rejects a record" to skip.'


class SyncFailed(Exception):
    """The sync ended before its input did; `stream` is the one that ended it, None when it was none of them."""

    def __init__(self, error: AcumaticaError, stream: StreamName | None = None, *, number: int = 0) -> None:
        super().__init__(error.message)
        self.error = error
        self.stream = stream
        self.number = number


@dataclass(frozen=True)
class Task:
    """A record on its way."""

    target: Target
    document: Document
    entry: Entry
    lane: Hashable | None
    size: int

    def label(self) -> str:
        return self.target.label(self.document, self.entry.number)


class Sync:
    """One run over one input. `workers` records are written at once; `patience` and `clock` in seconds."""

    def __init__(
        self,
        targets: Mapping[StreamName, Target],
        *,
        events: Events,
        workers: int = 1,
        on_record_error: OnRecordError = "fail",
        room: Room | None = None,
        patience: float = _PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._targets, self._events, self._on_record_error = targets, events, on_record_error
        self._room, self._patience, self._clock = room or Room(), patience, clock
        self._workers = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="writer")
        self._ledger, self._lanes, self._report = Ledger(), Lanes[Task](), Report()
        self._under_way: dict[Future[Outcome | None], Task] = {}
        self._reasons: list[SyncFailed] = []
        self._stopped, self._deadline = threading.Event(), 0.0
        self._input_ended = False
        self._broken: SyncFailed | None = None

    def states(self, lines: Iterable[bytes]) -> Generator[bytes, None, None]:
        """Write every record; give each state line when everything before it is safe. Raises SyncFailed, Interrupted.

        The next state is not given before the caller has asked for it: by then the one before must be flushed.
        """
        start_reading(lines, self._events.put, self._room)
        try:
            while not self._is_over():
                self._handle(self._next_event())
                for released in self._ledger.released():
                    self._room.leave(released.state.size)
                    yield released.line()
            if self._reasons:
                raise min(self._reasons, key=lambda reason: reason.number)
            if self._broken is not None:
                raise self._broken
        finally:
            self._stop_working()
            self._report.summary()

    def _is_over(self) -> bool:
        return not self._under_way and (self._input_ended or bool(self._reasons))

    def _next_event(self) -> object:
        if not self._reasons:
            return next_event(self._events)
        event = next_event(self._events, patience=max(0.0, self._deadline - self._clock()))
        if event is None:
            self._under_way.clear()  # their outcome stays unknown, so no state behind them is given
        return event

    def _handle(self, event: object) -> None:
        if isinstance(event, Interrupted):
            raise event
        if isinstance(event, Future):
            self._settle(event)
        elif self._reasons:
            return  # the sync is ending: nothing more is begun
        elif isinstance(event, RecordLine):
            self._admit(event)
        elif isinstance(event, StateLine):
            self._ledger.state(event)
        elif isinstance(event, Noise):
            self._report.noise()
        elif isinstance(event, Unreadable):
            self._end_of_input(event.why)
        elif isinstance(event, EndOfInput):
            self._end_of_input("" if event.whole else "The input broke off.")

    def _end_of_input(self, trouble: str) -> None:
        """No more lines come. What came is written all the same; then the trouble, if there was any, ends the sync."""
        self._input_ended = True
        if trouble and self._broken is None:
            self._broken = SyncFailed(AcumaticaError(trouble, advice=_BROKEN_INPUT))

    def _admit(self, line: RecordLine) -> None:
        """A record has arrived: it gets its place, and starts unless another with its key is under way."""
        entry = self._ledger.expect(line.stream)
        target = self._targets.get(line.stream)
        if target is None:
            self._report.foreign(line.stream)
            entry.written = False
            self._room.leave(line.size)
            return
        document = target.document(line.columns)
        self._report.dropped(line.stream, document.dropped)
        task = Task(target, document, entry, target.lane(document), line.size)
        if self._lanes.enter(task.lane, task):
            self._start(task)

    def _start(self, task: Task) -> None:
        future = self._workers.submit(self._work, task)
        self._under_way[future] = task
        future.add_done_callback(self._events.put)

    def _work(self, task: Task) -> Outcome | None:
        """On a worker. It stops the others by itself: the next record may begin before the main thread hears of it."""
        if self._stopped.is_set():
            return None
        outcome = task.target.write(task.document)
        if self._ends_the_sync(outcome):
            self._stopped.set()
        return outcome

    def _ends_the_sync(self, outcome: Outcome) -> bool:
        return isinstance(outcome, Failed) or (isinstance(outcome, Rejected) and self._on_record_error == "fail")

    def _settle(self, future: Future[Outcome | None]) -> None:
        """A record has its outcome: note it, let the next of its lane start, or end the sync."""
        task = self._under_way.pop(future, None)
        if task is None or future.cancelled():
            return
        self._room.leave(task.size)
        outcome = future.result()
        if outcome is None:
            return
        self._note(task, outcome)
        follower = self._lanes.leave(task.lane)
        if follower is not None and not self._reasons:
            self._start(follower)

    def _note(self, task: Task, outcome: Outcome) -> None:
        stream = task.entry.stream
        if isinstance(outcome, Failed):
            self._end(SyncFailed(outcome.error, stream, number=task.entry.number))
        elif isinstance(outcome, Rejected) and self._ends_the_sync(outcome):
            error = SettingsError(
                f"Not written: {task.label()}: {outcome.words().rstrip('.')}.", advice=_REJECTED_ADVICE
            )
            self._end(SyncFailed(error, stream, number=task.entry.number))
        elif isinstance(outcome, Rejected):
            self._report.rejected(stream, task.label(), outcome.words())
            task.entry.written = False
        else:
            otherwise = outcome.differing() if isinstance(outcome, Written) else ()
            self._report.written(stream, task.label() if otherwise else "", otherwise)
            task.entry.written = True

    def _end(self, reason: SyncFailed) -> None:
        """Begin nothing more. The record behind the reason keeps its place without an outcome, so that no state that
        comes after it is ever given."""
        if not self._reasons:
            self._deadline = self._clock() + self._patience
        self._reasons.append(reason)
        self._stop_working()

    def _stop_working(self) -> None:
        self._stopped.set()
        self._room.close()
        self._workers.shutdown(wait=False, cancel_futures=True)


_BROKEN_INPUT = "A record may be missing from it, so the sync ends; the next one sends everything after the last state."
