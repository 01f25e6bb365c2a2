"""Who may talk when: at most `limit` sessions, opened when there is work for them, each lent to one thread at a time.

Each session costs a seat of the license, so an idle one is lent before a new one is opened; a login limit with seats
in hand only lowers the ceiling; with none in hand it is waited out for `login_wait` seconds. While none is open one
thread alone signs in: many at once would turn one wrong password into a locked user, and for the same reason a refused
sign-in is remembered. A session that the server has ended is never lent again.

    not open --> opening --> on loan <--> idle
        ^           |           |          |
        +--refused--+--- lost, closed -----+
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from acumatica_client.errors import AcumaticaError, LoginLimit, SessionLost, SignInRefused
from acumatica_client.session import Session

_log = logging.getLogger("acumatica_client")
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 60.0
_LEAST_PAUSE = 0.5
_CLOSING_PATIENCE = 30.0


class PoolClosed(Exception):
    """The pool was closed: the work is being given up.

    Not an `AcumaticaError`: nothing is wrong with a record or an instance, so nobody who handles those may catch it.
    """


class SessionPool:
    """Lends sessions. `login_wait` and `sleep` count in seconds."""

    def __init__(
        self,
        new_session: Callable[[], Session],
        limit: int,
        *,
        login_wait: float = 600.0,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._new_session, self._limit = new_session, max(1, limit)
        self._login_wait, self._sleep = login_wait, sleep or self._sleep_until_closed
        # Its lock can be taken again by the thread that holds it: `close` may come from a signal handler, in any frame.
        self._changed = threading.Condition()
        self._closed = False
        self._idle: list[Session] = []
        self._open: set[Session] = set()  # signed in, idle or on loan
        self._openers: set[int] = set()  # the threads in the middle of a sign-in
        self._waited = 0.0  # for a seat since none is open, all threads together: the next one does not begin anew
        self._refusal: SignInRefused | None = None
        self._in_doubt = False  # a session was lost, and no sign-in has worked since

    @contextmanager
    def borrow(self) -> Iterator[Session]:
        """A signed-in session for this thread alone. Raises what `Session.log_in` raises, or PoolClosed.

        A borrower that finds the session lost lets SessionLost pass: the session is thrown away, and its seat is free.
        """
        session = self._take()
        try:
            yield session
        except SessionLost:
            self._drop(session)
            raise
        finally:
            self._give_back(session)

    def close(self) -> None:
        """Sign every session out, those on loan included; nothing is lent any more. May be called twice.

        A session that is being opened is signed out by its opener, which is waited for.
        """
        with self._changed:
            self._closed = True
            self._idle.clear()
            self._changed.notify_all()
        while (session := self._one_open()) is not None:
            session.log_out()
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: not self._openers - {me}, timeout=_CLOSING_PATIENCE)

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than until the pool is closed. Raises PoolClosed then."""
        self._sleep(seconds)
        self._stop_when_closed()

    def _take(self) -> Session:
        while True:
            with self._changed:
                self._changed.wait_for(self._can_serve)
                self._stop_when_closed()
                if self._idle:
                    return self._idle.pop()
                if self._refusal is not None:
                    raise SignInRefused(self._refusal.message, advice=self._refusal.advice, detail=self._refusal.detail)
                self._openers.add(threading.get_ident())
            session = self._open_one()
            if session is not None:
                return session

    def _can_serve(self) -> bool:
        if self._closed or self._idle:
            return True
        if not self._open:
            return not self._openers
        if self._in_doubt and (self._openers or self._refusal is not None):
            return False  # those who lost their sessions would be refused one after the other, until the user is locked
        return len(self._open) + len(self._openers) < self._limit

    def _open_one(self) -> Session | None:
        """A new session, or None when the server gives no more and others are in hand."""
        session = None
        try:
            session = self._new_session()
            self._log_in_patiently(session)
            self._keep(session)
            return session
        except (LoginLimit, SignInRefused) as error:
            if not self._lower_the_ceiling(error):
                raise
            return None
        except BaseException:
            # A stop signal, too, can come when the seat is taken and the session not yet ours.
            if session is not None:
                session.log_out()
            raise
        finally:
            with self._changed:
                self._openers.discard(threading.get_ident())
                self._changed.notify_all()

    def _log_in_patiently(self, session: Session) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                return session.log_in()
            except LoginLimit as error:
                pause = min(pause, self._patience_left())
                if pause < _LEAST_PAUSE:
                    raise
                _log.warning("%s Waiting %.0f seconds for one.", error.message, pause)
            self._waited += pause
            self.pause(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _patience_left(self) -> float:
        """Seconds; none for a thread that can go on with the sessions of others."""
        with self._changed:
            return 0.0 if self._open else self._login_wait - self._waited

    def _keep(self, session: Session) -> None:
        with self._changed:
            self._open.add(session)  # before the look at `_closed`: the signal may come between these lines
            self._waited, self._refusal, self._in_doubt = 0.0, None, False
            self._stop_when_closed()

    def _lower_the_ceiling(self, error: AcumaticaError) -> bool:
        """Carry on with the sessions in hand; False when there is none.

        A refusal counts as a limit here: the user and the password were good for the sessions in hand.
        """
        with self._changed:
            if isinstance(error, SignInRefused) and (self._in_doubt or not self._open):
                self._refusal = error
            if self._open:
                self._limit = min(self._limit, len(self._open) + len(self._openers) - 1)
                _log.warning("%s Going on with %d sessions.", error.message, self._limit)
                return True
            if isinstance(error, SignInRefused):
                return False
            return self._patience_left() >= _LEAST_PAUSE  # those in hand were lost meanwhile: begin again

    def _give_back(self, session: Session) -> None:
        with self._changed:
            if session in self._open and not self._closed:
                self._idle.append(session)
                self._changed.notify_all()

    def _drop(self, session: Session) -> None:
        """Throw a lost session away, and those that idle beside it: what ends one (a restart of the site, ten minutes
        without a request) has mostly ended them as well. Signed out first, in case that a seat is still taken."""
        with self._changed:
            self._in_doubt, lost = True, [session, *self._idle]
            self._idle.clear()
        for each in lost:
            each.log_out()
            with self._changed:
                self._open.discard(each)
                self._changed.notify_all()

    def _one_open(self) -> Session | None:
        with self._changed:
            return self._open.pop() if self._open else None

    def _stop_when_closed(self) -> None:
        if self._closed:
            raise PoolClosed("The connector is stopping.")

    def _sleep_until_closed(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed, timeout=seconds)
