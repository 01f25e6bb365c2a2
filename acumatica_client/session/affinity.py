"""Runs of requests that must stay in one session.

Some of what a session says is true in it alone: the ids of detail rows without a NoteID, and the state of a long
operation (guide). So a thread can keep one session for a while; all of its calls use it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from acumatica_client.errors import SessionLost
from acumatica_client.session.pool import SessionPool
from acumatica_client.session.session import Session

Result = TypeVar("Result")


class SessionAffinity(threading.local):
    """The session that the calling thread keeps, None for most."""

    def __init__(self, pool: SessionPool) -> None:
        self._pool = pool
        self.session: Session | None = None

    @contextmanager
    def borrow(self) -> Iterator[Session]:
        """The session that is kept, else one of the pool for one request."""
        if self.session is not None:
            yield self.session
            return
        with self._pool.borrow() as session:
            yield session

    def run(self, work: Callable[[], Result], *, pause_after: Callable[[SessionLost, int], float | None]) -> Result:
        """`work` with one session; from its beginning again when the session is lost, since a lost session did not
        act on the last request. `pause_after` an attempt says how long to wait, None to give up."""
        if self.session is not None:
            return work()
        attempt = 1
        while True:
            try:
                return self._once(work)
            except SessionLost as error:
                pause = pause_after(error, attempt)
                if pause is None:
                    raise
            self._pool.pause(pause)
            attempt += 1

    def _once(self, work: Callable[[], Result]) -> Result:
        with self._pool.borrow() as session:
            self.session = session
            try:
                return work()
            finally:
                self.session = None
