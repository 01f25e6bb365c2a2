"""A new refresh token reaches the platform as the whole configuration; every other secret, the list of masks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from airbyte_cdk.utils.airbyte_secrets_utils import update_secrets

from acumatica_client.api.client import ConnectionSettings
from acumatica_client.errors import SignInRefused
from destination_acumatica.destination import DestinationAcumatica
from destination_acumatica.erp.endpoint import Endpoint
from unit_tests.destination.builders import CUSTOMERS, Erp, Result, record, run_check, run_write, state
from unit_tests.runtime.rotated import (
    CONFIG,
    RENEWED,
    ROTATION,
)


@pytest.fixture(autouse=True)
def no_secrets_left() -> Iterator[None]:
    update_secrets([])
    yield
    update_secrets([])


class RotatingErp(Erp):
    """An ERP whose sign-in uses an old refresh token."""

    connection: ConnectionSettings

    def connection_summary(self):
        self.connection.on_secret(ROTATION.access_token)
        self.connection.on_rotation(ROTATION)
        return super().connection_summary()


def opening(erp: RotatingErp):
    def opened(connection: ConnectionSettings) -> Endpoint:
        erp.connection = connection
        return erp

    return opened


def kinds(result: Result) -> list[str]:
    return [str(message["type"]) for message in result.messages if message["type"] != "LOG"]


def saved(result: Result) -> list[object]:
    return [control["connectorConfig"]["config"] for control in result.of("CONTROL")]


def test_a_check_announces_the_rotation_before_its_result(tmp_path: Path) -> None:
    result = run_check(tmp_path, erp=opening(RotatingErp()), config=CONFIG)
    assert kinds(result) == ["CONTROL", "CONNECTION_STATUS"]
    assert saved(result) == [RENEWED]


def test_a_check_that_fails_after_the_rotation_has_announced_it_and_masks_the_new_tokens(tmp_path: Path) -> None:
    erp = RotatingErp(schema_error=SignInRefused(f"No entry for {ROTATION.access_token}."))
    result = run_check(tmp_path, erp=opening(erp), config=CONFIG)
    assert kinds(result) == ["CONTROL", "CONNECTION_STATUS"]
    assert result.of("CONNECTION_STATUS") == [{"status": "FAILED", "message": "No entry for ****."}]


def test_a_write_announces_the_rotation_before_any_state(tmp_path: Path) -> None:
    lines = [record("Customer", CustomerID="A", CustomerName="B"), state("Customer", 1)]
    result = run_write(tmp_path, lines, CUSTOMERS, erp=opening(RotatingErp()), config=CONFIG)
    assert result.code == 0
    found = kinds(result)
    assert set(found) == {"CONTROL", "STATE"}
    assert found[-1] == "STATE"
    assert saved(result)[0] == RENEWED


def test_run_inside_another_program_it_is_printed_as_the_cdk_does(capsys: pytest.CaptureFixture[str]) -> None:
    DestinationAcumatica(opening(RotatingErp())).check(None, CONFIG)
    (printed,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert printed["control"]["connectorConfig"]["config"] == RENEWED
