"""What is read of an entity: one value for all of its requests, and the parts of it that one request asks for.

A part always names the keys, so that the parts of a record find each other. A nested member (linked entity, detail)
belongs to one part with all that was chosen in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from acumatica_client.record import RecordCodec
from acumatica_client.rest.query import Query
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EndpointSchema, EntitySchema


@dataclass(frozen=True)
class Selection:
    """What is read of an entity; `codec` decodes what comes.

    `select`: the chosen fields as slash paths (`OrderNbr`, `MainContact/Email`), empty for every field. `expand`: the
    chosen linked entities and details. `rows`: details whose rows become records of their own. `custom`: chosen custom
    fields. `condition`: the user's own filter. `archived`: archived records come too.
    """

    entity: EntitySchema
    codec: RecordCodec
    expand: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    custom: tuple[CustomField, ...] = ()
    condition: str | None = None
    archived: bool = False
    page_size: int = 500

    @property
    def wire(self) -> Query:
        """Its columns as they have to travel: what records need besides what was chosen is in it."""
        return self.codec.query

    @property
    def members(self) -> tuple[str, ...]:
        """The members of the entity itself that are expanded on the wire."""
        nested = (path for path in self.wire.select if "/" in path)
        places = (custom.place for custom in self.custom if custom.place)
        return tuple(dict.fromkeys(_root(path) for path in (*self.wire.expand, *nested, *places)))


def make_selection(
    schema: EndpointSchema,
    entity: EntitySchema,
    expand: tuple[str, ...] = (),
    *,
    select: tuple[str, ...] = (),
    rows: tuple[str, ...] = (),
    custom: tuple[CustomField, ...] = (),
    condition: str | None = None,
    archived: bool = False,
    page_size: int = 500,
) -> Selection:
    """The selection of these columns, with its codec."""
    codec = RecordCodec(schema, entity.name, expand, rows=rows, custom=custom, select=select)
    return Selection(entity, codec, expand, select, rows, custom, condition, archived, page_size)


@dataclass(frozen=True)
class RequestPart:
    """Some of the chosen columns: own `fields` (None: every one), nested `members`, own `custom` fields.

    `bare`: without `$select`, for lists that break by it; then more may come than was chosen. `loose`: of the members
    every field, where naming the chosen ones would make the address too long.
    """

    fields: tuple[str, ...] | None = ()
    members: tuple[str, ...] = ()
    custom: tuple[CustomField, ...] = ()
    bare: bool = False
    loose: bool = False

    def query(self, selection: Selection) -> Query:
        """The columns of this part; which records is not said yet."""
        expand = tuple(path for path in selection.wire.expand if _root(path) in self.members)
        nested = () if self.loose else tuple(p for p in selection.wire.select if "/" in p and _root(p) in self.members)
        named = () if self.fields is None else tuple(dict.fromkeys((*selection.entity.keys, *self.fields)))
        custom = [*self.custom, *(c for c in selection.custom if c.place and _root(c.place) in self.members)]
        return Query(
            select=() if self.bare else (*named, *nested),
            expand=expand,
            custom=tuple(custom_field.path for custom_field in custom),
            archived=selection.archived,
        )

    def without(self, other: RequestPart) -> RequestPart:
        """The part without the columns of another."""
        fields = None if self.fields is None else tuple(f for f in self.fields if f not in (other.fields or ()))
        return replace(
            self,
            fields=() if other.fields is None else fields,
            members=tuple(name for name in self.members if name not in other.members),
            custom=tuple(one for one in self.custom if one not in other.custom),
        )

    def joined(self, other: RequestPart) -> RequestPart:
        """The part with the columns of another."""
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

    def units(self) -> Iterator[RequestPart]:
        """Its columns one by one, each as a part."""
        yield from (RequestPart(fields=(name,)) for name in self.fields or ())
        yield from (RequestPart(members=(name,), loose=self.loose) for name in self.members)
        yield from (RequestPart(custom=(custom,)) for custom in self.custom)


def whole(selection: Selection) -> RequestPart:
    """Everything that was chosen, in one part."""
    own = tuple(name for name in selection.wire.select if "/" not in name and name not in selection.members)
    cursor = (selection.entity.cursor,) if selection.entity.cursor and selection.wire.select else ()
    return RequestPart(
        fields=tuple(dict.fromkeys((*own, *cursor))) if selection.wire.select else None,
        members=selection.members,
        custom=tuple(custom for custom in selection.custom if not custom.place),
    )


def keys_only(selection: Selection) -> RequestPart:
    """As little as identifies a record; where no key is known, what shows its change."""
    if selection.entity.keys:
        return RequestPart()
    return RequestPart(fields=(selection.entity.cursor,) if selection.entity.cursor else None)


def packed(
    part: RequestPart, too_long: Callable[[RequestPart], bool], stamp: RequestPart | None = None
) -> tuple[RequestPart, ...]:
    """The part in as many parts as it takes to keep each address short; each of them with the `stamp`, too."""
    if part.bare or not too_long(part):
        return (part,)
    stamp = stamp or RequestPart()
    packs: list[RequestPart] = []
    pack = RequestPart(fields=None if part.fields is None else ())
    for unit in part.units():
        more = pack.joined(unit)
        if not too_long(more):
            pack = more
            continue
        packs += [] if pack.empty else [pack]
        pack = stamp.joined(unit)
        pack = replace(pack, loose=unit.loose or too_long(pack))
    return (*packs, pack)


def _root(path: str) -> str:
    return path.partition("/")[0]
