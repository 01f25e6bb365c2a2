"""A new refresh token reaches the platform as the whole configuration; every other secret, the list of masks."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from airbyte_cdk.models import AirbyteMessageSerializer, OrchestratorType, Type
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets, update_secrets

from acumatica_client.api.client import ConnectionSettings
from acumatica_client.api.connection_form import connection_settings
from connector_runtime.secret_rotation import control_line, mask_secrets, with_secrets_handled
from unit_tests.runtime.rotated import CONFIG, CREDENTIALS, RENEWED, ROTATION

PLAIN: ConnectionSettings = connection_settings(CONFIG, user_agent="test")


@pytest.fixture(autouse=True)
def no_secrets_left() -> Iterator[None]:
    update_secrets([])
    yield
    update_secrets([])


def test_the_control_message_is_one_line_with_the_whole_configuration() -> None:
    line = control_line(RENEWED)
    message = AirbyteMessageSerializer.load(json.loads(line))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert message.type == Type.CONTROL
    assert message.control is not None
    assert message.control.type == OrchestratorType.CONNECTOR_CONFIG
    assert message.control.connectorConfig is not None
    assert message.control.connectorConfig.config == RENEWED


def test_a_rotation_is_announced_with_the_configuration_that_it_changes() -> None:
    announced: list[object] = []
    with_secrets_handled(PLAIN, CONFIG, announced.append).on_rotation(ROTATION)
    assert announced == [RENEWED]
    assert CONFIG["credentials"] is CREDENTIALS
    assert CREDENTIALS["refresh_token"] == "refresh-hidden-1"


def test_an_announcement_that_fails_is_not_hidden() -> None:
    def broken(_: object) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        with_secrets_handled(PLAIN, CONFIG, broken).on_rotation(ROTATION)


def test_a_secret_of_the_run_is_masked_from_then_on() -> None:
    with_secrets_handled(PLAIN, CONFIG, lambda _: None).on_secret("c00kie-of-a-session")
    assert filter_secrets("lost c00kie-of-a-session here") == "lost **** here"


def test_the_connection_test_keeps_both_callbacks() -> None:
    connection = with_secrets_handled(PLAIN, CONFIG, lambda _: None)
    tested = connection.impatient()
    assert (tested.on_secret, tested.on_rotation) == (connection.on_secret, connection.on_rotation)


def test_the_settings_are_the_same_but_for_the_callbacks() -> None:
    connection = with_secrets_handled(PLAIN, CONFIG, lambda _: None)
    assert (connection.sign_in, connection.address, connection.sessions) == (
        PLAIN.sign_in,
        PLAIN.address,
        PLAIN.sessions,
    )


@pytest.mark.parametrize("config", [[], "text", None])
def test_a_configuration_that_is_no_object_masks_nothing(config: object) -> None:
    update_secrets(["of-an-earlier-run"])
    mask_secrets(config, {"properties": {"password": {"type": "string", "airbyte_secret": True}}})
    assert filter_secrets("of-an-earlier-run") == "of-an-earlier-run"


def test_the_members_that_the_schema_marks_are_masked() -> None:
    mask_secrets(
        {"password": "p4ssword-hidden"}, {"properties": {"password": {"type": "string", "airbyte_secret": True}}}
    )
    assert filter_secrets("with p4ssword-hidden") == "with ****"
