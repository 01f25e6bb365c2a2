"""Values that the platform could not carry (`meta.changes`): unknown, not empty."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from destination_acumatica.payload.payload import Payload
from destination_acumatica.payload.platform_changes import without_truncated
from unit_tests.destination.builders import Erp, record, run_write, state, stream

COLUMNS = {name: {} for name in ("CustomerID", "CustomerName", "CreditLimit", "MainContact", "Attributes")}
CUSTOMERS = stream("Customer", columns=COLUMNS, key=("CustomerID",))
ORDERS = stream(
    "SalesOrder", "append", columns={name: {} for name in ("OrderType", "CustomerID", "ExternalRef", "Details")}
)
CLEARS = [{"stream": "Customer", "entity": "Customer", "nulls": "clear"}]
NULL_SIZE = "PLATFORM_SERIALIZATION_ERROR"


def changed(stream_name: str, changes: Mapping[str, str], **columns: object) -> bytes:
    message = json.loads(record(stream_name, **columns))
    listed = [{"field": path, "change": change, "reason": NULL_SIZE} for path, change in changes.items()]
    message["record"]["meta"] = {"changes": listed}
    return json.dumps(message).encode() + b"\n"


def known(**fields: object) -> Erp:
    return Erp(rows={"Customer": [{"id": "1", "CustomerID": {"value": "C1"}, **fields}]})


@pytest.mark.parametrize("left", [{"CustomerName": None}, {}])
def test_a_nulled_value_clears_nothing(tmp_path: Path, left: dict[str, object]) -> None:
    erp = known(CustomerName={"value": "Ann"}, CreditLimit={"value": 5})
    lines = [
        changed("Customer", {"CustomerName": "NULLED"}, CustomerID="C1", CreditLimit=None, **left),
        state("Customer"),
    ]
    result = run_write(tmp_path, lines, CUSTOMERS, erp=erp, streams=CLEARS)
    assert result.counts == [(1, 0)]
    (row,) = erp.rows["Customer"]
    assert (row["CustomerName"], row["CreditLimit"]) == ({"value": "Ann"}, {"value": None})
    assert (
        "Stream Customer: 1 record came with a value of CustomerName that the platform could not carry: the field "
        "stays as it is in Acumatica." in result.logs("WARN")
    )


@pytest.mark.parametrize("path", ["MainContact.Email", "MainContact"])
def test_nor_does_one_inside_a_nested_column(tmp_path: Path, path: str) -> None:
    erp = known(MainContact={"Email": {"value": "a@b.c"}})
    line = changed("Customer", {path: "NULLED"}, CustomerID="C1", CustomerName="n", MainContact={"Email": None})
    run_write(tmp_path, [line], CUSTOMERS, erp=erp, streams=CLEARS)
    assert "MainContact" not in erp.puts()[0].body


@pytest.mark.parametrize("path", ["Details.UnitPrice", "Details.0.UnitPrice", "Details[0].UnitPrice"])
def test_nor_does_one_inside_a_line(tmp_path: Path, path: str) -> None:
    erp = Erp()
    line = changed("SalesOrder", {path: "NULLED"}, ExternalRef="E1", Details=[{"InventoryID": "A", "UnitPrice": None}])
    settings = [{"stream": "SalesOrder", "entity": "SalesOrder", "nulls": "clear"}]
    run_write(tmp_path, [line], ORDERS, erp=erp, streams=settings)
    assert erp.puts()[0].body["Details"] == [{"InventoryID": {"value": "A"}}]


def test_no_default_takes_its_place(tmp_path: Path) -> None:
    erp = Erp()
    fields = [{"from": "name", "to": "CustomerName", "default": "nameless"}]
    people = stream("people", columns={"CustomerID": {}, "name": {}}, key=("CustomerID",))
    line = changed("people", {"name": "NULLED"}, CustomerID="C1", name=None)
    run_write(tmp_path, [line], people, erp=erp, streams=[{"stream": "people", "entity": "Customer", "fields": fields}])
    assert "CustomerName" not in erp.puts()[0].body


@pytest.mark.parametrize("change", ["NULLED", "TRUNCATED"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_key_that_did_not_come_whole_rejects_the_record(tmp_path: Path, change: str, dry_run: bool) -> None:
    erp = Erp()
    value = None if change == "NULLED" else "C"
    lines = [changed("Customer", {"CustomerID": change}, CustomerID=value, CustomerName="n"), state("Customer")]
    result = run_write(tmp_path, lines, CUSTOMERS, erp=erp, on_record_error="skip", dry_run=dry_run)
    assert "CustomerID: the platform" in " ".join(result.logs("WARN"))
    assert erp.puts() == []


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"reference": "ExternalRef"},
        {"mode": "upsert", "match": "ExternalRef"},
        {"mode": "update", "match": "ExternalRef"},
    ],
)
def test_so_does_a_reference_or_a_field_of_the_match(tmp_path: Path, settings: dict[str, object]) -> None:
    erp = Erp()
    line = changed("SalesOrder", {"ExternalRef": "NULLED"}, OrderType="SO", CustomerID="C", ExternalRef=None)
    streams = [{"stream": "SalesOrder", "entity": "SalesOrder", **settings}]
    result = run_write(tmp_path, [line], ORDERS, erp=erp, streams=streams, on_record_error="skip")
    assert "ExternalRef: the platform could not carry this value" in " ".join(result.logs("WARN"))
    assert erp.puts() == []


def test_so_does_a_field_that_lines_are_found_by(tmp_path: Path) -> None:
    erp = Erp()
    line = changed(
        "SalesOrder",
        {"Details.InventoryID": "NULLED"},
        ExternalRef="E1",
        Details=[{"InventoryID": None, "OrderQty": 1}],
    )
    keys = [{"detail": "Details", "fields": "InventoryID"}]
    streams = [{"stream": "SalesOrder", "entity": "SalesOrder", "line_keys": keys}]
    result = run_write(tmp_path, [line], ORDERS, erp=erp, streams=streams, on_record_error="skip")
    assert "Details[0]/InventoryID: the platform could not carry this value" in " ".join(result.logs("WARN"))
    assert erp.puts() == []


def test_a_truncated_value_overwrites_no_longer_one(tmp_path: Path) -> None:
    erp = known(CustomerName={"value": "Ann of Green Gables"})
    line = changed("Customer", {"CustomerName": "TRUNCATED"}, CustomerID="C1", CustomerName="Ann of", CreditLimit=5)
    result = run_write(tmp_path, [line], CUSTOMERS, erp=erp)
    (row,) = erp.rows["Customer"]
    assert (row["CustomerName"]["value"], row["CreditLimit"]["value"]) == ("Ann of Green Gables", 5)
    assert "a value of CustomerName that the platform cut off" in " ".join(result.logs("WARN"))


def test_a_truncated_value_that_begins_otherwise_is_news(tmp_path: Path) -> None:
    erp = known(CustomerName={"value": "Bea of Green Gables"})
    line = changed("Customer", {"CustomerName": "TRUNCATED"}, CustomerID="C1", CustomerName="Ann of")
    run_write(tmp_path, [line], CUSTOMERS, erp=erp)
    assert erp.rows["Customer"][0]["CustomerName"] == {"value": "Ann of"}


@pytest.mark.parametrize(
    "meta", [None, 7, [], {"changes": None}, {"changes": 3}, {"changes": [{"change": "NULLED"}]}, {}]
)
def test_what_cannot_be_understood_of_them_changes_nothing(tmp_path: Path, meta: object) -> None:
    erp = Erp()
    message = json.loads(record("Customer", CustomerID="C1", CustomerName="n"))
    message["record"]["meta"] = meta
    assert run_write(tmp_path, [json.dumps(message).encode() + b"\n"], CUSTOMERS, erp=erp).code == 0
    assert erp.puts()[0].body["CustomerName"] == {"value": "n"}


@pytest.mark.parametrize(
    ("place", "sent", "found", "kept"),
    [
        ("A/B", {"A": {"B": {"value": "x"}}}, {"A": {"B": {"value": "xy"}}}, {"A": {}}),
        ("A/B", {"A": {"B": {"value": "x"}}}, {}, {"A": {"B": {"value": "x"}}}),
        ("D[0]/B", {"D": [{"B": {"value": "x"}}]}, {"D": [{"B": {"value": "q"}}, {"B": {"value": "xy"}}]}, {"D": [{}]}),
        (
            "V.F",
            {"custom": {"V": {"F": {"type": "t", "value": "x"}}}},
            {"custom": {"V": {"F": {"type": "t", "value": "xy"}}}},
            {"custom": {"V": {}}},
        ),
        ("A", {"A": {"value": 1}}, {"A": {"value": 12}}, {"A": {"value": 1}}),
        ("A", {"B": {"value": 1}}, {}, {"B": {"value": 1}}),
    ],
)
def test_truncated_values_are_found_at_any_place(
    place: str, sent: dict[str, object], found: dict[str, object], kept: dict[str, object]
) -> None:
    assert dict(without_truncated(Payload(sent), found, [place])) == kept
