"""Load the record that a document means: by key, by id or by fields, with all that the document may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acumatica_client.errors import FieldError
from destination_acumatica.erp.endpoint import ReadEndpoint
from destination_acumatica.erp.record_read import custom_paths, find_record, nested_paths
from destination_acumatica.erp.record_search import field_text_at
from destination_acumatica.payload.document import Document, Mapper
from destination_acumatica.payload.payload import UnmappableRecord
from destination_acumatica.plan.write_plan import WritePlan
from destination_acumatica.write.record_matcher import Match, RecordMatcher

Payload = Mapping[str, object]
_UNREADABLE = "it is found as {name}, but Acumatica does not show that record, neither by its key nor by its id"


@dataclass(frozen=True)
class RecordLoader:
    """Loads the records of one plan. Safe for many threads."""

    plan: WritePlan
    mapper: Mapper
    endpoint: ReadEndpoint
    matcher: RecordMatcher

    def load(self, document: Document) -> tuple[Document, Payload | None]:
        """The document under the name of the record that it means, and that record; None where there is none.

        Raises UnmappableRecord where the document does not say which it means, or means several; and AcumaticaError.
        """
        if document.matchable and (self.plan.match or not document.keyed):
            return self._by_fields(document)
        missing = self.mapper.missing_key(document)
        if missing:
            raise UnmappableRecord(*missing)
        key = dict(zip(self.plan.entity.keys, document.full_key(), strict=True))
        return document, self._read(document, key)

    def _by_fields(self, document: Document) -> tuple[Document, Payload | None]:
        for fresh in (False, True):  # an answer that was kept may name a record that is gone
            match = self.matcher.find(document, fresh=fresh)
            if match is None:
                return document, None
            found = self._read(document, match.key or {"id": match.id})
            if found is None and fresh:
                found = self._read_by_id(document, match)
            if found is not None:
                return self.mapper.known_as(document, match.key or self._key_of(found), match.id), found
        return document, None

    def _read_by_id(self, document: Document, match: Match) -> Payload | None:
        """Not every key is found by an address with it. Raises UnmappableRecord for a record that is there
        and cannot be read: taken for missing, it would be made once more."""
        found = self._read(document, {"id": match.id}) if match.key and match.id else None
        if found is None and self.plan.found_by != ("id",):  # an id comes from the document itself, not from a search
            raise UnmappableRecord(FieldError("", _UNREADABLE.format(name=match.name())))
        return found

    def _key_of(self, found: Payload) -> dict[str, str]:
        """The business key that a record shows; empty where it shows none."""
        parts = {name: field_text_at(found, name) for name in self.plan.entity.keys}
        whole = {name: part for name, part in parts.items() if part}
        return whole if len(whole) == len(parts) else {}

    def _read(self, document: Document, key: Mapping[str, str]) -> Payload | None:
        sent = self.mapper.payload(document, with_ids=True)
        expand, custom = nested_paths(sent), custom_paths(sent)
        return find_record(self.endpoint, self.plan.entity.name, key, expand=expand, custom=custom)
