"""Parse the query options of both contracts into trees of names.

Contract 4 writes a path for each name (`$expand=Details,Details/Allocations`), contract 5 nests options in brackets
(`$expand=Details($select=OrderQty;$expand=Allocations)`). Both become the same tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_ALWAYS_THERE = frozenset({"id", "rownumber", "note", "custom", "error", "translations"})


class BadOption(ValueError):
    """The text of a query option cannot be read."""


@dataclass
class Wanted:
    """What a request wants of one entity. `select` None: every field; else the chosen names with their own choices."""

    select: dict[str, Wanted] | None = None
    expand: dict[str, Wanted] = field(default_factory=dict)
    custom: set[tuple[str, str]] = field(default_factory=set)
    files: bool = False
    files_chosen: bool = False
    translations: bool = False

    def chosen(self, name: str) -> bool:
        return self.select is None or name in self.select

    @property
    def shows_files(self) -> bool:
        """Files have to be expanded, and with $select be selected too, like every other part."""
        return self.files and (self.select is None or self.files_chosen)


def parse(query: Mapping[str, str], contract: int) -> Wanted:
    """Reads $select, $expand and $custom."""
    wanted = Wanted()
    if contract >= 5:
        _nested(wanted, query.get("$select", ""), query.get("$expand", ""))
        return wanted
    for path in _parts(query.get("$expand", "")):
        _expand_path(wanted, path.split("/"))
    for path in _parts(query.get("$select", "")):
        _select_path(wanted, path.split("/"))
    for path in _parts(query.get("$custom", "")):
        _custom_path(wanted, path.split("/"))
    return wanted


def whole_number(text: str | None, name: str) -> int | None:
    """$top and $skip; a text that is no whole number is refused, as the binder of the server does."""
    if text is None or text == "":
        return None
    if not text.lstrip("-").isdigit() or int(text) < 0:
        raise BadOption(f"The value '{text}' is not valid for {name}.")
    return int(text)


def _parts(text: str) -> Iterator[str]:
    return (part.strip() for part in text.split(",") if part.strip())


def _expand_path(wanted: Wanted, steps: list[str]) -> None:
    for step in steps:
        if step.casefold() == "files":  # the C# client's tests send it with a capital
            wanted.files = True
            return
        if step.casefold() == "translations":
            wanted.translations = True
            return
        wanted = wanted.expand.setdefault(step, Wanted())


def _select_path(wanted: Wanted, steps: list[str]) -> None:
    if wanted.select is None:
        wanted.select = {}
    head, *rest = steps
    if head.casefold() == "files":
        wanted.files_chosen = True
        return
    if head.casefold() in _ALWAYS_THERE or head.startswith("custom."):
        return
    chosen = wanted.select.setdefault(head, Wanted())
    if rest:
        _select_path(chosen, rest)


def _custom_path(wanted: Wanted, steps: list[str]) -> None:
    *parents, last = steps
    for step in parents:
        wanted = wanted.expand.setdefault(step, Wanted())
    view, dot, name = last.partition(".")
    if not dot:
        raise BadOption(f"The custom field '{last}' has no view.")
    wanted.custom.add((view, name))


def _nested(wanted: Wanted, select: str, expand: str) -> None:
    for part in _outside_brackets(expand, ","):
        name, bracket, inner = part.partition("(")
        if name.strip().casefold() == "files":
            wanted.files = wanted.files_chosen = True  # OData 4.01: what is expanded need not be selected
            continue
        if name.strip().casefold() == "translations":
            wanted.translations = True
            continue
        if bracket and not inner.endswith(")"):
            raise BadOption(f"Syntax error in $expand: '{part}'.")
        child = wanted.expand.setdefault(name.strip(), Wanted())
        options = dict(option.split("=", 1) for option in _outside_brackets(inner[:-1], ";") if "=" in option)
        _nested(child, options.get("$select", ""), options.get("$expand", ""))
    for name in _parts(select):
        if name == "*":
            continue
        if "." in name:
            view, _, custom = name.partition(".")
            wanted.custom.add((view, custom))
        else:
            _select_path(wanted, [name])
    if "*" in _parts(select):
        wanted.select = None
    elif wanted.select is not None:
        wanted.select.update({name: Wanted() for name in wanted.expand if name not in wanted.select})


def _outside_brackets(text: str, separator: str) -> Iterator[str]:
    depth, start = 0, 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == separator and depth == 0:
            yield text[start:at].strip()
            start = at + 1
    if text[start:].strip():
        yield text[start:].strip()
