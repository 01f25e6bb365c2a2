"""The entities, fields, keys and actions of each endpoint version.

The facts stand in text tables beside this file, one entity a paragraph. Only Default 24.200.001 and MANUFACTURING
24.200.001 are complete; every other version is written as the difference from one of them, which is also how a reader
wants to know it. Words of a table line:

    top NAME SCREEN title | linked NAME | detail NAME    begins an entity
    change NAME                                          goes on with an entity of the base version
    without NAME ...                                     entities of the base version that are absent
    key, role, drop, acts, act, noacts, link, list       facts about the entity begun last
    str bool int dec time ...                            fields of that type
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files

SCALARS: Mapping[str, str] = {
    "str": "StringValue",
    "bool": "BooleanValue",
    "dec": "DecimalValue",
    "dbl": "DoubleValue",
    "int": "IntValue",
    "short": "ShortValue",
    "long": "LongValue",
    "byte": "ByteValue",
    "guid": "GuidValue",
    "time": "DateTimeValue",
    "date": "DateOnlyValue",
    "pick": "StringSingleSelectValue",
    "pickint": "IntSingleSelectValue",
}

BASES: Mapping[tuple[str, str], tuple[str, str] | None] = {
    ("Default", "20.200.001"): ("Default", "24.200.001"),
    ("Default", "24.200.001"): None,
    ("Default", "25.200.001"): ("Default", "24.200.001"),
    ("Default", "26.200.001"): ("Default", "25.200.001"),
    ("MANUFACTURING", "24.200.001"): None,
    ("MANUFACTURING", "25.100.001"): ("MANUFACTURING", "24.200.001"),
    ("MANUFACTURING", "26.200.001"): ("MANUFACTURING", "25.100.001"),
    ("eCommerce", "24.200.001"): ("Default", "24.200.001"),
    ("eCommerce", "26.200.001"): ("Default", "26.200.001"),
}


class CatalogError(ValueError):
    """A catalog table has a line that no rule of the format explains."""


class UnknownMember(KeyError):
    """A query option names a member that the entity does not have."""


@dataclass(frozen=True)
class EntityType:
    """One entity of one endpoint version: a top-level, linked or detail one. `role` is empty for an ordinary form."""

    name: str
    kind: str
    screen: str = ""
    title: str = ""
    role: str = ""
    keys: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    linked: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    actions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def has(self, member: str) -> bool:
        return member in self.fields or member in self.linked or member in self.details


@dataclass(frozen=True)
class Contract:
    """An endpoint version: its entities by name, and the number of the contract that rules its wire format."""

    endpoint: str
    version: str
    number: int
    types: Mapping[str, EntityType]

    @property
    def title(self) -> str:
        return f"{self.endpoint}/{self.version}"

    def top(self) -> Iterator[EntityType]:
        return (entity for entity in self.types.values() if entity.kind == "top")

    def find(self, segment: str) -> EntityType | None:
        """The top-level entity of a URL segment. Case is ignored, as in the recorded `/salesorder` of C# issue 55."""
        entity = self.types.get(segment) or self._folded(segment.casefold())
        return entity if entity is not None and entity.kind == "top" else None

    def _folded(self, segment: str) -> EntityType | None:
        return next((entity for name, entity in self.types.items() if name.casefold() == segment), None)


@cache
def load(endpoint: str, version: str) -> Contract:
    """Reads one endpoint version; raises KeyError for a version that no table describes."""
    base = BASES[(endpoint, version)]
    types = dict(load(*base).types) if base else {}
    _apply(_table(endpoint, version), types)
    ordered = {name: types[name] for name in sorted(types, key=str.lower)}
    return Contract(endpoint, version, 5 if version >= "26" else 4, ordered)


def _table(endpoint: str, version: str) -> Iterator[list[str]]:
    """The words of each logical line; a line indented by four continues the one above."""
    text = (files(__package__) / f"{endpoint.lower()}-{version}.txt").read_text("utf-8")
    logical: list[str] = []
    for line in text.splitlines():
        if line.startswith("    ") and logical:
            logical[-1] += line
        elif line and not line.startswith("#"):
            logical.append(line)
    return (line.split() for line in logical)


def _apply(lines: Iterator[list[str]], types: dict[str, EntityType]) -> None:
    current = EntityType("", "")
    for word, *rest in lines:
        if word == "without":
            for name in rest:
                del types[name]
            continue
        if word == "top":
            current = replace(_blank_or_base(rest[0], types), kind=word, screen=rest[1], title=" ".join(rest[2:]))
        elif word in ("linked", "detail"):
            current = replace(_blank_or_base(rest[0], types), kind=word)
        elif word == "change":
            current = types[rest[0]]
        else:
            current = _with_fact(current, word, rest)
        types[current.name] = current


def _blank_or_base(name: str, types: Mapping[str, EntityType]) -> EntityType:
    return types.get(name) or EntityType(name, "")


def _with_fact(entity: EntityType, word: str, rest: list[str]) -> EntityType:
    """The entity with one more fact. A field given a new type leaves the group it was in before."""
    if word == "role":
        return replace(entity, role=rest[0])
    if word == "key":
        return replace(entity, keys=tuple(rest))
    if word == "noacts":
        return replace(entity, actions={})
    if word == "acts":
        return replace(entity, actions={**entity.actions, **{name: {} for name in rest}})
    if word == "act":
        return replace(entity, actions={**entity.actions, rest[0]: _pairs(rest[1:])})
    if word == "drop":
        return _without(entity, rest)
    if word in ("link", "list"):
        pairs = _pairs(rest)
        bare = _without(entity, list(pairs))
        if word == "link":
            return replace(bare, linked={**bare.linked, **pairs})
        return replace(bare, details={**bare.details, **pairs})
    if word in SCALARS:
        bare = _without(entity, rest)
        return replace(bare, fields={**bare.fields, **dict.fromkeys(rest, word)})
    raise CatalogError(f"{entity.name}: {word} {' '.join(rest)}")


def _pairs(words: list[str]) -> dict[str, str]:
    return {name: kind for name, _, kind in (word.partition(":") for word in words)}


def _without(entity: EntityType, names: list[str]) -> EntityType:
    def rest(group: Mapping[str, str]) -> dict[str, str]:
        return {name: kind for name, kind in group.items() if name not in names}

    return replace(entity, fields=rest(entity.fields), linked=rest(entity.linked), details=rest(entity.details))
