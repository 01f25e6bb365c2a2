"""How a stream is described: its JSON schema, key and cursor, as honest as the facts allow."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from acumatica_client.record import ParentColumn, build_layout, line_key, parent_columns
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EndpointSchema, EntitySchema
from source_acumatica.catalog.json_schema import JsonSchema, json_schema
from source_acumatica.catalog.stream_definitions import StreamDefinition, nested_members, shape_at, with_files
from source_acumatica.config.stream_options import Details

_NO_KEY = "No column is known to distinguish these rows, so the stream has no primary key."


@dataclass(frozen=True)
class StreamDescription:
    """A stream as discovery shows it; `primary_key` is empty where none is known.

    With a cursor, a full refresh is read by the windows of its cursor, and goes on where it broke off.
    """

    name: str
    json_schema: JsonSchema
    primary_key: tuple[str, ...] = ()
    cursor: str | None = None


def record_paths(schema: EndpointSchema, entity: EntitySchema, details: Details, *, files: bool) -> tuple[str, ...]:
    """The nested members that a stream of records shows where all of its columns are chosen."""
    members = nested_members(schema, entity)
    paths = (*members.linked, *(members.arrays() if details.as_arrays else ()))
    return with_files(paths, members.details if details.as_arrays else ()) if files else paths


def row_paths(schema: EndpointSchema, entity: EntitySchema, detail: str, *, files: bool) -> tuple[str, ...]:
    """The nested members that a stream of rows shows."""
    paths = nested_members(schema, entity).beside(detail)
    return (*paths, f"{detail}/files") if files else paths


def record_stream(
    schema: EndpointSchema, definition: StreamDefinition, paths: Collection[str], custom: Iterable[CustomField] = ()
) -> StreamDescription:
    entity = definition.entity
    layout = build_layout(schema, entity.name, paths, custom=[field for field in custom if not field.place])
    words = {"id": "Identifier that Acumatica gives to the record (NoteID where the record has one)."}
    words |= dict.fromkeys(entity.keys, _key_words(len(entity.keys)))
    if entity.cursor:
        words[entity.cursor] = "Moves when the record changes."
    described = json_schema(layout, heading=heading(entity), words=words)
    return StreamDescription(definition.name, described, entity.primary_key, entity.cursor)


def row_stream(
    schema: EndpointSchema, definition: StreamDefinition, paths: Collection[str], custom: Iterable[CustomField] = ()
) -> StreamDescription:
    """The rows of a detail; they begin with what they say of their parents."""
    entity, detail = definition.entity, definition.detail
    own = [field for field in custom if field.place == detail]
    layout = build_layout(schema, entity.name, paths, rows=(detail,), custom=own)
    for step in detail.split("/"):
        layout = layout.nested[step]
    parents, key = parent_columns(schema, entity.name, detail), row_key(schema, definition)
    words = {column.name: _parent_words(entity, detail, column) for column in parents}
    words["id"] = "Identifier of the row. Unless the row has a NoteID, it may differ from one sync to the next."
    words |= dict.fromkeys((name for name in key if name in layout.fields), "Part of the primary key.")
    title = f"{heading(entity)}: {detail.replace('/', ', ')}." + ("" if key else f" {_NO_KEY}")
    before = [(column.name, column.value_type) for column in parents]
    described = json_schema(layout, heading=title, before=before, words=words)
    return StreamDescription(definition.name, described, key, row_cursor(schema, definition))


def row_key(schema: EndpointSchema, definition: StreamDefinition) -> tuple[str, ...]:
    """The key of the record, the numbers of the lines on the way, and the row's own; `()` where one is not known."""
    entity, steps = definition.entity, definition.detail.split("/")
    columns = {
        (column.step, column.member): column.name for column in parent_columns(schema, entity.name, definition.detail)
    }
    key = [columns[0, name] for name in entity.primary_key]
    above = entity.shape
    for step, name in enumerate(steps, 1):
        is_detail, above = name in above.details, shape_at(schema, above, name)
        own = line_key(above, name) if is_detail else ()
        if is_detail and not own:
            return ()
        key += own if step == len(steps) else [columns[step, member] for member in own]
    return tuple(key)


def row_cursor(schema: EndpointSchema, definition: StreamDefinition) -> str | None:
    """The column of the record's cursor in its rows."""
    found = (column for column in parent_columns(schema, definition.entity.name, definition.detail) if column.step == 0)
    return next((column.name for column in found if column.member == definition.entity.cursor), None)


def heading(entity: EntitySchema) -> str:
    """Such as "Chart of Accounts (GL202500)"; some tags of a swagger document name the form only."""
    form = f"({entity.screen})" if entity.screen else ""
    return f"{entity.title} {form}".strip() or entity.name


def _key_words(count: int) -> str:
    return "The business key." if count == 1 else "Part of the business key."


def _parent_words(entity: EntitySchema, detail: str, column: ParentColumn) -> str:
    owner = entity.name if column.step == 0 else detail.split("/")[column.step - 1]
    if column.step == 0 and column.member == entity.cursor:
        return f"Moves when the {owner} changes."
    return f"{column.member} of the {owner}."
