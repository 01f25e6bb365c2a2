"""Rules about time: how a stream is cut, where the next sync starts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from source_acumatica.windows.timestamps import Timestamp
from source_acumatica.windows.windows import Window, first_start, next_start, plan_windows
from unit_tests.source.builders import NOW
from unit_tests.source.windows.test_timestamps import stamps

HOUR = 3600.0
LOWER = st.none() | stamps()
NOWS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(timezone.utc))


def bounds(windows: list[Window]) -> list[tuple[str | None, str | None]]:
    return [(window.start, window.end) for window in windows]


class TestWindows:
    @given(LOWER, NOWS, st.integers(0, 10_080 * 60))
    @example("2024-12-31T23:00:00-05:00", NOW, 7200)
    @example("2026-01-01T00:00:00+00:00", NOW, 7200)
    def test_touch_each_other_from_the_lower_bound_to_an_open_end(self, lower, now, lookback):
        windows = plan_windows(lower, server_now=now, lookback=lookback)
        assert windows[0].start == lower
        assert windows[-1].end is None
        assert all(left.end == right.start for left, right in pairwise(windows))

    @given(LOWER, NOWS, st.integers(0, 10_080 * 60))
    def test_end_before_any_stamp_that_a_change_made_from_now_on_can_carry(self, lower, now, lookback):
        earliest = now - timedelta(hours=26, seconds=lookback)
        for window in plan_windows(lower, server_now=now, lookback=lookback)[:-1]:
            assert Timestamp.parse(str(window.end)).ticks < Timestamp.parse(earliest.isoformat()).ticks

    @pytest.mark.parametrize("lower", [None, "0001-01-01T00:00:00+00:00", "2024-06-01T08:00:00-05:00"])
    def test_are_what_was_closed_some_days_before_the_servers_clock_and_an_open_one(self, lower):
        assert bounds(plan_windows(lower, server_now=NOW, lookback=2 * HOUR)) == [
            (lower, "2026-11-21T00:00:00+00:00"),
            ("2026-11-21T00:00:00+00:00", None),
        ]

    @pytest.mark.parametrize(
        "lower", ["2026-11-22T10:00:00+00:00", "2026-11-19T10:00:00+00:00", "2999-01-01T00:00:00+00:00"]
    )
    def test_of_a_position_in_the_last_days_or_in_the_future_are_one(self, lower):
        assert bounds(plan_windows(lower, server_now=NOW, lookback=0)) == [(lower, None)]

    def test_are_not_cut_where_the_server_shows_no_clock(self):
        assert plan_windows(None, server_now=None, lookback=0) == [Window()]

    def test_say_what_they_hold(self):
        assert str(Window(None, "2025-01-01T00:00:00+00:00")) == "the beginning to 2025-01-01T00:00:00+00:00"
        assert str(Window("2025-01-01T00:00:00+00:00")) == "2025-01-01T00:00:00+00:00 to now"
        assert str(Window(nulls=True)) == "without a modification date"


class TestAWindowThatHoldsTooMuch:
    @given(stamps(), stamps())
    def test_is_halved_into_two_that_touch_each_other_and_hold_it_all(self, one, other):
        start, end = sorted((one, other), key=lambda stamp: Timestamp.parse(stamp).ticks)
        halves = Window(start, end).halves()
        if halves is None:
            assert Timestamp.parse(end).ticks - Timestamp.parse(start).ticks <= 60 * 10_000_000
            return
        older, newer = halves
        assert (older.start, older.end, newer.end) == (start, newer.start, end)
        middle = Timestamp.parse(str(older.end)).ticks
        assert Timestamp.parse(start).ticks < middle < Timestamp.parse(end).ticks

    def test_from_the_beginning_is_cut_where_data_can_be(self):
        assert Window(None, "2026-01-01T00:00:00+00:00").halves() == (
            Window(None, "2012-12-31T12:00:00+00:00"),
            Window("2012-12-31T12:00:00+00:00", "2026-01-01T00:00:00+00:00"),
        )

    @pytest.mark.parametrize(
        "window",
        [
            Window(nulls=True),
            Window("2026-11-21T00:00:00+00:00"),
            Window("2026-11-21T00:00:00+00:00", "2026-11-21T00:01:00+00:00"),
            Window(None, "1999-11-21T00:00:00+00:00"),
            Window("2016-11-21T00:00:00+00:00", "2026-11-21T00:00:00+00:00", local=True),
        ],
    )
    def test_stays_whole_where_it_is_open_or_short(self, window):
        assert window.halves() is None

    @given(
        stamps(),
        st.none() | stamps(),
        st.sampled_from([None, "1900-01-01T00:00:00+00:00", "2020-06-01T00:00:00-05:00"]),
    )
    def test_has_each_record_in_one_of_its_halves(self, stamp, near, start):
        window = Window(start, "2026-11-21T00:00:00+00:00")
        halves = window.halves(near)
        assert sum(half.contains(stamp) for half in halves or ()) == window.contains(stamp)

    @given(stamps(), st.none() | stamps())
    def test_leaves_parts_that_are_smaller_than_the_whole(self, start, near):
        window = Window(start, "2026-11-21T00:00:00+00:00")
        older, newer = window.halves(near) or (window, window)
        if older is not window:
            assert Timestamp.parse(start).ticks < Timestamp.parse(str(older.end)).ticks
            assert older.end == newer.start
            assert Timestamp.parse(str(newer.start)).ticks < Timestamp.parse(str(newer.end)).ticks

    @pytest.mark.parametrize(
        ("near", "cut"),
        [
            ("2026-03-01T12:00:00.5+00:00", "2026-03-01T12:00:00+00:00"),
            ("2026-03-01T12:00:00-05:00", "2026-03-01T17:00:00+00:00"),
            ("2026-01-01T00:00:00+00:00", "2026-01-01T00:01:00+00:00"),
            ("2025-01-01T00:00:00+00:00", "2026-01-01T00:01:00+00:00"),
            ("2027-01-01T00:00:00+00:00", "2026-07-02T12:00:00+00:00"),
            ("no date", "2026-07-02T12:00:00+00:00"),
        ],
    )
    def test_is_cut_at_the_stamp_of_a_record_where_that_lies_in_it(self, near, cut):
        window = Window("2026-01-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00")
        assert [half.end for half in window.halves(near) or ()] == [cut, window.end]


class TestChoosingHere:
    def test_takes_what_the_filter_of_the_window_would_take(self):
        window = Window("2026-11-21T00:00:00+00:00", "2026-11-22T00:00:00+00:00")
        before, first, last, after = (
            "2026-11-20T23:59:59.9999999+00:00",
            "2026-11-20T19:00:00-05:00",
            "2026-11-21T23:59:59+00:00",
            "2026-11-22T00:00:00+00:00",
        )
        assert [window.contains(stamp) for stamp in (before, first, last, after, None)] == [0, 1, 1, 0, 0]
        assert [Window(nulls=True).contains(stamp) for stamp in (None, "2026-11-21T00:00:00+00:00")] == [True, False]

    def test_from_the_whole_list_takes_the_records_without_a_stamp_too(self):
        window = Window("2026-11-21T00:00:00+00:00", local=True)
        assert [
            window.contains(stamp) for stamp in (None, "2026-11-21T00:00:00+00:00", "2026-11-20T00:00:00+00:00")
        ] == [
            True,
            True,
            False,
        ]


def start_after(stamp: str, *, before: str | None = None, elapsed: float = 0, lookback: float = 0,
                began: datetime | None = None) -> str | None:  # fmt: skip
    return next_start(Timestamp.parse(stamp), before=before, elapsed=elapsed, lookback=lookback, began=began)


class TestTheNextSync:
    def test_starts_the_time_of_the_read_and_the_lookback_before_the_latest_stamp(self):
        start = start_after("2026-11-23T08:00:00.5-05:00", elapsed=90.25, lookback=7200)
        assert start == "2026-11-23T05:58:30.25-05:00"

    def test_never_starts_before_the_newest_window_did(self):
        assert start_after("2026-11-23T08:00:00-05:00", before="2026-11-23T12:59:59+00:00", lookback=7200) == (
            "2026-11-23T12:59:59+00:00"
        )

    def test_starts_where_this_one_did_when_nothing_was_seen(self):
        before = "2026-11-21T00:00:00+00:00"
        assert next_start(None, before=before, elapsed=5, lookback=7200) == before
        assert next_start(None, before=None, elapsed=5, lookback=7200) is None

    def test_echoes_the_old_start_as_it_was_written(self):
        odd = "2026-11-23 13:00:00.500Z"
        assert start_after("2026-11-23T08:00:00-05:00", before=odd) == odd

    @given(stamps(), st.none() | stamps(), st.floats(0, 1e6), st.floats(0, 1e6))
    def test_never_moves_backward_nor_beyond_what_was_seen(self, stamp, before, elapsed, lookback):
        start = start_after(stamp, before=before, elapsed=elapsed, lookback=lookback)
        found = Timestamp.parse(str(start)).ticks
        assert before is None or found >= Timestamp.parse(before).ticks
        assert found <= Timestamp.parse(stamp).ticks or start == before

    def test_does_not_start_beyond_the_servers_clock_as_it_stood_when_the_read_began(self):
        """One stamp that ran ahead of its time must not hide the changes that are still to come before it."""
        ahead = "2026-11-24T05:00:00-05:00"
        assert start_after(ahead, elapsed=600, lookback=3600, began=NOW) == "2026-11-23T03:30:00-05:00"

    def test_is_not_held_back_by_a_clock_that_stamps_have_not_reached(self):
        stamp = "2026-11-23T08:00:00+00:00"
        assert start_after(stamp, elapsed=600, lookback=3600, began=NOW) == "2026-11-23T06:50:00+00:00"

    def test_of_a_table_from_the_year_one_stays_in_the_calendar(self):
        assert start_after("0001-01-01T00:00:00+00:00", elapsed=5, lookback=7200) == "0001-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("start_date", "lower"),
    [
        ("2024-01-01", "2023-12-31T00:00:00+00:00"),
        ("2024-03-01T06:00:00Z", "2024-02-29T06:00:00+00:00"),
        ("0001-01-01", "0001-01-01T00:00:00+00:00"),
        ("", None),
        (None, None),
    ],
)
def test_a_start_date_reaches_a_day_further_back_and_names_its_zone(start_date, lower):
    assert first_start(start_date) == lower
