"""What cannot work about the line keys, actions and files of a stream, one clause each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from acumatica_client.api.files import can_be_named
from acumatica_client.schema.model import EndpointSchema, EntitySchema, EntityShape
from destination_acumatica.config.stream_settings import ActionSetting, FileSetting, FileSource, LineRules
from destination_acumatica.fields.field_paths import suggestion
from destination_acumatica.fields.field_values import typed


def key_problems(rules: LineRules, shape: EntityShape, shapes: Mapping[str, EntityShape]) -> Iterator[str]:
    """What is wrong with the line keys of a stream, as clauses; for the plan, before the first record."""
    for path, fields in rules.keys.items():
        inner = _shape_at(path, shape, shapes)
        if inner is None:
            yield f"{shape.name} has no detail {path}"
        elif not fields:
            yield f"the line key of {path} names no field"
        else:
            yield from (f"the lines of {path} have no field {name}" for name in fields if name not in inner.fields)


def _shape_at(path: str, shape: EntityShape, shapes: Mapping[str, EntityShape]) -> EntityShape | None:
    *above, last = path.split("/")
    for name in above:
        below = shape.linked.get(name) or shape.details.get(name)
        if below is None:
            return None
        shape = shapes[below]
    return shapes[shape.details[last]] if last in shape.details else None


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


def file_problems(files: Sequence[FileSetting], columns: Sequence[str] = ()) -> Iterator[str]:
    """What cannot work, as clauses. `columns` are those of the stream, none where it does not say."""
    for one in files:
        for column in filter(None, (one.column, one.name_column)):
            if columns and column not in columns:
                yield f"it has no column {column}, which a file comes from"
        if one.name and one.name_column:
            yield f"the file of the column {one.column} has two names"
        if one.source is FileSource.BASE64 and not (one.name or one.name_column):
            yield f"the file of the column {one.column} needs a name"
        if one.name and not can_be_named(one.name):
            yield f"the file of the column {one.column} cannot be named {one.name!r}"
