"""How many rows to ask for at a time: fewer after timeouts and overload, more again when it goes well. Pure."""

from __future__ import annotations

import threading

_SMALLEST = 10  # rows, or what the user has set where that is less
_STEPS = 8  # how much smaller than the user's setting it may become
_GOOD_PAGES = 5  # in a row, before it doubles again; twice as many after each new failure, which may be a timeout


class PageSize:
    """Shared by the workers of a stream. `now` is what the next page should have."""

    def __init__(self, wanted: int) -> None:
        self._wanted = self.now = wanted
        self._least = min(wanted, max(_SMALLEST, wanted // _STEPS))
        self._good, self._needed = 0, _GOOD_PAGES
        self._lock = threading.Lock()

    @property
    def can_shrink(self) -> bool:
        return self.now > self._least

    def went_badly(self, asked: int) -> None:
        """A page of `asked` rows was too much. Several workers that met the same trouble shrink it once."""
        with self._lock:
            if self._good:  # it had gone well in between
                self._needed *= 2
            self.now, self._good = max(self._least, min(self.now, asked // 2)), 0

    def went_well(self) -> None:
        with self._lock:
            self._good += 1
            if self._good >= self._needed and self.now < self._wanted:
                self.now, self._good = min(self._wanted, self.now * 2), 1
