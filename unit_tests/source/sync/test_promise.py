"""The whole read promise at once: an ERP that is changed between any two requests, read by syncs that crash and resume.

After the last sync every row it holds has been emitted as it stands; a full refresh that ends has every row that was
there all the while. PROMISE_STEPS asks for as many steps instead of the few hundred of every run.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from acumatica_client.errors import AcumaticaError
from acumatica_client.record import DecodedRecord
from source_acumatica.fetch.entity_reader import EntityReader
from source_acumatica.sync.cursor import WindowCursor
from source_acumatica.sync.message_queue import Checkpoint
from source_acumatica.sync.state import NO_CURSOR_STATE, lower_bound
from source_acumatica.windows.timestamps import Timestamp
from unit_tests.source.builders import CURSOR, read_windows, selection
from unit_tests.source.erp import DAY, EPOCH, HOUR, PLACES, Erp, Place, Rules

_STEPS_EACH = 20
_STEPS = int(os.environ.get("PROMISE_STEPS", "0"))
KEYS = [f"{number:02d}" for number in range(40)]
keys = st.sampled_from(KEYS)
changes = st.tuples(
    keys,
    st.sampled_from(["update", "update", "update", "delete", "null"]),
    st.sampled_from([0.0, 0.3, 1.0]),  # how late it is saved
    st.integers(0, 12),  # requests from now
)

pauses = st.sampled_from([1.0, 600.0, HOUR, 50 * HOUR])


@st.composite
def worlds(draw: st.DrawFn) -> Rules:
    place: Place = draw(st.sampled_from(PLACES))
    lookback = draw(st.sampled_from([0.0, 600.0, 2 * HOUR, 80 * HOUR]).filter(lambda seconds: seconds >= place.jump))
    return Rules(
        place,
        lag=(lookback - place.jump) * draw(st.sampled_from([1.0, 0.5, 0.0])),
        lookback=lookback,
        pace=draw(st.sampled_from([0.5, 60.0, HOUR])),
        cap=draw(st.integers(2, 6)),
        page_size=draw(st.integers(2, 5)),
        has_clock=draw(st.sampled_from([True, True, True, False])),
        filters=draw(st.sampled_from(["true"] * 6 + ["silent", "refused", "nulls refused"])),
        unrest=draw(st.sampled_from([0.0, 0.1, 0.3])),
    )


class Sync:
    """One sync of several workers. `state` is what the platform keeps; records go to `arrived`."""

    def __init__(self, erp: Erp, state: dict[str, object], arrived: set[tuple[str, int]], *, refresh: bool) -> None:
        self.erp, self.state, self.arrived, self.failed = erp, state, arrived, False
        rules = erp.rules
        erp.answered()  # the sign-in
        lower = lower_bound(state, CURSOR, None, refresh=refresh)
        self.fresh = lower is None
        self.cursor = WindowCursor(
            ["Customer"],
            CURSOR,
            lower=lower,
            lookback=rules.lookback,
            emit=self.keep,
            clock=lambda: (erp.now - EPOCH).total_seconds(),
            server_now=erp.client.server_date,
            resumable_refresh=refresh,
        )
        reader = EntityReader(erp.client, selection(page_size=rules.page_size), pages_in_a_window=2)
        self.workers: list[Iterator[list[DecodedRecord]]] = [read_windows(reader, self.cursor) for _ in range(3)]

    def keep(self, checkpoint: Checkpoint) -> None:
        self.state.clear()
        self.state.update(checkpoint.state)

    def page(self, worker: int, *, only: int | None = None) -> None:
        """One page of a worker, `only` the first rows of which leave the process."""
        chosen = self.workers[worker % len(self.workers)]
        try:
            page = next(chosen, None)
        except AcumaticaError:
            page, self.failed = None, True
        if page is None:
            self.workers.remove(chosen)
            return
        rows = [json.loads(record.json) for record in page][:only]
        self.arrived |= {(row["CustomerID"], row["Balance"]) for row in rows}

    def lose(self) -> None:
        """The process is gone."""
        for worker in self.workers:
            worker.close()

    def finish(self) -> None:
        while self.workers:
            self.page(0)
        self.cursor.emit_final_state()


class Promise(RuleBasedStateMachine):
    """`arrived`: in the destination; of a full refresh, since it began."""

    def __init__(self) -> None:
        super().__init__()
        self.state: dict[str, object] = {}
        self.arrived: set[tuple[str, int]] = set()
        self.sync: Sync | None = None
        self.position = -(10**30)
        self.refresh_began = 0

    @initialize(rules=worlds(), refresh=st.booleans(), seed=st.integers(0, 2**32))
    def live(self, rules: Rules, refresh: bool, seed: int) -> None:
        chance = random.Random(seed)
        self.erp, self.refresh = Erp(rules, chance=chance), refresh
        ages = {
            key: chance.choice((0, 0, 1, 2, 3, 5, 30, 400, 2000)) for key in chance.sample(KEYS, chance.randrange(30))
        }
        for number, (key, age) in enumerate(ages.items()):
            # Many a stamp lies on a cut; and mass processing stamps many at once.
            old = EPOCH - timedelta(days=age)
            self.erp.put(key, old.replace(hour=0) if number % 2 else old)
        self.erp.answered()

    # --- people at work

    @rule(changes=st.lists(changes, min_size=1, max_size=8))
    def people_work(self, changes: list[tuple[str, str, float, int]]) -> None:
        for key, kind, late, requests in changes:
            self.erp.change(key, kind, late=late, requests=requests)

    @rule(keys=st.lists(keys, min_size=1, max_size=10), requests=st.integers(0, 6))
    def many_are_processed_at_once(self, keys: list[str], requests: int) -> None:
        for key in keys:
            self.erp.change(key, "update", requests=requests)

    @rule(key=keys, kind=st.sampled_from(["ahead", "prophet"]))
    def a_clock_is_wrong(self, key: str, kind: str) -> None:
        """Without a server's clock the future cannot be distinguished from the present; and where stamps are read as
        earlier than they are, one that is ahead by less than that cannot be recognised."""
        if self.erp.rules.has_clock and (kind == "prophet" or self.erp.rules.place.never_behind):
            self.erp.change(key, kind)

    @rule(seconds=st.sampled_from([1.0, HOUR, 30 * HOUR, 60 * HOUR, 9 * DAY]))
    def time_passes(self, seconds: float) -> None:
        self.erp.work(seconds)

    @rule(requests=st.integers(0, 5))
    def the_server_will_fail(self, requests: int) -> None:
        self.erp.trouble_in = requests

    # --- the platform

    @precondition(lambda self: self.sync is None)
    @rule(pause=pauses)
    def a_whole_sync_runs(self, pause: float) -> None:
        self.a_sync_begins(pause)
        self.it_ends()

    @precondition(lambda self: self.sync is None)
    @rule(pause=pauses)
    def a_sync_begins(self, pause: float) -> None:
        self.erp.work(pause)
        self.sync = Sync(self.erp, self.state, self.arrived, refresh=self.refresh)
        if self.refresh and self.sync.fresh:
            self.arrived.clear()
            self.refresh_began = self.erp.requests

    @precondition(lambda self: self.sync is not None and self.sync.workers)
    @rule(workers=st.lists(st.integers(0, 2), min_size=1, max_size=9))
    def pages_come(self, workers: list[int]) -> None:
        for worker in workers:
            if self.sync.workers:
                self.sync.page(worker)

    @precondition(lambda self: self.sync is not None and self.sync.workers)
    @rule(workers=st.lists(st.integers(0, 2), max_size=9), only=st.integers(0, 4))
    def it_crashes(self, workers: list[int], only: int) -> None:
        self.pages_come(workers)
        if self.sync.workers:
            self.sync.page(0, only=only)
        self._lost()

    @precondition(lambda self: self.sync is not None)
    @rule()
    def it_ends(self) -> None:
        self.sync.finish()
        failed, self.sync = self.sync.failed, None
        self._moved_forward()
        if self.refresh and not failed:
            self._is_complete()

    def _lost(self) -> None:
        if self.sync is not None:
            self.sync.lose()
        self.sync = None

    def _moved_forward(self) -> None:
        position = self.state.get(CURSOR)
        if not self.refresh and position is not None:
            ticks = Timestamp.parse(str(position)).ticks
            assert ticks >= self.position
            self.position = ticks

    def _is_complete(self) -> None:
        assert self.state == {NO_CURSOR_STATE: True}
        came = {key for key, _ in self.arrived}
        stayed = {key for key, since in self.erp.there_since.items() if since <= self.refresh_began}
        assert stayed - came == set()

    @rule()
    def everybody_goes_home(self) -> None:
        """And one more sync runs in the quiet of the night. One that was under way is lost."""
        self.erp.settle()
        self._lost()
        self.a_sync_begins(0.001)
        self.sync.finish()
        assert not self.sync.failed
        self._moved_forward()
        if self.refresh:
            self._is_complete()
        else:
            assert self.erp.holds() - self.arrived == set()
        self.sync, self.erp.restless = None, True

    def teardown(self) -> None:
        if hasattr(self, "erp"):
            self.everybody_goes_home()


def test_after_the_last_sync_every_row_has_arrived_as_it_stands():
    run_state_machine_as_test(
        Promise,
        settings=settings(
            max_examples=max(25, _STEPS // _STEPS_EACH),
            stateful_step_count=_STEPS_EACH,
            derandomize=not _STEPS,
            deadline=None,
            phases=[Phase.generate, Phase.shrink] if _STEPS else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
