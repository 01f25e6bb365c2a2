"""The actions of a stream as the user sets them, and what cannot work about them. Pure; runs nothing, see `actions`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum

from acumatica_client.schema.model import EndpointSchema, EntitySchema, ValueType
from destination_acumatica.fields.field_paths import suggestion

_NUMBERS = frozenset({ValueType.DECIMAL, ValueType.DOUBLE, ValueType.INT, ValueType.SHORT, ValueType.LONG})


class When(Enum):
    """When an action is run, by the name of the setting."""

    FIELD_IS = "field_is"
    FIELD_IS_NOT = "field_is_not"
    CHANGED = "changed"
    ALWAYS = "always"


@dataclass(frozen=True)
class Parameter:
    """A parameter of an action: a constant `value`, or the value of a `column` of the record. The fields of a dialog
    are named `View.Field`."""

    name: str
    value: str = ""
    column: str = ""


@dataclass(frozen=True)
class ActionSetting:
    """One action of a stream. `field` is a path such as `Status`, `values` what it is compared with. `workflow`: the
    endpoint does not declare it, it is one of the form's own."""

    name: str
    when: When = When.FIELD_IS
    field: str = ""
    values: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    workflow: bool = False

    @property
    def guarded(self) -> bool:
        return self.when in (When.FIELD_IS, When.FIELD_IS_NOT)


def action_problems(
    actions: Sequence[ActionSetting], entity: EntitySchema, schema: EndpointSchema, columns: Sequence[str] = ()
) -> Iterator[str]:
    """What cannot work, as clauses; for the plan. `columns` are those of the stream, none where it does not say."""
    for action in actions:
        if not action.workflow and action.name not in entity.actions:
            near = suggestion(action.name, frozenset(entity.actions))
            yield f"{entity.name} has no action {action.name}{near}; one of its form's workflow must be marked as such"
        if action.guarded and (not action.field or not action.values):
            yield f"the action {action.name} needs a field and a value that say when to run it"
        elif action.guarded and not _is_field(action.field, entity, schema):
            yield f"the action {action.name} looks at {action.field}, which {entity.name} does not have"
        yield from _parameter_problems(action, entity, schema, columns)


def _is_field(path: str, entity: EntitySchema, schema: EndpointSchema) -> bool:
    *above, last = path.split("/")
    shape = entity.shape
    for name in above:
        if name not in shape.linked:
            return False
        shape = schema.shapes[shape.linked[name]]
    return last in shape.fields


def _parameter_problems(
    action: ActionSetting, entity: EntitySchema, schema: EndpointSchema, columns: Sequence[str]
) -> Iterator[str]:
    known = schema.parameters.get(action.name, {})
    for parameter in action.parameters:
        if bool(parameter.value) == bool(parameter.column):
            yield f"the parameter {parameter.name} of {action.name} needs a value or a column, one of the two"
        if columns and parameter.column and parameter.column not in columns:
            yield f"it has no column {parameter.column}, which the action {action.name} needs"
        if action.workflow or action.name not in entity.actions:
            continue
        if parameter.name not in known:
            near = suggestion(parameter.name, frozenset(known))
            yield f"the action {action.name} has no parameter {parameter.name}{near}"
        elif parameter.value and typed(parameter.value, known[parameter.name]) is None:
            kind = known[parameter.name].value.removesuffix("Value")
            yield f"the parameter {parameter.name} of {action.name} takes {kind}, not {parameter.value!r}"


def typed(text: str, kind: ValueType) -> object:
    """A constant of the settings as a value of that type, None where it is none."""
    if kind is ValueType.BOOLEAN:
        return {"true": True, "false": False}.get(text.strip().casefold())
    if kind in _NUMBERS:
        try:
            return Decimal(text.strip())
        except InvalidOperation:
            return None
    return text
