"""What an outcome does to the ledger, to the counts and to the rejects, and whether the sync ends with it.

written, skipped     the record's place in the ledger is closed
rejected             the same, once it lies with the rejects; unless the settings allow no more of them
failed               its place stays without an outcome: no state behind it is ever released
suspected            every record of the stream is rejected for one reason: its place stays open until that is clear
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from acumatica_client.errors import AcumaticaError, SettingsError
from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.erp.outcome import Failed, Outcome, Rejected, Skipped
from destination_acumatica.rejects.reject_line import reject_line
from destination_acumatica.rejects.store import RejectsStore
from destination_acumatica.sync.failure_policy import FailurePolicy, LimitExceeded
from destination_acumatica.sync.report import Report
from destination_acumatica.sync.scheduler import Task
from destination_acumatica.sync.state_ledger import Entry

_REPLACED = Skipped("a later record with the same key was written in its place")


class SyncFailed(Exception):
    """The sync ended before its input did; `stream` is the one that ended it, None when it was none of them; `number`
    the place of its record in the input."""

    def __init__(self, error: AcumaticaError, stream: StreamName | None = None, *, number: int = 0) -> None:
        super().__init__(error.message)
        self.error = error
        self.stream = stream
        self.number = number


@dataclass
class OutcomeHandler:
    """One for a sync. Not for two threads at once. `now` gives the time in UTC. Raises AcumaticaError where rejected
    records cannot be kept."""

    report: Report
    policy: FailurePolicy
    rejects: RejectsStore
    now: Callable[[], datetime]
    dry_run: bool = False

    def __post_init__(self) -> None:
        self._suspected: dict[StreamName, list[tuple[Task, Rejected]]] = {}

    def note(self, task: Task, outcome: Outcome) -> SyncFailed | None:
        """Take an outcome; the reason, if the sync ends with it."""
        number = task.entry.number
        if isinstance(outcome, Failed):
            self.report.outcome(task.stream, task.label(), outcome)
            return SyncFailed(outcome.error, task.stream, number=number)
        exceeded = self.policy.note(task.stream, outcome)
        if isinstance(outcome, Rejected):
            if outcome.ends_sync is not None:
                if exceeded is None:
                    self._keep_all(task, outcome)
                self.report.last_rejection(task.stream)
                return SyncFailed(outcome.ends_sync, task.stream, number=number)
            if exceeded is not None:
                self.report.last_rejection(task.stream)
                return SyncFailed(_error(task, outcome, exceeded), task.stream, number=number)
            self._suspected.setdefault(task.stream, []).append((task, outcome))
        else:
            self._close(task, outcome)
        if not self.policy.suspects(task.stream):
            self._close_suspected(task.stream)
        return None

    def supersede(self, entry: Entry) -> None:
        """A record that needs no writing, since a later one of the same key is written."""
        entry.written = True
        self.report.counted(entry.stream, _REPLACED)

    def close_suspected(self) -> None:
        """Rejections count as final now: all has come, or they have waited long enough."""
        for stream in list(self._suspected):
            self._close_suspected(stream)

    def flush_rejects(self) -> None:
        """All that was rejected is stored when this returns: states behind it may go out."""
        self.rejects.flush()

    def _close(self, task: Task, outcome: Outcome) -> None:
        self._close_one(task, outcome)
        for earlier in task.replaced():
            self._close_one(earlier, _REPLACED)

    def _close_one(self, task: Task, outcome: Outcome) -> None:
        task.entry.written = True
        self.report.outcome(task.stream, task.label(), outcome)
        for other in task.others:
            other.entry.written = True
            self.report.counted(other.entry.stream, outcome)

    def _close_suspected(self, stream: StreamName) -> None:
        for task, outcome in self._suspected.pop(stream, ()):
            self._keep_all(task, outcome)
            self.report.outcome(stream, task.label(), outcome)
            for other in task.others:
                self.report.counted(other.entry.stream, outcome)

    def _keep_all(self, task: Task, outcome: Rejected) -> None:
        self._keep(task, task.entry, task.line.line, outcome)
        for other in task.others:
            self._keep(task, other.entry, other.line, outcome)

    def _keep(self, task: Task, entry: Entry, line: bytes, outcome: Rejected) -> None:
        """Records that share an outcome are kept with the one reason: they come again together."""
        self.rejects.add(entry.stream, self._line(task, entry, line, outcome))
        entry.written = False

    def _line(self, task: Task, entry: Entry, line: bytes, outcome: Rejected) -> bytes:
        return reject_line(
            line,
            stream=entry.stream,
            record=task.label(),
            time=self.now(),
            errors=outcome.errors,
            key=outcome.key,
            dry_run=self.dry_run,
        )


def _error(task: Task, outcome: Rejected, exceeded: LimitExceeded) -> SettingsError:
    words = f"{exceeded.words}{task.label()}: {outcome.words().rstrip('.')}."
    return SettingsError(words, advice=exceeded.advice)
