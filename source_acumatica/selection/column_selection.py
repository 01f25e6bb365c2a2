"""From the chosen columns of a stream to `$select` and `$expand`.

A catalog lists the columns that a user chose; one without columns means all of them. Nested members are expanded only
if a column of theirs is chosen. Where every field of a level is chosen, none of them is named: the shortest query is
the one that every instance understands.

    chosen                                   $select                                    $expand
    everything                                                                          Details
    OrderNbr, Status, all of Details         OrderNbr,Status,Details                    Details
    everything, of Details the LineNbr       OrderNbr,Status,...,Details/LineNbr        Details
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from acumatica_client.record import dropdown_columns
from acumatica_client.schema.model import EndpointSchema, EntityShape
from source_acumatica.catalog.custom_fields import Columns
from source_acumatica.catalog.stream_definitions import FILES, shape_at


@dataclass(frozen=True)
class Level:
    """The wanted fields of one level. `whole`: these are all the fields that it has."""

    fields: tuple[str, ...] = ()
    whole: bool = False

    def or_(self, other: Level) -> Level:
        return Level(tuple(dict.fromkeys((*self.fields, *other.fields))), self.whole or other.whole)


@dataclass(frozen=True)
class ColumnSelection:
    """The wanted levels by their paths; `""` is the record itself."""

    levels: Mapping[str, Level] = field(default_factory=dict)

    @property
    def expand(self) -> tuple[str, ...]:
        return tuple(path for path in self.levels if path)

    @property
    def select(self) -> tuple[str, ...]:
        """The fields of each level that is narrowed and of all above it; nothing where everything was chosen."""
        named = {above for path, level in self.levels.items() if not level.whole for above in _above(path)}
        return tuple(
            f"{path}/{name}" if path else name
            for path, level in self.levels.items()
            if path in named
            for name in level.fields
        )

    def and_(self, other: ColumnSelection) -> ColumnSelection:
        """What either wants."""
        joined = dict(self.levels)
        for path, level in other.levels.items():
            joined[path] = joined[path].or_(level) if path in joined else level
        return ColumnSelection(joined)


def select_record_columns(
    schema: EndpointSchema, entity: str, columns: Columns, offered: Iterable[str]
) -> ColumnSelection:
    """What a stream of records wants; `offered` are the nested paths that the stream may show."""
    shape = schema.entities[entity].shape
    return ColumnSelection(dict(_levels(schema, shape, columns, "", frozenset(offered))))


def select_row_columns(
    schema: EndpointSchema, entity: str, detail: str, columns: Columns, offered: Iterable[str]
) -> ColumnSelection:
    """What a stream of rows wants of its detail and of the linked entities in `offered`."""
    shape = shape_at(schema, schema.entities[entity].shape, detail)
    return ColumnSelection(dict(_levels(schema, shape, columns, detail, frozenset(offered))))


def required_columns(path: str, fields: Iterable[str]) -> ColumnSelection:
    """What is read of a level whatever was chosen: keys, cursors, line numbers."""
    return ColumnSelection({path: Level(tuple(fields))})


def columns_of(described: Mapping[str, object]) -> Columns:
    """The columns of a JSON schema, of an object or of an array of objects."""
    items = described.get("items")
    found = (items if isinstance(items, Mapping) else described).get("properties")
    return found if isinstance(found, Mapping) else {}


def _levels(
    schema: EndpointSchema, shape: EntityShape, columns: Columns, place: str, offered: frozenset[str]
) -> Iterator[tuple[str, Level]]:
    yield place, _chosen(shape, columns)
    for name, target in {**shape.linked, **shape.details}.items():
        path = f"{place}/{name}" if place else name
        if path in offered and (not columns or name in columns):
            below = columns.get(name)
            inner = columns_of(below) if isinstance(below, Mapping) else {}
            yield from _levels(schema, schema.shapes[target], inner, path, offered)
    files = f"{place}/{FILES}" if place else FILES
    if FILES in columns or (not columns and files in offered):
        yield files, Level(whole=True)


def _chosen(shape: EntityShape, columns: Columns) -> Level:
    """A drop-down of contract 5 has several columns: its description, its id."""
    every = tuple(shape.fields)
    beside = {column.field for name, column in dropdown_columns(shape).items() if name in columns}
    found = tuple(name for name in every if not columns or name in columns or name in beside)
    return Level(found, whole=found == every)


def _above(path: str) -> Iterator[str]:
    """The level itself and all above it, `""` among them."""
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield path
