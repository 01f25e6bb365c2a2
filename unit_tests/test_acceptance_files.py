"""The acceptance files have the form that both of Airbyte's runners take: the CDK's, and the retired
connector-acceptance-test 3.9.0 (its `config.py`), whose models forbid unknown keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from airbyte_cdk.test.models.scenario import SCENARIO_SECTIONS, entry_key_problems

ROOT = Path(__file__).resolve().parents[1]
AT_ROOT = ROOT / "acceptance-test-config.yml"
FILES = [AT_ROOT, *sorted(ROOT.glob("connectors/*/acceptance-test-config.yml"))]
# What the retired runner accepts: the keys of an entry, by section.
KEYS = {
    "spec": {"spec_path", "config_path", "timeout_seconds", "deployment_mode", "backward_compatibility_tests_config"},
    "connection": {"config_path", "status", "timeout_seconds", "deployment_mode"},
    "discovery": {"config_path", "timeout_seconds", "deployment_mode", "backward_compatibility_tests_config"},
    "basic_read": {"config_path", "configured_catalog_path", "empty_streams", "expect_records", "validate_schema"},
    "full_refresh": {"config_path", "configured_catalog_path", "ignored_fields", "timeout_seconds"},
    "incremental": {"config_path", "configured_catalog_path", "future_state", "timeout_seconds"},
    "connector_attributes": {"config_path", "timeout_seconds", "streams_without_primary_key"},
    "connector_documentation": {"config_path", "timeout_seconds"},
}


def sections(path: Path) -> dict[str, list[dict[str, Any]]]:
    content = yaml.safe_load(path.read_text("utf-8"))
    return {name: section["tests"] for name, section in content["acceptance_tests"].items()}


@pytest.fixture(params=FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_the_cdks_runner_accepts_every_key(path: Path) -> None:
    for name, entries in sections(path).items():
        if name in SCENARIO_SECTIONS:
            for entry in entries:
                assert entry_key_problems(entry, (name,)) == []


def test_the_retired_runner_accepts_every_key(path: Path) -> None:
    for name, entries in sections(path).items():
        assert entries
        for entry in entries:
            assert set(entry) <= KEYS[name], name


def test_no_file_asks_for_records_that_only_one_runner_compares(path: Path) -> None:
    """At the level `high` the retired runner asks for `expect_records`, which the CDK's refuses."""
    assert "test_strictness_level: high" not in path.read_text("utf-8") or "destination" in path.parts[-2]


def test_the_file_at_the_root_has_every_section() -> None:
    assert set(sections(AT_ROOT)) == set(KEYS)


def test_every_file_that_is_named_exists_but_the_secrets(path: Path) -> None:
    for entries in sections(path).values():
        for entry in entries:
            for key in ("spec_path", "config_path", "configured_catalog_path"):
                named = entry.get(key, "")
                assert "secrets/" in named or (path.parent / named).exists(), named


def test_no_compatibility_is_claimed_with_a_version_before_the_first(path: Path) -> None:
    version = (ROOT / "setup.py").read_text("utf-8").partition('version="')[2].partition('"')[0]
    for entries in sections(path).values():
        for entry in entries:
            compatibility = entry.get("backward_compatibility_tests_config", {"disable_for_version": version})
            assert compatibility == {"disable_for_version": version}
