"""One write plan a stream, made before the first record; everything that cannot work is refused at once. Pure.

    configured stream + settings + what the endpoint declares  ->  entity, mode, key, names of columns

Nothing is written while one stream is wrong, and the error names every problem of every stream, so that a person
repairs a connection in one go. What only a record can tell (a null key, a wrong value) is left to the writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from acumatica_client.errors import SettingsError
from acumatica_client.schema import Access, EndpointSchema, EntitySchema, EntityShape
from destination_acumatica.catalog import ConfiguredStream
from destination_acumatica.fit import misfits, suggestion
from destination_acumatica.messages import StreamName
from destination_acumatica.settings import StreamSettings

# Columns that Airbyte and its sources add for themselves; Acumatica has no place for them.
_AIRBYTE_COLUMNS = ("_airbyte_", "_ab_")


class Mode(Enum):
    """What happens to a record, by the name of the destination sync mode."""

    INSERT = "append"
    UPSERT = "append_dedup"


_REFUSED_MODES: Mapping[str, str] = {
    "overwrite": "would delete what is in the ERP",
    "overwrite_dedup": "would delete what is in the ERP",
    "soft_delete": "is not supported",
    "update": "is not supported",
}
_UNWRITABLE: Mapping[Access, str] = {
    Access.INQUIRY: "is an inquiry: it only shows what other entities hold",
    Access.PROCESSING: "is a processing form: it starts work on other records and keeps none",
    Access.SINGLETON: "is a preferences form: it has one record and no key",
}


@dataclass(frozen=True)
class WritePlan:
    """How a stream is written. `shapes` are all shapes of the endpoint, for the nested members of the entity."""

    stream: StreamName
    entity: EntitySchema
    mode: Mode
    renames: Mapping[str, str]
    shapes: Mapping[str, EntityShape]

    def member(self, column: str) -> str | None:
        """The member of the entity that receives a column, None for Airbyte's own columns."""
        return member_of(column, self.renames)

    def sentence(self) -> str:
        """What is going to happen, for the log."""
        how = f"updates or inserts by {' + '.join(self.entity.keys)}" if self.mode is Mode.UPSERT else "inserts only"
        return f"Stream {self.stream} is written to the entity {self.entity.name}: {how}."


def member_of(column: str, renames: Mapping[str, str]) -> str | None:
    if column in renames:
        return renames[column]
    return None if column.startswith(_AIRBYTE_COLUMNS) else column


def plan_writes(
    catalog: Iterable[ConfiguredStream], schema: EndpointSchema, settings: Mapping[str, StreamSettings]
) -> dict[StreamName, WritePlan]:
    """The plan of each stream. Raises SettingsError that lists every problem of all of them."""
    plans: dict[StreamName, WritePlan] = {}
    problems: list[str] = []
    for stream in catalog:
        entity_name = stream.destination_object_name or stream.name.name
        chosen = settings.get(stream.name.name) or StreamSettings(stream.name.name, entity_name)
        wrong = [f"stream {stream.name}: {problem}" for problem in _problems(stream, chosen, schema)]
        problems += wrong
        if not wrong:
            entity, mode = schema.entities[chosen.entity], Mode(stream.destination_sync_mode)
            plans[stream.name] = WritePlan(stream.name, entity, mode, chosen.renames, schema.shapes)
    if problems:
        raise SettingsError(f"The connection cannot be written: {'; '.join(problems)}.", advice="Nothing was written.")
    return plans


def cautions(stream: ConfiguredStream, plan: WritePlan) -> Iterator[str]:
    """What a person should know before it happens, one sentence each."""
    if stream.minimum_generation_id:
        yield f"Stream {plan.stream}: a refresh never deletes records of the ERP; they are only added or updated."
    members = {plan.member(column) for column in stream.columns}
    if "files" in members:
        yield f"Stream {plan.stream}: attached files are not written."
    keyed = plan.entity.keys and members.issuperset(plan.entity.keys)
    if plan.mode is Mode.INSERT and not keyed:
        yield (
            f"Stream {plan.stream} inserts records without a key, which Acumatica numbers itself: after a sync that "
            "was interrupted, records since its last state are inserted again."
        )


def entity_problems(name: str, schema: EndpointSchema) -> Iterator[str]:
    """Why nothing can be written to the entity of this name."""
    entity = schema.entities.get(name)
    if entity is None:
        near = suggestion(name, frozenset(schema.entities))
        yield f"the endpoint {schema.endpoint} {schema.version} has no entity {name}{near}"
    elif entity.access in _UNWRITABLE:
        yield f"{name} {_UNWRITABLE[entity.access]}"


def mapping_problems(settings: StreamSettings, schema: EndpointSchema) -> Iterator[str]:
    """What is wrong with one entry of the setting Streams, whatever the connection's streams are."""
    yield from entity_problems(settings.entity, schema)
    entity = schema.entities.get(settings.entity)
    if entity is not None:
        yield from misfits(dict.fromkeys(settings.renames.values()), entity.shape, schema.shapes)


def _problems(stream: ConfiguredStream, settings: StreamSettings, schema: EndpointSchema) -> Iterator[str]:
    yield from _mode_problems(stream.destination_sync_mode)
    yield from entity_problems(settings.entity, schema)
    entity = schema.entities.get(settings.entity)
    if entity is not None and entity.access not in _UNWRITABLE:
        yield from _column_problems(stream, settings, entity, schema)
        if stream.destination_sync_mode == Mode.UPSERT.value:
            yield from _key_problems(stream, settings, entity)


def _mode_problems(mode: str) -> Iterator[str]:
    if mode not in {known.value for known in Mode}:
        reason = _REFUSED_MODES.get(mode, "is not known")
        yield f"the sync mode {mode or '(none)'} {reason}; choose append or append_dedup"


def _column_problems(
    stream: ConfiguredStream, settings: StreamSettings, entity: EntitySchema, schema: EndpointSchema
) -> Iterator[str]:
    columns = stream.columns
    yield from (f"it has no column {name}" for name in settings.renames if columns and name not in columns)
    targets: dict[str, str] = {}
    for column in columns or settings.renames:
        member = member_of(column, settings.renames)
        if member in targets:
            yield f"the columns {targets[member]} and {column} both go to {member}"
        elif member is not None:
            targets[member] = column
    named = {member: columns.get(column) for member, column in targets.items()}
    wrong = list(misfits(named, entity.shape, schema.shapes))
    if wrong:
        yield f"it does not fit the entity {entity.name}: {', '.join(wrong)}; deselect or rename such columns"


def _key_problems(stream: ConfiguredStream, settings: StreamSettings, entity: EntitySchema) -> Iterator[str]:
    if not entity.keys:
        yield f"append_dedup finds records by key, and the key of {entity.name} is not known; use append"
        return
    wanted = " + ".join(entity.keys)
    if not stream.key_paths:
        yield f"append_dedup needs a primary key; {entity.name} is found by {wanted}"
        return
    chosen = [member_of(path[0], settings.renames) or path[0] for path in stream.key_paths if len(path) == 1]
    if len(chosen) != len(stream.key_paths) or set(chosen) != set(entity.keys):
        named = " + ".join(".".join(path) for path in stream.key_paths)
        yield f"its primary key {named} is not the key of {entity.name}, which is found by {wanted}"
    present = {member_of(column, settings.renames) for column in stream.columns}
    absent = [key for key in entity.keys if present and key not in present]
    if absent:
        yield f"no column gives {' or '.join(absent)}, the key of {entity.name}"
