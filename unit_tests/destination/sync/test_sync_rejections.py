"""Rejected records in a sync: kept before any state behind them, borne within limits, not settled while suspected."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from acumatica_client import errors
from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.config.reject_settings import Limits
from destination_acumatica.sync.sync import Sync
from unit_tests.destination.builders import Call, Erp, global_state, record, state
from unit_tests.destination.sync.test_sync import customer, ids, refuse, states_until_failure, syncing

SKIPPING = Limits("skip")


@dataclass
class KeptRejects:
    """Keeps rejects; refuses from the `full`-th on."""

    full: int = 1000
    lines: list[bytes] = field(default_factory=list)
    safe: int = 0
    closed: bool = False

    def add(self, stream: StreamName, line: bytes) -> None:
        if len(self.lines) >= self.full:
            raise errors.SettingsError("The folder is full.")
        self.lines.append(line)

    def flush(self) -> None:
        self.safe = len(self.lines)

    def close(self) -> None:
        self.closed = True


def lines_of(count: int, first: int = 0) -> list[bytes]:
    return [line for n in range(first, first + count) for line in (customer(n), state("Customer", n))]


def everything_is_refused(call: Call) -> None:
    refuse(str(call.body["CustomerID"]["value"]))(call)


def test_a_rejected_record_is_kept_as_it_came_with_the_words_of_each_field() -> None:
    kept = KeptRejects()
    sync = syncing(Erp(before=refuse("C1")), limits=SKIPPING, rejects=kept)
    assert ids(sync.states([customer(0), customer(1, CustomerName="Ann"), state("Customer", 1)])) == [1]
    (line,) = map(json.loads, kept.lines)
    assert line["record"] == json.loads(customer(1, CustomerName="Ann"))["record"]
    assert line["rejected"]["record"] == "Customer CustomerID C1, record 2 of the input"
    assert line["rejected"]["errors"] == [{"field": "CustomerName", "message": "'Name' cannot be empty."}]


def test_a_record_with_half_a_character_is_rejected_alone_and_kept_byte_for_byte() -> None:
    kept, erp = KeptRejects(), Erp()
    broken = customer(1, CustomerName="half").replace(b'"half"', rb'"a\ud800b"')
    assert ids(syncing(erp, limits=SKIPPING, rejects=kept).states([customer(0), broken, state("Customer", 1)])) == [1]
    assert [call.body["CustomerID"]["value"] for call in erp.puts()] == ["C0"]
    assert kept.lines[0].startswith(broken.rstrip()[:-1])
    assert b"half a character" in kept.lines[0]


def test_no_state_goes_out_before_the_rejects_before_it_are_safe() -> None:
    kept = KeptRejects()
    rejected = 0
    for line in syncing(Erp(before=refuse("C1", "C3")), limits=SKIPPING, rejects=kept).states(lines_of(6)):
        rejected += json.loads(line)["state"]["destinationStats"].get("rejectedRecordCount", 0)
        assert kept.safe >= rejected
    assert (rejected, len(kept.lines), kept.closed) == (2, 2, True)


def test_rejects_after_the_last_state_are_kept_too() -> None:
    kept = KeptRejects()
    list(syncing(Erp(before=refuse("C1")), limits=SKIPPING, rejects=kept).states([customer(0), customer(1)]))
    assert (kept.safe, kept.closed) == (1, True)


def test_rejects_that_cannot_be_kept_end_the_sync_and_hold_the_states_behind_them() -> None:
    found, failure = states_until_failure(
        syncing(Erp(before=refuse("C1", "C3")), limits=SKIPPING, rejects=KeptRejects(full=1)), lines_of(6)
    )
    assert found == [0, 1, 2]
    assert failure.error.message == "The folder is full."


def test_the_record_that_ends_a_strict_sync_is_not_kept_since_it_comes_again() -> None:
    kept = KeptRejects()
    states_until_failure(syncing(Erp(before=refuse("C1")), rejects=kept), lines_of(3))
    assert kept.lines == []


def test_more_rejections_than_are_allowed_end_the_sync(caplog: pytest.LogCaptureFixture) -> None:
    sync = syncing(Erp(before=refuse("C1", "C2", "C3")), limits=Limits("skip", most_records=2))
    found, failure = states_until_failure(sync, lines_of(6))
    assert found == [0, 1, 2]
    assert failure.error.failure_type == "config"
    assert failure.error.message.startswith("More than 2 records were rejected. The last: Customer CustomerID C3, ")
    assert "'Name' cannot be empty" in failure.error.message


# --- everything fails for one reason


def test_when_everything_fails_for_one_reason_the_sync_ends_with_it_and_confirms_nothing() -> None:
    kept = KeptRejects()
    sync = syncing(Erp(before=everything_is_refused), limits=SKIPPING, rejects=kept)
    found, failure = states_until_failure(sync, lines_of(100))
    assert (found, kept.lines) == ([], [])
    assert failure.error.message.startswith("All of the first 25 records were rejected for one reason: ")
    assert "'Name' cannot be empty" in failure.error.message


def test_fewer_records_than_that_are_rejected_one_by_one() -> None:
    kept = KeptRejects()
    sync = syncing(Erp(before=everything_is_refused), limits=SKIPPING, rejects=kept)
    assert ids(sync.states(lines_of(24))) == list(range(24))
    assert len(kept.lines) == 24


def test_states_of_suspected_records_go_out_as_soon_as_one_is_accepted() -> None:
    gate = threading.Event()

    def lines() -> Iterator[bytes]:
        yield from lines_of(3)
        yield customer(3)
        yield global_state(3)
        gate.wait(10)

    states = syncing(Erp(before=refuse("C0", "C1", "C2")), limits=SKIPPING).states(lines())
    assert ids([next(states) for _ in range(4)]) == [0, 1, 2, 3]
    gate.set()
    assert list(states) == []


def test_nothing_holds_a_state_longer_than_it_may() -> None:
    gate = threading.Event()

    def lines() -> Iterator[bytes]:
        yield from lines_of(3)
        gate.wait(10)

    states = syncing(Erp(before=everything_is_refused), limits=SKIPPING, longest_delay=0.01).states(lines())
    assert ids([next(states) for _ in range(3)]) == [0, 1, 2]
    gate.set()
    assert list(states) == []


# --- the summary


def reported(sync: Sync, lines: list[bytes], caplog: pytest.LogCaptureFixture) -> str:
    with caplog.at_level(logging.INFO, "airbyte"):
        list(sync.states(lines))
    return caplog.records[-1].getMessage()


def test_the_summary_counts_every_record_once(caplog: pytest.LogCaptureFixture) -> None:
    gate = threading.Event()

    def hold(call: Call) -> None:
        gate.wait(10)
        refuse("C1")(call)

    def lines() -> Iterator[bytes]:
        yield customer(0)
        yield customer(1)
        for number in range(3):  # while the first is under way, the last of these takes the place of the others
            yield record("Customer", CustomerID="C0", CustomerName=str(number))
        gate.set()

    said = reported(syncing(Erp(before=hold), limits=SKIPPING), list(lines()), caplog)
    assert said.startswith("Stream Customer: ")
    assert sum(int(part.split()[0]) for part in said.removeprefix("Stream Customer: ").split(", ")) == 5
    assert "1 rejected" in said


def test_records_whose_sync_ended_before_them_are_counted_as_such(caplog: pytest.LogCaptureFixture) -> None:
    def lost(call: Call) -> None:
        if call.body["CustomerID"] == {"value": "C1"}:
            raise errors.Unreachable("The connection broke.", sent=True)

    with caplog.at_level(logging.INFO, "airbyte"):
        states_until_failure(syncing(Erp(before=lost)), [customer(0), customer(1)])
    assert caplog.records[-1].getMessage() == "Stream Customer: 1 created, 1 failed."


# --- one record in the place of several


def test_of_records_that_wait_for_their_turn_the_last_is_written_for_all() -> None:
    gate = threading.Event()
    erp = Erp(before=lambda call: gate.wait(10))

    def lines() -> Iterator[bytes]:
        for number in range(10):
            yield record("Customer", CustomerID="C1", CustomerName=f"Name {number}")
        yield state("Customer", 1)
        gate.set()

    (line,) = syncing(erp).states(lines())
    assert json.loads(line)["state"]["destinationStats"] == {"recordCount": 10}
    assert len(erp.puts()) < 10
    assert erp.saved("Customer", "CustomerName") == ["Name 9"]


def test_a_record_before_a_state_is_written_even_if_a_later_one_follows() -> None:
    """The state says that it is safe."""
    gate = threading.Event()
    erp = Erp(before=lambda call: gate.wait(10))

    def lines() -> Iterator[bytes]:
        for number in range(4):
            yield record("Customer", CustomerID="C1", CustomerName=f"Name {number}")
            yield state("Customer", number)
        gate.set()

    assert ids(syncing(erp).states(lines())) == [0, 1, 2, 3]
    names = [call.body["CustomerName"]["value"] for call in erp.puts()]
    assert list(dict.fromkeys(names)) == [f"Name {number}" for number in range(4)]


def test_the_earlier_one_is_written_after_all_when_the_last_is_rejected() -> None:
    gate = threading.Event()

    def before(call: Call) -> None:
        gate.wait(10)
        if call.body["CustomerName"] == {"value": "Name 3"}:
            raise errors.Rejected("no", status=422)

    erp = Erp(before=before)

    def lines() -> Iterator[bytes]:
        for number in range(4):
            yield record("Customer", CustomerID="C1", CustomerName=f"Name {number}")
        yield state("Customer", 1)
        gate.set()

    (line,) = syncing(erp, limits=SKIPPING).states(lines())
    assert json.loads(line)["state"]["destinationStats"] == {"recordCount": 3, "rejectedRecordCount": 1}
    assert erp.saved("Customer", "CustomerName") == ["Name 2"]
