"""What is tried again, after how long, and what never is."""

from __future__ import annotations

import random

import pytest

from acumatica_client import errors
from acumatica_client.errors import AcumaticaError
from acumatica_client.rest.retry import RetryPolicy, may_repeat

SAFE_FOR_ALL = [
    errors.Unreachable("no such host", sent=False),
    errors.Overloaded("429", declined=True),
    errors.BusyRecord("busy"),
    errors.SessionLost("401"),
]
SAFE_FOR_REPEATABLE = [
    errors.Unreachable("reset", sent=True),
    errors.Overloaded("503"),
    errors.Unexpected("page"),
    errors.Unexpected("page", status=200),
    errors.Unexpected("page", status=500),
]
NEVER = [
    errors.AcumaticaError("?"),
    errors.SettingsError("address"),
    errors.UnknownEndpoint("version"),
    errors.SignInRefused("password"),
    errors.LoginLimit("no seat"),
    errors.AccessDenied("403"),
    errors.NotFound("404"),
    errors.Unfinished("release"),
    errors.ServerFault("500"),
    errors.NoSuchRecord("gone"),
    errors.CannotOptimize("list"),
    errors.UnknownField("field"),
    errors.PreconditionFailed("412"),
    errors.Rejected("422"),
    errors.EmptyAnswer("nothing", status=200),
    errors.Unexpected("page", status=400),
    errors.Unexpected("page", status=414),
]


def name(error: AcumaticaError) -> str:
    return f"{type(error).__name__} {error.message}"


@pytest.mark.parametrize("error", SAFE_FOR_ALL, ids=name)
def test_what_the_server_certainly_did_not_act_on_is_repeated_whatever_the_request(error: AcumaticaError) -> None:
    assert may_repeat(error, repeatable=True)
    assert may_repeat(error, repeatable=False)


@pytest.mark.parametrize("error", SAFE_FOR_REPEATABLE, ids=name)
def test_what_the_server_may_have_acted_on_is_repeated_only_where_that_does_no_harm(error: AcumaticaError) -> None:
    assert may_repeat(error, repeatable=True)
    assert not may_repeat(error, repeatable=False)


@pytest.mark.parametrize("error", NEVER, ids=name)
def test_what_stays_as_it_is_is_never_repeated(error: AcumaticaError) -> None:
    assert not may_repeat(error, repeatable=True)
    assert not may_repeat(error, repeatable=False)


def test_every_kind_of_error_has_been_decided_about() -> None:
    named = vars(errors).values()
    kinds = {kind for kind in named if isinstance(kind, type) and issubclass(kind, AcumaticaError)}

    assert {type(error) for error in (*SAFE_FOR_ALL, *SAFE_FOR_REPEATABLE, *NEVER)} == kinds


def pause(policy: RetryPolicy, attempt: int, error: AcumaticaError | None = None, jitter: float = 0.0) -> float | None:
    return policy.pause(error or errors.BusyRecord("busy"), attempt=attempt, repeatable=False, jitter=jitter)


def test_pauses_double_up_to_the_longest_and_end_with_the_attempts() -> None:
    policy = RetryPolicy(attempts=6, first=1.0, longest=10.0)

    assert [pause(policy, attempt) for attempt in range(1, 8)] == [1.0, 2.0, 4.0, 8.0, 10.0, None, None]


def test_jitter_makes_a_pause_longer_by_half_at_most() -> None:
    policy, draw = RetryPolicy(first=8.0), random.Random(7).random

    for _ in range(100):
        found = pause(policy, 1, jitter=draw())
        assert found is not None
        assert 8.0 <= found < 12.0


@pytest.mark.parametrize(("asked", "granted"), [(0.0, 0.25), (30.0, 30.25), (600.0, 600.25), (86_400.0, 600.25)])
def test_the_pause_that_the_server_asks_for_is_granted_within_reason(asked: float, granted: float) -> None:
    error = errors.Overloaded("429", retry_after=asked, declined=True)

    assert pause(RetryPolicy(), 1, error, jitter=0.25) == granted


def test_a_server_that_always_asks_for_more_time_does_not_get_more_attempts() -> None:
    error = errors.Overloaded("429", retry_after=1.0, declined=True)

    assert pause(RetryPolicy(attempts=3), 3, error) is None


def test_one_attempt_means_no_repetition() -> None:
    assert pause(RetryPolicy(attempts=1), 1) is None


def test_very_many_attempts_do_not_overflow() -> None:
    assert pause(RetryPolicy(attempts=10_000), 9_000) == 60.0


def test_the_usual_policy_gives_up_after_some_minutes_at_most() -> None:
    policy = RetryPolicy()
    pauses = [pause(policy, attempt, jitter=0.99) or 0.0 for attempt in range(1, policy.attempts)]

    assert 20 < sum(pauses) < 120
