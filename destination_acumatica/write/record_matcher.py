"""Which record of the ERP a document means, where fields find it and not its key. Asks through `finding`.

no match          it is new, once the filter has shown that it works (see `finding`)
one match         that one: from here on by its key, or by its id where the entity has no known key
several           the record is rejected; to take one of them would be a guess
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from acumatica_client.errors import FieldError
from acumatica_client.schema.model import ValueType
from destination_acumatica.erp.outcome import Outcome, Written
from destination_acumatica.erp.record_search import Condition, Finder, Payload, field_text_at, how_many
from destination_acumatica.payload.document import Document
from destination_acumatica.payload.unfit import Unfit
from destination_acumatica.plan.field_paths import comparable
from destination_acumatica.plan.write_plan import WritePlan


@dataclass(frozen=True)
class Known:
    """A record that is there: its business key (empty where none is known), its id, and what an answer showed of it."""

    key: Mapping[str, str]
    id: str
    record: Payload = field(default_factory=dict)

    def name(self) -> str:
        return " ".join(self.key.values()) or self.id


class Matcher:
    """Finds the records of one plan. Safe for many threads; raises AcumaticaError, and Unfit for several matches."""

    def __init__(self, plan: WritePlan, finder: Finder, *, rehearsal: bool = False) -> None:
        self._plan, self._finder, self._rehearsal = plan, finder, rehearsal
        self._kinds = {path: self._kind(path) for path in plan.found_by}
        self._first = threading.Lock()

    def find(self, document: Document, *, fresh: bool = False) -> Known | None:
        """The record with these values, None where there is none. `fresh`: an earlier answer does not count."""
        if self._plan.found_by == ("id",):
            return Known({}, document.found_by[0] or "")
        entity, keys, conditions = self._plan.entity.name, self._plan.entity.keys, self._conditions(document)
        if fresh:
            self._finder.forget(entity, conditions, keys)
        # An archived document is one that is there: lists leave it out unless they are asked for it (guide).
        found = self._finder.find(entity, conditions, keys, archived=self._plan.mode.inserts)
        if len(found) > 1:
            fields = " and ".join(self._plan.found_by)
            text = f"{how_many(found)} records of {entity} have this value in {fields}, and which is meant is unclear"
            raise Unfit(FieldError("", text))
        if not found:
            return None
        key = {name: field_text_at(found[0], name) for name in keys}
        whole = {name: text for name, text in key.items() if text}
        return Known(whole if len(whole) == len(keys) else {}, str(found[0].get("id", "")), found[0])

    def insert(self, document: Document, insert: Callable[[], Outcome]) -> Outcome:
        """Insert what was not found. While nobody has seen the filter work, one after the other, and the first record
        has to be found again: otherwise each further one could double."""
        if self._rehearsal or self._finder.proven(self._plan.entity.name, self._kinds):
            return insert()
        with self._first:
            if self._finder.proven(self._plan.entity.name, self._kinds):
                return insert()
            outcome = insert()
            if isinstance(outcome, Written):
                self._finder.prove_by(self._plan.entity.name, self._conditions(document))
            return outcome

    def _conditions(self, document: Document) -> tuple[Condition, ...]:
        pairs = zip(self._plan.found_by, document.found_by, strict=True)
        return tuple(Condition(path, value or "", self._kinds[path]) for path, value in pairs)

    def _kind(self, path: str) -> ValueType:
        return comparable(path, self._plan.entity.shape, self._plan.shapes) or ValueType.GUID
