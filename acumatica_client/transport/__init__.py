"""How connections to an instance are made: TLS trust, proxies, an SSH bastion, downloads.

    transport = Transport(TransportSettings(...), base_url)   # no I/O
    transport.prepare(http)                                   # before the first request of each requests session
    transport.close()                                         # after the last one

Proxies come from the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), which requests reads by itself.
"""

from acumatica_client.transport.pem import without_credentials
from acumatica_client.transport.settings import BastionSettings, TransportSettings, transport_settings
from acumatica_client.transport.tls_trust import untrusted_certificate
from acumatica_client.transport.transport import Transport

__all__ = [
    "BastionSettings",
    "Transport",
    "TransportSettings",
    "transport_settings",
    "untrusted_certificate",
    "without_credentials",
]
