"""The rules of a shared pool of sessions, and this process as a member of it, wherever the leases are kept.

A pool has seats 1 to `size`; each has one lease at most, which ends with its owner. A member whose size differs
from another's respects the smaller one: the sizes of all leases are read after a seat was taken and before
the sign-in, so that of two that took a seat too many at the same time at least one sees the other.

    no lease --take--> leased --renewed every RENEW_INTERVAL seconds--> leased --release--> no lease
        |                 |
        +-- waiting       +-- lost: not renewed in time; its session is signed out, and signs in again with a new lease

A second seat is taken only while no member waits for a first one; a member with more than one goes down to one then.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from acumatica_client.errors import AcumaticaError, LoginLimit

_log = logging.getLogger("acumatica_client")
LARGEST = 100  # seats of a pool
RENEW_INTERVAL = 10.0
IDLE_GRACE = 30.0  # seconds without a request after which the only session is given to a member that waits
_ADVICE = (
    "It ends by itself when another connection gives one back. If it lasts, run fewer syncs at the same time, or raise "
    "the size of the pool in every connection that shares it, if the license has the API users for it."
)


class SeatLock(Protocol):
    """One seat, taken."""

    def keep(self) -> None:
        """Renew it. Never raises: whether it worked is seen by `valid`."""

    def valid(self) -> bool:
        """Whether it is certainly still ours. No I/O."""

    def release(self) -> None:
        """Never raises; may be called twice."""


class Seats(Protocol):
    """The seats of one pool, as one member sees them. Everything may raise SettingsError, or LoginLimit when the place
    where the leases are kept does not answer."""

    def take(self, number: int, size: int) -> SeatLock | None:
        """The seat of this number, None when it is taken. `size` is noted beside it for the others."""

    def sizes(self) -> list[int]:
        """The size that each owner of a seat noted, this member included."""

    def wait(self) -> None:
        """Note that this member has no seat. Ends with the process."""

    def stop_waiting(self) -> None:
        """Remove that note."""

    def is_awaited(self) -> bool:
        """Whether another member has no seat and wants one."""


class Lease:
    """The right to one session. Busy from the sign-in on; `used` is called after it and after each request."""

    def __init__(self, seat: SeatLock, returned: Callable[[Lease], None], clock: Callable[[], float]) -> None:
        self._seat, self._returned, self._clock = seat, returned, clock
        self.busy = True
        self.last_used = clock()
        self.on_lost: Callable[[], None] = lambda: None

    @property
    def valid(self) -> bool:
        return self._seat.valid()

    def used(self) -> None:
        self.busy, self.last_used = False, self._clock()

    def idle_for(self) -> float:
        """Seconds since the last request, 0 in the middle of one."""
        return 0.0 if self.busy else self._clock() - self.last_used

    def keep(self) -> None:
        """Renew it, or let its owner know that it is lost."""
        if self.valid:
            self._seat.keep()
        if not self.valid:
            self.on_lost()

    def release(self) -> None:
        self._returned(self)
        self._seat.release()


class PoolMember:
    """A process in the pool called `name`. Safe for many threads.

    `shrink(n)` is called when another member waits: go down to n sessions, none in the middle of a request.
    """

    def __init__(
        self,
        name: str,
        size: int,
        seats: Seats,
        *,
        shrink: Callable[[int], object] = lambda most: None,
        clock: Callable[[], float] = time.monotonic,
        start: Callable[[Callable[[], bool]], object] | None = None,
    ) -> None:
        self.name, self._size, self._seats = name, size, seats
        self._shrink, self._clock, self._start = shrink, clock, start or _start_renewing
        self._lock = threading.RLock()  # giving back may come from a signal handler, in any frame
        self._leases: list[Lease] = []
        self._renewing = self._size_warned = False

    def take(self) -> Lease:
        """A lease of a free seat. Raises LoginLimit (as a full license does), SettingsError."""
        with self._lock:
            if self._leases and self._seats.is_awaited():
                raise self._full("Another connection waits for a session")
            lease = Lease(self._free_seat(), self._remove, self._clock)
            self._leases.append(lease)
            if not self._renewing:
                self._renewing = True
                self._start(self.renew)
        return lease

    def renew(self) -> bool:
        """Renew the leases, and give seats to members that wait. False when there is nothing to renew any more."""
        with self._lock:
            leases = list(self._leases)
            self._renewing = bool(leases)
        for lease in leases:
            lease.keep()
        if leases and self._is_awaited():
            self._shrink(0 if min(lease.idle_for() for lease in leases) >= IDLE_GRACE else 1)
        return bool(leases)

    def _free_seat(self) -> SeatLock:
        seat = next(filter(None, (self._seats.take(number, self._size) for number in range(1, self._size + 1))), None)
        try:
            sizes = self._seats.sizes()
            smallest = self._smallest(sizes)
            if seat is not None and len(sizes) <= smallest:
                self._seats.stop_waiting()
                return seat
            if not self._leases:
                self._seats.wait()
            raise self._full(f"All {smallest} sessions are in use")
        except BaseException:
            if seat is not None:
                seat.release()
            raise

    def _smallest(self, sizes: list[int]) -> int:
        smallest = min([self._size, *sizes])
        if smallest < self._size and not self._size_warned:
            self._size_warned = True
            _log.warning("Connections disagree about the size of the session pool %s; %d counts.", self.name, smallest)
        return smallest

    def _full(self, happened: str) -> LoginLimit:
        return LoginLimit(f"{happened} (session pool {self.name}).", advice=_ADVICE)

    def _is_awaited(self) -> bool:
        try:
            return self._seats.is_awaited()
        except AcumaticaError:
            return False  # reported when a lease is next taken

    def _remove(self, lease: Lease) -> None:
        with self._lock:
            if lease in self._leases:
                self._leases.remove(lease)


def _start_renewing(renew: Callable[[], bool]) -> None:
    pause = threading.Event()

    def run() -> None:
        while not pause.wait(RENEW_INTERVAL) and renew():
            pass

    threading.Thread(target=run, name="session-leases", daemon=True).start()
