"""A document that Acumatica numbers is inserted only where something finds it again, or not without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from unit_tests.destination.builders import Erp, record, run_write, state, stream

ORDERS = stream("SalesOrder", "append", columns=("OrderType", "OrderNbr", "CustomerID", "ExternalRef"))
EMPTY = [{}, {"ExternalRef": None}, {"ExternalRef": ""}, {"ExternalRef": "  "}]


def entry(**more: object) -> list[dict[str, object]]:
    return [{"stream": "SalesOrder", "entity": "SalesOrder", "mode": "insert", **more}]


def orders(*references: object) -> list[bytes]:
    return [record("SalesOrder", OrderType="SO", CustomerID="C", **one) for one in references]


@pytest.mark.parametrize("empty", EMPTY)
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_record_without_the_reference_that_the_user_named_is_rejected(
    tmp_path: Path, empty: dict[str, object], dry_run: bool
) -> None:
    erp, lines = Erp(), orders(empty, {"ExternalRef": "E1"})
    settings = entry(reference="ExternalRef")
    for _ in range(2):
        result = run_write(tmp_path, lines, ORDERS, erp=erp, streams=settings, on_record_error="skip", dry_run=dry_run)
        words = "ExternalRef: is empty, and without its reference the record could be inserted twice"
        assert words in " ".join(result.logs("WARN"))
    rows = erp.rows.get("SalesOrder", [])
    assert [row["ExternalRef"] for row in rows] == ([] if dry_run else [{"value": "E1"}])


@pytest.mark.parametrize("empty", EMPTY)
def test_where_the_reference_is_implied_such_records_are_counted_in_a_warning(
    tmp_path: Path, empty: dict[str, object]
) -> None:
    result = run_write(tmp_path, [*orders(empty, {"ExternalRef": "E1"}, empty), state("SalesOrder")], ORDERS, erp=Erp())
    assert result.counts == [(3, 0)]
    assert (
        "Stream SalesOrder: 2 records came without ExternalRef, which would find them again: after an interrupted sync "
        "they can be inserted twice." in result.logs("WARN")
    )


def test_a_dry_run_says_so_in_its_result(tmp_path: Path) -> None:
    result = run_write(tmp_path, orders({}), ORDERS, erp=Erp(), dry_run=True)
    assert "1 record came without ExternalRef" in str(result.error["message"])


def test_a_record_with_its_key_needs_no_reference(tmp_path: Path) -> None:
    erp = Erp()
    lines = orders({"OrderNbr": "1"})
    result = run_write(tmp_path, lines, ORDERS, erp=erp, streams=entry(reference="ExternalRef"))
    assert (result.code, len(erp.rows["SalesOrder"])) == (0, 1)
    assert "came without" not in " ".join(result.logs("WARN"))


def test_a_named_reference_that_no_column_gives_is_a_problem_of_the_plan(tmp_path: Path) -> None:
    without = stream("SalesOrder", "append", columns=("OrderType", "CustomerID"))
    result = run_write(tmp_path, orders({}), without, erp=Erp(), streams=entry(reference="ExternalRef"))
    assert "no column gives ExternalRef, the field of the setting Reference" in str(result.error["message"])
