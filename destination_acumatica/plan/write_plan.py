"""The write plan of each stream, made before the first record; everything that cannot work is refused at once. Pure.

    configured stream + settings + what the endpoint declares  ->  entity, mode, how a record is found, mapping

Nothing is written while one stream is wrong, and the error names every problem of every stream, so that a person
repairs a connection in one go. What is wrong is found in `validation`; what depends on a single record (a null key, a
wrong value) is found when it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from acumatica_client.errors import SettingsError
from acumatica_client.schema.model import EndpointSchema, EntitySchema, EntityShape
from destination_acumatica.config.configured_catalog import ConfiguredStream, StreamName
from destination_acumatica.config.modes import (
    DEFAULT_MODES,
    Deletions,
    Existing,
    Missing,
    Mode,
    Nulls,
    default_missing,
    effective,
)
from destination_acumatica.config.stream_settings import (
    ActionSetting,
    FileSetting,
    LineMode,
    LineRules,
    SoftDelete,
    StreamSettings,
    Verify,
)
from destination_acumatica.fields.field_paths import Place, PlaceKind, is_read_only, resolve_custom, wire_path
from destination_acumatica.plan.field_mapping import CompiledMapping, FieldMapping, compile_mapping, names_custom_fields
from destination_acumatica.plan.orphan_lines import OrphanLines, orphan_lines, orphan_mapping
from destination_acumatica.plan.stream_joins import (
    Join,
    find_joins,
    join_problems,
    shared_problems,
    with_lines,
    with_rules,
)
from destination_acumatica.plan.validation import entity_problems, mapping_problems, mode_problems, stream_problems

__all__ = ["WritePlan", "cautions", "chosen_settings", "entity_problems", "mapping_problems", "plan_writes"]

# Type of each custom field of an entity by its path; None where the endpoint does not say.
CustomTypes = Mapping[str, str]
CustomTypesOf = Callable[[str], CustomTypes | None]

# The field in which integrations keep their own number of a document, by the names that endpoints give it. Others, such
# as CustomerOrder or VendorRef, are numbers of the partner, and two documents may share one.
_REFERENCES = ("ExternalRef", "ExternalReference")
_OFF = "none"


@dataclass(frozen=True)
class WritePlan:
    """How a stream is written. `shapes` are all shapes of the endpoint, for the nested members of the entity.

    `match` are the fields that a record is found by, as a query names them; empty: its key. `reference` is the field
    that finds an inserted document without a key again, empty where there is none; `reference_chosen`: the user named
    it. `primary_key` are columns of the stream. `orphans`: the records are lines whose document did not come with them.
    """

    stream: StreamName
    entity: EntitySchema
    mode: Mode
    mapping: FieldMapping
    shapes: Mapping[str, EntityShape]
    match: tuple[str, ...] = ()
    reference: str = ""
    reference_chosen: bool = False
    primary_key: tuple[str, ...] = ()
    existing: Existing = "reject"
    missing: Missing = "reject"
    deletions: Deletions = "reject"
    nulls: Nulls = "skip"
    soft_delete: SoftDelete = SoftDelete()
    lines: LineRules = LineRules()
    verify: Verify = Verify.WARN
    actions: tuple[ActionSetting, ...] = ()
    files: tuple[FileSetting, ...] = ()
    custom_types: CustomTypes = field(default_factory=dict)
    orphans: OrphanLines | None = None

    @property
    def found_by(self) -> tuple[str, ...]:
        """The fields that a search finds a record by, empty where only its key does."""
        if self.match:
            return self.match
        return (self.reference,) if self.reference and self.mode is Mode.INSERT else ()

    @property
    def key_is_looked_up(self) -> bool:
        """Whether a lookup gives a part of what a record is found by."""
        identity = {*self.entity.keys, *self.found_by}
        return any(rule.lookup and str(rule.place) in identity for rule in self.mapping.rules)

    def custom_type(self, path: str) -> str:
        """The type of a custom field, empty where it is not known."""
        return self.custom_types.get(path) or self.custom_types.get(path.rpartition("/")[2], "")

    def resolve_custom(self, above: str, place: Place) -> Place:
        """The place of a custom field as the form names it; `above` is the path of its level."""
        return resolve_custom(place, self.custom_types, above)

    def sentence(self) -> str:
        """What is going to happen, for the log."""
        by = " + ".join(self.match or self.entity.keys)
        return f"Stream {self.stream} is written to the entity {self.entity.name}: {_DOES[self.mode].format(by=by)}."


_DOES: Mapping[Mode, str] = {
    Mode.INSERT: "inserts only",
    Mode.UPSERT: "updates or inserts by {by}",
    Mode.UPDATE: "updates only, by {by}",
    Mode.DELETE: "deletes by {by}",
    Mode.SOFT_DELETE: "puts out of use by {by}",
}


def plan_writes(
    catalog: Iterable[ConfiguredStream],
    schema: EndpointSchema,
    settings: Mapping[str, StreamSettings],
    custom_types: CustomTypesOf = lambda entity: None,
) -> dict[StreamName, WritePlan]:
    """The plan of each stream. `custom_types` is called only for entities whose custom fields are written.

    Raises SettingsError that lists every problem of all of them.
    """
    plans: dict[StreamName, WritePlan] = {}
    streams = list(catalog)
    joins = find_joins(streams, settings)
    problems = list(shared_problems(joins))
    lines = {join.lines for join in joins}
    for alone in streams:
        if alone.name in lines:
            problems += [f"stream {alone.name}: {one}" for one in mode_problems(alone.destination_sync_mode)]
            continue
        stream = with_lines(alone, joins, streams)
        chosen = with_rules(chosen_settings(stream, schema, settings), joins, stream.name)
        compiled = _compiled(stream, chosen, schema)
        known = custom_types(chosen.entity) if compiled and _writes_custom_fields(stream, compiled.mapping) else None
        found = (*join_problems(alone, streams, settings), *stream_problems(stream, chosen, schema, compiled, known))
        wrong = [f"stream {stream.name}: {one}" for one in found]
        problems += wrong
        if not wrong and compiled:
            plans[stream.name] = _plan(stream, chosen, schema, compiled.mapping, known or {})
    if problems:
        raise SettingsError(f"The connection cannot be written: {'; '.join(problems)}.", advice="Nothing was written.")
    return plans | {join.lines: _orphans(join, plans[join.documents]) for join in joins}


def _orphans(join: Join, plan: WritePlan) -> WritePlan:
    """How lines are written whose document does not come with them: into one that is there."""
    by = plan.found_by or plan.entity.keys
    orphans = orphan_lines(join, plan.mapping, by, mode=plan.mode, existing=plan.existing, deletions=plan.deletions)
    return replace(
        plan,
        stream=join.lines,
        mode=Mode.UPDATE,
        match=plan.found_by,
        missing="reject" if plan.missing == "insert" else plan.missing,
        lines=replace(plan.lines, mode=LineMode.KEEP) if plan.mode is Mode.INSERT else plan.lines,
        mapping=orphan_mapping(join, plan.mapping, by),
        actions=(),
        files=(),
        orphans=orphans,
    )


def chosen_settings(
    stream: ConfiguredStream, schema: EndpointSchema, settings: Mapping[str, StreamSettings]
) -> StreamSettings:
    """What holds for the stream: its entry in the settings, the object and key that a data activation chose, and else
    what follows from its name and sync mode."""
    name = stream.name.name
    chosen = settings.get(name) or StreamSettings(name, stream.destination_object_name or name)
    if chosen.match or not stream.destination_object_name or name in settings:
        return chosen
    keys = schema.entities[chosen.entity].keys if chosen.entity in schema.entities else ()
    wanted = tuple(".".join(path) for path in stream.key_paths)
    return chosen if set(wanted) == set(keys) else replace(chosen, match=wanted)


def cautions(stream: ConfiguredStream, plan: WritePlan) -> Iterator[str]:
    """What a person should know before it happens, one sentence each."""
    if stream.minimum_generation_id:
        yield f"Stream {plan.stream}: a refresh never deletes records of the ERP; they are only added or updated."
    members = plan.mapping.taken.union(column for column in stream.columns if column not in plan.mapping.used)
    if "files" in members:
        yield f"Stream {plan.stream}: attached files are not written."
    stamps = [name for name in stream.columns if is_read_only(name, plan.entity.shape)]
    if stamps:
        yield f"Stream {plan.stream}: {', '.join(stamps)} is set by Acumatica itself and is left out."
    identities = (plan.entity.keys, plan.found_by)
    if plan.mode is Mode.INSERT and not any(names and members.issuperset(names) for names in identities):
        yield (
            f"Stream {plan.stream} inserts records without a key, which Acumatica numbers itself: after a sync that "
            "was interrupted, records since its last state are inserted again. A reference of your own in each "
            "document, named in the setting Reference, prevents it."
        )


def _compiled(stream: ConfiguredStream, chosen: StreamSettings, schema: EndpointSchema) -> CompiledMapping | None:
    entity = schema.entities.get(chosen.entity)
    if entity is None:
        return None
    drops = chosen.unknown_columns == "ignore"
    elsewhere = chosen.columns_elsewhere()
    return compile_mapping(
        chosen.fields, stream.columns, entity.shape, schema, drops_unknown=drops, elsewhere=elsewhere
    )


def _writes_custom_fields(stream: ConfiguredStream, mapping: FieldMapping) -> bool:
    """Whether a column or a rule names a custom field, at any depth."""
    by_rule = any(place.kind is PlaceKind.CUSTOM for place in mapping.places())
    return by_rule or names_custom_fields(stream.columns)


def _plan(
    stream: ConfiguredStream,
    chosen: StreamSettings,
    schema: EndpointSchema,
    mapping: FieldMapping,
    custom_types: CustomTypes,
) -> WritePlan:
    entity = schema.entities[chosen.entity]
    mode = chosen.mode or DEFAULT_MODES[stream.destination_sync_mode]
    missing = chosen.missing or default_missing(mode)
    return WritePlan(
        stream.name,
        entity,
        effective(mode, chosen.existing, missing),
        mapping.with_custom_fields(custom_types),
        schema.shapes,
        match=tuple(map(wire_path, chosen.match)) if set(chosen.match) != set(entity.keys) else (),
        reference=_reference(chosen, entity),
        primary_key=tuple(".".join(path) for path in stream.key_paths),
        reference_chosen=chosen.reference not in ("", _OFF),
        existing=chosen.existing,
        missing=missing,
        deletions=chosen.deletions,
        nulls=chosen.nulls,
        soft_delete=chosen.soft_delete,
        lines=chosen.lines,
        verify=chosen.verify,
        actions=chosen.actions,
        files=chosen.files,
        custom_types=custom_types,
    )


def _reference(chosen: StreamSettings, entity: EntitySchema) -> str:
    if chosen.reference:
        return "" if chosen.reference == _OFF else wire_path(chosen.reference)
    return next((name for name in _REFERENCES if name in entity.shape.fields), "")
