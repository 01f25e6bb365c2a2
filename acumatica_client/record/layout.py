"""Which members a record has and which nested ones are wanted: a tree as deep as `$expand`. Knows no JSON.

The shapes of a schema may refer to themselves; a layout is cut to the expand paths, so it is always finite.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from acumatica_client.errors import SettingsError
from acumatica_client.schema import EndpointSchema, EntityShape

FILES = "files"


@dataclass(frozen=True)
class Layout:
    """One level of a record: all fields of the shape, and of the nested members only those that were asked for.

    `unwanted` are the nested members that the shape has but nobody asked for.
    """

    shape: EntityShape
    linked: Mapping[str, Layout] = field(default_factory=dict)
    details: Mapping[str, Layout] = field(default_factory=dict)
    files: bool = False

    @property
    def unwanted(self) -> tuple[str, ...]:
        nested = (*self.shape.linked, *self.shape.details)
        return tuple(name for name in nested if name not in self.linked and name not in self.details)


def lay_out(schema: EndpointSchema, entity: str, expand: Collection[str] = ()) -> Layout:
    """The layout of an entity with the nested members of `expand`, such as `MainContact/Address`, `Details`, `files`.

    A path implies the members on its way. Raises `SettingsError` for an entity or a member that the schema lacks.
    """
    if entity not in schema.entities:
        raise SettingsError(f"The endpoint {schema.endpoint}/{schema.version} has no entity {entity}.")
    return _branch(schema, schema.entities[entity].shape, [path.split("/") for path in expand], entity)


def _branch(schema: EndpointSchema, shape: EntityShape, paths: list[list[str]], place: str) -> Layout:
    below: dict[str, list[list[str]]] = {}
    for first, *rest in paths:
        below.setdefault(first, []).extend([rest] if rest else [])
    files = below.pop(FILES, None) is not None
    for name in below:
        if name not in shape.linked and name not in shape.details:
            raise SettingsError(f"{place} has no nested member {name!r} to expand.")

    def grow(members: Mapping[str, str]) -> dict[str, Layout]:
        return {
            name: _branch(schema, schema.shapes[target], below[name], f"{place}/{name}")
            for name, target in members.items()
            if name in below
        }

    return Layout(shape, grow(shape.linked), grow(shape.details), files)


def expansions(schema: EndpointSchema, entity: str, depth: int = 2) -> tuple[str, ...]:
    """Every `$expand` path of an entity down to `depth`, parents before children, in the order of the schema.

    No shape is repeated along a path, so the list ends even where shapes refer to themselves.
    """
    if entity not in schema.entities:
        raise SettingsError(f"The endpoint {schema.endpoint}/{schema.version} has no entity {entity}.")
    shape = schema.entities[entity].shape
    return tuple(_paths(schema, shape, depth, frozenset({shape.name})))


def _paths(schema: EndpointSchema, shape: EntityShape, depth: int, seen: frozenset[str]) -> Iterator[str]:
    if depth < 1:
        return
    for name, target in (*shape.linked.items(), *shape.details.items()):
        if target not in seen:
            yield name
            yield from (f"{name}/{path}" for path in _paths(schema, schema.shapes[target], depth - 1, seen | {target}))
