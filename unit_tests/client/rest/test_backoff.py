"""How long the pauses between attempts are, and when they end."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from acumatica_client.rest.backoff import Backoff


def test_pauses_double_up_to_the_longest_and_end_with_the_attempts() -> None:
    policy = Backoff(attempts=6, first=1.0, longest=10.0)

    assert [policy.pause(attempt) for attempt in range(1, 8)] == [1.0, 2.0, 4.0, 8.0, 10.0, None, None]
    assert list(policy.pauses()) == [1.0, 2.0, 4.0, 8.0, 10.0]


def test_jitter_makes_a_pause_longer_by_its_share_at_most() -> None:
    policy, draw = Backoff(first=8.0, jitter=0.5), random.Random(7).random

    for _ in range(100):
        found = policy.pause(1, draw=draw())
        assert found is not None
        assert 8.0 <= found < 12.0


@pytest.mark.parametrize(("asked", "found"), [(0.0, 0.25), (30.0, 30.25), (600.0, 600.25), (86_400.0, 600.25)])
def test_the_pause_that_the_server_asks_for_is_kept_within_limits(asked: float, found: float) -> None:
    assert Backoff().pause(1, asked=asked, draw=0.25) == found


def test_one_attempt_means_no_repetition() -> None:
    assert Backoff(attempts=1).pause(1) is None
    assert list(Backoff(attempts=1).pauses()) == []


def test_very_many_attempts_do_not_overflow() -> None:
    assert Backoff(attempts=10_000).pause(9_000) == 60.0


def test_without_a_limit_the_pauses_go_on() -> None:
    assert list(islice(Backoff(attempts=None, longest=2.0).pauses(), 4)) == [1.0, 2.0, 2.0, 2.0]


def test_the_last_pause_ends_with_the_time_that_may_be_waited() -> None:
    policy = Backoff(attempts=None, first=4.0, longest=10.0, elapsed=20.0)

    assert list(policy.pauses()) == [4.0, 8.0, 8.0]


@pytest.mark.parametrize(("waited", "found"), [(0.0, 5.0), (57.0, 3.0), (59.6, None), (60.0, None), (75.0, None)])
def test_time_waited_by_others_counts(waited: float, found: float | None) -> None:
    assert Backoff(attempts=None, first=5.0, elapsed=60.0).pause(1, waited=waited) == found


def test_no_time_to_wait_means_no_repetition() -> None:
    assert Backoff(attempts=None, elapsed=0.0).pause(1) is None


def test_the_usual_policy_gives_up_after_some_minutes_at_most() -> None:
    assert 20 < sum(Backoff().pauses(lambda: 0.99)) < 120
