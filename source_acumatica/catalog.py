"""Schema -> streams: names, keys, cursors and sync modes, as honest as the facts allow. Fetches nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from airbyte_cdk.models import AirbyteCatalog, AirbyteStream, SyncMode

from acumatica_client.record import expansions
from acumatica_client.schema import Access, EndpointSchema, EntitySchema
from source_acumatica.json_schema import json_schema

_log = logging.getLogger("airbyte.source-acumatica")
NESTED_DEPTH = 2


def catalog(schema: EndpointSchema) -> AirbyteCatalog:
    """A stream for each entity that a list can give; the others are named in the log."""
    left_out = [entity.name for entity in schema.entities.values() if entity.access is not Access.LIST]
    if left_out:
        _log.info("Not offered, because they are inquiries or processing forms: %s", ", ".join(left_out))
    return AirbyteCatalog(streams=[stream(schema, entity) for entity in schema.readable()])


def stream(schema: EndpointSchema, entity: EntitySchema) -> AirbyteStream:
    """The entity as Airbyte shows it.

    `is_resumable` promises that a full refresh goes on where it broke off; ours begins anew, whatever the cursor.
    """
    modes = [SyncMode.full_refresh, *([SyncMode.incremental] if entity.cursor else [])]
    return AirbyteStream(
        name=entity.name,
        json_schema=json_schema(schema, entity.name, expansions(schema, entity.name, NESTED_DEPTH)),
        supported_sync_modes=modes,
        source_defined_cursor=True if entity.cursor else None,
        default_cursor_field=[entity.cursor] if entity.cursor else None,
        source_defined_primary_key=[[name] for name in entity.primary_key],
        is_resumable=False,
    )


def chosen_expansions(schema: EndpointSchema, entity: EntitySchema, columns: Mapping[str, object]) -> tuple[str, ...]:
    """The expand paths whose column is in the configured schema; all of them where the catalog lists no columns."""
    paths = expansions(schema, entity.name, NESTED_DEPTH)
    return tuple(path for path in paths if not columns or path.split("/")[0] in columns)


def columns_of(configured: Mapping[str, object]) -> Mapping[str, object]:
    """The columns of a configured stream's JSON schema."""
    found = configured.get("properties")
    return found if isinstance(found, Mapping) else {}
