"""Documents that can be wrong are tested: settings, commands, invariants, libraries, links."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SPECS = [ROOT / "source_acumatica" / "spec.json", ROOT / "destination_acumatica" / "spec.json"]


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def requirements() -> set[str]:
    """The names of all direct requirements in setup.py."""
    lists = [node for node in ast.parse(text_of("setup.py")).body if isinstance(node, ast.Assign)]
    wanted = [entry for node in lists for entry in ast.literal_eval(node.value)]
    return {re.match(r"[A-Za-z0-9-]+", entry).group() for entry in wanted}


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.parent.name)
def test_the_front_door_names_every_setting_with_its_label(spec):
    properties = json.loads(spec.read_text("utf-8"))["connectionSpecification"]["properties"]
    front_door = text_of("README.md")

    missing = [name for name in properties if f"| `{name}` | {properties[name]['title']} |" not in front_door]

    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_has_two_versions_of_a_passage(path):
    assert not re.search(r"^(<{7} |={7}$|>{7} )", path.read_text("utf-8"), re.M)


def test_every_target_that_documents_name_is_in_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.M))
    named = {target for path in DOCUMENTS for target in re.findall(r"`make ([a-z-]+)`", path.read_text("utf-8"))}

    assert named
    assert named <= targets


def test_every_invariant_names_tests_that_exist():
    rules = re.split(r"^\d+\. ", text_of("docs/invariants.md"), flags=re.M)[1:]

    assert len(rules) > 15
    for rule in rules:
        named = re.findall(r"`((?:unit|integration)_tests/[^`]+\.py)`", rule.split("Enforced by:")[1])
        assert named, rule
        assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_decision_names_files_that_exist():
    for path in ROOT.glob("docs/decisions/*.md"):
        named = re.findall(r"`((?:unit|integration)_tests/[^`]+\.py)`", path.read_text("utf-8"))
        assert [name for name in named if not (ROOT / name).exists()] == [], path.name


def test_every_library_has_its_reason():
    reasons = text_of("CONTRIBUTING.md")

    unexplained = {name for name in requirements() if name not in reasons and not name.startswith("types-")}

    assert unexplained == {"setuptools"}


def test_every_requirement_is_locked_with_hashes():
    locked = text_of("requirements.lock")

    for name in requirements():
        assert re.search(rf"^{re.escape(name)}==\S+.*\\\n    --hash=sha256:", locked, re.M), name


def test_the_images_get_the_versions_that_the_tests_had_and_nothing_more():
    pattern = r"^([a-z0-9.-]+)==([^\s;]+)"
    locked = dict(re.findall(pattern, text_of("requirements.lock"), re.M))
    images = dict(re.findall(pattern, text_of("requirements-image.lock"), re.M))

    assert images.items() <= locked.items()
    assert not {"pytest", "hypothesis", "ruff", "uvicorn", "uv"} & images.keys()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", path.read_text("utf-8"))

    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_version_is_the_same_everywhere():
    version = re.search(r'version="([^"]+)"', text_of("setup.py")).group(1)

    assert f"ARG VERSION={version}\n" in text_of("Dockerfile")
    for name in ("source", "destination"):
        assert f"dockerImageTag: {version}\n" in text_of(f"connectors/{name}-acumatica/metadata.yaml")
    assert f"## {version} " in text_of("CHANGELOG.md")


def test_the_acceptance_file_at_the_root_and_the_sources_differ_in_paths_only():
    at_root = [line for line in text_of("acceptance-test-config.yml").splitlines() if not line.startswith("#")]
    beside = text_of("connectors/source-acumatica/acceptance-test-config.yml").replace("../../", "").splitlines()

    assert at_root == [line for line in beside if not line.startswith("#")]


def test_the_image_starts_what_the_platform_starts():
    dockerfile = text_of("Dockerfile")

    for name in ("source", "destination"):
        command = f"/opt/connector/bin/{name}-acumatica"
        assert f'ENV AIRBYTE_ENTRYPOINT="{command}"\nENTRYPOINT ["{command}"]' in dockerfile
