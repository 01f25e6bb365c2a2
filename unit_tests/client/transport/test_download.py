"""Files from elsewhere on the web: over https, from public machines, of limited length, with nothing of ours along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from acumatica_client.transport import download
from acumatica_client.transport.download import DownloadLimits, NoSuchFile, download_file, is_public
from unit_tests.client.fakes import Sent, Wire, raw

URL = "https://files.example.com/secret-path/a.pdf?sig=hidden"
BOUNDS = DownloadLimits(most_bytes=100)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Takes the place of every adapter; nothing is connected."""
    played = Wire()
    monkeypatch.setattr(download, "TransportAdapter", lambda **options: played)
    yield played
    assert played.answers == []


def fetch(bounds: DownloadLimits = BOUNDS, url: str = URL, clock: Callable[[], float] = lambda: 0.0) -> bytes:
    return download_file(url, bounds, clock=clock)


def refusal(bounds: DownloadLimits = BOUNDS, url: str = URL, clock: Callable[[], float] = lambda: 0.0) -> str:
    with pytest.raises(NoSuchFile) as caught:
        fetch(bounds, url, clock)
    assert "hidden" not in str(caught.value)
    assert "secret-path" not in str(caught.value)
    return caught.value.message


def test_the_bytes_come_as_they_are(wire: Wire) -> None:
    wire.play(raw(200, b"\x00\xff\r\n<html>"))

    assert fetch() == b"\x00\xff\r\n<html>"
    assert wire.sent[0].headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize("public_only", [True, False])
def test_no_credential_of_this_machine_travels(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, public_only: bool
) -> None:
    (tmp_path / "netrc").write_text("machine files.example.com login me password p4ssword-hidden")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    wire.play(raw(302, b"", {"Location": URL}), raw(200, b"x"))
    fetch(DownloadLimits(100, public_only=public_only))

    assert len(wire.sent) == 2
    assert not any({"Authorization", "Cookie"} & set(sent.headers) for sent in wire.sent)


def test_a_redirect_is_followed_when_it_stays_https(wire: Wire) -> None:
    wire.play(raw(302, b"", {"Location": "https://cdn.example.com/b"}), raw(200, b"there"))

    assert fetch() == b"there"
    assert wire.sent[1].url == "https://cdn.example.com/b"


@pytest.mark.parametrize("target", ["http://cdn.example.com/b", "file:///etc/passwd", "ftp://example.com/x"])
def test_a_redirect_to_another_kind_of_address_is_refused(wire: Wire, target: str) -> None:
    wire.play(raw(302, b"", {"Location": target}))

    assert "must be https" in refusal()


def test_redirects_have_an_end(wire: Wire) -> None:
    wire.play(*[raw(302, b"", {"Location": URL})] * 6)

    assert "TooManyRedirects" in refusal()


@pytest.mark.parametrize("url", ["http://files.example.com/a", "file:///etc/passwd", "ftp://example.com/a"])
def test_only_https_unless_the_instance_itself_is_http(url: str, wire: Wire) -> None:
    assert "must be https" in refusal(url=url)


def test_http_is_taken_where_that_is_allowed(wire: Wire) -> None:
    wire.play(raw(200, b"x"))

    assert fetch(DownloadLimits(100, https_only=False), "http://files.example.com/a") == b"x"


@pytest.mark.parametrize("url", ["", "no address", "https://", "https://[::1", "//example.com/x"])
def test_what_is_no_address_is_refused(url: str, wire: Wire) -> None:
    assert refusal(url=url)


@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}], ids=["length given", "no length"])
def test_a_file_that_is_too_long_is_given_up(wire: Wire, headers: dict[str, str]) -> None:
    wire.play(raw(200, b"x" * 101, headers))

    assert refusal() == "The file at files.example.com is longer than 100 bytes."


def test_a_file_of_exactly_the_limit_is_taken(wire: Wire) -> None:
    wire.play(raw(200, b"x" * 100))

    assert len(fetch()) == 100


def test_a_server_that_drips_is_given_up(wire: Wire) -> None:
    times = iter([0.0, 301.0])
    wire.play(raw(200, b"x"))

    assert "too slow" in refusal(clock=lambda: next(times))


def test_a_file_cut_short_is_no_file(wire: Wire) -> None:
    wire.play(raw(200, b"half", {"Content-Length": "8"}))

    assert "could not be fetched from files.example.com" in refusal()


@pytest.mark.parametrize("status", [204, 401, 403, 404, 500])
def test_any_other_answer_is_an_error(wire: Wire, status: int) -> None:
    wire.play(raw(status, b"no"))

    assert refusal() == f"files.example.com does not give the file (HTTP {status})."


def test_a_broken_connection_is_reported_without_the_address(wire: Wire) -> None:
    wire.play(requests.ConnectionError(f"Max retries exceeded with url: {URL}"))

    assert refusal() == "The file could not be fetched from files.example.com (ConnectionError)."


def test_each_connection_is_checked_by_the_address_that_it_goes_to(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = []

    def look_up(host: str, port: int, **more: object) -> list[tuple[object, ...]]:
        looked_up.append((host, port))
        return [(2, 1, 6, "", ("10.0.0.7", port))]

    monkeypatch.setattr(download.socket, "getaddrinfo", look_up)

    assert refusal() == "The file could not be fetched from files.example.com (it is not on the public internet)."
    assert looked_up == [("files.example.com", 443)]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
    ],
)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def test_the_port_of_the_address_is_kept(wire: Wire) -> None:
    wire.play(_echo)

    assert fetch(url="https://files.example.com:8443/x") == b"https://files.example.com:8443/x"


def _echo(sent: Sent) -> bytes:
    return raw(200, sent.url.encode())
