"""The saved state of a stream: how it is read, and where a configured stream starts because of it.

incremental             {"LastModifiedDateTime": "2026-11-23T07:00:00.04-05:00"}      what is older has been read
  of a detail           {"Bill_LastModifiedDateTime": "2026-11-23T07:00:00.04-05:00"} the cursor of its catalog
full refresh, not over  {"LastModifiedDateTime": "2021-06-01T00:00:00+00:00", "full_refresh": true}
full refresh, over      {"__ab_no_cursor_state_message": true}                        the CDK's word for it
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence

from acumatica_client.errors import SettingsError
from acumatica_client.schema.facts import former_cursors
from acumatica_client.schema.model import EndpointSchema
from source_acumatica.catalog.stream_definitions import StreamDefinition
from source_acumatica.catalog.stream_schema import row_cursor
from source_acumatica.selection.stream_groups import ConfiguredMember, ConfiguredStream
from source_acumatica.windows.timestamps import Timestamp

NO_CURSOR_STATE = "__ab_no_cursor_state_message"  # what a full refresh leaves behind: not a position
UNDER_WAY = "full_refresh"  # the position is that of a full refresh, which was not finished
_log = logging.getLogger("airbyte.source-acumatica")
_AS_FILTERS_TAKE_IT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,7})?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


def lower_bound(
    state: Mapping[str, object],
    field: str,
    start: str | None,
    *,
    former_fields: Sequence[str] = (),
    refresh: bool = False,
) -> str | None:
    """The position in an incoming state, else `start`. Raises SettingsError for a state that is not ours.

    A position in another form than the server's own (some tools write a blank for the T) is written anew.
    `former_fields` are names that the field had in older endpoint versions. `refresh`: the stream is read in full; then
    only the position of an unfinished full refresh counts. The position of an incremental read would leave out what
    was read before, and an incremental read must not trust that what an unfinished refresh read has been kept.
    """
    if state.get(UNDER_WAY, False) is not refresh:
        return start
    positions = {name: value for name, value in state.items() if name not in (NO_CURSOR_STATE, UNDER_WAY)}
    if not positions:
        return start
    value = next((positions[name] for name in (field, *former_fields) if name in positions), None)
    try:
        timestamp = Timestamp.parse(value if isinstance(value, str) else "")
    except ValueError:
        raise SettingsError(
            f"The saved state of this stream is not a date and time of {field}.",
            advice="Reset (refresh) the stream once; it then starts from its beginning.",
        ) from None
    return str(value) if _AS_FILTERS_TAKE_IT.fullmatch(str(value)) else str(timestamp)


def place_member(
    schema: EndpointSchema,
    definition: StreamDefinition,
    configured: ConfiguredStream,
    state: Mapping[str, object],
    *,
    start: str | None,
) -> ConfiguredMember:
    """The stream and its position; `start`: the lower bound of a first incremental sync. Raises SettingsError.

    Streams of rows follow the cursor of their record. Older versions of the connector saved it under the record's name
    for it, not under that of the column that the rows have.
    """
    cursor = definition.entity.cursor
    if cursor is None and not configured.cursor_field:
        warn_read_whole(configured)
        return ConfiguredMember(definition, configured)
    if configured.incremental:
        _check_cursor(schema, definition, configured)
    if cursor is None:
        return ConfiguredMember(definition, configured)
    field, *former = _cursor_columns(schema, definition)
    lower = lower_bound(
        state,
        field,
        start if configured.incremental else None,
        former_fields=(*former, cursor, *former_cursors(cursor)),
        refresh=not configured.incremental,
    )
    return ConfiguredMember(definition, configured, lower)


def state_field(schema: EndpointSchema, definition: StreamDefinition) -> str:
    """The name of the position in the states of a stream with a cursor: the column that its catalog names."""
    return _cursor_columns(schema, definition)[0]


def _cursor_columns(schema: EndpointSchema, definition: StreamDefinition) -> list[str]:
    """The column of the stream's cursor, and the names that it had in older endpoint versions."""
    field, entity = definition.entity.cursor or "", definition.entity.name
    if not definition.detail:
        return [field, *former_cursors(field)]
    return [row_cursor(schema, definition) or field, *(f"{entity}_{name}" for name in former_cursors(field))]


def warn_read_whole(configured: ConfiguredStream) -> None:
    """Some clients ask for every stream incrementally, whatever the catalog offers (PyAirbyte does); the CDK's own
    sources then read a stream without a cursor whole, and so does this one."""
    if configured.incremental:
        _log.warning("%s cannot be read incrementally: it is read whole, in every sync.", configured.name)


def _check_cursor(schema: EndpointSchema, definition: StreamDefinition, configured: ConfiguredStream) -> None:
    """The cursor is the source's own; a connection that was set up with an older endpoint version names its former."""
    known = _cursor_columns(schema, definition) if definition.entity.cursor else []
    if not known or (configured.cursor_field or (known[0],)) not in [(name,) for name in known]:
        asked = ".".join(configured.cursor_field) or "(no cursor)"
        raise SettingsError(
            f"{definition.name} cannot be read incrementally by {asked}.",
            advice="Refresh the schema of the connection, or choose full refresh for this stream.",
        )
