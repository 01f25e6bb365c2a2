"""The client at a real socket: sign-ins that end, pages of servers in front, and requests that were never sent."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress

import pytest

from acumatica_client import AcumaticaClient, Backoff, ConnectionSettings, Query, errors
from acumatica_client.auth import CookieSignIn
from acumatica_client.rest import Request
from acumatica_client.transport.instance_address import parse_instance_uri
from acumatica_emulator import Emulator
from integration_tests.transcript import PASSWORD

FAST = Backoff(attempts=7, first=0.0, longest=0.0)
LARGE = Request("PUT", "/entity/Default/24.200.001/Customer", body=b" " * 30_000_000 + b"{}", repeatable=False)


@pytest.fixture
def instance() -> Iterator[Emulator]:
    with Emulator(("Company",), seats=20, seed=3) as emulator:
        yield emulator
        assert emulator.sessions_open == 0


@pytest.fixture
def client_of() -> Iterator[Callable[..., AcumaticaClient]]:
    with ExitStack() as stack:

        def build(url: str, sessions: int = 1, company: str = "Company") -> AcumaticaClient:
            sign_in = CookieSignIn("admin", PASSWORD, company)
            settings = ConnectionSettings(
                parse_instance_uri(url), sign_in, "Default", "24.200.001", sessions, login_wait=0.0, retry=FAST
            )
            return stack.enter_context(AcumaticaClient(settings))

        yield build


def test_lists_that_all_lead_to_the_sign_in_page_cost_a_handful_of_sign_ins(
    instance: Emulator, client_of: Callable[..., AcumaticaClient]
) -> None:
    client = client_of(instance.url, sessions=4)
    client.schema()
    instance.faults.add("sign_in_page", method="GET", path="*/Default/24.200.001/*", times=0)

    def stream(entity: str) -> BaseException | None:
        with suppress(errors.SessionLost):
            try:
                client.fetch_list(entity, Query(top=10))
            except errors.SignInRefused as error:
                return error
        return None

    with ThreadPoolExecutor(16) as workers:
        ends = list(workers.map(stream, ["Customer", "Vendor", "Bill", "SalesOrder"] * 20))

    assert instance.logins <= 4 + 6
    assert "shows its sign-in page" in str(next(filter(None, ends)))
    instance.faults.clear()


@pytest.mark.parametrize("status", [403, 404, 400, 406, 501, 500, 200])
def test_a_page_of_a_server_in_front_is_distinguished_from_an_answer_of_acumatica(
    instance: Emulator, client_of: Callable[..., AcumaticaClient], status: int
) -> None:
    client = client_of(instance.url)
    client.schema()
    page = "<html><title>Request blocked</title></html>"
    instance.faults.add("html", path="*/Customer*", status=status, body=page, times=0)

    for call in (
        lambda: client.fetch_list("Customer", Query(top=1), patient=False),
        lambda: client.fetch_one("Customer", ["ABARTENDE"], Query()),
        lambda: client.put("Customer", b"{}", repeatable=False),
    ):
        with pytest.raises(errors.IntermediaryRefused) as raised:
            call()
        assert raised.value.title == "Request blocked"
        assert raised.value.failure_type == ("transient" if status in (200, 500) else "config")
    instance.faults.clear()


@pytest.mark.parametrize("key", ["C++", "ACMEINC.", "CON", "R&D", "50%", "A:B", "A/B"])
def test_a_record_whose_key_the_web_server_refuses_is_read_and_deleted_by_its_id(
    instance: Emulator, client_of: Callable[..., AcumaticaClient], key: str
) -> None:
    client = client_of(instance.url)
    body = json.dumps({"CustomerID": {"value": key}, "CustomerName": {"value": "Odd"}}).encode()
    client.put("Customer", body, repeatable=True)

    found = json.loads(client.fetch_one("Customer", [key], Query(select=("CustomerID", "CustomerName"))))
    assert (found["CustomerID"]["value"], found["CustomerName"]["value"]) == (key, "Odd")
    client.delete("Customer", [key])
    with pytest.raises(errors.NoSuchRecord):
        client.fetch_one("Customer", [key], Query())


def test_a_name_that_no_host_has_and_a_port_that_refuses_get_nothing(client_of: Callable[..., AcumaticaClient]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as unused:
        port = unused.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://no-such-host.invalid"):
        with pytest.raises(errors.Unreachable) as raised:
            client_of(url).send(LARGE)
        assert not raised.value.was_sent


@pytest.fixture
def server() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """A server on a port of its own that does this with each connection."""
    with ExitStack() as stack:

        def serve(handle: Callable[[socket.socket], None]) -> int:
            listener = stack.enter_context(closing(socket.create_server(("127.0.0.1", 0))))

            def accept() -> None:
                with suppress(OSError):
                    while True:
                        handle(listener.accept()[0])

            threading.Thread(target=accept, daemon=True).start()
            return int(listener.getsockname()[1])

        yield serve


def reset(stream: socket.socket) -> None:
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()


def reset_in_the_body(stream: socket.socket) -> None:
    stream.recv(1000)
    reset(stream)


def reset_after_the_body(stream: socket.socket) -> None:
    received = b""
    while not received.endswith(b"{}"):
        received += stream.recv(1000)
    reset(stream)


def speak_http(stream: socket.socket) -> None:
    stream.recv(1000)
    stream.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    stream.close()


@pytest.mark.parametrize(
    ("scheme", "handle"),
    [
        pytest.param("https", reset, id="reset before the handshake"),
        pytest.param("https", lambda stream: stream.close(), id="closed before the handshake"),
        pytest.param("https", reset_in_the_body, id="reset in the handshake"),
        pytest.param("https", speak_http, id="no TLS at all"),
        pytest.param("http", reset_in_the_body, id="reset before the body was written"),
    ],
)
def test_what_ends_before_the_request_was_written_was_not_sent(
    server: Callable[..., int], client_of: Callable[..., AcumaticaClient], scheme: str, handle: Callable[..., None]
) -> None:
    session = client_of(f"{scheme}://127.0.0.1:{server(handle)}")._sessions.new_session()

    with pytest.raises(errors.Unreachable) as raised:
        session.send(LARGE)

    assert not raised.value.was_sent, raised.value.detail


def test_an_answer_that_never_comes_may_follow_a_request_that_arrived(
    server: Callable[..., int], client_of: Callable[..., AcumaticaClient]
) -> None:
    session = client_of(f"http://127.0.0.1:{server(reset_after_the_body)}")._sessions.new_session()

    with pytest.raises(errors.Unreachable) as raised:
        session.send(Request("PUT", "/entity/x", body=b"{}", repeatable=False))

    assert raised.value.was_sent
