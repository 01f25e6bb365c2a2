"""Inquiries as streams: a form that is filled in and gives rows. Full refresh; settings are checked before it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.api.inquiries import check_parameters
from acumatica_client.errors import SettingsError
from acumatica_client.record import DecodedRecord, RecordCodec, build_layout
from acumatica_client.schema.model import Access, EndpointSchema, EntitySchema
from source_acumatica.catalog.json_schema import json_schema
from source_acumatica.catalog.stream_definitions import stream_definitions
from source_acumatica.catalog.stream_schema import StreamDescription, heading, row_paths
from source_acumatica.config.stream_options import InquiryRule


@dataclass(frozen=True)
class Inquiry:
    """An inquiry as the user wants it run. `results`: the detail that holds the rows; empty: the answer is the row."""

    name: str
    entity: EntitySchema
    parameters: Mapping[str, str]
    results: str

    def stream(self, schema: EndpointSchema) -> StreamDescription:
        """Rows of an inquiry have no key and no stamp: nothing says which of them belong together."""
        layout = build_layout(schema, self.entity.name, self._paths(schema), rows=self._rows())
        for step in self._rows():
            layout = layout.nested[step]
        words = heading(self.entity) + (f", {self._filled_in()}" if self.parameters else "")
        return StreamDescription(self.name, json_schema(layout, heading=words))

    def codec(self, schema: EndpointSchema) -> RecordCodec:
        return RecordCodec(schema, self.entity.name, self._paths(schema), rows=self._rows())

    def _rows(self) -> tuple[str, ...]:
        return (self.results,) if self.results else ()

    def _paths(self, schema: EndpointSchema) -> tuple[str, ...]:
        return row_paths(schema, self.entity, self.results, files=False) if self.results else ()

    def _filled_in(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self.parameters.items())


def inquiries_of(schema: EndpointSchema, rules: Sequence[InquiryRule]) -> dict[str, Inquiry]:
    """The inquiries by the names of their streams. Raises SettingsError for the first that the endpoint cannot run."""
    taken = {name.casefold() for name in stream_definitions(schema)}
    for rule in rules:
        if rule.name.casefold() in taken:
            raise SettingsError(f"An inquiry cannot be called {rule.name}: another stream has this name.")
        taken.add(rule.name.casefold())
    return {rule.name: _inquiry(schema, rule) for rule in rules}


def _inquiry(schema: EndpointSchema, rule: InquiryRule) -> Inquiry:
    entity = schema.entities.get(rule.inquiry)
    if entity is None:
        raise SettingsError(
            f"The endpoint {schema.endpoint} {schema.version} has no inquiry {rule.inquiry}.",
            advice="The form Web Service Endpoints (SM207060) lists its entities.",
        )
    if entity.access is Access.LIST:
        raise SettingsError(f"{rule.inquiry} is no inquiry but a list of records: choose its stream instead.")
    check_parameters(entity, rule.parameters)
    return Inquiry(rule.name, entity, rule.parameters, _results(entity, rule))


def _results(entity: EntitySchema, rule: InquiryRule) -> str:
    """The detail with the rows: the user's, that of the facts, or the only one. Raises SettingsError for no such."""
    details = entity.shape.details
    wanted = [rule.results] if rule.results else [*entity.results] or list(details)
    if not wanted:
        return ""
    if len(wanted) > 1 or wanted[0] not in details:
        raise SettingsError(f"The results of the inquiry {rule.name} must be one of {', '.join(details) or '(none)'}.")
    return wanted[0]


def inquiry_pages(client: AcumaticaClient, inquiry: Inquiry) -> Iterator[list[DecodedRecord]]:
    """The one answer of an inquiry, as a page of one record. Raises AcumaticaError."""
    codec = inquiry.codec(client.schema())
    yield [codec.decode(client.run_inquiry(inquiry.entity.name, inquiry.parameters, codec.query))]
