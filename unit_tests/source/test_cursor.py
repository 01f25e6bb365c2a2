"""State and windows of one stream: where it begins, what closing a window does, what is emitted."""

from __future__ import annotations

from datetime import datetime

import pytest
from airbyte_cdk.models import AirbyteMessage

from acumatica_client.errors import SettingsError
from source_acumatica.cursor import NO_CURSOR_STATE, WholeCursor, WindowCursor, lower_bound
from source_acumatica.windows import Window
from unit_tests.source.builders import CURSOR, NOW, told


class Stage:
    """A cursor with the clock in the test's hand."""

    def __init__(self, lower: str | None = None, *, lookback: float = 7200, server_now: datetime | None = NOW) -> None:
        self.seconds = 0.0
        self.messages: list[AirbyteMessage] = []
        self.cursor = WindowCursor(
            "Customer",
            CURSOR,
            lower=lower,
            lookback=lookback,
            emit=self.messages.append,
            clock=lambda: self.seconds,
            server_now=lambda: server_now,
        )
        self.windows: list[Window] = []

    def begin(self) -> list[Window]:
        self.windows = self.cursor.windows()[1:]
        return self.windows

    def close(self, window: Window, *stamps: str) -> None:
        latest = self.cursor.latest_stamp()
        for stamp in stamps:
            latest.see(stamp)
        self.cursor.close_window(window, latest)

    @property
    def states(self) -> list[object]:
        return [what for kind, what in map(told, self.messages) if kind == "STATE"]


def at(position: str) -> dict[str, str]:
    return {CURSOR: position}


def test_records_without_a_cursor_value_are_read_in_every_sync_and_first():
    for lower in (None, "2026-11-23T08:00:00+00:00"):
        assert Stage(lower).cursor.windows()[0] == Window(nulls=True)


def test_closing_the_records_without_a_cursor_value_moves_nothing():
    stage = Stage("2026-11-22T08:00:00+00:00")
    stage.begin()
    stage.close(Window(nulls=True))
    assert stage.states == []


def test_windows_closed_in_order_move_the_position_to_their_ends():
    stage = Stage("2025-06-01T00:00:00+00:00")
    for window in stage.begin()[:-1]:
        stage.close(window)
    assert stage.states == [at("2026-01-01T00:00:00+00:00"), at("2026-11-21T00:00:00+00:00")]


def test_a_window_closed_beyond_a_gap_waits_for_the_gap():
    stage = Stage("2025-06-01T00:00:00+00:00")
    first, second, newest = stage.begin()
    stage.close(newest, "2026-11-23T09:00:00+00:00")
    stage.close(second)
    assert stage.states == []
    stage.close(first)
    assert stage.states == [at("2026-11-23T07:00:00+00:00")]


def test_the_newest_window_closes_at_the_latest_stamp_less_the_time_of_the_read_less_the_lookback():
    stage = Stage("2026-11-22T08:00:00-05:00")
    (newest,) = stage.begin()
    stage.seconds += 600
    stage.close(newest, "2026-11-23T09:00:00-05:00", "2026-11-23T08:00:00-05:00")
    assert stage.states == [at("2026-11-23T06:50:00-05:00")]


def test_the_time_of_the_read_begins_when_the_windows_are_planned():
    stage = Stage("2026-11-22T08:00:00-05:00", lookback=0)
    stage.seconds = 5000
    (newest,) = stage.begin()
    stage.seconds = 5060
    stage.close(newest, "2026-11-23T09:00:00-05:00")
    assert stage.states == [at("2026-11-23T08:59:00-05:00")]


def test_an_empty_newest_window_does_not_take_the_position_back_behind_the_windows_before_it():
    stage = Stage("2024-06-01T00:00:00+00:00")
    windows = stage.begin()
    stage.close(windows[-1])
    for window in windows[:-1]:
        stage.close(window, "2024-07-01T00:00:00+00:00")
    assert stage.states[-1] == at("2026-11-21T00:00:00+00:00")


def test_an_idle_stream_is_read_from_some_days_ago_the_next_time():
    stage = Stage(None)
    for window in stage.begin():
        stage.close(window)
    assert stage.states[-1] == at("2026-11-21T00:00:00+00:00")


def test_fauxpasonics_f2_the_position_is_the_latest_of_all_records_not_that_of_the_last():
    stage = Stage("2026-11-22T00:00:00+00:00", lookback=0)
    (newest,) = stage.begin()
    stage.close(newest, "2026-11-22T10:00:00+00:00", "2026-11-22T20:00:00+00:00", "2026-11-22T05:00:00+00:00")
    assert stage.states == [at("2026-11-22T20:00:00+00:00")]


def test_a_position_in_the_future_stays_where_it_is_and_is_told():
    stage = Stage("2999-01-01T00:00:00+00:00")
    (newest,) = stage.begin()
    stage.close(newest)
    assert stage.states == [at("2999-01-01T00:00:00+00:00")]


def test_a_record_stamped_far_in_the_future_does_not_carry_the_position_away():
    stage = Stage("2026-11-22T00:00:00+00:00", lookback=0)
    (newest,) = stage.begin()
    stage.close(newest, "2099-01-01T00:00:00+00:00", "2026-11-22T20:00:00+00:00")
    assert stage.states == [at("2026-11-22T20:00:00+00:00")]


def test_without_a_servers_clock_there_is_one_window_and_its_position_comes_from_the_stamps():
    stage = Stage(None, server_now=None)
    (whole,) = stage.begin()
    stage.close(whole, "2026-11-22T20:00:00+00:00")
    assert stage.states == [at("2026-11-22T18:00:00+00:00")]


def test_an_empty_table_without_a_servers_clock_has_no_position():
    stage = Stage(None, server_now=None)
    stage.close(stage.begin()[0])
    assert stage.states == [{}]


def test_at_the_end_a_state_is_emitted_once_even_if_no_window_could_be_closed():
    stage = Stage("2026-11-22T00:00:00+00:00")
    stage.begin()
    stage.cursor.ensure_at_least_one_state_emitted()
    stage.cursor.ensure_at_least_one_state_emitted()
    assert stage.states == [at("2026-11-22T00:00:00+00:00")]


def test_at_the_end_no_state_is_added_to_those_of_the_windows():
    stage = Stage("2026-11-22T00:00:00+00:00")
    stage.close(stage.begin()[0])
    stage.cursor.ensure_at_least_one_state_emitted()
    assert len(stage.states) == 1


def test_a_full_refresh_says_at_its_end_that_it_has_no_position():
    messages: list[AirbyteMessage] = []
    WholeCursor("ShipVia", emit=messages.append).ensure_at_least_one_state_emitted()
    assert [told(message) for message in messages] == [("STATE", {NO_CURSOR_STATE: True})]


class TestAnIncomingState:
    def test_gives_the_position_as_it_was_written(self):
        assert lower_bound(at("2026-11-22T08:00:00.1234567-05:00"), CURSOR, None) == "2026-11-22T08:00:00.1234567-05:00"

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
