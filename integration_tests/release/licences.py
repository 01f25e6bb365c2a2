"""The licences of the libraries in the images, from the bill of materials, and the notes that some of them need.

python -m integration_tests.release.licences dist/sbom.cdx.json docs/licences.md
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = "airbyte-acumatica"
# Licences that require no more than their own text, which is in the image beside each library.
PERMISSIVE = frozenset(
    {"MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "BSD", "0BSD", "Apache-2.0", "ISC", "PSF-2.0", "Zlib"}
    | {"CC0-1.0", "CNRI-Python", "Unlicense"}
)
# Names outside SPDX: the classifiers of the Python Package Index, and older texts.
_SPDX = {
    "License :: OSI Approved :: BSD License": "BSD",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
    "License :: OSI Approved :: GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GPL": "GPL-2.0-or-later",  # Unidecode; its classifier says which
}
# From the licence file of the package, whose metadata names no licence that a tool understands.
_READ = {"protobuf": "BSD-3-Clause", "rich-click": "MIT"}
# The notes on libraries whose licence requires more.
NOTES = {
    "Unidecode": "Required by airbyte-cdk, which does not import it. Its Python sources are in the image as they were"
    " published. Distributing the image distributes this library under the GPL.",
    "asyncssh": "Taken under EPL-2.0, unchanged. Its Python sources are in the image.",
    "certifi": "Unchanged; the file with the authorities is in the image.",
    "orjson": "Unchanged; the sources are published on PyPI beside the wheel.",
    "tqdm": "Unchanged. Its Python sources are in the image.",
}
_HEAD = """# Licences of the libraries in the images

The connectors are under the MIT licence. Their wheel contains no third-party code. The images contain the libraries
below, each with its own licence text, in the versions of `requirements-image.lock`. `make release` writes this page
from the bill of materials that it makes (`dist/sbom.cdx.json`, CycloneDX).

| library | licence | note |
|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    name: str
    licence: str

    @property
    def parts(self) -> set[str]:
        return set(re.findall(r"[A-Za-z0-9.+-]+", self.licence)) - {"AND", "OR", "WITH"}

    @property
    def permissive(self) -> bool:
        return bool(self.parts) and self.parts <= PERMISSIVE

    def line(self) -> str:
        return f"| {self.name} | {self.licence} | {NOTES.get(self.name, '')} |\n"


def rows(bill: Mapping) -> list[Row]:
    """One row for each library, by name. An unknown licence is an empty text."""
    found = [Row(each["name"], _licence(each)) for each in bill["components"] if each["name"] != OURS]
    return sorted(found, key=lambda row: row.name.lower())


def _licence(component: Mapping) -> str:
    if component["name"] in _READ:
        return _READ[component["name"]]
    names = [entry.get("expression") or _named(entry["license"]) for entry in component.get("licenses") or ()]
    return " AND ".join(dict.fromkeys(_SPDX.get(name, name) for name in names))


def _named(licence: Mapping) -> str:
    return str(licence.get("id") or licence.get("name") or "")


def documented(page: str) -> dict[str, Row]:
    """The rows of an existing page."""
    return {name: Row(name, licence) for name, licence in re.findall(r"^\| (\S+) \| (.+?) \| .*\|$", page, re.M)}


def locked() -> set[str]:
    """The names of all libraries of an image, for any Python version."""
    text = (ROOT / "requirements-image.lock").read_text("utf-8")
    return {_plain(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.M)}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def page(found: Sequence[Row], before: str) -> str:
    """The page with these libraries. One that only another Python version needs keeps its row."""
    here = {row.name: row for row in found}
    others = {name: row for name, row in documented(before).items() if _plain(name) in locked() and name not in here}
    everything = {**others, **here}
    return _HEAD + "".join(everything[name].line() for name in sorted(everything, key=str.lower))


def main(arguments: Sequence[str]) -> int:
    bill, target = (Path(argument) for argument in arguments)
    before = target.read_text("utf-8") if target.exists() else ""
    target.write_text(page(rows(json.loads(bill.read_text("utf-8"))), before), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
