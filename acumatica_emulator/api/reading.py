"""Knows how a list and a single record are read; knows nothing of writing, sessions or sockets.

rows in key order --hidden rows--> --$filter--> --$skip--> --$top--> JSON array, no envelope, no total, no next link
"""

from __future__ import annotations

from collections.abc import Sequence

from acumatica_emulator.api import refusals
from acumatica_emulator.api.http import JSON, Response
from acumatica_emulator.api.inquiries import refuse_list
from acumatica_emulator.api.optimizer import delegates_in_scope
from acumatica_emulator.api.options import BadOption, whole_number
from acumatica_emulator.api.ordering import ordered
from acumatica_emulator.api.page_cache import WORTH_WHILE
from acumatica_emulator.api.request_context import Visit
from acumatica_emulator.records import workflows
from acumatica_emulator.records.projection import CUSTOM_TYPES
from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.tables import Table
from acumatica_emulator.records.values import Mismatch, read

_GUID_LENGTH = 36


def fetch_list(visit: Visit) -> Response:
    """A page of records. The optimizer looks at the request before it looks at any row."""
    refuse_list(visit)
    projection, condition = visit.projection(), visit.condition()
    scope = delegates_in_scope(visit.entity, visit.wanted(), condition, visit.switches.delegates)
    if scope:
        raise refusals.cannot_optimize(scope)
    if visit.entity.name in visit.switches.blank_lists:
        return Response(200)
    _refuse_choice(visit)
    entries = ordered(visit, _entries(visit))
    start, stop = _bounds(visit)
    table, on_list = visit.tenant.table(visit.entity.name), visit.switches.row_number == "list"

    def make(start: int, stop: int | None) -> bytes:
        return projection.page(entries[start:stop], start + 1 if on_list else 1, table.bulk)

    asked = (visit.query.get("$filter"), visit.query.get("$orderby"), visit.header("PX-ApiArchive"), *_ways(visit))
    series = (projection, table, table.version, on_list, *asked)
    body = visit.shelf.page(series, start, stop, make)
    later = visit.shelf.ahead(series, start, stop, make) if len(body) >= WORTH_WHILE else None
    return Response(200, body, [("Content-Type", JSON)], later=later)


def _ways(visit: Visit) -> tuple[object, ...]:
    """The switches, and what of the session, decide which rows a list has."""
    on, name = visit.switches, visit.entity.name
    hiding = (name in on.silent_empty, name in on.view_crossing_empty, name in on.branch_scoped and _has_branch(visit))
    return (on.filter_offset, on.orderby, on.hidden.get(name, 0), name in on.branch_scoped, *hiding)


def _entries(visit: Visit) -> Sequence[int | Row]:
    """What the filter selects of what the user may see."""
    table, condition = visit.tenant.table(visit.entity.name), visit.condition()
    if condition is not None and (condition.empty or _hidden_by_view(visit, condition.fields)):
        return []
    if visit.entity.name in visit.switches.branch_scoped and not _has_branch(visit):
        return []
    every = visit.switches.hidden.get(visit.entity.name, 0)
    archived = visit.header("PX-ApiArchive").upper() == "SHOW"
    if condition is None and every <= 1 and (archived or not _any_archived(table)):
        return table.entries()
    on = visit.switches
    zones = (on.server_zone, on.user_zone, on.filter_offset)
    name = "|".join((visit.contract.title, visit.query.get("$filter", ""), str(archived), *zones))
    holds = condition.holds if condition is not None else _always
    fields = condition.fields if condition is not None else frozenset[str]()
    bounds = condition.bounds if condition is not None and visit.zones.plain else ()
    if every > 1:
        visible = table.rows(table.entries()[::every])  # one row in so many, whatever is asked for
        return [row for row in visible if _shown(row, archived) and holds(row)]
    return table.select(name, lambda row: _shown(row, archived) and holds(row), fields, bounds)


def _refuse_choice(visit: Visit) -> None:
    """Some lists fail with certain fields in $select and work without (live 25R2); no words of it are known."""
    chosen = visit.wanted().select or {}
    if any(name in chosen for name in visit.switches.select_fails.get(visit.entity.name, ())):
        raise refusals.failed("Operation failed", "PX.Data.PXInvalidOperationException")


def _has_branch(visit: Visit) -> bool:
    return visit.session.branch_named or bool(visit.header("PX-CbApiBranch"))


def _any_archived(table: Table) -> bool:
    return table.archived > 0


def _always(row: Row) -> bool:
    return True


def _shown(row: Row, archived: bool) -> bool:
    return archived or not row.archived


def _hidden_by_view(visit: Visit, fields: frozenset[str]) -> bool:
    """The 200 [] of some forms for a filter by anything but keys (25R2), or over fields of two views (26R1)."""
    name, on = visit.entity.name, visit.switches
    views = {path.rpartition("/")[0] for path in fields}
    by_others = name in on.silent_empty and bool(fields - set(visit.entity.keys))
    return by_others or (name in on.view_crossing_empty and len(views) > 1)


def _bounds(visit: Visit) -> tuple[int, int | None]:
    """$skip first, then $top. Without $top every record comes, unless the server caps its pages."""
    try:
        skip = whole_number(visit.query.get("$skip"), "$skip") or 0
        top = whole_number(visit.query.get("$top"), "$top")
    except BadOption as error:
        raise refusals.told(400, str(error)) from error
    cap = visit.switches.max_page
    if cap and (top is None or top > cap):
        top = cap
    return skip, None if top is None else skip + top


def fetch_one(visit: Visit, keys: Sequence[str]) -> Response:
    """A record by its keys or its id. The optimizer is not asked, so a keyed read works where the list fails."""
    projection = visit.projection()
    row = find(visit, keys)
    if row is None:
        raise refusals.no_entity_satisfies()
    return Response.json(projection.render(row, 1))


def find(visit: Visit, keys: Sequence[str]) -> Row | None:
    """The row that a URL names: `/k1/k2`, `/k1|k2` or `/guid`."""
    table, entity = visit.tenant.table(visit.entity.name), visit.entity
    archived = visit.header("PX-ApiArchive").upper() == "SHOW"
    if len(keys) == 1 and _looks_like_guid(keys[0]):
        row = table.by_id(keys[0].lower())
        if row is not None:
            return row if _shown(row, archived) else None
    parts = keys[0].split("|") if len(keys) == 1 and "|" in keys[0] else list(keys)
    if not entity.keys or len(parts) != len(entity.keys):
        return None
    try:
        values = [
            read(entity.fields[name], name, part, visit.zones) for name, part in zip(entity.keys, parts, strict=False)
        ]
    except Mismatch:
        return None
    row = table.find(values)
    return row if row is not None and _shown(row, archived) else None


def _looks_like_guid(text: str) -> bool:
    return len(text) == _GUID_LENGTH and text.count("-") == 4


def ad_hoc_schema(visit: Visit) -> Response:
    """The skeleton of the entity with every field that the contract does not show."""
    views: dict[str, list[str]] = {}
    for (view, name), kind in sorted(visit.tenant.customs(visit.entity.name).items()):
        views.setdefault(view, []).append(f'"{name}":{{"type":"{CUSTOM_TYPES[kind]}","value":null}}')
    custom = ",".join(f'"{view}":{{{",".join(names)}}}' for view, names in views.items())
    parts = [f'"{name}":[{{"custom":{{}}}}]' for name in sorted(visit.entity.details, key=str.upper)]
    parts += [f'"{name}":{{"custom":{{}}}}' for name in sorted(visit.entity.linked, key=str.upper)]
    text = ",".join([f'"custom":{{{custom}}}', *parts])
    if visit.switches.conflict_409:
        text += f',"_workflowActions":{workflows.told(visit.entity.name)}'
    return Response.json(f"{{{text}}}")
