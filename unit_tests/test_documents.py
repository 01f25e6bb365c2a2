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
def test_the_readme_names_every_setting_with_its_label(spec):
    properties = json.loads(spec.read_text("utf-8"))["connectionSpecification"]["properties"]
    readme = text_of("README.md")

    missing = [name for name in properties if f"| `{name}` | {properties[name]['title']} |" not in readme]

    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_has_two_versions_of_a_passage(path):
    assert not re.search(r"^(<{7} |={7}$|>{7} )", path.read_text("utf-8"), re.M)


def test_every_target_that_documents_name_is_in_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.M))
    named = {target for path in DOCUMENTS for target in re.findall(r"`make ([a-z-]+)`", path.read_text("utf-8"))}

    assert named
    assert named <= targets


def promises() -> dict[str, list[tuple[int, str]]]:
    """The promises of docs/invariants.md: letter -> number and text of each, in the order of the document."""
    found: dict[str, list[tuple[int, str]]] = {}
    for letter, number, text in re.findall(
        r"^([A-Z])(\d+)\. (.+?)(?=\n\n|\Z)", text_of("docs/invariants.md"), re.M | re.S
    ):
        found.setdefault(letter, []).append((int(number), text))
    return found


def named_tests(text: str) -> list[str]:
    return re.findall(r"`((?:unit|integration)_tests/[^`]+\.py)`", text)


def test_the_promises_are_numbered_once_and_without_gaps():
    numbers = {letter: [number for number, _ in rules] for letter, rules in promises().items()}

    assert set(numbers) == {"R", "W", "S", "P"}
    assert numbers == {letter: list(range(1, len(found) + 1)) for letter, found in numbers.items()}


def test_every_promise_names_tests_that_exist():
    for letter, rules in promises().items():
        for number, text in rules:
            _, marker, named = text.partition("Enforced by:")
            assert marker, f"{letter}{number} names no tests: {text}"
            assert named_tests(named), f"{letter}{number} names no test file"
            missing = [path for path in named_tests(named) if not (ROOT / path).exists()]
            assert missing == [], f"{letter}{number} in docs/invariants.md names tests that moved: {missing}"


def test_every_decision_names_tests_that_exist():
    for path in ROOT.glob("docs/decisions/*.md"):
        missing = [name for name in named_tests(path.read_text("utf-8")) if not (ROOT / name).exists()]
        assert missing == [], f"{path.name} names tests that moved: {missing}"


def test_the_decisions_are_numbered_like_their_files():
    files = sorted(ROOT.glob("docs/decisions/*.md"))

    assert [int(path.name[:4]) for path in files] == list(range(1, len(files) + 1))
    for path in files:
        assert path.read_text("utf-8").startswith(f"# {int(path.name[:4])}. "), path.name


def test_every_path_in_the_architecture_exists():
    text = text_of("ARCHITECTURE.md")
    tops = "|".join(sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] not in "._"))
    named = re.findall(rf"`((?:{tops})/[\w./-]*)`", text) + re.findall(r"`([\w-]+\.(?:md|py|toml|json))`", text)

    assert len(named) > 40
    assert [path for path in named if not (ROOT / path).exists()] == []


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


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_a_section_name_one_of_its_headings(path):
    for target, anchor in re.findall(r"\]\((?!https?://)([^)#]*)#([^)]+)\)", path.read_text("utf-8")):
        linked = (path.parent / target if target else path).read_text("utf-8")
        headings = [re.sub(r"[^\w\- ]", "", line).lower() for line in re.findall(r"^#+ (.+)$", linked, re.M)]
        assert anchor in [heading.replace(" ", "-") for heading in headings], f"{path.name} links to #{anchor}"


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


def test_the_layers_in_the_architecture_are_those_that_are_checked():
    """Only folders count, from the lowest to the highest; the contracts list them the other way round."""
    contracts = re.findall(r'^containers = \["(\w+)"\]\nlayers = (\[.*?\])', text_of(".ci/imports.toml"), re.M | re.S)
    rows = re.findall(r"^\| `(\w+)` \| .*? \| (.*?) \|$", text_of("ARCHITECTURE.md"), re.M)
    described = {package: layers.split(", ") for package, layers in rows}

    assert len(contracts) == 4
    for package, layers in contracts:
        folders = [name for name in reversed(ast.literal_eval(layers)) if (ROOT / package / name).is_dir()]
        assert described[package] == folders, package
