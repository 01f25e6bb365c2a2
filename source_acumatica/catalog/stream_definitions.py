"""Which streams an endpoint can give, under which names, and which nested members each may show.

SalesOrder                        the records of an entity
SalesOrder_Details                the rows of a detail
SalesOrder_Details_Allocations    the rows of a detail of theirs

Nested members are named by paths: linked entities, details, details of details.

    SalesOrder   linked    BillToContact, BillToAddress, ...
                 details   Details, Details/Allocations, Commissions/SalesPersons, ...
    Customer     linked    MainContact, MainContact/Address, ...     but not MainContact/Activities:

a linked entity that the endpoint also offers by itself is shown without its details. They are the rows of that entity
(`Contact_Activities`), and expanding them once for each of five contacts makes a list that Acumatica refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from acumatica_client.schema.model import EndpointSchema, EntitySchema, EntityShape

FILES = "files"


@dataclass(frozen=True)
class StreamDefinition:
    """A stream that could be read: the records of an entity, or the rows of its `detail` (a path)."""

    name: str
    entity: EntitySchema
    detail: str = ""


def stream_definitions(schema: EndpointSchema) -> Mapping[str, StreamDefinition]:
    """Every stream by its name: each entity that a list can give, followed by its details.

    Destinations fold the case of names. So a detail whose name is taken, in any case, gets `_rows` behind it; names of
    entities are the endpoint's own and stay.
    """
    taken = {entity.name.casefold() for entity in schema.entities.values()}
    found: dict[str, StreamDefinition] = {}
    for entity in schema.readable():
        found[entity.name] = StreamDefinition(entity.name, entity)
        for detail in nested_members(schema, entity).details:
            name = f"{entity.name}_{detail.replace('/', '_')}"
            while name.casefold() in taken:
                name += "_rows"
            taken.add(name.casefold())
            found[name] = StreamDefinition(name, entity, detail)
    return found


@dataclass(frozen=True)
class NestedMembers:
    """The nested members of one entity, two levels deep, parents before children."""

    linked: tuple[str, ...]
    details: tuple[str, ...]
    of_rows: tuple[str, ...]
    """The linked entities of rows, such as `Details/PurchasingSettings`."""

    def arrays(self) -> tuple[str, ...]:
        """The details as they are nested in their record."""
        return (*self.details, *self.of_rows)

    def beside(self, detail: str) -> tuple[str, ...]:
        """The linked entities of the rows of a detail."""
        return tuple(path for path in self.of_rows if path.rpartition("/")[0] == detail)


def nested_members(schema: EndpointSchema, entity: EntitySchema) -> NestedMembers:
    """No shape is repeated along a path: some refer to themselves."""
    return NestedMembers(
        linked=tuple(_linked(schema, entity.shape)),
        details=tuple(_details(schema, entity.shape)),
        of_rows=tuple(_of_rows(schema, entity.shape)),
    )


def with_files(paths: tuple[str, ...], details: tuple[str, ...]) -> tuple[str, ...]:
    """The paths, with the files of the record and of the rows of these details."""
    return (*paths, FILES, *(f"{detail}/{FILES}" for detail in details))


def _linked(schema: EndpointSchema, shape: EntityShape) -> Iterator[str]:
    for name, target in _others(shape.linked, shape.name):
        yield name
        yield from _below(schema.shapes[target].linked, name, shape.name, target)


def _details(schema: EndpointSchema, shape: EntityShape) -> Iterator[str]:
    for name, target in _others(shape.details, shape.name):
        yield name
        yield from _below(schema.shapes[target].details, name, shape.name, target)
    for name, target in _others(shape.linked, shape.name):
        if target not in schema.entities:
            yield from _below(schema.shapes[target].details, name, shape.name, target)


def _of_rows(schema: EndpointSchema, shape: EntityShape) -> Iterator[str]:
    for name, target in _others(shape.details, shape.name):
        yield from _below(schema.shapes[target].linked, name, shape.name, target)


def _below(nested: Mapping[str, str], place: str, *seen: str) -> Iterator[str]:
    return (f"{place}/{name}" for name, _ in _others(nested, *seen))


def _others(nested: Mapping[str, str], *seen: str) -> Iterator[tuple[str, str]]:
    return ((name, target) for name, target in nested.items() if target not in seen)


def shape_at(schema: EndpointSchema, shape: EntityShape, path: str) -> EntityShape:
    """The shape at the end of a path of linked entities and details."""
    for name in path.split("/") if path else ():
        shape = schema.shapes[{**shape.linked, **shape.details}[name]]
    return shape
