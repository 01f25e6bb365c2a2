"""The pool of sessions: at most `limit`, opened when there is work for them, each lent to one thread at a time.

Each session costs a seat of the license, so an idle one is lent before a new one is opened; a login limit while
sessions are open only lowers the ceiling, for some minutes; with none open it is waited for `login_wait` seconds. While
none is open one thread alone signs in, and a refused sign-in is remembered: many wrong passwords lock the user. A
session that the server has ended is never lent again. Fewer are lent while the server is overloaded. Where one fresh
session after the other is lost before its first answer, the sign-ins stop: they would go on with every request.

    not open --> opening --> on loan <--> idle
        ^           |           |          |
        +--refused--+--- lost, closed -----+
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace

from acumatica_client.errors import AcumaticaError, LoginLimit, SeatLost, SessionLost, SignInRefused
from acumatica_client.rest.backoff import Backoff
from acumatica_client.session.pace import Parallelism
from acumatica_client.session.session import Session

_log = logging.getLogger("acumatica_client")
_LOGIN_BACKOFF = Backoff(attempts=None, first=5.0, longest=60.0, jitter=0.0)
_CLOSE_TIMEOUT = 5.0  # for those in the middle of a sign-in; a container that has to stop has seconds
_TRY_FOR_MORE_AFTER = 300.0
_MOST_FRESH_LOST = 5  # sessions in a row that were lost without one answer, for all streams and workers together


class PoolClosed(Exception):
    """The pool was closed: the work is being given up.

    Not an `AcumaticaError`: nothing is wrong with a record or an instance, so code that handles those must not catch
    it.
    """


class SessionPool:
    """Lends sessions. `login_wait`, `clock` and `sleep` count in seconds.

    `admit` gets each session before it is lent for the first time; what it raises ends the sign-in.
    """

    def __init__(
        self,
        new_session: Callable[[], Session],
        limit: int,
        *,
        login_wait: float = 600.0,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
        admit: Callable[[Session], None] | None = None,
    ) -> None:
        self._new_session, self._most, self._limit = new_session, max(1, limit), max(1, limit)
        self._clock, self._lowered_at, self._admit = clock, 0.0, admit
        self.parallelism = Parallelism(self._most)
        self._login_backoff = replace(_LOGIN_BACKOFF, elapsed=login_wait)
        self._sleep = sleep or self._sleep_until_closed
        # Its lock is reentrant: `close` may come from a signal handler, in any frame.
        self._changed = threading.Condition()
        self._closed, self.most_open = False, 0  # sessions at the same time, so far
        self._idle: list[Session] = []
        self._open: set[Session] = set()  # signed in, idle or on loan
        self._signing_out: list[threading.Thread] = []
        self._openers: set[int] = set()  # the threads in the middle of a sign-in, or of signing out what is too many
        self._waited = 0.0  # for a seat since none is open, all threads together: the next one does not begin anew
        self._refusal: SignInRefused | None = None
        self._in_doubt = False  # a session was lost, and no sign-in has worked since
        self._used: set[Session] = set()  # of the open ones, those that have answered a request
        self._fresh_lost = 0  # sessions that were lost before their first answer, since the last answer

    @contextmanager
    def borrow(self) -> Iterator[Session]:
        """A signed-in session for this thread alone. Raises what `Session.log_in` raises, or PoolClosed.

        A borrower that finds the session lost lets SessionLost pass: the session is thrown away, and its seat is free.
        """
        session = self._take()
        try:
            yield session
        except SessionLost as error:
            self._drop(session, error)
            raise
        finally:
            self._take_back(session)

    def close(self) -> None:
        """Sign every session out, those on loan included; nothing is lent any more. May be called twice.

        A session that is being opened is signed out by its opener, which is waited for.
        """
        with self._changed:
            self._closed = True
            self._idle.clear()
            self._changed.notify_all()
        self._sign_all_out()
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: not self._openers - {me}, timeout=_CLOSE_TIMEOUT)

    def overloaded(self, generation: int) -> None:
        """The server was overloaded by a request that began in that generation: lend fewer at once."""
        with self._changed:
            if self.parallelism.overloaded(generation):
                _log.warning("Acumatica did not keep up: at most %d at once from now on.", self.parallelism.allowed)

    def succeeded(self, session: Session) -> None:
        """The session has answered a request: after a run of answers one more is lent at once."""
        with self._changed:
            self._used.add(session)
            self._fresh_lost = 0
            if self.parallelism.succeeded():
                self._changed.notify_all()

    def shrink(self, most: int) -> None:
        """Go down to so many sessions, because another connection waits for a seat: the idle ones are signed out now,
        those on loan as they come back. More are tried for after some minutes, as at the login limit."""
        with self._changed:
            surplus = len(self._open) - most
            if surplus <= 0 or self._closed:
                return
            self._limit, self._lowered_at = max(1, most), self._clock()
            _log.info("Another connection waits for a session: continuing with %d at most.", most)
            spare, self._idle = self._idle[:surplus], self._idle[surplus:]
            self._retire(spare)
        for session in spare:
            session.log_out()
        self._retired()

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
                if self._fresh_lost >= _MOST_FRESH_LOST:
                    raise SignInRefused(_LOST_AT_ONCE.format(self._fresh_lost), advice=_LOST_ADVICE)
                if self._refusal is not None:
                    raise self._refusal.replace()
                opened = self._start_opening()
            session = opened.result()
            if session is not None:
                return session

    def _start_opening(self) -> Future[Session | None]:
        """`_open_one` in a thread of its own: a stop signal interrupts the main thread wherever it is, and in the
        middle of a sign-in the answer would be lost, with the cookies of a seat that is taken by then."""
        opened: Future[Session | None] = Future()

        def work() -> None:
            try:
                opened.set_result(self._open_one())
            except BaseException as error:  # noqa: BLE001  raised in the borrower
                opened.set_exception(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self._openers.add(thread.ident or 0)
        return opened

    def _can_serve(self) -> bool:
        if self._closed or self._fresh_lost >= _MOST_FRESH_LOST:
            return True
        if len(self._open) - len(self._idle) + len(self._openers) >= self.parallelism.allowed:
            return False
        if self._idle:
            return True
        if not self._open:
            return not self._openers
        if self._in_doubt and (self._openers or self._refusal is not None):
            return False  # those who lost their sessions would be refused one after the other, until the user is locked
        return len(self._open) + len(self._openers) < self._ceiling()

    def _ceiling(self) -> int:
        """The most sessions for now; after some minutes at a lowered one, one more may be tried."""
        if self._limit < self._most and self._clock() - self._lowered_at >= _TRY_FOR_MORE_AFTER:
            self._limit, self._lowered_at = self._limit + 1, self._clock()
        return self._limit

    def _open_one(self) -> Session | None:
        """A new session, or None when the server gives no more and others are open."""
        session = None
        try:
            session = self._new_session()
            self._log_in_waiting(session)
            if self._admit is not None:
                self._admit(session)
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

    def _log_in_waiting(self, session: Session) -> None:
        attempt = 1
        while True:
            try:
                return session.log_in()
            except LoginLimit as error:
                pause = self._login_pause(attempt)
                if pause is None:
                    raise
                _log.warning("%s Waiting %.0f seconds for one.", error.message, pause)
            self._waited += pause
            self.pause(pause)
            attempt += 1

    def _login_pause(self, attempt: int = 1) -> float | None:
        """Seconds until the next sign-in; None to give up, and for a thread that can use the sessions of others."""
        with self._changed:
            return None if self._open else self._login_backoff.pause(attempt, waited=self._waited)

    def _keep(self, session: Session) -> None:
        with self._changed:
            self._open.add(session)  # before the look at `_closed`: the signal may come between these lines
            self.most_open = max(self.most_open, len(self._open))
            self._waited, self._refusal, self._in_doubt = 0.0, None, False
            self._stop_when_closed()

    def _lower_the_ceiling(self, error: AcumaticaError) -> bool:
        """Continue with the open sessions; False when there is none.

        A refusal counts as a limit here: the user and the password were good for the open sessions.
        """
        with self._changed:
            if isinstance(error, SignInRefused) and (self._in_doubt or not self._open):
                self._refusal = error
            if self._open:
                self._limit = min(self._limit, len(self._open) + len(self._openers) - 1)
                self._lowered_at = self._clock()
                _log.warning("%s Continuing with %d sessions.", error.message, self._limit)
                return True
            # They were lost meanwhile: start again.
            return not isinstance(error, SignInRefused) and self._login_pause() is not None

    def _take_back(self, session: Session) -> None:
        with self._changed:
            if session not in self._open or self._closed:
                return
            if len(self._open) <= self._limit:
                self._idle.append(session)
                self._changed.notify_all()
                return
            self._retire([session])
        session.log_out()
        self._retired()

    def _retire(self, sessions: list[Session]) -> None:
        """They count no longer, but `close` waits for this thread, which signs them out."""
        self._open.difference_update(sessions)
        self._used.difference_update(sessions)
        self._openers.add(threading.get_ident())

    def _retired(self) -> None:
        with self._changed:
            self._openers.discard(threading.get_ident())
            self._changed.notify_all()

    def _drop(self, session: Session, error: SessionLost) -> None:
        """Throw a lost session away, and those that idle beside it: what ends one (a restart of the site, ten minutes
        without a request) has mostly ended them as well. Signed out first, in case that a seat is still taken."""
        with self._changed:
            self._in_doubt, lost = True, [session, *self._idle]
            self._fresh_lost += session not in self._used and not isinstance(error, SeatLost)
            self._idle.clear()
        for each in lost:
            each.log_out()
            with self._changed:
                self._open.discard(each)
                self._used.discard(each)
                self._changed.notify_all()

    def _sign_all_out(self) -> None:
        """At the same time: the server answers a sign-out behind the request that runs in its session, and a container
        that has to stop has seconds."""
        while (session := self._one_open()) is not None:
            thread = threading.Thread(target=session.log_out, daemon=True)
            thread.start()
            self._signing_out.append(thread)  # a second signal may come now: the next `close` waits for it
        for thread in self._signing_out:
            thread.join()

    def _one_open(self) -> Session | None:
        with self._changed:
            return self._open.pop() if self._open else None

    def _stop_when_closed(self) -> None:
        if self._closed:
            raise PoolClosed("The connector is stopping.")

    def _sleep_until_closed(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed, timeout=seconds)


_LOST_AT_ONCE = (
    "Acumatica accepts the sign-in, but then shows its sign-in page instead of data ({} new sessions in a row)."
)
_LOST_ADVICE = (
    "Check that the user may use the API (Users form, SM201010), that no other program signs it out, and that a proxy "
    "or load balancer in front of the instance passes cookies on and keeps a session on one server."
)
