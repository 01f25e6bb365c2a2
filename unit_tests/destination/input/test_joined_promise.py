"""Documents and lines that come as two streams, stopped anywhere and resumed stream by stream, as a platform does it:
the ERP ends with every document once, and every line of it once."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_runtime.signals import Interruption
from destination_acumatica.config.configured_catalog import read_catalog
from destination_acumatica.config.modes import Mode
from destination_acumatica.config.reject_settings import Limits
from destination_acumatica.config.stream_settings import FieldSetting, LinesFrom, StreamSettings
from destination_acumatica.input.line_joiner import LineJoiner
from destination_acumatica.plan.stream_joins import find_joins
from destination_acumatica.plan.stream_order import followers_of, parents_of
from destination_acumatica.plan.write_plan import plan_writes
from destination_acumatica.rejects.store import RejectsStore
from destination_acumatica.sync.sync import Sync, SyncOptions
from destination_acumatica.write.stream_writer import stream_writers
from unit_tests.destination.builders import Erp, catalog, endpoint_schema, record, state, stream
from unit_tests.destination.faulty_answers import AnswerLosses, FakeTime, run_until

CATALOG = read_catalog(
    catalog(
        stream("orders", "append", columns=("id",)),
        stream("lines", "append", columns=("order_id", "line_id", "sku", "qty"), key=("line_id",)),
        stream("Customer", columns=("CustomerID", "CustomerName"), key=("CustomerID",)),
    )
)
UPSERT = StreamSettings(
    "orders",
    "SalesOrder",
    (
        FieldSetting("OrderType", value="SO"),
        FieldSetting("ExternalRef", "id"),
        FieldSetting("Details.InventoryID", "lines.sku"),
        FieldSetting("Details.OrderQty", "lines.qty"),
    ),
    mode=Mode.UPSERT,
    match=("ExternalRef",),
    unknown_columns="ignore",
    lines_from=(LinesFrom("lines", "Details", ("order_id",), ("id",)),),
)
INSERT = StreamSettings(**{**UPSERT.__dict__, "mode": Mode.INSERT, "match": (), "reference": "ExternalRef"})


@dataclass(frozen=True)
class Step:
    """One line of the input: an order, a line of one, another stream's record, or a state of a stream."""

    kind: str
    order: int = 0
    sku: int = 0
    of: str = "orders"

    def stream(self) -> str:
        return {"order": "orders", "line": "lines", "customer": "Customer"}.get(self.kind, self.of)

    def line(self, number: int) -> bytes:
        order = f"{'no' if self.order == 3 else 'yes'}-{self.order}"
        if self.kind == "order":
            return record("orders", id=order)
        if self.kind == "line":
            return record("lines", order_id=order, line_id=f"{order}/{self.sku}", sku=f"S{self.sku}", qty=self.sku + 1)
        if self.kind == "customer":
            return record("Customer", CustomerID=f"C{self.order}", CustomerName="yes")
        return state(self.of, number)


STEPS = st.lists(
    st.one_of(
        st.builds(Step, st.just("order"), st.integers(0, 3)),
        st.builds(Step, st.just("line"), st.integers(0, 3), st.integers(0, 3)),
        st.builds(Step, st.just("line"), st.integers(0, 3), st.integers(0, 3)),
        st.builds(Step, st.just("customer"), st.integers(0, 2)),
        st.builds(Step, st.just("state"), of=st.sampled_from(["orders", "lines", "Customer"])),
    ),
    max_size=24,
)


def sync_of(erp: Erp, chosen: StreamSettings, rejects: RejectsStore, workers: int) -> Sync:
    wanted = {"orders": chosen}
    plans, joins = plan_writes(CATALOG, endpoint_schema(), wanted), find_joins(CATALOG, wanted)
    parents = parents_of(plans)
    joined = [stream for join in joins for stream in (join.documents, join.lines)]
    return Sync(
        stream_writers(plans, erp, pause=lambda seconds: None),
        interruption=Interruption(),
        options=SyncOptions(
            workers=workers, limits=Limits("skip", in_a_row=0), parents=parents, patience=0.2, **FakeTime().options()
        ),
        rejects=rejects,
        joiner=LineJoiner(joins, {one.name for one in CATALOG}, followers_of(parents, joined)),
    )


def sent_again(lines: Sequence[tuple[str, bytes]], acknowledged: int) -> list[tuple[str, bytes]]:
    """What the source sends after a stop: of each stream all that comes behind its last acknowledged state."""
    last = {stream: at for at, (stream, line) in enumerate(lines[:acknowledged]) if json.loads(line)["type"] == "STATE"}
    return [(stream, line) for at, (stream, line) in enumerate(lines) if at > last.get(stream, -1)]


def lines_of(erp: Erp) -> dict[str, list[tuple[object, object]]]:
    rows = erp.rows.get("SalesOrder", [])
    names = [str(row["ExternalRef"]["value"]) for row in rows]
    assert len(set(names)) == len(names)
    return {
        name: sorted((one["InventoryID"]["value"], one["OrderQty"]["value"]) for one in row.get("Details", []))
        for name, row in zip(names, rows, strict=True)
    }


def wanted_of(steps: Sequence[Step]) -> dict[str, list[tuple[object, object]]]:
    """Every order that is good, with the lines that name it; lines without an order make none."""
    return {
        f"yes-{order}": sorted(
            {(f"S{step.sku}", step.sku + 1) for step in steps if step.kind == "line" and step.order == order}
        )
        for order in {step.order for step in steps if step.kind == "order" and step.order != 3}
    }


@pytest.mark.parametrize("chosen", [UPSERT, INSERT], ids=["upsert", "insert"])
@settings(max_examples=60, deadline=None)
@given(steps=STEPS, workers=st.integers(1, 3), seed=st.integers(0, 2**16), odds=st.sampled_from([0.0, 0.15, 0.4]))
def test_every_document_and_every_line_is_there_once_whatever_was_interrupted(
    chosen: StreamSettings, steps: list[Step], workers: int, seed: int, odds: float
) -> None:
    ends = [Step("state", of=stream) for stream in ("orders", "lines", "Customer")]
    left = [(step.stream(), step.line(number)) for number, step in enumerate([*steps, *ends])]
    chance = random.Random(seed)
    losses = AnswerLosses(chance, odds)
    erp = Erp(before=losses.before, after=losses.after)
    for attempt in range(40):
        losses.odds = odds if attempt < 20 else 0.0
        open_sync = partial(sync_of, erp, chosen, workers=workers)
        left = sent_again(left, run_until(open_sync, [line for _, line in left], stop_after=chance.randrange(6)))
        if not left:
            break
    assert left == []
    assert lines_of(erp) == wanted_of(steps)
