"""Which licences the images carry, out of the bill of materials; which of them need a word. Knows nothing of images.

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
# What asks for no more than its own text, which lies beside each library in the image.
PERMISSIVE = frozenset(
    {"MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "BSD", "0BSD", "Apache-2.0", "ISC", "PSF-2.0", "Zlib"}
    | {"CC0-1.0", "CNRI-Python", "Unlicense"}
)
# Names outside SPDX that packages give themselves: the classifiers of the Python Package Index, and older texts.
_SPDX = {
    "License :: OSI Approved :: BSD License": "BSD",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
    "License :: OSI Approved :: GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GPL": "GPL-2.0-or-later",  # Unidecode; its classifier says which
}
# Read in the licence file of the package, where its metadata names none that a tool understands.
_READ = {"protobuf": "BSD-3-Clause", "rich-click": "MIT"}
# What must be said of a library whose licence asks for more.
SAID = {
    "Unidecode": "Required by airbyte-cdk, which does not import it. Its Python sources lie in the image as they were"
    " published. Whoever passes the image on passes this library on under the GPL.",
    "asyncssh": "Taken under EPL-2.0, unchanged. Its Python sources lie in the image.",
    "certifi": "Unchanged; the file with the authorities lies in the image.",
    "orjson": "Unchanged; the sources are published on PyPI beside the wheel.",
    "tqdm": "Unchanged. Its Python sources lie in the image.",
}
_HEAD = """# Licences of what the images hold

The connectors are under the MIT licence. Their wheel holds no code of others. The images hold the libraries below,
each with its own licence text beside it, in the versions of `requirements-image.lock`. `make release` writes this page
out of the bill of materials that it makes (`dist/sbom.cdx.json`, CycloneDX).

| library | licence | to be said |
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
        return f"| {self.name} | {self.licence} | {SAID.get(self.name, '')} |\n"


def rows(bill: Mapping) -> list[Row]:
    """One row a library, by name. A licence that nobody knows is an empty text."""
    found = [Row(each["name"], _licence(each)) for each in bill["components"] if each["name"] != OURS]
    return sorted(found, key=lambda row: row.name.lower())


def _licence(component: Mapping) -> str:
    if component["name"] in _READ:
        return _READ[component["name"]]
    told = [entry.get("expression") or _named(entry["license"]) for entry in component.get("licenses") or ()]
    return " AND ".join(dict.fromkeys(_SPDX.get(name, name) for name in told))


def _named(licence: Mapping) -> str:
    return str(licence.get("id") or licence.get("name") or "")


def documented(page: str) -> dict[str, Row]:
    """The rows of a page that was written before."""
    return {name: Row(name, licence) for name, licence in re.findall(r"^\| (\S+) \| (.+?) \| .*\|$", page, re.M)}


def locked() -> set[str]:
    """The names of all libraries that an image may get, whatever its Python version."""
    text = (ROOT / "requirements-image.lock").read_text("utf-8")
    return {_plain(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.M)}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def page(found: Sequence[Row], before: str) -> str:
    """The page with the libraries found. One that only another Python version needs keeps the row it had."""
    here = {row.name: row for row in found}
    elsewhere = {name: row for name, row in documented(before).items() if _plain(name) in locked() and name not in here}
    everything = {**elsewhere, **here}
    return _HEAD + "".join(everything[name].line() for name in sorted(everything, key=str.lower))


def main(arguments: Sequence[str]) -> int:
    bill, target = (Path(argument) for argument in arguments)
    before = target.read_text("utf-8") if target.exists() else ""
    target.write_text(page(rows(json.loads(bill.read_text("utf-8"))), before), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
