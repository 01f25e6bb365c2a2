"""Runs of requests in one session: they stay in it, and begin anew when it is lost."""

from __future__ import annotations

import threading

import pytest

from acumatica_client import errors
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.backoff import Backoff
from acumatica_client.rest.query import Request
from acumatica_client.session.affinity import SessionAffinity
from unit_tests.client.api.test_client import LIST, ROWS, Stage
from unit_tests.client.fakes import Office, in_thread


def test_all_calls_of_a_run_go_to_one_session_although_others_idle() -> None:
    office = Office(limit=3)
    with office.pool.borrow(), office.pool.borrow():
        pass
    holding = SessionAffinity(office.pool)
    used = []

    def work() -> None:
        for _ in range(3):
            with holding.borrow() as session:
                used.append(session)

    holding.run(work, pause_after=lambda error, attempt: None)
    assert len(used) == 3
    assert len(set(map(id, used))) == 1


def test_a_run_keeps_its_own_session_only_and_other_threads_get_others() -> None:
    office = Office(limit=2)
    holding = SessionAffinity(office.pool)

    def ask() -> object:
        with holding.borrow() as session:
            return session

    def work() -> tuple[object, object]:
        return ask(), in_thread(ask)()

    mine, other = holding.run(work, pause_after=lambda error, attempt: None)
    assert mine is not other
    assert len(office.signed_in()) == 2


def test_a_run_inside_a_run_stays_in_the_session_so_that_one_seat_is_enough() -> None:
    stage = Stage(ROWS, ROWS)
    work = stage.client.in_one_session
    work(lambda: (stage.client.send(LIST), work(lambda: stage.client.send(LIST))))

    assert (stage.license.logins, stage.license.taken) == (1, 1)


def test_after_a_run_the_session_is_lent_to_others() -> None:
    stage = Stage(ROWS, ROWS)
    stage.client.in_one_session(lambda: stage.client.send(LIST))

    assert in_thread(lambda: stage.client.send(LIST))() is ROWS
    assert stage.license.logins == 1


def test_a_run_whose_session_is_lost_begins_anew_in_another_one() -> None:
    read, write = Request("GET", "/entity/read"), Request("PUT", "/entity/write", body=b"{}", repeatable=False)
    stage = Stage(ROWS, Answer(401), ROWS, ROWS)
    stage.client.in_one_session(lambda: (stage.client.send(read), stage.client.send(write)))

    assert stage.paths() == [read.path, write.path, read.path, write.path]
    assert (stage.license.logins, stage.license.taken) == (2, 1)


def test_a_run_that_loses_every_session_is_given_up_and_keeps_none() -> None:
    stage = Stage(*[Answer(401)] * 3, retry=Backoff(attempts=3))
    with pytest.raises(errors.SessionLost):
        stage.client.in_one_session(lambda: stage.client.send(LIST))

    assert (len(stage.sent), stage.license.taken) == (3, 0)


def test_passing_trouble_in_a_run_is_repeated_in_the_same_session() -> None:
    stage = Stage(Answer(503), Answer(429), ROWS)
    stage.client.in_one_session(lambda: stage.client.send(LIST))

    assert (len(stage.sent), stage.license.logins) == (3, 1)


def test_what_the_work_raises_passes_and_the_session_is_given_back() -> None:
    stage = Stage(ROWS)

    def work() -> None:
        stage.client.send(LIST)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stage.client.in_one_session(work)
    with stage.client._pool.borrow():
        assert threading.active_count() >= 1
    assert stage.license.logins == 1
