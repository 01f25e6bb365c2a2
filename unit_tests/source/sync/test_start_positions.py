"""Where a configured stream is read from: its own state, under the name its cursor has or had, or the start date."""

from __future__ import annotations

import pytest

from acumatica_client.errors import SettingsError
from source_acumatica.catalog.stream_definitions import stream_definitions
from source_acumatica.selection.stream_groups import ConfiguredStream
from source_acumatica.sync.state import place_member
from unit_tests.source.builders import CURSOR, endpoint_schema

SCHEMA = endpoint_schema()
NOON, START = "2026-11-23T12:00:00+00:00", "2025-01-01T00:00:00+00:00"
ROWS = "Customer_Attributes"


def position(stream: str, state: dict[str, object], mode: str = "incremental", **more: object) -> str | None:
    asked = ConfiguredStream(stream, incremental=mode == "incremental", **more)
    return place_member(SCHEMA, stream_definitions(SCHEMA)[stream], asked, state, start=START).lower


@pytest.mark.parametrize("stream", ["Customer", ROWS])
class TestAnIncrementalStream:
    def test_goes_on_where_its_state_stands(self, stream):
        assert position(stream, {CURSOR: NOON}) == NOON

    def test_goes_on_where_it_stood_under_the_name_that_its_cursor_had(self, stream):
        assert position(stream, {"LastModified": NOON}) == NOON

    def test_begins_at_the_start_date_without_a_state_or_after_a_full_refresh(self, stream):
        assert position(stream, {}) == START
        assert position(stream, {"__ab_no_cursor_state_message": True}) == START

    def test_with_a_state_of_something_else_is_refused(self, stream):
        with pytest.raises(SettingsError, match="saved state"):
            position(stream, {CURSOR: "yesterday"})


@pytest.mark.parametrize(
    ("stream", "cursor"),
    [
        ("Customer", CURSOR),
        ("Customer", "LastModified"),
        (ROWS, f"Customer_{CURSOR}"),
        (ROWS, "Customer_LastModified"),
    ],
)
def test_the_configured_cursor_may_have_the_name_of_an_older_version(stream, cursor):
    assert position(stream, {}, cursor_field=(cursor,)) == START


@pytest.mark.parametrize(
    ("stream", "cursor"), [("Customer", "CreatedDateTime"), (ROWS, CURSOR), (ROWS, "id"), ("ShipVia", "Code")]
)
def test_any_other_cursor_is_refused(stream, cursor):
    with pytest.raises(SettingsError, match=f"{stream} cannot be read incrementally by {cursor}"):
        position(stream, {}, cursor_field=(cursor,))


@pytest.mark.parametrize("name", [f"Customer_{CURSOR}", "Customer_LastModified", CURSOR, "LastModified"])
def test_a_detail_goes_on_from_a_state_of_any_version(name):
    """The column that its catalog names, of this and older endpoint versions, and the record's own name for it."""
    assert position(ROWS, {name: NOON}) == NOON
    assert position(ROWS, {name: NOON, "full_refresh": True}, mode="full_refresh") == NOON


def test_the_column_that_the_catalog_names_comes_first():
    assert position(ROWS, {CURSOR: START, f"Customer_{CURSOR}": NOON}) == NOON


def test_a_full_refresh_begins_at_the_beginning_unless_one_was_broken_off():
    assert position("Customer", {}, mode="full_refresh") is None
    assert position("Customer", {CURSOR: NOON}, mode="full_refresh") is None
    assert position("Customer", {CURSOR: NOON, "full_refresh": True}, mode="full_refresh") == NOON


def test_an_entity_without_a_cursor_has_no_position():
    assert position("ShipVia", {CURSOR: NOON}, mode="full_refresh") is None


def test_a_stream_without_a_cursor_that_is_asked_for_incrementally_is_read_whole_and_says_so(caplog):
    assert position("ShipVia", {}) is None
    assert "ShipVia cannot be read incrementally: it is read whole" in caplog.text
