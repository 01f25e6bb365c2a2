"""Who is let into the pool, and how many sessions it lends at once while the server is busy."""

from __future__ import annotations

import pytest

from acumatica_client import errors
from unit_tests.client.fakes import FakeSession, Office, in_thread


def borrow_once(office: Office) -> FakeSession:
    with office.pool.borrow() as session:
        return session


def test_a_session_that_is_not_admitted_is_signed_out_and_never_lent() -> None:
    def refuse(_: FakeSession) -> None:
        raise errors.SettingsError("Another company.")

    office = Office(admit=refuse)
    with pytest.raises(errors.SettingsError):
        borrow_once(office)

    assert office.license.taken == 0
    office.pool.close()


def test_a_ceiling_that_was_lowered_is_tried_again_after_some_minutes() -> None:
    office = Office(limit=2, seats=1)
    with office.pool.borrow():
        second = in_thread(lambda: borrow_once(office))
        office.await_tries(2)  # the second is refused for want of a seat
        office.license.seats = 2
    second()
    office.now = 301.0
    with office.pool.borrow(), office.pool.borrow():
        assert office.license.taken == 2


def test_fewer_are_lent_at_once_while_the_server_is_overloaded() -> None:
    office = Office(limit=4)
    with office.pool.borrow(), office.pool.borrow():
        pass
    office.pool.overloaded(0)
    office.pool.overloaded(1)

    with office.pool.borrow():
        lent = []
        waiting = in_thread(lambda: lent.append(borrow_once(office)))
        assert (lent, office.license.logins) == ([], 2)
    waiting()
    assert len(lent) == 1


def test_after_a_run_of_good_answers_one_more_is_lent() -> None:
    office = Office(limit=2)
    office.pool.overloaded(0)
    for _ in range(10):
        with office.pool.borrow() as session:
            office.pool.succeeded(session)

    with office.pool.borrow(), office.pool.borrow():
        assert office.license.taken == 2
