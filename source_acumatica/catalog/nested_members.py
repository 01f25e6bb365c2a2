"""Which nested members an entity offers, as paths: linked entities, details, details of details. Names no stream.

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
class Members:
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


def members_of(schema: EndpointSchema, entity: EntitySchema) -> Members:
    """No shape is repeated along a path: some refer to themselves."""
    return Members(
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
