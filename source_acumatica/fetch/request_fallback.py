"""What to ask for when a list, or a record, is refused: decisions only, carried out by `adaptive_plan`.

    all that was chosen in one list                                    one request a page
    members that stand in each other's way, in lists of their own      one more a page for each
    members and fields that no list gives, by the key of each record   one request a record
    what even the keyed read refuses is left empty, and named

Each step is kept for the rest of the run. Evidence: Acumatica C# client issue 12 (the whole list fails for one field,
and names it; the keyed read works); two details in one list are the usual trigger (noted on 23 R2 and 25 R2).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from acumatica_client.schema.model import EndpointSchema
from source_acumatica.selection.selection import RequestPart, Selection, keys_only, whole


@dataclass(frozen=True)
class RequestPlan:
    """`listed`: parts asked for by lists, the first of which says which records there are; `keyed`: parts asked for
    record by record; `nulled`: columns that cannot be read at all."""

    listed: tuple[RequestPart, ...]
    keyed: tuple[RequestPart, ...] = ()
    nulled: tuple[str, ...] = ()


class FallbackPolicy:
    """The steps for one selection. Every method returns the next plan, or None when there is no further step."""

    def __init__(self, schema: EndpointSchema, selection: Selection) -> None:
        self._schema, self._selection = schema, selection
        self._shape = selection.entity.shape
        self._keys = RequestPart(fields=selection.entity.keys)
        self._stamp = RequestPart(fields=(selection.entity.cursor,) if selection.entity.cursor else ())

    def first(self) -> RequestPlan:
        return RequestPlan((whole(self._selection),))

    def list_refused(self, plan: RequestPlan, part: RequestPart, names: Collection[str] = ()) -> RequestPlan | None:
        """`part` is one of the lists; `names` are those that Acumatica blames, none where it does not say.

        Without a name the members are suspected first, the usual cause, then everything but the keys.
        """
        named = self._explicit(part)
        blamed = self._blamed(named, names)
        if blamed.empty:
            blamed = RequestPart(members=part.members) if part.members else replace(part, bare=False)
        if self._is_one_member(part) and blamed.members:
            apart, by_key, rest = [], blamed, RequestPart()
        else:
            apart = [replace(self._stamp, members=(name,)) for name in blamed.members]
            by_key = replace(blamed, members=())
            source = part if by_key.empty else named
            rest = replace(source.without(by_key), members=source.without(blamed).members)
        following = RequestPlan(self._lists(plan, part, [rest, *apart]), _more(plan.keyed, by_key), plan.nulled)
        return None if following == plan else following

    def _lists(self, plan: RequestPlan, part: RequestPart, instead: list[RequestPart]) -> tuple[RequestPart, ...]:
        """Without lists that would give no column any more, but at least one, of the keys."""
        lists = [new for old in plan.listed for new in (instead if old == part else [old])]
        useful = [one for one in lists[1:] if not one.without(self._stamp).without(self._keys).empty]
        head = lists[0]
        bald = head.fields is not None and head.without(self._keys).empty
        return (keys_only(self._selection) if bald else head, *useful)

    def record_refused(self, plan: RequestPlan, part: RequestPart, names: Collection[str] = ()) -> RequestPlan | None:
        """`part` is one of those asked for by key. What is blamed is left empty; without a name, the part is halved
        until it shows which column it is."""
        free = self._explicit(part).without(self._keys)
        blamed = self._blamed(free, names)
        if not blamed.empty:
            rest, nulled = [free.without(blamed)], blamed.columns()
        elif len(free.columns()) > 1:
            rest, nulled = _halves(free), ()
        elif free.without(self._stamp).empty:
            return None
        else:
            rest, nulled = [], free.columns()
        keyed = [new for old in plan.keyed for new in (rest if old == part else [old]) if not new.empty]
        return RequestPlan(plan.listed, tuple(keyed), (*plan.nulled, *nulled))

    def bare(self, plan: RequestPlan, part: RequestPart) -> RequestPlan | None:
        """The part without `$select`, wherever it stands; None when it has none."""
        if not part.query(self._selection).select:
            return None
        naked = replace(part, bare=True)
        return replace(
            plan,
            listed=tuple(naked if one == part else one for one in plan.listed),
            keyed=tuple(naked if one == part else one for one in plan.keyed),
        )

    def _explicit(self, part: RequestPart) -> RequestPart:
        return replace(part, fields=tuple(self._shape.fields)) if part.fields is None else part

    def _is_one_member(self, part: RequestPart) -> bool:
        """Whether the part is one member and no more."""
        return (
            len(part.members) == 1 and part.fields is not None and part.without(self._stamp).columns() == part.members
        )

    def _blamed(self, part: RequestPart, names: Collection[str]) -> RequestPart:
        """The columns of the part that these names mean: own fields first, else members that have such a field.

        A key cannot be spared, nor can the list that is refused for it.
        """
        own = tuple(name for name in part.without(self._keys).fields or () if name in names)
        custom = tuple(one for one in part.custom if one.name in names)
        other = set(names) - set(own) - {one.name for one in custom}
        members = tuple(name for name in part.members if name in other or other & self._inside(name))
        return RequestPart(fields=own, members=members, custom=custom)

    def _inside(self, member: str) -> set[str]:
        """The names of all that is read inside a member."""
        found = {custom.name for custom in self._selection.custom if custom.place.partition("/")[0] == member}
        for path in self._selection.wire.expand:
            if path.partition("/")[0] == member:
                shape = self._shape
                for step in path.split("/"):
                    inner = shape.linked.get(step) or shape.details.get(step)
                    shape = self._schema.shapes.get(inner or "", shape)
                    found |= {step, *shape.fields}
        return found


def _more(keyed: tuple[RequestPart, ...], part: RequestPart) -> tuple[RequestPart, ...]:
    """One request a record for all that is asked for by key, as far as it is not refused."""
    if part.empty:
        return keyed
    return (keyed[0].joined(part), *keyed[1:]) if keyed else (part,)


def _halves(part: RequestPart) -> list[RequestPart]:
    units = list(part.units())
    middle = len(units) // 2
    return [_together(units[:middle]), _together(units[middle:])]


def _together(units: list[RequestPart]) -> RequestPart:
    joined = RequestPart()
    for unit in units:
        joined = joined.joined(unit)
    return joined


def changes(before: RequestPlan, after: RequestPlan) -> Iterator[str]:
    """What a step means to the user, a sentence for each change."""
    keyed, was_keyed = _together(list(after.keyed)), _together(list(before.keyed))
    if nulled := [name for name in after.nulled if name not in before.nulled]:
        yield f"These columns cannot be read and stay empty: {', '.join(nulled)}."
    if keyed != was_keyed and (keyed.fields is None or set(keyed.columns()) - set(was_keyed.columns())):
        more = [name for name in keyed.columns() if name not in was_keyed.columns()]
        what = "the whole records" if keyed.fields is None else ", ".join(more)
        yield f"Reading {what} one by one, which is slower; fewer chosen columns may avoid it."
    elif len(after.listed) > len(before.listed):
        yield f"Asking for {', '.join(after.listed[-1].members) or 'its columns'} by a list of its own."
    if any(part.bare for part in (*after.listed, *after.keyed) if part not in (*before.listed, *before.keyed)):
        yield "Asking for every field, chosen or not."
