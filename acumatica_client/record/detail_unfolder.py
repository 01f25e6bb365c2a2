"""Details unfolded into records of their own: each row of a path with the columns of its parents.

One implementation for both decoders: a level gives the values and the nested rows of a row of either kind.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from acumatica_client.record.detail_rows import ParentColumn, parent_columns
from acumatica_client.schema.model import EndpointSchema

_Any = TypeVar("_Any")
_Part = bytes | msgspec.Raw


class Level(Protocol[_Any]):
    """One level of a layout, for rows of the type `_Any`."""

    def value(self, row: _Any, name: str) -> _Part:
        """`id`, or the value of a field that its own column has."""

    def below(self, row: _Any, name: str) -> Sequence[_Any]:
        """The rows of a detail; the one of a linked entity, if it is there."""

    def inner(self, name: str) -> Level[_Any]: ...

    def render(self, row: _Any) -> bytes: ...


class Path:
    """One detail to unfold: the steps to it, and for each of them what its rows say of that parent."""

    def __init__(self, steps: Sequence[str], columns: Sequence[ParentColumn]) -> None:
        self.steps = tuple(steps)
        self.heads = [
            [(msgspec.json.encode(column.name) + b":", column.member) for column in columns if column.step == step]
            for step in range(len(steps))
        ]


def paths_of(schema: EndpointSchema, entity: str, rows: Collection[str]) -> dict[str, Path]:
    """The details to unfold by their names. Raises SettingsError for one that the schema lacks."""
    return {path: Path(path.split("/"), parent_columns(schema, entity, path)) for path in rows}


class DetailUnfolder(Generic[_Any]):
    """The rows of an entity's details, for one decoder."""

    def __init__(self, level: Level[_Any], paths: Mapping[str, Path]) -> None:
        self.level = level
        self._paths = paths

    def rows(self, path: str, row: _Any) -> list[bytes]:
        """The rows of a detail as JSON texts. KeyError for a path that was not asked for."""
        lines: list[bytes] = []
        self._walk(self.level, row, self._paths[path], 0, b"{", lines)
        return lines

    def _walk(self, level: Level[_Any], row: _Any, path: Path, step: int, head: bytes, lines: list[bytes]) -> None:
        head += b"".join(name + level.value(row, member) + b"," for name, member in path.heads[step])
        name = path.steps[step]
        inner = level.inner(name)
        if step + 1 == len(path.steps):
            lines += [head + inner.render(below)[1:] for below in level.below(row, name)]
        else:
            for below in level.below(row, name):
                self._walk(inner, below, path, step + 1, head, lines)
