"""What a person can follow in the log: windows, records, requests, time."""

from __future__ import annotations

import logging
import threading

import pytest

from source_acumatica.sync.progress import Tally, begins, current, ends, reading, sent


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def logged(caplog):
    caplog.set_level(logging.INFO)
    return caplog


def test_a_read_begins_with_what_there_is_to_do(clock, logged):
    begins([Tally(["SalesOrder", "SalesOrder_Details"], clock=clock), Tally(["Bill"], clock=clock)], 4)
    begins([Tally(["Bill"], clock=clock)], 1)
    assert logged.messages == [
        "Reading 3 streams by 2 lists, with 4 API sessions at most",
        "Reading 1 stream by 1 list, with 1 API session at most",
    ]


def test_a_read_ends_with_the_sessions_that_it_had_not_those_that_it_might_have_had(logged):
    ends(2)
    ends(1)
    assert logged.messages == [
        "Done; 2 API sessions were open at the same time at most",
        "Done; 1 API session was open at the same time at most",
    ]


def test_a_window_says_which_it_is_and_what_it_took(clock, logged):
    tally = Tally(["SalesOrder"], clock=clock)
    with reading(tally):
        sent()
        sent()
    tally.window("2024-01-01 to 2025-01-01", 4200, 12)
    assert logged.messages == [
        "SalesOrder: window 1 of 12 so far, 2024-01-01 to 2025-01-01: 4,200 records, 2 requests by now"
    ]


def test_more_windows_than_were_known_are_no_trouble(clock, logged):
    tally = Tally(["SalesOrder"], clock=clock)
    for _ in range(2):
        tally.window("all", 1, 1)
    assert "window 2 of 2 so far, all: 1 record, 0 requests by now" in logged.messages[1]


def test_the_details_fetched_with_a_stream_are_told_with_it(clock, logged):
    Tally(["SalesOrder", "SalesOrder_Details"], clock=clock).window("all", 1, 1)
    Tally(["SalesOrder", "SalesOrder_Details", "SalesOrder_Taxes"], clock=clock).window("all", 1, 1)
    assert logged.messages[0].startswith("SalesOrder (and 1 stream of its details): ")
    assert logged.messages[1].startswith("SalesOrder (and 2 streams of its details): ")


def test_the_end_sums_up_by_stream_with_rate_and_waits(clock, logged):
    tally = Tally(["SalesOrder", "SalesOrder_Details"], clock=clock)
    for _ in range(3):
        tally.sent()
        tally.read("SalesOrder", 1000)
        tally.read("SalesOrder_Details", 5000)
    tally.wait(1.5)
    tally.wait(2.5)
    clock.now += 20
    tally.end()
    assert logged.messages == [
        "Read 3,000 of SalesOrder, 15,000 of SalesOrder_Details: 3 requests, 20 s, 900 a second; "
        "4 s of it waited for the server"
    ]


def test_a_quick_and_empty_stream_claims_no_rate(clock, logged):
    Tally(["ShipVia"], clock=clock).end()
    assert logged.messages == ["Read 0 of ShipVia: 0 requests, 0 s"]


def test_each_thread_counts_for_the_stream_that_it_reads(clock):
    tallies = {name: Tally([name], clock=clock) for name in ("Bill", "Payment")}
    both = threading.Barrier(2)

    def work(tally: Tally) -> None:
        with reading(tally):
            both.wait(10)
            assert current() is tally
            sent()

    threads = [threading.Thread(target=work, args=(tally,)) for tally in tallies.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    sent()
    assert current() is None
    assert [tally.requests for tally in tallies.values()] == [1, 1]
