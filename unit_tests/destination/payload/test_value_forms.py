"""A value that its field cannot take rejects its record alone, before anything is sent, in a dry run too."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from unit_tests.destination.builders import CUSTOMERS, Erp, record, run_write, state, stream

COLUMNS = {name: {} for name in ("CustomerID", "CustomerName", "CreditLimit", "Active", "Since", "MainContact")}
TYPED = stream("Customer", columns=COLUMNS, key=("CustomerID",))
MAPPED = {"stream": "people", "entity": "Customer", "fields": [{"from": "limit", "to": "CreditLimit"}]}


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(
    ("column", "value", "form"),
    [
        ("CreditLimit", "12,5", "takes a number such as 1234.5"),
        ("CreditLimit", "1,234.50", "takes a number such as 1234.5"),
        ("CreditLimit", "two", "takes a number such as 1234.5"),
        ("Since", "02/01/2026", "takes a date such as 2026-11-30"),
        ("Active", "yes", "takes true or false"),
        ("MainContact", {"ContactID": 7.5}, "takes a whole number"),
    ],
)
def test_text_of_another_form_rejects_its_record_and_is_not_sent(
    tmp_path: Path, dry_run: bool, column: str, value: object, form: str
) -> None:
    erp = Erp()
    lines = [
        record("Customer", CustomerID="C1", **{column: value}),
        record("Customer", CustomerID="C2"),
    ]
    result = run_write(tmp_path, lines, TYPED, erp=erp, on_record_error="skip", dry_run=dry_run)
    said = " ".join(result.logs("WARN"))
    assert form in said
    assert "has something else" in said
    assert str(value) not in said
    assert [call.body["CustomerID"] for call in erp.puts()] == ([] if dry_run else [{"value": "C2"}])


def test_the_error_names_the_field_and_the_column(tmp_path: Path) -> None:
    lines = [record("people", CustomerID="C1", limit="12,5")]
    people = stream("people", columns={"CustomerID": {}, "limit": {}}, key=("CustomerID",))
    result = run_write(tmp_path, lines, people, erp=Erp(), streams=[MAPPED], on_record_error="skip")
    assert "CreditLimit: takes a number such as 1234.5, and the column limit has something else" in " ".join(
        result.logs("WARN")
    )


@pytest.mark.parametrize(("nulls", "sent"), [("skip", None), ("clear", {"value": None})])
@pytest.mark.parametrize("column", ["CreditLimit", "Since", "Active"])
def test_empty_text_in_such_a_field_is_null(tmp_path: Path, column: str, nulls: str, sent: object) -> None:
    erp = Erp()
    settings = {"stream": "Customer", "entity": "Customer", "nulls": nulls}
    result = run_write(
        tmp_path, [record("Customer", CustomerID="C1", **{column: ""})], TYPED, erp=erp, streams=[settings]
    )
    assert result.code == 0
    (call,) = erp.puts()
    assert call.body.get(column) == sent


def test_a_business_date_keeps_its_day(tmp_path: Path) -> None:
    erp = Erp()
    run_write(tmp_path, [record("Customer", CustomerID="C1", Since="2026-03-01T00:00:00+11:00")], TYPED, erp=erp)
    assert erp.puts()[0].body["Since"] == {"value": "2026-03-01"}


def test_one_number_is_one_customer_however_it_is_written(tmp_path: Path) -> None:
    erp = Erp()
    lines = [
        record("Customer", CustomerID=Decimal(digits), CustomerName=f"n{at}")
        for at, digits in enumerate(["10045.0", "10045", "1.0045E4"])
    ]
    lines.append(record("Customer", CustomerID="10045", CustomerName="last"))
    assert run_write(tmp_path, lines, CUSTOMERS, erp=erp, concurrency=2).code == 0
    (row,) = erp.rows["Customer"]
    assert (row["CustomerID"], row["CustomerName"]) == ({"value": "10045"}, {"value": "last"})


@pytest.mark.parametrize(("there", "sent"), [("35E3", "35000"), ("1_000", "1000"), ("007", "7"), ("5.0", "5")])
def test_text_that_looks_like_the_same_number_is_a_change_and_is_written(tmp_path: Path, there: str, sent: str) -> None:
    erp = Erp(rows={"Customer": [{"id": "1", "CustomerID": {"value": "C1"}, "CustomerName": {"value": there}}]})
    for value in (sent, int(sent)):
        erp.rows["Customer"][0]["CustomerName"] = {"value": there}
        run_write(tmp_path, [record("Customer", CustomerID="C1", CustomerName=value)], CUSTOMERS, erp=erp)
        assert erp.rows["Customer"][0]["CustomerName"] == {"value": sent}


@pytest.mark.parametrize("value", ["NaN", '"\\ud800"', '"\\u0000"'])
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_value_that_nothing_can_hold_costs_its_record_alone_and_is_kept_as_it_came(
    tmp_path: Path, value: str, dry_run: bool
) -> None:
    broken = record("Customer", CustomerID="C1", CustomerName="@").replace(b'"@"', value.encode())
    erp, kept = Erp(), {"storage_type": "Local", "folder": str(tmp_path / "kept")}
    (tmp_path / "kept").mkdir()
    lines = [broken, record("Customer", CustomerID="C2"), state("Customer")]
    options = {"on_record_error": "skip", "object_storage_config": kept, "dry_run": dry_run}
    result = run_write(tmp_path, lines, CUSTOMERS, erp=erp, **options)
    (file,) = (tmp_path / "kept").rglob("*.jsonl")
    assert value.encode() in file.read_bytes()
    if not dry_run:
        assert result.counts == [(1, 1)]
        assert [row["CustomerID"] for row in erp.rows["Customer"]] == [{"value": "C2"}]


ORDER_COLUMNS = {name: {} for name in ("OrderType", "OrderNbr", "CustomerID", "ExternalRef", "Details")}


@pytest.mark.parametrize("digits", ["10045.0", "10045", "1.0045E4"])
@pytest.mark.parametrize("settings", [{"mode": "upsert", "match": "ExternalRef"}, {"mode": "insert"}])
def test_a_number_is_its_digits_in_references_and_matches(
    tmp_path: Path, digits: str, settings: dict[str, object]
) -> None:
    known = {"id": "1", "OrderType": {"value": "SO"}, "OrderNbr": {"value": "7"}, "ExternalRef": {"value": "10045"}}
    erp = Erp(rows={"SalesOrder": [known]})
    orders = stream("SalesOrder", "append", columns=ORDER_COLUMNS)
    line = record("SalesOrder", OrderType="SO", ExternalRef=Decimal(digits))
    entry = [{"stream": "SalesOrder", "entity": "SalesOrder", **settings}]
    assert run_write(tmp_path, [line], orders, erp=erp, streams=entry).code == 0
    assert len(erp.rows["SalesOrder"]) == 1


@pytest.mark.parametrize("digits", ["5.0", "5", "5E0"])
def test_a_number_is_its_digits_where_it_is_looked_up(tmp_path: Path, digits: str) -> None:
    erp = Erp(rows={"Customer": [{"id": "1", "CustomerID": {"value": "C1"}, "CustomerName": {"value": "5"}}]})
    lookup = {"entity": "Customer", "where": "CustomerName", "take": "CustomerID"}
    fields = [{"from": "number", "to": "CustomerID", "lookup": lookup}]
    orders = stream("orders", "append", columns={"OrderType": {}, "number": {}})
    line = record("orders", OrderType="SO", number=Decimal(digits))
    entry = [{"stream": "orders", "entity": "SalesOrder", "fields": fields}]
    assert run_write(tmp_path, [line], orders, erp=erp, streams=entry).code == 0
    assert erp.puts()[0].body["CustomerID"] == {"value": "C1"}


def test_a_number_is_its_digits_in_the_keys_of_lines(tmp_path: Path) -> None:
    line = {"id": "l", "InventoryID": {"value": "7"}, "OrderQty": {"value": 1}}
    known = {"id": "1", "OrderType": {"value": "SO"}, "OrderNbr": {"value": "7"}, "Details": [line]}
    erp = Erp(rows={"SalesOrder": [known]})
    orders = stream("SalesOrder", columns=ORDER_COLUMNS, key=("OrderType", "OrderNbr"))
    rows = [{"InventoryID": Decimal("7.0"), "OrderQty": 2}]
    entry = [
        {
            "stream": "SalesOrder",
            "entity": "SalesOrder",
            "line_keys": [{"detail": "Details", "fields": "InventoryID"}],
        }
    ]
    sent = record("SalesOrder", OrderType="SO", OrderNbr=Decimal("7.0"), Details=rows)
    assert run_write(tmp_path, [sent], orders, erp=erp, streams=entry).code == 0
    assert erp.puts()[-1].body["Details"] == [{"id": "l", "InventoryID": {"value": "7"}, "OrderQty": {"value": 2}}]


@pytest.mark.parametrize(("there", "form"), [("12,5", "takes a number"), ("", None)])
def test_a_value_that_was_looked_up_takes_the_form_of_its_field_too(
    tmp_path: Path, there: str, form: str | None
) -> None:
    erp = Erp(rows={"Customer": [{"id": "1", "CustomerID": {"value": "C1"}, "CustomerName": {"value": there}}]})
    lookup = {"entity": "Customer", "where": "CustomerID", "take": "CustomerName"}
    fields = [{"from": "who", "to": "OrderTotal", "lookup": lookup}]
    orders = stream("orders", "append", columns={"OrderType": {}, "who": {}})
    entry = [{"stream": "orders", "entity": "SalesOrder", "fields": fields}]
    result = run_write(
        tmp_path,
        [record("orders", OrderType="SO", who="C1")],
        orders,
        erp=erp,
        streams=entry,
        on_record_error="skip",
    )
    assert (form or "Stream orders: 1 created") in " ".join([*result.logs("WARN"), *result.logs("INFO")])
    assert [call.body.get("OrderTotal") for call in erp.puts()] == ([] if form else [None])


def custom(kind: str, value: object) -> dict[str, object]:
    return {"Document": {"UsrX": {"type": kind, "value": value}}}


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("CustomDecimalField", "12,5", None),
        ("CustomDateTimeField", "02/01/2026", None),
        ("CustomDecimalField", "12.50", Decimal("12.50")),
        ("CustomDateTimeField", "2026-03-01T00:00:00+11:00", "2026-03-01"),
        ("CustomStringField", 7.0, "7"),
        ("CustomOddField", "x", "x"),
    ],
)
def test_so_does_a_custom_field_that_carries_its_type(tmp_path: Path, kind: str, value: object, sent: object) -> None:
    erp = Erp()
    customers = stream("Customer", columns={"CustomerID": {}, "custom": {}}, key=("CustomerID",))
    line = record("Customer", CustomerID="C1", custom=custom(kind, value))
    result = run_write(tmp_path, [line], customers, erp=erp, on_record_error="skip")
    assert [call.body["custom"] for call in erp.puts()] == ([] if sent is None else [custom(kind, sent)])
    assert ("Document.UsrX: takes" in " ".join(result.logs("WARN"))) is (sent is None)
