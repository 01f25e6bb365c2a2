"""Which streams discovery offers, each with its description."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from acumatica_client.schema.model import Access, EndpointSchema
from source_acumatica.catalog.custom_fields import CustomFields
from source_acumatica.catalog.inquiries import inquiries_of
from source_acumatica.catalog.stream_definitions import StreamDefinition, stream_definitions
from source_acumatica.catalog.stream_schema import (
    StreamDescription,
    record_paths,
    record_stream,
    row_paths,
    row_stream,
)
from source_acumatica.config.stream_options import StreamOptions

_log = logging.getLogger("airbyte.source-acumatica")


def offered_streams(schema: EndpointSchema, options: StreamOptions, custom: CustomFields) -> list[StreamDescription]:
    """A stream for each entity that a list can give and for its details, as far as the settings show them; inquiries.

    Entities that are none of these are named in the log. Raises SettingsError for inquiries that cannot be run.
    """
    left_out = [entity.name for entity in schema.entities.values() if entity.access is not Access.LIST]
    if left_out:
        _log.info("Not offered unless the settings fill them in, because they are inquiries: %s", ", ".join(left_out))
    every = [one for one in stream_definitions(schema).values() if not one.detail or options.details.as_streams]
    shown = [definition for definition in every if options.shows(definition.name)]
    if len(shown) < len(every):
        _log.info("Offered are %d of %d streams; the others are hidden by the settings.", len(shown), len(every))
    inquiries = inquiries_of(schema, options.inquiries).values()
    streams = [_described(schema, definition, options, custom) for definition in shown]
    return [*streams, *(inquiry.stream(schema) for inquiry in inquiries)]


def shown_entities(schema: EndpointSchema, options: StreamOptions) -> Iterator[str]:
    """The entities of which discovery shows the stream or one of its details."""
    shown = (definition for definition in stream_definitions(schema).values() if options.shows(definition.name))
    return iter(dict.fromkeys(definition.entity.name for definition in shown))


def _described(
    schema: EndpointSchema, definition: StreamDefinition, options: StreamOptions, custom: CustomFields
) -> StreamDescription:
    """The stream with everything that the settings ask for."""
    entity, fields = definition.entity, custom.get(definition.entity.name, ())
    if definition.detail:
        return row_stream(schema, definition, row_paths(schema, entity, definition.detail, files=options.files), fields)
    return record_stream(schema, definition, record_paths(schema, entity, options.details, files=options.files), fields)
