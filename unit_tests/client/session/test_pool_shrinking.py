"""A pool shrinks for another connection that waits: idle sessions at once, those on loan as they come back."""

from __future__ import annotations

import threading

import pytest

from unit_tests.client.fakes import TIMEOUT, FakeSession, Office, in_thread


def borrow_once(office: Office) -> FakeSession:
    with office.pool.borrow() as session:
        return session


def test_idle_sessions_are_signed_out_for_another_connection() -> None:
    office = Office(limit=3)
    with office.pool.borrow(), office.pool.borrow(), office.pool.borrow():
        pass
    office.pool.shrink(1)
    assert office.license.taken == 1
    office.pool.shrink(0)

    assert office.license.taken == 0


def test_sessions_on_loan_are_signed_out_as_they_come_back() -> None:
    office = Office(limit=3)
    with office.pool.borrow(), office.pool.borrow():
        office.pool.shrink(1)
        assert office.license.taken == 2
    assert office.license.taken == 1

    borrow_once(office)
    assert (office.license.taken, office.license.logins) == (1, 2)


def test_a_pool_that_came_down_to_none_signs_in_again_when_there_is_work() -> None:
    office = Office(limit=2)
    borrow_once(office)
    office.pool.shrink(0)
    borrow_once(office)

    assert (office.license.logins, office.license.most) == (2, 1)


def test_a_pool_that_came_down_tries_for_more_after_some_minutes() -> None:
    office = Office(limit=2)
    with office.pool.borrow(), office.pool.borrow():
        office.pool.shrink(1)
    office.now += 301
    with office.pool.borrow(), office.pool.borrow():
        assert office.license.taken == 2


@pytest.mark.parametrize("most", [2, 3, 99])
def test_a_pool_that_is_small_enough_does_not_shrink(most: int) -> None:
    office = Office(limit=2)
    with office.pool.borrow(), office.pool.borrow():
        office.pool.shrink(most)
        assert office.license.taken == 2
    assert office.license.taken == 2


def test_closing_waits_for_a_session_that_is_being_signed_out_for_another_connection() -> None:
    office = Office(limit=1)
    borrow_once(office)
    signing_out, go_on = threading.Event(), threading.Event()
    real = office.license.release

    def slowly() -> None:
        signing_out.set()
        assert go_on.wait(TIMEOUT)
        real()

    office.license.release = slowly
    shrunk = in_thread(lambda: office.pool.shrink(0))
    assert signing_out.wait(TIMEOUT)
    closed = in_thread(office.pool.close)
    with pytest.raises(AssertionError, match="hangs"):
        closed(timeout=0.1)
    go_on.set()
    shrunk()
    closed()

    assert office.license.taken == 0


def test_shrinking_a_closed_pool_does_nothing() -> None:
    office = Office(limit=2)
    borrow_once(office)
    office.pool.close()
    office.pool.shrink(0)

    assert office.license.taken == 0
