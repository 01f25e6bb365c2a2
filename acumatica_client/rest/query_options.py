"""How `$select`, `$expand` and `$custom` are written for the two contracts.

    chosen      select=OrderNbr,Details/OrderQty   expand=Details   custom=Document.AttributeX,Details/Lines.UsrA
    contract 4  $select=OrderNbr,Details/OrderQty  $expand=Details  $custom=Document.AttributeX,Details/Lines.UsrA
    contract 5  $select=OrderNbr,Details,Document.AttributeX  $expand=Details($select=OrderQty,Lines.UsrA)

Both are written from one tree. A level of which no field is named has all its fields. Where fields of a level are
named, its expanded members have to be named too, or contract 4 leaves them out; contract 5 gets the same.
UNVERIFIED: whether contract 5 needs the name of an expanded member in `$select`; OData allows it there.
Evidence: Integration Development Guide 2026 R1 on `$select`, `$expand`, `$custom`; its 2026 R2 edition on nested
options.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

OptionWriter = Callable[[Collection[str], Collection[str], Collection[str]], Mapping[str, str]]


@dataclass
class _Level:
    """What is wanted of one object: its named members in order (none: every field), its parts, its custom fields."""

    named: dict[str, None] = field(default_factory=dict)
    parts: dict[str, _Level] = field(default_factory=dict)
    custom: list[str] = field(default_factory=list)

    def part(self, name: str) -> _Level:
        return self.parts.setdefault(name, _Level())

    def names(self) -> list[str]:
        """The members to name: those chosen, and with them every part, chosen or not."""
        return list(self.named | dict.fromkeys(self.parts)) if self.named else []


def options_contract_4(select: Collection[str], expand: Collection[str], custom: Collection[str]) -> dict[str, str]:
    """Contract 4: one path for each name."""
    level = _level(select, expand, custom)
    return {
        "$select": ",".join(_select_paths(level, "")),
        "$expand": ",".join(_expand_paths(level, "")),
        "$custom": ",".join(custom),
    }


def options_contract_5(select: Collection[str], expand: Collection[str], custom: Collection[str]) -> dict[str, str]:
    """Contract 5: the options of a part stand in brackets behind it, custom fields among the chosen ones."""
    return _nested(_level(select, expand, custom))


def _level(select: Collection[str], expand: Collection[str], custom: Collection[str]) -> _Level:
    """The tree. A path to a field of a part expands the part, which the server asks for."""
    top = _Level()
    for path in expand:
        _descend(top, path.split("/"))
    for path in select:
        *parents, name = path.split("/")
        _descend(top, parents, named=True).named[name] = None
    for path in custom:
        *parents, name = path.split("/")
        _descend(top, parents).custom.append(name)
    return top


def _descend(level: _Level, steps: list[str], *, named: bool = False) -> _Level:
    for step in steps:
        if named:
            level.named[step] = None
        level = level.part(step)
    return level


def _select_paths(level: _Level, place: str) -> Iterator[str]:
    for name in level.names():
        below = list(_select_paths(level.parts[name], f"{place}{name}/")) if name in level.parts else []
        yield from below or [place + name]


def _expand_paths(level: _Level, place: str) -> Iterator[str]:
    for name, part in level.parts.items():
        yield place + name
        yield from _expand_paths(part, f"{place}{name}/")


def _nested(level: _Level) -> dict[str, str]:
    chosen = level.names() or (["*"] if level.custom else [])
    return {"$select": ",".join([*chosen, *level.custom]), "$expand": ",".join(_bracketed(level))}


def _bracketed(level: _Level) -> Iterator[str]:
    for name, part in level.parts.items():
        options = ";".join(f"{option}={value}" for option, value in _nested(part).items() if value)
        yield f"{name}({options})" if options else name
