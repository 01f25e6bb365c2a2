"""Which scalar columns the fields of an entity give, and what they are called.

    field                      columns
    plain                      Field                    the value
    drop-down of texts         Field, Field_id          the description, which is what contract 4 shows; the id
    drop-down of numbers       Field, Field_id,         the number, which is what contract 4 shows; the same;
                               Field_description        its description
    several of a drop-down     Field, Field_id          arrays of descriptions and of ids

So a column keeps its name and type when an endpoint moves from contract 4 to 5. A name that the entity has already
gets an underscore more. Evidence: the guide's 2026 R2 edition, and the swagger types of 26.200.001.
UNVERIFIED: contract 4 shows the number of a numeric drop-down, as its type IntValue says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EntityShape, ValueType
from acumatica_client.schema.system_members import RECORD_MEMBERS

Part = Literal["value", "id", "description"]

# Drop-downs: the part in the column of the field's own name, and the columns beside it.
_PARTS: Mapping[ValueType, tuple[tuple[str, Part], ...]] = {
    ValueType.STRING_SELECT: (("", "description"), ("_id", "id")),
    ValueType.INT_SELECT: (("", "id"), ("_id", "id"), ("_description", "description")),
    ValueType.STRING_MULTI_SELECT: (("", "description"), ("_id", "id")),
}
_PLAIN: tuple[tuple[str, Part], ...] = (("", "value"),)
_TYPES: Mapping[tuple[ValueType, Part], ValueType] = {(ValueType.INT_SELECT, "id"): ValueType.INT}


@dataclass(frozen=True)
class Column:
    """One scalar column: a part of the value of `field`. `many`: an array of them."""

    name: str
    field: str
    part: Part = "value"
    value_type: ValueType = ValueType.STRING
    many: bool = False


def field_columns(fields: Mapping[str, ValueType], taken: Collection[str]) -> tuple[Column, ...]:
    """The columns of fields, in order. `taken`: the names that the entity has for its own members."""
    columns = []
    for field, kind in fields.items():
        for suffix, part in _PARTS.get(kind, _PLAIN):
            name = free_name(field + suffix, taken) if suffix else field
            value_type = kind if part == "value" else _TYPES.get((kind, part), ValueType.STRING)
            columns.append(Column(name, field, part, value_type, kind is ValueType.STRING_MULTI_SELECT))
    return tuple(columns)


def dropdown_columns(shape: EntityShape) -> dict[str, Column]:
    """The columns that stand beside those of drop-downs: `Status_id` of `Status`. They may be written, too."""
    columns = field_columns(shape.fields, shape.members() | RECORD_MEMBERS)
    return {column.name: column for column in columns if column.name != column.field}


def main_part(kind: ValueType) -> Part:
    """The part of a value that stands in the column of the field's own name."""
    return _PARTS.get(kind, _PLAIN)[0][1]


def custom_columns(fields: Iterable[CustomField], taken: Collection[str]) -> dict[str, CustomField]:
    """Column -> custom field, in order. Two views may give one name: the later one gets an underscore more."""
    columns: dict[str, CustomField] = {}
    for field in fields:
        columns[free_name(field.column, {*taken, *columns})] = field
    return columns


def custom_field_of(column: str, fields: Iterable[CustomField], shape: EntityShape) -> CustomField | None:
    """The custom field behind a column such as `custom_Base_Approval_UsrX`, None where there is none.

    `fields`: those of the entity (`$adHocSchema`), of one place, in order; `shape`: that of the place. The name alone
    does not show where the view ends and the field begins. Case counts only where two columns differ in nothing else.
    """
    own = (one.name for one in field_columns(shape.fields, shape.members() | RECORD_MEMBERS))
    columns = custom_columns(dict.fromkeys(fields), {*RECORD_MEMBERS, *shape.members(), *own})
    if column in columns:
        return columns[column]
    alike = [field for name, field in columns.items() if name.casefold() == column.casefold()]
    return alike[0] if len(alike) == 1 else None


def free_name(name: str, taken: Collection[str]) -> str:
    while name in taken:
        name += "_"
    return name
