"""The limits of a licence: requests at once, the queue, the quota of a minute and the delays on the way to it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.throttle import Gate
from unit_tests.emulator.conftest import NOON

SMALL = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def gate(**limits):
    return Gate(Behavior(**limits))


def crowd(count, **limits):
    """So many requests in one moment: how many run, wait and are declined."""
    entrance = gate(**limits)
    for _ in range(count):
        admission = entrance.arrive(NOON)
        if admission.queued:
            entrance.waiting += 1
        elif not admission.declined:
            entrance.running += 1
    return entrance.running, entrance.waiting, entrance.declined


# --- at once (Integration Development Guide 2026 R1, licence restrictions)


def test_the_example_of_the_guide_fifty_requests_on_sixteen_cores():
    assert crowd(50, cores=16) == (16, 20, 14)


@pytest.mark.parametrize(
    ("count", "limits", "expected"),
    [
        (16, {"cores": 16}, (16, 0, 0)),
        (17, {"cores": 16}, (16, 1, 0)),
        (36, {"cores": 16}, (16, 20, 0)),
        (37, {"cores": 16}, (16, 20, 1)),
        (6, {"cores": 1, "queue": 2}, (1, 2, 3)),
        (5, {"cores": 2, "queue": 0}, (2, 0, 3)),
        (500, {"cores": 0}, (500, 0, 0)),
    ],
)
def test_cores_run_the_queue_waits_and_the_rest_is_declined(count, limits, expected):
    assert crowd(count, **limits) == expected


@SMALL
@given(count=st.integers(0, 90), cores=st.integers(1, 40), queue=st.integers(0, 25))
def test_no_request_is_lost_and_no_one_waits_beside_a_free_core(count, cores, queue):
    running, waiting, declined = crowd(count, cores=cores, queue=queue)
    assert running + waiting + declined == count
    assert running == min(count, cores)
    assert waiting == min(count - running, queue)


def test_a_core_that_is_free_again_takes_the_next_request():
    entrance = gate(cores=1, queue=0)
    entrance.running = 1
    assert entrance.arrive(NOON).declined
    entrance.running = 0
    assert not entrance.arrive(NOON).declined


@pytest.mark.parametrize("queue", [0, 20])
def test_a_logout_never_waits(queue):
    entrance = gate(cores=1, queue=queue)
    entrance.running = 1
    admission = entrance.arrive(NOON, queues=False)
    assert not admission.queued
    assert not admission.declined


# --- in a minute


def delays(count, quota, at=timedelta(), **limits):
    entrance = gate(per_minute=quota, **limits)
    entrance.arrive(NOON)
    return [entrance.arrive(NOON + at).delay for _ in range(count - 1)]


def test_the_example_of_the_guide_twenty_seconds_left_and_twenty_five_requests():
    """Each is held back for 20 / 25 = 0.8 seconds."""
    entrance = gate(per_minute=50)
    for _ in range(25):
        assert entrance.arrive(NOON).delay == 0
    assert entrance.arrive(NOON + timedelta(seconds=40)).delay == pytest.approx(0.8)


@pytest.mark.parametrize("quota", [2, 10, 40, 100])
def test_up_to_half_of_the_quota_no_one_is_held_back(quota):
    assert set(delays(quota // 2, quota)) <= {0}
    assert delays(quota // 2 + 1, quota)[-1] > 0


@SMALL
@given(quota=st.integers(2, 120).map(lambda half: half * 2), second=st.integers(0, 59), more=st.integers(1, 60))
def test_the_delay_is_the_time_left_by_the_requests_left(quota, second, more):
    entrance = gate(per_minute=quota)
    for _ in range(quota // 2):
        assert entrance.arrive(NOON).delay == 0
    for done in range(min(more, quota // 2)):
        left = quota // 2 - done
        delay = entrance.arrive(NOON + timedelta(seconds=second)).delay
        assert delay == pytest.approx((60 - second) / left)


@SMALL
@given(quota=st.integers(1, 60).map(lambda half: half * 2))
def test_requests_that_wait_for_their_delay_never_reach_the_quota(quota):
    """Whoever sends one request after the other spends the minute exactly."""
    entrance, now = gate(per_minute=quota), NOON
    for _ in range(quota):
        admission = entrance.arrive(now)
        assert not admission.declined
        now += timedelta(seconds=admission.delay)
    assert now <= NOON + timedelta(seconds=60, microseconds=quota)


@pytest.mark.parametrize("seconds", [60, 61, 3600])
def test_a_new_minute_begins_with_a_full_quota(seconds):
    entrance = gate(per_minute=4)
    for _ in range(4):
        entrance.arrive(NOON)
    later = NOON + timedelta(seconds=seconds)
    assert [entrance.arrive(later).delay for _ in range(2)] == [0, 0]


def test_beyond_the_quota_the_queue_decides():
    entrance = gate(per_minute=2, queue=1)
    admissions = [entrance.arrive(NOON) for _ in range(3)]
    assert [admission.declined for admission in admissions] == [False, False, False]
    assert admissions[2].delay == 60
    entrance.waiting = 1
    assert entrance.arrive(NOON).declined


def test_a_declined_request_is_not_counted():
    entrance = gate(per_minute=100, cores=1, queue=0)
    entrance.running = 1
    for _ in range(200):
        assert entrance.arrive(NOON).declined
    entrance.running = 0
    admission = entrance.arrive(NOON)
    assert (admission.declined, admission.delay) == (False, 0)


@pytest.mark.parametrize(("counted", "delay"), [(True, True), (False, False)])
def test_polls_of_long_operations_are_not_counted(counted, delay):
    entrance = gate(per_minute=10)
    for _ in range(50):
        entrance.arrive(NOON, counted=counted)
    assert (entrance.arrive(NOON).delay > 0) is delay


def test_without_limits_nothing_is_held_back():
    entrance = gate()
    assert {entrance.arrive(NOON).delay for _ in range(1000)} == {0}


@SMALL
@given(moments=st.lists(st.floats(0, 40), min_size=1, max_size=60), quota=st.integers(1, 30))
def test_no_delay_is_negative_or_longer_than_the_minute(moments, quota):
    entrance, now = gate(per_minute=quota), NOON
    for pause in moments:
        now += timedelta(seconds=pause)
        admission = entrance.arrive(now)
        assert 0 <= admission.delay <= 60


# --- what a licence looks like from outside


def test_seats_are_the_only_limit_of_a_trial():
    on = Behavior()
    assert (on.seats, on.cores, on.per_minute, on.queue, on.queue_minutes) == (2, 0, 0, 20, 10.0)


def test_an_instance_gives_no_sign_that_a_request_is_slow(open_client):
    client = open_client(latency=3)
    response = client.entity("GET", "Ledger")
    assert response.status == 200
    assert not any("retry" in name.lower() or "limit" in name.lower() for name, _ in response.headers)
