"""The rules of a shared pool: never too many leases, no member without one for the sake of another's second."""

from __future__ import annotations

import random
import threading
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.errors import AcumaticaError, LoginLimit, SettingsError
from acumatica_client.session.pool_member import IDLE_GRACE, RENEW_INTERVAL, Lease, PoolMember
from unit_tests.client.fakes import in_thread
from unit_tests.client.leasing import Board, BoardSeats, Club, refused, used

# Taking and giving back


def test_a_pool_has_as_many_leases_as_its_size() -> None:
    club = Club()
    members = [club.member(size=2) for _ in range(3)]
    members[0].take()
    members[1].take()

    assert refused(members[2]).failure_type == "transient"
    assert club.taken == 2


def test_a_refusal_names_the_pool_its_size_and_what_to_do() -> None:
    club = Club()
    club.member(size=1).take()

    sentence = refused(club.member(size=1)).sentence()
    assert "All 1 sessions are in use (session pool main)." in sentence
    assert "license" in sentence


def test_a_lease_given_back_can_be_taken_by_another() -> None:
    club = Club()
    lease = club.member(size=1).take()
    lease.release()

    assert club.member(size=1).take().valid


def test_giving_back_twice_takes_nothing_from_who_came_next() -> None:
    club = Club()
    lease = club.member(size=1).take()
    lease.release()
    club.member(size=1).take()
    lease.release()

    assert club.taken == 1


def test_one_member_may_have_several_leases() -> None:
    club = Club()
    member = club.member(size=3)

    assert len({member.take() for _ in range(3)}) == 3
    assert club.taken == 3


@pytest.mark.parametrize("trouble", [SettingsError("no such directory"), LoginLimit("no Redis")])
def test_trouble_with_the_place_of_the_leases_is_raised(trouble: AcumaticaError) -> None:
    club = Club(board=Board(broken=trouble))

    with pytest.raises(type(trouble)) as raised:
        club.member().take()
    assert raised.value is trouble


def test_a_seat_is_given_back_when_trouble_comes_after_it_was_taken() -> None:
    club = Club()

    def break_down() -> None:
        club.board.broken = LoginLimit("no Redis")

    refused(club.member(after_take=break_down))
    assert club.taken == 0


# Members that disagree about the size


def test_the_smallest_size_counts_for_who_comes_later() -> None:
    club = Club()
    club.member(size=2).take()
    large = club.member(size=5)
    large.take()

    assert "All 2 sessions" in refused(large).message
    assert club.taken == 2


def test_who_has_the_smaller_size_takes_no_seat_beyond_it_whatever_numbers_are_taken() -> None:
    club = Club()
    large = club.member(size=3)
    first, *_ = [large.take() for _ in range(3)]
    first.release()  # seat 1 is free, 2 and 3 are taken

    assert "All 2 sessions" in refused(club.member(size=2)).message
    assert club.taken == 2


def test_the_size_is_free_to_grow_when_the_small_one_has_left() -> None:
    club = Club()
    small = club.member(size=1).take()
    large = club.member(size=3)
    refused(large)
    small.release()

    assert [large.take().valid for _ in range(3)] == [True] * 3


def test_two_who_take_one_too_many_at_the_same_time_do_not_both_keep_it() -> None:
    """Both have taken a seat before either has looked around."""
    club = Club()
    both = threading.Barrier(2, timeout=20)
    members = [club.member(size=size, after_take=both.wait) for size in (1, 2)]
    outcomes = [in_thread(member.take) for member in members]
    got = 0
    for outcome in outcomes:
        with suppress(LoginLimit):
            got += isinstance(outcome(), Lease)
    assert got <= 1
    assert club.taken == got


def test_a_disagreement_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    club = Club()
    small = club.member(size=2)
    small.take()
    small.take()
    large = club.member(size=3)
    for _ in range(3):
        refused(large)

    (message,) = [record.message for record in caplog.records]
    assert "disagree" in message
    assert "main" in message
    assert "2 counts" in message


# Other members


def test_a_second_seat_is_not_taken_while_another_member_waits_for_a_first() -> None:
    club = Club()
    rich, poor = club.member(size=2), club.member(size=2)
    first, second = rich.take(), rich.take()
    refused(poor)
    second.release()

    assert "Another connection waits" in refused(rich).message
    assert poor.take().valid
    assert first.valid


def test_a_member_that_was_served_or_has_one_already_waits_no_longer() -> None:
    club = Club()
    rich, poor = club.member(size=3), club.member(size=3)
    leases = [rich.take(), rich.take(), rich.take()]
    refused(poor)
    leases.pop().release()
    poor.take()
    refused(poor)  # a second one: that is no need
    leases.pop().release()

    assert not club.board.waiting
    assert rich.take().valid


def test_who_has_none_may_take_one_although_others_wait() -> None:
    club = Club()
    holder = club.member(size=1)
    lease = holder.take()
    refused(club.member(size=1))
    lease.release()

    assert holder.take().valid


@pytest.mark.parametrize(
    ("idle", "down_to"), [(0.0, [1]), (IDLE_GRACE - 1, [1]), (IDLE_GRACE, [0]), (10 * IDLE_GRACE, [0])]
)
def test_while_another_waits_a_member_goes_down_to_one_and_idle_to_none(idle: float, down_to: list[int]) -> None:
    club = Club()
    holder = club.member(size=2)
    used(holder.take())
    used(holder.take())
    refused(club.member(size=2))
    club.clock.now += idle
    holder.renew()

    assert club.shrunk == down_to


def test_one_session_in_use_is_enough_to_keep_one() -> None:
    club = Club()
    holder = club.member(size=2)
    used(holder.take())
    used(holder.take()).busy = True
    refused(club.member(size=2))
    club.clock.now += 2 * IDLE_GRACE
    holder.renew()

    assert club.shrunk == [1]


def test_a_sign_in_under_way_is_no_idleness() -> None:
    club = Club()
    holder = club.member(size=1)
    holder.take()
    refused(club.member(size=1))
    club.clock.now += 2 * IDLE_GRACE
    holder.renew()

    assert club.shrunk == [1]


def test_no_member_shrinks_while_none_waits() -> None:
    club = Club()
    holder = club.member(size=2)
    used(holder.take())
    club.clock.now += 10 * IDLE_GRACE
    holder.renew()

    assert club.shrunk == []


# Renewing


def test_the_beat_starts_with_the_first_lease_and_ends_with_the_last() -> None:
    club = Club()
    member = club.member(size=2)
    leases = [member.take(), member.take()]
    (renew,) = club.beats
    assert renew() is True
    for lease in leases:
        lease.release()
    assert renew() is False

    member.take()
    assert len(club.beats) == 2


def test_each_beat_keeps_every_lease() -> None:
    club = Club()
    member = club.member(size=2)
    member.take()
    member.take()
    member.renew()
    member.renew()

    assert [seat.kept for seat, _ in club.board.seats.values()] == [2, 2]


def test_a_lost_lease_is_reported_to_its_owner_and_not_renewed() -> None:
    club = Club()
    member = club.member(size=1)
    lease = member.take()
    lost: list[str] = []
    lease.on_lost = lambda: lost.append("lost")
    seat, _ = club.board.seats[1]
    member.renew()
    assert lost == []
    seat.good = False
    member.renew()

    assert lost == ["lost"]
    assert seat.kept == 1


def test_the_beat_outlives_trouble_with_the_place_of_the_leases() -> None:
    club = Club()
    member = club.member()
    member.take()
    club.board.broken = LoginLimit("no Redis")

    assert member.renew() is True
    assert club.shrunk == []


def test_the_real_renewal_is_a_thread_that_does_not_delay_the_end_of_the_process() -> None:
    before = set(threading.enumerate())
    lease = PoolMember("main", 1, BoardSeats(Board())).take()
    (thread,) = set(threading.enumerate()) - before

    assert thread.daemon
    assert RENEW_INTERVAL < IDLE_GRACE
    lease.release()


# Never more than there are


class Crowd:
    """Members of one pool that take and give back in random order; checks after each step."""

    def __init__(self, sizes: list[int]) -> None:
        self.club, self.sizes = Club(), sizes
        self.members = [self.club.member(size=size) for size in sizes]
        self.leases: list[list[Lease]] = [[] for _ in sizes]

    def step(self, who: int, takes: bool) -> None:
        mine = self.leases[who]
        if not takes:
            if mine:
                mine.pop().release()
            return
        holders = {index for index, leases in enumerate(self.leases) if leases} | {who}
        try:
            mine.append(self.members[who].take())
        except LoginLimit:
            return
        assert self.club.taken <= min(self.sizes[index] for index in holders)


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=4).flatmap(
        lambda sizes: st.tuples(
            st.just(sizes), st.lists(st.tuples(st.integers(0, len(sizes) - 1), st.booleans()), max_size=40)
        )
    )
)
def test_whatever_they_do_a_lease_is_never_given_beyond_the_smallest_size(
    story: tuple[list[int], list[tuple[int, bool]]],
) -> None:
    sizes, steps = story
    crowd = Crowd(sizes)
    for who, takes in steps:
        crowd.step(who, takes)
    for leases in crowd.leases:
        for lease in leases:
            lease.release()

    assert crowd.club.taken == 0
    assert crowd.club.member(size=1).take().valid


def test_threads_never_have_more_leases_than_seats() -> None:
    club, size = Club(), 3
    inside, most, lock = 0, 0, threading.Lock()

    def cycle(seed: int) -> None:
        nonlocal inside, most
        rng, member = random.Random(seed), club.member(size=size)
        for _ in range(200):
            try:
                lease = member.take()
            except LoginLimit:
                continue
            with lock:
                inside += 1
                most = max(most, inside)
            if rng.random() < 0.5:
                threading.Event().wait(0)
            with lock:
                inside -= 1
            lease.release()

    for finished in [in_thread(lambda seed=seed: cycle(seed)) for seed in range(8)]:
        finished()
    assert most <= size
    assert club.taken == 0
