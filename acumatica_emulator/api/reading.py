"""Read a list or a single record.

rows in key order --hidden rows--> --$filter--> --$skip--> --$top--> JSON array, no envelope, no total, no next link
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from acumatica_emulator.api.inquiries import refuse_list
from acumatica_emulator.api.optimizer import delegates_in_scope
from acumatica_emulator.api.options import BadOption, whole_number
from acumatica_emulator.api.record_lookup import find, shown
from acumatica_emulator.api.request_context import RequestContext
from acumatica_emulator.records import workflows
from acumatica_emulator.records.rows import Row, getter
from acumatica_emulator.records.tables import SortKey, Table, sort_key
from acumatica_emulator.records.values import CUSTOM_TYPES
from acumatica_emulator.site import refusals
from acumatica_emulator.site.http import JSON, Response


def fetch_list(context: RequestContext) -> Response:
    """A page of records. The optimizer looks at the request before it looks at any row."""
    refuse_list(context)
    projection, condition = context.projection(listed=True), context.condition()
    scope = delegates_in_scope(context.entity, context.wanted(), condition, context.behavior.delegates)
    if scope:
        raise refusals.cannot_optimize(scope)
    if context.entity.name in context.behavior.blank_lists:
        return Response(200)
    _refuse_choice(context)
    entries = _ordered(context, _entries(context))
    start, stop = _bounds(context)
    first = start + 1 if context.behavior.row_number == "list" else 1
    rows = context.tenant.table(context.entity.name).rows(entries[start:stop])
    return Response(200, projection.page(rows, first), [("Content-Type", JSON)])


def _entries(context: RequestContext) -> Sequence[int | Row]:
    """What the filter selects of what the user may see."""
    table, condition = context.tenant.table(context.entity.name), context.condition()
    if condition is not None and (condition.empty or _hidden_by_view(context, condition.fields)):
        return []
    if context.entity.name in context.behavior.branch_scoped and not _has_branch(context):
        return []
    every = context.behavior.hidden.get(context.entity.name, 0)
    archived = context.header("PX-ApiArchive").upper() == "SHOW"
    if condition is None and every <= 1 and (archived or not _any_archived(table)):
        return table.entries()
    on = context.behavior
    zones = (on.server_zone, on.user_zone, on.filter_offset)
    name = "|".join((context.contract.title, context.query.get("$filter", ""), str(archived), *zones))
    holds = condition.holds if condition is not None else _always
    fields = condition.fields if condition is not None else frozenset[str]()
    bounds = condition.bounds if condition is not None and context.zones.plain else ()
    if every > 1:
        visible = table.rows(table.entries()[::every])  # one row in so many, whatever the filter
        return [row for row in visible if shown(row, archived) and holds(row)]
    return table.select(name, lambda row: shown(row, archived) and holds(row), fields, bounds)


def _refuse_choice(context: RequestContext) -> None:
    """Some lists fail with certain fields in $select and work without (live 25R2); its text is not known."""
    chosen = context.wanted().select or {}
    if any(name in chosen for name in context.behavior.select_fails.get(context.entity.name, ())):
        raise refusals.failed("Operation failed", "PX.Data.PXInvalidOperationException")


def _has_branch(context: RequestContext) -> bool:
    return context.session.branch_named or bool(context.header("PX-CbApiBranch"))


def _any_archived(table: Table) -> bool:
    return table.archived > 0


def _always(row: Row) -> bool:
    return True


def _hidden_by_view(context: RequestContext, fields: frozenset[str]) -> bool:
    """The 200 [] of some forms for a filter by anything but keys (25R2), or over fields of two views (26R1)."""
    name, on = context.entity.name, context.behavior
    views = {path.rpartition("/")[0] for path in fields}
    by_others = name in on.silent_empty and bool(fields - set(context.entity.keys))
    return by_others or (name in on.view_crossing_empty and len(views) > 1)


def _bounds(context: RequestContext) -> tuple[int, int | None]:
    """$skip first, then $top. Without $top every record comes, unless the server caps its pages."""
    try:
        skip = whole_number(context.query.get("$skip"), "$skip") or 0
        top = whole_number(context.query.get("$top"), "$top")
    except BadOption as error:
        raise refusals.message_only(400, str(error)) from error
    cap = context.behavior.max_page
    if cap and (top is None or top > cap):
        top = cap
    return skip, None if top is None else skip + top


def _ordered(context: RequestContext, entries: Sequence[int | Row]) -> Sequence[int | Row]:
    """The entries in key order. $orderby is ignored, unless a switch has it obeyed: one client offers it."""
    terms = [term.split() for term in context.query.get("$orderby", "").split(",") if term.strip()]
    if context.behavior.orderby != "honor" or not terms:
        return entries
    table = context.tenant.table(context.entity.name)
    rows = table.rows(entries)
    for name, *direction in reversed(terms):
        if name not in context.entity.fields:
            raise refusals.unknown_name()
        rows.sort(key=_key(context, name), reverse=direction == ["desc"])
    return rows


def _key(context: RequestContext, name: str) -> Callable[[Row], SortKey]:
    read = getter(context.entity, name, context.zones)
    return lambda row: sort_key((read(row),))


def fetch_one(context: RequestContext, keys: Sequence[str]) -> Response:
    """A record by its keys or its id. The optimizer plays no part, so a keyed read works where the list fails."""
    projection = context.projection()
    row = find(context, keys)
    if row is None:
        raise refusals.no_entity_satisfies()
    return Response.json(projection.render(row, 1))


def ad_hoc_schema(context: RequestContext) -> Response:
    """The skeleton of the entity with every field that the contract does not show."""
    views: dict[str, list[str]] = {}
    for (view, name), kind in sorted(context.tenant.customs(context.entity.name).items()):
        views.setdefault(view, []).append(f'"{name}":{{"type":"{CUSTOM_TYPES[kind]}","value":null}}')
    custom = ",".join(f'"{view}":{{{",".join(names)}}}' for view, names in views.items())
    parts = [f'"{name}":[{{"custom":{{}}}}]' for name in sorted(context.entity.details, key=str.upper)]
    parts += [f'"{name}":{{"custom":{{}}}}' for name in sorted(context.entity.linked, key=str.upper)]
    text = ",".join([f'"custom":{{{custom}}}', *parts])
    if context.behavior.conflict_409:
        text += f',"_workflowActions":{workflows.workflow_schema(context.entity.name)}'
    return Response.json(f"{{{text}}}")
