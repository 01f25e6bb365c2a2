"""Few seats are taken, all are given back, no thread waits for a slot that is lost. Threads, but no real sleeping."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from acumatica_client import errors
from acumatica_client.errors import LoginLimit, SessionLost, SignInRefused, Unreachable
from acumatica_client.session.pool import PoolClosed, SessionPool
from unit_tests.client.fakes import TIMEOUT, FakeSession, License, Office, Script, in_thread


def borrow_once(office: Office) -> FakeSession:
    with office.pool.borrow() as session:
        return session


@pytest.fixture
def quick_switches() -> Iterator[None]:
    """Threads switch a hundred times more often, so that races show."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-5)
    yield
    sys.setswitchinterval(usual)


# Lending


def test_building_a_pool_takes_no_seat() -> None:
    office = Office()

    assert (office.sessions, office.license.logins) == ([], 0)


def test_an_idle_session_is_lent_before_a_new_one_is_opened() -> None:
    office = Office()

    assert borrow_once(office) is borrow_once(office)
    assert office.license.logins == 1


def test_sessions_are_opened_only_as_there_is_work_for_them() -> None:
    office = Office(limit=3)
    with office.pool.borrow(), office.pool.borrow():
        assert office.license.taken == 2


def test_the_most_that_were_open_at_once_are_known_afterwards() -> None:
    office = Office(limit=3)
    with office.pool.borrow(), office.pool.borrow():
        pass
    borrow_once(office)
    office.pool.close()

    assert office.pool.most_open == office.license.most == 2


def test_at_the_limit_a_borrower_waits_for_a_session_to_come_back() -> None:
    office = Office(limit=1)
    with office.pool.borrow() as first:
        second = in_thread(lambda: borrow_once(office))

    assert second() is first
    assert office.license.most == 1


def test_a_session_that_is_being_opened_counts_against_the_limit() -> None:
    may_go_on = threading.Event()

    def slowly_after_the_first(_: FakeSession) -> None:
        assert len(office.sessions) == 1 or may_go_on.wait(TIMEOUT)

    office = Office(limit=2, before_login=slowly_after_the_first)
    with office.pool.borrow():
        opening = in_thread(lambda: borrow_once(office))
        office.await_tries(2)
        waiting = in_thread(lambda: borrow_once(office))
        with pytest.raises(AssertionError, match="the thread hangs"):
            in_thread(lambda: borrow_once(office))(timeout=0.02)
        may_go_on.set()
        assert opening() is waiting() is office.sessions[1]

    assert len(office.sessions) == 2


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_means_one(limit: int) -> None:
    assert borrow_once(Office(limit=limit)).signed_in


def test_an_error_of_the_work_gives_the_session_back() -> None:
    office = Office(limit=1)
    with pytest.raises(KeyError), office.pool.borrow():
        raise KeyError

    assert borrow_once(office).signed_in
    assert office.license.logins == 1


# Failed borrowing never loses a slot


@pytest.mark.parametrize(
    "trouble",
    [
        Unreachable("down"),
        errors.Overloaded("503"),
        errors.SettingsError("404"),
        errors.ServerFault("500"),
        RuntimeError("bug"),
        KeyboardInterrupt(),
        SystemExit(1),
    ],
    ids=lambda trouble: type(trouble).__name__,
)
def test_a_sign_in_that_fails_raises_and_leaves_a_place_for_the_next(trouble: BaseException) -> None:
    office = Office(limit=1, before_login=Script(trouble, None))
    with pytest.raises(type(trouble)):
        borrow_once(office)

    assert in_thread(lambda: borrow_once(office))()
    assert office.license.taken == 1


def test_a_session_that_cannot_even_be_built_leaves_a_place_for_the_next() -> None:
    license_ = License(1)
    pool = SessionPool(Script(RuntimeError("bug"), FakeSession(license_)), 1)
    with pytest.raises(RuntimeError), pool.borrow():
        pass
    with pool.borrow() as session:
        assert session.signed_in


def test_a_stop_signal_after_the_seat_was_taken_gives_it_back() -> None:
    class Signalled(FakeSession):
        def log_in(self) -> None:
            super().log_in()
            raise SystemExit(143)

    license_ = License(1)
    pool = SessionPool(lambda: Signalled(license_), 1)
    with pytest.raises(SystemExit), pool.borrow():
        pass

    assert (license_.logins, license_.taken) == (1, 0)


# A refused sign-in is tried once


def test_many_threads_at_once_try_a_wrong_password_once() -> None:
    wrong = Script(SignInRefused("The password is wrong.", advice="Check it.", detail="Error: Invalid"))
    office = Office(limit=8, before_login=wrong)
    results = [in_thread(lambda: borrow_once(office)) for _ in range(16)]

    for result in results:
        with pytest.raises(SignInRefused) as caught:
            result()
        assert caught.value.sentence() == "The password is wrong. Check it."
        assert caught.value.detail == "Error: Invalid"
    assert wrong.calls == 1


def test_the_first_session_is_opened_by_one_thread_alone_and_shared_meanwhile() -> None:
    signing_in = threading.Event()
    may_go_on = threading.Event()

    def slowly(_: FakeSession) -> None:
        signing_in.set()
        assert may_go_on.wait(TIMEOUT)

    office = Office(limit=8, before_login=slowly)
    first = in_thread(lambda: borrow_once(office))
    assert signing_in.wait(TIMEOUT)
    others = [in_thread(lambda: borrow_once(office)) for _ in range(5)]
    assert len(office.sessions) == 1

    may_go_on.set()
    for result in (first, *others):
        result()


def test_a_refusal_with_open_sessions_only_lowers_the_ceiling() -> None:
    office = Office(limit=3, before_login=Script(None, SignInRefused("Something new.")))
    with office.pool.borrow() as first:
        waiting = in_thread(lambda: borrow_once(office))
        office.await_tries(2)

    assert waiting() is first
    assert borrow_once(office) is first


def test_trouble_other_than_a_refusal_is_not_remembered() -> None:
    trouble = Script(errors.SettingsError("404"), None)
    office = Office(before_login=trouble)
    with pytest.raises(errors.SettingsError):
        borrow_once(office)

    assert borrow_once(office).signed_in


# The login limit


@pytest.mark.parametrize("seats", [1, 2, 3])
def test_at_the_login_limit_the_work_goes_on_with_the_open_sessions(seats: int) -> None:
    office = Office(limit=8, seats=seats)
    with ExitStack() as stack:
        borrowed = [stack.enter_context(office.pool.borrow()) for _ in range(seats)]
        waiting = [in_thread(lambda: borrow_once(office)) for _ in range(4)]
        office.await_tries(seats + 1)

    assert all(result() in borrowed for result in waiting)
    assert office.pauses == []
    assert office.license.logins <= seats + 4


def test_a_ceiling_that_was_lowered_is_not_tested_again_and_again() -> None:
    office = Office(limit=8, seats=1)
    with office.pool.borrow():
        waiting = [in_thread(lambda: borrow_once(office))]
        office.await_tries(2)
    waiting[0]()
    tries = office.license.logins
    with office.pool.borrow():
        waiting = [in_thread(lambda: borrow_once(office)) for _ in range(3)]
    for result in waiting:
        result()

    assert office.license.logins == tries


def test_without_any_session_the_login_limit_is_waited_out_with_growing_pauses() -> None:
    office = Office(limit=2, before_login=Script(*[LoginLimit("full")] * 6, None))

    assert borrow_once(office).signed_in
    assert office.pauses == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    assert len(office.sessions) == 1


@pytest.mark.parametrize("timeout", [0.0, 0.4, 5.0, 12.0, 600.0])
def test_the_waiting_ends_with_the_login_wait_exactly_and_after_a_last_try(timeout: float) -> None:
    full = Script(LoginLimit("full"))
    office = Office(login_wait=timeout, before_login=full)
    with pytest.raises(LoginLimit):
        borrow_once(office)

    assert sum(office.pauses) == (timeout if timeout >= 0.5 else 0.0)
    assert full.calls == len(office.pauses) + 1


def test_threads_wait_for_a_seat_together_and_not_one_after_the_other() -> None:
    office = Office(limit=4, seats=0, login_wait=100.0)
    results = [in_thread(lambda: borrow_once(office)) for _ in range(6)]

    for result in results:
        with pytest.raises(LoginLimit):
            result()
    assert sum(office.pauses) == 100.0


def test_a_seat_that_was_found_makes_the_login_wait_whole_again() -> None:
    full = LoginLimit("full")
    office = Office(limit=1, login_wait=12.0, before_login=Script(full, None, full, full, None))
    for _ in range(2):
        with pytest.raises(SessionLost), office.pool.borrow():
            raise SessionLost("401")

    assert office.pauses == [5.0, 5.0, 7.0]


# A session that died


def test_a_lost_session_is_signed_out_and_never_lent_again() -> None:
    office = Office(limit=1)
    with pytest.raises(SessionLost), office.pool.borrow() as dead:
        raise SessionLost("401")

    assert not dead.signed_in
    assert borrow_once(office) is not dead
    assert office.license.most == 1


def test_those_that_idle_beside_a_lost_session_are_not_lent_either() -> None:
    office = Office(limit=3)
    with office.pool.borrow(), office.pool.borrow(), office.pool.borrow():
        pass
    with pytest.raises(SessionLost), office.pool.borrow():
        raise SessionLost("the site was restarted")

    assert (len(office.sessions), office.license.taken) == (3, 0)
    assert borrow_once(office) is office.sessions[3]


def test_a_lost_session_leaves_those_on_loan_to_their_borrowers() -> None:
    office = Office(limit=2)
    with office.pool.borrow() as alive:
        with pytest.raises(SessionLost), office.pool.borrow():
            raise SessionLost("401")
        assert alive.signed_in

    assert borrow_once(office) is alive


def test_a_lost_session_whose_seat_was_taken_continues_with_the_others() -> None:
    office = Office(limit=2, seats=2)
    with office.pool.borrow() as alive:
        with pytest.raises(SessionLost), office.pool.borrow():
            raise SessionLost("401")
        office.license.seats = 1
        waiting = in_thread(lambda: borrow_once(office))
        office.await_tries(3)

    assert waiting() is alive


def test_the_only_session_lost_and_its_seat_taken_is_waited_for() -> None:
    office = Office(limit=2, seats=1, while_pausing=lambda _: setattr(office.license, "seats", 1))
    with pytest.raises(SessionLost), office.pool.borrow():
        raise SessionLost("401")
    office.license.seats = 0

    assert borrow_once(office).signed_in
    assert office.pauses == [5.0]


def test_a_password_that_changed_during_the_sync_is_tried_once_when_the_session_dies() -> None:
    changed = Script(None, SignInRefused("wrong"))
    office = Office(limit=4, before_login=changed)
    with pytest.raises(SessionLost), office.pool.borrow():
        raise SessionLost("401")
    for _ in range(5):
        with pytest.raises(SignInRefused):
            borrow_once(office)

    assert changed.calls == 2


# Closing


def test_closing_signs_out_the_idle_and_those_on_loan_and_may_be_repeated() -> None:
    office = Office(limit=3)
    with office.pool.borrow(), office.pool.borrow():
        borrow_once(office)
        office.pool.close()
        assert office.license.taken == 0
    office.pool.close()

    assert (len(office.sessions), office.signed_in()) == (3, [])


def test_a_closed_pool_lends_nothing_and_opens_nothing() -> None:
    office = Office()
    borrow_once(office)
    office.pool.close()

    with pytest.raises(PoolClosed):
        borrow_once(office)
    with pytest.raises(PoolClosed):
        office.pool.pause(1.0)
    assert office.license.logins == 1


def test_pool_closed_is_no_error_of_acumatica_that_could_be_counted_against_a_record() -> None:
    assert not issubclass(PoolClosed, errors.AcumaticaError)


def test_closing_wakes_those_who_wait_for_a_session() -> None:
    office = Office(limit=1)
    with office.pool.borrow():
        waiting = [in_thread(lambda: borrow_once(office)) for _ in range(4)]
        office.pool.close()
        for result in waiting:
            with pytest.raises(PoolClosed):
                result()


def test_closing_wakes_those_who_pause() -> None:
    office = Office(while_pausing=None)
    pausing = in_thread(lambda: office.pool.pause(3600.0))
    office.pool.close()

    with pytest.raises(PoolClosed):
        pausing()


def test_closing_wakes_those_who_wait_for_a_seat() -> None:
    tried = threading.Event()
    office = Office(seats=0, while_pausing=None, before_login=lambda _: tried.set())
    waiting = in_thread(lambda: borrow_once(office))
    assert tried.wait(TIMEOUT)
    office.pool.close()

    with pytest.raises(PoolClosed):
        waiting()


def test_a_session_that_is_being_opened_while_the_pool_closes_is_signed_out_before_close_returns() -> None:
    signing_in, may_go_on = threading.Event(), threading.Event()

    def slowly(_: FakeSession) -> None:
        signing_in.set()
        assert may_go_on.wait(TIMEOUT)

    office = Office(before_login=slowly)
    opener = in_thread(lambda: borrow_once(office))
    assert signing_in.wait(TIMEOUT)
    closing = in_thread(office.pool.close)
    may_go_on.set()
    closing()
    assert (office.license.logins, office.license.taken) == (1, 0)

    with pytest.raises(PoolClosed):
        opener()


def test_open_sessions_are_signed_out_before_a_slow_sign_in_is_waited_for() -> None:
    taken_when_signing_in: list[int] = []
    closed = threading.Event()

    def wait_until_the_others_are_out(_: FakeSession) -> None:
        if office.license.taken:
            second.set()
            assert closed.wait(TIMEOUT)
            taken_when_signing_in.append(office.license.taken)

    class Watched(License):
        def release(self) -> None:
            super().release()
            closed.set()

    second = threading.Event()
    office = Office(before_login=wait_until_the_others_are_out)
    office.license = Watched(9)
    with office.pool.borrow():
        opener = in_thread(lambda: borrow_once(office))
        assert second.wait(TIMEOUT)
        office.pool.close()

    assert taken_when_signing_in == [0]
    with pytest.raises(PoolClosed):
        opener()


@pytest.mark.parametrize("when", ["signing in", "pausing", "working"])
def test_closing_in_a_signal_handlers_frame_neither_hangs_nor_leaks(when: str) -> None:
    # A handler runs in the frame of the main thread, whatever that is doing; here the frame calls it itself.
    def stop(_: object) -> None:
        office.pool.close()

    office = Office(
        limit=1,
        before_login=stop if when == "signing in" else Script(LoginLimit("full"), None),
        while_pausing=stop if when == "pausing" else lambda _: None,
    )

    def work() -> None:
        with office.pool.borrow():
            office.pool.close()
            raise PoolClosed

    with pytest.raises(PoolClosed):
        in_thread(work)()
    assert office.license.taken == 0


class Slow(FakeSession):
    """A session whose sign-out waits, as one does behind a request that runs in it."""

    def log_out(self) -> None:
        SIGNING_OUT.release()
        assert GO_ON.wait(TIMEOUT)
        super().log_out()


SIGNING_OUT = threading.Semaphore(0)
GO_ON = threading.Event()


def slow_pool(license_: License) -> SessionPool:
    GO_ON.clear()
    pool = SessionPool(lambda: Slow(license_), 3)
    with pool.borrow(), pool.borrow(), pool.borrow():
        pass
    return pool


def test_sessions_are_signed_out_at_the_same_time() -> None:
    license_ = License(9)
    closing = in_thread(slow_pool(license_).close)
    for _ in range(3):
        assert SIGNING_OUT.acquire(timeout=TIMEOUT)
    assert license_.taken == 3
    GO_ON.set()
    closing()

    assert license_.taken == 0


def test_a_second_close_waits_for_what_the_first_began() -> None:
    license_ = License(9)
    pool = slow_pool(license_)
    first = in_thread(pool.close)
    for _ in range(3):
        assert SIGNING_OUT.acquire(timeout=TIMEOUT)
    second = in_thread(pool.close)
    GO_ON.set()
    second()

    assert license_.taken == 0
    first()


# All of it at once


class Rush:
    """Threads that borrow, run into trouble of every kind, and stop when one of them closes the pool."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self.limit, self.seats = self._draw.randint(1, 5), self._draw.randint(1, 6)
        self._trouble_at_login = self._draw.random() * 0.3
        self._closing_after = self._draw.randint(20, 200)
        self._borrowed = 0
        self._borrowers: dict[int, int] = {}
        self.office = Office(self.limit, self.seats, before_login=self._before_login)

    def _before_login(self, _: FakeSession) -> None:
        if self._draw.random() < self._trouble_at_login:
            raise self._draw.choice(
                [Unreachable("down"), errors.Overloaded("503"), LoginLimit("full"), KeyError("bug")]
            )

    def work(self, own: random.Random) -> None:
        while True:
            try:
                with self.office.pool.borrow() as session:
                    self._use(session, own)
            except PoolClosed:
                return
            except (errors.AcumaticaError, KeyError):
                continue

    def _use(self, session: FakeSession, own: random.Random) -> None:
        me = threading.get_ident()
        assert self._borrowers.setdefault(id(session), me) == me, "one session with two borrowers"
        self._borrowed += 1
        if self._borrowed > self._closing_after and own.random() < 0.1:
            self.office.pool.close()
        del self._borrowers[id(session)]
        trouble = own.random()
        if trouble < 0.1:
            raise SessionLost("401")
        if trouble < 0.2:
            raise Unreachable("reset", sent=True)
        self.office.pool.succeeded(session)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.usefixtures("quick_switches")
def test_whatever_happens_the_limit_is_kept_and_every_seat_comes_back(seed: int) -> None:
    rush = Rush(seed)
    for result in [in_thread(partial(rush.work, random.Random(seed * 100 + n))) for n in range(2 + seed % 7)]:
        result()
    rush.office.pool.close()

    assert rush.office.license.most <= min(rush.limit, rush.seats)
    assert rush.office.license.taken == 0
    assert rush.office.signed_in() == []
