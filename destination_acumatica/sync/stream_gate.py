"""Which record waits for records of other streams: an order for those of the customer it belongs to. Pure.

A record of a stream waits for every earlier record of the streams above it. It never waits for a later one, and those
above wait for nothing below them, so no two can wait for each other, however small the room is:

    arrived        customer 1   order 2   customer 3   order 4
    order 2        waits for customer 1
    order 4        waits for customers 1 and 3
    customer 3     waits for nobody
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Generic, TypeVar

from destination_acumatica.input.messages import StreamName
from destination_acumatica.plan.stream_order import Parents as Parents

T = TypeVar("T")


class Gate(Generic[T]):
    """`parents` of a stream are the streams above it. Numbers are places in the input, and arrive rising."""

    def __init__(self, parents: Parents) -> None:
        self._parents = parents
        above: frozenset[StreamName] = frozenset().union(*parents.values())
        self._below = {stream: [child for child in parents if stream in parents[child]] for stream in above}
        self._open: dict[StreamName, dict[int, None]] = {stream: {} for stream in above}
        self._waiting: dict[StreamName, list[tuple[int, T]]] = {stream: [] for stream in parents}

    def arrive(self, stream: StreamName, number: int) -> None:
        """A record came that others may have to wait for."""
        if stream in self._open:
            self._open[stream][number] = None

    def enter(self, stream: StreamName, number: int, task: T) -> bool:
        """Whether the task may start now; otherwise it waits here."""
        if number <= self._first_above(stream):
            return True
        heappush(self._waiting[stream], (number, task))
        return False

    def settle(self, stream: StreamName, number: int) -> Iterator[T]:
        """A record has its outcome: the tasks that waited for it and may start now, those of a stream in order."""
        if stream not in self._open:
            return
        self._open[stream].pop(number, None)
        for child in self._below[stream]:
            first, waiting = self._first_above(child), self._waiting[child]
            while waiting and waiting[0][0] <= first:
                yield heappop(waiting)[1]

    def _first_above(self, stream: StreamName) -> float:
        """The place of the first record above the stream that has no outcome yet."""
        above = (self._open[parent] for parent in self._parents.get(stream, ()))
        return min((next(iter(numbers), math.inf) for numbers in above), default=math.inf)
