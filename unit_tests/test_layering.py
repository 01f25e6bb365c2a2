"""How long a module may grow, what linters do not see, and that the contracts of `.ci/imports.toml` find violations.

The contracts themselves are checked by `make check`; here an import is planted into the graph for each of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter import api
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = {
    "acyclic_siblings": AcyclicSiblingsContract,
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
    "layers": LayersContract,
}
FOLDERS = (
    "acumatica_client",
    "acumatica_emulator",
    "benchmarks",
    "connector_runtime",
    "demo",
    "destination_acumatica",
    "integration_tests",
    "source_acumatica",
    "unit_tests",
)
TESTS = frozenset({"integration_tests", "unit_tests"})
# Tests pass what no type allows, and the transport overrides what urllib3 itself overrides against the types of Python.
MAY_SILENCE_MYPY = ("unit_tests/", "integration_tests/", "acumatica_client/transport/")
# What a unit test must not import: a network, and folders that start processes.
NOT_IN_UNIT_TESTS = frozenset(
    {"socket", "uvicorn", "socketserver", "aiohttp", "httpx", "integration_tests", "demo", "benchmarks"}
)

MODULE_LINES, TEST_LINES = 400, 600
FUNCTION_LINES, TEST_FUNCTION_LINES = 40, 70  # builders of documents are long and flat

TYPES_IGNORED = "type: " + "ignore"  # put together, so that it does not stand here itself


def files(package: str) -> list[Path]:
    """Every module of a folder."""
    return sorted(path for path in (ROOT / package).rglob("*.py") if "__pycache__" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# Imports


@pytest.fixture(scope="module")
def contracts() -> list[Any]:
    options = api.read_configuration(str(ROOT / ".ci" / "imports.toml"))
    session = options["session_options"]
    return [CONTRACTS[each["type"]](each["name"], session, each) for each in options["contracts_options"]]


@pytest.fixture(scope="module")
def graph(contracts: list[Any]) -> grimp.ImportGraph:
    packages = contracts[0].session_options["root_packages"]
    return grimp.build_graph(*packages, include_external_packages=True, cache_dir=None)


@pytest.mark.parametrize(
    ("importer", "imported", "words"),
    [
        ("source_acumatica.run", "destination_acumatica.run", "Source and destination never meet"),
        ("acumatica_client.errors", "connector_runtime.errors", "Source and destination never meet"),
        ("acumatica_client.errors", "acumatica_emulator.emulator", "Client and emulator never meet"),
        ("acumatica_emulator.emulator", "acumatica_client.errors", "Client and emulator never meet"),
        ("demo.story", "source_acumatica.run", "import nothing that is delivered"),
        ("benchmarks.stage", "airbyte_cdk", "import nothing that is delivered"),
        ("connector_runtime.errors", "acumatica_emulator.emulator", "nothing of what is for development"),
        ("acumatica_client.errors", "airbyte_cdk", "does not know Airbyte"),
        ("acumatica_client.errors", "requests", "open a socket"),
        ("source_acumatica.run", "requests", "open a socket"),
        ("connector_runtime.output", "socket", "open a socket"),
        ("destination_acumatica.rejects.bucket", "asyncssh", "open a socket"),
        ("destination_acumatica.config.settings", "botocore", "object storage"),
        ("acumatica_emulator.emulator", "requests", "no library of the client"),
        ("connector_runtime.command_line", "airbyte_cdk", "without the CDK"),
        ("source_acumatica.config.settings", "source_acumatica.source", "Layers of the source"),
        ("destination_acumatica.config.settings", "destination_acumatica.operations", "Layers of the destination"),
        ("connector_runtime.signals", "connector_runtime.output", "No cycles"),
    ],
)
def test_a_planted_import_breaks_its_contract(
    contracts: list[Any], graph: grimp.ImportGraph, importer: str, imported: str, words: str
) -> None:
    (contract,) = [each for each in contracts if words in each.name]
    planted = deepcopy(graph)
    if imported not in planted.modules:
        planted.add_module(imported, is_squashed=True)
    planted.add_import(importer=importer, imported=imported, line_number=1, line_contents=f"import {imported}")

    assert not contract.check(planted, verbose=False).kept


def packages_imported(source: str) -> Iterator[str]:
    """The packages that a module imports, wherever it does."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def test_a_unit_test_opens_no_socket_and_starts_no_process() -> None:
    found = {
        name_of(path): names
        for path in files("unit_tests")
        if (names := set(packages_imported(path.read_text("utf-8"))) & NOT_IN_UNIT_TESTS)
    }

    assert found == {}


# What neither ruff nor mypy checks


def offences(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of what a module does against the rules of the project."""
    for number, line in enumerate(source.splitlines(), 1):
        if TYPES_IGNORED in line:
            yield number, TYPES_IGNORED
    for node in ast.walk(ast.parse(source)):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if called in ("__import__", "importlib.import_module"):
            yield node.lineno, "import by name"  # no contract sees what it imports


def long_functions(source: str, most: int) -> list[str]:
    """Name and length of those longer than `most` lines, decorators not counted: a table of cases is no code."""
    functions = (
        node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    )
    lengths = {function.name: (function.end_lineno or 0) - function.lineno + 1 for function in functions}
    return [f"{name}: {length} lines" for name, length in lengths.items() if length > most]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_module_imports_by_name_and_none_that_is_delivered_silences_mypy(folder: str) -> None:
    found = [
        f"{name_of(path)}:{line} {what}"
        for path in files(folder)
        for line, what in offences(path.read_text("utf-8"))
        if what != TYPES_IGNORED or not name_of(path).startswith(MAY_SILENCE_MYPY)
    ]

    assert found == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_modules_and_functions_are_short_enough_to_be_read_at_once(folder: str) -> None:
    lines, function_lines = (TEST_LINES, TEST_FUNCTION_LINES) if folder in TESTS else (MODULE_LINES, FUNCTION_LINES)
    sources = {name_of(path): path.read_text("utf-8") for path in files(folder)}

    assert {path for path, source in sources.items() if len(source.splitlines()) > lines} == set()
    assert {path: long for path, source in sources.items() if (long := long_functions(source, function_lines))} == {}


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("__import__(chosen)", "import by name"),
        ('importlib.import_module("a")', "import by name"),
        (f"x = y  # {TYPES_IGNORED}", TYPES_IGNORED),
    ],
)
def test_a_planted_offence_is_caught(source: str, what: str) -> None:
    assert list(offences(source)) == [(1, what)]


def test_a_function_may_have_so_many_lines_and_not_one_more() -> None:
    source = "@decorated\ndef f():\n" + "    x = 1\n" * 39

    assert long_functions(source, 40) == []
    assert long_functions(source, 39) == ["f: 40 lines"]
    assert long_functions("class C:\n    async def f(self):\n" + "        x = 1\n" * 3, 3) == ["f: 4 lines"]
