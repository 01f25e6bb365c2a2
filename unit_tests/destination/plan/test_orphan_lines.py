"""Lines whose document did not come with them; and what is refused before the first record."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.input.input_reader import EndOfInput, InFlightLimit, read_lines
from destination_acumatica.input.line_joiner import LineJoiner
from destination_acumatica.input.messages import Unreadable
from destination_acumatica.input.spool import Spool
from destination_acumatica.plan.stream_joins import Join
from unit_tests.destination.builders import Erp, record, run_check, state, stream
from unit_tests.destination.input.test_joined_lines import (
    FIELDS,
    FROM,
    LINE_COLUMNS,
    LINES,
    ORDER_COLUMNS,
    ORDERS,
    documents,
    entry,
    line,
    order,
    written,
)

KEYS = {"line_keys": [{"detail": "Details", "fields": "InventoryID"}]}


def with_one_order(folder: Path) -> Erp:
    """An ERP that has the order E1 with one line of A."""
    erp = Erp()
    written(folder, [record("orders", id="E1", customer="C1", number="N1"), line(1, "A")], erp)
    erp.calls.clear()
    return erp


def test_a_line_without_its_document_is_merged_into_the_one_that_is_there(tmp_path: Path) -> None:
    erp = with_one_order(tmp_path)
    result = written(tmp_path, [line(1, "B"), line(1, "A", 4), state("lines")], erp, settings=entry(**KEYS))
    assert result.counts == [(2, 0)]
    assert documents(erp) == {"E1": [("A", "4"), ("B", "1")]}
    assert "Stream lines: 2 updated." in result.logs("INFO")


def test_nothing_of_the_document_is_touched_but_its_lines(tmp_path: Path) -> None:
    erp = with_one_order(tmp_path)
    fields = [*FIELDS, {"to": "OrderTotal", "value": "5"}]
    written(tmp_path, [line(1, "B")], erp, settings=entry(fields=fields, **KEYS))
    sent = erp.puts()[-1].body
    assert set(sent) <= {"OrderType", "OrderNbr", "ExternalRef", "Details", "id"}


def test_a_line_that_is_there_as_it_was_sent_is_unchanged(tmp_path: Path) -> None:
    erp = with_one_order(tmp_path)
    result = written(tmp_path, [line(1, "A")], erp, settings=entry(**KEYS))
    assert erp.puts() == []
    assert "Stream lines: 1 unchanged." in result.logs("INFO")


def test_a_line_never_makes_a_document(tmp_path: Path) -> None:
    erp = Erp()
    result = written(tmp_path, [line(1, "A"), line(1, "B"), state("lines")], erp, on_record_error="skip")
    assert erp.puts() == []
    assert result.counts == [(0, 2)]
    assert "there is no such record" in result.logs("WARN")[-1]


@pytest.mark.parametrize("order_id", [None, "", {"a": 1}])
def test_a_line_whose_document_is_unclear_is_rejected_alone(tmp_path: Path, order_id: object) -> None:
    erp = Erp()
    orphan = record("lines", order_id=order_id, line_id="x", sku="A", qty=1)
    result = written(tmp_path, [order(1), orphan, line(1, "B"), state("lines")], erp, on_record_error="skip")
    assert result.counts == [(1, 1)]
    assert documents(erp) == {"E1": [("B", "1")]}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"match": "CustomerID"}, "and id does not find the document, which is found by CustomerID"),
        ({"mode": "insert", "match": ""}, "with other lines than these, and the stream only inserts"),
        ({"fields": [*FIELDS, {"from": "customer", "to": "Details.Allocations.Qty"}]}, "the line needs its customer"),
        ({"fields": [*FIELDS[:5], {"from": "number", "to": "Details.OrderQty"}]}, "the line needs its number"),
    ],
)
def test_what_cannot_be_done_safely_without_the_document_is_rejected_and_says_why(
    tmp_path: Path, more: dict[str, object], words: str
) -> None:
    erp = with_one_order(tmp_path)
    result = written(tmp_path, [line(1, "B"), state("lines")], erp, settings=entry(**more), on_record_error="skip")
    assert erp.puts() == []
    assert result.counts == [(0, 1)]
    assert words in result.logs("WARN")[-1]


def test_of_a_stream_that_only_inserts_lines_that_are_there_are_unchanged(tmp_path: Path) -> None:
    erp = with_one_order(tmp_path)
    result = written(tmp_path, [line(1, "A")], erp, settings=entry(mode="insert", match=""))
    assert "Stream lines: 1 unchanged." in result.logs("INFO")
    assert erp.puts() == []


def test_a_stream_that_only_inserts_and_ignores_what_exists_skips_orphan_lines(tmp_path: Path) -> None:
    erp = with_one_order(tmp_path)
    settings = entry(mode="insert", existing="ignore", match="")
    result = written(tmp_path, [line(1, "B"), state("lines")], erp, settings=settings)
    assert result.counts == [(1, 0)]
    assert "Stream lines: 1 skipped." in result.logs("INFO")
    assert erp.puts() == []


DELETED = {"_ab_cdc_deleted_at": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(("deletions", "counts"), [("reject", (0, 1)), ("delete", (0, 1)), ("ignore", (1, 0))])
@pytest.mark.parametrize("with_document", [True, False])
def test_a_line_that_the_source_deleted_deletes_nothing_in_the_erp(
    tmp_path: Path, deletions: str, counts: tuple[int, int], with_document: bool
) -> None:
    erp = with_one_order(tmp_path)
    lines = [*([order(1)] if with_document else []), line(1, "A", **DELETED), state("lines")]
    settings = entry(deletions=deletions, **KEYS)
    result = written(tmp_path, lines, erp, settings=settings, on_record_error="skip")
    assert result.counts == [counts]
    assert documents(erp) == {"E1": [("A", "1")]}
    assert not any(call.method == "DELETE" for call in erp.calls)


def test_a_line_that_came_and_was_deleted_in_one_sync_is_not_written_and_both_records_are_counted(
    tmp_path: Path,
) -> None:
    erp = Erp()
    lines = [order(1), line(1, "A"), line(1, "B"), line(1, "A", **DELETED), state("lines")]
    result = written(tmp_path, lines, erp, settings=entry(deletions="ignore"))
    assert result.counts == [(3, 0)]
    assert documents(erp) == {"E1": [("B", "1")]}


def problems(folder: Path, *streams: dict[str, object], **more: object) -> str:
    """The error before the first record, of which none must have been sent."""
    erp = Erp()
    result = written(folder, [order(1), line(1, "A")], erp, *(streams or (ORDERS, LINES)), settings=entry(**more))
    assert result.code == 1
    assert result.error["failure_type"] == "config_error"
    assert erp.puts() == []
    return str(result.error["message"])


def test_a_stream_of_lines_that_the_connection_does_not_have_is_named(tmp_path: Path) -> None:
    assert "stream orders: the connection has no stream lines" in problems(tmp_path, ORDERS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"column": "order"}, "the stream lines has no column order"),
        ({"document_column": "order"}, "the stream orders has no column order"),
        ({"detail": "Detials"}, "SalesOrder has no detail Detials (did you mean Details?)"),
        ({"column": "order_id, line_id"}, "needs as many columns of the lines as of the document"),
        ({"column": " , ", "document_column": ","}, "needs as many columns of the lines as of the document, one at"),
    ],
)
def test_a_join_that_cannot_work_is_refused(tmp_path: Path, change: dict[str, str], words: str) -> None:
    assert words in problems(tmp_path, lines_from=[{**FROM, **change}])


@pytest.mark.parametrize("taken", ["Details", "lines"])
def test_lines_do_not_come_from_two_places(tmp_path: Path, taken: str) -> None:
    orders = stream("orders", "append", columns=(*ORDER_COLUMNS, taken))
    assert f"and from the column {taken}" in problems(tmp_path, orders, LINES)


def test_columns_of_lines_that_have_no_place_are_refused_by_name(tmp_path: Path) -> None:
    found = problems(tmp_path, unknown_columns="refuse")
    assert "no member Details/line_id" in found
    assert "order_id" not in found


@pytest.mark.parametrize("mode", ["overwrite", "overwrite_dedup", "unheard_of"])
def test_a_stream_of_lines_is_not_overwritten_either(tmp_path: Path, mode: str) -> None:
    lines = stream("lines", mode, columns=LINE_COLUMNS)
    assert f"stream lines: the sync mode {mode}" in problems(tmp_path, ORDERS, lines)


def within(described: dict[str, object], namespace: str) -> dict[str, object]:
    return {**described, "stream": {**described["stream"], "namespace": namespace}}


def test_lines_of_one_stream_do_not_belong_to_streams_of_two_namespaces(tmp_path: Path) -> None:
    found = problems(tmp_path, within(ORDERS, "north"), within(LINES, "north"), within(ORDERS, "south"))
    assert "stream north.lines: its lines would belong to north.orders and to south.orders" in found


def test_a_mode_that_removes_documents_takes_no_lines(tmp_path: Path) -> None:
    assert "the mode delete writes no lines" in problems(tmp_path, mode="delete")


def test_lines_that_are_read_incrementally_do_not_replace_those_that_are_there(tmp_path: Path) -> None:
    changing = stream("lines", "append", columns=LINE_COLUMNS, sync_mode="incremental")
    assert "lines that did not change do not come" in problems(tmp_path, ORDERS, changing, lines="replace")


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ({"stream": "lines", "entity": "SalesOrder"}, "has an entry for the stream lines, which gives lines of orders"),
        ({"stream": "more", "entity": "SalesOrder", "lines_from": [FROM]}, "names the stream lines twice"),
    ],
)
def test_a_stream_of_lines_has_one_place(tmp_path: Path, second: dict[str, object], words: str) -> None:
    result = run_check(tmp_path, erp=Erp(), streams=[entry(), second])
    assert words in str(result.of("CONNECTION_STATUS"))


def test_the_test_of_the_connection_has_a_wrong_detail(tmp_path: Path) -> None:
    wrong = entry(lines_from=[{**FROM, "detail": "Detials"}])
    assert "SalesOrder has no detail Detials" in str(
        run_check(tmp_path, erp=Erp(), streams=[wrong]).of("CONNECTION_STATUS")
    )


@pytest.mark.parametrize("with_document", [True, False])
def test_a_line_with_half_a_character_is_rejected_with_its_document(tmp_path: Path, with_document: bool) -> None:
    erp = with_one_order(tmp_path)
    broken = line(1, "B").replace(b'"sku":"B"', rb'"sku":"\ud800"')
    lines = [*([order(1)] if with_document else []), broken, state("lines")]
    result = written(tmp_path, lines, erp, on_record_error="skip")
    assert result.counts == [(0, 1)]
    assert "half a character" in result.logs("WARN")[-1]
    assert erp.puts() == []


class Full(Spool):
    """A disk that is full from the first line on."""

    def add_line(self, *_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")


def test_a_full_disk_ends_the_input_with_that_reason_and_nothing_that_waited_is_delivered() -> None:
    join = Join(StreamName("orders"), StreamName("lines"), "Details", ("order_id",), ("id",))
    delivered: list[object] = []
    read_lines(
        [order(1), line(1, "A"), order(2)], delivered.append, InFlightLimit(), LineJoiner([join], open_spool=Full)
    )
    message, end = delivered
    assert isinstance(message, Unreadable)
    assert "cannot be kept on the disk (database or disk is full)" in message.why
    assert end == EndOfInput(whole=False)
