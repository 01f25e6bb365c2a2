"""Stand-ins for the network and the license: a wire that plays HTTP answers byte by byte, and sessions that take
seats."""

from __future__ import annotations

import http.client
import io
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter

from acumatica_client.errors import LoginLimit
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.query import Request
from acumatica_client.session.pool import SessionPool

TIMEOUT = 20.0  # seconds until a test that hangs is a test that fails
REASONS = {200: "OK", 204: "No Content", 302: "Found", 401: "Unauthorized", 500: "Internal Server Error"}


def envelope(message: str, kind: str = "PX.Data.PXException", **more: object) -> bytes:
    """The body of a 500: ASP.NET's HttpError as Acumatica spells it."""
    whole = {"message": "An error has occurred.", "exceptionMessage": message, "exceptionType": kind, **more}
    return json.dumps(whole).encode()


def fault(message: str, kind: str = "PX.Data.PXException", status: int = 500, **more: object) -> Answer:
    return Answer(status, {"content-type": "application/json; charset=utf-8"}, envelope(message, kind, **more))


def page(status: int, text: str = "<html><body>Sorry</body></html>") -> Answer:
    return Answer(status, {"content-type": "text/html"}, text.encode())


def redirect(location: str) -> Answer:
    return Answer(302, {"location": location})


def raw(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None, *cookies: str) -> bytes:
    """An HTTP answer as it travels; Content-Length is added unless a header says how the body ends."""
    lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Whatever')}"]
    given = dict(headers or {})
    if not {"Transfer-Encoding", "Content-Length", "Connection"} & set(given) and status != 204:
        given["Content-Length"] = str(len(body))
    lines += [f"{name}: {value}" for name, value in given.items()]
    lines += [f"Set-Cookie: {cookie}" for cookie in cookies]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class _Socket:
    def __init__(self, stream: bytes) -> None:
        self._stream = stream

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self._stream)


@dataclass
class Sent:
    """One request as it left, and the connection (the HTTP session object) that it left on."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | str | None
    timeout: object

    @property
    def path(self) -> str:
        return self.url.partition("example.com/site")[2]

    @property
    def cookies(self) -> dict[str, str]:
        pairs = [pair.partition("=") for pair in self.headers.get("Cookie", "").split("; ") if pair]
        return {name: value for name, _, value in pairs}


@dataclass
class Wire(BaseAdapter):
    """Plays the given answers in turn: raw bytes, an exception to raise, or a function of what was sent."""

    answers: list[bytes | BaseException | Callable[[Sent], bytes]] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    def play(self, *answers: bytes | BaseException | Callable[[Sent], bytes]) -> Wire:
        self.answers.extend(answers)
        return self

    def paths(self) -> list[str]:
        return [one.path for one in self.sent]

    def send(self, request: requests.PreparedRequest, *_: object, **options: object) -> requests.Response:
        leaving = Sent(
            request.method or "", request.url or "", dict(request.headers), request.body, options.get("timeout")
        )
        self.sent.append(leaving)
        answer = self.answers.pop(0)
        answer = answer(leaving) if callable(answer) else answer
        if isinstance(answer, BaseException):
            if isinstance(answer, requests.RequestException):
                answer.request = request
            raise answer
        return HTTPAdapter().build_response(request, _parsed(answer, leaving.method))

    def close(self) -> None:
        """Nothing to close."""


def _parsed(stream: bytes, method: str) -> urllib3.HTTPResponse:
    """What urllib3 makes of these bytes; the steps are those of its own HTTPConnection.getresponse."""
    plain = http.client.HTTPResponse(_Socket(stream), method=method)  # a socket only as far as makefile
    plain.begin()
    return urllib3.HTTPResponse(
        body=plain,
        headers=urllib3.HTTPHeaderDict(plain.msg.items()),
        status=plain.status,
        reason=plain.reason,
        preload_content=False,
        decode_content=False,
        original_response=plain,
        enforce_content_length=True,
        request_method=method,
    )


class License:
    """The seats of a server. `most` is the largest number of them that were ever taken at once."""

    def __init__(self, seats: int) -> None:
        self.seats = seats
        self.taken = 0
        self.most = 0
        self.logins = 0
        self._lock = threading.Lock()

    def take(self) -> None:
        with self._lock:
            self.logins += 1
            if self.taken >= self.seats:
                raise LoginLimit("No seat.")
            self.taken += 1
            self.most = max(self.most, self.taken)

    def release(self) -> None:
        with self._lock:
            self.taken -= 1


class FakeSession:
    """A session without a network. `before_login` and `answer` may raise what the real one raises."""

    def __init__(
        self,
        license_: License,
        before_login: Callable[[FakeSession], None] = lambda _: None,
        answer: Callable[[Request], Answer] = lambda _: Answer(200, body=b"[]"),
    ) -> None:
        self._license, self._before_login, self._answer = license_, before_login, answer
        self.signed_in = False
        self._lock = threading.Lock()

    def log_in(self) -> None:
        self._before_login(self)
        self._license.take()
        self.signed_in = True

    def log_out(self) -> None:
        with self._lock:
            was, self.signed_in = self.signed_in, False
        if was:
            self._license.release()

    def send(self, request: Request) -> Answer:
        return self._answer(request)


class Script:
    """Raises or returns the given outcomes in turn; the last one for ever."""

    def __init__(self, *outcomes: object) -> None:
        self._outcomes = list(outcomes)
        self.calls = 0

    def __call__(self, *_: object) -> object:
        outcome = self._outcomes[min(self.calls, len(self._outcomes) - 1)]
        self.calls += 1
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class Office:
    """A pool with a license behind it; keeps the sessions that were built and the pauses that were made."""

    def __init__(
        self,
        limit: int = 3,
        seats: int = 99,
        login_wait: float = 600.0,
        before_login: Callable[[FakeSession], None] = lambda _: None,
        while_pausing: Callable[[float], None] | None = lambda _: None,
        admit: Callable[[FakeSession], None] | None = None,
    ) -> None:
        self.license = License(seats)
        self.now = 0.0
        self.sessions: list[FakeSession] = []
        self.pauses: list[float] = []
        self._before_login, self._while_pausing = before_login, while_pausing
        self._tried = threading.Semaphore(0)
        self.pool = SessionPool(
            self._new_session,
            limit,
            login_wait=login_wait,
            sleep=None if while_pausing is None else self._pause,
            clock=lambda: self.now,
            admit=admit,
        )

    def await_tries(self, count: int) -> None:
        """Until so many sign-ins more were begun than were awaited before."""
        for _ in range(count):
            assert self._tried.acquire(timeout=TIMEOUT)

    def _new_session(self) -> FakeSession:
        def before_login(session: FakeSession) -> None:
            self._tried.release()
            self._before_login(session)

        session = FakeSession(self.license, before_login)
        self.sessions.append(session)
        return session

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        assert self._while_pausing
        self._while_pausing(seconds)

    def signed_in(self) -> list[FakeSession]:
        return [session for session in self.sessions if session.signed_in]


def in_thread(work: Callable[[], object]) -> Callable[..., object]:
    """Starts the work in a thread; the returned function waits for it and gives its result or raises its error."""
    outcome: list[object] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001 - raised in the test
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def result(timeout: float = TIMEOUT) -> object:
        thread.join(timeout)
        assert not thread.is_alive(), "the thread hangs"
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    return result
