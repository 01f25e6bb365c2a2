"""How long a module may grow, what no module may do, and that the import contracts of `.ci/imports.toml` bite.

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
# What a unit test must not import: a network, and folders that start processes.
NOT_IN_UNIT_TESTS = frozenset(
    {"socket", "uvicorn", "socketserver", "aiohttp", "httpx", "integration_tests", "demo", "benchmarks"}
)

MODULE_LINES, TEST_LINES = 400, 600
FUNCTION_LINES, TEST_FUNCTION_LINES = 40, 70  # builders of documents are long and flat

# Put together, so that they do not stand here themselves.
TYPES_IGNORED = "type: " + "ignore"
LEFT_UNDONE = ("TO" + "DO", "FIX" + "ME", TYPES_IGNORED)


def files(package: str) -> list[Path]:
    """Every module of a package, none where the package is not there yet."""
    return sorted(path for path in (ROOT / package).rglob("*.py") if "__pycache__" not in path.parts)


def every_file() -> list[Path]:
    return [path for package in FOLDERS for path in files(package)]


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


def imports(source: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported, wherever it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


@pytest.mark.parametrize("path", files("unit_tests"), ids=name_of)
def test_a_unit_test_opens_no_socket_and_starts_no_driver(path: Path) -> None:
    found = [f"{line}: {name}" for line, name in imports(path.read_text("utf-8"))]

    assert [one for one in found if one.split(": ")[1].partition(".")[0] in NOT_IN_UNIT_TESTS] == []


# What no module may do


def offences(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of what a module does against the habits of the house."""
    tree = ast.parse(source)
    if source.strip() and not ast.get_docstring(tree):
        yield 1, "no docstring"
    for number, line in enumerate(source.splitlines(), 1):
        yield from ((number, word) for word in LEFT_UNDONE if word in line)
    for node in ast.walk(tree):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if called == "print":
            yield node.lineno, "print"
        elif called in ("__import__", "importlib.import_module"):  # no contract sees what that imports
            yield node.lineno, "import by name"
        elif isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if ast.unparse(raised) in ("Exception", "BaseException"):
                yield node.lineno, "bare exception"
        elif isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "bare except"


def long_functions(source: str, most: int) -> list[str]:
    """Name and length of those longer than `most` lines, decorators not counted: a table of cases is no code."""
    functions = (
        node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    )
    lengths = {function.name: (function.end_lineno or 0) - function.lineno + 1 for function in functions}
    return [f"{name}: {length} lines" for name, length in lengths.items() if length > most]


def is_test(path: Path) -> bool:
    return path.relative_to(ROOT).parts[0] in ("unit_tests", "integration_tests")


@pytest.mark.parametrize("path", every_file(), ids=name_of)
def test_a_module_keeps_the_habits_of_the_house(path: Path) -> None:
    allowed = {"print"} if name_of(path).startswith(("demo/", "benchmarks/")) else set()  # they talk to people
    allowed |= {TYPES_IGNORED} if is_test(path) else set()  # tests pass what no type allows
    found = [f"{line}: {what}" for line, what in offences(path.read_text("utf-8")) if what not in allowed]

    assert found == []


@pytest.mark.parametrize("path", every_file(), ids=name_of)
def test_a_module_and_its_functions_are_short_enough_to_be_read_at_once(path: Path) -> None:
    source = path.read_text("utf-8")

    assert len(source.splitlines()) <= (TEST_LINES if is_test(path) else MODULE_LINES)
    assert long_functions(source, TEST_FUNCTION_LINES if is_test(path) else FUNCTION_LINES) == []


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("x = 1", "no docstring"),
        ('"""D."""\nprint(1)', "print"),
        ('"""D."""\n__import__(chosen)', "import by name"),
        ('"""D."""\nimportlib.import_module("a")', "import by name"),
        ('"""D."""\nraise Exception("x")', "bare exception"),
        ('"""D."""\ndef f():\n    raise BaseException', "bare exception"),
        ('"""D."""\ntry:\n    pass\nexcept:\n    pass', "bare except"),
        *((f'"""D."""\nx = y  # {word}', word) for word in LEFT_UNDONE),
    ],
)
def test_a_planted_offence_is_caught(source: str, what: str) -> None:
    assert [found for _, found in offences(source)] == [what]


def test_an_empty_module_needs_no_docstring() -> None:
    assert list(offences("")) == []


def test_a_function_may_have_so_many_lines_and_not_one_more() -> None:
    source = "@decorated\ndef f():\n" + "    x = 1\n" * 39

    assert long_functions(source, 40) == []
    assert long_functions(source, 39) == ["f: 40 lines"]
    assert long_functions("class C:\n    async def f(self):\n" + "        x = 1\n" * 3, 3) == ["f: 4 lines"]
