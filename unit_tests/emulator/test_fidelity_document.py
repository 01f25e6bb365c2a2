"""The document of the emulator's fidelity names tests and switches that exist."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from acumatica_emulator.site.behavior import Behavior

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "emulator-fidelity.md").read_text("utf-8")
TESTS = "".join(
    path.read_text("utf-8")
    for handler in ("unit_tests", "integration_tests")
    for path in (ROOT / handler / "emulator").rglob("test_*.py")
)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", DOCUMENT))))
def test_a_test_the_document_names_exists(name):
    assert f"def {name}(" in TESTS


@pytest.mark.parametrize("name", sorted(set(re.findall(r"switch `(\w+)`", DOCUMENT))))
def test_a_switch_the_document_names_exists(name):
    assert name in {each.name for each in fields(Behavior)}


def test_every_row_of_a_table_has_its_evidence_and_its_test():
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("| ") and not line.startswith("| behaviour")]
    assert len(rows) > 50
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert len(cells) == 3, row
        assert all(cells), row
        assert re.fullmatch(r"`test_\w+`", cells[2]), row


def test_every_switch_is_used_by_some_room_and_some_test():
    rooms = "".join(
        path.read_text("utf-8") for path in (ROOT / "acumatica_emulator").rglob("*.py") if path.name != "behavior.py"
    )
    for each in fields(Behavior):
        assert re.search(rf"\.{each.name}\b", rooms), each.name
        assert re.search(rf"\b{each.name}\b", TESTS), each.name
