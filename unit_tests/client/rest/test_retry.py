"""Which errors are followed by another attempt, and which never are."""

from __future__ import annotations

import pytest

from acumatica_client import errors
from acumatica_client.errors import AcumaticaError
from acumatica_client.rest.backoff import Backoff
from acumatica_client.rest.retry import may_repeat, retry_pause

SAFE_FOR_ALL = [
    errors.Unreachable("no such host", sent=False),
    errors.Overloaded("429", declined=True),
    errors.BusyRecord("busy"),
    errors.SessionLost("401"),
    errors.SeatLost("no lease"),
]
SAFE_FOR_REPEATABLE = [
    errors.Unreachable("reset", sent=True),
    errors.Overloaded("503"),
    errors.Unexpected("page"),
    errors.Unexpected("page", status=200),
    errors.Unexpected("page", status=500),
    errors.IntermediaryRefused("challenge", status=200),
    errors.IntermediaryRefused("yellow page", status=500),
]
NEVER = [
    errors.AcumaticaError("?"),
    errors.SettingsError("address"),
    errors.UnknownEndpoint("version"),
    errors.SignInRefused("password"),
    errors.UnknownTenant("company"),
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
    errors.IntermediaryRefused("firewall", status=403, failure_type="config"),
    errors.IntermediaryRefused("method", status=501, failure_type="config"),
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


@pytest.mark.parametrize("error", [*SAFE_FOR_ALL, *SAFE_FOR_REPEATABLE], ids=name)
def test_a_request_that_may_be_repeated_waits_as_the_policy_says(error: AcumaticaError) -> None:
    policy = Backoff(attempts=3, first=2.0, jitter=0.0)

    found = [retry_pause(policy, error, attempt=attempt, repeatable=True, draw=0.0) for attempt in (1, 2, 3)]

    assert found == [2.0, 4.0, None]


@pytest.mark.parametrize("error", NEVER, ids=name)
def test_a_request_that_may_not_be_repeated_gets_no_pause(error: AcumaticaError) -> None:
    assert retry_pause(Backoff(), error, attempt=1, repeatable=True, draw=0.0) is None


def test_the_pause_that_the_server_asks_for_counts() -> None:
    error = errors.Overloaded("429", retry_after=30.0, declined=True)

    assert retry_pause(Backoff(), error, attempt=1, repeatable=False, draw=0.25) == 30.25


def test_a_server_that_always_asks_for_more_time_does_not_get_more_attempts() -> None:
    error = errors.Overloaded("429", retry_after=1.0, declined=True)

    assert retry_pause(Backoff(attempts=3), error, attempt=3, repeatable=False, draw=0.0) is None
