"""How secrets that come up during a run leave it: new refresh tokens to the platform, all others to the list of masks.

A refresh token works once. The new one goes out as a CONTROL message with the whole configuration, before anything is
done with the access token beside it: whatever ends this process later, the platform holds a chain that works.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import orjson
from airbyte_cdk.config_observation import create_connector_config_control_message
from airbyte_cdk.models import AirbyteMessageSerializer
from airbyte_cdk.utils.airbyte_secrets_utils import add_to_secrets

from acumatica_client.api.client import ConnectionSettings
from acumatica_client.auth.credentials import renewed_form
from acumatica_client.auth.oauth import Rotation
from destination_acumatica.write.endpoint import Endpoint, OpenEndpoint

Announce = Callable[[dict[str, object]], object]


def with_secrets_handled(open_endpoint: OpenEndpoint, config: object, announce: Announce) -> OpenEndpoint:
    """Opens the endpoint; `announce` is told the whole configuration at each rotation and returns when that is out."""

    def rotated(rotation: Rotation) -> None:
        announce(renewed_form(config if isinstance(config, Mapping) else {}, rotation))

    def opened(connection: ConnectionSettings) -> Endpoint:
        return open_endpoint(replace(connection, on_secret=add_to_secrets, on_rotation=rotated))

    return opened


def control_line(config: dict[str, object]) -> bytes:
    """The message that has the platform save this configuration. Its secrets are meant to be read: it is not masked."""
    return orjson.dumps(AirbyteMessageSerializer.dump(create_connector_config_control_message(config)))
