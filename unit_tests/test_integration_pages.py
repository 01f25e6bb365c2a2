"""The pages for users of both connectors: headers in Airbyte's order, every setting, messages that are really told."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = {name: ROOT / "docs" / "integrations" / f"{name}s" / "acumatica.md" for name in ("source", "destination")}
CODE = ("acumatica_client", "source_acumatica", "destination_acumatica")
# The order that Airbyte's checks of documentation ask for.
HEADERS = [
    "# Acumatica",
    "## Prerequisites",
    "## Setup guide",
    "## Set up Acumatica",
    "### For Airbyte Cloud:",
    "### For Airbyte Open Source:",
    "## Features",
    "## Set up the Acumatica connector in Airbyte",
    "## Supported sync modes",
    "## Supported Streams",
    "## Performance considerations",
    "## Data type map",
    "## Limitations & Troubleshooting",
    "## Tutorials",
    "## IP allow list",
    "## Changelog",
]


def text_of(name: str) -> str:
    return PAGES[name].read_text("utf-8")


def specification(name: str) -> dict:
    return json.loads((ROOT / f"{name}_acumatica" / "spec.json").read_text("utf-8"))["connectionSpecification"]


def settings(node: object) -> Iterator[dict]:
    """Every member of a form that a user sees, at any depth, and every option of a choice."""
    if isinstance(node, dict):
        for member in node.get("properties", {}).values():
            if "const" not in member and not member.get("airbyte_hidden"):
                yield member
                yield from settings(member)
        for option in node.get("oneOf", []):
            yield option
            yield from settings(option)
        yield from settings(node.get("items"))


def explained(page: str) -> set[str]:
    """The settings in the tables of a page: `| Name | ...`, `| — Member | ...`, `| Name: *Option* | ...`, and a word
    for it before a colon, `| Fields | Renamed fields: ...`."""
    found = set()
    for name, words in re.findall(r"^\| (?:— )*(.+?) \| (.*?) \|$", page, re.M):
        setting, _, option = name.partition(": ")
        found |= {setting, option.strip("*"), words.partition(":")[0]}
    return found


def told() -> list[str]:
    """The texts in the code, adjacent ones as one; a placeholder of a format is the character \\0."""
    found = []
    for package in CODE:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    parts = [part.value if isinstance(part, ast.Constant) else "\0" for part in node.values]
                    found.append("".join(map(str, parts)))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(re.sub(r"\{\w*\}", "\0", node.value))
    return found


@pytest.mark.parametrize("name", PAGES)
class TestThePage:
    def test_has_the_headers_that_airbyte_asks_for_in_their_order(self, name):
        headers = re.findall(r"^#+ .*$", text_of(name), re.M)
        assert [header for header in headers if header in HEADERS] == HEADERS

    def test_names_what_is_required_before_anything_else(self, name):
        prerequisites = text_of(name).split("## Prerequisites")[1].split("\n## ")[0]
        schema = specification(name)
        for required in schema["required"]:
            assert schema["properties"][required]["title"] in prerequisites
        assert re.search(r"account|credentials", prerequisites)

    def test_explains_every_setting(self, name):
        titles = {setting["title"] for setting in settings(specification(name))}
        assert len(titles) > 20
        assert titles - explained(text_of(name)) == set()

    def test_speaks_of_no_setting_that_it_does_not_explain(self, name):
        spoken = {" ".join(words.split()) for words in re.findall(r"\*\*([^*]+?)\*\*", text_of(name))}
        plain = {words for words in spoken if not words.endswith(".")}
        assert plain - explained(text_of(name)) == set()

    def test_quotes_only_messages_that_the_code_has(self, name):
        troubleshooting = text_of(name).split("| Message | What to do |")[1].split("\n\n")[0]
        quoted = re.findall(r"^\| `(.+?)` \|", troubleshooting, re.M)
        texts = told()
        assert len(quoted) > 10
        assert [message for message in quoted if not any(message in text for text in texts)] == []

    def test_has_the_version_in_its_changelog(self, name):
        version = re.search(r'version="([^"]+)"', (ROOT / "setup.py").read_text("utf-8")).group(1)
        changelog = text_of(name).split("## Changelog")[1]
        assert "<summary>Expand to review</summary>" in changelog
        assert re.search(rf"^\| {re.escape(version)} \|", changelog, re.M)

    def test_shows_the_form(self, name):
        assert f"](../../images/{name}-form.png)" in text_of(name)


def test_the_table_of_types_has_every_type_of_the_schema():
    from source_acumatica.catalog.json_schema import _TYPES

    types = text_of("source").split("## Data type map")[1].split("\n## ")[0]
    assert {str(described["type"]) for described in _TYPES.values()} <= set(re.findall(r"`(\w+)`", types))
