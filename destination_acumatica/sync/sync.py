"""The sync: lines in, records written by several workers, states out.

    reader thread           main thread, this loop                      workers
    line, once there   ->   event: ledger entry, scheduler, start  ->   one record, its outcome
    is room for it          event: outcome to its handler,         <-   |
                                   start what waited for it        ->   |
                            event: it has to wait: park it         <-   |
                            the wait is over: go on with it        ->
                            states whose records all have an outcome leave, once the rejects before them are safe

A record that has to wait (its answer was lost, and it is looked up again) is parked: the workers go on with others, and
only records of its key and the states behind it wait for it.

Only the main thread touches ledger, scheduler and counts, so none of them needs a lock; it waits for events only.
The sync ends early at a failure, or when more records were rejected than the settings allow: what is under way is
awaited for a while, since its outcome is worth knowing; what has not begun is given up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from queue import Empty, SimpleQueue
from typing import Protocol

from acumatica_client.errors import AcumaticaError, FieldError
from connector_runtime.signals import Interruption, next_item
from destination_acumatica.config.configured_catalog import StreamName, StreamNames
from destination_acumatica.config.reject_settings import Limits
from destination_acumatica.erp.outcome import Failed, Outcome, Rejected
from destination_acumatica.input.input_reader import EndOfInput, InFlightLimit, start_reading
from destination_acumatica.input.line_joiner import LineJoiner
from destination_acumatica.input.messages import (
    IgnoredLine,
    RecordLine,
    SourceRecord,
    StateLine,
    SupersededRecord,
    Unreadable,
)
from destination_acumatica.plan.stream_order import Parents
from destination_acumatica.rejects.store import NoRejects, RejectsStore
from destination_acumatica.sync.failure_policy import FailurePolicy
from destination_acumatica.sync.outcome_handler import OutcomeHandler, SyncFailed
from destination_acumatica.sync.progress import ProgressLog
from destination_acumatica.sync.report import Report
from destination_acumatica.sync.scheduler import OtherRecord, Scheduler, Task
from destination_acumatica.sync.state_ledger import Released, StateLedger
from destination_acumatica.sync.worker_pool import Step, WorkerPool
from destination_acumatica.write.stream_writer import StreamWriter

Events = SimpleQueue[object]
_PATIENCE = 30.0  # seconds for records under way, once the sync is to end
_LONGEST_DELAY = 300.0  # seconds that anything but a record under way may delay a state


class WaitForEvent(Protocol):
    """Gives the next event, None where none came for so many seconds. Raises Interrupted. `expecting`: a worker or the
    reader is at work, so that an event is on its way."""

    def __call__(self, events: Events, interruption: Interruption, seconds: float, *, expecting: bool) -> object: ...


def _wait(events: Events, interruption: Interruption, seconds: float, *, expecting: bool) -> object:  # noqa: ARG001  for clocks of tests
    try:
        return next_item(events, interruption, timeout=seconds)
    except Empty:
        return None


def _utc() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class SyncOptions:
    """How a sync works. `workers` records are written at once; `parents` are the streams right above each;
    `patience` and `longest_delay` in seconds; `now` is in UTC."""

    workers: int = 1
    limits: Limits = Limits()
    parents: Parents = field(default_factory=dict)
    dry_run: bool = False
    patience: float = _PATIENCE
    longest_delay: float = _LONGEST_DELAY
    clock: Callable[[], float] = time.monotonic
    wait: WaitForEvent = _wait
    now: Callable[[], datetime] = _utc


class BrokenInput(AcumaticaError):
    """The input cannot be read to its end."""


class BrokenOffInput(BrokenInput):
    """The input is not whole, and may well be the next time."""

    failure_type = "transient"


class Sync:
    """One run over one input."""

    def __init__(
        self,
        writers: Mapping[StreamName, StreamWriter],
        *,
        interruption: Interruption,
        options: SyncOptions = SyncOptions(),
        rejects: RejectsStore | None = None,
        in_flight: InFlightLimit | None = None,
        joiner: LineJoiner | None = None,
    ) -> None:
        self._writers, self._interruption, self._options = writers, interruption, options
        self._events: Events = SimpleQueue()
        self._in_flight, self._joiner = in_flight or InFlightLimit(), joiner or LineJoiner()
        self._rejects = rejects or NoRejects()
        self._pool = WorkerPool(options.workers, self._events.put, stops=self._stops_others, clock=options.clock)
        self._ledger, self._scheduler = StateLedger(), Scheduler(options.parents)
        self.report = Report(dry_run=options.dry_run)
        self._handler = OutcomeHandler(
            self.report, FailurePolicy(options.limits), self._rejects, options.now, options.dry_run
        )
        self._progress = ProgressLog(options.clock)
        self._reasons: list[SyncFailed] = []
        self._deadline = 0.0
        self._waiting_since = options.clock()
        self._input_ended = False
        self._finished = 0
        self._broken: SyncFailed | None = None

    def states(self, lines: Iterable[bytes]) -> Generator[bytes, None, None]:
        """Write every record; yield each state line when everything before it is safe. Raises SyncFailed, Interrupted.

        The next state is not yielded before the caller has asked for it: by then the one before must be flushed.
        """
        start_reading(lines, self._events.put, self._in_flight, self._joiner, StreamNames(self._writers))
        try:
            while not self._is_over():
                self._handle(self._next_event())
                for released in self._released():
                    self._progress.made()
                    self._in_flight.leave(released.state.size)
                    yield released.line()
            if self._reasons:
                raise min(self._reasons, key=lambda reason: reason.number)
            if self._broken is not None:
                raise self._broken
        finally:
            self._stop_working()
            self._rejects.close()
            self.report.summary()

    def _is_over(self) -> bool:
        return self._pool.idle and (self._input_ended or bool(self._reasons))

    def _released(self) -> list[Released]:
        """The states that may go out now. What was rejected before them is made safe first."""
        try:
            if self._is_over() and not self._reasons:
                self._handler.close_suspected()
            released = list(self._ledger.released())
            if released or self._is_over():
                self._handler.flush_rejects()
        except AcumaticaError as error:
            raise SyncFailed(error) from error
        return released

    def _next_event(self) -> object:
        due = self._deadline
        if not self._reasons:
            due = min(self._waiting_since + self._options.longest_delay, self._pool.next_due(), self._progress.due)
        expecting = self._pool.running or not self._input_ended
        left = max(0.0, due - self._options.clock())
        event = self._options.wait(self._events, self._interruption, left, expecting=expecting)
        if event is None and self._reasons:
            self._pool.forget_running()  # their outcome stays unknown, so no state behind them is released
        return event

    def _handle(self, event: object) -> None:
        if isinstance(event, Future):
            self._settle(event)
        elif self._reasons:
            return  # the sync is ending: nothing more is begun
        elif isinstance(event, RecordLine):
            self._admit(event)
        elif isinstance(event, SupersededRecord):
            self._supersede(event)
        elif isinstance(event, StateLine):
            self._ledger.state(event)
        elif isinstance(event, IgnoredLine):
            self.report.noise()
        elif isinstance(event, Unreadable):
            self._end_of_input(event.why, transient=event.transient)
        elif isinstance(event, EndOfInput):
            self._end_of_input("" if event.whole else "The input broke off.")
        self._release_in_time()
        self._pool.resume_due()
        if not self._reasons:
            self._progress.log(self._finished, self._pool, input_ended=self._input_ended)

    def _release_in_time(self) -> None:
        """Nothing but a record under way may delay a state for long."""
        if not self._reasons and self._options.clock() - self._waiting_since >= self._options.longest_delay:
            self._waiting_since = self._options.clock()
            self._keep_rejects(self._handler.close_suspected)
            self._keep_rejects(self._handler.flush_rejects)

    def _end_of_input(self, trouble: str, *, transient: bool = False) -> None:
        """No more lines come. What came is written all the same; then what was wrong with the input ends the sync."""
        self._input_ended = True
        if trouble and self._broken is None:
            kind = BrokenOffInput if transient else BrokenInput
            self._broken = SyncFailed(kind(trouble, advice=_BROKEN_INPUT))

    def _admit(self, line: RecordLine) -> None:
        """A record has arrived: it gets its place, and starts unless it has to wait for another."""
        entry = self._ledger.expect(line.stream, line.after)
        writer = self._writers[line.stream]
        document = writer.document(line.columns, line.changes)
        if line.error:
            document = replace(document, errors=(FieldError("", line.error),))
        others = tuple(map(self._other, line.others))
        for stream in (entry.stream, *(other.entry.stream for other in others)):
            self.report.received(stream)
        self.report.dropped(line.stream, document.dropped)
        self.report.caution(line.stream, document.cautions)
        task = Task(writer, document, entry, writer.lane(document), line, others)
        if self._scheduler.arrive(task):
            self._pool.start(task)

    def _other(self, record: SourceRecord) -> OtherRecord:
        return OtherRecord(self._ledger.expect(record.stream, record.after), record.line)

    def _supersede(self, record: SupersededRecord) -> None:
        self.report.received(record.stream)
        self._handler.supersede(self._ledger.expect(record.stream, record.after))

    def _stops_others(self, outcome: Outcome) -> bool:
        """Whether nothing more is to begin behind this outcome."""
        if isinstance(outcome, Rejected):
            return self._options.limits.allows_none or outcome.ends_sync is not None
        return isinstance(outcome, Failed)

    def _settle(self, step: Future[Step | None]) -> None:
        """A record has its outcome: note it, let those start that waited for it, or end the sync. Or it has to wait."""
        finished = self._pool.finished(step)
        if finished is None:
            return
        task, outcome = finished
        self._in_flight.leave(task.line.size)
        if outcome is None:
            return
        self._finished += 1
        self._keep_rejects(lambda: self._note(task, outcome))
        written = not isinstance(outcome, Rejected)
        for earlier in task.replaced() if written else ():
            self._in_flight.leave(earlier.line.size)
        for follower in self._scheduler.leave(task, written=written):
            if not self._reasons:
                self._pool.start(follower)

    def _note(self, task: Task, outcome: Outcome) -> None:
        reason = self._handler.note(task, outcome)
        if reason is not None:
            self._end(reason)

    def _keep_rejects(self, work: Callable[[], None]) -> None:
        """Rejected records that cannot be kept end the sync."""
        try:
            work()
        except AcumaticaError as error:
            self._end(SyncFailed(error))

    def _end(self, reason: SyncFailed) -> None:
        """Begin nothing more. The record behind the reason keeps its place without an outcome, so that no state that
        comes after it is ever released."""
        if not self._reasons:
            self._deadline = self._options.clock() + self._options.patience
        self._reasons.append(reason)
        self._stop_working()

    def _stop_working(self) -> None:
        self._in_flight.close()
        self._pool.stop()


_BROKEN_INPUT = "A record may be missing from it, so the sync ends; the next one sends everything after the last state."
