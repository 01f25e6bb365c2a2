"""Seats under any sequence of logins, logouts, requests, pauses and recycles, against a list on paper."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from acumatica_emulator.server.instance import Instance
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.clock import Clock
from unit_tests.emulator.conftest import NOON, Client

IDLE = timedelta(minutes=10)
USERS = {"admin": "secret", "buyer": "secret"}


class SeatBook(RuleBasedStateMachine):
    """The model is a list of cookies with the user and the time of the last request of each."""

    @initialize(seats=st.integers(1, 4), policy=st.sampled_from([("license", 0), ("license", 1), ("evict", 0)]))
    def begin(self, seats, policy):
        behavior = Behavior(seats=seats, seat_policy=policy[0], seats_per_user=policy[1])
        self.instance = Instance(clock=Clock(start=NOON), users=USERS, behavior=behavior)
        self.client = Client(self.instance)
        self.given: list[str] = []
        self.open: dict[str, tuple[str, object]] = {}
        self.logins = self.peak = self.late = 0
        self.closed: set[str] = set()

    @property
    def now(self):
        return self.instance.clock.now()

    def forget_idle(self):
        self.open = {token: (user, used) for token, (user, used) in self.open.items() if self.now - used <= IDLE}

    def room_for(self, user):
        on = self.instance.behavior
        if len(self.open) >= on.seats:
            if on.seat_policy != "evict":
                return False
            del self.open[next(iter(self.open))]
        mine = [owner for owner, _ in self.open.values() if owner == user]
        return not on.seats_per_user or len(mine) < on.seats_per_user

    @rule(user=st.sampled_from(sorted(USERS)))
    def log_in(self, user):
        self.forget_idle()
        welcome = self.room_for(user)
        response = self.client.log_in(name=user)
        assert response.status == (204 if welcome else 500)
        if welcome:
            token = self.client.cookies["ASP.NET_SessionId"]
            assert token not in self.given
            self.given.append(token)
            self.open[token] = (user, self.now)
            self.logins += 1
            self.peak = max(self.peak, len(self.open))
        else:
            assert b"API Login Limit" in response.body

    @rule(user=st.sampled_from(sorted(USERS)))
    def log_in_wrongly(self, user):
        assert self.client.log_in(name=user, password="wrong").status == 500

    def known(self, at):
        token = self.given[at % len(self.given)]
        self.client.cookies = {"ASP.NET_SessionId": token}
        self.forget_idle()
        return token

    @rule(at=st.integers(0, 9))
    def ask(self, at):
        if not self.given:
            return
        token = self.known(at)
        alive = token in self.open
        assert self.client.entity("GET", "Ledger", top=0).status == (200 if alive else 401)
        if alive:
            self.open[token] = (self.open[token][0], self.now)
        self.late += token in self.closed

    @rule(at=st.integers(0, 9))
    def log_out(self, at):
        if not self.given:
            return
        token = self.known(at)
        status = self.client.log_out().status
        if token in self.open:
            assert status == 204
            del self.open[token]
            self.closed.add(token)
        else:
            self.late += token in self.closed

    @rule(at=st.integers(0, 9), times=st.integers(1, 3))
    def work_with_pauses(self, at, times):
        """Six minutes of thinking before each request: together longer than a session may idle."""
        for _ in range(times):
            self.wait(6)
            self.ask(at)

    @rule(minutes=st.sampled_from([1, 4, 6, 9, 11]))
    def wait(self, minutes):
        self.instance.clock.tick(minutes * 60)

    @rule()
    def recycle(self):
        self.instance.faults.add("recycle")
        self.client.send("GET", "/entity")
        self.open.clear()

    @invariant()
    def the_books_agree(self):
        if not hasattr(self, "instance"):
            return
        self.forget_idle()
        seats = self.instance.seats
        assert {session.token for session in seats.open} == set(self.open)
        assert len(seats.open) <= self.instance.behavior.seats
        report = self.instance.report()
        assert (report.sessions_open, report.logins, report.sessions_peak) == (
            len(self.open),
            self.logins,
            self.peak,
        )
        assert report.requests_after_logout == self.late


SeatBook.TestCase.settings = settings(
    max_examples=120, stateful_step_count=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
test_no_sequence_of_sign_ins_and_pauses_differs_from_the_books = SeatBook.TestCase


# --- single sentences


def test_a_leaked_seat_is_a_defect_of_the_run(client):
    assert ["leaked" in sentence for sentence in client.instance.report().defects] == [True]
    client.log_out()
    assert client.instance.report().defects == []


def test_a_request_after_the_logout_is_a_defect_of_the_run(client):
    client.log_out()
    client.refused("GET", "Ledger")
    (sentence,) = client.instance.report().defects
    assert "logged out" in sentence


def test_the_limit_of_the_licence_is_asked_before_the_limit_of_the_user(open_client):
    """Guide 2026 R1: first the API users of the licence, then the sessions of the user. Here only the first is full."""
    client = open_client(seats=1, seats_per_user=5)
    assert client.log_in().status == 500


@pytest.mark.parametrize(("user", "status"), [("admin", 500), ("ADMIN", 500), ("buyer", 204)])
def test_the_limit_of_a_user_counts_his_own_sessions_in_any_case_of_his_name(open_client, user, status):
    client = open_client(seats=5, seats_per_user=1, users=USERS)
    assert client.log_in(name=user).status == status


def test_the_oldest_session_goes_where_the_instance_makes_room(open_client):
    client = open_client(seats=2, seat_policy="evict")
    cookies = [dict(client.cookies)]
    for _ in range(2):
        client.instance.clock.tick(1)
        assert client.log_in().status == 204
        cookies.append(dict(client.cookies))
    answers = []
    for known in cookies:
        client.cookies = known
        answers.append(client.entity("GET", "Ledger").status)
    assert answers == [401, 200, 200]


def test_the_peak_never_forgets(open_client):
    client = open_client(seats=3)
    client.log_in()
    client.log_in()
    for _ in range(3):
        client.instance.clock.tick(601)
        client.log_in()
    assert client.instance.report().sessions_peak == 3


@pytest.mark.parametrize("way", ["swagger.json", "login page", "endpoints"])
def test_what_needs_no_session_takes_no_seat(open_client, way):
    client = open_client(signed_in=False)
    paths = {"swagger.json": "/entity/swagger.json", "login page": "/Frames/Login.aspx", "endpoints": "/entity"}
    assert client.send("GET", paths[way]).status == 200
    assert client.instance.seats.logins == 0
