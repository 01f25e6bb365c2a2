"""Rules about time: how stamps are read and compared, how a stream is cut, where the next sync starts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from source_acumatica.windows import LatestStamp, Moment, Window, first_start, next_start, plan_windows
from unit_tests.source.builders import NOW

HOUR = 3600.0


def latest(*stamps: str, now: datetime | None = NOW) -> LatestStamp:
    seen = LatestStamp(server_now=now)
    for stamp in stamps:
        seen.see(stamp)
    return seen


offsets = st.sampled_from(["+00:00", "-05:00", "-04:00", "+05:30", "+14:00", "-12:00", "+11:00"])


@st.composite
def stamps(draw: st.DrawFn, offset: st.SearchStrategy[str] = offsets) -> str:
    """What a server writes: no to seven decimals, the last of them not a zero."""
    wall = draw(st.datetimes(datetime(1900, 1, 1), datetime(2026, 11, 22))).replace(microsecond=0).isoformat()
    decimals = draw(st.integers(0, 9_999_999))
    fraction = f".{decimals:07d}".rstrip("0") if decimals else ""
    return f"{wall}{fraction}{draw(offset)}"


def instant(stamp: str) -> tuple[datetime, int]:
    """An independent reading: the second as the standard library has it, and the digits behind it."""
    wall, _, rest = stamp.partition(".")
    digits = rest[: -len(stamp[-6:])] if rest else ""
    second = datetime.fromisoformat(wall if not rest else wall + stamp[-6:])
    return second, int((digits + "0000000")[:7])


class TestAMoment:
    @given(stamps())
    def test_is_written_as_it_was_read(self, stamp):
        assert str(Moment.parse(stamp)) == stamp

    @given(stamps(), stamps())
    @example("2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00")
    @example("2026-07-03T00:00:00.0000001+00:00", "2026-07-03T00:00:00+00:00")
    def test_is_compared_by_instant_whatever_its_label(self, one, other):
        assert (Moment.parse(one).ticks < Moment.parse(other).ticks) == (instant(one) < instant(other))

    @pytest.mark.parametrize(
        ("text", "canonical"),
        [
            ("2024-07-15", "2024-07-15T00:00:00"),
            ("2024-07-15T10:31:28", "2024-07-15T10:31:28"),
            ("2024-07-15 10:31:28.5", "2024-07-15T10:31:28.5"),
            ("2024-07-15T10:31:28Z", "2024-07-15T10:31:28+00:00"),
            ("2024-07-15T10:31:28+0300", "2024-07-15T10:31:28+03:00"),
            ("2024-07-15T10:31:28.123456789-05:00", "2024-07-15T10:31:28.1234567-05:00"),
            ("2024-07-15T10:31:28.500-05:00", "2024-07-15T10:31:28.5-05:00"),
        ],
    )
    def test_is_read_in_every_form_of_iso_8601_that_occurs(self, text, canonical):
        assert str(Moment.parse(text)) == canonical

    def test_without_a_label_stays_without_one_so_that_the_server_reads_it_as_it_wrote_it(self):
        assert str(Moment.parse("2024-07-15T10:00:00").earlier(60)) == "2024-07-15T09:59:00"

    @pytest.mark.parametrize(
        "text",
        ["", "yesterday", "2024-13-01", "2024-02-30", "07/04/2026 00:09:02", "2024-07-15T25:00:00", "2024-7-1",
         "٢٠٢٤-07-15", " 2024-07-15", "2024-07-15T10:00:00 +00:00", "2024-07-15'; drop"],
    )  # fmt: skip
    def test_is_not_made_of_anything_else(self, text):
        with pytest.raises(ValueError, match=r"."):
            Moment.parse(text)

    @given(stamps(), st.floats(0, 1e9))
    def test_earlier_keeps_the_label_and_goes_back_by_the_seconds(self, stamp, seconds):
        moment = Moment.parse(stamp)
        earlier = moment.earlier(seconds)
        assert earlier.offset == moment.offset
        assert abs(moment.ticks - earlier.ticks - seconds * 10_000_000) <= 1

    @pytest.mark.parametrize("text", ["0001-01-01", "0001-01-01T00:00:00+14:00", "0001-01-03T00:00:00-12:00"])
    def test_does_not_leave_the_calendar(self, text):
        moment = Moment.parse(text)
        assert Moment.parse(str(moment.earlier(1e9))).ticks <= moment.ticks


class TestTheLatestStamp:
    @given(st.lists(stamps(), max_size=30))
    def test_is_the_latest_of_all_however_their_labels_differ(self, seen):
        found = latest(*seen).moment
        assert (found and found.ticks) == max((Moment.parse(stamp).ticks for stamp in seen), default=None)

    @given(st.lists(stamps(st.sampled_from(["", "Z", "+00:00"])), max_size=30))
    def test_is_found_among_stamps_without_a_label_too(self, seen):
        found = latest(*seen).moment
        assert (found and found.ticks) == max((Moment.parse(stamp).ticks for stamp in seen), default=None)

    def test_does_not_count_on_the_order(self):
        falling = ["2026-05-03T00:00:00+00:00", "2026-05-02T00:00:00+00:00", "2026-05-01T23:59:59.9999999+00:00"]
        assert str(latest(*falling).moment) == falling[0]

    def test_compares_labels_of_summer_and_winter_in_one_list(self):
        summer, winter = "2025-11-02T01:50:00-04:00", "2025-11-02T01:10:00-05:00"
        assert str(latest(summer, winter).moment) == winter

    def test_far_ahead_of_the_servers_clock_is_not_believed(self):
        found = latest("2026-11-22T00:00:00+00:00", "2099-01-01T00:00:00+00:00").moment
        assert str(found) == "2026-11-22T00:00:00+00:00"

    def test_far_ahead_does_not_hide_a_believable_one_under_the_same_label(self):
        found = latest("2099-01-01T00:00:00+00:00", "2026-11-22T00:00:00+00:00").moment
        assert str(found) == "2026-11-22T00:00:00+00:00"

    def test_ahead_by_what_zones_can_differ_is_believed(self):
        ahead = (NOW + timedelta(hours=26)).isoformat()
        assert str(latest(ahead).moment) == ahead

    def test_is_believed_whatever_it_says_where_the_server_shows_no_clock(self):
        assert str(latest("2099-01-01T00:00:00+00:00", now=None).moment) == "2099-01-01T00:00:00+00:00"

    def test_of_no_record_is_none(self):
        assert latest().moment is None
        assert latest("").moment is None

    def test_that_is_no_date_is_an_error(self):
        with pytest.raises(ValueError, match="not a date"):
            latest("07/04/2026 00:09:02")

    def test_takes_no_memory_for_stamps_that_all_end_differently(self):
        seen = latest(*(f"2026-01-01T00:00:00.{number:07d}" for number in range(1, 5000)))
        assert len(seen._walls) == 0


def bounds(windows: list[Window]) -> list[tuple[str | None, str | None]]:
    return [(window.start, window.end) for window in windows]


class TestWindows:
    @given(
        st.none() | stamps(),
        st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(timezone.utc)),
        st.integers(0, 10_080 * 60),
    )
    @example("2024-12-31T23:00:00-05:00", NOW, 7200)
    @example("2025-01-01T01:00:00+14:00", NOW, 7200)
    @example("2026-01-01T00:00:00+00:00", NOW, 7200)
    def test_touch_each_other_from_the_lower_bound_to_an_open_end(self, lower, now, lookback):
        windows = plan_windows(lower, server_now=now, lookback=lookback)
        assert windows[0].start == lower
        assert windows[-1].end is None
        assert all(left.end == right.start for left, right in pairwise(windows))
        cuts = [Moment.parse(window.start or "").ticks for window in windows if window.start]
        assert cuts == sorted(set(cuts))

    @given(
        st.none() | stamps(),
        st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(timezone.utc)),
        st.integers(0, 10_080 * 60),
    )
    def test_end_before_any_stamp_that_a_change_made_from_now_on_can_carry(self, lower, now, lookback):
        earliest = now - timedelta(hours=26, seconds=lookback)
        for window in plan_windows(lower, server_now=now, lookback=lookback)[:-1]:
            assert Moment.parse(str(window.end)).ticks < Moment.parse(earliest.isoformat()).ticks

    def test_are_cut_at_new_year_and_some_days_before_the_servers_clock(self):
        assert bounds(plan_windows("2024-06-01T08:00:00-05:00", server_now=NOW, lookback=2 * HOUR)) == [
            ("2024-06-01T08:00:00-05:00", "2025-01-01T00:00:00+00:00"),
            ("2025-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00"),
            ("2026-01-01T00:00:00+00:00", "2026-11-21T00:00:00+00:00"),
            ("2026-11-21T00:00:00+00:00", None),
        ]

    def test_of_a_first_sync_are_few_however_old_the_records_are(self):
        found = bounds(plan_windows(None, server_now=NOW, lookback=2 * HOUR))
        assert len(found) == 13
        assert found[0] == (None, "2016-01-01T00:00:00+00:00")

    @pytest.mark.parametrize("lower", ["0001-01-01T00:00:00+00:00", "1753-01-01T00:00:00+00:00", "1900-01-01T00:00:00"])
    def test_of_a_start_long_ago_are_no_more_than_those_of_the_beginning(self, lower):
        assert len(plan_windows(lower, server_now=NOW, lookback=2 * HOUR)) == 13

    def test_of_a_position_in_the_last_days_are_one(self):
        assert bounds(plan_windows("2026-11-22T10:00:00+00:00", server_now=NOW, lookback=0)) == [
            ("2026-11-22T10:00:00+00:00", None)
        ]

    def test_of_a_position_in_the_future_are_one(self):
        assert bounds(plan_windows("2999-01-01T00:00:00+00:00", server_now=NOW, lookback=0)) == [
            ("2999-01-01T00:00:00+00:00", None)
        ]

    def test_are_not_cut_where_the_server_shows_no_clock(self):
        assert plan_windows(None, server_now=None, lookback=0) == [Window()]

    def test_say_what_they_hold(self):
        assert str(Window(None, "2025-01-01T00:00:00+00:00")) == "the beginning to 2025-01-01T00:00:00+00:00"
        assert str(Window("2025-01-01T00:00:00+00:00")) == "2025-01-01T00:00:00+00:00 to now"
        assert str(Window(nulls=True)) == "without a modification date"


def start_after(stamp: str, *, before: str | None = None, elapsed: float = 0, lookback: float = 0) -> str | None:
    return next_start(Moment.parse(stamp), before=before, elapsed=elapsed, lookback=lookback)


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
        found = Moment.parse(str(start)).ticks
        assert before is None or found >= Moment.parse(before).ticks
        assert found <= Moment.parse(stamp).ticks or start == before

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
