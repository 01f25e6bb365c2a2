"""What the two other open connectors lose, and this source does not; seen by running their code, and by reading it.

F1 to F5: fauxpasonics/airbyte-source-acumatica 0.1.23, `source_acumatica/source.py`.
K1: keboola/component-acumatica, `src/acumatica_client.py`.
"""

from __future__ import annotations

import json

import pytest

from acumatica_client.errors import Overloaded
from source_acumatica.fetch.entity_reader import EntityReader
from source_acumatica.sync.cursor import WindowCursor
from unit_tests.source.builders import CURSOR, FakeClient, customer, outline, read_windows, selection


def january(day: int) -> str:
    return f"2026-01-{day:02d}T00:00:00+00:00"


def dated(*days: int) -> list[dict[str, object]]:
    return [customer(f"C{number:04d}", january(day)) for number, day in enumerate(days)]


class Read:
    """An incremental read of customers from a position, `page_size` rows asked for at a time."""

    def __init__(
        self, client: FakeClient, lower: str | None = None, *, page_size: int = 5, lookback: float = 0
    ) -> None:
        self.messages = []
        self.cursor = WindowCursor(
            ["Customer"], CURSOR, lower=lower, lookback=lookback, emit=self.messages.append, clock=lambda: 0.0,
            server_now=client.server_date,
        )  # fmt: skip
        self.reader = EntityReader(client, selection("Customer", page_size=page_size))
        self.keys: list[str] = []

    def run(self) -> Read:
        for page in read_windows(self.reader, self.cursor):
            self.keys += [json.loads(record.json)["CustomerID"] for record in page]
        self.cursor.emit_final_state()
        return self

    @property
    def state(self) -> dict[str, object]:
        return [what for _, what in map(outline, self.messages)][-1] if self.messages else {}


def test_F1_no_state_stands_in_the_middle_of_a_list_that_is_not_in_order():
    """Lines 189 and 195-207: a state after every ten records. Twelve rows, five a page, the server fails behind ten:
    the state says 25 January, and rows of 8 and 11 January are never read."""
    client = FakeClient({"Customer": dated(2, 25, 3, 4, 5, 6, 7, 9, 10, 12, 8, 11)})

    def fail_behind_ten() -> None:
        if client.lists[-1][1].skip >= 8:
            raise Overloaded("503")

    client.on_request = fail_behind_ten
    broken = Read(client)
    with pytest.raises(Overloaded):
        broken.run()
    client.on_request = lambda: None
    position = broken.state.get(CURSOR)
    assert position is None or str(position) < january(2)
    resumed = Read(client, position).run()
    assert {*broken.keys, *resumed.keys} == {f"C{number:04d}" for number in range(12)}


def test_F2_the_state_is_the_latest_of_all_records_and_not_that_of_the_last():
    """Lines 195-207: rows of 10, 20 and 5 January leave the state of 5 January."""
    client = FakeClient({"Customer": dated(10, 20, 5)}, now=None)
    assert Read(client).run().state == {CURSOR: january(20)}


@pytest.mark.parametrize("cap", [1, 2, 3])
def test_F3_a_page_of_fewer_rows_than_asked_for_does_not_skip_the_difference(cap):
    """Lines 124-125 and 171-175: a server that gives two rows where three are asked for: 0, 1, 3, 4, 6 of 0 to 6."""
    client = FakeClient({"Customer": dated(*range(1, 8))}, cap=cap)
    assert Read(client, page_size=3).run().keys == [f"C{number:04d}" for number in range(7)]


class TestF4:
    """Lines 117, 119 and 124: `gt` without a lookback, and `$skip` over rows that move."""

    def test_F4_records_of_the_same_stamp_as_the_position_are_read(self):
        client = FakeClient({"Customer": dated(10, 20)}, now=None)
        state = Read(client).run().state
        client.tables["Customer"].append(customer("C0009", january(20)))
        assert "C0009" in Read(client, str(state[CURSOR])).run().keys

    def test_F4_a_record_saved_later_than_its_stamp_says_is_read(self):
        client = FakeClient({"Customer": dated(10, 20)}, now=None)
        state = Read(client, lookback=7200).run().state
        client.tables["Customer"].append(customer("C0009", "2026-01-19T22:30:00+00:00"))
        assert "C0009" in Read(client, str(state[CURSOR]), lookback=7200).run().keys

    def test_F4_rows_that_go_before_the_place_hide_none_behind_it(self):
        client = FakeClient({"Customer": dated(*range(1, 13))})

        def first_row_goes() -> None:
            if client.lists[-1][1].skip == 4:
                del client.tables["Customer"][0]

        client.on_request = first_row_goes
        assert set(Read(client).run().keys) >= {f"C{number:04d}" for number in range(2, 12)}


def test_F5_the_same_reader_reads_everything_a_second_time():
    """Lines 84 and 174: the page number is never set back, so a second read of the stream gives no row."""
    client = FakeClient({"Customer": dated(*range(1, 13))})
    first, second = Read(client), Read(client)
    second.reader = first.reader
    assert first.run().keys == second.run().keys
    assert len(first.keys) == 12


@pytest.mark.parametrize("cap", [1, 2, 3])
def test_K1_a_short_page_is_not_the_end(cap):
    """Line 383: ends when a page has fewer rows than asked for; a server's cap leaves 2 of 7."""
    client = FakeClient({"Customer": dated(*range(1, 8))}, cap=cap)
    assert len(Read(client, page_size=5).run().keys) == 7
