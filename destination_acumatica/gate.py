"""Which record waits for records of other streams: an order for those of the customer it belongs to. Pure.

A record of a stream waits for every earlier record of the streams above it. It never waits for a later one, and those
above wait for nothing below them, so no two can wait for each other, however small the room is:

    arrived        customer 1   order 2   customer 3   order 4
    order 2        waits for customer 1
    order 4        waits for customers 1 and 3
    customer 3     waits for nobody
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from destination_acumatica.messages import StreamName

T = TypeVar("T")
Parents = Mapping[StreamName, frozenset[StreamName]]


class Gate(Generic[T]):
    """`parents` of a stream are the streams above it. Numbers are places in the input, and arrive rising."""

    def __init__(self, parents: Parents) -> None:
        self._parents = parents
        self._above: frozenset[StreamName] = frozenset().union(*parents.values())
        self._open: dict[StreamName, dict[int, None]] = {stream: {} for stream in self._above}
        self._waiting: list[tuple[StreamName, int, T]] = []

    def arrive(self, stream: StreamName, number: int) -> None:
        """A record came that others may have to wait for."""
        if stream in self._above:
            self._open[stream][number] = None

    def enter(self, stream: StreamName, number: int, task: T) -> bool:
        """Whether the task may start now; otherwise it waits here."""
        if self._is_open(stream, number):
            return True
        self._waiting.append((stream, number, task))
        return False

    def settle(self, stream: StreamName, number: int) -> Iterable[T]:
        """A record has its outcome: the tasks that waited for it and may start now, in the order of the input."""
        if stream not in self._above:
            return ()
        self._open[stream].pop(number, None)
        ready = [one for one in self._waiting if self._is_open(*one[:2])]
        if ready:
            self._waiting = [one for one in self._waiting if not self._is_open(*one[:2])]
        return [task for *_, task in sorted(ready, key=lambda one: one[1])]

    def _is_open(self, stream: StreamName, number: int) -> bool:
        above = (self._open[parent] for parent in self._parents.get(stream, ()))
        return all(next(iter(earlier), number) >= number for earlier in above)
