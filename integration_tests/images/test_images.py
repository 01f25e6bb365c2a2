"""The images: entry point, labels, user, content, size."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from integration_tests.images.containers import DESTINATION, SOURCE, Container, image_settings, inside

pytestmark = pytest.mark.image_tests
ROOT = Path(__file__).resolve().parents[2]
KINDS = {SOURCE: "source", DESTINATION: "destination"}
both = pytest.mark.parametrize("image", KINDS)
MEGABYTES_ABOVE_THE_BASE = 300


@both
def test_the_entry_point_is_in_exec_form_and_equal_to_what_the_platform_evaluates(image: str) -> None:
    settings = image_settings(image)["Config"]
    environment = dict(pair.split("=", 1) for pair in settings["Env"])
    assert settings["Entrypoint"] == [f"/opt/connector/bin/{KINDS[image]}-acumatica"]
    assert environment["AIRBYTE_ENTRYPOINT"] == " ".join(settings["Entrypoint"])


@both
def test_the_labels_are_those_of_the_metadata(image: str) -> None:
    text = (ROOT / f"connectors/{KINDS[image]}-acumatica/metadata.yaml").read_text(encoding="utf-8")
    metadata = yaml.safe_load(text)["data"]
    labels = image_settings(image)["Config"]["Labels"]
    assert labels["io.airbyte.name"] == metadata["dockerRepository"]
    assert labels["io.airbyte.version"] == metadata["dockerImageTag"]


@both
def test_the_user_is_a_number_and_not_root(image: str) -> None:
    assert image_settings(image)["Config"]["User"] == "1000"
    assert inside(image, "id -u").strip() == "1000"


@both
def test_there_is_no_compiler_no_installer_no_test_and_no_emulator_inside(image: str) -> None:
    tools = inside(image, "for t in gcc cc make git; do command -v $t; done; ls /opt/connector/bin")
    assert not re.search(r"^(/\S*/)?(gcc|cc|make|git|pip3?|uv|pytest)$", tools, re.M)
    packages = inside(image, "ls /opt/connector/lib/python3*/site-packages").split()
    assert {"acumatica_client", "connector_runtime", "source_acumatica", "destination_acumatica"} <= set(packages)
    assert not {"acumatica_emulator", "demo", "unit_tests", "integration_tests", "pip", "_pytest"} & set(packages)


@both
def test_everything_is_compiled_since_nothing_can_be_written_at_run_time(image: str) -> None:
    sources = "find /opt/connector/lib/python3*/site-packages/{} -name '*.{}' | wc -l"
    for package in ("acumatica_client", "connector_runtime", f"{KINDS[image]}_acumatica", "airbyte_cdk"):
        assert inside(image, sources.format(package, "pyc")) == inside(image, sources.format(package, "py"))


@both
def test_the_connector_adds_less_than_the_known_size_to_its_base(image: str) -> None:
    size = int(inside(image, "du -sm /opt/connector").split()[0])
    assert size < MEGABYTES_ABOVE_THE_BASE


@both
def test_spec_answers_on_a_read_only_file_system_without_network(image: str) -> None:
    (line,) = inside(image, "cd /tmp && eval $AIRBYTE_ENTRYPOINT spec").splitlines()
    assert json.loads(line)["spec"]["connectionSpecification"]["properties"]["instance_uri"]


def status_of(image: str, form: dict, folder: Path) -> tuple[dict, int]:
    container = Container(image, folder, {"config.json": form})
    messages = container.run("check", "--config", "config.json")
    (status,) = [message["connectionStatus"] for message in messages if message["type"] == "CONNECTION_STATUS"]
    return status, container.code


@both
def test_check_succeeds_with_the_right_form_and_ends_with_zero_for_a_wrong_one(
    image: str, form: dict, job: Path
) -> None:
    status, code = status_of(image, form, job / "right")
    assert (status["status"], code) == ("SUCCEEDED", 0)
    credentials = {**form["credentials"], "password": "not it"}  # pragma: allowlist secret
    status, code = status_of(image, {**form, "credentials": credentials}, job / "wrong")
    assert (status["status"], code) == ("FAILED", 0)
    assert "user name" in status["message"]


def test_a_read_that_cannot_begin_ends_with_one_and_a_trace(form: dict, job: Path) -> None:
    stream = {"name": "Nonsense", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    catalog = {"streams": [{"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "append"}]}
    container = Container(SOURCE, job / "read", {"config.json": form, "catalog.json": catalog})
    messages = container.run("read", "--config", "config.json", "--catalog", "catalog.json")
    traces = [m["trace"] for m in messages if m["type"] == "TRACE" and m["trace"]["type"] == "ERROR"]
    assert container.code == 1
    assert any("Nonsense" in trace["error"]["message"] for trace in traces)
