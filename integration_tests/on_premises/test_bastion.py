"""Requests through SSH servers: a real OpenSSH for keys, and one of our own where names and passwords matter."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncssh
import pytest
import requests

from acumatica_client.errors import AcumaticaError, SettingsError, Unreachable
from acumatica_client.transport import Transport, transport_settings
from acumatica_emulator import Emulator
from integration_tests.on_premises.conftest import port_of
from integration_tests.on_premises.servers import NamingBastion, OpenSsh, TlsFront
from integration_tests.processes import await_true, free_port

OpenHttp = Callable[..., requests.Session]


@pytest.fixture
def transports() -> Iterator[list[Transport]]:
    made: list[Transport] = []
    yield made
    for transport in made:
        transport.close()


@pytest.fixture
def open_http(transports: list[Transport]) -> OpenHttp:
    """A requests session on a transport; `tunnel` as the form has it."""

    def build(tunnel: dict[str, object], url: str = "https://localhost", **form: object) -> requests.Session:
        transports.append(Transport(transport_settings({"tunnel_method": tunnel, **form}), url))
        http = requests.Session()
        transports[-1].prepare(http)
        return http

    return build


@pytest.fixture
def raw_server() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """Serves one connection by a function; gives the port."""
    listeners, threads = [], []

    def start(serve: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(20)
        listeners.append(listener)

        def accept() -> None:
            with listener.accept()[0] as connection:
                connection.settimeout(20)
                serve(connection)

        threads.append(threading.Thread(target=accept, daemon=True))
        threads[-1].start()
        return listener.getsockname()[1]

    yield start
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    for listener in listeners:
        listener.close()


def site(instance: Emulator) -> str:
    return f"{instance.url}/entity"


def refusal(http: requests.Session, url: str) -> AcumaticaError:
    with pytest.raises(AcumaticaError) as raised:
        http.get(url, timeout=20)
    assert raised.value.advice
    return raised.value


def listening() -> set[str]:
    """The inodes of the listening TCP sockets of this process."""
    lines = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/self/net/{name}").read_text().split("\n")
    ]
    ours = {os.readlink(fd) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink() and os.path.lexists(fd)}
    return {line[9] for line in lines[1:] if len(line) > 9 and line[3] == "0A" and f"socket:[{line[9]}]" in ours}


# OpenSSH


def test_requests_reach_the_instance_over_one_ssh_connection(
    instance: Emulator, sshd: OpenSsh, open_http: OpenHttp
) -> None:
    http = open_http(sshd.form)
    assert sshd.sign_ins() == 0

    with ThreadPoolExecutor(4) as threads:
        codes = list(threads.map(lambda _: http.get(site(instance), timeout=20).status_code, range(12)))

    assert codes == [200] * 12
    assert (sshd.sign_ins(), sshd.connections) == (1, 1)


def test_tls_is_checked_for_the_real_host(front: TlsFront, pem: str, sshd: OpenSsh, open_http: OpenHttp) -> None:
    http = open_http(sshd.form, ca_certificate=pem)

    assert http.get(f"https://localhost:{front.port}/AcumaticaERP/entity", timeout=20).status_code == 200
    assert front.names == ["localhost"]
    with pytest.raises(requests.exceptions.SSLError, match="IP address mismatch"):
        http.get(f"https://127.0.0.1:{front.port}/AcumaticaERP/entity", timeout=20)


def test_no_port_of_this_machine_leads_into_the_tunnel(instance: Emulator, sshd: OpenSsh, open_http: OpenHttp) -> None:
    before = listening()
    assert open_http(sshd.form).get(site(instance), timeout=20).status_code == 200

    assert before
    assert listening() == before


def test_the_tunnel_ends_with_the_transport(
    instance: Emulator, sshd: OpenSsh, open_http: OpenHttp, transports: list[Transport]
) -> None:
    http = open_http(sshd.form)
    http.get(site(instance), timeout=20)
    thread = next(thread for thread in threading.enumerate() if thread.name == "bastion")
    transports[0].close()

    await_true(lambda: sshd.connections == 0, "sshd sees the end")
    assert not thread.is_alive()
    with pytest.raises(Unreachable, match="was closed"):
        http.get(site(instance), timeout=20)


def test_a_tunnel_that_dropped_is_opened_again(
    instance: Emulator, sshd: OpenSsh, open_http: OpenHttp, caplog: pytest.LogCaptureFixture
) -> None:
    http = open_http(sshd.form, url=instance.url)
    http.get(site(instance), timeout=20)
    http.close()  # else the request may leave on a stream whose end is not yet seen
    sshd.stop()
    sshd.start()

    assert http.get(site(instance), timeout=20).status_code == 200
    assert sshd.sign_ins() == 2
    assert [record.message for record in caplog.records if "broke" in record.message] == [
        f"The SSH tunnel through 127.0.0.1:{sshd.port} broke; opening it again."
    ]


def test_a_bastion_that_is_switched_off_is_reported_and_tried_again_by_the_next_request(
    instance: Emulator, sshd: OpenSsh, open_http: OpenHttp
) -> None:
    http = open_http(sshd.form)
    http.get(site(instance), timeout=20)
    http.close()  # else the request may leave on a stream whose end is not yet seen
    sshd.stop()
    error = refusal(http, site(instance))

    assert isinstance(error, Unreachable)
    assert not error.sent
    assert error.message == f"The SSH bastion 127.0.0.1:{sshd.port} cannot be reached."
    sshd.start()
    assert http.get(site(instance), timeout=20).status_code == 200


def test_a_request_in_flight_ends_when_the_tunnel_drops(instance: Emulator, sshd: OpenSsh, open_http: OpenHttp) -> None:
    instance.faults.add("slow", method="GET", seconds=3)
    http = open_http(sshd.form)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(http.get, site(instance), timeout=20)
        await_true(lambda: instance.faults.all_used, "the request arrives")
        sshd.stop()
        with pytest.raises(requests.ConnectionError):
            waiting.result(10)


def test_a_key_that_the_bastion_does_not_know_is_a_matter_of_settings(
    instance: Emulator, sshd: OpenSsh, open_http: OpenHttp
) -> None:
    another_key = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    error = refusal(open_http({**sshd.form, "ssh_key": another_key}), site(instance))

    assert isinstance(error, SettingsError)
    assert error.message == f"The SSH bastion 127.0.0.1:{sshd.port} refused the SSH key."
    assert "authorized_keys" in error.advice


@pytest.mark.parametrize("algorithm", ["ssh-rsa", "ecdsa-sha2-nistp256"])
@pytest.mark.parametrize("form", ["openssh", "pkcs1-pem", "pkcs8-pem"])
def test_every_usual_kind_of_key_signs_in(
    instance: Emulator, sshd: OpenSsh, open_http: OpenHttp, algorithm: str, form: str
) -> None:
    key = asyncssh.generate_private_key(algorithm)
    (sshd.folder / "authorized_keys").write_bytes(key.export_public_key())
    text = key.export_private_key(form).decode().replace("\n", "\\n")

    assert open_http({**sshd.form, "ssh_key": text}).get(site(instance), timeout=20).status_code == 200


def test_a_bastion_that_forwards_nothing_is_a_matter_of_settings(
    instance: Emulator, tmp_path: Path, open_http: OpenHttp
) -> None:
    sshd = OpenSsh(tmp_path / "strict", forwarding="no").start()
    try:
        error = refusal(open_http(sshd.form), site(instance))
    finally:
        sshd.stop()

    assert isinstance(error, SettingsError)
    assert f"does not allow a tunnel to 127.0.0.1:{port_of(instance)}" in error.message
    assert "AllowTcpForwarding" in error.advice


def test_an_instance_that_the_bastion_cannot_reach_is_reported(sshd: OpenSsh, open_http: OpenHttp) -> None:
    for target in (f"127.0.0.1:{free_port()}", "no-such-host.invalid:443"):
        error = refusal(open_http(sshd.form), f"https://{target}/")

        assert isinstance(error, Unreachable)
        assert error.message == f"The SSH bastion 127.0.0.1:{sshd.port} could not reach {target}."


def test_nothing_that_answers_is_no_bastion(
    instance: Emulator, front: TlsFront, sshd: OpenSsh, open_http: OpenHttp
) -> None:
    for port in (free_port(), front.port):
        error = refusal(open_http({**sshd.form, "tunnel_port": port}), site(instance))

        assert isinstance(error, Unreachable)
        assert f"The SSH bastion 127.0.0.1:{port}" in error.message


def test_a_bastion_that_says_nothing_is_given_up(
    instance: Emulator, sshd: OpenSsh, open_http: OpenHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acumatica_client.transport.ssh_tunnel._TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = refusal(open_http({**sshd.form, "tunnel_port": silent.getsockname()[1]}), site(instance))

    assert isinstance(error, Unreachable)
    assert "cannot be reached" in error.message


def test_closing_the_transport_ends_those_who_wait_for_the_bastion(
    instance: Emulator, sshd: OpenSsh, open_http: OpenHttp, transports: list[Transport]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as thread:
        silent.settimeout(20)
        http = open_http({**sshd.form, "tunnel_port": silent.getsockname()[1]})
        waiting = thread.submit(http.get, site(instance), timeout=20)
        with silent.accept()[0]:
            transports[0].close()
            with pytest.raises(Unreachable, match="was closed"):
                waiting.result(10)


# Host keys


def test_the_host_key_of_the_settings_is_the_only_one_that_is_good(
    instance: Emulator, sshd: OpenSsh, open_http: OpenHttp, caplog: pytest.LogCaptureFixture
) -> None:
    assert open_http({**sshd.form, "tunnel_host_key": sshd.host_key}).get(site(instance), timeout=20).status_code == 200
    assert "was not checked" not in caplog.text
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    error = refusal(open_http({**sshd.form, "tunnel_host_key": other}), site(instance))

    assert isinstance(error, SettingsError)
    assert "shows another host key" in error.message
    assert sshd.sign_ins() == 1


def test_without_one_the_log_shows_the_key_as_the_form_takes_it(
    instance: Emulator, sshd: OpenSsh, open_http: OpenHttp, caplog: pytest.LogCaptureFixture
) -> None:
    open_http(sshd.form).get(site(instance), timeout=20)
    (said,) = [record.message for record in caplog.records if "was not checked" in record.message]
    shown = said.partition("SSH host key: ")[2]
    caplog.clear()

    assert open_http({**sshd.form, "tunnel_host_key": shown}).get(site(instance), timeout=20).status_code == 200
    assert "was not checked" not in caplog.text


def test_files_of_the_machines_user_have_no_say(
    instance: Emulator, sshd: OpenSsh, open_http: OpenHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ".ssh"
    folder.mkdir()
    (folder / "config").write_text("Host *\n  Port 1\n  User other\n  ProxyCommand false\n")
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{sshd.port} ssh-ed25519 AAAA\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "no-agent"))

    assert open_http(sshd.form).get(site(instance), timeout=20).status_code == 200


# Names and passwords


def test_names_are_resolved_behind_the_bastion_and_tls_checks_them(
    naming: NamingBastion, front: TlsFront, pem: str, open_http: OpenHttp
) -> None:
    http = open_http(naming.form, ca_certificate=pem)

    assert http.get("https://erp.corp.test/AcumaticaERP/entity", timeout=20).status_code == 200
    assert naming.asked == [("erp.corp.test", 443)]
    assert front.names == ["erp.corp.test"]


def test_a_wrong_password_is_tried_once(naming: NamingBastion, open_http: OpenHttp) -> None:
    error = refusal(open_http({**naming.form, "tunnel_user_password": "wrong-pa55"}), "https://erp.corp.test/")

    assert isinstance(error, SettingsError)
    assert error.message == f"The SSH bastion 127.0.0.1:{naming.port} refused the password."
    assert naming.tries == 1
    assert "wrong-pa55" not in error.sentence() + error.detail


# Bytes


def test_large_bodies_arrive_whole_in_both_directions(raw_server, naming: NamingBastion, open_http: OpenHttp) -> None:
    sent = os.urandom(3_000_000)
    received = bytearray()

    def serve(connection: socket.socket) -> None:
        while not received.endswith(sent[-100:]):
            received.extend(connection.recv(1 << 16))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(sent) + sent)

    naming.names["big.corp.test", 80] = raw_server(serve)
    answer = open_http(naming.form).post("http://big.corp.test/", data=sent, timeout=20)

    assert answer.content == sent
    assert bytes(received).endswith(sent)


def test_a_body_that_ends_with_the_connection_arrives_whole(
    raw_server, naming: NamingBastion, open_http: OpenHttp
) -> None:
    body = os.urandom(2_000_000)

    def serve(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + body)

    naming.names["old.corp.test", 80] = raw_server(serve)

    assert open_http(naming.form).get("http://old.corp.test/", timeout=20).content == body


def test_a_client_that_goes_away_is_seen_behind_the_bastion(
    raw_server, naming: NamingBastion, open_http: OpenHttp
) -> None:
    seen = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.recv(1 << 16)
        assert connection.recv(1) == b""
        seen.set()

    naming.names["slow.corp.test", 80] = raw_server(serve)
    with pytest.raises(requests.ReadTimeout):
        open_http(naming.form).get("http://slow.corp.test/", timeout=(20, 0.3))

    assert seen.wait(20)
