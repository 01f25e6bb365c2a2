"""`python -m benchmarks.structure [package ...]`: files, lines, imports and floors of each package.

A floor is the length of the longest chain of imports below a module. A chain that comes back to itself is printed,
because it has no floors.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
Graph = Mapping[str, set[str]]  # module -> the modules of its package that it imports


def main() -> None:
    packages = sys.argv[1:] or sorted(path.parent.name for path in ROOT.glob("[a-z]*/__init__.py"))
    print(f"{'package':<24}{'files':>7}{'lines':>8}{'imports':>9}{'floors':>8}")
    for package in packages:
        sources = {module_name(path): path.read_text("utf-8") for path in (ROOT / package).rglob("*.py")}
        graph = {name: set(imported(source, sources)) - {name} for name, source in sources.items()}
        lines = sum(len(source.splitlines()) for source in sources.values())
        imports = sum(map(len, graph.values()))
        print(f"{package:<24}{len(sources):>7}{lines:>8}{imports:>9}{floors(graph):>8}")


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(source: str, modules: Mapping[str, str]) -> Iterator[str]:
    """The modules among these that the source imports; `from package import module` is the module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules else node.module for name in inner]
        else:
            continue
        yield from (name for name in names if name in modules)


def floors(graph: Graph) -> str:
    """How many floors the graph has, or a cycle of it."""
    height: dict[str, int] = {}
    try:
        for module in TopologicalSorter(graph).static_order():
            height[module] = 1 + max((height[below] for below in graph[module]), default=0)
    except CycleError as error:
        return f"  cycle: {' -> '.join(error.args[1])}"
    return str(max(height.values(), default=0))


if __name__ == "__main__":
    main()
