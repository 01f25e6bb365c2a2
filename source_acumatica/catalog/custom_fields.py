"""Custom fields in the source: which entities are asked for them, and which of them a stream's columns choose."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.errors import AccessDenied, IntermediaryRefused, NotFound, ServerFault, Unexpected
from acumatica_client.schema.custom_fields import CustomField
from source_acumatica.config.stream_options import StreamOptions

_log = logging.getLogger("airbyte.source-acumatica")
_PREFIX = "custom_"
_UNREADABLE = ("GroupMask",)  # binary: asking for it makes the whole list fail (seen by a client's author on 23 R2)
Columns = Mapping[str, object]  # column -> its JSON schema; none means all
CustomFields = Mapping[str, Sequence[CustomField]]  # entity -> its fields


def fetch_custom_fields(client: AcumaticaClient, options: StreamOptions, entities: Iterable[str]) -> CustomFields:
    """The wanted fields of the entities that the settings name; one request each.

    An entity that refuses is offered without them, with a warning: its other columns are none the worse.
    """
    found: dict[str, Sequence[CustomField]] = {}
    for entity in entities:
        if options.wants_custom_fields(entity):
            try:
                found[entity] = wanted_custom_fields(client.custom_fields(entity), options, entity)
            except IntermediaryRefused:
                raise  # no word of Acumatica's: the columns of a catalog must not depend on a firewall
            except (AccessDenied, NotFound, ServerFault, Unexpected) as refusal:
                _log.warning(
                    "%s is offered without its custom fields, because Acumatica refuses to list them: %s",
                    entity,
                    refusal.message,
                )
    return found


def wanted_custom_fields(fields: Iterable[CustomField], options: StreamOptions, entity: str) -> tuple[CustomField, ...]:
    """Those that the settings ask for."""
    return tuple(
        field
        for field in fields
        if field.name not in _UNREADABLE and options.wants_custom_field(entity, field.view, field.name)
    )


def name_custom_fields(columns: Columns) -> bool:
    """Whether some of the columns are custom fields."""
    return any(name.startswith(_PREFIX) for name in columns)


def chosen_custom_fields(
    stream: str, fields: Iterable[CustomField], columns: Columns, place: str
) -> tuple[CustomField, ...]:
    """The custom fields of a level that a stream's columns name; without columns, all of them."""
    here = {field: field.column for field in fields if field.place == place}
    wanted = {name.rstrip("_") for name in columns if name.startswith(_PREFIX)}  # a name given twice gets underscores
    gone = sorted(wanted - {column.rstrip("_") for column in here.values()})
    if gone:
        _log.warning("%s: Acumatica does not have these custom fields any more: %s", stream, ", ".join(gone))
    # Fields that share a name are all read, so that each of them keeps its column.
    return tuple(field for field, column in here.items() if not columns or column.rstrip("_") in wanted)
