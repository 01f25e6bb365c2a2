"""Both connectors on a customer's premises: the whole command line, through a bastion, private TLS or a proxy."""

from __future__ import annotations

import json
import signal
import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import requests
import trustme

from acumatica_client.auth.sign_in import CookieSignIn
from acumatica_client.errors import Unreachable
from acumatica_client.rest.query import Request
from acumatica_client.session.session import Session, Timeouts
from acumatica_client.transport import Transport, TransportSettings
from acumatica_client.transport.instance_address import parse_instance_uri
from acumatica_emulator import Emulator
from integration_tests.destination.conftest import Destination
from integration_tests.on_premises.conftest import Fronts
from integration_tests.on_premises.servers import HttpProxy, NamingBastion, OpenSsh, TlsFront
from integration_tests.processes import await_true
from integration_tests.source.conftest import Source
from integration_tests.transcript import PASSWORD
from unit_tests.destination.builders import Result, record, stream

BEHIND = "https://erp.corp.test/AcumaticaERP"
Check = Callable[..., "tuple[str, str, str]"]


@pytest.fixture
def source(instance: Emulator, tmp_path: Path) -> Source:
    return Source(instance.url, tmp_path)


@pytest.fixture
def destination(instance: Emulator, tmp_path: Path) -> Destination:
    return Destination(instance, tmp_path)


@pytest.fixture(params=["source", "destination"])
def check(request: pytest.FixtureRequest) -> Check:
    """A connection test of each connector: its status, its sentence, and everything it printed."""
    connector = request.getfixturevalue(request.param)

    def run(**settings: object) -> tuple[str, str, str]:
        result = connector.check(**settings)
        (status,) = result.of("CONNECTION_STATUS")
        assert result.code == 0
        printed = result.raw.decode() if isinstance(result, Result) else json.dumps(result.lines)
        return status["status"], status.get("message", ""), printed

    return run


def local(front: TlsFront) -> str:
    return f"https://localhost:{front.port}/AcumaticaERP"


# Certificates


def test_a_private_authority_in_the_form_is_believed(front: TlsFront, pem: str, check: Check) -> None:
    status, message, printed = check(instance_uri=local(front), ca_certificate=pem.replace("\n", "\\n"))

    assert (status, message) == ("SUCCEEDED", "")
    assert "WARN" not in printed


def test_an_unknown_authority_is_refused_with_what_to_do(instance: Emulator, front: TlsFront, check: Check) -> None:
    status, message, _ = check(instance_uri=local(front))

    assert status == "FAILED"
    assert "comes from an authority that this machine does not know" in message
    assert "Paste the certificate of that authority into CA certificate" in message
    assert instance.calls == []


def test_a_certificate_for_another_host_is_refused(
    instance: Emulator, fronts: Fronts, authority: trustme.CA, pem: str, check: Check
) -> None:
    front = fronts(authority.issue_cert("other.corp.test"))
    status, message, _ = check(instance_uri=local(front), ca_certificate=pem)

    assert status == "FAILED"
    assert "is for another host" in message
    assert instance.calls == []


def test_an_expired_certificate_is_refused(
    instance: Emulator, fronts: Fronts, authority: trustme.CA, pem: str, check: Check
) -> None:
    now = datetime.now(timezone.utc)
    front = fronts(authority.issue_cert("localhost", not_before=now - timedelta(9), not_after=now - timedelta(1)))
    status, message, _ = check(instance_uri=local(front), ca_certificate=pem)

    assert status == "FAILED"
    assert "has expired" in message
    assert instance.calls == []


def test_checking_can_be_turned_off_and_every_run_says_so(
    fronts: Fronts, authority: trustme.CA, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", ssl.get_default_verify_paths().cafile or "/etc/ssl/cert.pem")
    front = fronts(authority.issue_cert("other.corp.test"))
    for _ in range(2):
        status, message, printed = check(instance_uri=local(front), verify_tls=False)

        assert (status, message) == ("SUCCEEDED", "")
        assert printed.count("is not checked, because Verify TLS is off") == 1


def test_a_bundle_of_the_environment_is_believed(
    front: TlsFront, pem: str, tmp_path: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bundle.pem").write_text(pem)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "bundle.pem"))

    assert check(instance_uri=local(front))[0] == "SUCCEEDED"


def test_plain_http_on_the_own_machine_is_nothing_to_warn_of(check: Check) -> None:
    status, _, printed = check()

    assert status == "SUCCEEDED"
    assert "unencrypted" not in printed


# Proxies


@pytest.fixture
def through_proxy(proxy: HttpProxy, monkeypatch: pytest.MonkeyPatch) -> HttpProxy:
    for name, value in proxy.environment().items():
        monkeypatch.setenv(name, value)
    return proxy


def test_a_proxy_of_the_environment_is_used_for_https(
    through_proxy: HttpProxy, front: TlsFront, pem: str, check: Check
) -> None:
    status, _, printed = check(instance_uri=local(front), ca_certificate=pem)

    assert status == "SUCCEEDED"
    assert set(through_proxy.requests) == {f"CONNECT localhost:{front.port} HTTP/1.0"}
    assert front.names[0] == "localhost"
    assert through_proxy.password not in printed


def test_a_proxy_of_the_environment_is_used_for_plain_http(instance: Emulator, through_proxy: HttpProxy) -> None:
    # One request: this proxy closes its connections without a word, so the next one would need luck or a repetition.
    http = requests.Session()
    Transport(TransportSettings(), instance.url).prepare(http)

    assert http.get(f"{instance.url}/entity", timeout=20).status_code == 200
    assert through_proxy.requests == [f"GET {instance.url}/entity HTTP/1.1"]
    assert "proxy-authorization" not in instance.calls[0].headers


def test_what_breaks_behind_a_proxy_may_have_arrived(
    instance: Emulator, through_proxy: HttpProxy, front: TlsFront, pem: str
) -> None:
    instance.faults.add("hang_up", method="POST", path="*auth/login*")
    transport = Transport(TransportSettings(pem), local(front))
    session = Session(
        parse_instance_uri(local(front)), CookieSignIn("admin", PASSWORD), Timeouts(), "test", prepare=transport.prepare
    )
    with pytest.raises(Unreachable) as raised:
        session.send(Request("POST", "/entity/auth/login", body=b"{}"))

    assert raised.value.detail.startswith("ProxyError")  # though the proxy did its work
    assert raised.value.sent
    assert len(instance.calls) == 1


def test_no_proxy_names_hosts_that_are_reached_directly(
    through_proxy: HttpProxy, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    assert check()[0] == "SUCCEEDED"
    assert through_proxy.requests == []


def test_a_proxy_that_refuses_its_password_is_reported_and_the_password_is_not(
    instance: Emulator, proxy: HttpProxy, front: TlsFront, pem: str, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    # pragma: allowlist nextline secret
    for name, value in proxy.environment(password="wr0ng-hidden").items():
        monkeypatch.setenv(name, value)
    status, message, printed = check(instance_uri=local(front), ca_certificate=pem)

    assert status == "FAILED"
    assert message.startswith("The proxy did not accept its user name and password. Check HTTPS_PROXY")
    assert instance.calls == []
    assert "wr0ng-hidden" not in printed


def test_a_proxy_that_is_not_there_is_reported(front: TlsFront, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    # pragma: allowlist nextline secret
    monkeypatch.setenv("HTTPS_PROXY", "http://sluice:h1dden@127.0.0.1:9")
    status, message, printed = check(instance_uri=local(front))

    assert status == "FAILED"
    assert "proxy" in message
    assert "h1dden" not in printed


def test_a_netrc_file_has_no_say(
    instance: Emulator, tmp_path: Path, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    assert check()[0] == "SUCCEEDED"
    assert "authorization" not in {name for call in instance.calls for name in call.headers}


# Bastions


def test_the_connection_test_goes_through_openssh(instance: Emulator, sshd: OpenSsh, check: Check) -> None:
    status, message, printed = check(tunnel_method={**sshd.form, "tunnel_host_key": sshd.host_key})

    assert (status, message) == ("SUCCEEDED", "")
    assert sshd.sign_ins() == 1
    assert "PRIVATE KEY" not in printed
    await_true(lambda: sshd.connections == 0, "the tunnel is closed with the command")


def test_the_connection_test_goes_through_a_bastion_that_alone_reaches_the_instance(
    naming: NamingBastion, front: TlsFront, pem: str, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    status, message, printed = check(instance_uri=BEHIND, tunnel_method=naming.form, ca_certificate=pem)

    assert (status, message) == ("SUCCEEDED", "")
    assert set(front.names) == {"erp.corp.test"}
    assert naming.password not in printed


def test_a_refused_password_of_the_bastion_is_one_sentence_after_one_try(
    instance: Emulator, naming: NamingBastion, check: Check
) -> None:
    # pragma: allowlist nextline secret
    wrong = {**naming.form, "tunnel_user_password": "wr0ng-hidden"}
    status, message, printed = check(instance_uri=BEHIND, tunnel_method=wrong)

    assert status == "FAILED"
    assert message.startswith(f"The SSH bastion 127.0.0.1:{naming.port} refused the password.")
    assert (naming.tries, instance.calls) == (1, [])
    assert "wr0ng-hidden" not in printed


def broken_forms() -> list[tuple[Mapping[str, object], str]]:
    tunnel = {"tunnel_method": "SSH_KEY_AUTH", "tunnel_host": "b", "tunnel_port": 22, "tunnel_user": "u"}
    return [
        ({"ca_certificate": "nonsense"}, "The CA certificate is not in PEM form."),
        ({"verify_tls": "no"}, "Verify TLS must be true or false."),
        ({"tunnel_method": tunnel}, "SSH Private Key must be filled in."),
        ({"tunnel_method": {**tunnel, "ssh_key": "h1dden"}}, "The SSH private key cannot be read."),
        ({"tunnel_method": {**tunnel, "tunnel_port": 70000, "ssh_key": "h1dden"}}, "SSH Connection Port must be at"),
        ({"tunnel_method": {"tunnel_method": "TELNET"}}, "must be 'NO_TUNNEL' or 'SSH_KEY_AUTH' or 'SSH_PASSWORD_AU"),
    ]


@pytest.mark.parametrize(("settings", "words"), broken_forms())
def test_a_form_that_cannot_work_is_reported_before_anything_is_opened(
    instance: Emulator, check: Check, settings: Mapping[str, object], words: str
) -> None:
    status, message, printed = check(**settings)

    assert status == "FAILED"
    assert words in message
    assert "h1dden" not in printed
    assert instance.calls == []


def test_the_source_reads_through_a_bastion_over_tls_and_gives_its_seats_back(
    instance: Emulator, naming: NamingBastion, front: TlsFront, pem: str, source: Source
) -> None:
    transport = {"instance_uri": BEHIND, "tunnel_method": naming.form, "ca_certificate": pem}
    result = source.call(
        "read",
        config=source.config(**transport, concurrency_level=2),
        catalog=source.catalog("Customer:incremental", "ShipVia"),
    )

    assert result.code == 0
    assert len(result.records("Customer")) == len(instance.records("Customer"))
    assert len(result.records("ShipVia")) == len(instance.records("ShipVia"))
    assert {name for name, _ in naming.asked} == {"erp.corp.test"}
    assert instance.sessions_open == 0


def test_the_destination_writes_through_a_bastion(instance: Emulator, sshd: OpenSsh, destination: Destination) -> None:
    before = len(instance.records("Customer"))
    result = destination.write(
        [record("Customer", CustomerID="TUNNELED", CustomerName="Behind a bastion")],
        stream("Customer", columns=["CustomerID", "CustomerName"], key=["CustomerID"]),
        tunnel_method=sshd.form,
    )

    assert result.code == 0, result.raw
    assert len(instance.records("Customer")) == before + 1
    assert sshd.sign_ins() == 1


@pytest.mark.slow
def test_a_signal_ends_the_read_signs_out_through_the_tunnel_and_closes_it(
    instance: Emulator, sshd: OpenSsh, source: Source
) -> None:
    process = source.start("read", "SalesOrder:incremental", tunnel_method=sshd.form, page_size=5, concurrency_level=2)
    try:
        assert process.stdout is not None
        next(line for line in process.stdout if b'"RECORD"' in line)
        assert sshd.connections == 1
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait(10)

    assert (process.returncode, err) == (143, b"")
    assert b"Traceback" not in out
    assert instance.sessions_open == 0
    await_true(lambda: sshd.connections == 0, "sshd sees the end")
    assert "Disconnected by application" in sshd.log


@pytest.mark.slow
def test_a_read_goes_on_after_the_bastion_was_restarted(instance: Emulator, sshd: OpenSsh, source: Source) -> None:
    process = source.start("read", "SalesOrder", page_size=20, tunnel_method=sshd.form)
    try:
        assert process.stdout is not None
        next(line for line in process.stdout if b'"RECORD"' in line)
        sshd.stop()
        sshd.start()
        lines = process.stdout.readlines()  # with what its buffer has already
        assert (process.wait(60), process.stderr.read() if process.stderr else b"") == (0, b"")
    finally:
        process.kill()
        process.wait(10)

    records = sum(b'"RECORD"' in line for line in lines) + 1
    assert records == len(instance.records("SalesOrder"))
    assert any(b"opening it again" in line for line in lines)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_wait_for_a_bastion_that_says_nothing(source: Source, sshd: OpenSsh, number: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(20)
        process = source.start("check", tunnel_method={**sshd.form, "tunnel_port": silent.getsockname()[1]})
        try:
            with silent.accept()[0]:
                process.send_signal(number)
                out, err = process.communicate(timeout=10)
        finally:
            process.kill()
            process.wait(10)

    assert (process.returncode, err) == (128 + number, b"")
    assert b"Traceback" not in out
