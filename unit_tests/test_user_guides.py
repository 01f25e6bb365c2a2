"""The user guides of both connectors: headers in Airbyte's order, every setting, messages that the code has."""

from __future__ import annotations

import ast
import re

import pytest

from unit_tests.settings_table import GUIDES, ROOT, specification, table, table_in

CODE = ("acumatica_client", "connector_runtime", "source_acumatica", "destination_acumatica")
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
    return GUIDES[name].read_text("utf-8")


def named_settings(table: str) -> set[str]:
    """The labels in the table of settings: `| Name | ...`, `| — Nested | ...` and `| Name: *Option* | ...`."""
    found = set()
    for label in re.findall(r"^\| (?:— )*(.+?) \| ", table, re.M):
        setting, _, option = label.partition(": ")
        found |= {setting, option.strip("*")}
    return found


def texts_in_code() -> list[str]:
    r"""The texts in the code, adjacent ones as one; a placeholder of a format is the character \0."""
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


@pytest.mark.parametrize("name", GUIDES)
class TestTheGuide:
    def test_has_the_headers_that_airbyte_asks_for_in_their_order(self, name):
        headers = re.findall(r"^#+ .*$", text_of(name), re.M)
        assert [header for header in headers if header in HEADERS] == HEADERS

    def test_names_what_is_required_before_anything_else(self, name):
        prerequisites = text_of(name).split("## Prerequisites")[1].split("\n## ")[0]
        schema = specification(name)
        for required in schema["required"]:
            assert schema["properties"][required]["title"] in prerequisites
        assert re.search(r"account|credentials", prerequisites)

    def test_explains_every_setting_in_the_words_of_the_form(self, name):
        written = table(specification(name))
        assert written.count("\n") > 40
        assert table_in(text_of(name)) == written, "run `python -m unit_tests.settings_table`"

    def test_mentions_only_settings_that_it_explains(self, name):
        bold = {" ".join(words.split()) for words in re.findall(r"\*\*([^*]+?)\*\*", text_of(name))}
        mentioned = {words for words in bold if not words.endswith(".")}
        assert mentioned - named_settings(table_in(text_of(name))) == set()

    def test_quotes_only_messages_that_the_code_has(self, name):
        troubleshooting = text_of(name).split("| Message | What to do |")[1].split("\n\n")[0]
        quoted = re.findall(r"^\| `(.+?)` \|", troubleshooting, re.M)
        texts = texts_in_code()
        assert len(quoted) > 10
        assert len(quoted) == len(set(quoted))
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
