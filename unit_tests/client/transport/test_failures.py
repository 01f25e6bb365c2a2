"""A request that certainly did not reach the server, and one that may have: its connection shows which it was."""

from __future__ import annotations

import errno
import io
import ssl
from collections.abc import Callable

import pytest
import requests

from acumatica_client import errors
from acumatica_client.auth.sign_in import CookieSignIn
from acumatica_client.rest.query import Request
from acumatica_client.session.session import Session, Timeouts
from acumatica_client.transport.connections import HandshakeFailed, NotSent
from acumatica_client.transport.failures import transport_error
from acumatica_client.transport.http_adapter import TransportAdapter
from acumatica_client.transport.instance_address import InstanceAddress

PUT = Request("PUT", "/entity/Default/24.200.001/Bill", body=b'{"Amount": 1}', repeatable=False)
ANSWER = b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n\r\n"


class Line:
    """What a connection uses of a socket: writes fail as ordered, reads give the answer or fail."""

    def __init__(self, writes: list[BaseException | None], answer: bytes | BaseException) -> None:
        self._writes, self._answer = writes, answer
        self.written = b""

    def sendall(self, data: bytes) -> None:
        trouble = self._writes.pop(0) if self._writes else None
        if trouble is not None:
            raise trouble
        self.written += bytes(data)

    def makefile(self, *_: object) -> io.BufferedIOBase:
        if isinstance(self._answer, BaseException):
            raise self._answer
        return io.BytesIO(self._answer)

    def settimeout(self, _: object) -> None:
        """Nothing waits here."""

    def setsockopt(self, *_: object) -> None:
        """Nothing to set."""

    def shutdown(self, _: object) -> None:
        """Nothing to end."""

    def close(self) -> None:
        """Nothing to close."""


def failure(open_: Callable[[str, int], object]) -> errors.AcumaticaError:
    session = Session(
        InstanceAddress("http://erp.example.com/site"),
        CookieSignIn("a", "b"),
        Timeouts(),
        "test",
        prepare=lambda http: http.mount("http://", TransportAdapter(authority="", open_=open_)),  # type: ignore[arg-type]
    )
    with pytest.raises(errors.AcumaticaError) as raised:
        session.send(PUT)
    return raised.value


@pytest.mark.parametrize(
    "writes",
    [
        pytest.param([ConnectionResetError(errno.ECONNRESET, "reset")], id="reset at the head"),
        pytest.param([None, ConnectionResetError(errno.ECONNRESET, "reset")], id="reset at the body"),
        pytest.param([None, BrokenPipeError(errno.EPIPE, "pipe")], id="the server closed its side"),
        pytest.param([None, TimeoutError("slow")], id="the body was not taken"),
        pytest.param([None, OSError("network is unreachable")], id="the network went away"),
        pytest.param([None, ssl.SSLError(1, "bad record")], id="TLS broke"),
    ],
)
def test_a_request_that_was_not_written_as_a_whole_was_not_sent(writes: list[BaseException | None]) -> None:
    line = Line(writes, ConnectionResetError("reset"))

    error = failure(lambda host, port: line)

    assert isinstance(error, errors.Unreachable)
    assert not error.was_sent
    assert b"Amount" not in line.written


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[", ConnectionResetError("reset"), TimeoutError("slow")],
)
def test_a_request_that_was_written_may_have_been_acted_on(answer: bytes | BaseException) -> None:
    error = failure(lambda host, port: Line([], answer))

    assert isinstance(error, errors.Unreachable)
    assert error.was_sent


def test_an_answer_that_came_before_the_end_of_the_request_counts() -> None:
    session = Session(
        InstanceAddress("http://erp.example.com/site"),
        CookieSignIn("a", "b"),
        Timeouts(),
        "test",
        prepare=lambda http: http.mount(
            "http://",
            TransportAdapter(
                authority="", open_=lambda host, port: Line([None, BrokenPipeError(errno.EPIPE, "pipe")], ANSWER)
            ),  # type: ignore[arg-type, return-value]
        ),
    )

    assert session.send(PUT).status == 413


@pytest.mark.parametrize("trouble", [ConnectionRefusedError("refused"), OSError("no route"), TimeoutError("slow")])
def test_a_connection_that_did_not_come_about_carried_nothing(trouble: OSError) -> None:
    def open_(host: str, port: int) -> object:
        raise trouble

    assert not failure(open_).was_sent


def test_a_handshake_that_failed_carried_nothing_and_its_words_are_kept() -> None:
    broken = HandshakeFailed(1, "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred")
    error = transport_error(requests.exceptions.SSLError(broken), "https://erp.example.com")
    untrusted = HandshakeFailed(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired")

    assert not error.was_sent
    assert isinstance(transport_error(requests.exceptions.SSLError(untrusted), "https://x"), errors.SettingsError)
    assert transport_error(requests.exceptions.SSLError(ssl.SSLError(1, "bad record mac")), "https://x").was_sent


def test_trouble_with_the_request_itself_is_no_sent_request() -> None:
    assert not transport_error(requests.exceptions.InvalidURL("x"), "https://x").was_sent


def test_the_cause_is_found_however_deep_it_is_wrapped() -> None:
    wrapped = requests.ConnectionError(requests.packages.urllib3.exceptions.ProtocolError("Aborted.", NotSent("reset")))

    assert not transport_error(wrapped, "https://x").was_sent
