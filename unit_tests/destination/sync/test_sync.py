"""The sync: lines in, records written by several workers, states out."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acumatica_client import errors
from connector_runtime.signals import Interrupted, Interruption
from destination_acumatica.config.configured_catalog import read_catalog
from destination_acumatica.config.reject_settings import Limits
from destination_acumatica.input.input_reader import InFlightLimit
from destination_acumatica.plan.write_plan import plan_writes
from destination_acumatica.rejects.store import RejectsStore
from destination_acumatica.sync.outcome_handler import SyncFailed
from destination_acumatica.sync.sync import Sync, SyncOptions
from destination_acumatica.write.stream_writer import stream_writers
from unit_tests.destination.builders import (
    CUSTOMERS,
    ORDERS,
    Call,
    Erp,
    catalog,
    endpoint_schema,
    global_state,
    record,
    state,
)

STRICT = Limits()
SKIPPING = Limits("skip", in_a_row=0)


def syncing(
    erp: Erp,
    interruption: Interruption | None = None,
    *,
    limits: Limits = STRICT,
    room: InFlightLimit | None = None,
    rejects: RejectsStore | None = None,
    **options: object,
) -> Sync:
    plans = plan_writes(read_catalog(catalog(CUSTOMERS, ORDERS)), endpoint_schema(), {})
    writers = stream_writers(plans, erp, pause=lambda seconds: None)
    options = SyncOptions(limits=limits, **options)
    return Sync(writers, interruption=interruption or Interruption(), options=options, in_flight=room, rejects=rejects)


def ids(states: Iterable[bytes]) -> list[int]:
    return [json.loads(line)["state"]["id"] for line in states]


def customer(number: int, **more: object) -> bytes:
    return record("Customer", CustomerID=f"C{number}", **more)


def refuse(*names: str) -> Callable[[Call], None]:
    """Acumatica says no to the records with these keys."""

    def act(call: Call) -> None:
        if call.body["CustomerID"]["value"] in names:
            error = errors.Rejected("no", status=422)
            error.errors = (errors.FieldError("CustomerName", "'Name' cannot be empty."),)
            raise error

    return act


def give_way() -> None:
    """Let every other thread run for a while."""
    for _ in range(200):
        os.sched_yield()


def states_until_failure(sync: Sync, lines: Iterable[bytes]) -> tuple[list[int], SyncFailed]:
    """The states that went out before the sync failed, and the failure."""
    found: list[int] = []
    failure: SyncFailed | None = None
    try:
        for line in sync.states(lines):
            found += ids([line])
    except SyncFailed as failed:
        failure = failed
    assert failure is not None
    return found, failure


@pytest.mark.parametrize("workers", [1, 4])
def test_every_record_is_written_and_every_state_comes_out(workers: int) -> None:
    erp = Erp()
    lines = [line for n in range(20) for line in (customer(n), state("Customer", n))]
    assert ids(syncing(erp, workers=workers).states(lines)) == list(range(20))
    assert sorted(erp.saved("Customer", "CustomerID")) == sorted(f"C{n}" for n in range(20))


def test_one_worker_writes_in_the_order_of_the_input() -> None:
    erp = Erp()
    list(syncing(erp, workers=1).states([customer(n) for n in range(30)]))
    assert erp.saved("Customer", "CustomerID") == [f"C{n}" for n in range(30)]


def test_records_of_one_key_are_written_in_order_by_however_many_workers() -> None:
    def yield_often(call: Call) -> None:
        if call.body["CustomerName"] == {"value": "first"}:
            give_way()

    erp = Erp(before=yield_often)
    # Each says something that the next does not, so that none is made needless.
    more = iter(("CreditLimit", "Active", "Since", "LastModifiedDateTime", "MainContact", "Attributes"))
    lines = [
        record("Customer", CustomerID=key, CustomerName=name, **{next(more): None})
        for name in ("first", "last")
        for key in ("A", "a ", "B")
    ]
    list(syncing(erp, workers=8).states(lines))
    names = [
        (str(call.body["CustomerID"]["value"]).strip().upper(), call.body["CustomerName"]["value"])
        for call in erp.puts()
    ]
    of_one_key = [name for key, name in names if key == "A"]
    assert of_one_key == sorted(of_one_key)
    assert erp.saved("Customer", "CustomerName") == ["last", "last"]


def test_a_state_comes_out_while_the_input_is_still_open() -> None:
    """A source may be silent for an hour: what is safe must not wait for its next line."""
    gate = threading.Event()

    def lines() -> Iterator[bytes]:
        yield customer(1)
        yield state("Customer", 1)
        gate.wait(10)

    states = syncing(Erp()).states(lines())
    assert ids([next(states)]) == [1]
    gate.set()
    assert list(states) == []


def test_nothing_is_read_beyond_the_room_there_is() -> None:
    read: list[int] = []
    gate, sixth = threading.Event(), threading.Event()
    erp = Erp(before=lambda call: gate.wait(10))

    def lines() -> Iterator[bytes]:
        for number in range(50):
            read.append(number)
            if number == 5:
                sixth.set()
            yield customer(number)
        yield state("Customer", 1)

    states = syncing(erp, room=InFlightLimit(lines=5)).states(lines())
    found: list[int] = []
    consumer = threading.Thread(target=lambda: found.extend(ids(states)))
    consumer.start()
    assert sixth.wait(5)
    give_way()
    assert len(read) == 6
    gate.set()
    consumer.join(10)
    assert (found, len(read)) == ([1], 50)


# --- rejected records


def test_the_first_rejection_ends_the_sync_and_says_why() -> None:
    erp = Erp(before=refuse("C2"))
    lines = [line for n in range(6) for line in (customer(n), state("Customer", n))]
    found, failure = states_until_failure(syncing(erp), lines)
    assert found == [0, 1]
    assert failure.error.failure_type == "config"
    assert failure.error.sentence() == (
        "Rejected: Customer CustomerID C2, record 3 of the input: CustomerName: 'Name' cannot be empty. "
        'Correct the record, or set "When Acumatica rejects a record" to skip.'
    )
    assert failure.stream is not None
    assert failure.stream.name == "Customer"
    assert erp.saved("Customer", "CustomerID") == ["C0", "C1"]


def test_of_several_failures_the_earliest_record_is_reported() -> None:
    second_is_over = threading.Event()

    def both(call: Call) -> None:
        if call.body["CustomerID"] == {"value": "C1"}:
            second_is_over.wait(5)
        second_is_over.set()
        refuse("C1", "C2")(call)

    _, failure = states_until_failure(syncing(Erp(before=both), workers=2), [customer(1), customer(2)])
    assert "C1" in failure.error.message


def test_records_under_way_are_awaited_and_their_states_still_come_out() -> None:
    started, refused = threading.Event(), threading.Event()

    def slow_first(call: Call) -> None:
        if call.body["CustomerID"] == {"value": "C1"}:
            started.set()
            refused.wait(5)
            give_way()
        else:
            started.wait(5)
            refused.set()
            refuse("C2")(call)

    lines = [customer(1), state("Customer", 1), customer(2), state("Customer", 2)]
    found, _ = states_until_failure(syncing(Erp(before=slow_first), workers=2), lines)
    assert found == [1]


def test_a_record_under_way_that_never_ends_is_not_awaited_for_ever() -> None:
    gate = threading.Event()

    def hang(call: Call) -> None:
        if call.body["CustomerID"] == {"value": "C1"}:
            gate.wait(10)
        refuse("C2")(call)

    lines = [customer(1), state("Customer", 1), customer(2)]
    found, failure = states_until_failure(syncing(Erp(before=hang), workers=2, patience=0.0), lines)
    gate.set()
    assert found == []
    assert "C2" in failure.error.message


def test_skipped_rejections_are_counted_and_reported_by_key_and_words(caplog: pytest.LogCaptureFixture) -> None:
    erp = Erp(before=refuse("C1", "C3"))
    lines = [customer(n, CustomerName="Secretive Ltd") for n in range(5)] + [state("Customer", 1)]
    with caplog.at_level(logging.INFO, "airbyte"):
        (line,) = syncing(erp, limits=SKIPPING).states(lines)
    assert json.loads(line)["state"]["destinationStats"] == {"recordCount": 3, "rejectedRecordCount": 2}
    reported = [entry.getMessage() for entry in caplog.records]
    label = "Customer CustomerID C1, record 2 of the input"
    assert f"Stream Customer: rejected: {label}: CustomerName: 'Name' cannot be empty." in reported
    assert reported[-1] == "Stream Customer: 3 created, 2 rejected."
    assert "Secretive" not in caplog.text


def test_a_thousand_rejections_do_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    erp = Erp(before=refuse(*(f"C{n}" for n in range(300))))
    (line,) = syncing(erp, limits=SKIPPING).states([*(customer(n) for n in range(300)), state("Customer", 1)])
    assert json.loads(line)["state"]["destinationStats"] == {"recordCount": 0, "rejectedRecordCount": 300}
    assert len([entry for entry in caplog.records if entry.levelno == logging.WARNING]) == 21


# --- failures


def test_trouble_on_the_way_ends_the_sync_and_no_state_behind_it_comes_out() -> None:
    def lost(call: Call) -> None:
        if call.body["CustomerID"] == {"value": "C1"}:
            raise errors.Unreachable("The connection broke.", sent=True)

    lines = [customer(0), state("Customer", 0), customer(1), state("Customer", 1), global_state(2)]
    found, failure = states_until_failure(syncing(Erp(before=lost), limits=SKIPPING, workers=3), lines)
    assert found == [0]
    assert failure.error.failure_type == "transient"


def test_missing_rights_end_the_sync_as_something_to_repair() -> None:
    def denied(call: Call) -> None:
        raise errors.AccessDenied("You have insufficient rights to access the Customers (AR303000) form.")

    _, failure = states_until_failure(syncing(Erp(before=denied), limits=SKIPPING), [customer(1)])
    assert (failure.error.failure_type, str(failure.stream)) == ("config", "Customer")


def test_a_defect_of_our_own_is_not_swallowed_by_a_worker() -> None:
    def defect(call: Call) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(syncing(Erp(before=defect)).states([customer(1), state("Customer", 1)]))


@pytest.mark.parametrize(
    "broken", [b'{"type":"RECORD","record":{"stream":"Customer","data":{"Cust\n', b'{"type":"STATE"}']
)
def test_a_broken_line_ends_the_sync_after_what_came_before_it(broken: bytes) -> None:
    lines = [customer(1), state("Customer", 1), broken, customer(2), state("Customer", 2)]
    erp = Erp()
    found, failure = states_until_failure(syncing(erp), lines)
    assert found == [1]
    assert failure.error.message.startswith("Line 3 of the input is broken: ")
    assert failure.error.failure_type == "system"
    assert erp.saved("Customer", "CustomerID") == ["C1"]


def test_an_input_that_breaks_off_is_a_failure_and_not_an_end() -> None:
    def lines() -> Iterator[bytes]:
        yield customer(1)
        yield state("Customer", 1)
        raise OSError("pipe")

    found, failure = states_until_failure(syncing(Erp()), lines())
    assert (found, failure.error.message) == ([1], "The input broke off.")


def test_lines_that_are_no_messages_are_reported_once_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "airbyte"):
        found = ids(syncing(Erp()).states([b"hello\n", b"password=1\n", customer(1), state("Customer", 1)]))
    assert found == [1]
    assert caplog.text.count("no Airbyte message:") == 1
    assert "2 lines of the input were no Airbyte messages" in caplog.text
    assert "password" not in caplog.text


def test_a_stream_outside_the_catalog_ends_the_sync_and_no_state_of_it_goes_out() -> None:
    erp = Erp()
    lines = [customer(1), state("Customer", 1), record("Stranger", A=1), state("Stranger", 2), state("Customer", 3)]
    found, failure = states_until_failure(syncing(erp), lines)
    assert found == [1]
    assert "Line 3 of the input is broken: a record of the stream Stranger" in failure.error.message
    assert [call.entity for call in erp.puts()] == ["Customer"]


@pytest.mark.parametrize("namespace", ["elsewhere", "", None])
def test_a_record_of_another_namespace_belongs_to_the_only_stream_of_its_name(namespace: str | None) -> None:
    erp = Erp()
    (line,) = syncing(erp).states([record("Customer", namespace, CustomerID="C1"), state("Customer", 1)])
    assert json.loads(line)["state"]["destinationStats"] == {"recordCount": 1}
    assert [call.entity for call in erp.puts()] == ["Customer"]


def test_columns_that_the_catalog_does_not_announce_are_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    list(syncing(Erp()).states([customer(1, Surprise="x"), customer(2, Surprise="y")]))
    assert caplog.text.count("no member for the column Surprise") == 1


# --- the end


@pytest.mark.parametrize("lines", [[], [b"\n"], [state("Customer", 1)]])
def test_an_input_without_records_ends_well(lines: list[bytes]) -> None:
    assert len(list(syncing(Erp()).states(lines))) == sum(b"STATE" in line for line in lines)


def test_a_signal_ends_the_sync_at_once_and_gives_no_further_state() -> None:
    gate, interruption = threading.Event(), Interruption()
    erp = Erp(before=lambda call: gate.wait(10))

    def lines() -> Iterator[bytes]:
        yield customer(1)
        yield state("Customer", 1)
        interruption.request(15)
        gate.wait(10)

    with pytest.raises(Interrupted) as caught:
        list(syncing(erp, interruption).states(lines()))
    gate.set()
    assert caught.value.exit_code == 143


def test_a_caller_that_goes_away_stops_the_work() -> None:
    erp = Erp()
    states = syncing(erp, room=InFlightLimit(lines=3)).states(
        line for n in range(1000) for line in (customer(n), state("Customer", n))
    )
    next(states)
    states.close()
    done = len(erp.calls)
    assert done < 1000


@settings(max_examples=40, deadline=None)
@given(bad=st.integers(0, 29), workers=st.integers(1, 5), kind=st.sampled_from(["reject", "lose"]))
def test_wherever_it_fails_every_state_that_came_out_was_safe(bad: int, workers: int, kind: str) -> None:
    def before(call: Call) -> None:
        if call.body["CustomerID"] == {"value": f"C{bad}"}:
            raise errors.Rejected("no", status=422) if kind == "reject" else errors.Unreachable("lost", sent=True)

    erp = Erp(before=before)
    lines = [line for n in range(30) for line in (customer(n), state("Customer", n))]
    found, failure = states_until_failure(syncing(erp, workers=workers), lines)
    assert found == list(range(len(found)))
    assert len(found) <= bad
    assert {f"C{n}" for n in found} <= set(erp.saved("Customer", "CustomerID"))
    assert failure.stream is not None
