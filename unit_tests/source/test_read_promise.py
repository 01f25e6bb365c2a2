"""The whole read promise at once: an ERP that is changed between any two requests, read by syncs that crash and resume.

The ERP of these tests has a true time of its own, stamps that show it under a wrong or a right label, clocks that jump
at a daylight saving change, records saved later than their stamp says, a cap on pages, and a stamp from the future.
After the last sync every row it holds has been emitted as it stands.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial

from airbyte_cdk.models import AirbyteMessage
from airbyte_cdk.utils.traced_exception import AirbyteTracedException
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from acumatica_client.errors import Overloaded
from source_acumatica.cursor import WindowCursor
from source_acumatica.messages import RecordPage
from source_acumatica.moments import Moment
from source_acumatica.reader import EntityReader, Reading
from source_acumatica.states import lower_bound
from source_acumatica.streams import ReadPartition
from unit_tests.source.builders import CURSOR, FakeClient, customer, endpoint_schema

EPOCH = datetime(2026, 10, 28, 12, tzinfo=timezone.utc)
DST_ENDS = datetime(2026, 11, 1, 6, tzinfo=timezone.utc)
HOUR = 3600.0


@dataclass(frozen=True)
class Place:
    """How an instance shows time. `wall`: hours of the user's zone in winter; `label`: of the zone it claims, or None
    for no label; `summer`: one hour more until the change; `follows`: the label changes with the clock."""

    wall: int = 0
    label: int | None = 0
    summer: bool = False
    follows: bool = False

    def stamp(self, instant: datetime) -> str:
        in_summer = self.summer and instant < DST_ENDS
        wall = (instant + timedelta(hours=self.wall + in_summer)).replace(tzinfo=None)
        fraction = f".{wall.microsecond * 10:07d}".rstrip("0") if wall.microsecond else ""
        return wall.replace(microsecond=0).isoformat() + fraction + self._label(in_summer)

    def _label(self, in_summer: bool) -> str:
        if self.label is None:
            return ""
        hours = self.label + (in_summer and self.follows)
        return f"{'-' if hours < 0 else '+'}{abs(hours):02d}:00"


places = st.sampled_from(
    [
        Place(),
        Place(-5, -5, summer=True, follows=True),  # a server in New York
        Place(-5, 0, summer=True),  # a user of New York on a server that labels UTC: the clock jumps, the label stays
        Place(11, 0),  # Sydney labelled UTC (recorded)
        Place(14, -12),
        Place(-12, 14),
        Place(2, None, summer=True),
    ]
)


@dataclass
class Rules:
    """One world: `lag` and `lookback` in seconds, `pace` the longest a request lasts, `share` how often rows change,
    `trouble` how often a request fails for good, `prophet` whether one row is stamped far in the future."""

    place: Place
    lag: float
    lookback: float
    pace: float
    share: float
    cap: int
    page_size: int
    has_clock: bool
    prophet: bool
    trouble: float


@st.composite
def worlds(draw: st.DrawFn) -> Rules:
    place = draw(places)
    jump = HOUR if place.summer and not place.follows else 0.0
    lookback = draw(st.sampled_from([0.0, 600.0, 2 * HOUR, 80 * HOUR]).filter(lambda seconds: seconds >= jump))
    lag = (lookback - jump) * draw(st.sampled_from([0.0, 0.5, 1.0]))
    has_clock = draw(st.sampled_from([True, True, True, False]))
    return Rules(
        place,
        lag=lag,
        lookback=lookback,
        pace=draw(st.sampled_from([0.5, 60.0, HOUR])),
        share=draw(st.sampled_from([0.05, 0.2, 0.5])),
        cap=draw(st.integers(2, 6)),
        page_size=draw(st.integers(2, 5)),
        has_clock=has_clock,
        trouble=draw(st.sampled_from([0.0, 0.0, 0.02])),
        prophet=has_clock and draw(st.booleans()),  # without a clock nothing tells the future from the present
    )


@dataclass
class Change:
    """A row as it will be; `row` None deletes it. Others see it from `visible` on."""

    visible: datetime
    key: str
    row: dict[str, object] | None


@dataclass
class Erp:
    """The table, its true time, and what is stamped but not saved yet."""

    rules: Rules
    chance: random.Random
    now: datetime = EPOCH
    rows: dict[str, dict[str, object]] = field(default_factory=dict)
    unsaved: list[Change] = field(default_factory=list)
    versions: int = 0
    restless: bool = True

    def __post_init__(self) -> None:
        for _ in range(self.chance.randrange(25)):
            days = self.chance.choice((0, 0, 1, 2, 4, 30, 400, 2000))
            exact = self.chance.random() < 0.5  # a stamp at midnight or at new year lies on a cut
            instant = datetime(2026, 1, 1, tzinfo=timezone.utc) if exact and days > 30 else EPOCH - timedelta(days=days)
            self.put(self.key(), instant.replace(hour=0) if exact else instant)
        self.client = FakeClient(cap=self.rules.cap, on_request=self.answer)
        if self.rules.prophet:
            self.put("9999", EPOCH + timedelta(days=400))
        self.show()

    def key(self) -> str:
        return f"{self.chance.randrange(1000):04d}"

    def put(self, key: str, instant: datetime | None) -> None:
        self.versions += 1
        stamp = self.rules.place.stamp(instant) if instant else None
        self.rows[key] = {**customer(key, stamp), "Balance": {"value": self.versions}}

    def show(self) -> None:
        self.client.now = self.now.replace(microsecond=0) if self.rules.has_clock else None
        self.client.tables["Customer"] = [self.rows[key] for key in sorted(self.rows)]

    def pass_time(self, seconds: float | None = None) -> None:
        """What happens while a request is under way: time passes, rows change, changes made earlier are saved."""
        self.now += timedelta(seconds=self.chance.random() * self.rules.pace if seconds is None else seconds)
        while self.restless and self.chance.random() < self.rules.share:
            self.change()
        due = [change for change in self.unsaved if change.visible <= self.now]
        self.unsaved = [change for change in self.unsaved if change.visible > self.now]
        for change in due:
            if change.row is None:
                self.rows.pop(change.key, None)
            else:
                self.rows[change.key] = change.row
        self.show()

    def answer(self) -> None:
        self.pass_time()
        if self.restless and self.chance.random() < self.rules.trouble:
            raise Overloaded("Try again later.")

    def change(self) -> None:
        key = self.chance.choice([*self.rows, self.key()])
        if any(change.key == key for change in self.unsaved):
            return  # a row is locked while it is being saved
        late = timedelta(seconds=self.rules.lag * self.chance.choice((0, 0, 0.3, 1)))
        kind = self.chance.choice(("update", "update", "update", "delete", "null"))
        self.versions += 1
        row = customer(key, None if kind == "null" else self.rules.place.stamp(self.now))
        changed = {**row, "Balance": {"value": self.versions}}
        self.unsaved.append(Change(self.now + late, key, None if kind == "delete" else changed))

    def settle(self) -> None:
        """Everybody goes home: what was stamped is saved."""
        self.restless = False
        self.pass_time(self.rules.lag + 1)

    def holds(self) -> set[tuple[str, int]]:
        return {(key, version(row["Balance"])) for key, row in self.rows.items()}


def version(wrapped: object) -> int:
    assert isinstance(wrapped, dict)
    return int(wrapped["value"])


class Syncs:
    """What the platform keeps between syncs: the records that arrived, and the last state."""

    def __init__(self, erp: Erp, chance: random.Random) -> None:
        self.erp, self.chance = erp, chance
        self.state: dict[str, object] = {}
        self.arrived: set[tuple[str, int]] = set()
        self.finished = 0

    def run(self, *, crash_after: int | None = None) -> None:
        """One sync; workers take turns at chance. `crash_after`: it ends with that many records out."""
        left = crash_after
        cursor = self.cursor()
        reading = Reading(endpoint_schema().entities["Customer"], page_size=self.erp.rules.page_size)
        part = partial(ReadPartition, "Customer", EntityReader(self.erp.client, reading), cursor=cursor)
        turns = [iter(part(number=number).read()) for number in range(self.chance.randrange(1, 5))]
        while turns:
            turn = self.chance.choice(turns)
            page = self.next_page(turn)
            if page is None:
                turns.remove(turn)
                continue
            rows = [json.loads(row) for row in page.rows][:left]
            self.arrived |= {(row["CustomerID"], row["Balance"]) for row in rows}
            left = None if left is None else left - len(rows)
            if left == 0:
                return
        self.finished += 1

    def next_page(self, turn: Iterator[RecordPage]) -> RecordPage | None:
        """None at the end of the window, or when its list is given up."""
        try:
            return next(turn, None)
        except AirbyteTracedException:
            return None

    def cursor(self) -> WindowCursor:
        rules, began = self.erp.rules, EPOCH
        return WindowCursor(
            ["Customer"],
            CURSOR,
            lower=lower_bound(self.state, CURSOR, None),
            lookback=rules.lookback,
            emit=self.keep,
            clock=lambda: (self.erp.now - began).total_seconds(),
            server_now=self.erp.client.server_date,
        )

    def keep(self, message: AirbyteMessage) -> None:
        assert message.state is not None
        self.state = dict(message.state.stream.stream_state.__dict__)


def live(rules: Rules, seed: int) -> tuple[Erp, Syncs]:
    """Some syncs with pauses between them, some of which crash; then quiet, and one more sync."""
    chance = random.Random(seed)
    erp = Erp(rules, chance)
    syncs = Syncs(erp, chance)
    for _ in range(chance.randrange(1, 5)):
        syncs.run(crash_after=chance.choice((None, None, chance.randrange(1, 30))))
        erp.pass_time(chance.choice((1.0, HOUR, 30 * HOUR, 60 * HOUR)))
    erp.settle()
    syncs.run()
    return erp, syncs


@hypothesis_settings(max_examples=100)
@given(worlds(), st.integers(0, 2**32))
def test_after_the_last_sync_every_row_has_arrived_as_it_stands(rules, seed):
    erp, syncs = live(rules, seed)
    assert erp.holds() - syncs.arrived == set()


@hypothesis_settings(max_examples=25)
@given(worlds(), st.integers(0, 2**32))
def test_the_position_never_moves_backward(rules, seed):
    positions: list[object] = []
    chance = random.Random(seed)
    erp = Erp(rules, chance)
    syncs = Syncs(erp, chance)
    for _ in range(3):
        syncs.run()
        positions.append(syncs.state.get(CURSOR))
        erp.pass_time(HOUR)
    seen = [Moment.parse(str(position)).ticks for position in positions if position]
    assert seen == sorted(seen)
