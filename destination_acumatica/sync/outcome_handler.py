"""What an outcome does: to the ledger, to the counts, to the rejects, and whether the sync ends. Starts no record.

written, skipped     the record's place in the row is settled
rejected             the same, once it lies with the rejects; unless the settings bear no more of them
failed               its place stays without an outcome: no state behind it is ever given
suspected            every record of the stream is rejected for one reason: not settled until that is clear
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from acumatica_client.errors import SettingsError
from destination_acumatica.input.messages import StreamName
from destination_acumatica.rejects.reject_line import reject_line
from destination_acumatica.rejects.store import RejectsStore
from destination_acumatica.sync.rejection_limits import Tolerance, TooMany
from destination_acumatica.sync.report import Report
from destination_acumatica.sync.state_ledger import Entry, Ledger
from destination_acumatica.sync.task import SyncFailed, Task
from destination_acumatica.write.outcome import Failed, Outcome, Rejected, Skipped

_REPLACED = Skipped("a later record with the same key was written in its place")


@dataclass
class Settlement:
    """One for a sync. Not for two threads at once. `now` gives the time in UTC. Raises AcumaticaError where rejected
    records cannot be kept."""

    ledger: Ledger
    report: Report
    tolerance: Tolerance
    rejects: RejectsStore
    now: Callable[[], datetime]
    dry_run: bool = False

    def __post_init__(self) -> None:
        self._suspected: dict[StreamName, list[tuple[Task, Rejected]]] = {}

    def note(self, task: Task, outcome: Outcome) -> SyncFailed | None:
        """Enter an outcome; the reason, if the sync ends with it."""
        number = task.entry.number
        if isinstance(outcome, Failed):
            self.report.outcome(task.stream, task.label(), outcome)
            return SyncFailed(outcome.error, task.stream, number=number)
        too_many = self.tolerance.note(task.stream, outcome)
        if isinstance(outcome, Rejected):
            if too_many is not None:
                self.report.last_rejection(task.stream)
                return SyncFailed(_error(task, outcome, too_many), task.stream, number=number)
            self._suspected.setdefault(task.stream, []).append((task, outcome))
        else:
            self._settle(task, outcome)
        if not self.tolerance.suspects(task.stream):
            self._settle_suspected(task.stream)
        return None

    def supersede(self, entry: Entry) -> None:
        """A record that needs no writing, since a later one of the same key is written."""
        entry.written = True
        self.report.counted(entry.stream, _REPLACED)

    def settle_all(self) -> None:
        """Nothing is waited for any longer: not everything came, or it has waited long enough."""
        for stream in list(self._suspected):
            self._settle_suspected(stream)

    def make_safe(self) -> None:
        """All that was rejected is kept when this returns: states behind it may go out."""
        self.rejects.flush()

    def _settle(self, task: Task, outcome: Outcome) -> None:
        self._settle_one(task, outcome)
        for earlier in task.replaced():
            self._settle_one(earlier, _REPLACED)

    def _settle_one(self, task: Task, outcome: Outcome) -> None:
        task.entry.written = True
        self.report.outcome(task.stream, task.label(), outcome)
        for other in task.others:
            other.entry.written = True
            self.report.counted(other.entry.stream, outcome)

    def _settle_suspected(self, stream: StreamName) -> None:
        for task, outcome in self._suspected.pop(stream, ()):
            self._keep(task, task.entry, task.line.line, outcome)
            self.report.outcome(stream, task.label(), outcome)
            for other in task.others:
                self._keep(task, other.entry, other.line, outcome)
                self.report.counted(other.entry.stream, outcome)

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


def _error(task: Task, outcome: Rejected, too_many: TooMany) -> SettingsError:
    words = f"{too_many.words}{task.label()}: {outcome.words().rstrip('.')}."
    return SettingsError(words, advice=too_many.advice)
