"""A record whose outcome is unclear waits by itself: the workers go on, and the log says what is waited for."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from queue import SimpleQueue

import pytest

from acumatica_client import errors
from connector_runtime.signals import Interrupted, Interruption
from destination_acumatica.config.configured_catalog import read_catalog
from destination_acumatica.config.modes import Mode
from destination_acumatica.config.reject_settings import Limits
from destination_acumatica.config.settings import StreamSettings
from destination_acumatica.plan.write_plan import plan_writes
from destination_acumatica.sync.outcome_handler import SyncFailed
from destination_acumatica.sync.sync import Sync, SyncOptions
from destination_acumatica.write.stream_writer import stream_writers
from unit_tests.destination.builders import CUSTOMERS, Call, Erp, catalog, endpoint_schema, record, state, stream
from unit_tests.destination.faulty_answers import FakeTime

SHOP = stream("shop", "append", key=("OrderType", "OrderNbr"))
ORDERS = stream("SalesOrder", "append_dedup", key=("OrderType", "OrderNbr"))
SETTINGS = {"shop": StreamSettings("shop", "SalesOrder", reference="ExternalRef")}
SKIPPING = Limits("skip", in_a_row=0)


def syncing(erp: Erp, time: FakeTime | None = None, **options: object) -> Sync:
    plans = plan_writes(read_catalog(catalog(CUSTOMERS, ORDERS, SHOP)), endpoint_schema(), SETTINGS)
    options = {"limits": SKIPPING, **(time or FakeTime()).options(), **options}
    writers = stream_writers(plans, erp, pause=lambda seconds: None)
    return Sync(writers, interruption=Interruption(), options=SyncOptions(**options))


def web_order(reference: str) -> bytes:
    return record("shop", OrderType="SO", ExternalRef=reference)


def reference(call: Call) -> object:
    found = call.body.get("ExternalRef")
    return found.get("value") if isinstance(found, dict) else None


def losing(*references: str, times: int = 1) -> Callable[[Call], None]:
    """Loses the requests with these references, so many times each."""
    left = dict.fromkeys(references, times)

    def act(call: Call) -> None:
        named = str(reference(call))
        if left.get(named, 0) > 0:
            left[named] -= 1
            raise errors.Unreachable("The connection broke.", sent=True, went_out=True)

    return act


def numbers(states: Iterable[bytes]) -> list[int]:
    return [json.loads(line)["state"]["id"] for line in states]


def order_of_puts(erp: Erp) -> list[object]:
    return [reference(call) or call.body["CustomerID"]["value"] for call in erp.puts()]


# The first order shows that its reference finds it again; until then orders are inserted one by one.
FIRST = [web_order("W-0"), state("shop", 0)]


@pytest.mark.parametrize("workers", [1, 3])
def test_other_records_go_on_while_the_outcome_of_one_is_unclear(workers: int) -> None:
    erp, time = Erp(before=losing("W-1")), FakeTime()
    others = [web_order(f"W-{n}") for n in range(2, 6)] + [record("Customer", CustomerID=f"C{n}") for n in range(5)]
    states = syncing(erp, time, workers=workers).states([*FIRST, web_order("W-1"), *others, state("shop", 1)])
    assert numbers(states) == [0, 1]
    assert order_of_puts(erp)[-1] == "W-1"
    assert sorted(map(str, erp.saved("SalesOrder", "ExternalRef"))) == [f"W-{n}" for n in range(6)]
    assert time.now > 600


def test_only_the_states_behind_it_wait() -> None:
    erp, time = Erp(after=losing("W-1")), FakeTime()
    lines = [*FIRST, state("shop", 1), web_order("W-1"), state("shop", 2), record("Customer", CustomerID="C")]
    given = [(number, time.now) for line in syncing(erp, time).states(lines) for number in numbers([line])]
    assert [number for number, _ in given] == [0, 1, 2]
    assert [at > 0 for _, at in given] == [False, False, True]
    assert len(erp.rows["SalesOrder"]) == 2


def test_records_of_its_key_wait_for_it_and_keep_their_order() -> None:
    erp = Erp()
    order = {"OrderType": "SO", "OrderNbr": "1"}
    erp.rows["SalesOrder"] = [{"id": "a", **{name: {"value": value} for name, value in order.items()}, "Details": []}]
    lost: list[Call] = []

    def lose_first_lines(call: Call) -> None:
        if call.entity == "SalesOrder" and call.method == "PUT" and not lost:
            lost.append(call)
            raise errors.Unreachable("The connection broke.", sent=True, went_out=True)

    erp.after = lose_first_lines
    lines = [
        record("SalesOrder", **order, Details=[{"InventoryID": "A", "OrderQty": 1}]),
        record("SalesOrder", **order, ExternalRef="last"),
        record("Customer", CustomerID="C"),
        state("SalesOrder", 1),
    ]
    assert numbers(syncing(erp).states(lines)) == [1]
    written = [reference(call) or call.entity for call in erp.puts()]
    assert written.index("Customer") < written.index("last")
    (row,) = erp.rows["SalesOrder"]
    assert (len(row["Details"]), row["ExternalRef"]) == (1, {"value": "last"})  # type: ignore[arg-type]


def test_the_log_says_what_is_waited_for_at_the_end_of_the_input_and_every_ten_seconds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    erp, time = Erp(before=losing("W-1", "W-2")), FakeTime()
    with caplog.at_level(logging.INFO):
        list(syncing(erp, time).states([*FIRST, web_order("W-1"), web_order("W-2"), state("shop", 1)]))
    reported = [one for one in caplog.messages if one.startswith("The input has ended")]
    assert "2 wait: it is unclear whether Acumatica saved the record" in reported[0]
    assert "SalesOrder" in reported[0]
    assert len(reported) >= time.now // 10 - 2
    assert max(time.waits) <= 10


def test_a_record_that_is_lost_twice_ends_the_sync_and_no_state_behind_it_leaves() -> None:
    erp = Erp(before=losing("W-1", times=9))
    states = syncing(erp).states([*FIRST, web_order("W-1"), web_order("W-2"), state("shop", 1)])
    assert numbers([next(states)]) == [0]
    with pytest.raises(SyncFailed) as failed:
        next(states)
    assert failed.value.error.failure_type == "transient"
    assert order_of_puts(erp) == ["W-0", "W-1", "W-2", "W-1"]


def test_a_signal_does_not_wait_for_an_unclear_outcome() -> None:
    erp = Erp(before=losing("W-1"))

    class Signalled(FakeTime):
        def wait(
            self, events: SimpleQueue[object], interruption: Interruption, seconds: float, *, expecting: bool
        ) -> object:
            if self.now > 20:
                interruption.request(15)
            return super().wait(events, interruption, seconds, expecting=expecting)

    with pytest.raises(Interrupted):
        list(syncing(erp, Signalled()).states([*FIRST, web_order("W-1"), state("shop", 1)]))
    assert order_of_puts(erp) == ["W-0", "W-1"]


def test_a_failure_elsewhere_gives_up_what_waits() -> None:
    def fail(call: Call) -> None:
        losing_one(call)
        if call.entity == "Customer":
            raise errors.AccessDenied("no rights")

    losing_one = losing("W-1")
    erp, time = Erp(before=fail), FakeTime()
    with pytest.raises(SyncFailed):
        list(syncing(erp, time).states([*FIRST, web_order("W-1"), record("Customer", CustomerID="C")]))
    assert time.now < 60


def test_the_first_insert_of_a_stream_may_be_lost_without_stopping_other_streams() -> None:
    erp, time = Erp(before=losing("W-0")), FakeTime()
    lines: Sequence[bytes] = [web_order("W-0"), web_order("W-1"), record("Customer", CustomerID="C"), state("shop", 1)]
    assert numbers(syncing(erp, time).states(lines)) == [1]
    assert order_of_puts(erp) == ["W-0", "C", "W-0", "W-1"]
    assert sorted(map(str, erp.saved("SalesOrder", "ExternalRef"))) == ["W-0", "W-1"]


@pytest.mark.parametrize("sent_again", [1, 3])
def test_a_request_that_was_certainly_not_sent_is_sent_again_at_once(sent_again: int) -> None:
    left = [errors.Unreachable("refused", sent=False, went_out=True)] * sent_again

    def refuse(call: Call) -> None:
        if reference(call) == "W-1" and left:
            raise left.pop()

    erp, time = Erp(before=refuse), FakeTime()
    assert numbers(syncing(erp, time).states([*FIRST, web_order("W-1"), state("shop", 1)])) == [0, 1]
    assert time.now < 15
    assert len(erp.rows["SalesOrder"]) == 2


@pytest.mark.parametrize("method", ["DELETE", "insert", "update"])
def test_a_request_that_is_lost_again_and_again_keeps_no_worker(method: str) -> None:
    """What does no harm twice is repeated, too, but not by a worker that others wait for."""
    lost = 6

    def lose(call: Call) -> None:
        nonlocal lost
        if call.entity == "Customer" and lost and (call.method == "DELETE" or named(call) == "lost"):
            lost -= 1
            raise errors.Unreachable("The connection broke.", sent=True, went_out=True)

    def named(call: Call) -> object:
        found = call.body.get("CustomerName")
        return found.get("value") if isinstance(found, dict) else None

    erp, time = Erp(), FakeTime()
    if method != "insert":
        erp.rows["Customer"] = [{"id": "a", "CustomerID": {"value": "C1"}, "CustomerName": {"value": "old"}}]
    erp.before = lose
    settings = {"mode": Mode.DELETE} if method == "DELETE" else {}
    streams = [stream("Customer", "append_dedup", key=("CustomerID",)), ORDERS]
    plans = plan_writes(
        read_catalog(catalog(*streams)),
        endpoint_schema(),
        {"Customer": StreamSettings("Customer", "Customer", **settings)},
    )
    writers = stream_writers(plans, erp, pause=lambda seconds: None)
    options = SyncOptions(limits=SKIPPING, **time.options())
    lines = [
        record("Customer", CustomerID="C1", CustomerName="lost"),
        record("SalesOrder", OrderType="SO", OrderNbr="1"),
        state("Customer", 1),
    ]
    assert numbers(Sync(writers, interruption=Interruption(), options=options).states(lines)) == [1]
    assert erp.saved("Customer", "CustomerName") == ([] if method == "DELETE" else ["lost"])
    order = [call.entity for call in erp.calls if call.method in ("PUT", "DELETE")]
    assert order.index("SalesOrder") < 3
    assert order.count("Customer") >= 7
