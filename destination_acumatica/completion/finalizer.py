"""What follows a write that Acumatica accepted: read-back, files, actions.

read-back  first: a record that is not there gets no files, and none is released with a value that was not sent
files      before the actions: some forms take none any more after a release
actions    last, in their order
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from acumatica_client.rest.query import Query
from destination_acumatica.completion.actions import ActionRunner, record_reference
from destination_acumatica.completion.attachments import Attacher
from destination_acumatica.completion.readback import Readback, outcome_of
from destination_acumatica.config.stream_settings import When
from destination_acumatica.erp.outcome import Failed, Kind, Outcome, Rejected, Written, rejected
from destination_acumatica.erp.waits import Work

Payload = Mapping[str, object]
_NAMELESS = (
    "the record was written, and its files and actions were left: Acumatica's answer does not say which record it is"
)
_LEFT_UNDONE = "the record was written, and its files and actions were left: {words}"


@dataclass(frozen=True)
class Finalizer:
    """Read-back, files and actions of one stream. Safe for many threads."""

    readback: Readback
    attacher: Attacher
    runner: ActionRunner

    def first_write_only(self) -> tuple[str, ...]:
        """The actions of a changed record that the next attempt, which finds it unchanged, would leave out."""
        return tuple(action.name for action in self.runner.actions if action.when is When.CHANGED)

    def question(self, sent: Payload) -> Query:
        """What the PUT of a payload should ask its answer to show."""
        return self.readback.question(sent)

    def finish(
        self,
        written: Written,
        sent: Payload,
        answer: Payload,
        columns: Mapping[str, msgspec.Raw],
        *,
        findable: bool,
    ) -> Work[Outcome]:
        """The outcome of a record. `sent` is what was written of it, nothing where it was unchanged; `answer` shows at
        least its key, and is the record as it was just read where it was unchanged; `columns` are those of the input,
        for files and parameters. `findable`: the next attempt finds the record, by a key or a reference; one that it
        does not find must not end the sync, or it is made twice."""
        outcome: Outcome = written
        if written.kind is not Kind.UNCHANGED:
            result = yield from self.readback.check(sent, answer, created=written.kind is Kind.CREATED)
            outcome = outcome_of(result, written, self.readback.verify)
        if not isinstance(outcome, Written) or not (self.attacher.files or self.runner.actions):
            return outcome
        outcome = yield from self._attach_and_act(outcome, answer, columns)
        return _not_again(outcome, written) if isinstance(outcome, Failed) and not findable else outcome

    def _attach_and_act(self, written: Written, answer: Payload, columns: Mapping[str, msgspec.Raw]) -> Work[Outcome]:
        record = record_reference(self.readback.entity, answer)
        if not record:
            return rejected(_NAMELESS, key=written.key)
        changed = written.kind is not Kind.UNCHANGED
        attached = self.attacher.attach(record, columns)
        if attached.failure is not None:
            failed = Failed(attached.failure)
            return _not_again(failed, written) if self.runner.is_last_chance(changed=changed) else failed
        if attached.errors:  # an action could close the record to the file for good
            return Rejected(attached.errors, written.key)
        done = yield from self.runner.run(record, columns, changed=changed, seen=None if changed else answer)
        if done.failure is not None:
            return Failed(done.failure)
        if done.errors:
            return Rejected(done.errors, written.key)
        worked = not changed and (attached.names or done.names)
        return replace(written, kind=Kind.ACTIONED) if worked else written


def _not_again(failed: Failed, written: Written) -> Rejected:
    """A record that the next attempt would make a second time, or leave without its actions: it is rejected, and the
    sync goes on behind it."""
    words = _LEFT_UNDONE.format(words=failed.error.message.rstrip("."))
    return rejected(words, key=written.key)
