"""A write mode as a strategy: one document in, one outcome out. And what the strategies of one stream share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from destination_acumatica.config.modes import Mode
from destination_acumatica.erp.endpoint import Endpoint
from destination_acumatica.erp.outcome import Outcome, Skipped, rejected
from destination_acumatica.erp.waits import Work
from destination_acumatica.fields.comparison import with_key_of
from destination_acumatica.payload.document import Document, Mapper
from destination_acumatica.plan.write_plan import WritePlan
from destination_acumatica.reconcile.answer_comparison import Comparer
from destination_acumatica.write.record_loader import RecordLoader
from destination_acumatica.write.record_matcher import RecordMatcher
from destination_acumatica.write.sender import Sender

Payload = Mapping[str, object]

_MISSING = "there is no such record, and the stream only {does}"
_GONE = "the source deleted the record, and it is not in the ERP"
_DOES = {Mode.UPDATE: "updates", Mode.DELETE: "deletes", Mode.SOFT_DELETE: "puts records out of use"}


class WriteStrategy(Protocol):
    """Writes the documents of one stream in one mode. Safe for many threads.

    Raises UnmappableRecord and Unsearchable for a document that cannot be written, BatchFailed where a part of it was,
    LinesLost where lines may have been added, and AcumaticaError.
    """

    def write(self, document: Document) -> Work[Outcome]: ...


@dataclass(frozen=True)
class StreamAccess:
    """One stream's records in the ERP: how they are named, loaded, matched and sent."""

    plan: WritePlan
    mapper: Mapper
    endpoint: Endpoint
    matcher: RecordMatcher
    loader: RecordLoader
    sender: Sender

    def missing(self, document: Document) -> Outcome:
        """The outcome of a record that is not there. One that the source deleted, too, is as it should be."""
        if document.deleted and not self.plan.mode.removes:
            return Skipped(_GONE)
        text = _MISSING.format(does=_DOES[self.plan.mode])
        return Skipped(text) if self.plan.missing == "ignore" else rejected(text)

    def differences(self, document: Document, found: Payload) -> list[str]:
        """The places where a record is not as the document wants it."""
        sent = with_key_of(found, self.mapper.payload(document), self.plan.entity.keys)
        every = Comparer(self.plan.shapes, self.plan.lines).record(sent, found, self.plan.entity.shape, "", "")
        return [one.path for one in every]


def name_of(document: Document) -> str:
    """What a document calls its record: its key, else the id under which it was found."""
    return " ".join(document.full_key()) or document.id
