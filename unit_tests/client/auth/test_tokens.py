"""The holder of the access token: one refresh for all, ahead of the end, announced before it is used, refused once."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest

from acumatica_client import errors
from acumatica_client.auth import tokens as tokens_module
from acumatica_client.auth.oauth import Rotation
from acumatica_client.auth.sign_in import OAuthPasswordSignIn, OAuthSignIn
from acumatica_client.auth.tokens import TokenStore
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.query import Request
from unit_tests.client.fakes import TIMEOUT, in_thread

BOTH = "api offline_access api:concurrent_access"
APP = {"client_id": "4B6D@Company", "client_secret": "s3cret"}
REFUSED = Answer(400, {}, b'{"error":"invalid_grant"}')


class Identity:
    """A token endpoint with a clock: refresh tokens work once. `answers` come before what it would say by itself."""

    def __init__(self, scope: str | None = "api offline_access", lifetime: float = 3600.0) -> None:
        self.scope, self.lifetime, self.now = scope, lifetime, 1000.0
        self.asked: list[dict[str, str]] = []
        self.answers: list[Answer | BaseException | Callable[[], None]] = []
        self.good = {"r-0"}
        self.issued = 0

    def ask(self, request: Request) -> Answer:
        form = {name: values[0] for name, values in parse_qs((request.body or b"").decode()).items()}
        self.asked.append(form)
        planned = self.answers.pop(0) if self.answers else None
        if isinstance(planned, BaseException):
            raise planned
        if isinstance(planned, Answer):
            return planned
        if planned is not None:
            planned()
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.good:
                return REFUSED
            self.good.remove(form["refresh_token"])
        return self._grant()

    def _grant(self) -> Answer:
        self.issued += 1
        self.good.add(f"r-{self.issued}")
        members = {"access_token": f"a-{self.issued}", "expires_in": self.lifetime, "refresh_token": f"r-{self.issued}"}
        return Answer(200, {}, json.dumps({**members, **({"scope": self.scope} if self.scope else {})}).encode())

    def kinds(self) -> list[str]:
        return [form["grant_type"] for form in self.asked]

    def tokens(self, sign_in: OAuthSignIn | OAuthPasswordSignIn | None = None, **more: object) -> TokenStore:
        return TokenStore(sign_in or consent(), clock=lambda: self.now, **more)


def consent(**more: object) -> OAuthSignIn:
    return OAuthSignIn(**{**APP, "refresh_token": "r-0", **more})


PASSWORD = OAuthPasswordSignIn(**APP, username="admin", password="123")


@pytest.fixture
def identity() -> Identity:
    return Identity()


def access(tokens: TokenStore, identity: Identity) -> str:
    return tokens.token(identity.ask).access


# When it is renewed


def test_building_a_store_sends_nothing(identity: Identity) -> None:
    identity.tokens()

    assert identity.asked == []


def test_a_token_is_used_until_some_minutes_before_its_end(identity: Identity) -> None:
    tokens = identity.tokens()
    seen = []
    for identity.now in (1000.0, 1000.0 + 3299, 1000.0 + 3301, 1000.0 + 3302):
        seen.append(access(tokens, identity))

    assert seen == ["a-1", "a-1", "a-2", "a-2"]
    assert [form["refresh_token"] for form in identity.asked] == ["r-0", "r-1"]


def test_a_token_of_a_short_life_is_used_for_half_of_it() -> None:
    identity = Identity(lifetime=60.0)
    tokens = identity.tokens()
    seen = []
    for identity.now in (1000.0, 1029.0, 1031.0):
        seen.append(access(tokens, identity))

    assert seen == ["a-1", "a-1", "a-2"]


def test_a_token_that_the_server_did_not_accept_is_replaced_once(identity: Identity) -> None:
    tokens = identity.tokens()
    first = tokens.token(identity.ask)

    assert tokens.replace_refused(first, identity.ask).access == "a-2"
    assert tokens.replace_refused(first, identity.ask).access == "a-2"
    assert len(identity.asked) == 2


class TestASavedAccessToken:
    def saved(self, **more) -> OAuthSignIn:
        return consent(**{"access_token": "a-saved", "access_ends": 1000.0 + 3600, **more})

    def test_spares_the_refresh_while_it_lasts(self, identity):
        tokens = identity.tokens(self.saved())
        assert access(tokens, identity) == "a-saved"
        assert identity.asked == []

    def test_is_renewed_ahead_of_its_end(self, identity):
        tokens = identity.tokens(self.saved(access_ends=1000.0 + 299))
        assert access(tokens, identity) == "a-1"

    def test_of_unknown_age_is_tried_and_replaced_when_it_is_refused(self, identity):
        tokens = identity.tokens(self.saved(access_ends=None))
        first = tokens.token(identity.ask)
        assert first.access == "a-saved"
        assert tokens.replace_refused(first, identity.ask).access == "a-1"

    def test_is_not_used_for_several_sessions_since_what_it_allows_was_not_saved(self):
        identity = Identity(scope=BOTH)
        tokens = identity.tokens(self.saved(), sessions=3)
        assert tokens.token(identity.ask).concurrent
        assert identity.kinds() == ["refresh_token"]


# One refresh for all


def test_many_threads_at_once_cause_one_refresh(identity: Identity) -> None:
    begun, may_go_on = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        assert may_go_on.wait(TIMEOUT)

    identity.answers = [hold]
    tokens = identity.tokens()
    first = in_thread(lambda: access(tokens, identity))
    assert begun.wait(TIMEOUT)
    others = [in_thread(lambda: access(tokens, identity)) for _ in range(8)]
    may_go_on.set()

    assert {result() for result in (first, *others)} == {"a-1"}
    assert len(identity.asked) == 1


def test_who_waits_for_a_refresh_that_fails_hears_why_and_the_next_one_asks_anew(identity: Identity) -> None:
    identity.answers = [Answer(503)]
    tokens = identity.tokens()
    with pytest.raises(errors.Overloaded):
        access(tokens, identity)

    assert access(tokens, identity) == "a-1"


@pytest.mark.parametrize("trouble", [Answer(500), Answer(502), Answer(429), errors.Unreachable("reset", sent=True)])
def test_passing_trouble_says_that_the_waiting_request_was_not_sent(identity: Identity, trouble: object) -> None:
    identity.answers = [trouble]
    with pytest.raises((errors.Overloaded, errors.Unreachable)) as raised:
        access(identity.tokens(), identity)

    assert getattr(raised.value, "declined", False) or not getattr(raised.value, "sent", True)


# What leaves before it is used


def test_a_new_refresh_token_is_announced_before_anybody_has_the_access_token(identity: Identity) -> None:
    unset: list[bool] = []
    reported: list[Rotation] = []

    def announce(rotation: Rotation) -> None:
        reported.append(rotation)
        unset.append(tokens._token is None)

    tokens = identity.tokens(on_rotation=announce)
    access(tokens, identity)

    assert unset == [True]
    assert reported == [Rotation("r-1", "a-1", 1000.0 + 3600)]
    assert "r-1" not in repr(reported)


def test_an_announcement_that_fails_keeps_the_access_token_back_and_the_chain_alive(identity: Identity) -> None:
    reported: list[str] = []

    def announce(rotation: Rotation) -> None:
        reported.append(rotation.refresh_token)
        if len(reported) == 1:
            raise BrokenPipeError

    tokens = identity.tokens(on_rotation=announce)
    with pytest.raises(BrokenPipeError):
        access(tokens, identity)

    assert access(tokens, identity) == "a-2"
    assert [form["refresh_token"] for form in identity.asked] == ["r-0", "r-1"]
    assert reported == ["r-1", "r-2"]


def test_without_a_new_refresh_token_there_is_nothing_to_announce(identity: Identity) -> None:
    reported: list[Rotation] = []
    identity.answers = [Answer(200, {}, b'{"access_token":"a","scope":"api"}')]
    tokens = identity.tokens(on_rotation=reported.append)
    access(tokens, identity)
    identity.now += 3600

    assert (access(tokens, identity), reported[0].refresh_token) == ("a-1", "r-1")
    assert [form["refresh_token"] for form in identity.asked] == ["r-0", "r-0"]


def test_the_refresh_tokens_of_a_password_are_not_saved(identity: Identity) -> None:
    reported: list[Rotation] = []
    tokens = identity.tokens(PASSWORD, on_rotation=reported.append)
    access(tokens, identity)
    identity.now += 3600
    access(tokens, identity)

    assert identity.kinds() == ["password", "refresh_token"]
    assert reported == []


def test_every_token_is_reported_as_a_secret_before_it_is_used(identity: Identity) -> None:
    order: list[str] = []
    tokens = identity.tokens(on_secret=order.append, on_rotation=lambda rotation: order.append("announced"))
    order.append(f"used {access(tokens, identity)}")

    assert order == ["a-1", "r-1", "announced", "used a-1"]


# Signals


def test_a_stop_signal_in_the_middle_of_a_refresh_does_not_lose_the_new_token(identity: Identity) -> None:
    begun, may_go_on = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        assert may_go_on.wait(TIMEOUT)

    reported: list[Rotation] = []
    identity.answers = [hold]
    tokens = identity.tokens(on_rotation=reported.append)
    waiting = in_thread(lambda: access(tokens, identity))
    assert begun.wait(TIMEOUT)
    closing = in_thread(tokens.wait_for_refresh)
    assert reported == []
    may_go_on.set()
    closing()

    assert [rotation.refresh_token for rotation in reported] == ["r-1"]
    waiting()


def test_closing_does_not_wait_for_ever_and_only_once(
    identity: Identity, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tokens_module, "_CLOSE_TIMEOUT", 0.0)
    begun, may_go_on = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        assert may_go_on.wait(TIMEOUT)

    identity.answers = [hold]
    tokens = identity.tokens()
    waiting = in_thread(lambda: access(tokens, identity))
    assert begun.wait(TIMEOUT)
    with caplog.at_level(logging.WARNING):
        tokens.wait_for_refresh()
        tokens.wait_for_refresh()
    may_go_on.set()
    waiting()

    assert [record.message for record in caplog.records] == [
        "No answer about the access token; if the next run is refused, authenticate again."
    ]


def test_closing_without_a_refresh_or_after_one_waits_for_nothing(identity: Identity) -> None:
    tokens = identity.tokens()
    tokens.wait_for_refresh()
    access(tokens, identity)
    tokens.wait_for_refresh()


# Refusals


def test_a_refused_refresh_is_not_asked_again_however_often_a_token_is_wanted(identity: Identity) -> None:
    identity.good.clear()
    tokens = identity.tokens()
    for _ in range(5):
        with pytest.raises(errors.SignInRefused, match="no longer good") as raised:
            access(tokens, identity)
        assert raised.value.advice

    assert len(identity.asked) == 1


def test_a_wrong_password_is_asked_once_or_it_locks_the_user_out(identity: Identity) -> None:
    identity.answers = [REFUSED] * 9
    tokens = identity.tokens(PASSWORD)
    for _ in range(3):
        with pytest.raises(errors.SignInRefused):
            access(tokens, identity)

    assert identity.kinds() == ["password"]


class TestAPasswordWhoseRefreshIsRefused:
    def store_after(self, identity, *answers):
        tokens = identity.tokens(PASSWORD)
        first = tokens.token(identity.ask)
        identity.now += 3600
        identity.answers = list(answers)
        return tokens, first

    def test_signs_in_anew_with_a_chain_of_its_own(self, identity):
        tokens, first = self.store_after(identity, REFUSED)
        second = tokens.token(identity.ask)
        assert identity.kinds() == ["password", "refresh_token", "password"]
        assert (first.chain, second.chain) == (0, 1)
        assert tokens.newest(first) is first
        assert tokens.newest(second) is second

    def test_is_final_when_the_password_is_refused_too(self, identity):
        tokens, _ = self.store_after(identity, REFUSED, REFUSED)
        for _ in range(2):
            with pytest.raises(errors.SignInRefused):
                tokens.token(identity.ask)
        assert len(identity.asked) == 3

    def test_keeps_its_chain_when_the_refresh_works(self, identity):
        tokens, first = self.store_after(identity)
        second = tokens.token(identity.ask)
        assert first.chain == second.chain
        assert tokens.newest(first) is second


# Seats


class TestATokenOfOneSession:
    def test_lets_one_session_in_at_a_time(self, identity):
        tokens = identity.tokens(sessions=3)
        tokens.acquire("first", identity.ask)
        with pytest.raises(errors.LoginLimit, match="one session only") as raised:
            tokens.acquire("second", identity.ask)
        assert "concurrency level" in raised.value.advice
        assert len(identity.asked) == 1

    def test_lets_the_same_session_in_again(self, identity):
        tokens = identity.tokens()
        assert tokens.acquire("first", identity.ask) is tokens.acquire("first", identity.ask)

    def test_lets_the_next_in_when_the_first_has_left(self, identity):
        tokens = identity.tokens()
        tokens.acquire("first", identity.ask)
        tokens.release("second")
        with pytest.raises(errors.LoginLimit):
            tokens.acquire("second", identity.ask)
        tokens.release("first")
        tokens.acquire("second", identity.ask)

    def test_is_what_an_answer_without_a_scope_means_after_a_consent(self):
        identity = Identity(scope=None)
        assert not identity.tokens(sessions=3).token(identity.ask).concurrent

    def test_keeps_no_place_for_a_session_whose_token_was_refused(self, identity):
        identity.answers = [Answer(503)]
        tokens = identity.tokens()
        with pytest.raises(errors.Overloaded):
            tokens.acquire("first", identity.ask)
        tokens.acquire("second", identity.ask)


class TestATokenOfSeveralSessions:
    def test_lets_all_in(self):
        identity = Identity(scope=BOTH)
        tokens = identity.tokens(sessions=3)
        assert len({tokens.acquire(name, identity.ask).access for name in ("a", "b", "c")}) == 1

    def test_is_asked_for_by_password_where_several_are_wanted(self):
        identity = Identity(scope=None)
        assert identity.tokens(PASSWORD, sessions=2).token(identity.ask).concurrent
        assert not identity.tokens(PASSWORD, sessions=1).token(identity.ask).concurrent
        assert [form["scope"] for form in identity.asked] == [BOTH, "api offline_access"]

    def test_is_never_shown(self, identity):
        assert "a-1" not in repr(identity.tokens().token(identity.ask))
