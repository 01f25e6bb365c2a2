"""A new refresh token reaches the platform as the whole configuration; every other secret, the list of masks."""

from __future__ import annotations

import io
import json

import pytest
from airbyte_cdk.utils.airbyte_secrets_utils import update_secrets

from acumatica_client.api.client import ConnectionSettings
from acumatica_client.api.connection_summary import ConnectionSummary
from acumatica_client.errors import SignInRefused
from source_acumatica.run import run
from source_acumatica.source import SourceAcumatica
from unit_tests.runtime.rotated import (
    CONFIG,
    RENEWED,
    ROTATION,
)
from unit_tests.source.builders import configured, configured_json, endpoint_schema


@pytest.fixture(autouse=True)
def no_secrets_left():
    update_secrets([])
    yield
    update_secrets([])


class RotatingClient:
    """A client whose first use rotates the refresh token and shows what was printed by then."""

    def __init__(self, settings: ConnectionSettings, **_: object) -> None:
        self._settings, self._rotated = settings, False

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Nothing to close."""

    def connection_summary(self) -> ConnectionSummary:
        return ConnectionSummary("https://erp.example.com", "Company", "", "admin", "Default", "24.200.001")

    def server_date(self) -> None:
        """No answer had a date."""

    def schema(self):
        if not self._rotated:
            self._rotated = True
            self._settings.on_secret(ROTATION.access_token)
            self._settings.on_secret(ROTATION.refresh_token)
            self._settings.on_rotation(ROTATION)
        if self._settings.branch_of_test == "refuse":
            raise SignInRefused(f"No entry for {ROTATION.access_token}.")
        return endpoint_schema()

    def fetch_list(self, *_: object, **_options: object) -> bytes:
        return b"[]"

    def url_length(self, *_: object) -> int:
        return 100


@pytest.fixture
def rotating(monkeypatch):
    """Replaces the client; the returned function says how its first use ends."""
    monkeypatch.setattr(ConnectionSettings, "branch_of_test", "", raising=False)
    monkeypatch.setattr("source_acumatica.source.AcumaticaClient", RotatingClient)
    return lambda ending: monkeypatch.setattr(ConnectionSettings, "branch_of_test", ending)


def messages(tmp_path, command: str, **files: object) -> list[dict]:
    line = [command]
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
        line += [f"--{name}", str(tmp_path / name)]
    out = io.BytesIO()
    run(line, out)
    return [json.loads(one) for one in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("command", "files", "last"),
    [
        ("check", {}, "CONNECTION_STATUS"),
        ("discover", {}, "CATALOG"),
        ("read", {"catalog": configured_json("ShipVia")}, "TRACE"),
    ],
)
def test_every_command_announces_the_rotation_before_its_result(rotating, tmp_path, command, files, last):
    printed = messages(tmp_path, command, config=CONFIG, **files)
    kinds = [message["type"] for message in printed]
    assert kinds.count("CONTROL") == 1
    assert kinds.index("CONTROL") < kinds.index(last)
    assert printed[kinds.index("CONTROL")]["control"]["connectorConfig"]["config"] == RENEWED


def test_a_command_that_fails_after_the_rotation_has_announced_it_and_masks_the_new_tokens(rotating, tmp_path):
    rotating("refuse")
    printed = messages(tmp_path, "check", config=CONFIG)
    (status,) = [message["connectionStatus"] for message in printed if message["type"] == "CONNECTION_STATUS"]
    assert [message["type"] for message in printed].count("CONTROL") == 1
    assert status == {"status": "FAILED", "message": "No entry for ****."}


def test_run_inside_another_program_it_is_printed_as_the_cdk_does(rotating, capsys):
    SourceAcumatica().check(None, CONFIG)
    list(SourceAcumatica().read_pages(CONFIG, configured()))
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert printed[0]["control"]["connectorConfig"]["config"] == RENEWED
