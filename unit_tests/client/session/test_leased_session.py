"""A leased session: the lease comes before the sign-in and goes after the sign-out, whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from acumatica_client.errors import LoginLimit, SessionLost, SignInRefused, Unreachable
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.query import Request
from acumatica_client.rest.retry import may_repeat
from acumatica_client.session.leased_session import leased
from acumatica_client.session.pool import SessionPool
from acumatica_client.session.pool_member import PoolMember
from acumatica_client.session.session import Session
from unit_tests.client.fakes import TIMEOUT, FakeSession, License, in_thread
from unit_tests.client.leasing import BoardSeats, Club, refused

ASK = Request("GET", "/entity")


class Desk:
    """One member of a pool with a server behind it that has seats enough; sessions on demand."""

    def __init__(self, size: int = 1, server_seats: int = 99) -> None:
        self.club, self.license = Club(), License(server_seats)
        self.member: PoolMember = self.club.member(size=size)
        self.before_login: Callable[[FakeSession], None] = lambda session: None
        self.answer: Callable[[Request], Answer] = lambda request: Answer(200, body=b"[]")

    def session(self) -> Session:
        real = FakeSession(self.license, lambda session: self.before_login(session), lambda asked: self.answer(asked))
        return leased(real, self.member)

    def lose(self) -> None:
        """Every lease ends before it was renewed."""
        for hold, _ in self.club.board.seats.values():
            hold.good = False


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_no_lease_no_sign_in(desk: Desk) -> None:
    desk.club.member(size=1).take()

    with pytest.raises(LoginLimit, match="session pool main"):
        desk.session().log_in()
    assert desk.license.logins == 0


def test_the_lease_is_kept_while_signed_in(desk: Desk) -> None:
    session = desk.session()
    session.log_in()
    assert (desk.club.taken, session.signed_in, session.send(ASK).status) == (1, True, 200)

    session.log_out()
    assert (desk.club.taken, session.signed_in, desk.license.taken) == (0, False, 0)


def test_the_lease_is_still_kept_during_the_sign_out(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    during: list[int] = []
    session = desk.session()
    session.log_in()
    real = desk.license.release
    monkeypatch.setattr(desk.license, "release", lambda: (during.append(desk.club.taken), real()))
    session.log_out()

    assert during == [1]
    assert desk.club.taken == 0


@pytest.mark.parametrize(
    "trouble", [SignInRefused("wrong password"), Unreachable("no route"), LoginLimit("no seat"), KeyboardInterrupt()]
)
def test_a_sign_in_that_fails_gives_the_lease_back(desk: Desk, trouble: BaseException) -> None:
    def fail(_: FakeSession) -> None:
        raise trouble

    desk.before_login = fail
    with pytest.raises(type(trouble)):
        desk.session().log_in()
    assert desk.club.taken == 0


def test_signing_in_again_uses_one_lease(desk: Desk) -> None:
    session = desk.session()
    session.log_in()
    session.log_in()

    assert (desk.club.taken, desk.license.taken) == (1, 1)


def test_signing_out_twice_gives_back_once(desk: Desk) -> None:
    session = desk.session()
    session.log_in()
    session.log_out()
    desk.club.member(size=1).take()
    session.log_out()

    assert desk.club.taken == 1


def test_what_else_a_session_has_it_has(desk: Desk) -> None:
    session = desk.session()

    assert session.signed_in is False
    with pytest.raises(AttributeError):
        _ = session.no_such_thing


# A lease that is lost


def test_a_session_without_a_valid_lease_is_signed_out_instead_of_used(desk: Desk) -> None:
    asked: list[Request] = []
    desk.answer = lambda request: (asked.append(request), Answer(200))[1]
    session = desk.session()
    session.log_in()
    desk.lose()

    with pytest.raises(SessionLost) as raised:
        session.send(ASK)
    assert asked == []
    assert (desk.license.taken, desk.club.taken) == (0, 0)
    assert may_repeat(raised.value, repeatable=False)


def test_the_beat_signs_an_idle_session_out_when_its_lease_is_lost(desk: Desk) -> None:
    session = desk.session()
    session.log_in()
    desk.lose()
    desk.member.renew()

    assert (session.signed_in, desk.license.taken) == (False, 0)
    with pytest.raises(SessionLost):
        session.send(ASK)


def test_a_request_under_way_gets_its_answer_before_the_session_goes(desk: Desk) -> None:
    session = desk.session()

    def meanwhile(_: Request) -> Answer:
        desk.lose()
        desk.member.renew()
        assert session.signed_in
        return Answer(200, body=b"saved")

    desk.answer = meanwhile
    session.log_in()

    assert session.send(ASK).body == b"saved"
    assert not session.signed_in


def test_the_beat_leaves_a_sign_in_alone(desk: Desk) -> None:
    def meanwhile(_: FakeSession) -> None:
        desk.lose()
        desk.member.renew()
        assert desk.club.taken == 1

    desk.before_login = meanwhile
    session = desk.session()
    session.log_in()

    with pytest.raises(SessionLost):
        session.send(ASK)
    assert desk.license.taken == 0


def test_a_pool_signs_in_again_after_its_lease_was_lost(desk: Desk) -> None:
    pool = SessionPool(desk.session, 1, sleep=lambda seconds: None)
    with pool.borrow() as session:
        session.send(ASK)
    desk.lose()
    with pytest.raises(SessionLost), pool.borrow() as session:
        session.send(ASK)
    with pool.borrow() as session:
        assert session.send(ASK).status == 200

    assert (desk.license.logins, desk.license.most) == (2, 1)
    pool.close()
    assert (desk.license.taken, desk.club.taken) == (0, 0)


# In a pool of sessions


def test_a_pool_goes_on_with_the_sessions_that_have_leases() -> None:
    desk = Desk(size=2)
    pool = SessionPool(desk.session, 5, sleep=lambda seconds: None)
    with pool.borrow(), pool.borrow():
        third = in_thread(lambda: _borrowed(pool))
    third()

    assert desk.license.most == 2
    pool.close()


def test_a_pool_without_a_lease_waits_for_one() -> None:
    desk = Desk(size=1)
    lease = desk.club.member(size=1).take()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            lease.release()

    pool = SessionPool(desk.session, 1, sleep=pause)
    _borrowed(pool)

    assert len(pauses) == 3
    assert desk.license.logins == 1
    pool.close()


def test_a_pool_that_gets_no_lease_in_time_says_so() -> None:
    desk = Desk(size=1)
    desk.club.member(size=1).take()
    pool = SessionPool(desk.session, 1, login_wait=60.0, sleep=lambda seconds: None)

    with pytest.raises(LoginLimit, match="session pool main"):
        _borrowed(pool)
    assert desk.license.logins == 0


def test_a_full_server_does_not_keep_the_lease() -> None:
    desk = Desk(size=1, server_seats=0)
    pool = SessionPool(desk.session, 1, login_wait=0.0, sleep=lambda seconds: None)

    with pytest.raises(LoginLimit, match="No seat"):
        _borrowed(pool)
    assert desk.club.taken == 0
    assert desk.club.member(size=1).take().valid
    assert refused(desk.club.member(size=1))


def _borrowed(pool: SessionPool) -> None:
    with pool.borrow() as session:
        session.send(ASK)


def test_a_pool_with_two_frees_a_seat_for_one_with_none() -> None:
    """Both connections may have two sessions, and the license has two: the one that came first gives one up."""
    club, license_ = Club(), License(2)
    asked, free = threading.Event(), threading.Event()

    def pause(_: float) -> None:
        asked.set()
        assert free.wait(TIMEOUT)

    rich_seats, poor_seats = BoardSeats(club.board), BoardSeats(club.board)
    rich = PoolMember("main", 2, rich_seats, shrink=lambda most: rich_pool.shrink(most), start=lambda renew: None)
    poor = PoolMember("main", 2, poor_seats, start=lambda renew: None)
    rich_pool = SessionPool(lambda: leased(FakeSession(license_), rich), 2)
    poor_pool = SessionPool(lambda: leased(FakeSession(license_), poor), 2, sleep=pause)
    with rich_pool.borrow():
        with rich_pool.borrow():
            served = in_thread(lambda: _borrowed(poor_pool))
            assert asked.wait(TIMEOUT)
            rich.renew()
        free.set()
        served()
        assert license_.taken == 2

    assert (license_.most, license_.logins) == (2, 3)
    rich_pool.close()
    poor_pool.close()
    assert (license_.taken, club.taken) == (0, 0)
