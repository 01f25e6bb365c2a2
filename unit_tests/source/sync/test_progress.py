"""What a person can follow in the log: windows, records, requests, time."""

from __future__ import annotations

import logging
import threading

import pytest

from source_acumatica.sync.progress import Progress, ThreadProgress, log_begin, log_end


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
    log_begin([("SalesOrder", "SalesOrder_Details"), ("Bill",)], 4)
    log_begin([("Bill",)], 1)
    assert logged.messages == [
        "Reading 3 streams by 2 lists, with 4 API sessions at most",
        "Reading 1 stream by 1 list, with 1 API session at most",
    ]


def test_a_read_ends_with_the_sessions_that_it_had_not_those_that_it_might_have_had(logged):
    log_end(2)
    log_end(1)
    assert logged.messages == [
        "Done; 2 API sessions were open at the same time at most",
        "Done; 1 API session was open at the same time at most",
    ]


def test_a_window_says_which_it_is_and_what_it_took(clock, logged):
    progress = Progress(["SalesOrder"], clock=clock)
    progress.count_request()
    progress.count_request()
    progress.log_window("2024-01-01 to 2025-01-01", 4200, 12)
    assert logged.messages == [
        "SalesOrder: window 1 of 12 so far, 2024-01-01 to 2025-01-01: 4,200 records, 2 requests by now"
    ]


def test_more_windows_than_were_known_are_no_trouble(clock, logged):
    progress = Progress(["SalesOrder"], clock=clock)
    for _ in range(2):
        progress.log_window("all", 1, 1)
    assert "window 2 of 2 so far, all: 1 record, 0 requests by now" in logged.messages[1]


def test_the_details_fetched_with_a_stream_are_counted_with_it(clock, logged):
    Progress(["SalesOrder", "SalesOrder_Details"], clock=clock).log_window("all", 1, 1)
    Progress(["SalesOrder", "SalesOrder_Details", "SalesOrder_Taxes"], clock=clock).log_window("all", 1, 1)
    assert logged.messages[0].startswith("SalesOrder (and 1 stream of its details): ")
    assert logged.messages[1].startswith("SalesOrder (and 2 streams of its details): ")


def test_the_end_sums_up_by_stream_with_rate_and_waits(clock, logged):
    progress = Progress(["SalesOrder", "SalesOrder_Details"], clock=clock)
    for _ in range(3):
        progress.count_request()
        progress.count_records("SalesOrder", 1000)
        progress.count_records("SalesOrder_Details", 5000)
    progress.count_wait(1.5)
    progress.count_wait(2.5)
    clock.now += 20
    assert progress.summary() == (
        "Read 3,000 of SalesOrder, 15,000 of SalesOrder_Details: 3 requests, 20 s, 900 a second; "
        "4 s of it waited for the server"
    )


def test_a_quick_and_empty_stream_claims_no_rate(clock, logged):
    assert Progress(["ShipVia"], clock=clock).summary() == "Read 0 of ShipVia: 0 requests, 0 s"


def test_each_thread_counts_for_the_stream_that_it_reads(clock):
    requests = ThreadProgress()
    each = {name: Progress([name], clock=clock) for name in ("Bill", "Payment")}
    both = threading.Barrier(2)

    def work(progress: Progress) -> None:
        with requests.reading(progress):
            both.wait(10)
            assert requests.current() is progress
            requests.count_request()

    threads = [threading.Thread(target=work, args=(progress,)) for progress in each.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    requests.count_request()
    assert requests.current() is None
    assert [progress.requests for progress in each.values()] == [1, 1]
