"""The adapter of requests: which connections it opens, and which certificates it trusts."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING

import requests
from requests.adapters import HTTPAdapter
from urllib3.poolmanager import ProxyManager

from acumatica_client.transport.connections import Open, pools
from acumatica_client.transport.tls_trust import trusting_context, unverified_context

if TYPE_CHECKING:
    from requests.adapters import _HostParams, _PoolKwargs


class TransportAdapter(HTTPAdapter):
    """`authority` None: every certificate is accepted. `open_`: opens the connections, else they go out directly."""

    def __init__(self, *, authority: str | None, open_: Open | None) -> None:
        self._authority, self._open = authority, open_
        super().__init__()

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: object) -> None:
        super().init_poolmanager(connections, maxsize, block, **more)
        self.poolmanager.pool_classes_by_scheme = pools(self._open)

    def proxy_manager_for(self, proxy: str, **options: object) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = pools(None)  # type: ignore[assignment]
        return manager

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        # A bundle that the environment names makes requests forget that verification is off, hence here.
        verification = verify if self._authority is not None else False
        # With a bastion, a proxy of the environment is not used.
        given = proxies if self._open is None else None
        return super().send(request, stream=stream, timeout=timeout, verify=verification, cert=cert, proxies=given)

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: bool | str,
        cert: str | tuple[str, str] | None = None,
    ) -> tuple[_HostParams, _PoolKwargs]:
        host, kept = super().build_connection_pool_key_attributes(request, verify, cert)
        kept.pop("ca_certs", None)  # read already, into the context
        kept.pop("ca_cert_dir", None)
        kept["ssl_context"] = self._context(verify)
        return host, kept

    def cert_verify(self, conn: object, url: object, verify: object, cert: object) -> None:
        """Nothing more: what requests would do here, reading its certificates for each connection, is done."""

    def _context(self, verify: bool | str) -> ssl.SSLContext:
        if verify is False or self._authority is None:
            return unverified_context()
        return trusting_context(self._authority, verify if isinstance(verify, str) else None)
