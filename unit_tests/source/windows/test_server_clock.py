"""Instances whose stamps are not made by the clock of their answers: a cut by that clock hides no change to come."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from source_acumatica.fetch.entity_reader import EntityReader
from source_acumatica.sync.cursor import WindowCursor
from source_acumatica.windows.server_time import ServerClock
from source_acumatica.windows.timestamps import Timestamp
from unit_tests.source.builders import CURSOR, NOW, FakeClient, customer, read_windows, selection


def stamped(key: str, days_ago: float) -> dict[str, object]:
    return customer(key, (NOW - timedelta(days=days_ago)).replace(tzinfo=None).isoformat() + "+00:00")


def sync(client: FakeClient, position: str | None, clock: ServerClock | None = None) -> tuple[set[str], str | None]:
    clock = clock or ServerClock(client.server_date)
    cursor = WindowCursor(["Customer"], CURSOR, lower=position, lookback=7200, emit=lambda _: None,
                          clock=lambda: 0.0, server_now=client.server_date,
                          confirmed_by=clock.confirmed_by)  # fmt: skip
    reader = EntityReader(client, selection("Customer", page_size=4))
    keys = {json.loads(row.json)["CustomerID"] for page in read_windows(reader, cursor) for row in page}
    return keys, cursor.state("Customer").get(CURSOR)


@pytest.mark.parametrize("behind", [0.5, 2.5, 10, 300, 3000])
@pytest.mark.parametrize("count", [1, 3, 30])
def test_a_change_made_after_a_sync_is_in_the_next_one_however_far_the_clocks_are_apart(behind, count):
    """`behind`: days by which the clock of the stamps lies behind that of the answers."""
    rows = [stamped(f"C{number:02d}", behind + number * 40) for number in range(count)]
    client, position = FakeClient({"Customer": rows}), None
    for number in range(1, 4):
        _, position = sync(client, position)
        client.tables["Customer"] = [*rows, stamped("NEW", behind - number * 0.02)]
        assert "NEW" in sync(client, position)[0]


def test_a_quiet_table_of_a_busy_instance_is_not_read_again():
    clock = ServerClock(lambda: NOW)
    client = FakeClient({"Customer": [stamped("A", 300)]})
    assert clock.confirmed_by(Timestamp.at(NOW - timedelta(hours=3)))
    _, position = sync(client, None, clock)
    assert position == "2026-11-21T00:00:00+00:00"
    assert sync(client, position, clock)[0] == set()


def test_a_position_of_the_sync_before_confirms_the_clock_as_well():
    clock = ServerClock(lambda: NOW)
    assert not clock.confirmed_by(Timestamp.at(NOW - timedelta(days=2, hours=1)))
    assert clock.confirmed_by(Timestamp.at(NOW - timedelta(days=2, hours=1)), ago=7200)


def test_a_server_without_a_clock_has_nothing_to_prove():
    assert ServerClock(lambda: None).confirmed_by(None)


def test_a_table_without_a_single_stamp_has_no_position():
    client = FakeClient(
        {"Customer": [customer("A", None), customer("B", None)]}, now=datetime(2030, 1, 1, tzinfo=timezone.utc)
    )
    assert sync(client, None) == ({"A", "B"}, None)
