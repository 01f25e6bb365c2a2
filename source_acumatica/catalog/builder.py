"""Schema -> streams: which of them discovery offers, described. Fetches nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from airbyte_cdk.models import AirbyteCatalog, AirbyteStream

from acumatica_client.schema.model import Access, EndpointSchema
from source_acumatica.catalog.custom_fields import CustomFields
from source_acumatica.catalog.inquiries import inquiries_of
from source_acumatica.catalog.stream_definitions import Offer, offers
from source_acumatica.catalog.stream_schema import record_paths, record_stream, row_paths, row_stream
from source_acumatica.config.stream_options import Scope

_log = logging.getLogger("airbyte.source-acumatica")


def catalog(schema: EndpointSchema, scope: Scope, custom: CustomFields) -> AirbyteCatalog:
    """A stream for each entity that a list can give and for its details, as far as the scope shows them; and inquiries.

    Entities that are none of these are named in the log. Raises SettingsError for inquiries that cannot be run.
    """
    left_out = [entity.name for entity in schema.entities.values() if entity.access is not Access.LIST]
    if left_out:
        _log.info("Not offered unless the settings fill them in, because they are inquiries: %s", ", ".join(left_out))
    every = [offer for offer in offers(schema).values() if not offer.detail or scope.details.as_streams]
    shown = [offer for offer in every if scope.shows(offer.name)]
    if len(shown) < len(every):
        _log.info("Offered are %d of %d streams; the others are hidden by the settings.", len(shown), len(every))
    inquiries = inquiries_of(schema, scope.inquiries).values()
    streams = [describe(schema, offer, scope, custom) for offer in shown]
    return AirbyteCatalog(streams=[*streams, *(inquiry.stream(schema) for inquiry in inquiries)])


def shown_entities(schema: EndpointSchema, scope: Scope) -> Iterator[str]:
    """The entities of which discovery shows the stream or one of its details."""
    return iter(dict.fromkeys(offer.entity.name for offer in offers(schema).values() if scope.shows(offer.name)))


def describe(schema: EndpointSchema, offer: Offer, scope: Scope, custom: CustomFields) -> AirbyteStream:
    """The stream with everything that the scope asks for."""
    entity, fields = offer.entity, custom.get(offer.entity.name, ())
    if offer.detail:
        return row_stream(schema, offer, row_paths(schema, entity, offer.detail, files=scope.files), fields)
    return record_stream(schema, offer, record_paths(schema, entity, scope.details, files=scope.files), fields)
