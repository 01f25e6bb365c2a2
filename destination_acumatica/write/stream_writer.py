"""Where the records of one stream go: its plan, its mapper and its writer, together. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

import msgspec

from acumatica_client.rest.query import Query
from destination_acumatica.completion.actions import ActionRunner
from destination_acumatica.completion.attachments import Attacher
from destination_acumatica.completion.file_download import fetch_nothing
from destination_acumatica.completion.finalizer import Finisher
from destination_acumatica.completion.readback import Prover, Verify
from destination_acumatica.input.messages import StreamName
from destination_acumatica.payload.document import Document, Mapper
from destination_acumatica.plan.write_plan import WritePlan
from destination_acumatica.write.endpoint import Endpoint
from destination_acumatica.write.outcome import Outcome
from destination_acumatica.write.record_read import read_record
from destination_acumatica.write.record_search import Finder
from destination_acumatica.write.record_writer import RecordWriter
from destination_acumatica.write.superseding import covers


@dataclass(frozen=True)
class Target:
    """One stream's way into the ERP."""

    plan: WritePlan
    mapper: Mapper
    writer: RecordWriter

    def document(self, columns: Mapping[str, msgspec.Raw]) -> Document:
        return self.mapper.document(columns)

    def lane(self, document: Document) -> Hashable | None:
        return self.mapper.lane(document)

    def write(self, document: Document) -> Outcome:
        orphans = self.plan.orphans
        return (orphans and orphans.outcome_of(deleted=document.deleted)) or self.writer.write(document)

    def covers(self, later: Document, earlier: Document) -> bool:
        """Whether writing `later` alone has the effect of writing both, which have one key."""
        return covers(self.plan, later, earlier)

    def label(self, document: Document, number: int) -> str:
        """What to call a record in a message: its key, or its place in the input; never its content."""
        pairs = zip(self.plan.entity.keys, document.key, strict=True)
        named = ", ".join(f"{name} {part}" for name, part in pairs if part is not None)
        return f"{self.plan.entity.name} {named or '(no key)'}, record {number} of the input"


def targets_of(
    plans: Mapping[StreamName, WritePlan],
    endpoint: Endpoint,
    *,
    pause: Callable[[float], object],
    fetch: Callable[[str], bytes] = fetch_nothing,
    rehearsal: bool = False,
) -> dict[StreamName, Target]:
    """A target for each plan. `pause` waits some seconds, `fetch` gives the bytes at an address; a `rehearsal` has an
    endpoint that saves nothing."""
    schema, finder = endpoint.schema(), Finder(endpoint)

    def target(plan: WritePlan) -> Target:
        mapper, finisher = Mapper(plan, schema), finisher_of(plan, endpoint, fetch, pause, rehearsal=rehearsal)
        return Target(
            plan, mapper, RecordWriter(plan, mapper, endpoint, finisher, finder, pause=pause, rehearsal=rehearsal)
        )

    return {name: target(plan) for name, plan in plans.items()}


def finisher_of(
    plan: WritePlan,
    endpoint: Endpoint,
    fetch: Callable[[str], bytes],
    pause: Callable[[float], object],
    *,
    rehearsal: bool = False,
) -> Finisher:
    """What comes behind the writes of a plan. Of records that are not saved nothing can be proved, and nothing be done
    with them."""

    def read(key: Mapping[str, str], query: Query) -> Mapping[str, object] | None:
        return read_record(endpoint, plan.entity.name, key, query)

    verify = Verify.OFF if rehearsal else plan.verify
    files, actions = ((), ()) if rehearsal else (plan.files, plan.actions)
    parameters = endpoint.schema().parameters
    return Finisher(
        Prover(plan.entity, plan.shapes, read, verify, plan.lines, pause=pause),
        Attacher(plan.entity, files, endpoint, read, fetch),
        ActionRunner(plan.entity, actions, endpoint.invoke, read, parameters),
    )
