"""The instance's clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone


def system_time() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


class Clock:
    """The instance's own clock, in naive UTC. It can run beside the host's, be skewed from it, or stand still."""

    def __init__(self, source: Callable[[], datetime] = system_time, start: datetime | None = None) -> None:
        self._source = source
        self._still = start
        self._offset = timedelta()

    def now(self) -> datetime:
        return (self._still or self._source()) + self._offset

    def tick(self, seconds: float) -> None:
        """Moves the clock. A negative number sets it back, as a corrected server clock does."""
        self._offset += timedelta(seconds=seconds)

    def later(self, seconds: float) -> datetime:
        return self.now() + timedelta(seconds=seconds)
