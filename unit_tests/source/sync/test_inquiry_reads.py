"""An inquiry read as a stream: every row arrives, whatever its ids and however the destination keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from acumatica_client.rest.query import Query
from acumatica_client.schema.model import Access, EndpointSchema, EntitySchema, EntityShape, ValueType
from source_acumatica import SourceAcumatica
from source_acumatica.cdk.messages import RecordPage
from unit_tests.source.builders import CONFIG, FakeClient, configured

_SHAPES = {
    "PricesInquiry": EntityShape("PricesInquiry", {"Customer": ValueType.STRING}, {}, {"Details": "Price"}),
    "Price": EntityShape("Price", {"RecordID": ValueType.INT, "Price": ValueType.DECIMAL, "NoteID": ValueType.GUID}),
}
SCHEMA = EndpointSchema(
    "Default",
    "24.200.001",
    4,
    {"PricesInquiry": EntitySchema(_SHAPES["PricesInquiry"], access=Access.INQUIRY)},
    _SHAPES,
)


class Inquiries(FakeClient):
    def schema(self) -> EndpointSchema:
        return SCHEMA

    def run_inquiry(self, entity: str, parameters: Mapping[str, str], query: Query) -> bytes:
        """Two rows of one answer with the same id, NoteID and RecordID, as recorded of SalesPricesInquiry."""
        same = {"id": "row", "NoteID": {"value": "note"}, "RecordID": {"value": 7}}
        return json.dumps({"id": "q", "Details": [{**same, "Price": {"value": price}} for price in (1, 2)]}).encode()


@pytest.mark.parametrize("mode", ["append", "append_dedup", "overwrite"])
def test_rows_that_share_their_ids_all_arrive(monkeypatch, mode):
    client = Inquiries()
    monkeypatch.setattr("source_acumatica.source.AcumaticaClient", client.opened)
    config = {**CONFIG, "inquiries": [{"name": "prices", "inquiry": "PricesInquiry"}]}
    catalog = configured("prices", destination_sync_mode=mode, primary_key=[["id"]])
    pages = [page for page in SourceAcumatica().read_pages(config, catalog) if isinstance(page, RecordPage)]
    assert [json.loads(row)["Price"] for page in pages for row in page.rows] == [1, 2]


def test_no_id_of_an_inquiry_is_offered_as_a_key(monkeypatch):
    monkeypatch.setattr("source_acumatica.source.AcumaticaClient", Inquiries().opened)
    config = {**CONFIG, "inquiries": [{"name": "prices", "inquiry": "PricesInquiry"}]}
    (stream,) = SourceAcumatica().discover(None, config).streams
    assert stream.source_defined_primary_key is None
