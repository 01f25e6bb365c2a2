"""Whether a record makes an earlier one of its key needless, while that one still waits. Pure.

A source of changes sends one customer ten times in a second. Of those that wait for their turn only the last has to be
written, if it says everything that the ones before it say: a field that it leaves out, or null where an earlier one
has a value, would otherwise keep the value of neither.
"""

from __future__ import annotations

import msgspec

from destination_acumatica.config.modes import Mode
from destination_acumatica.payload.document import Document
from destination_acumatica.payload.json_values import NULL
from destination_acumatica.payload.record_mapper import Node
from destination_acumatica.plan.write_plan import WritePlan

_NESTED = (b"{", b"[")


def covers(plan: WritePlan, later: Document, earlier: Document) -> bool:
    """Whether an upsert of `later` leaves what upserts of both would. Both have the same key."""
    if plan.mode is not Mode.UPSERT or later.deleted or earlier.deleted:
        return False
    if plan.actions or plan.files:  # they belong to each record, by columns that are none of its fields
        return False
    return all(_covers(name, node, later) for name, node in earlier.tree.items())


def _covers(name: str, node: Node, later: Document) -> bool:
    """Nested members are merged with what is there, so they are never made up for by others; nor is a value that has
    still to be looked up."""
    if not isinstance(node, msgspec.Raw) or bytes(node).startswith(_NESTED) or name not in later.tree:
        return False
    return node == NULL or later.tree[name] != NULL
