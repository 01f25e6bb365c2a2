"""The promise whole: whatever goes wrong and whenever it stops, resumed as a platform resumes, the ERP ends as if the
input had been applied once; nothing is doubled, and the counts add up."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from connector_runtime.signals import Interruption
from destination_acumatica.config.configured_catalog import read_catalog
from destination_acumatica.config.modes import Mode
from destination_acumatica.config.reject_settings import Limits
from destination_acumatica.config.stream_settings import StreamSettings
from destination_acumatica.plan.stream_order import parents_of
from destination_acumatica.plan.write_plan import plan_writes
from destination_acumatica.rejects.store import RejectsStore
from destination_acumatica.sync.sync import Sync, SyncOptions
from destination_acumatica.write.stream_writer import stream_writers
from unit_tests.destination.builders import (
    CUSTOMERS,
    Call,
    Erp,
    catalog,
    endpoint_schema,
    global_state,
    record,
    state,
    stream,
)
from unit_tests.destination.faulty_answers import AnswerLosses, FakeTime, mark_of, run_until

ORDERS = stream("SalesOrder", key=("OrderType", "OrderNbr"))
# Acumatica numbers these; the shop's own number is their reference.
SHOP = stream("shop", "append", columns=("OrderType", "ExternalRef"))
SETTINGS = {"shop": StreamSettings("shop", "SalesOrder", mode=Mode.INSERT, existing="ignore", reference="ExternalRef")}
FIELDS = ("CustomerName", "CreditLimit", "Active")


@dataclass(frozen=True)
class Step:
    """One line of the input. `mark` stands in a field of the record and names it."""

    kind: str  # customer | order | shop | state
    key: int = 0
    good: bool = True
    fields: tuple[str, ...] = FIELDS[:1]

    def line(self, number: int) -> bytes:
        mark = f"{'yes' if self.good else 'no'}-{number}"
        if self.kind == "state":
            return global_state(number) if self.key == 0 else state(("Customer", "SalesOrder")[self.key % 2], number)
        if self.kind == "shop":
            return record("shop", OrderType="SO", ExternalRef=mark)
        if self.kind == "order":
            lines = [{"InventoryID": f"I{at}", "OrderQty": at} for at in range(1, self.key % 3 + 1)]
            return record("SalesOrder", OrderType="SO", OrderNbr=f"N{self.key}", ExternalRef=mark, Details=lines)
        values = {"CustomerName": mark, "CreditLimit": number, "Active": number % 2 == 0}
        return record("Customer", CustomerID=f"C{self.key}", **{name: values[name] for name in self.fields})


STEPS = st.lists(
    st.one_of(
        st.builds(
            Step,
            st.just("customer"),
            st.integers(0, 3),
            st.sampled_from([True, True, True, False]),
            st.sampled_from([FIELDS[:1], FIELDS[:2], FIELDS]),
        ),
        st.builds(Step, st.just("order"), st.integers(0, 3), st.sampled_from([True, True, True, False])),
        st.builds(Step, st.just("shop"), st.just(0), st.sampled_from([True, True, True, False])),
        st.builds(Step, st.just("state"), st.integers(0, 2)),
    ),
    max_size=30,
)


def sync_of(erp: Erp, kept: RejectsStore, workers: int) -> Sync:
    plans = plan_writes(read_catalog(catalog(CUSTOMERS, ORDERS, SHOP)), endpoint_schema(), SETTINGS)
    options = SyncOptions(
        workers=workers,
        limits=Limits("skip", in_a_row=0),
        parents=parents_of(plans),
        patience=0.2,
        **FakeTime().options(),
    )
    writers = stream_writers(plans, erp, pause=lambda seconds: None)
    return Sync(writers, interruption=Interruption(), options=options, rejects=kept)


def applied_once(steps: Sequence[Step]) -> dict[str, dict[str, object]]:
    """What the customers are after the good records of the input, one after the other."""
    found: dict[str, dict[str, object]] = {}
    for number, step in enumerate(steps):
        if step.kind == "customer" and step.good:
            row = json.loads(step.line(number))["record"]["data"]
            found.setdefault(row["CustomerID"], {}).update(row)
    return found


def in_the_erp(erp: Erp) -> dict[str, dict[str, object]]:
    rows = [
        {name: value["value"] for name, value in row.items() if isinstance(value, dict)}
        for row in erp.rows.get("Customer", [])
    ]
    assert len({row["CustomerID"] for row in rows}) == len(rows)
    return {str(row["CustomerID"]): row for row in rows}


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, workers=st.integers(1, 4), seed=st.integers(0, 2**16), odds=st.sampled_from([0.0, 0.1, 0.4]))
def test_the_erp_ends_as_if_the_input_had_been_applied_once(
    steps: list[Step], workers: int, seed: int, odds: float
) -> None:
    steps = [*steps, Step("state")]
    chance = random.Random(seed)
    losses = AnswerLosses(chance, odds)
    erp = Erp(before=losses.before, after=losses.after)
    left = [step.line(number) for number, step in enumerate(steps)]
    for attempt in range(40):
        losses.odds = odds if attempt < 20 else 0.0
        left = left[run_until(partial(sync_of, erp, workers=workers), left, stop_after=chance.randrange(8)) :]
        if not left:
            break
    assert left == []
    assert in_the_erp(erp) == applied_once(steps)
    wanted = {f"N{step.key}": step.key % 3 for step in steps if step.kind == "order" and step.good}
    assert {key: len(rows) for key, rows in orders_of(erp) if key.startswith("N")} == wanted
    sold = [f"yes-{number}" for number, step in enumerate(steps) if step.kind == "shop" and step.good]
    assert sorted(mark for mark in shop_marks(erp)) == sorted(sold)


def shop_marks(erp: Erp) -> list[str]:
    rows = [row for row in erp.rows.get("SalesOrder", []) if not str(row["OrderNbr"]["value"]).startswith("N")]
    return [str(row["ExternalRef"]["value"]) for row in rows]


def orders_of(erp: Erp) -> list[tuple[str, list[object]]]:
    rows = [(str(row["OrderNbr"]["value"]), list(row.get("Details", []))) for row in erp.rows.get("SalesOrder", [])]
    assert len({key for key, _ in rows}) == len(rows)
    return rows


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, workers=st.integers(2, 5), seed=st.integers(0, 2**16))
def test_no_order_starts_before_every_earlier_customer_has_its_outcome(
    steps: list[Step], workers: int, seed: int
) -> None:
    losses = AnswerLosses(random.Random(seed))
    lock, done, early = threading.Lock(), set[str](), list[str]()
    lines = [step.line(number) for number, step in enumerate(steps)]

    def number_of(call: Call) -> int:
        return int(mark_of(call).rpartition("-")[2])

    def before(call: Call) -> None:
        if call.entity == "SalesOrder":
            with lock:
                needed = {step.key for step in steps[: number_of(call)] if step.kind == "customer" and step.good}
                early.extend(f"C{key}" for key in needed if f"C{key}" not in done)
        losses.before(call)

    def after(call: Call) -> None:
        if call.entity == "Customer":
            with lock:
                done.add(str(call.body["CustomerID"]["value"]))

    erp = Erp(before=before, after=after)
    assert run_until(partial(sync_of, erp, workers=workers), lines, stop_after=0) >= 0
    assert early == []
