"""Who may import whom, how long a room may grow, and what no room may do: read from the syntax trees of every file.

acumatica_client  <--- source_acumatica         acumatica_emulator  <--- demo, benchmarks
                  <--- destination_acumatica    (never meets any of the left side)
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROAD = frozenset(
    {
        "socket",
        "ssl",
        "http",
        "requests",
        "urllib3",
        "httpx",
        "aiohttp",
        "ftplib",
        "smtplib",
        "socketserver",
        "asyncio",
        "asyncssh",
    }
)
SERVING = frozenset({"starlette", "uvicorn", "socket", "asyncio", "anyio", "http"})
CDK = frozenset({"airbyte_cdk", "airbyte_protocol", "airbyte_protocol_models_dataclasses", "airbyte"})
TESTING = frozenset({"pytest", "hypothesis", "unittest", "_pytest"})
SOCKET_NAMES = frozenset({"socket", "uvicorn", "socketserver", "aiohttp", "httpx"})
# Parts of a forbidden package that open nothing.
HARMLESS = frozenset({"http.cookies", "http.HTTPStatus"})


@dataclass(frozen=True)
class Rule:
    """What the modules of a package may import: which of ours, and which outside packages only in which rooms."""

    ours: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    rooms: frozenset[str] = frozenset()  # files and folders that the forbidden ones may come into
    never: frozenset[str] = frozenset()  # not even there


OURS = frozenset(
    {
        "acumatica_client",
        "connector_runtime",
        "source_acumatica",
        "destination_acumatica",
        "acumatica_emulator",
        "demo",
        "benchmarks",
        "unit_tests",
        "integration_tests",
    }
)
_CONNECTOR = Rule(frozenset({"acumatica_client", "connector_runtime"}), forbidden=ROAD, never=TESTING | SERVING)
_DRIVER = Rule(frozenset({"acumatica_emulator"}), never=CDK | TESTING)
RULES: dict[str, Rule] = {
    "acumatica_client": Rule(
        forbidden=ROAD,
        rooms=frozenset({"session.py", "lease_redis.py", "transport"}),
        never=CDK | TESTING | SERVING - ROAD,
    ),
    "connector_runtime": Rule(frozenset({"acumatica_client"}), forbidden=ROAD, never=TESTING | SERVING),
    "source_acumatica": _CONNECTOR,
    "destination_acumatica": _CONNECTOR,
    "acumatica_emulator": Rule(
        forbidden=SERVING | ROAD,
        rooms=frozenset({"server", "server.py"}),
        never=CDK | TESTING | {"requests"},
    ),
    "demo": _DRIVER,
    "benchmarks": _DRIVER,
    "unit_tests": Rule(OURS - {"integration_tests", "demo", "benchmarks"}, forbidden=SOCKET_NAMES),
}

MODULE_LINES, TEST_LINES = 400, 600
FUNCTION_LINES, TEST_FUNCTION_LINES = 40, 70  # builders of documents are long and flat

# Put together, so that they do not stand here themselves.
TYPES_IGNORED = "type: " + "ignore"
LEFT_UNDONE = ("TO" + "DO", "FIX" + "ME", TYPES_IGNORED)


def files(package: str) -> list[Path]:
    """Every module of a package, none where the package is not there yet."""
    return sorted(path for path in (ROOT / package).rglob("*.py") if "__pycache__" not in path.parts)


def every_file() -> list[Path]:
    return [path for package in sorted(OURS) for path in files(package)]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# Imports


def imports(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything imported, wherever it stands; `package` is that of the module, for
    relative imports. `from a import b` counts as `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")
            start = parents[: len(parents) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}" if base else alias.name) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("__import__", "importlib.import_module"):
            named = node.args[0] if node.args else None
            yield node.lineno, named.value if isinstance(named, ast.Constant) else "<a computed name>"


def trespasses(path: str, source: str) -> list[str]:
    """What the module imports against the rule of its package, as `line: name`."""
    first, *_ = parts = path.split("/")
    rule, package = RULES[first], ".".join(parts[:-1])
    found = []
    for line, name in imports(source, package):
        top = name.partition(".")[0]
        foreign = top in OURS - rule.ours - {first}
        alien = top in rule.never
        misplaced = top in rule.forbidden and name not in HARMLESS and not rule.rooms & set(parts)
        if foreign or alien or misplaced or name == "<a computed name>":
            found.append(f"{line}: {name}")
    return found


@pytest.mark.parametrize("package", sorted(RULES))
def test_every_import_keeps_to_the_table(package: str) -> None:
    found = {name_of(path): trespasses(name_of(path), path.read_text("utf-8")) for path in files(package)}
    if not found:
        pytest.skip(f"{package} is not there yet")

    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("acumatica_client/session/pool.py", "import airbyte_cdk"),
        ("acumatica_client/session/pool.py", "from airbyte_cdk.models import AirbyteMessage"),
        ("acumatica_client/session/pool.py", "import requests"),
        ("acumatica_client/session/pool.py", "from urllib3.exceptions import HTTPError"),
        ("acumatica_client/session/pool.py", "import http.client"),
        ("acumatica_client/session/pool.py", "import asyncio"),
        ("acumatica_client/session/pool.py", "from asyncssh import connect"),
        ("source_acumatica/cdk/streams.py", "import asyncssh"),
        ("acumatica_client/record/codec.py", "def late():\n    import socket"),
        ("acumatica_client/session/pool.py", "import acumatica_emulator.server"),
        ("acumatica_client/session/pool.py", "from source_acumatica import streams"),
        ("acumatica_client/session/pool.py", "from ...source_acumatica import streams"),
        ("acumatica_client/record/codec.py", "from ...destination_acumatica.writer import Writer"),
        ("acumatica_client/session/session.py", "import airbyte_cdk"),
        ("acumatica_client/session/pool.py", "import importlib\nimportlib.import_module('acumatica_emulator')"),
        ("acumatica_client/session/pool.py", "__import__(chosen)"),
        ("source_acumatica/cdk/streams.py", "from destination_acumatica import plan"),
        ("source_acumatica/cdk/streams.py", "if TYPE_CHECKING:\n    from acumatica_emulator import server"),
        ("source_acumatica/cdk/streams.py", "import requests"),
        ("destination_acumatica/plan/write_plan.py", "import source_acumatica"),
        ("destination_acumatica/plan/write_plan.py", "from pytest import raises"),
        ("acumatica_emulator/records/values.py", "import acumatica_client"),
        ("acumatica_emulator/server.py", "from acumatica_client.rest.query import Query"),
        ("acumatica_emulator/records/values.py", "from starlette.applications import Starlette"),
        ("acumatica_emulator/filters/grammar.py", "import uvicorn"),
        ("acumatica_emulator/server.py", "import requests"),
        ("demo/__main__.py", "import acumatica_client"),
        ("demo/__main__.py", "import airbyte_cdk"),
        ("benchmarks/read.py", "from source_acumatica.source import Source"),
        ("unit_tests/client/session/test_pool.py", "import socket"),
        ("unit_tests/client/session/test_pool.py", "from integration_tests import cassettes"),
    ],
)
def test_a_planted_trespass_is_caught(path: str, source: str) -> None:
    assert len(trespasses(path, source)) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("acumatica_client/session/session.py", "import requests, urllib3"),
        ("acumatica_client/transport/ssh_tunnel.py", "import asyncio, asyncssh, socket"),
        ("acumatica_client/session/pool.py", "from .session import Session\nfrom . import errors"),
        ("acumatica_client/record/codec.py", "from ..errors import AcumaticaError"),
        ("acumatica_client/session/pool.py", "from urllib.parse import quote\nfrom email.utils import formatdate"),
        (
            "source_acumatica/cdk/streams.py",
            "import airbyte_cdk\nfrom acumatica_client.api.client import AcumaticaClient",
        ),
        ("acumatica_emulator/server.py", "import socket, uvicorn\nfrom starlette.routing import Route"),
        ("acumatica_emulator/server/running.py", "import asyncio"),
        ("acumatica_emulator/records/values.py", "from http import HTTPStatus"),
        ("demo/__main__.py", "import subprocess, socket\nfrom acumatica_emulator import server"),
        ("unit_tests/client/session/test_pool.py", "import requests\nfrom acumatica_client import pool"),
    ],
)
def test_what_the_table_allows_is_no_trespass(path: str, source: str) -> None:
    assert trespasses(path, source) == []


def test_relative_imports_are_resolved_from_the_package_that_they_stand_in() -> None:
    source = "from . import a\nfrom .b import c\nfrom .. import d\nfrom ..e.f import g"

    assert [name for _, name in imports(source, "top.inner")] == ["top.inner.a", "top.inner.b.c", "top.d", "top.e.f.g"]


# What no room may do


def offences(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of what a module does against the habits of the house."""
    tree = ast.parse(source)
    if source.strip() and not ast.get_docstring(tree):
        yield 1, "no docstring"
    for number, line in enumerate(source.splitlines(), 1):
        yield from ((number, word) for word in LEFT_UNDONE if word in line)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            yield node.lineno, "print"
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
    allowed |= {TYPES_IGNORED} if is_test(path) else set()  # tests hand over what no type allows
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


@pytest.mark.parametrize(
    "package", ["acumatica_client", "connector_runtime", "source_acumatica", "destination_acumatica"]
)
def test_what_is_delivered_uses_only_names_that_python_3_10_has(package: str) -> None:
    if not files(package):
        pytest.skip(f"{package} is not there yet")
    newer = {"tomllib", "typing.Self", "typing.override", "datetime.UTC", "enum.StrEnum", "itertools.batched"}
    found = {
        name_of(path): names
        for path in files(package)
        if (names := {name for _, name in imports(path.read_text("utf-8"), package)} & newer)
    }

    assert found == {}
    assert sys.version_info >= (3, 10)
