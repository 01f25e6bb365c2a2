"""Reading through the command line: full refresh, incremental, all three endpoints, an ERP that changes meanwhile."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from jsonschema import Draft7Validator

from acumatica_emulator import Emulator
from integration_tests.source.conftest import Result, Source

CURSOR = "LastModifiedDateTime"


def ids(records: list[dict]) -> list[str]:
    return [record["id"] for record in records]


def dated(result: Result) -> list[dict]:
    """The customers that have a modification date; the seed has a few without."""
    return [record for record in result.records("Customer") if record[CURSOR] is not None]


class TestAFullRefresh:
    @pytest.mark.parametrize(
        ("endpoint", "streams"),
        [
            ("Default", ["Customer", "StockItem", "ShipVia"]),
            ("MANUFACTURING", ["ProductionOrder"]),
            ("eCommerce", ["Customer"]),
        ],
    )
    def test_reads_every_record_once_and_completes(self, instance, source, endpoint, streams):
        result = source.read(*streams, endpoint_name=endpoint.lower())
        assert (result.code, result.errors) == (0, [])
        for stream in streams:
            there = instance.records(stream, endpoint=endpoint)
            assert sorted(ids(result.records(stream))) == sorted(record["id"] for record in there)
            assert result.statuses(stream)[0] == "STARTED"
            assert result.statuses(stream)[-1] == "COMPLETE"

    def test_gives_records_that_satisfy_the_schema_of_their_stream(self, source):
        result = source.read("Customer", "SalesOrder", "StockItem")
        for configured in source.catalog("Customer", "SalesOrder", "StockItem")["streams"]:
            validator = Draft7Validator(configured["stream"]["json_schema"])
            records = result.records(configured["stream"]["name"])
            assert records
            for record in records[:50]:
                validator.validate(record)

    def test_reports_that_it_has_no_position_and_how_many_records_came(self, source):
        result = source.read("Customer")
        states = result.of("STATE")
        assert states[-1]["stream"]["stream_state"] == {"__ab_no_cursor_state_message": True}
        assert all(state["stream"]["stream_state"]["full_refresh"] for state in states[:-1])
        assert sum(state["sourceStats"]["recordCount"] for state in states) == len(result.records("Customer"))

    def test_reports_its_state_before_it_completes(self, source):
        assert [line["type"] for line in source.read("Customer").lines][-4:] == ["STATE", "LOG", "TRACE", "LOG"]

    def test_twice_is_the_same_twice(self, source):
        first, second = source.read("Customer", "ShipVia"), source.read("Customer", "ShipVia")
        for stream in ("Customer", "ShipVia"):
            assert first.records(stream) == second.records(stream)

    def test_keeps_numbers_as_the_server_wrote_them(self, instance, source):
        result = source.read("StockItem", page_size=50)
        prices = {record["InventoryID"]: record["DefaultPrice"] for record in result.records("StockItem")}
        there = {record["InventoryID"]: record["DefaultPrice"] for record in instance.records("StockItem")}
        assert {key: Decimal(str(value)) for key, value in prices.items()} == {
            key: Decimal(str(value)) for key, value in there.items()
        }

    def test_expands_nested_members_only_for_chosen_columns(self, instance, source):
        catalog = source.catalog("Customer")
        schema = catalog["streams"][0]["stream"]["json_schema"]
        schema["properties"] = {name: schema["properties"][name] for name in ("id", "CustomerID", "MainContact")}
        result = source.call("read", config=source.config(), catalog=catalog)
        expands = {call.query.get("$expand", "") for call in instance.calls if call.path.endswith("/Customer")}
        assert result.code == 0
        (expanded,) = expands - {""}  # without: the question whether there is any record
        assert all(path.split("/")[0] == "MainContact" for path in expanded.split(","))


class TestAnIncrementalRead:
    def test_brings_everything_first_and_only_what_changed_then(self, instance, source):
        instance.tick(4 * 3600)  # the seed's last changes lie behind the lookback
        first = source.read("Customer:incremental")
        there = instance.records("Customer")
        assert {*ids(first.records("Customer"))} == {record["id"] for record in there}
        instance.tick(10 * 3600)
        for record in there[:10]:
            instance.store().update("Customer", [record["CustomerID"]], {"CustomerName": "Changed"})
        second = source.read("Customer:incremental", state=first.state())
        changed = [record["CustomerName"] for record in second.records("Customer")]
        assert changed.count("Changed") == 10
        third = source.read("Customer:incremental", state=second.state())
        assert {*ids(third.records("Customer"))} <= {*ids(second.records("Customer"))}

    def test_counts_the_records_before_each_state(self, source):
        result = source.read("Customer:incremental", "SalesOrder:incremental", page_size=50, concurrency_level=2)
        for stream in ("Customer", "SalesOrder"):
            counts = [state["sourceStats"]["recordCount"] for state in result.of("STATE", stream)]
            assert sum(counts) == len(result.records(stream))

    def test_moves_its_position_only_forward(self, source):
        result = source.read("SalesOrder:incremental", page_size=50, concurrency_level=2)
        positions = [state["stream"]["stream_state"] for state in result.of("STATE")]
        moments = [datetime.fromisoformat(next(iter(position.values()))[:19]) for position in positions if position]
        assert moments == sorted(moments)

    def test_reads_records_without_a_modification_date_every_time(self, instance, source):
        key = instance.records("Customer")[3]["CustomerID"]
        instance.store().update("Customer", [key], {"CustomerName": "Undated"}, stamp=None)
        first = source.read("Customer:incremental")
        second = source.read("Customer:incremental", state=first.state())
        for result in (first, second):
            assert "Undated" in [record["CustomerName"] for record in result.records("Customer")]

    def test_of_a_position_in_the_future_is_empty_and_stays_there(self, source):
        future = [{"type": "STREAM", "stream": state_of("Customer", "2999-01-01T00:00:00+00:00")}]
        result = source.read("Customer:incremental", state=future)
        assert dated(result) == []
        assert result.state() == future
        assert result.statuses("Customer")[-1] == "COMPLETE"

    def test_takes_a_global_state_apart(self, source):
        streams = [state_of("Customer", "2999-01-01T00:00:00+00:00")]
        result = source.read("Customer:incremental", state=[{"type": "GLOBAL", "global": {"stream_states": streams}}])
        assert (result.code, dated(result)) == (0, [])

    def test_after_a_full_refresh_begins_at_the_beginning(self, source):
        first = source.read("Customer")
        second = source.read("Customer:incremental", state=first.state())
        assert {*ids(first.records("Customer"))} == {*ids(second.records("Customer"))}

    def test_from_a_start_date_leaves_older_records_out(self, instance, source):
        tomorrow = (instance.now + timedelta(days=2)).strftime("%Y-%m-%d")
        assert dated(source.read("Customer:incremental", start_date=tomorrow)) == []

    @pytest.mark.parametrize(
        "zones",
        [
            {"server_zone": "America/New_York", "user_zone": "America/New_York"},
            {"server_zone": "UTC", "user_zone": "Australia/Sydney"},
            {"server_zone": "America/New_York", "user_zone": "UTC", "filter_offset": "ignore"},
        ],
    )
    def test_loses_no_change_whatever_zone_the_stamps_are_labelled_with(self, instance, source, zones):
        for name, value in zones.items():
            setattr(instance.switches, name, value)
        first = source.read("Customer:incremental")
        assert {*ids(first.records("Customer"))} == {record["id"] for record in instance.records("Customer")}
        instance.tick(60)
        keys = [record["CustomerID"] for record in instance.records("Customer")[:5]]
        for key in keys:
            instance.store().update("Customer", [key], {"CustomerName": "Changed"})
        second = source.read("Customer:incremental", state=first.state())
        assert {
            record["CustomerID"] for record in second.records("Customer") if record["CustomerName"] == "Changed"
        } == {*keys}


def state_of(stream: str, position: str) -> dict:
    return {"stream_descriptor": {"name": stream}, "stream_state": {CURSOR: position}}


class TestAServerOfItsOwnMind:
    @pytest.mark.parametrize("cap", [2, 7, 100])
    def test_that_gives_fewer_rows_than_asked_for_loses_none(self, instance, source, cap):
        instance.switches.max_page = cap
        there = sorted(record["id"] for record in instance.records("Vendor"))
        assert sorted(ids(source.read("Vendor").records("Vendor"))) == there

    @pytest.mark.parametrize("effect", ["row_leaves", "row_arrives", "row_moves"])
    def test_whose_rows_move_between_pages_hides_none_that_stay(self, instance, source, effect):
        before = {record["id"] for record in instance.records("Customer")}
        catalog = source.catalog("Customer")
        instance.faults.add(effect, method="GET", entity="Customer", nth=3)
        result = source.call("read", config=source.config(page_size=20), catalog=catalog)
        after = {record["id"] for record in instance.records("Customer")}
        assert before & after <= {*ids(result.records("Customer"))}
        assert result.code == 0

    def test_that_refuses_a_list_gives_its_records_one_by_one(self, instance, source):
        whole = source.read("Vendor").records("Vendor")
        instance.switches.delegates = {"Vendor": {"MainContact": "Contacts"}}
        result = source.read("Vendor")
        assert result.code == 0
        assert result.records("Vendor") == whole
        assert any("one by one" in warning for warning in result.warnings)

    def test_whose_sessions_die_goes_on(self, instance, source):
        catalog = source.catalog("Customer")
        instance.faults.add("recycle", method="GET", entity="Customer", nth=3)
        result = source.call("read", config=source.config(page_size=50), catalog=catalog)
        assert (result.code, len(result.records("Customer"))) == (0, len(instance.records("Customer")))

    def test_that_is_overloaded_for_a_moment_is_asked_again(self, instance, source, hasty):
        catalog = source.catalog("Customer")
        instance.faults.add("status", method="GET", entity="Customer", nth=2, times=2, status=503)
        result = source.call("read", config=source.config(page_size=50), catalog=catalog)
        assert (result.code, len(result.records("Customer"))) == (0, len(instance.records("Customer")))

    def test_with_more_workers_than_seats_goes_on_with_the_seats_there_are(self, instance, source):
        result = source.read("Customer:incremental", "SalesOrder:incremental", concurrency_level=10, page_size=50)
        assert result.code == 0
        assert instance.sessions_peak <= 2
        assert len({*ids(result.records("Customer"))}) == len(instance.records("Customer"))


class TestOneBadStream:
    def test_that_is_forbidden_leaves_the_others_finished(self, instance, source):
        instance.switches.forbidden = ["Vendor"]
        result = source.read("Vendor:incremental", "Customer")
        assert result.code == 1
        assert result.statuses("Vendor") == ["STARTED", "INCOMPLETE"]
        assert result.statuses("Customer")[-1] == "COMPLETE"
        assert len(result.records("Customer")) == len(instance.records("Customer"))
        assert {error["failure_type"] for error in result.errors} == {"config_error"}
        assert all("stack_trace" not in error for error in result.errors)

    def test_that_breaks_in_the_middle_keeps_its_place_and_resumes(self, instance, source, hasty):
        catalog = source.catalog("SalesOrder:incremental", "ShipVia")
        instance.faults.add("status", method="GET", entity="SalesOrder", nth=20, times=4, status=503)
        config = source.config(page_size=20)
        broken = source.call("read", config=config, catalog=catalog)
        assert (broken.code, broken.statuses("SalesOrder")[-1]) == (1, "INCOMPLETE")
        assert broken.statuses("ShipVia")[-1] == "COMPLETE"
        resumed = source.call("read", config=config, catalog=catalog, state=broken.state())
        assert resumed.code == 0
        both = {*ids(broken.records("SalesOrder")), *ids(resumed.records("SalesOrder"))}
        assert both == {record["id"] for record in instance.records("SalesOrder")}


def test_every_record_is_one_line_and_every_line_is_json(source: Source, instance: Emulator):
    result = source.read("SalesOrder", "Customer:incremental")
    assert {line["type"] for line in result.lines} <= {"RECORD", "STATE", "TRACE", "LOG"}
    assert json.dumps(result.lines)
