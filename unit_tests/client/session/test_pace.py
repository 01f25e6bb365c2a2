"""A budget is kept in every minute, and parallelism sinks and rises by what the server answers."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.session.pace import Parallelism, RequestBudget


class Watch:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_without_a_budget_there_is_no_wait():
    budget = RequestBudget(0, clock=Watch())

    assert [budget.reserve() for _ in range(1000)] == [0.0] * 1000


def test_the_first_requests_go_at_once_and_the_next_waits_for_the_oldest_to_leave_the_minute():
    watch = Watch()
    budget = RequestBudget(3, clock=watch)
    assert [budget.reserve() for _ in range(3)] == [0.0, 0.0, 0.0]
    watch.now += 45.0

    assert budget.reserve() == 15.0


def test_those_who_wait_queue_behind_each_other():
    budget = RequestBudget(1, clock=Watch())

    assert [budget.reserve() for _ in range(4)] == [0.0, 60.0, 120.0, 180.0]


def test_after_a_quiet_minute_the_budget_is_whole_again():
    watch = Watch()
    budget = RequestBudget(2, clock=watch)
    budget.reserve(), budget.reserve()
    watch.now += 60.0

    assert [budget.reserve() for _ in range(2)] == [0.0, 0.0]


@given(per_minute=st.integers(1, 6), gaps=st.lists(st.floats(0, 90), min_size=1, max_size=40))
def test_no_sixty_seconds_ever_have_more_than_the_budget(per_minute, gaps):
    watch = Watch()
    budget = RequestBudget(per_minute, clock=watch)
    starts = []
    for gap in gaps:
        watch.now += gap
        starts.append(watch.now + budget.reserve())

    assert starts == sorted(starts)
    for first, over in zip(starts, itertools.islice(starts, per_minute, None), strict=False):
        assert over - first >= 60.0 - 1e-6


def test_an_overload_halves_what_is_allowed_but_leaves_one():
    parallelism = Parallelism(8)
    allowed = []
    for generation in range(5):
        parallelism.overloaded(generation)
        allowed.append(parallelism.allowed)

    assert allowed == [4, 2, 1, 1, 1]


def test_many_requests_that_learn_of_one_overload_count_once():
    parallelism = Parallelism(8)
    for _ in range(6):
        parallelism.overloaded(0)

    assert parallelism.allowed == 4


def test_a_run_of_good_answers_allows_one_more_and_never_more_than_at_first():
    parallelism = Parallelism(2)
    parallelism.overloaded(0)
    steps = [parallelism.succeeded() for _ in range(30)]

    assert steps.index(True) == 9
    assert steps.count(True) == 1
    assert parallelism.allowed == 2


def test_an_overload_begins_the_count_of_good_answers_anew():
    parallelism = Parallelism(4)
    parallelism.overloaded(0)
    for _ in range(19):
        parallelism.succeeded()
    parallelism.overloaded(1)
    for _ in range(9):
        parallelism.succeeded()

    assert parallelism.allowed == 1


@given(st.integers(1, 25), st.lists(st.booleans(), max_size=300))
def test_what_is_allowed_stays_between_one_and_the_most(most, answers):
    parallelism = Parallelism(most)
    for good in answers:
        parallelism.succeeded() if good else parallelism.overloaded(parallelism.generation)
        assert 1 <= parallelism.allowed <= most


def test_a_level_below_one_means_one():
    assert Parallelism(0).allowed == 1
