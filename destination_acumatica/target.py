"""Where the records of one stream go: its plan, its mapper and its writer, together. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

import msgspec

from destination_acumatica.endpoint import Endpoint
from destination_acumatica.finding import Finder
from destination_acumatica.mapping import Document, Mapper
from destination_acumatica.messages import StreamName
from destination_acumatica.outcome import Outcome
from destination_acumatica.plan import WritePlan
from destination_acumatica.superseding import covers
from destination_acumatica.writer import RecordWriter


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
        return self.writer.write(document)

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
    rehearsal: bool = False,
) -> dict[StreamName, Target]:
    """A target for each plan. `pause` waits some seconds; a `rehearsal` has an endpoint that saves nothing."""
    schema, finder = endpoint.schema(), Finder(endpoint)

    def target(plan: WritePlan) -> Target:
        mapper = Mapper(plan, schema)
        return Target(
            plan, mapper, RecordWriter(plan, mapper, endpoint, pause=pause, finder=finder, rehearsal=rehearsal)
        )

    return {name: target(plan) for name, plan in plans.items()}
