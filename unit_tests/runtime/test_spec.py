"""The specification comes from a file beside the connector."""

from __future__ import annotations

import json
from pathlib import Path

from connector_runtime.spec import connection_schema, load_spec


def test_the_specification_and_its_schema_are_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "spec.json"
    path.write_text(json.dumps({"connectionSpecification": {"title": "Überall"}}), encoding="utf-8")
    assert load_spec(path) == {"connectionSpecification": {"title": "Überall"}}
    assert connection_schema(path) == {"title": "Überall"}


def test_a_specification_without_a_schema_marks_nothing(tmp_path: Path) -> None:
    path = tmp_path / "spec.json"
    path.write_text(json.dumps({"connectionSpecification": None}))
    assert connection_schema(path) == {}
