"""The way to an instance that is not simply on the internet: its own certificates, a bastion before it. Knows how a
connection comes about; nothing of what travels on it.

    road = Road(RoadSettings(...), base_url)     # no I/O
    road.prepare(http)                           # before the first request of each requests session
    road.close()                                 # after the last one

Proxies come from the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), which requests reads by itself.
"""

from acumatica_client.transport.pem import without_credentials
from acumatica_client.transport.settings import BastionSettings, RoadSettings, road_settings
from acumatica_client.transport.tls_trust import distrusted
from acumatica_client.transport.transport import Road

__all__ = ["BastionSettings", "Road", "RoadSettings", "distrusted", "road_settings", "without_credentials"]
