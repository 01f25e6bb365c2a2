"""The limits of the license on requests: at once, in a minute, in the queue.

From half of the quota on, every request is held back by (time left in the minute / requests left), so that the quota is
never reached at a steady pace. Beyond the quota, or with every core at work, requests queue; a full queue declines.
The guide's example: 50 at once on 16 cores are 16 served, 20 queued, 14 declined.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from acumatica_emulator.site.behavior import Behavior

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Admission:
    """What happens to a request: declined, or served after `delay` seconds, `queued` until a core is free.

    `over`: it is beyond the quota and waits for the next minute in a place of the queue.
    """

    declined: bool = False
    delay: float = 0.0
    queued: bool = False
    over: bool = False


class Gate:
    """Counts the requests of an instance, from their arrival to their end."""

    def __init__(self, behavior: Behavior) -> None:
        self._switches = behavior
        self._start: datetime | None = None
        self._count = 0
        self.running = 0
        self.waiting = 0
        self.declined = 0

    def arrive(self, now: datetime, *, counted: bool = True, queues: bool = True) -> Admission:
        """Decide on one request. Polls of long operations are not `counted`; a logout never `queues`."""
        delay, over = self._quota(now, counted)
        full = 0 < self._switches.cores <= self.running
        if queues and (over or full):
            if self.waiting >= self._switches.queue:
                self._count -= counted  # the guide: a declined request is not counted
                self.declined += 1
                return Admission(declined=True)
            return Admission(delay=delay, queued=full, over=over)
        return Admission(delay=delay if queues else 0.0)

    def _quota(self, now: datetime, counted: bool) -> tuple[float, bool]:
        quota = self._switches.per_minute
        if quota <= 0 or not counted:
            return 0.0, False
        if self._start is None or now - self._start >= MINUTE:
            self._start, self._count = now, 0
        self._count += 1
        left = (MINUTE - (now - self._start)).total_seconds()
        if self._count > quota:
            return left, True
        if self._count * 2 <= quota:
            return 0.0, False
        return left / (quota - self._count + 1), False
