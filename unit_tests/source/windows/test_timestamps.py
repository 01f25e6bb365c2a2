"""How stamps are read, compared and written back; which of many is the latest."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from source_acumatica.windows.timestamps import LatestStamp, Timestamp
from unit_tests.source.builders import NOW


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


class TestATimestamp:
    @given(stamps())
    def test_is_written_as_it_was_read(self, stamp):
        assert str(Timestamp.parse(stamp)) == stamp

    @given(stamps(), stamps())
    @example("2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00")
    @example("2026-07-03T00:00:00.0000001+00:00", "2026-07-03T00:00:00+00:00")
    def test_is_compared_by_instant_whatever_its_label(self, one, other):
        assert (Timestamp.parse(one).ticks < Timestamp.parse(other).ticks) == (instant(one) < instant(other))

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
        assert str(Timestamp.parse(text)) == canonical

    def test_without_a_label_stays_without_one_so_that_the_server_reads_it_as_it_wrote_it(self):
        assert str(Timestamp.parse("2024-07-15T10:00:00").earlier(60)) == "2024-07-15T09:59:00"

    @pytest.mark.parametrize(
        "text",
        ["", "yesterday", "2024-13-01", "2024-02-30", "07/04/2026 00:09:02", "2024-07-15T25:00:00", "2024-7-1",
         "٢٠٢٤-07-15", " 2024-07-15", "2024-07-15T10:00:00 +00:00", "2024-07-15'; drop"],
    )  # fmt: skip
    def test_is_not_made_of_anything_else(self, text):
        with pytest.raises(ValueError, match=r"."):
            Timestamp.parse(text)

    @given(stamps(), st.floats(0, 1e9))
    def test_earlier_keeps_the_label_and_goes_back_by_the_seconds(self, stamp, seconds):
        timestamp = Timestamp.parse(stamp)
        earlier = timestamp.earlier(seconds)
        assert earlier.offset == timestamp.offset
        assert abs(timestamp.ticks - earlier.ticks - seconds * 10_000_000) <= 1

    @pytest.mark.parametrize("text", ["0001-01-01", "0001-01-01T00:00:00+14:00", "0001-01-03T00:00:00-12:00"])
    def test_does_not_leave_the_calendar(self, text):
        timestamp = Timestamp.parse(text)
        assert Timestamp.parse(str(timestamp.earlier(1e9))).ticks <= timestamp.ticks


class TestTheLatestStamp:
    @given(st.lists(stamps(), max_size=30))
    def test_is_the_latest_of_all_however_their_labels_differ(self, seen):
        found = latest(*seen).timestamp
        assert (found and found.ticks) == max((Timestamp.parse(stamp).ticks for stamp in seen), default=None)

    @given(st.lists(stamps(st.sampled_from(["", "Z", "+00:00"])), max_size=30))
    def test_is_found_among_stamps_without_a_label_too(self, seen):
        found = latest(*seen).timestamp
        assert (found and found.ticks) == max((Timestamp.parse(stamp).ticks for stamp in seen), default=None)

    def test_does_not_count_on_the_order(self):
        falling = ["2026-05-03T00:00:00+00:00", "2026-05-02T00:00:00+00:00", "2026-05-01T23:59:59.9999999+00:00"]
        assert str(latest(*falling).timestamp) == falling[0]

    def test_compares_labels_of_summer_and_winter_in_one_list(self):
        summer, winter = "2025-11-02T01:50:00-04:00", "2025-11-02T01:10:00-05:00"
        assert str(latest(summer, winter).timestamp) == winter

    def test_far_ahead_of_the_servers_clock_is_not_believed(self):
        found = latest("2026-11-22T00:00:00+00:00", "2099-01-01T00:00:00+00:00").timestamp
        assert str(found) == "2026-11-22T00:00:00+00:00"

    def test_far_ahead_does_not_hide_a_believable_one_under_the_same_label(self):
        found = latest("2099-01-01T00:00:00+00:00", "2026-11-22T00:00:00+00:00").timestamp
        assert str(found) == "2026-11-22T00:00:00+00:00"

    def test_ahead_by_what_zones_can_differ_is_believed(self):
        ahead = (NOW + timedelta(hours=26)).isoformat()
        assert str(latest(ahead).timestamp) == ahead

    def test_is_believed_whatever_it_says_where_the_server_shows_no_clock(self):
        assert str(latest("2099-01-01T00:00:00+00:00", now=None).timestamp) == "2099-01-01T00:00:00+00:00"

    def test_of_no_record_is_none(self):
        assert latest().timestamp is None
        assert latest("").timestamp is None

    def test_that_is_no_date_is_an_error(self):
        with pytest.raises(ValueError, match="not a date"):
            latest("07/04/2026 00:09:02")

    def test_takes_no_memory_for_stamps_that_all_end_differently(self):
        seen = latest(*(f"2026-01-01T00:00:00.{number:07d}" for number in range(1, 5000)))
        assert len(seen._walls) == 0
