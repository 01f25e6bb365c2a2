"""Workers that read the windows of one stream together: how few requests it takes, and what is done about filters."""

from __future__ import annotations

import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from acumatica_client.errors import CannotOptimize, ServerFault, SettingsError, Unexpected
from source_acumatica.fetch.entity_reader import EntityReader
from source_acumatica.sync.cursor import WindowCursor
from source_acumatica.sync.state import NO_CURSOR_STATE
from unit_tests.source.builders import (
    CURSOR,
    NOW,
    FakeClient,
    customer,
    customers,
    outline,
    read_windows,
    selection,
)
from unit_tests.source.refusing import Refusing, blames, warnings

OLD = datetime(2015, 3, 1, tzinfo=timezone.utc)


class Read:
    """One read of a stream by some workers, after each other or together."""

    def __init__(self, client: FakeClient, lower: str | None = None, *, refresh: bool = False, workers: int = 1,
                 condition: str | None = None, pages: int = 2) -> None:  # fmt: skip
        self.messages = []
        self.cursor = WindowCursor(
            ["Customer"],
            CURSOR,
            lower=lower,
            lookback=7200,
            emit=self.messages.append,
            clock=lambda: 0.0,
            server_now=client.server_date,
            resumable_refresh=refresh,
        )
        reading = selection("Customer", page_size=10, condition=condition)
        self.reader = EntityReader(client, reading, pages_in_a_window=pages)
        with ThreadPoolExecutor(workers) as pool:
            found = list(pool.map(self.work, range(workers)))
        self.keys = [key for keys in found for key in keys]
        self.cursor.emit_final_state()

    def work(self, _number: int) -> list[str]:
        pages = read_windows(self.reader, self.cursor)
        return [json.loads(record.json)["CustomerID"] for page in pages for record in page]

    @property
    def states(self) -> list[dict]:
        return [what for kind, what in map(outline, self.messages)]


def spread(count: int, days: int = 5) -> list[dict[str, object]]:
    return [customer(f"C{n:04d}", (OLD + timedelta(days=n * days)).isoformat()) for n in range(count)]


class TestHowManyRequests:
    def test_an_empty_table_costs_one(self):
        client = FakeClient({"Customer": []})
        assert Read(client).states == [{}]
        assert len(client.lists) == 1

    def test_a_small_table_costs_one_more_than_its_lists(self):
        client = FakeClient({"Customer": spread(8)})
        assert len(Read(client).keys) == 8
        assert len(client.lists) == 1 + 1 + 2 + 1  # is there any; no stamp; the older one, and its end; the newest

    def test_a_later_sync_of_what_changed_costs_three(self):
        client = FakeClient({"Customer": [*spread(8), *customers(2)]})
        assert len(Read(client, "2026-11-22T00:00:00+00:00").keys) == 2
        assert len(client.lists) == 1 + 2

    def test_a_later_sync_of_what_did_not_change_costs_three(self):
        client = FakeClient({"Customer": spread(8)})
        assert Read(client, "2026-11-22T00:00:00+00:00").keys == []
        assert len(client.lists) == 2 + 1  # the lists, and whether the filter is true

    def test_a_stretch_that_holds_too_much_costs_little_more_than_its_pages(self):
        client = FakeClient({"Customer": spread(800)})
        assert len(Read(client, pages=8).keys) == 800
        pages = 800 // 9
        assert len(client.lists) < 1.7 * pages

    def test_years_without_a_record_cost_few(self):
        stamps = [(OLD + timedelta(hours=n)).isoformat() for n in range(100)]
        client = FakeClient({"Customer": [customer(f"C{n:04d}", stamp) for n, stamp in enumerate(stamps)]})
        assert len(Read(client, pages=4).keys) == 100
        assert len(client.lists) < 40

    @pytest.mark.parametrize("seed", range(5))
    def test_records_in_no_order_of_time_cost_little_more_than_their_pages(self, seed):
        stamps = [(OLD + timedelta(minutes=n)).isoformat() for n in range(900)]
        random.Random(seed).shuffle(stamps)
        client = FakeClient({"Customer": [customer(f"C{n:04d}", stamp) for n, stamp in enumerate(stamps)]})
        assert len(Read(client, pages=8).keys) == 900
        assert len(client.lists) < 2 * 900 // 9

    def test_many_records_of_one_second_cost_little_more_than_their_pages(self):
        rows = [*spread(200), *(customer(f"D{n:04d}", "2021-05-05T12:00:00+00:00") for n in range(600))]
        client = FakeClient({"Customer": rows})
        assert len(set(Read(client, pages=8).keys)) == 800
        assert len(client.lists) < 1.7 * 800 // 9


class TestAWindowThatHoldsTooMuch:
    @pytest.mark.parametrize("workers", [1, 4])
    @pytest.mark.parametrize("refresh", [False, True])
    def test_is_read_in_parts_each_record_once_whoever_reads(self, workers, refresh):
        client = FakeClient({"Customer": spread(700)})
        read = Read(client, workers=workers, refresh=refresh)
        assert Counter(read.keys) == Counter(f"C{n:04d}" for n in range(700))
        positions = [state[CURSOR] for state in read.states if CURSOR in state]
        assert len(positions) > (10 if workers == 1 else 0)
        assert positions == sorted(positions)
        assert (NO_CURSOR_STATE in read.states[-1]) is refresh

    def test_of_one_second_is_read_whole(self):
        client = FakeClient({"Customer": customers(300, "2020-01-01T12:00:00+00:00")})
        assert Counter(Read(client).keys) == Counter(f"C{n:04d}" for n in range(300))

    def test_is_noticed_where_the_server_gives_fewer_rows_than_asked_for(self):
        client = FakeClient({"Customer": spread(300)}, cap=7)
        read = Read(client)
        assert set(read.keys) == {f"C{n:04d}" for n in range(300)}
        assert len({state[CURSOR] for state in read.states}) > 5


class Silent(FakeClient):
    """Answers some filters with nothing: those that `lies` is true for."""

    @staticmethod
    def lies(condition: str) -> bool:
        return CURSOR in condition

    def fetch_list(self, entity, query, *, patient=True):
        body = super().fetch_list(entity, query, patient=patient)
        return b"[]" if query.filter and self.lies(query.filter) else body


class SilentToAll(Silent):
    @staticmethod
    def lies(condition: str) -> bool:
        return True


class SilentToTwoViews(Silent):
    @staticmethod
    def lies(condition: str) -> bool:
        return " and " in condition and "Balance" in condition


class TestAFilterThatIsAnsweredWithNothing:
    @pytest.mark.parametrize("refresh", [False, True])
    def test_at_a_first_read_is_found_out_and_everything_is_read(self, refresh):
        rows = [*spread(30), customer("N", None), *[customer(f"Z{n}", NOW.isoformat()) for n in range(3)]]
        with warnings() as said:
            read = Read(Silent({"Customer": rows}), refresh=refresh)
        assert len(set(read.keys)) == len(rows)
        assert any("choosing here" in sentence for sentence in said)
        assert read.states[-1] == ({NO_CURSOR_STATE: True} if refresh else {CURSOR: "2026-11-23T07:30:00+00:00"})

    def test_later_is_found_out_too_and_what_changed_is_chosen_here(self):
        rows = [*spread(30), customer("N", None), customer("Z", "2026-11-23T09:00:00+00:00")]
        read = Read(Silent({"Customer": rows}), "2026-11-22T00:00:00+00:00")
        assert set(read.keys) == {"N", "Z"}
        assert read.states == [{CURSOR: "2026-11-23T07:00:00+00:00"}]

    def test_moves_no_position_before_it_is_found_out(self):
        client = Silent({"Customer": spread(30)})
        positions = []
        read = None

        def watch() -> None:
            positions.extend(read.states if read else [])

        client.on_request = watch
        read = Read(client)
        assert positions == []

    def test_is_believed_when_the_table_holds_nothing_newer(self):
        client = FakeClient({"Customer": spread(30)})
        with warnings() as said:
            read = Read(client, "2026-11-20T00:00:00+00:00")
        assert (read.keys, said) == ([], [])

    def test_over_two_views_is_found_out_and_the_users_own_filter_is_kept(self):
        client = SilentToTwoViews({"Customer": spread(30)})
        read = Read(client, condition="Balance gt 0")
        assert len(read.keys) == 30
        assert client.lists[-1][1].filter == "Balance gt 0"

    def test_and_is_the_users_own_is_refused_with_the_way_out(self):
        with pytest.raises(SettingsError, match="answers every filter of Customer with nothing") as raised:
            Read(SilentToAll({"Customer": spread(30)}), condition="Balance gt 0")
        assert "Remove the filter" in raised.value.advice

    def test_of_the_users_own_that_no_record_satisfies_is_no_error(self):
        class NoneSatisfies(Silent):
            @staticmethod
            def lies(condition: str) -> bool:
                return "Balance" in condition

        assert Read(NoneSatisfies({"Customer": spread(30)}), condition="Balance gt 0").keys == []


class TestAFilterThatIsRefused:
    @pytest.mark.parametrize("refresh", [False, True])
    @pytest.mark.parametrize("lower", [None, "2015-05-01T00:00:00+00:00"])
    @pytest.mark.parametrize("words", ["null", "datetimeoffset"])
    def test_is_replaced_by_choosing_here(self, refresh, lower, words):
        client = Refusing({"Customer": [*spread(30), customer("N", None)]})

        def refuse() -> None:
            if words in (client.lists[-1][1].filter or ""):
                raise ServerFault("Type conversions not supported.")

        client.on_request = refuse
        with warnings() as said:
            read = Read(client, lower, refresh=refresh)
        expected = {f"C{n:04d}" for n in range(0 if lower is None else 13, 30)} | {"N"}
        assert set(read.keys) == expected
        assert len([sentence for sentence in said if "choosing here" in sentence]) == 1

    def test_because_the_cursor_cannot_be_listed_stops_an_incremental_read(self):
        """Every sync would read the whole table record by record; choosing full refresh is the better way."""
        with pytest.raises(CannotOptimize):
            Read(Refusing({"Customer": spread(3)}, in_lists={CURSOR: blames(CURSOR)}), "2015-05-01T00:00:00+00:00")

    def test_because_the_cursor_cannot_be_listed_does_not_stop_a_full_refresh(self):
        client = Refusing({"Customer": spread(30)}, in_lists={CURSOR: blames(CURSOR)})
        read = Read(client, refresh=True)
        assert set(read.keys) == {f"C{n:04d}" for n in range(30)}


def test_a_full_refresh_that_broke_off_goes_on_behind_the_windows_that_were_read():
    client = FakeClient({"Customer": spread(300)})
    first = Read(client, refresh=True)
    middle = [state[CURSOR] for state in first.states if CURSOR in state][5]
    again = Read(client, middle, refresh=True)
    assert 0 < len(again.keys) < 300
    assert again.states[-1] == {NO_CURSOR_STATE: True}


class TestAStampThatIsNoDate:
    """Some fields of this name are texts of the locale (recorded, of a detail of 22.200.001)."""

    @pytest.fixture
    def client(self) -> Refusing:
        return Refusing({"Customer": [customer("A"), customer("B", "07/04/2026 00:09:02"), customer("C")]})

    def refuse_filters(self, client: Refusing) -> None:
        def refuse() -> None:
            if client.lists[-1][1].filter:
                raise ServerFault("Type conversions not supported.")

        client.on_request = refuse

    def test_stops_an_incremental_read_with_the_way_out(self, client):
        self.refuse_filters(client)
        with pytest.raises(Unexpected, match="not a date and time"):
            Read(client, "2020-01-01T00:00:00+00:00")

    def test_does_not_stop_a_full_refresh(self, client):
        self.refuse_filters(client)
        assert Read(client, refresh=True).keys == ["A", "B", "C"]
