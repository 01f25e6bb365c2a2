"""Streams and columns with blanks in their names, or at their end, can be named in the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from unit_tests.destination.builders import Erp, record, run_write, stream

FIELDS = [
    {"to": "OrderType", "value": "SO"},
    {"from": "Order ID", "to": "ExternalRef"},
    {"from": "lines.sku", "to": "Details.InventoryID"},
]


def joined(lines_stream: str, column: str, document_column: str, **more: object) -> list[dict[str, object]]:
    taken = {"stream": lines_stream, "detail": "Details", "column": column, "document_column": document_column}
    fields = [*FIELDS[:2], {"from": f"{lines_stream}.sku", "to": "Details.InventoryID"}]
    entry = {"stream": "orders", "entity": "SalesOrder", "mode": "upsert", "match": "ExternalRef", **more}
    return [{**entry, "fields": fields, "lines_from": [taken], "unknown_columns": "ignore"}]


@pytest.mark.parametrize(
    ("lines_stream", "line_column", "column"),
    [
        ("lines", "Order ID", "Order ID"),
        ("lines", "Order ID", " Order ID "),
        ("lines", "Order ID ", "Order ID "),
        ("my lines", "Order ID", "Order ID"),
        ("lines ", "Order ID", "Order ID"),
    ],
)
def test_lines_are_joined_by_columns_with_blanks(
    tmp_path: Path, lines_stream: str, line_column: str, column: str
) -> None:
    erp = Erp()
    orders = stream("orders", "append", columns=("Order ID",))
    lines = stream(lines_stream, "append", columns=(line_column, "sku"))
    records = [record("orders", **{"Order ID": "E1"}), record(lines_stream, **{line_column: "E1", "sku": "A"})]
    result = run_write(tmp_path, records, orders, lines, erp=erp, streams=joined(lines_stream, column, "Order ID"))
    assert result.code == 0
    (row,) = erp.rows["SalesOrder"]
    assert [one["InventoryID"] for one in row["Details"]] == [{"value": "A"}]


@pytest.mark.parametrize("separated", ["shop, Order ID", "shop ,Order ID", "shop;Order ID"])
def test_several_columns_are_separated_by_commas(tmp_path: Path, separated: str) -> None:
    erp = Erp()
    orders = stream("orders", "append", columns=("shop", "Order ID"))
    lines = stream("lines", "append", columns=("shop", "Order ID", "sku"))
    both = {"shop": "N", "Order ID": "E1"}
    records = [
        record("orders", **both),
        record("lines", **both, sku="A"),
        record("lines", **{**both, "shop": "S"}, sku="B"),
    ]
    settings = joined("lines", separated, separated)
    result = run_write(tmp_path, records, orders, lines, erp=erp, streams=settings, on_record_error="skip")
    assert result.code == 0
    assert next(one["InventoryID"]["value"] for row in erp.rows["SalesOrder"] for one in row["Details"]) == "A"


def test_columns_separated_by_blanks_are_still_several(tmp_path: Path) -> None:
    erp = Erp()
    orders = stream("orders", "append", columns=("shop", "Order ID", "number"))
    lines = stream("lines", "append", columns=("shop", "number", "sku"))
    both = {"shop": "N", "number": "1"}
    records = [record("orders", **both, **{"Order ID": "E1"}), record("lines", **both, sku="A")]
    result = run_write(tmp_path, records, orders, lines, erp=erp, streams=joined("lines", "shop number", "shop number"))
    assert (result.code, len(erp.rows["SalesOrder"][0]["Details"])) == (0, 1)


@pytest.mark.parametrize(("name", "column"), [("people ", "mail "), ("people ", "mail"), ("people", "mail ")])
@pytest.mark.parametrize("typed", [True, False])
def test_a_stream_or_column_with_a_blank_at_its_end_is_configured_as_it_is_spelt(
    tmp_path: Path, name: str, column: str, typed: bool
) -> None:
    """Where the blank is typed too much, the name without it counts."""
    erp = Erp()
    people = stream(name, columns=("CustomerID", column), key=("CustomerID",))
    chosen = (name, column) if typed else (name.strip() + " ", column.strip() + " ")
    if not typed:
        people = stream(name.strip(), columns=("CustomerID", column.strip()), key=("CustomerID",))
    entry = {"stream": chosen[0], "entity": "Customer", "fields": [{"from": chosen[1], "to": "CustomerName"}]}
    described = people["stream"]
    names = list(described["json_schema"]["properties"])
    line = record(described["name"], **{"CustomerID": "C1", names[1]: "a@b.c"})
    assert run_write(tmp_path, [line], people, erp=erp, streams=[entry]).code == 0
    assert erp.puts()[0].body["CustomerName"] == {"value": "a@b.c"}


def test_two_streams_that_differ_by_a_blank_have_entries_of_their_own(tmp_path: Path) -> None:
    erp = Erp()
    streams = [stream(name, columns=("CustomerID", "x"), key=("CustomerID",)) for name in ("people", "people ")]
    entries = [
        {"stream": "people", "entity": "Customer", "fields": [{"from": "x", "to": "CustomerName"}]},
        {"stream": "people ", "entity": "Customer", "fields": [{"from": "x", "to": "CreditLimit"}]},
    ]
    lines = [record("people", CustomerID="C1", x="1"), record("people ", CustomerID="C2", x="2")]
    assert run_write(tmp_path, lines, *streams, erp=erp, streams=entries).code == 0
    assert [sorted(call.body) for call in erp.puts()] == [["CustomerID", "CustomerName"], ["CreditLimit", "CustomerID"]]
