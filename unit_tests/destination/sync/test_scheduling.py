"""Never two records of one key at once; never more under way than there is room for."""

from __future__ import annotations

import threading
from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from destination_acumatica.input.input_reader import InFlightLimit
from destination_acumatica.sync.scheduler import KeyQueues


def test_the_first_of_a_key_starts_and_the_next_waits_its_turn() -> None:
    lanes = KeyQueues[str]()
    assert lanes.enter("k", "first")
    assert not lanes.enter("k", "second")
    assert not lanes.enter("k", "third")
    assert [lanes.leave("k"), lanes.leave("k"), lanes.leave("k")] == ["second", "third", None]


def test_a_lane_is_free_again_when_all_have_left() -> None:
    lanes = KeyQueues[str]()
    assert lanes.enter("k", "first")
    assert lanes.leave("k") is None
    assert lanes.enter("k", "second")


def test_other_keys_do_not_wait() -> None:
    lanes = KeyQueues[str]()
    assert lanes.enter("k", "first")
    assert lanes.enter("other", "second")


def test_records_without_a_key_never_wait() -> None:
    lanes = KeyQueues[str]()
    assert lanes.enter(None, "first")
    assert lanes.enter(None, "second")
    assert lanes.leave(None) is None


@given(st.lists(st.sampled_from("abc"), max_size=30), st.randoms(use_true_random=False))
def test_each_key_keeps_its_order_whoever_finishes_first(keys: list[str], random: object) -> None:
    lanes, running, done = KeyQueues[int](), [], defaultdict(list)
    for number, key in enumerate(keys):
        if lanes.enter(key, number):
            running.append((key, number))
        assert len({one for one, _ in running}) == len(running)
    while running:
        key, number = running.pop(random.randrange(len(running)))
        done[key].append(number)
        follower = lanes.leave(key)
        if follower is not None:
            running.append((key, follower))
    assert dict(done) == {key: [n for n, k in enumerate(keys) if k == key] for key in set(keys)}


def waits(room: InFlightLimit, size: int) -> tuple[threading.Thread, list[bool]]:
    """A thread that wants to enter, and its answer when it has one."""
    answer: list[bool] = []
    thread = threading.Thread(target=lambda: answer.append(room.enter(size)))
    thread.start()
    return thread, answer


def test_a_line_enters_while_there_is_room() -> None:
    room = InFlightLimit(lines=2, size=10)
    assert room.enter(4)
    assert room.enter(6)


def test_a_line_waits_until_another_has_left() -> None:
    for lines, size in ((1, 100), (5, 10)):
        room = InFlightLimit(lines=lines, size=size)
        room.enter(8)
        thread, answer = waits(room, 8)
        assert answer == []
        room.leave(8)
        thread.join(5)
        assert answer == [True]


def test_a_line_larger_than_the_room_enters_alone() -> None:
    room = InFlightLimit(lines=5, size=10)
    assert room.enter(1000)
    thread, answer = waits(room, 1)
    assert answer == []
    room.leave(1000)
    thread.join(5)
    assert answer == [True]


def test_a_closed_room_sends_everybody_away() -> None:
    room = InFlightLimit(lines=1, size=10)
    room.enter(1)
    thread, answer = waits(room, 1)
    room.close()
    thread.join(5)
    assert answer == [False]
    assert not room.enter(1)
