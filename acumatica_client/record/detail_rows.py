"""Details as records of their own: which columns of its parents a row begins with.

    SalesOrder            a row of Details                            a row of Details/Allocations
    OrderType, OrderNbr   SalesOrder_OrderType, SalesOrder_OrderNbr   the same
    id, LastModified      SalesOrder_id, SalesOrder_LastModified      the same, and Details_id, Details_LineNbr

Business keys come first, then the id, then the cursor. A name that the row has for a member of its own gets an
underscore more. The id of a line may be good for one session only (guide), its number is not. Rows of an inquiry begin
with nothing: the form that was filled in is no record, its id names nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from acumatica_client.errors import SettingsError
from acumatica_client.record.columns import field_columns, free_name
from acumatica_client.record.line_keys import line_key
from acumatica_client.schema.model import Access, EndpointSchema, EntityShape, ValueType
from acumatica_client.schema.system_members import RECORD_MEMBERS


@dataclass(frozen=True)
class ParentColumn:
    """A column `name` of a row: the `member` ("id" or a field) of the object `step` steps down the path."""

    name: str
    value_type: ValueType
    step: int
    member: str


def parent_columns(schema: EndpointSchema, entity: str, path: str) -> tuple[ParentColumn, ...]:
    """What the rows of a detail, such as `Details` or `Details/Allocations`, say of their parents, in order.

    Raises SettingsError for an entity or a member that the schema lacks.
    """
    shapes = shapes_along(schema, entity, path)
    steps = [entity, *path.split("/")]
    row = shapes[-1]
    taken = {*RECORD_MEMBERS, *row.members(), *(column.name for column in field_columns(row.fields, row.members()))}
    columns: list[ParentColumn] = []
    for step, shape in enumerate(shapes[:-1]):
        for member, value_type in _parent_members(schema, entity, shape, steps, step, shapes):
            name = free_name(f"{steps[step]}_{member}", taken)
            taken.add(name)
            columns.append(ParentColumn(name, value_type, step, member))
    return tuple(columns)


def shapes_along(schema: EndpointSchema, entity: str, path: str) -> list[EntityShape]:
    """The shape of the entity and of every member on the path. Raises SettingsError for what the schema lacks."""
    if entity not in schema.entities:
        raise SettingsError(f"The endpoint {schema.endpoint}/{schema.version} has no entity {entity}.")
    shapes = [schema.entities[entity].shape]
    for name in path.split("/"):
        target = shapes[-1].details.get(name) or shapes[-1].linked.get(name)
        if target is None:
            raise SettingsError(f"{entity} has no detail {path!r}: {shapes[-1].name} has no nested member {name!r}.")
        shapes.append(schema.shapes[target])
    return shapes


def _parent_members(
    schema: EndpointSchema, entity: str, shape: EntityShape, steps: list[str], step: int, shapes: list[EntityShape]
) -> Iterator[tuple[str, ValueType]]:
    """The members of one parent. A linked entity on the path gives none: it belongs to its parent."""
    known = schema.entities[entity]
    if step == 0 and known.access is Access.LIST:
        for key in known.keys:
            yield key, _type_of(shape, key)
        yield "id", ValueType.GUID
        if known.cursor and known.cursor not in known.keys:
            yield known.cursor, _type_of(shape, known.cursor)
    elif step and steps[step] in shapes[step - 1].details:
        yield "id", ValueType.GUID
        for number in line_key(shape, steps[step]):
            yield number, _type_of(shape, number)


def _type_of(shape: EntityShape, field: str) -> ValueType:
    """The type of the column of the field's own name; a drop-down of texts is text."""
    return next(column.value_type for column in field_columns(shape.fields, ()) if column.field == field)
