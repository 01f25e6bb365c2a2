"""The screenshots in the documents show the current forms. Needs no browser."""

from __future__ import annotations

import json

import pytest

from integration_tests.forms.conftest import IMAGES, SPECS, stamp


@pytest.mark.parametrize("name", sorted(SPECS))
def test_a_screenshot_shows_the_current_specification(name):
    stamps = json.loads((IMAGES / "forms.json").read_text("utf-8"))
    assert stamps[name] == stamp(name), "the specification has changed since: `make forms`, and look at docs/images"
    assert (IMAGES / f"{name}-form.png").read_bytes().startswith(b"\x89PNG")
