"""The page about the command line, against the command lines: commands, files, scripts."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path

import pytest

from connector_runtime.command_line import Connector
from destination_acumatica.run import CONNECTOR as DESTINATION
from source_acumatica.run import CONNECTOR as SOURCE
from source_acumatica.run import run

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "command-line.md").read_text("utf-8")
SCRIPTS = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)


def documented() -> dict[tuple[str, str], dict[str, bool]]:
    """By connector and command: each file, and whether it is required."""
    rows = re.findall(r"^\| `(\S+) (\S+)` \| (.*?) \|", PAGE, re.M)
    return {
        (name, command): {file: "optional `--" + file not in files for file in re.findall(r"`--(\w+)`", files)}
        for name, command, files in rows
    }


@pytest.mark.parametrize("connector", [SOURCE, DESTINATION], ids=lambda connector: connector.name)
def test_every_command_is_described_with_its_files(connector: Connector) -> None:
    described = {command: files for (name, command), files in documented().items() if name == connector.name}

    assert described == {"spec": {}, **connector.files}


def test_every_option_is_described() -> None:
    shown = io.StringIO()
    for arguments in (["--help"], ["read", "--help"]):
        with contextlib.redirect_stdout(shown), pytest.raises(SystemExit):
            run(arguments, io.BytesIO())

    options = set(re.findall(r"--\w+", shown.getvalue()))
    assert options == set(re.findall(r"^\| `(--\w+)` \|", PAGE, re.M))


def test_the_scripts_make_a_catalog_and_a_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = {"name": "Customer", "json_schema": {}, "source_defined_primary_key": [["CustomerID"]]}
    discovered = {"type": "CATALOG", "catalog": {"streams": [stream, {**stream, "name": "Vendor"}]}}
    state = {"type": "STREAM", "stream": {"stream_descriptor": {"name": "Customer"}, "stream_state": {"at": 2}}}
    (tmp_path / "discovered.jsonl").write_text(json.dumps(discovered) + "\n", encoding="utf-8")
    earlier = {**state, "stream": {**state["stream"], "stream_state": {"at": 1}}}  # type: ignore[dict-item]
    lines = [json.dumps({"type": "STATE", "state": each}) + "\n" for each in (earlier, state)]
    (tmp_path / "messages.jsonl").write_text("".join(lines), encoding="utf-8")

    monkeypatch.chdir(tmp_path)
    for script in SCRIPTS:
        exec(compile(script, "command-line.md", "exec"), {})

    (chosen,) = json.loads((tmp_path / "catalog.json").read_text("utf-8"))["streams"]
    assert (chosen["stream"]["name"], chosen["primary_key"]) == ("Customer", [["CustomerID"]])
    assert json.loads((tmp_path / "state.json").read_text("utf-8")) == [state]
