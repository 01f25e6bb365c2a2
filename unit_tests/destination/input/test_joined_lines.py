"""Lines that come as a stream of their own: joined with their documents, written once, and never lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from unit_tests.destination.builders import CONFIG, CUSTOMERS, Erp, Result, encode, record, run_write, state, stream

ORDER_COLUMNS = ("id", "customer", "number")
LINE_COLUMNS = ("order_id", "line_id", "sku", "qty")
FIELDS = [
    {"to": "OrderType", "value": "SO"},
    {"from": "id", "to": "ExternalRef"},
    {"from": "customer", "to": "CustomerID"},
    {"from": "number", "to": "OrderNbr"},
    {"from": "lines.sku", "to": "Details.InventoryID"},
    {"from": "lines.qty", "to": "Details.OrderQty"},
]
FROM = {"stream": "lines", "detail": "Details", "column": "order_id", "document_column": "id"}
ORDERS = stream("orders", "append", columns=ORDER_COLUMNS)
LINES = stream("lines", "append", columns=LINE_COLUMNS, key=("line_id",))


def entry(**more: object) -> dict[str, object]:
    """The entry of the orders in the setting Streams. Line ids are known in their source only."""
    chosen = {"mode": "upsert", "match": "ExternalRef", "unknown_columns": "ignore", **more}
    return {"stream": "orders", "entity": "SalesOrder", "fields": FIELDS, "lines_from": [FROM], **chosen}


def written(
    folder: Path,
    lines: Sequence[bytes],
    erp: Erp,
    *streams: Mapping[str, object],
    settings: Mapping[str, object] | None = None,
    **config: object,
) -> Result:
    chosen = streams or (ORDERS, LINES)
    return run_write(folder, lines, *chosen, erp=erp, streams=[settings or entry()], **config)


def order(number: int, **more: object) -> bytes:
    return record("orders", id=f"E{number}", customer=f"C{number}", **more)


def line(number: int, sku: str, qty: object = 1, line_id: str | None = None, **more: object) -> bytes:
    return record("lines", order_id=f"E{number}", line_id=line_id or f"{number}-{sku}", sku=sku, qty=qty, **more)


def status(name: str, reported: str = "COMPLETE") -> bytes:
    """What a source says about one of its streams, as the platform passes it on."""
    said = {"stream_descriptor": {"name": name}, "status": reported}
    return encode({"type": "TRACE", "trace": {"type": "STREAM_STATUS", "emitted_at": 1, "stream_status": said}}) + b"\n"


def documents(erp: Erp) -> dict[str, list[tuple[str, str]]]:
    """The lines of each order, by the order's reference."""
    return {
        row["ExternalRef"]["value"]: [
            (one["InventoryID"]["value"], str(one["OrderQty"]["value"])) for one in row.get("Details", [])
        ]
        for row in erp.rows.get("SalesOrder", [])
    }


BOTH_ORDERS = {"E1": [("A", "1"), ("B", "2.50")], "E2": [("A", "3")]}


@pytest.mark.parametrize("lines_first", [False, True])
def test_each_document_is_written_once_with_all_its_lines_whichever_stream_comes_first(
    tmp_path: Path, lines_first: bool
) -> None:
    headers, details = [order(1), order(2)], [line(1, "A"), line(2, "A", 3), line(1, "B", Decimal("2.50"))]
    erp = Erp()
    result = written(tmp_path, [*details, *headers] if lines_first else [*headers, *details], erp)
    assert result.code == 0
    assert documents(erp) == BOTH_ORDERS
    assert len(erp.puts()) == 2


def test_numbers_of_lines_keep_their_digits(tmp_path: Path) -> None:
    erp = Erp()
    written(tmp_path, [order(1), line(1, "A", Decimal("12345678901234567.10"))], erp)
    assert b"12345678901234567.10" in erp.puts()[0].raw


def test_states_wait_for_lines_that_come_behind_them_and_keep_their_order_and_counts(tmp_path: Path) -> None:
    lines = [
        state("orders", 1), order(1), state("orders", 2), order(2), line(1, "A"), state("lines", 3),
        line(1, "B"), line(2, "A"), state("lines", 4),
    ]  # fmt: skip
    result = written(tmp_path, lines, Erp())
    assert result.state_ids == [1, 2, 3, 4]
    assert result.counts == [(0, 0), (1, 0), (1, 0), (2, 0)]


def test_the_second_order_of_a_state_is_counted_with_the_next_state_of_its_stream(tmp_path: Path) -> None:
    lines = [order(1), state("orders", 1), order(2), line(1, "A"), state("orders", 2), line(2, "A"), state("lines", 3)]
    assert written(tmp_path, lines, Erp()).counts == [(1, 0), (1, 0), (2, 0)]


def test_nothing_is_written_before_both_streams_have_come_whole(tmp_path: Path) -> None:
    erp = Erp()
    written(tmp_path, [order(1), line(1, "A"), status("orders"), line(1, "B"), status("lines"), order(2)], erp)
    first = json.loads(erp.puts()[0].raw)
    assert [one["InventoryID"]["value"] for one in first["Details"]] == ["A", "B"]


def test_a_line_that_comes_after_its_stream_was_complete_is_added_to_its_document(tmp_path: Path) -> None:
    erp = Erp()
    lines = [order(1), line(1, "A"), status("orders"), status("lines"), line(1, "C"), state("lines", 1)]
    result = written(tmp_path, lines, erp, settings=entry(line_keys=[{"detail": "Details", "fields": "InventoryID"}]))
    assert result.code == 0
    assert documents(erp) == {"E1": [("A", "1"), ("C", "1")]}
    assert result.state_ids == [1]


@pytest.mark.parametrize("reported", ["INCOMPLETE", "RUNNING", None])
def test_where_the_source_did_not_complete_the_lines_no_document_is_written_without_them(
    tmp_path: Path, reported: str | None
) -> None:
    erp = Erp()
    end = [status("lines", reported)] if reported else []
    result = written(tmp_path, [order(1), state("orders"), line(1, "A"), status("orders"), *end], erp)
    assert result.code == 1
    assert result.error["failure_type"] == "transient_error"
    assert "did not complete the stream lines, so 1 documents and 1 lines" in result.error["message"]
    assert erp.puts() == []
    assert result.state_ids == []


def test_an_input_that_breaks_off_writes_no_document_without_its_lines(tmp_path: Path) -> None:
    erp = Erp()
    result = written(tmp_path, [order(1), line(1, "A"), b'{"type":"RECORD","rec'], erp)
    assert result.code == 1
    assert erp.puts() == []


def test_statuses_of_streams_by_other_names_than_the_connections_say_nothing(tmp_path: Path) -> None:
    erp = Erp()
    lines = [order(1), line(1, "A"), status("unprefixed_orders"), status("unprefixed_lines", "RUNNING")]
    assert written(tmp_path, lines, erp).code == 0
    assert documents(erp) == {"E1": [("A", "1")]}


@pytest.mark.parametrize("known", [7, "7", Decimal("7.0"), " 7 "])
def test_a_key_is_the_same_as_number_and_as_text(tmp_path: Path, known: object) -> None:
    erp = Erp()
    lines = [record("orders", id=7, customer="C"), record("lines", order_id=known, line_id=1, sku="A", qty=1)]
    assert written(tmp_path, lines, erp).code == 0
    assert documents(erp) == {"7": [("A", "1")]}


def test_several_columns_join_together(tmp_path: Path) -> None:
    settings = entry(
        fields=[
            *(one for one in FIELDS if one.get("from") not in ("customer", "number")),
            {"from": "shop", "to": "CustomerID"},
        ],
        match="CustomerID, ExternalRef",
        lines_from=[{**FROM, "column": "shop, order_id", "document_column": "shop, id"}],
    )
    streams = (
        stream("orders", "append", columns=("id", "shop")),
        stream("lines", "append", columns=("shop", *LINE_COLUMNS)),
    )
    rows = [record("orders", id="E1", shop="S1"), line(1, "A", shop="S1"), line(1, "B", shop="S2")]
    erp = Erp()
    result = written(tmp_path, rows, erp, *streams, settings=settings, on_record_error="skip")
    assert documents(erp) == {"E1": [("A", "1")]}
    assert "there is no such record" in result.logs("WARN")[-1]


def test_of_a_line_that_comes_twice_the_last_counts_and_the_other_is_skipped(tmp_path: Path) -> None:
    erp = Erp()
    lines = [order(1), line(1, "A", 1), line(1, "B"), line(1, "A", 5), state("lines")]
    result = written(tmp_path, lines, erp)
    assert sorted(documents(erp)["E1"]) == [("A", "5"), ("B", "1")]
    assert result.counts == [(3, 0)]
    assert "Stream lines: 2 created, 1 skipped." in result.logs("INFO")


def test_two_lines_that_are_alike_are_two_lines_where_nothing_distinguishes_them_in_the_source(tmp_path: Path) -> None:
    erp = Erp()
    streams = (ORDERS, stream("lines", "append", columns=LINE_COLUMNS))
    written(tmp_path, [order(1), line(1, "A"), line(1, "A")], erp, *streams)
    assert documents(erp) == {"E1": [("A", "1"), ("A", "1")]}


def test_a_document_without_lines_is_written_without_them(tmp_path: Path) -> None:
    erp = Erp()
    assert written(tmp_path, [order(1), line(2, "A"), order(2)], erp).code == 0
    assert documents(erp) == {"E1": [], "E2": [("A", "1")]}


def test_a_document_that_comes_twice_has_its_lines_once(tmp_path: Path) -> None:
    erp = Erp()
    written(tmp_path, [order(1), line(1, "A"), record("orders", id="E1", customer="C9"), line(1, "B")], erp)
    assert documents(erp) == {"E1": [("A", "1"), ("B", "1")]}
    assert erp.saved("SalesOrder", "CustomerID") == ["C9"]


def test_the_same_sync_twice_changes_nothing(tmp_path: Path) -> None:
    erp, lines = (
        Erp(),
        [order(1), order(2), line(1, "A"), line(2, "A", 3), line(1, "B", Decimal("2.50")), state("lines")],
    )
    written(tmp_path, lines, erp)
    before = len(erp.puts())
    again = written(tmp_path, lines, erp)
    assert len(erp.puts()) == before
    assert documents(erp) == BOTH_ORDERS
    assert "Stream lines: 3 unchanged." in again.logs("INFO")


def test_a_rejected_document_takes_its_lines_with_it_and_all_of_it_can_be_sent_again(tmp_path: Path) -> None:
    def refuses(call: object) -> None:
        if "C1" in str(getattr(call, "body", "")):
            from acumatica_client.errors import Rejected

            raise Rejected("The customer is on hold.", status=422)

    erp, kept = Erp(before=refuses), tmp_path / "rejects"
    place = {"storage_type": "Local", "folder": str(kept)}
    lines = [order(1), order(2), line(1, "A"), line(2, "A", 3), line(1, "B", Decimal("2.50")), state("lines", 1)]
    result = written(tmp_path, lines, erp, on_record_error="skip", object_storage_config=place)
    assert result.counts == [(1, 2)]
    assert documents(erp) == {"E2": [("A", "3")]}
    rejects = [one for file in sorted(kept.rglob("*.jsonl")) for one in file.read_bytes().splitlines(keepends=True)]
    assert [json.loads(one)["rejected"]["stream"] for one in rejects].count("lines") == 2
    erp.before = lambda call: None
    assert written(tmp_path, rejects, erp).code == 0
    assert documents(erp) == BOTH_ORDERS


def test_a_strict_sync_ends_at_a_rejected_document_without_a_state(tmp_path: Path) -> None:
    result = written(tmp_path, [record("orders", customer="C"), line(1, "A"), state("lines")], Erp())
    assert result.code == 1
    assert result.state_ids == []


def test_other_streams_go_on_while_documents_wait(tmp_path: Path) -> None:
    erp = Erp()
    lines = [order(1), record("Customer", CustomerID="C1", CustomerName="x"), line(1, "A")]
    assert written(tmp_path, lines, erp, ORDERS, LINES, CUSTOMERS).code == 0
    assert [call.entity for call in erp.puts()] == ["Customer", "SalesOrder"]


def test_streams_that_wait_for_documents_wait_with_them(tmp_path: Path) -> None:
    erp = Erp()
    lines = [order(1), record("Customer", CustomerID="C1", CustomerName="x"), line(1, "A"), state("Customer", 1)]
    result = written(tmp_path, lines, erp, ORDERS, LINES, CUSTOMERS, stream_order=["orders", "Customer"])
    assert [call.entity for call in erp.puts()] == ["SalesOrder", "Customer"]
    assert result.counts == [(1, 0)]


def test_a_dry_run_puts_documents_together_and_writes_nothing(tmp_path: Path) -> None:
    erp = Erp()
    result = written(tmp_path, [order(1), line(1, "A"), line(1, "B")], erp, dry_run=True)
    assert erp.puts() == []
    assert "Stream lines: 2 would be created" in result.error["message"]


def test_more_documents_than_there_is_room_for_wait_without_stopping_the_input(tmp_path: Path) -> None:
    erp, count = Erp(), 1_500
    lines = [*map(order, range(count)), *(line(one, "A") for one in range(count)), state("lines", 1)]
    result = written(tmp_path, lines, erp)
    assert result.counts == [(count, 0)]
    assert all(rows == [("A", "1")] for rows in documents(erp).values())
    assert len(documents(erp)) == count


def test_the_log_says_which_streams_are_joined_and_when_they_are_written(tmp_path: Path) -> None:
    log = " ".join(written(tmp_path, [order(1), line(1, "A")], Erp()).logs("INFO"))
    assert "Stream lines gives lines (Details) of orders, joined by order_id = orders.id." in log
    assert "1 documents and 1 lines have come whole" in log


def test_the_password_is_in_no_message(tmp_path: Path) -> None:
    result = written(tmp_path, [order(1), line(1, "A")], Erp())
    assert str(CONFIG["credentials"]["password"]).encode() not in result.raw


def test_records_of_another_namespace_belong_to_the_only_streams_of_their_names(tmp_path: Path) -> None:
    erp = Erp()
    lines = [
        record("orders", "north", id="E1", customer="C1"),
        record("lines", "north", order_id="E1", line_id="1", sku="A", qty=1),
        state("orders", 1),
        state("lines", 2),
    ]
    result = written(tmp_path, lines, erp)
    assert (result.code, result.counts) == (0, [(1, 0), (1, 0)])
    assert documents(erp) == {"E1": [("A", "1")]}


def test_what_the_platform_nulled_of_a_line_is_unknown_in_its_document(tmp_path: Path) -> None:
    erp = Erp()
    nulled = json.loads(line(1, "A", None))
    nulled["record"]["meta"] = {"changes": [{"field": "qty", "change": "NULLED", "reason": "x"}]}
    lines = [order(1), line(1, "B", None), json.dumps(nulled).encode() + b"\n"]
    assert written(tmp_path, lines, erp, settings=entry(nulls="clear")).code == 0
    (call,) = erp.puts()
    assert call.body["Details"] == [
        {"InventoryID": {"value": "B"}, "OrderQty": {"value": None}},
        {"InventoryID": {"value": "A"}},
    ]
