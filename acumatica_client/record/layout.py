"""Which members a record has, and which nested ones are read: a tree as deep as `$expand`.

The shapes of a schema may refer to themselves; a layout is cut to the paths asked for, so it is always finite.

    expand  Details            Details is nested in the record
    rows    Details            the rows of Details are records of their own; not nested, unless `expand` names it too
    expand  Details/Part, with rows Details        Part is nested in those rows
    select  OrderNbr, Details/LineNbr              only these fields of these levels, and what identifies a record
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from acumatica_client.errors import SettingsError
from acumatica_client.record.columns import Column, custom_columns, field_columns
from acumatica_client.record.line_keys import line_key
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EndpointSchema, EntityShape, ValueType
from acumatica_client.schema.system_members import FILES, RECORD_MEMBERS


@dataclass(frozen=True)
class Layout:
    """One level of a record: its fields, and of the nested members only those that were asked for.

    `chosen` are the fields asked for, None for all. `hidden` are the nested members that are read for their rows only,
    and are not in the record. `custom` are the custom fields that become columns of this level.
    """

    shape: EntityShape
    linked: Mapping[str, Layout] = field(default_factory=dict)
    details: Mapping[str, Layout] = field(default_factory=dict)
    files: bool = False
    chosen: frozenset[str] | None = None
    hidden: frozenset[str] = frozenset()
    custom: tuple[CustomField, ...] = ()

    @property
    def fields(self) -> dict[str, ValueType]:
        """The fields that are read, in the order of the schema."""
        every = self.shape.fields
        return {name: kind for name, kind in every.items() if self.chosen is None or name in self.chosen}

    @property
    def columns(self) -> tuple[Column, ...]:
        """The scalar columns of the record, in order; those of custom fields come last, see `custom_columns`."""
        return field_columns(self.fields, self.shape.members() | RECORD_MEMBERS)

    @property
    def custom_columns(self) -> dict[str, CustomField]:
        """Column -> custom field, in order."""
        taken = {*RECORD_MEMBERS, *self.shape.members(), *(column.name for column in self.columns)}
        return custom_columns(self.custom, taken)

    @property
    def nested(self) -> dict[str, Layout]:
        """The nested members that are read, linked entities first."""
        return {**self.linked, **self.details}

    @property
    def unwanted(self) -> tuple[str, ...]:
        """Members of the shape that were not requested; some servers send them all the same."""
        wanted = {*self.fields, *self.linked, *self.details}
        every = (*self.shape.fields, *self.shape.linked, *self.shape.details)
        return tuple(name for name in every if name not in wanted)

    @property
    def restricted(self) -> bool:
        """Whether anything here or below has fields that were not chosen."""
        return self.chosen is not None or any(inner.restricted for inner in self.nested.values())


@dataclass(frozen=True)
class _RequestedMembers:
    """What was asked for, as paths. A `place` is the beginning of paths: empty, or with a slash at its end."""

    expand: tuple[str, ...]
    rows: tuple[str, ...]
    custom: tuple[CustomField, ...]
    select: tuple[str, ...]

    def parts(self, place: str, shape: EntityShape) -> dict[str, None]:
        """The nested members asked for at a place."""
        below = [path.removesuffix(FILES) if _is_files(path) else f"{path}/" for path in (*self.expand, *self.rows)]
        below += [f"{one.place}/" for one in self.custom if one.place]
        below += [path for path in self.select if "/" in path[len(place) :]]
        found = dict.fromkeys(
            path[len(place) :].partition("/")[0] for path in below if path.startswith(place) and path != place
        )
        nested = (name for name in self.names(place) or () if name in shape.linked or name in shape.details)
        return found | dict.fromkeys(nested)

    def names(self, place: str) -> dict[str, None] | None:
        """The members that `select` names at a place, None where it says nothing about it."""
        found = [path[len(place) :].partition("/")[0] for path in self.select if path.startswith(place)]
        return dict.fromkeys(found) if found else None

    def shown(self, path: str) -> bool:
        """Whether a nested member stands in the object that has it, or is read for its rows only.

        What is asked for below a detail with rows is about those rows, and says nothing of what lies above them.
        """
        about_rows = [*(f"{one.place}/" for one in self.custom), *(f"{name}/" for name in self.select)]
        asked = [*self.expand, *about_rows]
        return any(f"{other}/".startswith(f"{path}/") and len(self._rows_above(other)) < len(path) for other in asked)

    def numbered(self, place: str) -> bool:
        """Whether rows need the line number of a place."""
        return any(f"{row}/".startswith(place) for row in self.rows)

    def _rows_above(self, path: str) -> str:
        """The nearest detail with rows above a path; one with a slash at its end may lie right in it."""
        return max((row for row in self.rows if path.startswith(f"{row}/")), key=len, default="")


def _is_files(path: str) -> bool:
    return path == FILES or path.endswith(f"/{FILES}")


def build_layout(
    schema: EndpointSchema,
    entity: str,
    expand: Collection[str] = (),
    *,
    rows: Collection[str] = (),
    custom: Collection[CustomField] = (),
    select: Collection[str] = (),
) -> Layout:
    """The layout of an entity with what was asked for, as slash paths: `MainContact/Address`, `Details`, `files`.

    A path implies the members on its way; `select` empty means every field. Raises `SettingsError` for an entity or a
    member that the schema lacks.
    """
    if entity not in schema.entities:
        raise SettingsError(f"The endpoint {schema.endpoint}/{schema.version} has no entity {entity}.")
    known = schema.entities[entity]
    requested = _RequestedMembers(tuple(expand), tuple(rows), tuple(custom), tuple(select))
    return _LayoutBuilder(schema, entity, requested).build(known.shape, "", {*known.keys, known.cursor or ""})


@dataclass(frozen=True)
class _LayoutBuilder:
    """Builds the levels of one entity's layout."""

    schema: EndpointSchema
    entity: str
    requested: _RequestedMembers

    def build(self, shape: EntityShape, place: str, needed: Collection[str] = ()) -> Layout:
        """One level and all below it. `needed`: fields that are read whatever was selected."""
        parts = self.requested.parts(place, shape)
        for name in parts:
            if name not in shape.linked and name not in shape.details:
                raise SettingsError(f"{self._at(place)} has no nested member {name!r} to expand.")
        return Layout(
            shape,
            {name: self._below(shape.linked[name], f"{place}{name}/") for name in shape.linked if name in parts},
            {name: self._below(shape.details[name], f"{place}{name}/") for name in shape.details if name in parts},
            files=f"{place}{FILES}" in self.requested.expand,
            chosen=self._chosen(shape, place, needed),
            hidden=frozenset(name for name in parts if not self.requested.shown(place + name)),
            custom=tuple(one for one in self.requested.custom if one.place == place.removesuffix("/")),
        )

    def _below(self, name: str, place: str) -> Layout:
        shape = self.schema.shapes[name]
        member = place.removesuffix("/").rpartition("/")[2]
        return self.build(shape, place, line_key(shape, member) if self.requested.numbered(place) else ())

    def _chosen(self, shape: EntityShape, place: str, needed: Collection[str]) -> frozenset[str] | None:
        """The fields to read; None for all of them, also where all are named one by one."""
        names = self.requested.names(place)
        if names is None:
            return None
        unknown = names.keys() - shape.members() - RECORD_MEMBERS
        if unknown:
            raise SettingsError(f"{self._at(place)} has no member {', '.join(map(repr, sorted(unknown)))} to select.")
        found = frozenset(name for name in shape.fields if name in names or name in needed)
        return None if len(found) == len(shape.fields) else found

    def _at(self, place: str) -> str:
        return f"{self.entity}/{place}".removesuffix("/")


def wire_paths(layout: Layout, place: str = "") -> Iterator[str]:
    """Every `$expand` path that a layout needs, parents before children."""
    for name, inner in layout.nested.items():
        yield place + name
        yield from wire_paths(inner, f"{place}{name}/")
    if layout.files:
        yield place + FILES


def wire_fields(layout: Layout, place: str = "") -> Iterator[str]:
    """The `$select` paths that a layout needs; none where nothing is left out.

    Where a level below is restricted, those above it have to name all their fields: `$select` has no "all the rest".
    """
    if layout.restricted:
        yield from (place + name for name in layout.fields)
        for name, inner in layout.nested.items():
            yield from wire_fields(inner, f"{place}{name}/")


def expand_paths(schema: EndpointSchema, entity: str, depth: int = 2) -> tuple[str, ...]:
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
