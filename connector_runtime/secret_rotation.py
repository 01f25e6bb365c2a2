"""Secrets of a run: new refresh tokens go to the platform, all others into the list of what the log masks.

A refresh token works once. The new one is sent as a CONTROL message with the whole configuration before the access
token beside it is used: whatever ends this process later, the platform has a token that works.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import orjson
from airbyte_cdk.config_observation import create_connector_config_control_message
from airbyte_cdk.models import AirbyteMessageSerializer
from airbyte_cdk.utils.airbyte_secrets_utils import add_to_secrets, get_secrets, update_secrets

from acumatica_client.api.client import ConnectionSettings
from acumatica_client.auth.credentials import renewed_form
from acumatica_client.auth.oauth import Rotation

Announce = Callable[[dict[str, object]], object]


def mask_secrets(config: object, schema: Mapping[str, object]) -> None:
    """Mask the secrets of a configuration in every message from here on; those of an earlier one no longer."""
    update_secrets(get_secrets(schema, config) if isinstance(config, Mapping) else [])


def with_secrets_handled(connection: ConnectionSettings, config: object, announce: Announce) -> ConnectionSettings:
    """The connection, with `announce` called with the whole new configuration at each rotation; it returns when the
    platform has it."""

    def rotated(rotation: Rotation) -> None:
        announce(renewed_form(config if isinstance(config, Mapping) else {}, rotation))

    return replace(connection, on_secret=add_to_secrets, on_rotation=rotated)


def control_line(config: dict[str, object]) -> bytes:
    """The line that has the platform save this configuration. The platform needs its secrets: they are not masked."""
    return orjson.dumps(AirbyteMessageSerializer.dump(create_connector_config_control_message(config))) + b"\n"
