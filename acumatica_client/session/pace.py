"""How fast a process may send: requests a minute, and requests at the same time. The clock is a parameter.

The license counts requests a minute for the whole instance, and delays all of them once half of the quota is used
(Integration Development Guide, license restrictions); a budget below that half keeps an instance quick for its people.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

_MINUTE = 60.0


class RequestBudget:
    """At most `per_minute` requests in any sixty seconds; 0 is no limit. `clock` counts in seconds."""

    def __init__(self, per_minute: int, *, clock: Callable[[], float]) -> None:
        self._per_minute, self._clock = max(0, per_minute), clock
        self._starts: deque[float] = deque(maxlen=self._per_minute)
        self._lock = threading.Lock()

    def reserve(self) -> float:
        """Seconds to wait before the next request may start; its place is taken."""
        if not self._per_minute:
            return 0.0
        with self._lock:
            now = self._clock()
            full = len(self._starts) == self._per_minute
            start = max(now, self._starts[0] + _MINUTE) if full else now
            self._starts.append(start)
            return start - now


class Parallelism:
    """How many requests at once: halved when the server is overloaded, one more after a run of good answers.

    Many requests meet one overload at the same time; only those sent since the last change count, by `generation`.
    """

    def __init__(self, most: int) -> None:
        self._most = self.allowed = max(1, most)
        self.generation = 0
        self._good = 0

    def overloaded(self, generation: int) -> bool:
        """A request of that generation met an overload. True when fewer are allowed now."""
        if generation != self.generation:
            return False
        self.generation, self._good = self.generation + 1, 0
        before, self.allowed = self.allowed, max(1, self.allowed // 2)
        return self.allowed < before

    def succeeded(self) -> bool:
        """A request was answered. True when one more is allowed now."""
        if self.allowed >= self._most:
            return False
        self._good += 1
        if self._good < _GOOD_ANSWERS * self.allowed:
            return False
        self.allowed, self._good = self.allowed + 1, 0
        return True


_GOOD_ANSWERS = 10
