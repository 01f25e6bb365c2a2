"""The sync: lines in, records written by several hands, states out. Knows neither the wire nor the output.

    reader thread           main thread, this loop                      workers
    line, room for it  ->   event: ledger entry, traffic, go       ->   one record, its outcome
                            event: outcome into the settlement,    <-   |
                                   who waited for it, go           ->
                            states whose records all have an outcome leave, once the rejects before them are safe

Only the main thread touches ledger, traffic and counts, so none of them needs a lock; it waits for nothing but events.
The sync ends early at a failure, or when it has met more rejections than the settings bear: what is under way is
awaited for a while, since its outcome is worth knowing; what has not begun is given up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from acumatica_client.errors import AcumaticaError, FieldError
from destination_acumatica.config.reject_settings import Limits
from destination_acumatica.input.in_flight_limit import Room
from destination_acumatica.input.input_reader import EndOfInput, start_reading
from destination_acumatica.input.line_joiner import Assembly
from destination_acumatica.input.messages import (
    IgnoredLine,
    RecordLine,
    SourceRecord,
    StateLine,
    StreamName,
    SupersededRecord,
    Unreadable,
)
from destination_acumatica.rejects.store import NoRejects, RejectsStore
from destination_acumatica.signals import Events, Interrupted, next_event
from destination_acumatica.sync.outcome_handler import Settlement
from destination_acumatica.sync.rejection_limits import Tolerance
from destination_acumatica.sync.report import Report
from destination_acumatica.sync.scheduler import Traffic
from destination_acumatica.sync.state_ledger import Ledger, Released
from destination_acumatica.sync.stream_gate import Parents
from destination_acumatica.sync.task import OtherRecord, SyncFailed, Task
from destination_acumatica.write.outcome import Failed, Outcome, Rejected
from destination_acumatica.write.stream_writer import Target

_PATIENCE = 30.0  # seconds for records under way, once the sync is to end
_LONGEST_HOLD = 300.0  # seconds that anything but a record under way may hold a state


def _utc() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Ways:
    """How a sync goes about it. `workers` records are written at once; `parents` are the streams right above each;
    `patience` and `longest_hold` in seconds; `now` is in UTC."""

    workers: int = 1
    limits: Limits = Limits()
    parents: Parents = field(default_factory=dict)
    dry_run: bool = False
    patience: float = _PATIENCE
    longest_hold: float = _LONGEST_HOLD
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _utc


class Sync:
    """One run over one input."""

    def __init__(
        self,
        targets: Mapping[StreamName, Target],
        *,
        events: Events,
        ways: Ways = Ways(),
        rejects: RejectsStore | None = None,
        room: Room | None = None,
        assembly: Assembly | None = None,
    ) -> None:
        self._targets, self._events, self._ways = targets, events, ways
        self._room, self._rejects, self._assembly = room or Room(), rejects or NoRejects(), assembly or Assembly()
        self._workers = ThreadPoolExecutor(max_workers=ways.workers, thread_name_prefix="writer")
        self._ledger, self._traffic = Ledger(), Traffic(ways.parents)
        self.report = Report(dry_run=ways.dry_run)
        tolerance = Tolerance(ways.limits)
        self._settlement = Settlement(self._ledger, self.report, tolerance, self._rejects, ways.now, ways.dry_run)
        self._under_way: dict[Future[Outcome | None], Task] = {}
        self._reasons: list[SyncFailed] = []
        self._stopped, self._deadline = threading.Event(), 0.0
        self._held_since = ways.clock()
        self._input_ended = False
        self._broken: SyncFailed | None = None

    def states(self, lines: Iterable[bytes]) -> Generator[bytes, None, None]:
        """Write every record; give each state line when everything before it is safe. Raises SyncFailed, Interrupted.

        The next state is not given before the caller has asked for it: by then the one before must be flushed.
        """
        start_reading(lines, self._events.put, self._room, self._assembly)
        try:
            while not self._is_over():
                self._handle(self._next_event())
                for released in self._released():
                    self._room.leave(released.state.size)
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
        return not self._under_way and (self._input_ended or bool(self._reasons))

    def _released(self) -> list[Released]:
        """The states that may go out now. What was rejected before them is made safe first."""
        try:
            if self._is_over() and not self._reasons:
                self._settlement.settle_all()
            released = list(self._ledger.released())
            if released or self._is_over():
                self._settlement.make_safe()
        except AcumaticaError as error:
            raise SyncFailed(error) from error
        return released

    def _next_event(self) -> object:
        if not self._reasons:
            hold = self._held_since + self._ways.longest_hold - self._ways.clock()
            return next_event(self._events, patience=max(0.0, hold))
        event = next_event(self._events, patience=max(0.0, self._deadline - self._ways.clock()))
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
        self._let_go_in_time()

    def _let_go_in_time(self) -> None:
        """Nothing but a record under way may hold a state for long."""
        if not self._reasons and self._ways.clock() - self._held_since >= self._ways.longest_hold:
            self._held_since = self._ways.clock()
            self._keep_rejects(self._settlement.settle_all)
            self._keep_rejects(self._settlement.make_safe)

    def _end_of_input(self, trouble: str, *, transient: bool = False) -> None:
        """No more lines come. What came is written all the same; then the trouble, if there was any, ends the sync."""
        self._input_ended = True
        if trouble and self._broken is None:
            error = AcumaticaError(trouble, advice=_BROKEN_INPUT)
            error.failure_type = "transient" if transient else "system"
            self._broken = SyncFailed(error)

    def _admit(self, line: RecordLine) -> None:
        """A record has arrived: it gets its place, and starts unless it has to wait for another."""
        entry = self._ledger.expect(line.stream, line.after)
        target = self._targets.get(line.stream)
        if target is None:
            self.report.foreign(line.stream)
            entry.written = False
            self._room.leave(line.size)
            return
        document = target.document(line.columns)
        if line.error:
            document = replace(document, errors=(FieldError("", line.error),))
        others = tuple(map(self._other, line.others))
        for stream in (entry.stream, *(other.entry.stream for other in others)):
            self.report.received(stream)
        self.report.dropped(line.stream, document.dropped)
        task = Task(target, document, entry, target.lane(document), line, others)
        if self._traffic.arrive(task):
            self._start(task)

    def _other(self, record: SourceRecord) -> OtherRecord:
        return OtherRecord(self._ledger.expect(record.stream, record.after), record.line)

    def _supersede(self, record: SupersededRecord) -> None:
        self.report.received(record.stream)
        self._settlement.supersede(self._ledger.expect(record.stream, record.after))

    def _start(self, task: Task) -> None:
        future = self._workers.submit(self._work, task)
        self._under_way[future] = task
        future.add_done_callback(self._events.put)

    def _work(self, task: Task) -> Outcome | None:
        """On a worker. It stops the others by itself: the next record may begin before the main thread hears of it."""
        if self._stopped.is_set():
            return None
        outcome = task.target.write(task.document)
        if isinstance(outcome, Failed) or (isinstance(outcome, Rejected) and self._ways.limits.bears_none):
            self._stopped.set()
        return outcome

    def _settle(self, future: Future[Outcome | None]) -> None:
        """A record has its outcome: note it, let those start that waited for it, or end the sync."""
        task = self._under_way.pop(future, None)
        if task is None or future.cancelled():
            return
        outcome = future.result()
        self._room.leave(task.line.size)
        if outcome is None:
            return
        self._keep_rejects(lambda: self._note(task, outcome))
        written = not isinstance(outcome, Rejected)
        for earlier in task.replaced() if written else ():
            self._room.leave(earlier.line.size)
        for follower in self._traffic.leave(task, written=written):
            if not self._reasons:
                self._start(follower)

    def _note(self, task: Task, outcome: Outcome) -> None:
        reason = self._settlement.note(task, outcome)
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
        comes after it is ever given."""
        if not self._reasons:
            self._deadline = self._ways.clock() + self._ways.patience
        self._reasons.append(reason)
        self._stop_working()

    def _stop_working(self) -> None:
        self._stopped.set()
        self._room.close()
        self._workers.shutdown(wait=False, cancel_futures=True)


_BROKEN_INPUT = "A record may be missing from it, so the sync ends; the next one sends everything after the last state."
