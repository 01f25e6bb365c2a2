"""Inquiries as streams: described, refused before they run, run once."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from acumatica_client.errors import SettingsError
from acumatica_client.rest.query import Query
from acumatica_client.schema.model import Access, EndpointSchema, EntitySchema, EntityShape, ValueType
from source_acumatica.catalog.inquiries import inquiries_of, inquiry_pages
from source_acumatica.config.stream_options import InquiryRule
from source_acumatica.sync.record_router import RecordRouter, StreamRoute

_TEXT = ValueType.STRING
_SHAPES = {
    shape.name: shape
    for shape in (
        EntityShape("StockInquiry", {"Warehouse": _TEXT}, {}, {"Results": "Stock"}),
        EntityShape("Stock", {"Item": _TEXT, "OnHand": ValueType.DECIMAL}, {"Unit": "Unit"}),
        EntityShape("Unit", {"Name": _TEXT}),
        EntityShape("TwoInquiry", {"Year": _TEXT}, {}, {"Billed": "Stock", "Unbilled": "Stock"}),
        EntityShape("BareInquiry", {"Total": ValueType.DECIMAL}),
        EntityShape("Order", {"Nbr": _TEXT}),
    )
}
_INQUIRIES = {name: EntitySchema(_SHAPES[name], access=Access.INQUIRY) for name in _SHAPES if name.endswith("Inquiry")}
SCHEMA = EndpointSchema("Default", "24.200.001", 4, {**_INQUIRIES, "Order": EntitySchema(_SHAPES["Order"])}, _SHAPES)
STOCK = InquiryRule("stock", "StockInquiry", {"Warehouse": "MAIN"})


class Client:
    """Answers one inquiry."""

    def __init__(self, answer: Mapping[str, object]) -> None:
        self.answer = answer
        self.asked: list[tuple[str, Mapping[str, str], Query]] = []

    def schema(self) -> EndpointSchema:
        return SCHEMA

    def run_inquiry(self, entity: str, parameters: Mapping[str, str], query: Query) -> bytes:
        self.asked.append((entity, parameters, query))
        return json.dumps(self.answer).encode()


def rows(client: Client, rule: InquiryRule) -> list[dict]:
    inquiry = inquiries_of(SCHEMA, [rule])[rule.name]
    router = RecordRouter([StreamRoute(inquiry.name, inquiry.results)])
    pages = [page for records in inquiry_pages(client, inquiry) for page in router.pages(records)]
    assert {page.stream for page in pages} <= {rule.name}
    return [json.loads(row) for page in pages for row in page.rows]


def test_is_a_full_refresh_stream_with_the_columns_of_its_results():
    stream = inquiries_of(SCHEMA, [STOCK])["stock"].stream(SCHEMA)
    assert (stream.name, stream.primary_key, stream.cursor) == ("stock", (), None)
    assert list(stream.json_schema["properties"]) == ["id", "note", "Item", "OnHand", "Unit", "custom"]
    assert stream.json_schema["description"] == "StockInquiry, Warehouse MAIN"


def test_is_run_once_with_its_parameters_and_gives_its_rows():
    lines = [{"id": "r1", "Item": {"value": "A"}, "OnHand": {"value": 1}, "Unit": {"Name": {"value": "EA"}}}]
    client = Client({"id": "q", "Warehouse": {"value": "MAIN"}, "Results": lines})
    (row,) = rows(client, STOCK)
    assert (row["Item"], row["OnHand"], row["Unit"]["Name"]) == ("A", 1, "EA")
    ((entity, parameters, query),) = client.asked
    assert (entity, parameters, query.expand) == ("StockInquiry", {"Warehouse": "MAIN"}, ("Results", "Results/Unit"))


@pytest.mark.parametrize("answer", [{"id": "q", "Results": []}, {"id": "q"}])
def test_without_results_gives_no_rows(answer):
    assert rows(Client(answer), STOCK) == []


def test_without_a_detail_is_a_row_itself():
    (row,) = rows(Client({"id": "q", "Total": {"value": 7}}), InquiryRule("total", "BareInquiry"))
    assert row["Total"] == 7


def test_of_two_details_the_user_chooses_one():
    lines = [{"id": "r1", "Item": {"value": "A"}}]
    client = Client({"id": "q", "Billed": [], "Unbilled": lines})
    assert [row["Item"] for row in rows(client, InquiryRule("unbilled", "TwoInquiry", {}, "Unbilled"))] == ["A"]
    assert client.asked[0][2].expand == ("Unbilled", "Unbilled/Unit")


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (InquiryRule("x", "Gone"), "has no inquiry Gone"),
        (InquiryRule("x", "Order"), "Order is no inquiry but a list of records"),
        (InquiryRule("x", "TwoInquiry"), "results of the inquiry x must be one of Billed, Unbilled"),
        (InquiryRule("x", "StockInquiry", {}, "Billed"), "results of the inquiry x must be one of Results"),
        (InquiryRule("ORDER", "StockInquiry"), "cannot be called ORDER"),
    ],
)
def test_what_cannot_be_run_is_reported_before_anything_is_asked(rule, sentence):
    with pytest.raises(SettingsError, match=sentence):
        inquiries_of(SCHEMA, [rule])


def test_two_inquiries_need_two_names_in_any_case():
    with pytest.raises(SettingsError, match="cannot be called Stock"):
        inquiries_of(SCHEMA, [STOCK, InquiryRule("Stock", "StockInquiry")])
