"""An instance on a customer's premises, and what stands before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from acumatica_emulator import Emulator
from integration_tests.on_premises.servers import HttpProxy, NamingBastion, OpenSsh, TlsFront, tls_front

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
Fronts = Callable[..., TlsFront]


def port_of(instance: Emulator) -> int:
    return int(instance.host_url.rpartition(":")[2])


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def instance() -> Iterator[Emulator]:
    """However a test ends, no session is left behind."""
    with Emulator(seats=2, seed=7) as emulator:
        yield emulator
        assert emulator.sessions_open == 0


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Example Corp")


@pytest.fixture(scope="session")
def pem(authority: trustme.CA) -> str:
    """The authority's certificate as the form takes it."""
    return authority.cert_pem.bytes().decode()


@pytest.fixture
def fronts(instance: Emulator) -> Iterator[Fronts]:
    """Puts TLS with a certificate before the instance."""
    with ExitStack() as stack:
        yield lambda leaf: stack.enter_context(tls_front(port_of(instance), leaf.configure_cert))


@pytest.fixture
def front(fronts: Fronts, authority: trustme.CA) -> TlsFront:
    """TLS for localhost and for erp.corp.test."""
    return fronts(authority.issue_cert("localhost", "erp.corp.test"))


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[OpenSsh]:
    server = OpenSsh(tmp_path / "sshd")
    yield server.start()
    server.stop()


@pytest.fixture
def naming(front: TlsFront) -> Iterator[NamingBastion]:
    """A bastion behind which erp.corp.test is the instance, by TLS."""
    with NamingBastion(names={("erp.corp.test", 443): front.port}).running() as bastion:
        yield bastion


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[HttpProxy]:
    with HttpProxy(tmp_path / "proxy").running() as running:
        yield running
