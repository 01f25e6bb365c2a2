"""What a document wants to say of a record, and what the record has to be read with to be compared. Sends nothing."""

from __future__ import annotations

from collections.abc import Mapping

from destination_acumatica.payload.document import Document, Mapper
from destination_acumatica.write.record_read import custom_paths, nested_paths

Payload = Mapping[str, object]


def wanted_payload(mapper: Mapper, document: Document) -> Payload:
    """All that the document wants to say, with the ids of its lines: some may be those of the record. Raises
    UnmappableRecord."""
    return mapper.payload(document, with_ids=True)


def to_be_read(sent: Payload) -> tuple[list[str], list[str]]:
    """What a record has to be read with, to be compared: nested members, and custom fields."""
    return nested_paths(sent), custom_paths(sent)
