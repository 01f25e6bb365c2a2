"""A configuration whose refresh token is replaced by a new one, and what both connectors tell the platform then."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from airbyte_cdk.models import AirbyteMessageSerializer, OrchestratorType, Type

from acumatica_client.auth.oauth import Rotation

CREDENTIALS = {
    "auth_type": "oauth2.0",
    "client_id": "4B6D@Company",
    "client_secret": "p4ssword-hidden",
    "refresh_token": "refresh-hidden-1",
}
CONFIG = {"instance_uri": "https://erp.example.com/Site", "company": "Company", "credentials": CREDENTIALS}
ROTATION = Rotation("refresh-hidden-2", "access-hidden-2", 1795417200.0)
RENEWED = {
    **CONFIG,
    "credentials": {
        **CREDENTIALS,
        "refresh_token": "refresh-hidden-2",
        "access_token": "access-hidden-2",
        "token_expiry_date": "2026-11-23T07:00:00Z",
    },
}


def assert_one_line_with_the_whole_configuration(control_line: Callable[[Mapping[str, object]], bytes]) -> None:
    line = control_line(RENEWED)
    message = AirbyteMessageSerializer.load(json.loads(line))
    assert b"\n" not in line
    assert message.type == Type.CONTROL
    assert message.control is not None
    assert message.control.type == OrchestratorType.CONNECTOR_CONFIG
    assert message.control.connectorConfig.config == RENEWED
