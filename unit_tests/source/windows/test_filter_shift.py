"""Servers that read the time in a filter otherwise than they show it: found out, and no change lost by it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from acumatica_client.errors import EmptyAnswer, ServerFault
from acumatica_client.rest.query import Query
from source_acumatica.fetch.entity_reader import EntityReader
from source_acumatica.sync.cursor import WindowCursor
from source_acumatica.windows.server_time import FilterShift
from source_acumatica.windows.timestamps import TICKS, Timestamp
from unit_tests.source.builders import CURSOR, FakeClient, customer, read_windows, selection
from unit_tests.source.refusing import warnings

BEFORE = [customer("OLD", "2026-01-05T10:00:00+00:00"), customer("A", "2026-11-23T08:00:00+00:00")]
LATER = customer("B", "2026-11-23T10:00:00.33+00:00")


@dataclass
class Shifting(FakeClient):
    """Reads the times in filters `hours` later than it shows them: as one east of Greenwich that forgets the offset."""

    hours: float = 0.0

    def fetch_list(self, entity: str, query: Query, *, patient: bool = True) -> bytes:
        meant = re.sub(r"'([^']*)'", lambda found: f"'{self.shown(found[1])}'", query.filter or "") or None
        return super().fetch_list(entity, replace(query, filter=meant), patient=patient)

    def shown(self, literal: str) -> str:
        return str(Timestamp(Timestamp.parse(literal).ticks + round(self.hours * 3600 * TICKS), "+00:00"))


def sync(client: FakeClient, position: str | None, shift: FilterShift, lookback: float = 7200) -> tuple[set, str]:
    """The keys that came, and the position behind them."""
    cursor = WindowCursor(["Customer"], CURSOR, lower=position, lookback=lookback, emit=lambda _: None,
                          clock=lambda: 0.0, server_now=client.server_date)  # fmt: skip
    reader = EntityReader(client, selection("Customer", page_size=10), filter_shift=shift)
    keys = {json.loads(row.json)["CustomerID"] for page in read_windows(reader, cursor) for row in page}
    return keys, cursor.state("Customer")[CURSOR]


@pytest.fixture
def logged() -> Iterator[list[str]]:
    with warnings() as logged:
        yield logged


@pytest.mark.parametrize("hours", [-12.0, -3.0, 0.0, 1.0, 2.0, 5.75, 11.0, 14.0, 22.0])
@pytest.mark.parametrize("first", [None, "2026-11-22T08:00:00+00:00"])
@pytest.mark.parametrize("others", [[], [customer("PROPHET", "2028-01-01T00:00:00+00:00")]])
def test_a_change_after_a_sync_is_in_the_next_one(hours, first, others, logged):
    client = Shifting({"Customer": [*BEFORE, *others]}, hours=hours)
    _, position = sync(client, first, FilterShift())
    client.tables["Customer"] = [*BEFORE, LATER, *others]
    assert "B" in sync(client, position, FilterShift())[0]
    assert bool(logged) is (hours > 0)


def test_a_position_that_was_saved_too_late_goes_back():
    client = Shifting({"Customer": [*BEFORE, LATER]}, hours=11)
    keys, position = sync(client, "2026-11-22T22:00:00+00:00", FilterShift())
    assert keys == {"B"}
    assert position == "2026-11-22T20:30:00+00:00"


def test_an_honest_server_is_asked_once_in_a_run():
    client, shift = Shifting({"Customer": list(BEFORE)}), FilterShift()
    sync(client, "2026-11-22T08:00:00+00:00", shift)
    first = len(client.lists)
    sync(client, "2026-11-22T08:00:00+00:00", shift)
    assert len(client.lists) - first == first - 1


def test_a_latest_record_that_is_deleted_meanwhile_is_no_shift(logged):
    client = Shifting({"Customer": list(BEFORE)})

    def goes() -> None:
        if "OLD" not in str(client.lists[-1]) and client.lists[-1][1].top == 1:
            client.tables["Customer"] = BEFORE[:1]

    client.on_request = goes
    _, position = sync(client, "2026-11-22T08:00:00+00:00", FilterShift())
    assert (position, logged) == ("2026-11-23T06:00:00+00:00", [])


@pytest.mark.parametrize("refusal", [ServerFault("No."), EmptyAnswer("Nothing.", status=200)])
def test_a_server_that_refuses_the_question_is_taken_at_its_word(refusal, logged):
    client = Shifting({"Customer": list(BEFORE)})

    def refuse() -> None:
        if "07:50" in str(client.lists[-1][1].filter):
            raise refusal

    client.on_request = refuse
    keys, position = sync(client, "2026-11-22T08:00:00+00:00", FilterShift())
    assert (keys, position) == ({"A"}, "2026-11-23T06:00:00+00:00")


def test_a_shift_is_reported_once_with_its_length(logged):
    client, shift = Shifting({"Customer": list(BEFORE)}, hours=11), FilterShift()
    for _ in range(2):
        sync(client, "2026-11-22T08:00:00+00:00", shift)
    assert [sentence for sentence in logged if "11" in sentence] == logged
    assert len(logged) == 1
