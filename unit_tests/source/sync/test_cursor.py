"""What a read does in which order, when its position moves, what is emitted; whoever the workers are."""

from __future__ import annotations

from datetime import datetime

import pytest

from source_acumatica.sync.cursor import TRANSITIONS, Phase, WholeCursor, WindowCursor
from source_acumatica.sync.message_queue import Checkpoint
from source_acumatica.sync.state import NO_CURSOR_STATE, UNDER_WAY
from source_acumatica.sync.work_queue import Task, WorkItem
from source_acumatica.windows.windows import Window
from unit_tests.source.builders import CURSOR, NOW, outline

NULLS = Window(nulls=True)
CUT = "2026-11-21T00:00:00+00:00"
YESTERDAY = "2026-11-22T08:00:00+00:00"


class Stage:
    """A cursor whose clock and workers are the test's own."""

    def __init__(
        self,
        lower: str | None = None,
        *,
        lookback: float = 7200,
        server_now: datetime | None = NOW,
        refresh: bool = False,
        streams: tuple[str, ...] = ("Customer",),
    ) -> None:
        self.seconds = 0.0
        self.messages: list[Checkpoint] = []
        self.cursor = WindowCursor(
            streams,
            CURSOR,
            lower=lower,
            lookback=lookback,
            emit=self.messages.append,
            clock=lambda: self.seconds,
            server_now=lambda: server_now,
            resumable_refresh=refresh,
        )

    def take(self) -> WorkItem | None:
        """The next work item; one that looks for a record finds one, so that the windows follow."""
        item = self.cursor.take()
        if item is not None and item.task is Task.SAMPLE:
            self.cursor.sampled((YESTERDAY,))
            self.end(item)
            return self.take()
        return item

    def close(self, item: WorkItem | None, *stamps: str) -> None:
        assert item is not None
        latest = self.cursor.latest_stamp()
        for stamp in stamps:
            latest.see(stamp)
        self.cursor.close(item, latest, len(stamps))
        self.end(item)

    def end(self, item: WorkItem | None) -> None:
        assert item is not None
        self.cursor.end(item)

    def fail(self, item: WorkItem | None) -> None:
        assert item is not None
        self.cursor.end(item, failed=True)

    def windows(self) -> list[WorkItem]:
        """Every work item for windows that can be had at once; the one for records without a stamp is closed."""
        items = []
        while (item := self.take()) is not None:
            items.append(item)
        nulls, *others = items
        self.close(nulls)
        return others

    @property
    def states(self) -> list[object]:
        return [what for kind, what in map(outline, self.messages) if kind == "STATE"]


def at(position: str) -> dict[str, str]:
    return {CURSOR: position}


def under_way(position: str) -> dict[str, object]:
    return {CURSOR: position, UNDER_WAY: True}


class TestARead:
    @pytest.mark.parametrize("lower", [None, YESTERDAY])
    def test_begins_with_the_records_without_a_cursor_value_in_every_sync(self, lower):
        assert Stage(lower).take().window == NULLS

    def test_without_a_position_asks_first_whether_there_is_any_record(self):
        assert Stage(None).cursor.take().task is Task.SAMPLE

    def test_of_an_empty_table_is_over_then_and_leaves_no_position(self):
        stage = Stage(None)
        sample = stage.cursor.take()
        stage.cursor.sampled(None)
        stage.end(sample)
        assert stage.take() is None
        stage.cursor.emit_final_state()
        assert stage.states == [{}]

    def test_goes_on_with_the_oldest_window(self):
        stage = Stage(None)
        assert [stage.take().window for _ in range(3)] == [NULLS, Window(None, CUT), Window(CUT)]
        assert stage.take() is None


class TestThePosition:
    def test_is_not_moved_by_the_records_without_a_cursor_value(self):
        stage = Stage(YESTERDAY)
        stage.close(stage.take(), "2026-11-22T20:00:00+00:00")
        assert stage.states == []

    def test_moves_to_the_ends_of_windows_that_close_in_order(self):
        stage = Stage("2025-06-01T00:00:00+00:00")
        older, newest = stage.windows()
        stage.close(older, "2026-01-01T00:00:00+00:00")
        stage.close(newest, "2026-11-23T09:00:00+00:00")
        assert stage.states == [at(CUT), at("2026-11-23T07:00:00+00:00")]

    def test_waits_for_a_gap_before_a_window_that_closed(self):
        stage = Stage("2025-06-01T00:00:00+00:00")
        older, newest = stage.windows()
        stage.close(newest, "2026-11-23T09:00:00+00:00")
        assert stage.states == []
        stage.close(older)
        assert stage.states == [at("2026-11-23T07:00:00+00:00")]

    def test_waits_for_ever_for_a_window_that_failed(self):
        stage = Stage("2025-06-01T00:00:00+00:00")
        older, newest = stage.windows()
        stage.fail(older)
        stage.close(newest, "2026-11-23T09:00:00+00:00")
        assert stage.take() is None
        stage.cursor.emit_final_state()
        assert stage.states == [at("2025-06-01T00:00:00+00:00")]

    def test_is_the_latest_stamp_less_the_time_of_the_read_less_the_lookback(self):
        stage = Stage("2026-11-22T08:00:00-05:00")
        (newest,) = stage.windows()
        stage.seconds += 600
        stage.close(newest, "2026-11-23T04:00:00-05:00", "2026-11-23T03:00:00-05:00")
        assert stage.states == [at("2026-11-23T01:50:00-05:00")]

    def test_counts_the_time_of_the_read_from_its_first_turn(self):
        stage = Stage("2026-11-22T08:00:00-05:00", lookback=0)
        stage.seconds = 5000
        (newest,) = stage.windows()
        stage.seconds = 5060
        stage.close(newest, "2026-11-23T04:00:00-05:00")
        assert stage.states == [at("2026-11-23T03:59:00-05:00")]

    def test_does_not_go_back_behind_the_older_windows_when_the_newest_is_empty(self):
        stage = Stage("2024-06-01T00:00:00+00:00")
        older, newest = stage.windows()
        stage.close(newest)
        stage.close(older, "2024-07-01T00:00:00+00:00")
        assert stage.states[-1] == at(CUT)

    def test_is_the_latest_of_all_records_not_that_of_the_last(self):
        stage = Stage("2026-11-22T00:00:00+00:00", lookback=0)
        (newest,) = stage.windows()
        stage.close(newest, "2026-11-22T10:00:00+00:00", "2026-11-22T20:00:00+00:00", "2026-11-22T05:00:00+00:00")
        assert stage.states == [at("2026-11-22T20:00:00+00:00")]

    def test_in_the_future_stays_where_it_is_and_is_reported(self):
        stage = Stage("2999-01-01T00:00:00+00:00")
        (newest,) = stage.windows()
        stage.close(newest)
        stage.cursor.emit_final_state()
        assert stage.states == [at("2999-01-01T00:00:00+00:00")]

    def test_is_not_carried_away_by_a_record_stamped_far_in_the_future(self):
        stage = Stage("2026-11-22T00:00:00+00:00", lookback=0)
        (newest,) = stage.windows()
        stage.close(newest, "2099-01-01T00:00:00+00:00", "2026-11-22T20:00:00+00:00")
        assert stage.states == [at("2026-11-22T20:00:00+00:00")]

    def test_is_not_carried_beyond_the_servers_clock_by_a_record_stamped_some_hours_ahead(self):
        stage = Stage("2026-11-22T00:00:00+00:00", lookback=0)
        (newest,) = stage.windows()
        stage.close(newest, "2026-11-23T22:00:00+00:00")
        assert stage.states == [at("2026-11-23T09:30:00+00:00")]

    def test_comes_from_the_stamps_alone_where_the_server_shows_no_clock(self):
        stage = Stage(None, server_now=None)
        (whole,) = stage.windows()
        stage.close(whole, "2026-11-22T20:00:00+00:00")
        assert stage.states == [at("2026-11-22T18:00:00+00:00")]

    def test_is_reported_to_every_stream_that_is_fetched_together(self):
        stage = Stage(YESTERDAY, streams=("SalesOrder", "SalesOrder_Details"))
        (newest,) = stage.windows()
        stage.close(newest, "2026-11-23T09:00:00+00:00")
        names = [message.stream for message in stage.messages]
        assert names == ["SalesOrder", "SalesOrder_Details"]
        assert stage.states == [at("2026-11-23T07:00:00+00:00")] * 2


class TestAWindowThatSplits:
    def test_is_replaced_by_its_halves_the_older_one_first(self):
        stage = Stage("2025-11-21T00:00:00+00:00")
        nulls, older = stage.take(), stage.take()
        assert stage.cursor.split(older)
        stage.end(older)
        first, second = stage.take(), stage.take()
        assert (first.window.start, first.window.end, second.window.end) == (
            "2025-11-21T00:00:00+00:00",
            second.window.start,
            CUT,
        )
        stage.close(second)
        stage.close(first, "2026-01-01T00:00:00+00:00")
        assert stage.states == [at(CUT)]
        stage.close(nulls)

    def test_leaves_the_oldest_window_next_even_if_a_younger_one_splits_after_it(self):
        """Else the position waits for the oldest one while everything younger is read, and a crash costs all of it."""
        stage = Stage("2025-11-21T00:00:00+00:00")
        stage.take()
        whole = stage.take()
        stage.cursor.split(whole)
        stage.end(whole)
        older, younger = stage.take(), stage.take()
        for item in (older, younger):
            stage.cursor.split(item)
            stage.end(item)
        starts = [stage.take().window.start for _ in range(4)]
        assert starts == sorted(starts)
        assert starts[0] == "2025-11-21T00:00:00+00:00"

    def test_moves_the_position_half_by_half(self):
        stage = Stage("2025-11-21T00:00:00+00:00")
        stage.take()
        older = stage.take()
        stage.cursor.split(older)
        stage.end(older)
        first, second = stage.take(), stage.take()
        stage.close(first, "2026-01-01T00:00:00+00:00")
        stage.close(second)
        assert stage.states == [at(first.window.end), at(CUT)]

    def test_lets_any_worker_that_could_read_a_half(self):
        """Another worker waits as long as the window may still split; the tests of the promise run it in threads."""
        stage = Stage("2025-11-21T00:00:00+00:00")
        taken = [stage.take() for _ in range(3)]
        stage.cursor.split(taken[1])
        stage.end(taken[1])
        assert stage.take() is not None

    def test_is_not_the_newest(self):
        stage = Stage(YESTERDAY)
        (newest,) = stage.windows()
        assert not stage.cursor.split(newest)

    def test_is_counted(self):
        stage = Stage("2025-11-21T00:00:00+00:00")
        older, _ = stage.windows()
        assert (stage.cursor.closed, stage.cursor.known) == (1, 3)
        stage.cursor.split(older)
        assert (stage.cursor.closed, stage.cursor.known) == (1, 4)


class TestWindowsThatAllCameBackEmpty:
    def test_move_nothing_until_the_filter_is_known_to_be_true(self):
        stage = Stage("2025-06-01T00:00:00+00:00")
        for item in stage.windows():
            stage.close(item)
        assert stage.states == []
        assert stage.take().task is Task.VERIFY_FILTER
        stage.cursor.trust_filter()
        assert stage.states == [at(CUT)]

    def test_are_not_doubted_when_one_of_them_held_a_record(self):
        stage = Stage("2025-06-01T00:00:00+00:00")
        older, newest = stage.windows()
        stage.close(older, "2025-07-01T00:00:00+00:00")
        stage.close(newest)
        assert stage.take() is None

    def test_are_doubted_though_there_were_records_without_a_stamp(self):
        stage = Stage(YESTERDAY)
        nulls, newest = stage.take(), stage.take()
        latest = stage.cursor.latest_stamp()
        stage.cursor.close(nulls, latest, 5)
        stage.end(nulls)
        stage.close(newest)
        assert stage.cursor.nulls_seen
        assert stage.take().task is Task.VERIFY_FILTER

    def test_are_read_whole_and_chosen_from_here_when_the_filter_lied(self):
        stage = Stage(YESTERDAY, lookback=0)
        (newest,) = stage.windows()
        stage.close(newest)
        check = stage.take()
        stage.cursor.abandon_filter()
        stage.end(check)
        local = stage.take()
        assert local.window == Window(YESTERDAY, local=True)
        assert stage.states == []
        stage.close(local, "2026-11-23T09:00:00+00:00")
        assert stage.states == [at("2026-11-23T09:00:00+00:00")]
        assert stage.take() is None

    def test_in_a_full_refresh_leave_no_mark_of_its_end_before_that(self):
        stage = Stage(None, refresh=True)
        for item in stage.windows():
            stage.close(item)
        stage.close(stage.take())
        assert stage.take().task is Task.VERIFY_FILTER
        stage.cursor.emit_final_state()
        assert NO_CURSOR_STATE not in stage.states[-1]


class TestARefusedFilter:
    def test_drops_what_waits_and_reads_the_whole_list_when_no_one_reads_any_more(self):
        stage = Stage("2025-06-01T00:00:00+00:00")
        nulls, older = stage.take(), stage.take()
        stage.cursor.abandon_filter()
        stage.end(older)
        assert stage.take() is None
        stage.close(nulls)
        assert stage.take().window == Window("2025-06-01T00:00:00+00:00", local=True)

    def test_keeps_the_position_that_was_reached(self):
        stage = Stage("2025-06-01T00:00:00+00:00")
        older, newest = stage.windows()
        stage.close(older, "2025-07-01T00:00:00+00:00")
        stage.cursor.abandon_filter()
        stage.end(newest)
        assert stage.take().window == Window(CUT, local=True)


class TestAFullRefresh:
    def test_reads_the_newest_window_last_since_records_that_change_meanwhile_move_there(self):
        stage = Stage(None, refresh=True)
        nulls, older = stage.take(), stage.take()
        assert stage.take() is None
        stage.close(nulls)
        assert stage.take() is None
        stage.close(older, "2026-01-01T00:00:00+00:00")
        assert stage.take().window == Window(CUT)

    def test_marks_its_position_and_says_at_its_end_that_it_has_none(self):
        stage = Stage(None, refresh=True)
        (older,) = stage.windows()
        stage.close(older, "2026-01-01T00:00:00+00:00")
        stage.close(stage.take(), "2026-11-23T09:00:00+00:00")
        assert stage.take() is None
        stage.cursor.emit_final_state()
        assert stage.states == [under_way(CUT), under_way("2026-11-23T07:00:00+00:00"), {NO_CURSOR_STATE: True}]

    @pytest.mark.parametrize("failing", [0, 1])
    def test_that_failed_keeps_its_position(self, failing):
        stage = Stage("2026-01-01T00:00:00+00:00", refresh=True)
        items = [stage.take(), stage.take()]
        stage.fail(items[failing])
        stage.close(items[1 - failing], "2026-05-01T00:00:00+00:00")
        assert stage.take() is None
        stage.cursor.emit_final_state()
        assert NO_CURSOR_STATE not in stage.states[-1]
        assert stage.states[-1][UNDER_WAY] is True

    def test_without_windows_says_at_its_end_that_it_has_no_position(self):
        messages: list[Checkpoint] = []
        WholeCursor(["ShipVia", "ShipVia_Rates"], emit=messages.append).emit_final_state()
        assert [outline(message) for message in messages] == [("STATE", {NO_CURSOR_STATE: True})] * 2


class TestAtTheEnd:
    def test_a_state_is_emitted_once_even_if_no_window_could_be_closed(self):
        stage = Stage("2026-11-22T00:00:00+00:00")
        stage.take()
        stage.cursor.emit_final_state()
        stage.cursor.emit_final_state()
        assert stage.states == [at("2026-11-22T00:00:00+00:00")]

    def test_no_state_is_added_to_those_of_the_windows(self):
        stage = Stage("2026-11-22T00:00:00+00:00")
        (newest,) = stage.windows()
        stage.close(newest, "2026-11-23T09:00:00+00:00")
        stage.cursor.emit_final_state()
        assert len(stage.states) == 1

    def test_a_state_follows_the_records_without_a_stamp_even_if_they_come_last(self):
        """Which of two workers is the quicker must not decide whether a stream ends with a state."""
        stage = Stage("2026-11-22T00:00:00+00:00")
        nulls, newest = stage.take(), stage.take()
        stage.close(newest, "2026-11-23T09:00:00+00:00")
        stage.close(nulls)
        stage.cursor.emit_final_state()
        assert len(stage.states) == 2


def test_every_phase_is_reached_from_the_first_and_leads_to_the_end():
    ways = {phase: {after for (before, _), after in TRANSITIONS.items() if before is phase} for phase in Phase}

    def reached(phase: Phase, seen: frozenset[Phase] = frozenset()) -> frozenset[Phase]:
        seen |= {phase}
        for following in ways[phase] - seen:
            seen |= reached(following, seen)
        return seen

    assert reached(Phase.NEW) == set(Phase)
    assert all(Phase.DONE in reached(phase) for phase in Phase)
