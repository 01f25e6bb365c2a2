"""The rows that the README shows are those that the source reads from the emulator."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

from acumatica_emulator import Emulator
from integration_tests.consents import form_for
from source_acumatica.run import run

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8")
STREAMS = ("SalesOrder", "SalesOrder_Details")


def tables() -> list[list[dict[str, str]]]:
    """The tables of the section "What you get", row by row."""
    section = README.split("## What you get")[1].split("\n## ")[0]
    found = []
    for head, body in re.findall(r"^\|(.+)\|\n\|[-|]+\|\n((?:\|.+\|\n)+)", section, re.M):
        columns = [name.strip() for name in head.split("|")]
        rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in body.splitlines()]
        found.append([dict(zip(columns, row, strict=True)) for row in rows])
    return found


def call(folder: Path, command: str, **files: object) -> list[dict]:
    arguments = [command]
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        arguments += [f"--{name}", str(folder / f"{name}.json")]
    out = io.BytesIO()
    assert run(arguments, out) == 0
    return [json.loads(line, parse_float=str, parse_int=str) for line in out.getvalue().splitlines()]


def test_the_sample_is_what_the_source_reads(tmp_path: Path) -> None:
    with Emulator() as emulator:
        form = form_for(emulator)
        (discovered,) = [line for line in call(tmp_path, "discover", config=form) if line["type"] == "CATALOG"]
        streams = [stream for stream in discovered["catalog"]["streams"] if stream["name"] in STREAMS]
        modes = {"sync_mode": "full_refresh", "destination_sync_mode": "append"}
        catalog = {"streams": [{"stream": stream, **modes} for stream in streams]}
        lines = call(tmp_path, "read", config=form, catalog=catalog)
    records = [line["record"] for line in lines if line["type"] == "RECORD"]
    shown = tables()
    assert len(shown) == len(STREAMS)
    for name, rows in zip(STREAMS, shown, strict=True):
        read = [record["data"] for record in records if record["stream"] == name]
        for row in rows:
            assert any(all(each[column] == cell for column, cell in row.items()) for each in read), row
