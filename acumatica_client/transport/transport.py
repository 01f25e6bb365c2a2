"""The transport of all sessions of a client: prepares their connections, warns once about what is not safe."""

from __future__ import annotations

import logging
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
import urllib3

from acumatica_client.errors import Unreachable
from acumatica_client.transport.http_adapter import TransportAdapter
from acumatica_client.transport.instance_address import is_loopback
from acumatica_client.transport.settings import TransportSettings

if TYPE_CHECKING:
    from acumatica_client.transport.ssh_tunnel import Bastion

_log = logging.getLogger("acumatica_client")


class Transport:
    """Safe for many threads. Building one, and preparing with it, does no I/O."""

    def __init__(self, settings: TransportSettings, base_url: str) -> None:
        self._settings, self._base_url = settings, base_url
        self._lock = threading.RLock()
        self._warned = self._closed = False
        self._bastion: Bastion | None = None

    def prepare(self, http: requests.Session) -> None:
        """Make the session use this transport, for all of its requests."""
        self._warn_once()
        settings = self._settings
        authority = settings.ca_certificate if settings.verify_tls else None
        adapter = TransportAdapter(authority=authority, open_=self._open if settings.bastion else None)
        for scheme in ("https://", "http://"):
            http.mount(scheme, adapter)

    def close(self) -> None:
        """Close what was opened, after the sessions. Never raises; may be called twice."""
        with self._lock:
            self._closed = True
            bastion, self._bastion = self._bastion, None
        if bastion is not None:
            bastion.close()

    def _open(self, host: str, port: int) -> socket.socket:
        return self._open_bastion().open(host, port)

    def _open_bastion(self) -> Bastion:
        with self._lock:
            if self._bastion is None:
                if self._closed or self._settings.bastion is None:
                    raise Unreachable("The SSH tunnel was closed.")
                from acumatica_client.transport.ssh_tunnel import (
                    Bastion,  # loads the SSH library, a quarter of a second
                )

                self._bastion = Bastion(self._settings.bastion)
            return self._bastion

    def _warn_once(self) -> None:
        with self._lock:
            if self._warned:
                return
            self._warned = True
        for caution in security_warnings(self._settings, self._base_url):
            _log.warning(caution)
        if not self._settings.verify_tls:
            # Logged above; urllib3 would write it to stderr with every connection.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)


def security_warnings(settings: TransportSettings, base_url: str) -> list[str]:
    """What the user should know about the safety of the transport, a sentence each."""
    url = urlsplit(base_url)
    if url.scheme == "https":
        unchecked = (
            f"The TLS certificate of {base_url} is not checked, because Verify TLS is off: others on the way "
            "can read the password and every record. Enter a CA certificate instead."
        )
        return [] if settings.verify_tls else [unchecked]
    if is_loopback(url.hostname or ""):
        return []
    where = f"from the bastion to {base_url}" if settings.bastion else f"to {base_url}"
    return [f"The password and every record travel unencrypted {where}: the instance URI begins with http://."]
