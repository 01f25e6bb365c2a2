"""A record on its way, and the error that ends a sync before its input does. Values, no behaviour."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace

from acumatica_client.errors import AcumaticaError
from destination_acumatica.input.messages import RecordLine, StreamName
from destination_acumatica.payload.document import Document
from destination_acumatica.sync.state_ledger import Entry
from destination_acumatica.write.stream_writer import Target


class SyncFailed(Exception):
    """The sync ended before its input did; `stream` is the one that ended it, None when it was none of them."""

    def __init__(self, error: AcumaticaError, stream: StreamName | None = None, *, number: int = 0) -> None:
        super().__init__(error.message)
        self.error = error
        self.stream = stream
        self.number = number


@dataclass(frozen=True)
class OtherRecord:
    """A further record of the input that is written with one, and shares its outcome; `line` is its message."""

    entry: Entry
    line: bytes


@dataclass(frozen=True)
class Task:
    """A record on its way. `replaces` is an earlier record of the same key that need not be written if this one is;
    `others` share its outcome."""

    target: Target
    document: Document
    entry: Entry
    lane: Hashable | None
    line: RecordLine
    others: tuple[OtherRecord, ...] = ()
    replaces: Task | None = None

    @property
    def stream(self) -> StreamName:
        return self.entry.stream

    def label(self) -> str:
        return self.target.label(self.document, self.entry.number)

    def replaced(self) -> Iterator[Task]:
        """All that this record stands for, the newest first."""
        earlier = self.replaces
        while earlier is not None:
            yield earlier
            earlier = earlier.replaces

    def standing_for(self, earlier: Task) -> Task:
        return replace(self, replaces=earlier)

    def may_replace(self, earlier: Task) -> bool:
        """Whether writing this one alone has the effect of writing both, and no state between them says otherwise."""
        same_way = self.target is earlier.target and self.entry.after == earlier.entry.after
        return same_way and self.target.covers(self.document, earlier.document)
