"""Which state may go out, and with which counts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.input.messages import StateLine, read_message
from destination_acumatica.sync.state_ledger import Counts, StateLedger, with_counts
from unit_tests.destination.builders import global_state, state

A, B = StreamName("A"), StreamName("B")


def parsed(line: bytes) -> StateLine:
    message = read_message(line)
    assert isinstance(message, StateLine)
    return message


def numbers(ledger: StateLedger) -> list[int]:
    return [json.loads(released.line())["state"]["id"] for released in ledger.released()]


def test_a_state_without_records_before_it_goes_out_at_once() -> None:
    ledger = StateLedger()
    ledger.state(parsed(state("A", 1)))
    assert numbers(ledger) == [1]


def test_a_state_waits_for_every_record_before_it() -> None:
    ledger = StateLedger()
    first, second = ledger.expect(A), ledger.expect(A)
    ledger.state(parsed(state("A", 1)))
    second.written = True
    assert numbers(ledger) == []
    first.written = True
    assert numbers(ledger) == [1]


def test_a_state_waits_for_records_of_other_streams_too() -> None:
    ledger = StateLedger()
    ledger.expect(B)
    ledger.state(parsed(state("A", 1)))
    assert numbers(ledger) == []


def test_records_after_a_state_do_not_hold_it_back() -> None:
    ledger = StateLedger()
    ledger.expect(A).written = True
    ledger.state(parsed(state("A", 1)))
    ledger.expect(A)
    assert numbers(ledger) == [1]


def test_a_record_without_an_outcome_shuts_the_row_for_good() -> None:
    ledger = StateLedger()
    ledger.expect(A)
    for number in (1, 2):
        ledger.state(parsed(state("A", number)))
        ledger.expect(A).written = True
    ledger.state(parsed(global_state(3)))
    assert numbers(ledger) == []


def test_a_state_is_given_once() -> None:
    ledger = StateLedger()
    ledger.state(parsed(state("A", 1)))
    assert numbers(ledger) == [1]
    assert numbers(ledger) == []


def test_counts_are_those_of_the_stream_since_its_last_state() -> None:
    ledger = StateLedger()
    for stream, written in ((A, True), (B, True), (A, False), (A, True)):
        ledger.expect(stream).written = written
    ledger.state(parsed(state("A", 1)))
    ledger.expect(A).written = True
    ledger.state(parsed(state("A", 2)))
    ledger.state(parsed(state("B", 3)))
    counts = [released.counts for released in ledger.released()]
    assert counts == [Counts(2, 1), Counts(1, 0), Counts(1, 0)]


def test_a_global_state_counts_every_stream_and_starts_anew() -> None:
    ledger = StateLedger()
    ledger.expect(A).written = True
    ledger.expect(B).written = False
    ledger.state(parsed(global_state(1)))
    ledger.state(parsed(global_state(2)))
    assert [released.counts for released in ledger.released()] == [Counts(1, 1), Counts(0, 0)]


def test_the_line_keeps_every_byte_but_the_added_counts() -> None:
    line = (
        b'{"type":"STATE", "state": {"type":"STREAM","stream":{"stream_descriptor":{"name":"A"},'
        b'"stream_state":{"n":1.50e0, "u":"\\u00e9"}},  "id" : 12345678901234567890, "partition_id":"p",'
        b'"new":[ 1 ]} , "extra":true}'
    )
    reported = with_counts(parsed(line), Counts(3, 0))
    assert reported.replace(b',"destinationStats":{"recordCount":3}', b"") == line


def test_rejected_records_are_reported_only_where_there_are_any() -> None:
    reported = json.loads(with_counts(parsed(state("A")), Counts(3, 2)))
    assert reported["state"]["destinationStats"] == {"recordCount": 3, "rejectedRecordCount": 2}
    reported = json.loads(with_counts(parsed(state("A")), Counts(3, 0)))
    assert reported["state"]["destinationStats"] == {"recordCount": 3}


@pytest.mark.parametrize("known", [None, {}, {"recordCount": 9.0, "more": 1}])
def test_counts_that_are_there_already_are_replaced_and_the_rest_of_them_kept(known: object) -> None:
    reported = json.loads(with_counts(parsed(state("A", destinationStats=known)), Counts(3, 0)))
    assert reported["state"]["destinationStats"] == {**(known or {}), "recordCount": 3}
    assert reported["state"]["id"] == 1


def test_an_empty_state_gets_counts_too() -> None:
    reported = with_counts(parsed(b'{"type":"STATE","state":{}}'), Counts(1, 0))
    assert reported == b'{"type":"STATE","state":{"destinationStats":{"recordCount":1}}}'


EVENTS = st.lists(st.sampled_from(["record A", "record B", "state A", "state B", "global"]), max_size=40)


@given(EVENTS, st.data())
def test_states_leave_in_order_and_only_behind_settled_records(events: list[str], data: st.DataObject) -> None:
    """Whatever the order in which records settle: each state once, in order, after all before it, counts complete."""
    ledger, entries, before = StateLedger(), [], {}
    for number, event in enumerate(events):
        kind, _, name = event.partition(" ")
        if kind == "record":
            entries.append(ledger.expect(StreamName(name)))
        else:
            before[number] = list(entries)
            ledger.state(parsed(state(name, number) if kind == "state" else global_state(number)))
    out: list[int] = []
    counted = Counts()
    for entry in data.draw(st.permutations(entries)):
        for released in ledger.released():
            out.append(json.loads(released.line())["state"]["id"])
            counted.add(released.counts)
        assert all(one.written is not None for number in out for one in before[number])
        entry.written = data.draw(st.booleans())
    for released in ledger.released():
        out.append(json.loads(released.line())["state"]["id"])
        counted.add(released.counts)
    assert out == list(before)
    ledger.state(parsed(global_state(99)))
    for released in ledger.released():
        counted.add(released.counts)
    assert (counted.written, counted.rejected) == (
        sum(entry.written is True for entry in entries),
        sum(entry.written is False for entry in entries),
    )


def test_the_counts_go_into_the_state_whatever_else_in_the_line_looks_like_it() -> None:
    line = b'{"state":{"data":{}},"type":"STATE","more":{"data":{}}}'
    reported = json.loads(with_counts(parsed(line), Counts(1, 0)))
    assert (reported["state"], reported["more"]) == ({"data": {}, "destinationStats": {"recordCount": 1}}, {"data": {}})
