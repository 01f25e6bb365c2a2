"""What is wrong with a stream as it is to be written, one clause each: mode, entity, columns, key. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from acumatica_client.schema.model import Access, EndpointSchema, EntitySchema
from destination_acumatica.config.configured_catalog import ConfiguredStream
from destination_acumatica.config.modes import DEFAULT_MODES, REFUSED_MODES, Mode
from destination_acumatica.config.stream_settings import StreamSettings
from destination_acumatica.fields.field_paths import (
    Place,
    PlaceKind,
    comparable,
    find_place,
    resolve_custom,
    suggestion,
)
from destination_acumatica.fields.field_values import wanted_form
from destination_acumatica.plan.field_mapping import CompiledMapping, FieldMapping, compile_mapping
from destination_acumatica.plan.settings_validation import action_problems, file_problems, key_problems

_UNWRITABLE: Mapping[Access, str] = {
    Access.INQUIRY: "is an inquiry: it only shows what other entities hold",
    Access.PROCESSING: "is a processing form: it starts work on other records and keeps none",
    Access.SINGLETON: "is a preferences form: it has one record and no key",
}
_OTHER_FIELDS = "to find records by other fields, name them in the setting Match"
_UNKNOWN_ID = (
    "a record is found by id only to update or delete it: inserted with an unknown id, it would get another one, and "
    "every sync would add one more"
)


@dataclass(frozen=True)
class _Checked:
    """A stream whose entity can be written, with everything that the checks need."""

    stream: ConfiguredStream
    chosen: StreamSettings
    entity: EntitySchema
    schema: EndpointSchema
    compiled: CompiledMapping
    custom_types: Mapping[str, str] | None

    @property
    def mapping(self) -> FieldMapping:
        return self.compiled.mapping

    @property
    def mode(self) -> Mode | None:
        """None where the sync mode is not known."""
        return self.chosen.mode or DEFAULT_MODES.get(self.stream.destination_sync_mode)


def stream_problems(
    stream: ConfiguredStream,
    chosen: StreamSettings,
    schema: EndpointSchema,
    compiled: CompiledMapping | None,
    custom_types: Mapping[str, str] | None,
) -> Iterator[str]:
    """Every problem of one stream. `compiled` is None where there is no such entity."""
    yield from mode_problems(stream.destination_sync_mode)
    if stream.destination_object_name not in (None, "", chosen.entity):
        yield f"the connection maps it to {stream.destination_object_name}, and the setting Streams to {chosen.entity}"
    yield from entity_problems(chosen.entity, schema)
    entity = schema.entities.get(chosen.entity)
    if entity is None or compiled is None or entity.access in _UNWRITABLE:
        return
    checked = _Checked(stream, chosen, entity, schema, compiled, custom_types)
    for check in _CHECKS:
        yield from check(checked)


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
    if entity is not None and entity.access not in _UNWRITABLE:
        compiled = compile_mapping(settings.fields, {}, entity.shape, schema)
        yield from (*compiled.problems, *compiled.misfits)
        yield from key_problems(settings.lines, entity.shape, schema.shapes)
        yield from action_problems(settings.actions, entity, schema)
        yield from file_problems(settings.files)
        yield from _detail_problems(settings, entity)
        yield from _search_problems((*settings.match, settings.reference), entity, schema)
        if settings.mode is not None:
            yield from _removal_problems(settings, entity, schema, settings.mode)


def _detail_problems(settings: StreamSettings, entity: EntitySchema) -> Iterator[str]:
    """Lines of other streams go to a detail of the entity itself."""
    known = frozenset(entity.shape.details)
    for detail in (one.detail for one in settings.lines_from if one.detail not in known):
        yield f"{entity.name} has no detail {detail}{suggestion(detail, known)}"


def mode_problems(mode: str) -> Iterator[str]:
    """Why nothing is written in this sync mode."""
    if mode not in DEFAULT_MODES:
        reason = REFUSED_MODES.get(mode, "is not known")
        yield f"the sync mode {mode or '(none)'} {reason}; choose append or append_dedup"


def _mapping_problems(checked: _Checked) -> Iterator[str]:
    """Columns and rules that have no place, or the wrong one."""
    yield from checked.compiled.problems
    if checked.compiled.misfits:
        wrong = ", ".join(dict.fromkeys(checked.compiled.misfits))
        yield f"it does not fit the entity {checked.entity.name}: {wrong}; deselect or rename such columns"


def _identity_problems(checked: _Checked) -> Iterator[str]:
    """Fields that a record is found by, and that no column gives."""
    chosen, mode, keys = checked.chosen, checked.mode, checked.entity.keys
    if mode is None:
        return
    yield from _search_problems((*chosen.match, chosen.reference), checked.entity, checked.schema)
    if chosen.match:
        if "id" in chosen.match and (mode.inserts or chosen.missing == "insert"):
            yield _UNKNOWN_ID
        yield from _unfilled(checked, chosen.match)
    elif mode is not Mode.INSERT or chosen.existing == "update":
        yield from _own_key_problems(checked, mode)
    elif chosen.reference not in ("", "none") and not (keys and not any(_unfilled(checked, keys))):
        yield from _unfilled(checked, (chosen.reference,), ", the field of the setting Reference")


def _search_problems(paths: tuple[str, ...], entity: EntitySchema, schema: EndpointSchema) -> Iterator[str]:
    for path in paths:
        if path and path not in ("id", "none") and comparable(path, entity.shape, schema.shapes) is None:
            near = suggestion(path, frozenset(entity.shape.fields))
            yield f"{entity.name} has no field {path} that a record can be found by{near}"


def _own_key_problems(checked: _Checked, mode: Mode) -> Iterator[str]:
    stream, entity = checked.stream, checked.entity
    by_name = stream.destination_sync_mode if checked.chosen.mode is None else f"the mode {mode.value}"
    if not entity.keys:
        instead = "use append" if mode.inserts else "name fields in the setting Match"
        yield f"{by_name} finds records by key, and the key of {entity.name} is not known; {instead}"
        return
    wanted = " + ".join(entity.keys)
    if checked.chosen.mode is None and stream.destination_sync_mode == "append_dedup":
        yield from _primary_key_problems(checked, wanted)
    yield from _unfilled(checked, entity.keys, f", the key of {entity.name}; {_OTHER_FIELDS}")


def _primary_key_problems(checked: _Checked, wanted: str) -> Iterator[str]:
    """The platform dedupes by the primary key of the connection: it must mean the same records."""
    entity, key_paths = checked.entity, checked.stream.key_paths
    if not key_paths:
        yield f"append_dedup needs a primary key; {entity.name} is found by {wanted}"
        return
    places = {rule.source: str(rule.place) for rule in checked.mapping.rules if rule.source}
    chosen = [places.get(".".join(path), path[0] if len(path) == 1 else "") for path in key_paths]
    if len(chosen) != len(key_paths) or set(chosen) != set(entity.keys):
        named = " + ".join(".".join(path) for path in key_paths)
        yield f"its primary key {named} is not the key of {entity.name}, which is found by {wanted}; {_OTHER_FIELDS}"


def _unfilled(checked: _Checked, paths: tuple[str, ...], what: str = "") -> Iterator[str]:
    """Fields that a record is found by and that nothing fills, as far as the catalog names the columns."""
    columns, mapping = checked.stream.columns, checked.mapping
    filled = {str(rule.place) for rule in mapping.rules} | {
        column.replace(".", "/") for column in columns if column not in mapping.used
    }
    heads = {one.partition("/")[0] for one in filled if "/" not in one}
    absent = [
        path
        for path in paths
        if columns
        and path.replace(".", "/") not in filled
        and not ("." in path.replace("/", ".") and path.replace("/", ".").partition(".")[0] in heads)
    ]
    if absent:
        yield f"no column gives {' or '.join(absent)}{what or ', which records are found by'}"


def _removal_problems(
    chosen: StreamSettings, entity: EntitySchema, schema: EndpointSchema, mode: Mode
) -> Iterator[str]:
    if mode.removes and chosen.missing == "insert":
        yield f"the mode {mode.value} cannot insert what is missing"
    soft = chosen.soft_delete
    needed = mode is Mode.SOFT_DELETE or chosen.deletions == "soft_delete"
    if needed and not soft.action and not (soft.field and soft.value):
        yield "a soft delete needs a field with the value to set, or an action: fill in Soft delete"
    if needed and soft.action and not (soft.field and soft.value):
        yield (
            f"the action {soft.action} would run again whenever the deletion comes again: name a field, and the value "
            "that it has once the action was carried out, in Soft delete"
        )
    if soft.field:
        place = find_place(soft.field, entity.shape, schema.shapes)
        if isinstance(place, str) or place.kind is not PlaceKind.FIELD or place.through or soft.field in entity.keys:
            near = suggestion(soft.field, frozenset(entity.shape.fields))
            yield f"{entity.name} has no field {soft.field} that a soft delete can set{near}"
        elif form := wanted_form(soft.value, place.type):
            yield f"{place} takes {form}, not {soft.value!r}"
    if soft.action and soft.action not in entity.actions:
        yield f"{entity.name} has no action {soft.action}{suggestion(soft.action, frozenset(entity.actions))}"


def _custom_problems(checked: _Checked) -> Iterator[str]:
    """Custom fields that the form does not have: Acumatica would drop their values without a word."""
    known, mapping = checked.custom_types, checked.mapping
    if known is None:
        return
    shape, shapes = checked.entity.shape, checked.schema.shapes
    own = (find_place(column, shape, shapes) for column in checked.stream.columns if column not in mapping.used)
    for place in (*own, *mapping.places()):
        if isinstance(place, Place) and place.kind is PlaceKind.CUSTOM:
            path = str(resolve_custom(place, known))
            if path not in known:
                yield f"{checked.entity.name} has no custom field {path}{suggestion(path, frozenset(known))}"


_CHECKS: tuple[Callable[[_Checked], Iterator[str]], ...] = (
    _mapping_problems,
    lambda it: key_problems(it.chosen.lines, it.entity.shape, it.schema.shapes),
    lambda it: _detail_problems(it.chosen, it.entity),
    lambda it: action_problems(it.chosen.actions, it.entity, it.schema, tuple(it.stream.columns)),
    lambda it: file_problems(it.chosen.files, tuple(it.stream.columns)),
    _custom_problems,
    _identity_problems,
    lambda it: _removal_problems(it.chosen, it.entity, it.schema, it.mode) if it.mode else iter(()),
)
