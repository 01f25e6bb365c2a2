"""How much may be under way at once, in lines and in bytes: the reader waits here. Knows no line."""

from __future__ import annotations

import threading

MOST_LINES = 1_000
MOST_BYTES = 64 * 1024 * 1024


class Room:
    """A line enters when it is read and leaves when it is done with. A line larger than the room enters when alone."""

    def __init__(self, *, lines: int = MOST_LINES, size: int = MOST_BYTES) -> None:
        self._most_lines, self._most_size = lines, size
        self._lines = self._size = 0
        self._closed = False
        self._changed = threading.Condition()

    def enter(self, size: int) -> bool:
        """Waits for room. False once the room is closed: nothing more is wanted."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._fits(size))
            if self._closed:
                return False
            self._lines += 1
            self._size += size
            return True

    def leave(self, size: int) -> None:
        with self._changed:
            self._lines -= 1
            self._size -= size
            self._changed.notify()

    def close(self) -> None:
        """Nobody enters any more; whoever waits is sent away."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _fits(self, size: int) -> bool:
        return self._lines == 0 or (self._lines < self._most_lines and self._size + size <= self._most_size)
