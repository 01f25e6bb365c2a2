"""Builders for tests of leases: seats in memory that several members share, a clock to set, renewals on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from acumatica_client.errors import LoginLimit
from acumatica_client.session.pool_member import Lease, PoolMember


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Board:
    """Where the leases of a pool are kept. `broken` is raised by every call."""

    seats: dict[int, tuple[object, int]] = field(default_factory=dict)
    waiting: set[object] = field(default_factory=set)
    broken: BaseException | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class BoardHold:
    def __init__(self, board: Board, number: int) -> None:
        self.board, self.number = board, number
        self.kept, self.good = 0, True

    def keep(self) -> None:
        self.kept += 1

    def valid(self) -> bool:
        return self.good

    def release(self) -> None:
        with self.board.lock:
            if self.board.seats.get(self.number, (None,))[0] is self:
                del self.board.seats[self.number]


class BoardSeats:
    """One member's view of the board."""

    def __init__(self, board: Board, after_take: Callable[[], object] = lambda: None) -> None:
        self._board, self._after_take = board, after_take

    def take(self, number: int, size: int) -> BoardHold | None:
        self._stop_if_broken()
        hold = BoardHold(self._board, number)
        with self._board.lock:
            if number in self._board.seats:
                return None
            self._board.seats[number] = (hold, size)
        self._after_take()
        return hold

    def sizes(self) -> list[int]:
        self._stop_if_broken()
        with self._board.lock:
            return [size for _, size in self._board.seats.values()]

    def wait(self) -> None:
        self._board.waiting.add(self)

    def stop_waiting(self) -> None:
        self._board.waiting.discard(self)

    def is_awaited(self) -> bool:
        self._stop_if_broken()
        return bool(self._board.waiting - {self})

    def _stop_if_broken(self) -> None:
        if self._board.broken is not None:
            raise self._board.broken


@dataclass
class Club:
    """A pool, its members, and what was called: the renewals to start and the numbers to shrink to."""

    board: Board = field(default_factory=Board)
    clock: Clock = field(default_factory=Clock)
    beats: list[Callable[[], bool]] = field(default_factory=list)
    shrunk: list[int] = field(default_factory=list)

    def member(self, size: int = 2, after_take: Callable[[], object] = lambda: None) -> PoolMember:
        return PoolMember(
            "main",
            size,
            BoardSeats(self.board, after_take),
            shrink=self.shrunk.append,
            clock=self.clock,
            start=self.beats.append,
        )

    @property
    def taken(self) -> int:
        return len(self.board.seats)


def refused(member: PoolMember) -> LoginLimit:
    """What the member hears instead of getting a lease."""
    try:
        member.take()
    except LoginLimit as error:
        return error
    raise AssertionError("a lease was given")


def used(lease: Lease) -> Lease:
    """The lease after its session's sign-in: no request is running."""
    lease.used()
    return lease
