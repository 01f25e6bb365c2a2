"""Knows $orderby, for the instances that may honor it; knows nothing of filters or pages.

Nobody has shown that a list obeys $orderby, one client offers it, and on heavy forms it was seen to be ignored. So it
is ignored by default, and then even a senseless one is no error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from acumatica_emulator.api import refusals
from acumatica_emulator.api.request_context import Visit
from acumatica_emulator.records.rows import Row, getter
from acumatica_emulator.records.tables import SortKey, sort_key


def ordered(visit: Visit, entries: Sequence[int | Row]) -> Sequence[int | Row]:
    """The entries in the order asked for; in key order where the instance does not listen."""
    terms = [term.split() for term in visit.query.get("$orderby", "").split(",") if term.strip()]
    if visit.switches.orderby != "honor" or not terms:
        return entries
    table = visit.tenant.table(visit.entity.name)
    rows = table.rows(entries)
    for name, *direction in reversed(terms):
        if name not in visit.entity.fields:
            raise refusals.unknown_name()
        rows.sort(key=_key(visit, name), reverse=direction == ["desc"])
    return rows


def _key(visit: Visit, name: str) -> Callable[[Row], SortKey]:
    read = getter(visit.entity, name, visit.zones)
    return lambda row: sort_key((read(row),))
