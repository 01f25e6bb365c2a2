"""What Airbyte's retired acceptance tests asked of a source's reads, and its runner of today does not."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from integration_tests.source.conftest import Result, Source

STREAMS = ("Customer", "SalesOrder", "SalesOrder_Details", "ShipVia")
INCREMENTAL = tuple(f"{name}:incremental" for name in STREAMS[:3])
pytestmark = pytest.mark.filterwarnings("ignore")


def rows(result: Result) -> dict[str, Counter[str]]:
    """The records of each stream, whatever their order."""
    return {name: Counter(json.dumps(r, sort_keys=True) for r in result.records(name)) for name in STREAMS}


def test_two_full_reads_bring_the_same_records_and_the_second_is_emitted_later(source: Source) -> None:
    first, second = source.read(*STREAMS), source.read(*STREAMS)
    assert rows(first) == rows(second)
    assert all(rows(first).values())
    latest = max(record["emitted_at"] for record in first.of("RECORD"))
    assert latest <= min(record["emitted_at"] for record in second.of("RECORD"))


def test_a_second_read_from_the_last_state_brings_less(source: Source) -> None:
    first = source.read(*INCREMENTAL)
    second = source.read(*INCREMENTAL, state=first.state())
    for name in STREAMS[:3]:
        assert len(second.records(name)) < len(first.records(name)), name


def test_every_state_on_the_way_resumes_without_losing_what_came_after_it(source: Source) -> None:
    (first, *_), result = INCREMENTAL, source.read(INCREMENTAL[0])
    name = first.partition(":")[0]
    keys = {record["CustomerID"] for record in result.records(name)}
    seen: set[str] = set()
    for line in result.lines:
        if line["type"] == "RECORD":
            seen.add(line["record"]["data"]["CustomerID"])
        if line["type"] == "STATE":
            again = source.read(first, state=[{"type": "STREAM", "stream": line["state"]["stream"]}])
            assert seen | {record["CustomerID"] for record in again.records(name)} == keys


def test_a_state_has_the_form_that_its_column_has(source: Source) -> None:
    result = source.read(INCREMENTAL[0])
    stamp = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
    for state in result.of("STATE", "Customer"):
        (value,) = state["stream"]["stream_state"].values()
        assert stamp.fullmatch(value)


def test_every_stream_reports_that_it_started_runs_and_is_complete(source: Source) -> None:
    result = source.read(*STREAMS)
    for name in STREAMS:
        logged = result.statuses(name)
        assert (logged[0], logged[1], logged[-1]) == ("STARTED", "RUNNING", "COMPLETE"), name


def test_the_states_of_a_stream_count_all_of_its_records(source: Source) -> None:
    result = source.read(*STREAMS)
    for name in STREAMS:
        counted = sum(state["sourceStats"]["recordCount"] for state in result.of("STATE", name))
        assert counted == len(result.records(name)) > 0, name


def test_keys_are_never_null_and_never_come_twice_in_a_full_read(source: Source) -> None:
    result = source.read(*STREAMS)
    offered = {entry["stream"]["name"]: entry["stream"] for entry in source.catalog(*STREAMS)["streams"]}
    for name in STREAMS:
        keys = [
            tuple(record[path[0]] for path in offered[name]["source_defined_primary_key"])
            for record in result.records(name)
        ]
        assert all(part is not None for key in keys for part in key), name
        assert len(keys) == len(set(keys)), name


def test_every_column_that_the_catalog_announces_comes_at_least_once(source: Source) -> None:
    result = source.read(*STREAMS)
    offered = {entry["stream"]["name"]: entry["stream"] for entry in source.catalog(*STREAMS)["streams"]}
    for name in STREAMS:
        come = {column for record in result.records(name) for column in record}
        assert offered[name]["json_schema"]["properties"].keys() == come, name
