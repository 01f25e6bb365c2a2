"""How many rejections a sync allows, and when it is no use to go on."""

from __future__ import annotations

import pytest

from acumatica_client.errors import FieldError
from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.config.reject_settings import Limits
from destination_acumatica.erp.outcome import Kind, Outcome, Rejected, Skipped, Written
from destination_acumatica.sync.failure_policy import CircuitBreaker, FailurePolicy, reason_of

BILLS, ORDERS = StreamName("Bill"), StreamName("SalesOrder")


def rejected(text: str = "The 03-2026 financial period is inactive.", path: str = "PostPeriod") -> Rejected:
    return Rejected((FieldError(path, text),))


def ends(tolerance: FailurePolicy, outcomes: list[Outcome], stream: StreamName = BILLS) -> list[bool]:
    return [tolerance.note(stream, outcome) is not None for outcome in outcomes]


def test_by_default_no_rejection_is_borne() -> None:
    found = FailurePolicy().note(BILLS, rejected())
    assert found is not None
    assert "to skip" in found.advice


def test_records_that_are_left_alone_count_as_accepted() -> None:
    assert ends(FailurePolicy(), [Skipped("exists already"), Written(kind=Kind.UNCHANGED)]) == [False, False]


def test_so_many_records_may_be_rejected_and_not_one_more() -> None:
    tolerance = FailurePolicy(Limits("skip", most_records=3))
    assert ends(tolerance, [Written(), *[rejected()] * 4]) == [False, False, False, False, True]


def test_each_stream_has_its_own_count() -> None:
    tolerance = FailurePolicy(Limits("skip", most_records=1))
    for stream in (BILLS, ORDERS):
        assert ends(tolerance, [Written(), rejected()], stream) == [False, False]


def test_a_percentage_counts_once_there_are_a_hundred_records() -> None:
    tolerance = FailurePolicy(Limits("skip", most_percent=10))
    assert not any(ends(tolerance, [Written()] * 49 + [rejected()] * 50))
    found = tolerance.note(BILLS, rejected())
    assert found is not None
    assert "51 of 100 records were rejected, more than 10 percent" in found.words


def test_a_percentage_that_is_just_reached_is_borne() -> None:
    tolerance = FailurePolicy(Limits("skip", most_percent=10))
    assert not any(ends(tolerance, [Written()] * 90 + [rejected()] * 10))
    assert ends(tolerance, [rejected()]) == [True]


def test_everything_refused_for_one_reason_ends_the_sync() -> None:
    tolerance = FailurePolicy(Limits("skip", in_a_row=5))
    outcomes = [rejected(f"The {month:02}-2026 financial period is inactive.") for month in range(1, 6)]
    assert ends(tolerance, outcomes) == [False, False, False, False, True]


@pytest.mark.parametrize("other", [Written(), Skipped("as wanted"), rejected("Something else is wrong.")])
def test_one_that_fares_otherwise_clears_the_stream_for_good(other: Outcome) -> None:
    tolerance = FailurePolicy(Limits("skip", in_a_row=5))
    assert not any(ends(tolerance, [rejected()] * 4 + [other] + [rejected()] * 40))


def test_a_stream_is_suspected_until_that_is_clear() -> None:
    tolerance = FailurePolicy(Limits("skip"))
    assert not tolerance.suspects(BILLS)
    tolerance.note(BILLS, rejected())
    assert (tolerance.suspects(BILLS), tolerance.suspects(ORDERS)) == (True, False)
    tolerance.note(BILLS, Written())
    tolerance.note(BILLS, rejected())
    assert not tolerance.suspects(BILLS)


def test_a_breaker_of_length_0_never_breaks() -> None:
    breaker = CircuitBreaker(0)
    assert not any(breaker.rejected(BILLS, rejected()) for _ in range(1000))
    assert not breaker.suspects(BILLS)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (rejected("'ABC' cannot be found in the system."), rejected("'XYZ-1' cannot be found in the system."), True),
        (rejected(path="Details[0].InventoryID"), rejected(path="Details[17].InventoryID"), True),
        (rejected("Record SO000123 is locked."), rejected("Record SO000124 is locked."), True),
        (rejected(path="Vendor"), rejected(path="Customer"), False),
        (rejected("The document is closed."), rejected("The period is closed."), False),
    ],
)
def test_a_reason_is_the_words_without_what_belongs_to_one_record(one: Rejected, other: Rejected, same: bool) -> None:
    assert (reason_of(one) == reason_of(other)) is same
