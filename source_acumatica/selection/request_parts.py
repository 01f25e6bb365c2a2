"""What is asked for in one request: all the chosen columns of an entity, or a part of them. Pure; sends nothing.

A part always names the keys, so that the parts of a record find each other. A nested member (linked entity, detail)
belongs to one part with all that was chosen in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from acumatica_client.rest.query import Query
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EntitySchema


@dataclass(frozen=True)
class Reading:
    """What is read of an entity.

    `select`: the chosen fields as slash paths (`OrderNbr`, `MainContact/Email`), empty for every field. `expand`: the
    chosen linked entities and details. `rows`: details whose rows become records of their own. `custom`: chosen custom
    fields. `condition`: the user's own filter. `archived`: archived records come too.
    """

    entity: EntitySchema
    expand: tuple[str, ...] = ()
    page_size: int = 500
    select: tuple[str, ...] = ()
    custom: tuple[CustomField, ...] = ()
    rows: tuple[str, ...] = ()
    condition: str | None = None
    archived: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """All that is expanded on the wire."""
        return tuple(dict.fromkeys((*self.expand, *self.rows)))

    @property
    def members(self) -> tuple[str, ...]:
        """The expanded members of the entity itself."""
        nested = (path for path in self.select if "/" in path)
        places = (custom.place for custom in self.custom if custom.place)
        return tuple(dict.fromkeys(_root(path) for path in (*self.paths, *nested, *places)))


@dataclass(frozen=True)
class Part:
    """Some of the chosen columns: own `fields` (None: every one), nested `members`, own `custom` fields.

    `bare`: without `$select`, for lists that break by it; then more may come than was chosen. `loose`: of the members
    every field, where naming the chosen ones would make the address too long.
    """

    fields: tuple[str, ...] | None = ()
    members: tuple[str, ...] = ()
    custom: tuple[CustomField, ...] = ()
    bare: bool = False
    loose: bool = False

    def query(self, reading: Reading) -> Query:
        """The columns of this part; which records is not said yet."""
        expand = tuple(path for path in reading.paths if _root(path) in self.members)
        nested = () if self.loose else tuple(p for p in reading.select if "/" in p and _root(p) in self.members)
        named = () if self.fields is None else tuple(dict.fromkeys((*reading.entity.keys, *self.fields)))
        custom = [*self.custom, *(c for c in reading.custom if c.place and _root(c.place) in self.members)]
        return Query(
            select=() if self.bare else (*named, *nested),
            expand=expand,
            custom=tuple(custom_field.path for custom_field in custom),
            archived=reading.archived,
        )

    def without(self, other: Part) -> Part:
        """This part less the columns of another."""
        fields = None if self.fields is None else tuple(f for f in self.fields if f not in (other.fields or ()))
        return replace(
            self,
            fields=() if other.fields is None else fields,
            members=tuple(name for name in self.members if name not in other.members),
            custom=tuple(one for one in self.custom if one not in other.custom),
        )

    def joined(self, other: Part) -> Part:
        """This part and the columns of another."""
        every = self.fields is None or other.fields is None
        return replace(
            self,
            fields=None if every else tuple(dict.fromkeys((*(self.fields or ()), *(other.fields or ())))),
            members=tuple(dict.fromkeys((*self.members, *other.members))),
            custom=tuple(dict.fromkeys((*self.custom, *other.custom))),
        )

    @property
    def empty(self) -> bool:
        return self.fields is not None and not self.columns()

    def columns(self) -> tuple[str, ...]:
        """The names of what is in it, for people; of `fields` None, no names."""
        return (*(self.fields or ()), *self.members, *(custom.path for custom in self.custom))

    def units(self) -> Iterator[Part]:
        """Its columns one by one, each as a part."""
        yield from (Part(fields=(name,)) for name in self.fields or ())
        yield from (Part(members=(name,), loose=self.loose) for name in self.members)
        yield from (Part(custom=(custom,)) for custom in self.custom)


def whole(reading: Reading) -> Part:
    """Everything that was chosen, in one part."""
    own = tuple(name for name in reading.select if "/" not in name and name not in reading.members)
    cursor = (reading.entity.cursor,) if reading.entity.cursor and reading.select else ()
    return Part(
        fields=tuple(dict.fromkeys((*own, *cursor))) if reading.select else None,
        members=reading.members,
        custom=tuple(custom for custom in reading.custom if not custom.place),
    )


def keys_only(reading: Reading) -> Part:
    """As little as identifies a record; where no key is known, what shows its change."""
    if reading.entity.keys:
        return Part()
    return Part(fields=(reading.entity.cursor,) if reading.entity.cursor else None)


def packed(part: Part, too_long: Callable[[Part], bool], stamp: Part | None = None) -> tuple[Part, ...]:
    """The part in as many parts as it takes to keep each address short; each of them with the `stamp`, too."""
    if part.bare or not too_long(part):
        return (part,)
    stamp = stamp or Part()
    packs: list[Part] = []
    held = Part(fields=None if part.fields is None else ())
    for unit in part.units():
        more = held.joined(unit)
        if not too_long(more):
            held = more
            continue
        packs += [] if held.empty else [held]
        held = stamp.joined(unit)
        held = replace(held, loose=unit.loose or too_long(held))
    return (*packs, held)


def _root(path: str) -> str:
    return path.partition("/")[0]
