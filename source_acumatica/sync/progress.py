"""What reading a stream took, for the log as it goes on: windows, records, requests, time.

Reading 5 streams by 3 lists, with 4 API sessions at most
SalesOrder (and 1 stream of its details): window 3 of 12 so far, 2024-01-01 to 2025-01-01: 4,200 records, ...
Read 12,000 of SalesOrder, 60,000 of SalesOrder_Details: 27 requests, 31 s, 2,323 a second; 4 s of it waited ...
Done; 2 API sessions were open at the same time at most
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

_log = logging.getLogger("airbyte.source-acumatica")


class Progress:
    """What reading streams that are fetched together took. Any thread may add to it. `clock()` in seconds."""

    def __init__(self, streams: Sequence[str], *, clock: Callable[[], float]) -> None:
        self.streams = tuple(streams)
        self._clock, self._began = clock, clock()
        self._lock = threading.Lock()
        self._records: Counter[str] = Counter()
        self._requests = self._windows = 0
        self._waited = 0.0

    def count_request(self) -> None:
        """A request was sent."""
        with self._lock:
            self._requests += 1

    def count_wait(self, seconds: float) -> None:
        """A thread waits for the quota, or because the server is busy."""
        with self._lock:
            self._waited += seconds

    def count_records(self, stream: str, count: int) -> None:
        """So many records, or rows, of one of the streams are in the queue."""
        with self._lock:
            self._records[stream] += count

    def log_window(self, name: str, count: int, known: int) -> None:
        """A window was read to its end: `count` records; `known` windows are known of by now."""
        with self._lock:
            self._windows += 1
            at, requests = self._windows, self._requests
        _log.info(
            "%s: window %d of %d so far, %s: %s, %s by now",
            self._names, at, max(at, known), name, _many(count, "record"), _many(requests, "request"),
        )  # fmt: skip

    def summary(self) -> str:
        """What all of it took, when the streams have been read."""
        with self._lock:
            seconds = max(self._clock() - self._began, 0.0)
            counts = ", ".join(f"{self._records[name]:,} of {name}" for name in self.streams)
            total, requests, waited = sum(self._records.values()), self._requests, self._waited
        rate = f", {total / seconds:,.0f} a second" if seconds >= 1 else ""
        wait = f"; {waited:,.0f} s of it waited for the server" if waited >= 1 else ""
        return f"Read {counts}: {_many(requests, 'request')}, {seconds:.0f} s{rate}{wait}"

    @property
    def requests(self) -> int:
        with self._lock:
            return self._requests

    @property
    def _names(self) -> str:
        first, *others = self.streams
        return f"{first} (and {_many(len(others), 'stream')} of its details)" if others else first


class ThreadProgress:
    """Which progress the requests of each thread belong to."""

    def __init__(self) -> None:
        self._by_thread: dict[int, Progress] = {}

    @contextmanager
    def reading(self, progress: Progress) -> Iterator[None]:
        """While it lasts, this thread reads for this progress."""
        thread = threading.get_ident()
        self._by_thread[thread] = progress
        try:
            yield
        finally:
            del self._by_thread[thread]

    def current(self) -> Progress | None:
        """The progress of the streams that this thread reads."""
        return self._by_thread.get(threading.get_ident())

    def count_request(self) -> None:
        """Count a request of the calling thread."""
        if (progress := self.current()) is not None:
            progress.count_request()


def log_begin(groups: Sequence[Sequence[str]], sessions: int) -> None:
    """A read begins: how much there is to do, and with how many API sessions at most."""
    streams = sum(len(group) for group in groups)
    allowed = _many(sessions, "API session")
    _log.info("Reading %s by %s, with %s at most", _many(streams, "stream"), _many(len(groups), "list"), allowed)


def log_end(sessions: int) -> None:
    """A read has ended: how many API sessions it had at most."""
    verb = "was" if sessions == 1 else "were"
    _log.info("Done; %s %s open at the same time at most", _many(sessions, "API session"), verb)


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
