"""Which streams an endpoint can give, and under which names. Describes none of them.

SalesOrder                        the records of an entity
SalesOrder_Details                the rows of a detail
SalesOrder_Details_Allocations    the rows of a detail of theirs
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acumatica_client.schema.model import EndpointSchema, EntitySchema
from source_acumatica.catalog.nested_members import members_of


@dataclass(frozen=True)
class Offer:
    """A stream that could be read: the records of an entity, or the rows of its `detail` (a path)."""

    name: str
    entity: EntitySchema
    detail: str = ""


def offers(schema: EndpointSchema) -> Mapping[str, Offer]:
    """Every stream by its name: each entity that a list can give, followed by its details.

    Destinations fold the case of names. So a detail whose name is taken, in any case, gets `_rows` behind it; names of
    entities are the endpoint's own and stay.
    """
    taken = {entity.name.casefold() for entity in schema.entities.values()}
    found: dict[str, Offer] = {}
    for entity in schema.readable():
        found[entity.name] = Offer(entity.name, entity)
        for detail in members_of(schema, entity).details:
            name = f"{entity.name}_{detail.replace('/', '_')}"
            while name.casefold() in taken:
                name += "_rows"
            taken.add(name.casefold())
            found[name] = Offer(name, entity, detail)
    return found
