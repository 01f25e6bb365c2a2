"""Downloads of files by their web address, without any cookie, token or credential.

Hazard: an address comes from a record, and records are written by others than the operator of the connector. So an
address is https, leads to a machine of the public internet where that is asked for, and gives a limited number of bytes
in limited time. The check of the machine is made at each connection, with the address that is then connected to: a name
that is looked up twice may answer differently, and a redirect may lead anywhere.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests
import urllib3
from requests.utils import get_environ_proxies

from acumatica_client.errors import AcumaticaError
from acumatica_client.transport.http_adapter import TransportAdapter

_TIMEOUTS = (10.0, 60.0)
_LONGEST = 300.0  # seconds for all of a file
_CHUNK = 1 << 16
_REDIRECTS = 5


class NoSuchFile(AcumaticaError):
    """A file could not be fetched from its address."""


@dataclass(frozen=True)
class DownloadLimits:
    """Where files may come from, and how long they may be. `public_only`: no machine of a private network."""

    most_bytes: int
    https_only: bool = True
    public_only: bool = True


def download_file(
    url: str,
    bounds: DownloadLimits,
    *,
    open_: Callable[[str, int], socket.socket] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> bytes:
    """The bytes at the address. Raises NoSuchFile, which names the host only: the rest may contain a signature.

    `open_` opens the connections in tests.
    """
    with requests.Session() as http:
        http.trust_env = False  # nor credentials out of a .netrc file
        if not bounds.public_only:  # a proxy would look the name up itself, so public addresses are reached without one
            http.proxies.update(get_environ_proxies(url))
        http.max_redirects = _REDIRECTS
        http.adapters.clear()
        adapter = TransportAdapter(authority="", open_=open_ or (connect_publicly if bounds.public_only else None))
        for scheme in ("https://",) if bounds.https_only else ("https://", "http://"):
            http.mount(scheme, adapter)
        return _fetched(http, url, bounds, clock)


def _fetched(http: requests.Session, url: str, bounds: DownloadLimits, clock: Callable[[], float]) -> bytes:
    host = _host(url)
    try:
        with http.get(url, timeout=_TIMEOUTS, stream=True, headers={"Accept-Encoding": "identity"}) as answer:
            if answer.status_code != 200:
                raise NoSuchFile(f"{host} does not give the file (HTTP {answer.status_code}).")
            return _read(answer, host, bounds.most_bytes, clock)
    except requests.exceptions.InvalidSchema as error:
        kinds = "https" if bounds.https_only else "https or http"
        raise NoSuchFile(f"The address of a file must be {kinds}, and so must each address it redirects to.") from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise NoSuchFile(f"The file could not be fetched from {host} ({_reason(error)}).") from error


def _read(answer: requests.Response, host: str, most: int, clock: Callable[[], float]) -> bytes:
    content, until = bytearray(), clock() + _LONGEST
    for chunk in answer.iter_content(_CHUNK):
        content += chunk
        if len(content) > most:
            raise NoSuchFile(f"The file at {host} is longer than {most} bytes.")
        if clock() > until:
            raise NoSuchFile(f"{host} was too slow: {_LONGEST:.0f} seconds were not enough for the file.")
    return bytes(content)


def connect_publicly(host: str, port: int) -> socket.socket:
    """A connection to a machine of the public internet. Raises OSError for any other."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    public = [place for place in found if is_public(str(place[4][0]))]
    if not public:
        raise _Private("it is not on the public internet")
    family, kind, protocol, _, place = public[0]
    stream = socket.socket(family, kind, protocol)
    try:
        stream.settimeout(_TIMEOUTS[0])
        stream.connect(place)
    except BaseException:
        stream.close()
        raise
    return stream


class _Private(OSError):
    """The machine is in a private network."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet."""
    ip = ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None) or ip
    return ip.is_global and inner.is_global and not inner.is_multicast


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "an address without a host"
    except ValueError:
        return "an address that cannot be read"


def _reason(error: BaseException) -> str:
    """Never the text of the error: it repeats the whole address."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, _Private):
            return str(seen)
        seen = next((cause for cause in (*seen.args, seen.__cause__) if isinstance(cause, BaseException)), None)
    return type(error).__name__
