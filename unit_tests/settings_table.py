"""The table of settings in the user guides, written from the specification.

`python -m unit_tests.settings_table` writes the table of both guides again after a change of a specification.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
GUIDES = {name: ROOT / "docs" / "integrations" / f"{name}s" / "acumatica.md" for name in ("source", "destination")}
_HEAD = "| Setting | Meaning |\n|---|---|\n"
_TABLE = re.compile(re.escape(_HEAD) + r"(?:\|.*\|\n)*")

Schema = Mapping[str, Any]


def specification(name: str) -> Schema:
    """The connectionSpecification of `source` or `destination`."""
    text = (ROOT / f"{name}_acumatica" / "spec.json").read_text("utf-8")
    return json.loads(text)["connectionSpecification"]  # type: ignore[no-any-return]


def shown(schema: Schema) -> list[tuple[str, Schema]]:
    """The members of an object that a user sees, in the order of the form."""
    members = schema.get("properties", {}).items()
    visible = [(name, each) for name, each in members if "const" not in each and not each.get("airbyte_hidden")]
    return sorted(visible, key=lambda member: member[1].get("order", 1000))


def table(schema: Schema) -> str:
    """All settings of a specification as a Markdown table; nested ones behind one dash for each level."""
    return _HEAD + "".join(_rows(schema, 0))


def table_in(page: str) -> str:
    """The table of settings that a guide has."""
    found = _TABLE.search(page)
    assert found, "the guide has no table of settings"
    return found.group()


def with_table(page: str, schema: Schema) -> str:
    return page.replace(table_in(page), table(schema))


def _rows(schema: Schema, depth: int) -> Iterator[str]:
    for name, member in shown(schema):
        required = name in schema.get("required", ())
        yield _row("— " * depth + member["title"], _meaning(member, required=required))
        for option in member.get("oneOf", ()):
            yield _row(f"{'— ' * depth}{member['title']}: *{option['title']}*", _meaning(option))
            yield from _rows(option, depth + 1)
        yield from _rows(member, depth + 1)
        yield from _rows(member.get("items", {}), depth + 1)


def _row(label: str, meaning: str) -> str:
    return f"| {label} | {meaning} |\n"


def _meaning(schema: Schema, *, required: bool = False) -> str:
    parts = [re.sub(r"</?code>", "`", schema.get("description", ""))]
    if required:
        parts.append("Required.")
    if "enum" in schema:
        parts.append(f"One of {', '.join(f'`{value}`' for value in schema['enum'])}.")
    if schema.get("default", []) != []:
        value = schema["default"]
        parts.append(f"Default: `{value if isinstance(value, str) else json.dumps(value)}`.")
    return " ".join(part for part in parts if part)


def main() -> None:
    for name, path in GUIDES.items():
        path.write_text(with_table(path.read_text("utf-8"), specification(name)), encoding="utf-8")


if __name__ == "__main__":
    main()
