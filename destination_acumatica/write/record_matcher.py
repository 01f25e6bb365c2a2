"""Which record of the ERP a document means, where fields identify it and not its key.

no match          it is new, once the filter has shown that it works (see `record_search`)
one match         that one: from here on by its key, or by its id where the entity has no known key
several           the record is rejected; to take one of them would be a guess
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from acumatica_client.errors import FieldError
from acumatica_client.rest.backoff import Backoff
from acumatica_client.schema.model import ValueType
from destination_acumatica.erp.outcome import Outcome, Written
from destination_acumatica.erp.record_search import Condition, Payload, RecordSearch, field_text_at, how_many
from destination_acumatica.erp.waits import Wait, Work
from destination_acumatica.fields.field_paths import comparable
from destination_acumatica.payload.document import Document
from destination_acumatica.payload.payload import UnmappableRecord
from destination_acumatica.plan.write_plan import WritePlan

_POLL = Backoff(attempts=None, first=0.5, longest=5.0)  # between looks whether the first insert is over


@dataclass(frozen=True)
class Match:
    """A record that is there: its business key (empty where none is known), its id, and what an answer showed of it."""

    key: Mapping[str, str]
    id: str
    record: Payload = field(default_factory=dict)

    def name(self) -> str:
        return " ".join(self.key.values()) or self.id


class RecordMatcher:
    """Matches the documents of one plan. Safe for many threads; raises AcumaticaError, Unsearchable, and
    UnmappableRecord for several matches. In a `dry_run` nothing is inserted that could prove a filter."""

    def __init__(self, plan: WritePlan, search: RecordSearch, *, dry_run: bool = False) -> None:
        self._plan, self._search, self._dry_run = plan, search, dry_run
        self._kinds = {path: self._kind(path) for path in plan.found_by}
        self._first = threading.Lock()

    def find(self, document: Document, *, fresh: bool = False) -> Match | None:
        """The record with these values, None where there is none. `fresh`: an earlier answer does not count."""
        if self._plan.found_by == ("id",):
            return Match({}, document.found_by[0] or "")
        entity, keys, conditions = self._plan.entity.name, self._plan.entity.keys, self._conditions(document)
        if fresh:
            self._search.forget(entity, conditions, keys)
        # An archived document is one that is there: lists leave it out unless they are asked for it (guide).
        found = self._search.find(entity, conditions, keys, archived=self._plan.mode.inserts)
        if len(found) > 1:
            fields = " and ".join(self._plan.found_by)
            text = f"{how_many(found)} records of {entity} have this value in {fields}, and which is meant is unclear"
            raise UnmappableRecord(FieldError("", text))
        if not found:
            return None
        key = {name: field_text_at(found[0], name) for name in keys}
        whole = {name: text for name, text in key.items() if text}
        return Match(whole if len(whole) == len(keys) else {}, str(found[0].get("id", "")), found[0])

    def insert(self, document: Document, insert: Callable[[], Work[Outcome]]) -> Work[Outcome]:
        """Insert what was not found. While the filter has not been seen to work, one after the other, and the first
        record has to be found again: otherwise each further one could double."""
        if self._is_proven():
            return (yield from insert())
        polls = _POLL.pauses()
        while not self._first.acquire(blocking=False):
            yield Wait(next(polls), "the first insert of the stream has to show that records are found again")
        try:
            if self._is_proven():
                return (yield from insert())
            outcome = yield from insert()
            if isinstance(outcome, Written):
                self._search.prove_by(self._plan.entity.name, self._conditions(document))
            return outcome
        finally:
            self._first.release()

    def _is_proven(self) -> bool:
        return self._dry_run or self._search.proven(self._plan.entity.name, self._kinds)

    def _conditions(self, document: Document) -> tuple[Condition, ...]:
        pairs = zip(self._plan.found_by, document.found_by, strict=True)
        return tuple(Condition(path, value or "", self._kinds[path]) for path, value in pairs)

    def _kind(self, path: str) -> ValueType:
        return comparable(path, self._plan.entity.shape, self._plan.shapes) or ValueType.GUID
