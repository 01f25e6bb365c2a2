"""Find the record that a request means: by the keys or the id of its URL, or by the body of a write."""

from __future__ import annotations

from collections.abc import Sequence

from acumatica_emulator.api.request_body import Json
from acumatica_emulator.api.request_context import RequestContext
from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.rules import NEW_KEY, rule_of
from acumatica_emulator.records.tables import sort_key
from acumatica_emulator.records.values import Mismatch, Scalar, read
from acumatica_emulator.site import refusals

_GUID_LENGTH = 36


def shown(row: Row, archived: bool) -> bool:
    return archived or not row.archived


def find(context: RequestContext, keys: Sequence[str]) -> Row | None:
    """The row that a URL names: `/k1/k2`, `/k1|k2` or `/guid`."""
    table, entity = context.tenant.table(context.entity.name), context.entity
    archived = context.header("PX-ApiArchive").upper() == "SHOW"
    if len(keys) == 1 and _looks_like_guid(keys[0]):
        row = table.by_id(keys[0].lower())
        if row is not None:
            return row if shown(row, archived) else None
    parts = keys[0].split("|") if len(keys) == 1 and "|" in keys[0] else list(keys)
    if not entity.keys or len(parts) != len(entity.keys):
        return None
    try:
        values = [
            read(entity.fields[name], name, part, context.zones) for name, part in zip(entity.keys, parts, strict=False)
        ]
    except Mismatch:
        return None
    row = table.find(values)
    return row if row is not None and shown(row, archived) else None


def _looks_like_guid(text: str) -> bool:
    return len(text) == _GUID_LENGTH and text.count("-") == 4


def locate(context: RequestContext, body: Json) -> Row | None:
    """The row a write means: by $filter, by id, by keys. A number that is absent or `<NEW>` means a new document."""
    table = context.tenant.table(context.entity.name)
    condition = context.condition()
    if condition is not None:
        return _the_one(context, [row for row in table if condition.holds(row)])
    id = body.get("id")
    if isinstance(id, str):
        context.tenant.commit_early(id.lower())
        row = table.by_id(id.lower())
        if row is not None:
            return row
    if context.entity.role == "singleton":
        return next(iter(table), None)
    keys = _keys(context, body)
    if keys is None:
        return None
    context.tenant.commit_early((context.entity.name, sort_key(keys)))
    return table.find(keys)


def _the_one(context: RequestContext, rows: list[Row]) -> Row | None:
    if len(rows) > 1:  # UNVERIFIED: neither status nor text of an ambiguous filter was recorded
        raise refusals.failed("More than one entity satisfies the condition.", status=context.behavior.ambiguous_status)
    return rows[0] if rows else None


def _keys(context: RequestContext, body: Json) -> list[Scalar] | None:
    """The values of every key; a type that is not sent has its default, a number that is not sent none."""
    values: list[Scalar] = []
    for name in context.entity.keys:
        wrapped = body.get(name)
        raw = wrapped.get("value") if isinstance(wrapped, dict) else None
        try:
            value = read(context.entity.fields[name], name, raw, context.zones)
        except Mismatch:
            return None
        if value is None:
            value = rule_of(context.entity.name).defaults.get(name)
        if value in (None, "") and context.entity.name in context.behavior.new_keys:
            value = NEW_KEY  # UNVERIFIED: whether a second record without a key overwrites the first
        elif value is None or value == "" or str(value).strip() == NEW_KEY:
            return None
        values.append(value)
    return values or None
