"""The order of streams: by what their entities say of each other, or as the user puts them. Pure.

    a value is looked up in another entity  ->  that one comes first
    an entity has a field that is named like another entity (Bill: Vendor), or fields like all of its key (SalesOrder:
    CustomerID)  ->  the other entity comes first

The second rule is made of names alone, since no document of the API says what a field refers to. UNVERIFIED where a
name is used otherwise; a wrong guess costs a little waiting and nothing else: a record waits for earlier ones only, so
a circle of guesses blocks no record. Two streams that each seem to come before the other are not ordered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from acumatica_client.schema.model import EntitySchema, EntityShape
from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.plan.write_plan import WritePlan

Parents = Mapping[StreamName, frozenset[StreamName]]  # stream -> those right above it

_DEEPEST = 3  # of nested members whose fields are looked at: lines of a document, and what hangs on them
# Keys that many entities have by this name without meaning one another.
_COMMON = frozenset({"NoteID", "ClassID", "RefNbr", "ReferenceNbr", "FinancialYear", "CodeID", "TypeID", "Type"})


def parents_of(plans: Mapping[StreamName, WritePlan], chosen: Sequence[str] = ()) -> Parents:
    """For each stream those right before it. `chosen` names streams in the order that the user wants, which counts more
    than any guess."""
    whole = {stream: plan for stream, plan in plans.items() if plan.orphans is None}
    wanted = {
        stream: _earlier(stream, whole, chosen) | _looked_up(plan, whole.values(), chosen)
        for stream, plan in whole.items()
    }
    guessed = {stream: set(_guessed(plan, whole.values(), frozenset(chosen))) for stream, plan in whole.items()}
    parents = {
        stream: wanted[stream] | {other for other in guessed[stream] if stream not in guessed[other]}
        for stream in whole
    }
    return _with_lines(parents, {stream: plan.orphans.documents for stream, plan in plans.items() if plan.orphans})


def _with_lines(parents: dict[StreamName, set[StreamName]], lines: Mapping[StreamName, StreamName]) -> Parents:
    """Lines stand where their documents stand, right behind them. `lines`: their stream -> that of the documents."""
    below = {
        stream: above | {one for one, documents in lines.items() if documents in above}
        for stream, above in parents.items()
    }
    beside = {stream: {*parents[documents], documents} for stream, documents in lines.items()}
    return {stream: frozenset(above) for stream, above in (below | beside).items()}


def followers_of(parents: Parents, documents: Collection[StreamName]) -> frozenset[StreamName]:
    """The streams whose records wait for documents, at whatever distance. None that the documents wait for is among
    them, not even where guesses make a circle."""
    below, above = _reached(_turned(parents), documents), _reached(parents, documents)
    return below - above - frozenset(documents)


def _turned(parents: Parents) -> Parents:
    return {stream: frozenset(child for child in parents if stream in parents[child]) for stream in parents}


def _reached(steps: Parents, start: Iterable[StreamName]) -> frozenset[StreamName]:
    found, left = set[StreamName](), list(start)
    while left:
        new = steps.get(left.pop(), frozenset()) - found
        found |= new
        left += new
    return frozenset(found)


def order_sentences(parents: Parents) -> Iterator[str]:
    """One sentence for each stream that waits for others."""
    for stream, above in parents.items():
        if above:
            yield f"Stream {stream}: its records wait for earlier ones of {', '.join(sorted(map(str, above)))}."


def _guessed(plan: WritePlan, plans: Iterable[WritePlan], chosen: frozenset[str]) -> Iterator[StreamName]:
    names = frozenset(_field_names(plan.entity.shape, plan.shapes)) - frozenset(plan.entity.keys)
    for other in plans:
        both_chosen = {plan.stream.name, other.stream.name} <= chosen
        if other.entity.name != plan.entity.name and not both_chosen and _refers(names, other.entity):
            yield other.stream


def _looked_up(plan: WritePlan, plans: Iterable[WritePlan], chosen: Sequence[str]) -> set[StreamName]:
    """The streams whose entities its values are looked up in, where the user does not order the two."""
    entities = {lookup.entity for lookup in plan.mapping.lookups()} - {plan.entity.name}
    streams = {other.stream for other in plans if other.entity.name in entities}
    return {one for one in streams if not {plan.stream.name, one.name} <= set(chosen)}


def _refers(names: frozenset[str], entity: EntitySchema) -> bool:
    """Whether fields of these names would have the entity's key."""
    key = frozenset(entity.keys)
    return entity.name in names or (key <= names and bool(key - _COMMON))


def _field_names(shape: EntityShape, shapes: Mapping[str, EntityShape], depth: int = 0) -> Iterator[str]:
    yield from shape.fields
    if depth < _DEEPEST:
        for inner in {*shape.linked.values(), *shape.details.values()}:
            yield from _field_names(shapes[inner], shapes, depth + 1)


def _earlier(stream: StreamName, plans: Iterable[StreamName], chosen: Sequence[str]) -> set[StreamName]:
    """What the user puts before a stream."""
    earlier = chosen[: chosen.index(stream.name)] if stream.name in chosen else ()
    return {other for other in plans if other.name in earlier}
