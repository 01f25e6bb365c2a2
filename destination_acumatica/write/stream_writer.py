"""Where the records of one stream go: its plan, its mapper and its writer, together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

import msgspec

from acumatica_client.rest.query import Query
from destination_acumatica.completion.actions import ActionRunner
from destination_acumatica.completion.attachments import Attacher, fetch_nothing
from destination_acumatica.completion.finalizer import Finalizer
from destination_acumatica.completion.readback import Readback
from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.config.modes import Mode
from destination_acumatica.config.stream_settings import Verify
from destination_acumatica.erp.endpoint import Endpoint
from destination_acumatica.erp.outcome import Outcome
from destination_acumatica.erp.record_read import read_record
from destination_acumatica.erp.record_search import RecordSearch
from destination_acumatica.erp.waits import Work, complete
from destination_acumatica.fields.json_values import NULL
from destination_acumatica.payload.document import Document, Mapper
from destination_acumatica.payload.record_mapper import NO_CHANGES
from destination_acumatica.payload.record_tree import Node
from destination_acumatica.plan.write_plan import WritePlan
from destination_acumatica.write.record_loader import RecordLoader
from destination_acumatica.write.record_matcher import RecordMatcher
from destination_acumatica.write.record_writer import RecordWriter
from destination_acumatica.write.sender import Sender
from destination_acumatica.write.strategy import StreamAccess

_NESTED = (b"{", b"[")


@dataclass(frozen=True)
class StreamWriter:
    """Writes the records of one stream. `pause` waits some seconds."""

    plan: WritePlan
    mapper: Mapper
    writer: RecordWriter
    pause: Callable[[float], object]

    def document(self, columns: Mapping[str, msgspec.Raw], changes: Mapping[str, str] = NO_CHANGES) -> Document:
        return self.mapper.document(columns, changes)

    def lane(self, document: Document) -> Hashable | None:
        return self.mapper.lane(document)

    def begin(self, document: Document) -> Work[Outcome]:
        """The writing of a document, which may have to wait in between."""
        orphans = self.plan.orphans
        outcome = orphans.outcome_of(deleted=document.deleted) if orphans else None
        return outcome or (yield from self.writer.write(document))

    def write(self, document: Document) -> Outcome:
        """The same, waited for on this thread."""
        return complete(self.begin(document), self.pause)

    def covers(self, later: Document, earlier: Document) -> bool:
        """Whether writing `later` alone has the effect of writing both, which have one key.

        A source of changes sends one customer ten times in a second. Of those that wait only the last has to be
        written, if it says everything that the ones before it say: a field that it leaves out, or null where an earlier
        one has a value, would otherwise keep the value of neither. What it brings: decision 19.
        """
        plan = self.plan
        if plan.mode is not Mode.UPSERT or later.deleted or earlier.deleted:
            return False
        if plan.actions or plan.files:  # they belong to each record, by columns that are none of its fields
            return False
        return all(_covers(name, node, later) for name, node in earlier.tree.items())

    def label(self, document: Document, number: int) -> str:
        """What to call a record in a message: what identifies it, and its place in the input."""
        named = self.mapper.name_of(document)
        return f"{self.plan.entity.name} {named or '(no key)'}, record {number} of the input"


def stream_writers(
    plans: Mapping[StreamName, WritePlan],
    endpoint: Endpoint,
    *,
    pause: Callable[[float], object],
    fetch: Callable[[str], bytes] = fetch_nothing,
    dry_run: bool = False,
) -> dict[StreamName, StreamWriter]:
    """A writer for each plan. `pause` waits some seconds, `fetch` downloads the bytes at an address; in a `dry_run` the
    endpoint saves nothing."""
    schema, search = endpoint.schema(), RecordSearch(endpoint)

    def writer(plan: WritePlan) -> StreamWriter:
        mapper, matcher = Mapper(plan, schema), RecordMatcher(plan, search, dry_run=dry_run)
        access = StreamAccess(
            plan,
            mapper,
            endpoint,
            matcher,
            RecordLoader(plan, mapper, endpoint, matcher),
            Sender(plan, mapper, endpoint, finalizer_of(plan, endpoint, fetch, dry_run=dry_run), pause),
        )
        return StreamWriter(plan, mapper, RecordWriter(access, search), pause)

    return {name: writer(plan) for name, plan in plans.items()}


def finalizer_of(
    plan: WritePlan, endpoint: Endpoint, fetch: Callable[[str], bytes], *, dry_run: bool = False
) -> Finalizer:
    """What follows the writes of a plan. Records that are not saved cannot be read back, and nothing is done with
    them."""

    def read(key: Mapping[str, str], query: Query) -> Mapping[str, object] | None:
        return read_record(endpoint, plan.entity.name, key, query)

    verify = Verify.OFF if dry_run else plan.verify
    files, actions = ((), ()) if dry_run else (plan.files, plan.actions)
    parameters = endpoint.schema().parameters
    return Finalizer(
        Readback(plan.entity, plan.shapes, read, verify, plan.lines),
        Attacher(plan.entity, files, endpoint, read, fetch),
        ActionRunner(plan.entity, actions, endpoint.invoke, read, parameters),
    )


def _covers(name: str, node: Node, later: Document) -> bool:
    """Nested members are merged with what is there, so others never replace them; nor a value that has still to be
    looked up."""
    if not isinstance(node, msgspec.Raw) or bytes(node).startswith(_NESTED) or name not in later.tree:
        return False
    return node == NULL or later.tree[name] != NULL
