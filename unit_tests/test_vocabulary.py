"""Everything is named in the words of Acumatica, Airbyte, HTTP and databases: retired names must not come back.

The words below stand with a hyphen in them, so that this file does not match itself.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def listed(text: str) -> frozenset[str]:
    return frozenset(text.replace("-", "").split())


# Figures of speech and private words: not in code, comments, texts or documents.
WORDS = listed(
    "alo-ud be-ars de-ed de-eds d-oors ha-nd ha-nds ha-nded han-dover kn-ows lad-der like-ness l-one mis-chief no-body "
    "out-let rehear-sal rehear-sed re-cipe ro-ad ro-ads seek-er seek-ing settle-ment sh-elf sta-nce to-ld te-lls "
    "un-fit ver-dict ver-dicts wi-sh wi-shes"
)
# Names of classes, functions and variables whose words may be used in a sentence.
NAMES = listed(
    "Ask-er Assem-bly at-tend Break-er compan-ions Hold-ing Land-ing lay_-out Mo-ment Mo-ments No-ise objec-tions "
    "out-last pe-ers Po-rtions Pro-of pro-ven_by R-oom T-ap Toler-ance Traf-fic Tr-ust Tu-rn Tu-rns Vi-sit "
    "Wa-lk Wa-ys"
)
# Names of modules, with or without `test_` before them.
MODULES = listed(
    "add-ing arran-ging ask-ing assem-bly back-log break-er care-ful cho-ice custo-ms dee-ds descri-bed door-s "
    "else-where fami-lies find-ing finish-ing fi-t ga-te han-dover hold-ing inter-ruption jo-ins lad-der land-ing "
    "lan-es like-ness lite-rals lon-e_lines merg-ing match-ing memb-ers mis-chief mom-ents objec-tions off-ers out-let "
    "pa-rts port-ions posi-tions pre-ss pro-be pro-of prun-ing reci-pe remov-ing ro-ad ro-om rota-tion sco-pe seek-ing "
    "send-ing settle-ment shel-f sta-nce swi-ft swit-ches tar-get toler-ance traf-fic tra-vel tur-ns un-fit ver-dict "
    "ver-dicts vis-its wi-shes"
)
PHRASES = ("who may ta" + "lk", "in sil" + "ence")
DATA = listed("ha-nd han-dover ro-ad she-lf")
# Legitimate uses: the file (or folder) and the word.
ALLOWED = frozenset(
    {
        # Names of items, people and streets in the emulator's data.
        *((f"acumatica_emulator/{place}", word) for place in ("seed", "site/tenants.py") for word in DATA),
        *(("unit_tests/emulator", word) for word in DATA),
        ("acumatica_emulator/api/inquiries.py", "ha" + "nd"),  # stock that a warehouse has
        ("acumatica_emulator/swagger/parts.py", "par" + "ts"),  # of a swagger document
        ("integration_tests/both_ways/test_chosen.py", "she" + "lf"),  # a field of Acumatica
        ("integration_tests/shared_pool/test_members.py", "memb" + "ers"),  # of a pool
    }
)
PLACES = (
    *("acumatica_client", "connector_runtime", "source_acumatica", "destination_acumatica", "acumatica_emulator"),
    *("demo", "benchmarks", "connectors", "docs", "integration_tests", "."),
    *("unit_tests/client", "unit_tests/runtime", "unit_tests/source", "unit_tests/destination", "unit_tests/emulator"),
)
# Places that are being renamed; empty unless a renaming is under way.
PENDING: frozenset[str] = frozenset()
READ = {".py", ".md", ".json", ".yaml", ".yml", ".toml", ".js", ".mjs", ".svg", ""}
GENERATED = {"recorded", "package-lock.json", "forms.json", "specs", "__pycache__", "build", ".tmp"}


def files(place: str) -> list[Path]:
    """The texts of a folder; of the root and of unit_tests only those that lie directly in it."""
    found = [*ROOT.glob("*"), *ROOT.glob("unit_tests/*")] if place == "." else [*(ROOT / place).rglob("*")]
    texts = [path for path in found if path.is_file() and path.suffix in READ and path.name[0] != "."]
    return sorted(path for path in texts if not GENERATED & set(path.parts))


def words(text: str) -> set[str]:
    """The words of a text in lower case; names are split at underscores, but not `QtyOnHand`, which is Acumatica's."""
    return {word.lower() for word in re.findall(r"[A-Za-z]+", text)}


def parts(name: str) -> set[str]:
    """The words of a name in lower case, split at capitals."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def names(source: str) -> Iterator[str]:
    """Every name that a module gives: classes, functions, arguments, variables and attributes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def retired(path: Path) -> set[str]:
    """The retired words of a file: in its name, in its text, and among the names that it gives."""
    text = path.read_text("utf-8", errors="replace")
    found = words(text) & WORDS | {phrase for phrase in PHRASES if phrase in text}
    if path.suffix == ".py":
        given = set(names(text))
        found |= {name for name in given if name.lstrip("_") in NAMES} | set().union(*map(parts, given)) & WORDS
        found |= {path.stem.removeprefix("test_")} & MODULES
    name = path.relative_to(ROOT).as_posix()
    return {word for word in found if not any(name.startswith(place) and word == each for place, each in ALLOWED)}


def test_the_retired_words_are_written_so_that_this_file_does_not_match() -> None:
    assert retired(Path(__file__)) == set()


@pytest.mark.parametrize("place", sorted(PLACES))
def test_no_retired_name_is_used(place: str) -> None:
    if place in PENDING:
        pytest.skip(f"{place} is being renamed")
    found = {path.relative_to(ROOT).as_posix(): sorted(retired(path)) for path in files(place)}

    assert {path: each for path, each in found.items() if each} == {}


def test_a_retired_name_is_found_in_every_form(tmp_path: Path) -> None:
    assert words("the_ro" + "ad_broke") & parts("Ro" + "adSettings") & WORDS == {"ro" + "ad"}
    assert set(names("class _Tu" + "rn:\n    def to(self, wa" + "lk): self.tu = wa" + "lk")) & {"_Tu" + "rn"}
