"""A simulated ERP with a true time of its own, whose rows are changed between any two requests; answers as a client.

Stamps show the true time under a right or a wrong label; clocks jump at a daylight saving change; records are saved
later than their stamp says; pages are capped; some rows are stamped ahead of their time; filters may lie.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from acumatica_client.errors import Overloaded, ServerFault
from acumatica_client.rest.query import Query
from unit_tests.source.builders import FakeClient, customer

EPOCH = datetime(2026, 10, 28, 12, tzinfo=timezone.utc)
DST_ENDS = datetime(2026, 11, 1, 6, tzinfo=timezone.utc)
HOUR = 3600.0
DAY = 24 * HOUR


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

    @property
    def jump(self) -> float:
        """Seconds by which stamps go back at the daylight saving change."""
        return HOUR if self.summer and not self.follows else 0.0

    @property
    def never_behind(self) -> bool:
        """Whether stamps, read by their label, are never earlier than the true time."""
        return self.label is not None and self.wall >= self.label


PLACES = (
    Place(),
    Place(-5, -5, summer=True, follows=True),  # a server in New York
    Place(-5, 0, summer=True),  # a user of New York on a server that labels UTC: the clock jumps, the label stays
    Place(11, 0),  # Sydney labelled UTC (recorded)
    Place(14, -12),
    Place(-12, 14),
    Place(2, None, summer=True),
)


@dataclass(frozen=True)
class Rules:
    """One world. `lag`, `lookback`: seconds; `pace`: seconds a request lasts; `filters`: what the server makes of the
    filters of windows: true | silent (no row, 200) | refused (500) | nulls refused."""

    place: Place = Place()
    lag: float = 0.0
    lookback: float = 0.0
    pace: float = 0.5
    cap: int = 3
    page_size: int = 3
    has_clock: bool = True
    filters: str = "true"
    unrest: float = 0.0  # how likely a row changes while a request is under way, once and again


@dataclass
class Change:
    """A row as it will be; `row` None deletes it. It begins `requests` from now, others see it from `visible` on."""

    key: str
    kind: str
    late: float
    requests: int
    row: dict[str, object] | None = None
    visible: datetime | None = None


@dataclass
class Erp:
    """The table, its true time, and what is under way."""

    rules: Rules
    now: datetime = EPOCH
    rows: dict[str, dict[str, object]] = field(default_factory=dict)
    there_since: dict[str, int] = field(default_factory=dict)
    """By key: the number of the request before which the row came, with a stamp, and stayed so."""
    coming: list[Change] = field(default_factory=list)
    versions: int = 0
    requests: int = 0
    trouble_in: int | None = None
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    restless: bool = True

    def __post_init__(self) -> None:
        self.client = LyingClient(cap=self.rules.cap, on_request=self.request, filters=self.rules.filters)
        self.answered()

    # --- what the client sees

    def answered(self) -> None:
        self.client.now = self.now.replace(microsecond=0) if self.rules.has_clock else None
        self.client.tables["Customer"] = [self.rows[key] for key in sorted(self.rows)]

    def request(self) -> None:
        self.requests += 1
        while self.restless and self.chance.random() < self.rules.unrest:
            self._somebody_works()
        self.pass_time(self.rules.pace)
        self.answered()
        if self.trouble_in is not None:
            self.trouble_in -= 1
            if self.trouble_in < 0:
                self.trouble_in = None
                raise Overloaded("Try again later.")

    # --- what happens in it

    def pass_time(self, seconds: float) -> None:
        """Time passes, changes begin, and those that began earlier are saved."""
        self.now += timedelta(seconds=seconds)
        for change in self.coming:
            change.requests -= 1
            if change.visible is None and change.requests < 0:
                self._begin(change)
        for change in [one for one in self.coming if one.visible is not None and one.visible <= self.now]:
            self.coming.remove(change)
            self._save(change)

    def work(self, seconds: float) -> None:
        """So long people work, whether anybody reads or not."""
        for _ in range(6):
            while self.restless and self.chance.random() < 2 * self.rules.unrest:
                self._somebody_works()
            self.pass_time(seconds / 6)

    def change(self, key: str, kind: str, *, late: float = 0.0, requests: int = 0) -> None:
        """`kind`: update (or insert), delete, null (no stamp), ahead (of its time, by hours), prophet (by a year);
        `late`: the share of the greatest lag."""
        if not any(one.key == key for one in self.coming):  # a row is locked while it is being saved
            self.coming.append(Change(key, kind, late, requests))

    def _somebody_works(self) -> None:
        key = self.chance.choice([*self.rows, f"{self.chance.randrange(40):02d}"])
        kind = self.chance.choice(("update", "update", "update", "delete", "null"))
        self.change(key, kind, late=self.chance.choice((0.0, 0.3, 1.0)))

    def put(self, key: str, instant: datetime | None) -> dict[str, object]:
        """A row stamped so, at once. Returns it."""
        self.versions += 1
        stamp = self.rules.place.stamp(instant) if instant else None
        row = {**customer(key, stamp), "Balance": {"value": self.versions}}
        self._show(key, row)
        return row

    def _begin(self, change: Change) -> None:
        change.visible = self.now + timedelta(seconds=self.rules.lag * change.late)
        self.versions += 1
        ahead = {"ahead": timedelta(hours=20), "prophet": timedelta(days=400)}.get(change.kind, timedelta())
        stamp = None if change.kind == "null" else self.rules.place.stamp(self.now + ahead)
        row = {**customer(change.key, stamp), "Balance": {"value": self.versions}}
        change.row = None if change.kind == "delete" else row

    def _save(self, change: Change) -> None:
        if change.row is None:
            self.rows.pop(change.key, None)
            self.there_since.pop(change.key, None)
        else:
            self._show(change.key, change.row)
            if change.kind == "null":  # it leaves the windows for the records without a stamp, which come first
                self.there_since[change.key] = self.requests + 1

    def _show(self, key: str, row: dict[str, object]) -> None:
        self.rows[key] = row
        self.there_since.setdefault(key, self.requests + 1)

    def settle(self) -> None:
        """Everybody goes home: what was begun is saved."""
        self.trouble_in, self.restless = None, False
        for change in self.coming:
            change.requests = min(change.requests, 0)
        self.pass_time(0.001)
        self.pass_time(self.rules.lag + 1)
        self.answered()

    def holds(self) -> set[tuple[str, int]]:
        return {(key, version(row["Balance"])) for key, row in self.rows.items()}


@dataclass
class LyingClient(FakeClient):
    """`filters` as in `Rules`."""

    filters: str = "true"

    def fetch_list(self, entity: str, query: Query, *, patient: bool = True) -> bytes:
        refused = self.filters == "refused" or (self.filters == "nulls refused" and "null" in (query.filter or ""))
        if query.filter is not None and refused:
            self.on_request()
            raise ServerFault("Type conversions not supported.")
        body = super().fetch_list(entity, query, patient=patient)
        return b"[]" if query.filter is not None and self.filters == "silent" else body


def version(wrapped: object) -> int:
    assert isinstance(wrapped, Mapping)
    return int(wrapped["value"])
