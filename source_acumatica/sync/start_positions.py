"""Configured stream + saved state -> where it is read from. Refuses a cursor or state that is not the stream's own."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from airbyte_cdk.models import ConfiguredAirbyteStream, SyncMode

from acumatica_client.errors import SettingsError
from acumatica_client.schema.facts import former_cursors
from acumatica_client.schema.model import EndpointSchema
from source_acumatica.catalog.stream_definitions import Offer
from source_acumatica.catalog.stream_schema import row_cursor
from source_acumatica.selection.stream_groups import Member
from source_acumatica.sync.state import lower_bound

_log = logging.getLogger("airbyte.source-acumatica")


def member_of(
    schema: EndpointSchema,
    offer: Offer,
    entry: ConfiguredAirbyteStream,
    state: Mapping[str, object],
    *,
    start: str | None,
) -> Member:
    """The stream and its position; `start`: the lower bound of a first incremental sync. Raises SettingsError.

    Streams of rows follow the cursor of their record, and their states name it as the record's stream does.
    """
    entity = offer.entity
    incremental = entry.sync_mode == SyncMode.incremental
    if entity.cursor is None and not entry.cursor_field:
        tell_of_whole_read(entry)
        return Member(offer, entry)
    if incremental:
        _check_cursor(schema, offer, entry)
    if entity.cursor is None:
        return Member(offer, entry)
    former = former_cursors(entity.cursor)
    lower = lower_bound(
        state, entity.cursor, start if incremental else None, former_fields=former, refresh=not incremental
    )
    return Member(offer, entry, lower)


def tell_of_whole_read(entry: ConfiguredAirbyteStream) -> None:
    """Some clients ask for every stream incrementally, whatever the catalog offers (PyAirbyte does); the CDK's own
    sources then read a stream without a cursor whole, and so do we."""
    if entry.sync_mode == SyncMode.incremental:
        _log.warning("%s cannot be read incrementally: it is read whole, in every sync.", entry.stream.name)


def _check_cursor(schema: EndpointSchema, offer: Offer, entry: ConfiguredAirbyteStream) -> None:
    """The cursor is the source's own; a connection that was set up with an older endpoint version names its former."""
    field = offer.entity.cursor
    column = row_cursor(schema, offer) if offer.detail else field
    known = [column, *(f"{offer.entity.name}_{name}" if offer.detail else name for name in former_cursors(field or ""))]
    if column is None or (entry.cursor_field or [column]) not in [[name] for name in known]:
        raise SettingsError(
            f"{offer.name} cannot be read incrementally by {'.'.join(entry.cursor_field or ['(no cursor)'])}.",
            advice="Refresh the schema of the connection, or choose full refresh for this stream.",
        )
