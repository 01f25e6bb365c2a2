"""The saved state of a stream: what is read out of it, and when it does not count."""

from __future__ import annotations

import pytest

from acumatica_client.errors import SettingsError
from source_acumatica.sync.state import NO_CURSOR_STATE, UNDER_WAY, lower_bound
from unit_tests.source.builders import CURSOR


def at(position: str) -> dict[str, str]:
    return {CURSOR: position}


class TestAnIncomingState:
    def test_gives_the_position_as_it_was_written(self):
        assert lower_bound(at("2026-11-22T08:00:00.1234567-05:00"), CURSOR, None) == "2026-11-22T08:00:00.1234567-05:00"

    @pytest.mark.parametrize(
        ("written", "position"),
        [
            ("2026-01-01 00:00:00", "2026-01-01T00:00:00"),
            ("2026-01-01T00:00:00-0530", "2026-01-01T00:00:00-05:30"),
            ("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.1234567+00:00"),
        ],
    )
    def test_in_a_form_that_no_filter_takes_is_the_same_moment_in_one_that_it_takes(self, written, position):
        assert lower_bound(at(written), CURSOR, None) == position

    @pytest.mark.parametrize("state", [{}, {NO_CURSOR_STATE: True}])
    def test_without_a_position_means_the_start(self, state):
        assert lower_bound(state, CURSOR, None) is None
        assert lower_bound(state, CURSOR, "2024-01-01T00:00:00+00:00") == "2024-01-01T00:00:00+00:00"

    def test_comes_before_the_start_date(self):
        assert lower_bound(at("2020-01-01"), CURSOR, "2024-01-01T00:00:00+00:00") == "2020-01-01"

    def test_with_a_mark_of_a_full_refresh_beside_a_position_gives_the_position(self):
        assert lower_bound({NO_CURSOR_STATE: True, **at("2020-01-01")}, CURSOR, None) == "2020-01-01"

    @pytest.mark.parametrize(
        "state",
        [
            at("yesterday"), at("2026-11-22' or 1 eq 1"), {CURSOR: 5}, {CURSOR: None}, {CURSOR: ["2020-01-01"]},
            {"LastModified": "2020-01-01"}, {"use_global_cursor": False, "states": []}, at(""),
        ],
    )  # fmt: skip
    def test_that_is_not_ours_is_refused_with_the_way_out(self, state):
        with pytest.raises(SettingsError) as raised:
            lower_bound(state, CURSOR, None)
        assert CURSOR in raised.value.sentence()
        assert "Reset" in raised.value.advice

    def test_under_a_name_that_the_field_had_in_an_older_endpoint_version_counts(self):
        state = {"LastModified": "2020-01-01T00:00:00+00:00"}
        assert lower_bound(state, CURSOR, None, former_fields=("LastModified",)) == "2020-01-01T00:00:00+00:00"

    def test_under_todays_name_counts_before_one_under_an_older_name(self):
        state = {"LastModified": "2020-01-01", **at("2024-01-01")}
        assert lower_bound(state, CURSOR, None, former_fields=("LastModified",)) == "2024-01-01"


class TestAFullRefresh:
    def test_goes_on_where_it_was_broken_off(self):
        assert lower_bound({**at("2020-01-01"), UNDER_WAY: True}, CURSOR, None, refresh=True) == "2020-01-01"

    @pytest.mark.parametrize("state", [{}, {NO_CURSOR_STATE: True}, at("2020-01-01"), {"states": []}])
    def test_begins_anew_after_anything_else(self, state):
        assert lower_bound(state, CURSOR, None, refresh=True) is None

    def test_that_was_broken_off_is_no_position_for_an_incremental_read(self):
        assert lower_bound({**at("2020-01-01"), UNDER_WAY: True}, CURSOR, "2019-01-01") == "2019-01-01"
