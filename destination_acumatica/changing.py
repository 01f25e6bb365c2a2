"""What of a document is to be written into the record that was found: only what is otherwise there. Sends nothing."""

from __future__ import annotations

from collections.abc import Mapping

from destination_acumatica.comparison import decoded
from destination_acumatica.lookup import custom_paths, nested_paths
from destination_acumatica.mapping import Document, Mapper
from destination_acumatica.merging import Merged, merge
from destination_acumatica.plan import WritePlan

Payload = Mapping[str, object]


def wanted_payload(mapper: Mapper, document: Document) -> Payload:
    """All that the document wants to say, with the ids of its lines: some may be those of the record. Raises Unfit."""
    sent = decoded(mapper.payload(document, with_ids=document.tree.keys()))
    return sent if isinstance(sent, Mapping) else {}


def to_be_read(sent: Payload) -> tuple[list[str], list[str]]:
    """What a record has to be read with, to be compared: nested members, and custom fields."""
    return nested_paths(sent), custom_paths(sent)


def change_of(plan: WritePlan, mapper: Mapper, document: Document, found: Payload) -> Merged:
    """The smaller payload, None where all is there; or why it is unclear which lines are which. Raises Unfit."""
    shape = plan.entity.shape
    merged = merge(wanted_payload(mapper, document), found, shape, plan.shapes, plan.lines)
    if merged.body is None or document.keyed or not document.id:
        return merged
    return Merged({"id": document.id, **merged.body}, (), merged.added, merged.updated, merged.deleted)
