"""Schema -> streams: names, keys, cursors and sync modes."""

from __future__ import annotations

import logging

import pytest
from airbyte_cdk.models import SyncMode

from source_acumatica.catalog import catalog, chosen_expansions, columns_of
from unit_tests.source.builders import CURSOR, endpoint_schema

SCHEMA = endpoint_schema()


def streams() -> dict:
    return {stream.name: stream for stream in catalog(SCHEMA).streams}


def test_every_entity_that_a_list_can_give_is_a_stream():
    assert list(streams()) == ["Customer", "ShipVia", "Note"]


def test_what_is_left_out_is_named_in_the_log(caplog):
    with caplog.at_level(logging.INFO):
        catalog(SCHEMA)
    assert "StockInquiry" in caplog.text


def test_an_entity_with_a_cursor_can_be_read_incrementally_by_it_alone():
    customer = streams()["Customer"]
    assert customer.supported_sync_modes == [SyncMode.full_refresh, SyncMode.incremental]
    assert (customer.source_defined_cursor, customer.default_cursor_field) == (True, [CURSOR])


def test_an_entity_without_a_cursor_can_only_be_read_whole():
    ship_via = streams()["ShipVia"]
    assert ship_via.supported_sync_modes == [SyncMode.full_refresh]
    assert (ship_via.source_defined_cursor, ship_via.default_cursor_field) == (None, None)


def test_no_stream_claims_to_resume_a_full_refresh():
    assert not any(stream.is_resumable for stream in streams().values())


def test_the_primary_key_is_the_business_key_or_else_the_id():
    assert streams()["Customer"].source_defined_primary_key == [["CustomerID"]]
    assert streams()["Note"].source_defined_primary_key == [["id"]]


def test_key_and_cursor_stand_in_the_json_schema():
    for stream in streams().values():
        columns = stream.json_schema["properties"]
        named = [name for path in stream.source_defined_primary_key for name in path]
        assert {*named, *(stream.default_cursor_field or [])} <= set(columns)


@pytest.mark.parametrize(
    ("columns", "paths"),
    [
        ({}, ("MainContact", "MainContact/Address", "Attributes")),
        ({"CustomerID": {}}, ()),
        ({"CustomerID": {}, "MainContact": {}}, ("MainContact", "MainContact/Address")),
        ({"Attributes": {}}, ("Attributes",)),
        ({"Dropped": {}}, ()),
    ],
)
def test_only_the_nested_members_of_chosen_columns_are_expanded(columns, paths):
    assert chosen_expansions(SCHEMA, SCHEMA.entities["Customer"], columns) == paths


@pytest.mark.parametrize("schema", [{}, {"properties": None}, {"type": "object"}])
def test_a_catalog_without_columns_has_none(schema):
    assert columns_of(schema) == {}
