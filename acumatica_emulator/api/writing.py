"""Insert, update and delete a record.

body --find--> found?  --headers agree?--> copy --intake--> --rules--> errors? 422 : saved and stamped --> answer
               |
               '-- not found: PUT inserts, PATCH answers 404
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from acumatica_emulator.api.inquiries import is_inquiry, run_inquiry
from acumatica_emulator.api.options import Wanted
from acumatica_emulator.api.projection import Projection
from acumatica_emulator.api.record_lookup import find, locate
from acumatica_emulator.api.request_body import BodyWriter, Json, parse_body
from acumatica_emulator.api.request_context import RequestContext
from acumatica_emulator.api.save_checks import (
    NO_SEQUENCE,
    check_keys,
    check_row,
    drop_unknown_attributes,
    refusal,
)
from acumatica_emulator.records.rows import Row, guid
from acumatica_emulator.records.rules import NEW_KEY, Rule, follow_hold, rule_of
from acumatica_emulator.records.tables import Table, sort_key
from acumatica_emulator.records.values import Mismatch, iso_of
from acumatica_emulator.site import refusals
from acumatica_emulator.site.http import ENCODER, Response
from acumatica_emulator.site.rights import may_write

# Which entities may refer to a record that is to be deleted.
_USERS: dict[str, tuple[tuple[str, str], ...]] = {
    "Customer": (("SalesOrder", "CustomerID"), ("Invoice", "Customer")),
    "Vendor": (("PurchaseOrder", "VendorID"), ("Bill", "Vendor")),
    "CustomerClass": (("Customer", "CustomerClass"),),
    "ItemClass": (("StockItem", "ItemClass"),),
}


# What a new document takes from the session: the business date and the branch.
_DATES = ("Date", "ApplicationDate", "ShipmentDate", "TransactionDate", "OrderDate")
_BRANCHES = ("Branch", "BranchID", "LinkBranch")


@dataclass
class Attempt:
    """A write under way: the stored row if there is one, and the changed copy."""

    old: Row | None
    row: Row
    body_writer: BodyWriter

    @property
    def new(self) -> bool:
        return self.old is None


def put(context: RequestContext) -> Response:
    """Upsert; of an inquiry, the question."""
    body = parse_body(context.request.body)
    if is_inquiry(context):
        parameters = Row("")
        _body_writer(context, None).take(parameters, context.entity, body)
        return run_inquiry(context, parameters)
    old = locate(context, body)
    if context.header("If-None-Match") == "*" and old is not None:
        raise refusals.precondition_failed()
    if context.header("If-Match") == "*" and old is None:
        raise refusals.precondition_failed()
    return _write(context, old, body)


def patch(context: RequestContext) -> Response:
    """Writes exactly the fields listed, of a record that must exist."""
    body = parse_body(context.request.body)
    old = locate(context, body)
    if context.header("If-None-Match") == "*":
        raise refusals.precondition_failed()
    if old is None:
        raise refusals.invented(404, "The record is not found.")
    return _write(context, old, body)


def _write(context: RequestContext, old: Row | None, body: Json) -> Response:
    attempt = Attempt(old, _start(context, old), _body_writer(context, old))
    attempt.body_writer.take(attempt.row, context.entity, body)
    rule = rule_of(context.entity.name)
    unkeyed = attempt.new and context.entity.name in context.behavior.new_keys
    if unkeyed and not attempt.row.values.get(context.entity.keys[0]):
        attempt.row.values[context.entity.keys[0]] = NEW_KEY
    drop_unknown_attributes(attempt.row, context.tenant)
    errors = check_row(attempt.row, rule, context.tenant, context.behavior)
    if attempt.new and not unkeyed:
        check_keys(attempt.row, context.entity, rule, errors)
    if attempt.new and rule.number and context.entity.name in context.behavior.unnumbered:
        errors.fields[context.entity.keys[-1]] = NO_SEQUENCE
    if errors:
        raise refusal(
            attempt.row,
            context.entity,
            body,
            errors,
            rule=rule,
            new=attempt.new,
            zones=context.zones,
            behavior=context.behavior,
            links={"_links": context.project(Wanted()).links(attempt.row)} if context.behavior.links else {},
        )
    if not may_write(context.entity.name, context.session, context.behavior):
        return _answer(context, old or attempt.row, attempt.body_writer)
    _number(context, attempt, rule)
    rule.compute(attempt.row)
    follow_hold(attempt.row, rule)
    out_of_order = rule.refuse(attempt.row)
    if out_of_order:
        raise refusals.failed(f"Error: {out_of_order}")
    _answer_scope(context, attempt.body_writer)  # refuses what cannot be shown before anything is saved
    if attempt.new or attempt.body_writer.changed:
        _stamp(context, attempt)
        store(context, attempt)
    return _answer(context, attempt.row, attempt.body_writer)


def _body_writer(context: RequestContext, old: Row | None) -> BodyWriter:
    """The taker of the body. Keys find a stored record and do not change it."""
    kept = frozenset(context.entity.keys) if old is not None else frozenset[str]()
    return BodyWriter(
        context.contract.types,
        context.zones,
        context.tenant.customs(context.entity.name),
        rule_of(context.entity.name).computed | kept | frozenset(_disabled(context)),
        context.contract.number,
        context.behavior.bare_scalar,
        override_needed=context.behavior.override_needed,
        inserting=old is None,
    )


def _start(context: RequestContext, old: Row | None) -> Row:
    """The row to change: a copy of the stored one, or a new one with the defaults of its form."""
    if old is not None:
        return old.copy()
    now = context.clock.now()
    arrivals = context.tenant.table(context.entity.name).version
    row = Row(guid("new", context.tenant.name, context.entity.name, now.isoformat(), arrivals), modified=now)
    rule = rule_of(context.entity.name)
    row.values.update(rule.defaults)
    if rule.number:
        row.values.update({name: _business_date(context) for name in _DATES if name in context.entity.fields})
        branch = context.header("PX-CbApiBranch") or context.session.branch
        row.values.update({name: branch for name in _BRANCHES if name in context.entity.fields})
    return row


def _business_date(context: RequestContext) -> date:
    """Today on the user's clock, unless the request brings another date."""
    date_text = context.header("PX-CbApiBusinessDate")
    try:
        wall = context.zones.read(iso_of(date_text)) if date_text else context.zones.wall(context.clock.now())
    except Mismatch as error:
        raise refusals.malformed("the business date cannot be read") from error
    return wall.date()


def _number(context: RequestContext, attempt: Attempt, rule: Rule) -> None:
    """Number a new document. Whether a number that was sent is kept depends on the sequence's settings."""
    if not attempt.new or not context.entity.keys:
        return
    for name in context.entity.keys:
        if context.entity.fields[name] == "guid" and not attempt.row.values.get(name):
            attempt.row.values[name] = attempt.row.id
    if not rule.number:
        return
    key = context.entity.keys[-1]
    sent = str(attempt.row.values.get(key) or "").strip()
    if sent in ("", NEW_KEY) or not context.behavior.manual_numbers:
        number = context.tenant.next_number(context.entity.name)
        attempt.row.values[key] = number if isinstance(number, (str, int)) else str(number)


def _stamp(context: RequestContext, attempt: Attempt) -> None:
    """Stamps what changed. Whether a changed line touches its header depends on the form."""
    now, changed = context.clock.now(), attempt.body_writer.changed
    row = attempt.row
    if attempt.new or row.id in changed or context.behavior.header_touch:
        row.modified = now
    for lines in row.details.values():
        for line in lines:
            if line.id in changed:
                line.modified = now
                line.created = line.created or now


def store(context: RequestContext, attempt: Attempt) -> None:
    table, row = context.tenant.table(context.entity.name), attempt.row
    keys = sort_key([row.values.get(name) for name in context.entity.keys])
    names = (row.id, (context.entity.name, keys))
    context.tenant.commit(context.behavior.commit_delay, lambda: _swap(table, attempt.old, row), *names)


def _swap(table: Table, old: Row | None, new: Row) -> None:
    if old is None:
        table.insert(new)
    else:
        table.replace(old, new)


def _answer(context: RequestContext, row: Row, body_writer: BodyWriter) -> Response:
    """The record, with the messages of its disabled fields beside the values that they kept."""
    text = _answer_scope(context, body_writer).render(row, 1)
    messages = {name: message for name, message in _disabled(context).items() if message and name in body_writer.sent}
    if not messages:
        return Response.json(text)
    answer = json.loads(text, parse_float=Decimal)
    for name, message in messages.items():
        answer[name] = {**answer[name], "error": message}
    return Response.json(ENCODER.encode(answer).decode())


def _disabled(context: RequestContext) -> Mapping[str, str]:
    return context.behavior.disabled.get(context.entity.name, {})


def _answer_scope(context: RequestContext, body_writer: BodyWriter) -> Projection:
    """What the answer shows: the fields that were sent, the keys, and what $select and $expand name. The guide says
    nothing of keys that were not sent; the recorded 422 shows one."""
    if context.behavior.put_scope == "full":
        return context.projection()
    wanted = context.wanted()
    keys = () if context.behavior.put_scope == "bare" else context.entity.keys
    chosen: dict[str, Wanted] = {**body_writer.sent, **{key: Wanted() for key in keys}}
    chosen.update({name: Wanted() for name in wanted.expand})
    chosen.update(wanted.select or {})
    files_chosen = wanted.files_chosen or wanted.select is None
    return context.project(replace(wanted, select=chosen, files_chosen=files_chosen))


def delete(context: RequestContext, keys: Sequence[str]) -> Response:
    """204. A missing record is the 500 of a keyed read (UNVERIFIED: a DELETE that missed was never recorded)."""
    parts = keys[0].split("|") if len(keys) == 1 else keys
    context.tenant.commit_early((context.entity.name, sort_key(parts)))
    context.tenant.commit_early(keys[0].lower())
    row = find(context, keys)
    if row is None:
        if context.behavior.delete_missing == "204":
            return Response(204)
        raise refusals.no_entity_satisfies()
    if not may_write(context.entity.name, context.session, context.behavior):
        raise refusals.insufficient_rights(context.entity.name, context.entity.screen)
    code = row.values.get(context.entity.keys[-1]) if context.entity.keys else None
    for entity, field in _USERS.get(context.entity.name, ()):
        table = context.tenant.table(entity)
        if not table.size_of_bulk and any(user.values.get(field) == code for user in table):
            raise refusals.failed(f"Error: {context.entity.name} '{code}' cannot be deleted: a {entity} refers to it.")
    context.tenant.table(context.entity.name).remove(row)
    return Response(204)
