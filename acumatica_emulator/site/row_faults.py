"""Move rows between two pages of a list, as a fault orders it."""

from __future__ import annotations

from acumatica_emulator.records.rows import Row, guid
from acumatica_emulator.records.tables import Table
from acumatica_emulator.records.values import Scalar
from acumatica_emulator.site.tenants import Tenant


def move_rows(effect: str, tenant: Tenant, entity: str) -> None:
    """One row leaves the head of the list, arrives there, or moves from there to the end."""
    table = tenant.table(entity)
    if not len(table) or not table.keys:
        return
    first = next(iter(table))
    if effect == "row_arrives":
        table.insert(_twin(first, table, before=True))
        return
    table.remove(first)
    if effect == "row_moves":
        table.insert(_twin(first, table, before=False))


def _twin(row: Row, table: Table, before: bool) -> Row:
    """A copy under a new id, with a key that sorts before or after every key of its kind."""
    twin = row.copy()
    twin.id = guid(row.id, "twin", table.version)
    for name in table.keys[-1:] if before else table.keys[:1]:
        twin.values[name] = _beyond(row.values.get(name), before)
    return twin


def _beyond(value: Scalar, before: bool) -> Scalar:
    if isinstance(value, int):
        return value - 1 if before else value + 10**8
    return f"!{value}" if before else f"~{value}"
