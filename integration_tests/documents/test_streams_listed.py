"""The guides list the streams that discovery offers on each endpoint. Detail streams are described, not listed."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from acumatica_emulator import Emulator
from integration_tests.consents import form_for
from source_acumatica.run import run

PAGES = Path(__file__).resolve().parents[2] / "docs" / "integrations"
ENDPOINTS = ("Default", "MANUFACTURING", "eCommerce")


@pytest.fixture(scope="module")
def offered(tmp_path_factory) -> dict[str, dict[str, bool]]:
    """By endpoint: each stream, and whether it can be read incrementally."""
    folder, found = tmp_path_factory.mktemp("forms"), {}
    with Emulator() as emulator:
        for endpoint in ENDPOINTS:
            form = {**form_for(emulator), "endpoint_name": endpoint}
            (folder / "config.json").write_text(json.dumps(form), encoding="utf-8")
            out = io.BytesIO()
            assert run(["discover", "--config", str(folder / "config.json")], out) == 0
            lines = [json.loads(line) for line in out.getvalue().splitlines()]
            (catalog,) = [line["catalog"] for line in lines if line["type"] == "CATALOG"]
            streams = [stream for stream in catalog["streams"] if "_" not in stream["name"]]
            found[endpoint] = {stream["name"]: bool(stream.get("default_cursor_field")) for stream in streams}
    return found


def listed(page: str, endpoint: str) -> str:
    return (PAGES / page).read_text("utf-8").split(f"### {endpoint}\n")[1].split("\n##")[0].split("\nDetails of")[0]


def names(text: str) -> set[str]:
    return set(re.findall(r"\b[A-Z]\w+(?=[,.])", text))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_guide_of_the_source_lists_the_streams_by_sync_mode(offered, endpoint):
    text = listed("sources/acumatica.md", endpoint)
    incremental, _, full = text.rpartition("Full refresh only:")
    assert names(incremental) == {name for name, cursor in offered[endpoint].items() if cursor}
    assert names(full) == {name for name, cursor in offered[endpoint].items() if not cursor}


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_guide_of_the_destination_lists_the_same_streams(offered, endpoint):
    assert names(listed("destinations/acumatica.md", endpoint)) == set(offered[endpoint])
