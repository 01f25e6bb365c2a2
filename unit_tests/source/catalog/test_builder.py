"""Schema -> streams: names, keys, cursors and sync modes of records and of rows."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from airbyte_cdk.models import SyncMode
from jsonschema import Draft7Validator

from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.swagger import parse_swagger
from source_acumatica.catalog.builder import offered_streams, shown_entities
from source_acumatica.cdk.catalogs import airbyte_catalog
from source_acumatica.config.stream_options import Details, StreamOptions
from unit_tests.source.builders import CURSOR, endpoint_schema

SCHEMA = endpoint_schema()
REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "acumatica" / "swagger"
ROWS = "Customer_Attributes"


def streams(options: StreamOptions | None = None, custom: dict | None = None) -> dict:
    return {
        stream.name: stream
        for stream in airbyte_catalog(offered_streams(SCHEMA, options or StreamOptions(), custom or {})).streams
    }


def columns(stream: str, options: StreamOptions | None = None, custom: dict | None = None) -> list[str]:
    return list(streams(options, custom)[stream].json_schema["properties"])


def test_every_entity_that_a_list_can_give_is_a_stream_followed_by_its_details():
    assert list(streams()) == ["Customer", ROWS, "ShipVia", "Note"]


def test_what_is_left_out_is_named_in_the_log(caplog):
    with caplog.at_level(logging.INFO):
        offered_streams(SCHEMA, StreamOptions(), {})
    assert "StockInquiry" in caplog.text


def test_an_entity_with_a_cursor_can_be_read_incrementally_by_it_alone():
    customer = streams()["Customer"]
    assert customer.supported_sync_modes == [SyncMode.full_refresh, SyncMode.incremental]
    assert (customer.source_defined_cursor, customer.default_cursor_field) == (True, [CURSOR])


def test_an_entity_without_a_cursor_can_only_be_read_whole():
    ship_via = streams()["ShipVia"]
    assert ship_via.supported_sync_modes == [SyncMode.full_refresh]
    assert (ship_via.source_defined_cursor, ship_via.default_cursor_field) == (None, None)


def test_what_has_a_cursor_resumes_a_full_refresh_and_nothing_else_claims_to():
    assert {name for name, stream in streams().items() if stream.is_resumable} == {"Customer", ROWS, "Note"}


def test_the_primary_key_is_the_business_key_or_else_the_id():
    assert streams()["Customer"].source_defined_primary_key == [["CustomerID"]]
    assert streams()["Note"].source_defined_primary_key == [["id"]]


def test_key_and_cursor_stand_in_the_json_schema_and_are_described():
    for stream in streams().values():
        found = stream.json_schema["properties"]
        named = [name for path in stream.source_defined_primary_key or () for name in path]
        for name in {*named, *(stream.default_cursor_field or [])}:
            assert found[name]["description"], (stream.name, name)


class TestRows:
    def test_begin_with_key_id_and_cursor_of_their_record(self):
        assert columns(ROWS)[:6] == [
            "Customer_CustomerID", "Customer_id", f"Customer_{CURSOR}", "id", "note", "AttributeID",
        ]  # fmt: skip

    def test_have_the_key_of_their_record_and_their_own(self):
        assert streams()[ROWS].source_defined_primary_key == [["Customer_CustomerID"], ["AttributeID"]]

    def test_follow_the_cursor_of_their_record(self):
        rows = streams()[ROWS]
        assert rows.supported_sync_modes == [SyncMode.full_refresh, SyncMode.incremental]
        assert (rows.source_defined_cursor, rows.default_cursor_field) == (True, [f"Customer_{CURSOR}"])

    def test_say_that_their_id_is_not_for_good(self):
        assert "may differ from one sync to the next" in streams()[ROWS].json_schema["properties"]["id"]["description"]

    @pytest.mark.parametrize(
        ("details", "as_stream", "as_column"),
        [(Details.SEPARATE, True, False), (Details.NESTED, False, True), (Details.BOTH, True, True)],
    )
    def test_come_as_streams_or_in_their_record_or_both(self, details, as_stream, as_column):
        options = StreamOptions(details=details)
        assert (ROWS in streams(options), "Attributes" in columns("Customer", options)) == (as_stream, as_column)


class TestWhatIsAskedFor:
    def test_streams_are_hidden_by_pattern_and_counted(self, caplog):
        with caplog.at_level(logging.INFO):
            assert list(streams(StreamOptions(hidden=("*_Attributes",)))) == ["Customer", "ShipVia", "Note"]
        assert "Offered are 3 of 4 streams" in caplog.text

    def test_entities_are_shown_when_one_of_their_streams_is(self):
        assert list(shown_entities(SCHEMA, StreamOptions(shown=("Customer_*", "Note")))) == ["Customer", "Note"]

    def test_files_are_a_column_of_records_and_rows(self):
        options = StreamOptions(files=True)
        assert columns("Customer", options)[-1] == columns(ROWS, options)[-1] == "files"
        assert "files" not in columns("Customer")
        nested = streams(StreamOptions(files=True, details=Details.BOTH))["Customer"].json_schema["properties"]
        assert "files" in nested["Attributes"]["items"]["properties"]

    def test_custom_fields_are_columns_of_the_level_that_has_them(self):
        custom = {
            "Customer": (
                CustomField("CurrentCustomer", "UsrRate", "CustomDecimalField"),
                CustomField("Answers", "UsrHint", place="Attributes"),
            )
        }
        assert "custom_CurrentCustomer_UsrRate" in columns("Customer", custom=custom)
        assert "custom_Answers_UsrHint" not in columns("Customer", custom=custom)
        assert "custom_Answers_UsrHint" in columns(ROWS, custom=custom)


@pytest.mark.parametrize(
    "document", ["Default_20.200.001", "Default_24.200.001", "MANUFACTURING_24.200.001"], scope="class"
)
class TestPublishedDocuments:
    @pytest.fixture(scope="class")
    def offered(self, document) -> dict:
        path = REFERENCE / f"{document}.swagger.json"
        if not path.is_file():
            pytest.skip("no reference file")
        found = airbyte_catalog(
            offered_streams(parse_swagger(path.read_bytes()), StreamOptions(files=True), {})
        ).streams
        return {stream.name: stream for stream in found}

    def test_give_valid_schemas_with_keys_and_cursors_in_them(self, offered):
        for stream in offered.values():
            Draft7Validator.check_schema(stream.json_schema)
            named = [name for path in stream.source_defined_primary_key or () for name in path]
            assert {*named, *(stream.default_cursor_field or [])} <= set(stream.json_schema["properties"]), stream.name
            if not named:
                assert "no primary key" in stream.json_schema["description"], stream.name

    def test_never_use_the_id_of_a_row_as_its_key(self, offered):
        for name, stream in offered.items():
            assert "_" not in name or ["id"] not in (stream.source_defined_primary_key or []), name

    def test_give_no_two_streams_one_name_in_any_case(self, offered):
        assert len({name.casefold() for name in offered}) == len(offered)


def test_the_lines_of_an_order_have_its_key_and_their_numbers():
    path = REFERENCE / "Default_24.200.001.swagger.json"
    if not path.is_file():
        pytest.skip("no reference file")
    found = {
        stream.name: stream
        for stream in airbyte_catalog(offered_streams(parse_swagger(path.read_bytes()), StreamOptions(), {})).streams
    }
    order = ["SalesOrder_OrderType", "SalesOrder_OrderNbr"]

    def key(name: str) -> list[str]:
        return [column for (column,) in found[name].source_defined_primary_key or ()]

    assert key("SalesOrder_Details") == [*order, "LineNbr"]
    assert key("SalesOrder_Details_Allocations") == [*order, "Details_LineNbr", "LineNbr", "SplitLineNbr"]
    assert key("SalesOrder_TaxDetails") == [*order, "RecordID"]
    assert key("StockItem_Attributes") == ["StockItem_InventoryID", "AttributeID"]
    assert key("Bill_Details") == []
    assert found["SalesOrder_Details"].default_cursor_field == ["SalesOrder_LastModified"]
