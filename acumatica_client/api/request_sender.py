"""Sends signed-in requests through the pool of sessions, and repeats what is safe to repeat."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from acumatica_client.api import files
from acumatica_client.errors import AcumaticaError, Overloaded, SessionLost, Unreachable
from acumatica_client.rest.answers import Answer, error_of
from acumatica_client.rest.backoff import Backoff
from acumatica_client.rest.json_repair import REPAIRED, valid_json
from acumatica_client.rest.query import Request
from acumatica_client.rest.retry import retry_pause
from acumatica_client.session.affinity import Result, SessionAffinity
from acumatica_client.session.pace import RequestBudget
from acumatica_client.session.pool import SessionPool
from acumatica_client.session.session import Session

_LARGE = 1 << 16  # bytes
_log = logging.getLogger("acumatica_client")


class RequestSender:
    """Safe for many threads: each call borrows a session of the pool for its duration.

    `headers` go with every request. `on_backing_off` gets the seconds of a wait that the server's load asks for, in the
    thread that waits; `on_request` is called for each request that is sent, in the thread that sends it.
    """

    def __init__(
        self,
        pool: SessionPool,
        budget: RequestBudget,
        retry: Backoff,
        *,
        headers: Mapping[str, str],
        jitter: Callable[[], float],
        on_backing_off: Callable[[float], None] | None = None,
        on_request: Callable[[], None] | None = None,
    ) -> None:
        self._pool, self._budget, self._retry = pool, budget, retry
        self._headers, self._jitter = headers, jitter
        self._on_backing_off = on_backing_off or (lambda seconds: None)
        self._on_request = on_request or (lambda: None)
        self._affinity = SessionAffinity(pool)
        self._repaired_paths: set[str] = set()
        self.server_date: datetime | None = None
        """The server's clock (UTC) at its latest answer, None when no answer carried a date."""

    def send(self, request: Request) -> Answer:
        """A signed-in call, repeated as the retry policy allows. Raises the error that the last answer stands for, what
        `Session.log_in` raises, or PoolClosed.

        The pool discards a session that turns out to be lost; the repetition borrows another one. An error at the
        sign-in says itself that this request was not sent, so writes are repeated after it, too.
        """
        attempt = 1
        while True:
            generation = self._pool.parallelism.generation
            try:
                return self._send_once(request)
            except AcumaticaError as error:
                if isinstance(error, Overloaded) or (isinstance(error, Unreachable) and error.sent):
                    self._pool.overloaded(generation)
                pause = self._pause_after(error, attempt, request)
                if pause is None:
                    raise
                _log.warning(
                    "%s Trying again in %.0f s (%s %s).", error.message, pause, request.method, request.log_path
                )
                if isinstance(error, Overloaded):
                    self._on_backing_off(pause)
            self._pool.pause(pause)
            attempt += 1

    def in_one_session(self, work: Callable[[], Result]) -> Result:
        """`work` with all of its calls in one session. It starts again when the session is lost, so it begins by
        reading, or repeats only what it may."""

        def pause_after(error: SessionLost, attempt: int) -> float | None:
            return retry_pause(self._retry, error, attempt=attempt, repeatable=True, draw=self._jitter())

        return self._affinity.run(work, pause_after=pause_after)

    def pause(self, seconds: float) -> None:
        """Wait between two attempts of the caller's own, but not longer than until the client is closed. Raises
        PoolClosed then."""
        self._pool.pause(seconds)

    def read_page(self, request: Request) -> Answer:
        """An answer of the site beside the API, such as a web page, of any status; sent once, as it is."""
        with self._affinity.borrow() as session:
            return session.send(request)

    def _pause_after(self, error: AcumaticaError, attempt: int, request: Request) -> float | None:
        """Seconds to wait before the request is sent again, or None to give up."""
        lost_in_one_session = isinstance(error, SessionLost) and self._affinity.session is not None
        if lost_in_one_session or (request.once and error.went_out):
            return None
        return retry_pause(self._retry, error, attempt=attempt, repeatable=request.repeatable, draw=self._jitter())

    def _send_once(self, request: Request) -> Answer:
        wait = self._budget.reserve() if request.counted else 0.0
        if wait > 0:
            self._on_backing_off(wait)
            self._pool.pause(wait)
        with self._affinity.borrow() as session:
            try:
                answer = self._exchange(session, request)
            except AcumaticaError as error:
                raise error.replace(went_out=True) from error.__cause__
            self._pool.succeeded(session)
        return answer

    def _exchange(self, session: Session, request: Request) -> Answer:
        self._on_request()
        answer = session.send(replace(request, headers={**self._headers, **request.headers}))
        answer = answer if request.binary else self._repaired(answer, request)
        self.server_date = answer.date() or self.server_date
        error = (files.file_error_of if request.binary else error_of)(answer)
        if error is not None:
            raise error
        return answer

    def _repaired(self, answer: Answer, request: Request) -> Answer:
        """The answer without values that are no valid JSON. The record codec checks large lists when it splits them."""
        large_list = len(answer.body) > _LARGE and answer.body[:1] == b"["
        body = answer.body if large_list else valid_json(answer.body)
        if body is answer.body:
            return answer
        if request.log_path not in self._repaired_paths:
            self._repaired_paths.add(request.log_path)
            _log.warning("%s %s: %s", request.method, request.log_path, REPAIRED)
        return replace(answer, body=body)
