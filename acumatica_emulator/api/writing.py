"""Knows how a record is inserted, updated and deleted; knows nothing of lists, sessions or sockets.

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

from acumatica_emulator.api import refusals
from acumatica_emulator.api.http import Response
from acumatica_emulator.api.inquiries import ask, is_inquiry
from acumatica_emulator.api.intake import Intake, Json, parse_body
from acumatica_emulator.api.options import Wanted
from acumatica_emulator.api.reading import find
from acumatica_emulator.api.request_context import Visit
from acumatica_emulator.api.save_checks import (
    ENCODER,
    NEW,
    NO_SEQUENCE,
    drop_unknown_attributes,
    judge,
    judge_keys,
    refusal,
)
from acumatica_emulator.records.projection import Projection
from acumatica_emulator.records.rights import may_write
from acumatica_emulator.records.rows import Row, guid
from acumatica_emulator.records.rules import Rule, rule_of
from acumatica_emulator.records.tables import Table, sort_key
from acumatica_emulator.records.values import Mismatch, Scalar, read

# Who may still mean a record that is to be deleted.
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
    intake: Intake

    @property
    def new(self) -> bool:
        return self.old is None


def put(visit: Visit) -> Response:
    """Upsert; of an inquiry, the question."""
    body = parse_body(visit.request.body)
    if is_inquiry(visit):
        parameters = Row("")
        _intake(visit, None).take(parameters, visit.entity, body)
        return ask(visit, parameters)
    old = locate(visit, body)
    if visit.header("If-None-Match") == "*" and old is not None:
        raise refusals.precondition_failed()
    if visit.header("If-Match") == "*" and old is None:
        raise refusals.precondition_failed()
    return _write(visit, old, body)


def patch(visit: Visit) -> Response:
    """Writes exactly the fields listed, of a record that must exist."""
    body = parse_body(visit.request.body)
    old = locate(visit, body)
    if visit.header("If-None-Match") == "*":
        raise refusals.precondition_failed()
    if old is None:
        raise refusals.invented(404, "The record is not found.")
    return _write(visit, old, body)


def _write(visit: Visit, old: Row | None, body: Json) -> Response:
    attempt = Attempt(old, _start(visit, old), _intake(visit, old))
    attempt.intake.take(attempt.row, visit.entity, body)
    rule = rule_of(visit.entity.name)
    drop_unknown_attributes(attempt.row, visit.tenant)
    faulted = judge(attempt.row, rule, visit.tenant, visit.switches)
    if attempt.new:
        judge_keys(attempt.row, visit.entity, rule, faulted)
    if attempt.new and rule.number and visit.entity.name in visit.switches.unnumbered:
        faulted.fields[visit.entity.keys[-1]] = NO_SEQUENCE
    if faulted:
        raise refusal(
            attempt.row,
            visit.entity,
            body,
            faulted,
            rule=rule,
            new=attempt.new,
            zones=visit.zones,
            switches=visit.switches,
            links={"_links": visit.project(Wanted()).links(attempt.row)} if visit.switches.links else {},
        )
    if not may_write(visit.entity.name, visit.session, visit.switches):
        return _answer(visit, old or attempt.row, attempt.intake)
    _number(visit, attempt, rule)
    rule.work_out(attempt.row)
    _answer_scope(visit, attempt.intake)  # refuses what cannot be shown before anything is saved
    if attempt.new or attempt.intake.changed:
        _stamp(visit, attempt)
        store(visit, attempt)
    return _answer(visit, attempt.row, attempt.intake)


def _intake(visit: Visit, old: Row | None) -> Intake:
    """The taker of the body. Keys find a stored record and do not change it."""
    kept = frozenset(visit.entity.keys) if old is not None else frozenset[str]()
    return Intake(
        visit.contract.types,
        visit.zones,
        visit.tenant.customs(visit.entity.name),
        rule_of(visit.entity.name).computed | kept | frozenset(_disabled(visit)),
        visit.contract.number,
        visit.switches.bare_scalar,
        override_needed=visit.switches.override_needed,
        inserting=old is None,
    )


def _start(visit: Visit, old: Row | None) -> Row:
    """The row to change: a copy of the stored one, or a new one with the defaults of its form."""
    if old is not None:
        return old.copy()
    now = visit.clock.now()
    arrivals = visit.tenant.table(visit.entity.name).version
    row = Row(guid("new", visit.tenant.name, visit.entity.name, now.isoformat(), arrivals), modified=now)
    rule = rule_of(visit.entity.name)
    row.values.update(rule.defaults)
    if rule.number:
        row.values.update({name: _business_date(visit) for name in _DATES if name in visit.entity.fields})
        branch = visit.header("PX-CbApiBranch") or visit.session.branch
        row.values.update({name: branch for name in _BRANCHES if name in visit.entity.fields})
    return row


def _business_date(visit: Visit) -> date:
    """Today on the user's clock, unless the request brings another date."""
    told = visit.header("PX-CbApiBusinessDate")
    try:
        return visit.zones.read(told, "ignore").date() if told else visit.zones.wall(visit.clock.now()).date()
    except Mismatch as error:
        raise refusals.malformed("the business date cannot be read") from error


def locate(visit: Visit, body: Json) -> Row | None:
    """The row a write means: by $filter, by id, by keys. A number that is absent or `<NEW>` means a new document."""
    table = visit.tenant.table(visit.entity.name)
    condition = visit.condition()
    if condition is not None:
        return _the_one(visit, [row for row in table if condition.holds(row)])
    id = body.get("id")
    if isinstance(id, str):
        visit.tenant.hurry(id.lower())
        row = table.by_id(id.lower())
        if row is not None:
            return row
    if visit.entity.role == "singleton":
        return next(iter(table), None)
    keys = _keys(visit, body)
    if keys is None:
        return None
    visit.tenant.hurry((visit.entity.name, sort_key(keys)))
    return table.find(keys)


def _the_one(visit: Visit, rows: list[Row]) -> Row | None:
    if len(rows) > 1:  # UNVERIFIED: neither status nor text of an ambiguous filter was recorded
        raise refusals.failed("More than one entity satisfies the condition.", status=visit.switches.ambiguous_status)
    return rows[0] if rows else None


def _keys(visit: Visit, body: Json) -> list[Scalar] | None:
    """The values of every key; a type that is not sent has its default, a number that is not sent none."""
    values: list[Scalar] = []
    for name in visit.entity.keys:
        wrapped = body.get(name)
        raw = wrapped.get("value") if isinstance(wrapped, dict) else None
        try:
            value = read(visit.entity.fields[name], name, raw, visit.zones)
        except Mismatch:
            return None
        if value is None:
            value = rule_of(visit.entity.name).defaults.get(name)
        if value is None or value == "" or str(value).strip() == NEW:
            return None
        values.append(value)
    return values or None


def _number(visit: Visit, attempt: Attempt, rule: Rule) -> None:
    """Gives a new document its number. Whether a number that was sent is kept depends on the sequence's settings."""
    if not attempt.new or not visit.entity.keys:
        return
    for name in visit.entity.keys:
        if visit.entity.fields[name] == "guid" and not attempt.row.values.get(name):
            attempt.row.values[name] = attempt.row.id
    if not rule.number:
        return
    key = visit.entity.keys[-1]
    sent = str(attempt.row.values.get(key) or "").strip()
    if sent in ("", NEW) or not visit.switches.manual_numbers:
        number = visit.tenant.next_number(visit.entity.name)
        attempt.row.values[key] = number if isinstance(number, (str, int)) else str(number)


def _stamp(visit: Visit, attempt: Attempt) -> None:
    """Stamps what changed. Whether a changed line touches its header depends on the form."""
    now, changed = visit.clock.now(), attempt.intake.changed
    row = attempt.row
    if attempt.new or row.id in changed or visit.switches.header_touch:
        row.modified = now
    for lines in row.details.values():
        for line in lines:
            if line.id in changed:
                line.modified = now
                line.created = line.created or now


def store(visit: Visit, attempt: Attempt) -> None:
    table, row = visit.tenant.table(visit.entity.name), attempt.row
    keys = sort_key([row.values.get(name) for name in visit.entity.keys])
    names = (row.id, (visit.entity.name, keys))
    visit.tenant.commit(visit.switches.commit_delay, lambda: _swap(table, attempt.old, row), *names)


def _swap(table: Table, old: Row | None, new: Row) -> None:
    if old is None:
        table.insert(new)
    else:
        table.replace(old, new)


def _answer(visit: Visit, row: Row, intake: Intake) -> Response:
    """The record, with the words of its disabled fields beside the values that they kept."""
    text = _answer_scope(visit, intake).render(row, 1)
    told = {name: words for name, words in _disabled(visit).items() if words and name in intake.sent}
    if not told:
        return Response.json(text)
    answer = json.loads(text, parse_float=Decimal)
    for name, words in told.items():
        answer[name] = {**answer[name], "error": words}
    return Response.json(ENCODER.encode(answer).decode())


def _disabled(visit: Visit) -> Mapping[str, str]:
    return visit.switches.disabled.get(visit.entity.name, {})


def _answer_scope(visit: Visit, intake: Intake) -> Projection:
    """What the answer shows: the fields that were sent, the keys, and what $select and $expand ask for. The guide says
    nothing of keys that were not sent; the recorded 422 shows one."""
    if visit.switches.put_scope == "full":
        return visit.projection()
    wanted = visit.wanted()
    keys = () if visit.switches.put_scope == "bare" else visit.entity.keys
    chosen: dict[str, Wanted] = {**intake.sent, **{key: Wanted() for key in keys}}
    chosen.update({name: Wanted() for name in wanted.expand})
    chosen.update(wanted.select or {})
    files_chosen = wanted.files_chosen or wanted.select is None
    return visit.project(replace(wanted, select=chosen, files_chosen=files_chosen))


def delete(visit: Visit, keys: Sequence[str]) -> Response:
    """204. A missing record is the 500 of a keyed read (UNVERIFIED: nobody recorded a DELETE that missed)."""
    parts = keys[0].split("|") if len(keys) == 1 else keys
    visit.tenant.hurry((visit.entity.name, sort_key(parts)))
    visit.tenant.hurry(keys[0].lower())
    row = find(visit, keys)
    if row is None:
        if visit.switches.delete_missing == "204":
            return Response(204)
        raise refusals.no_entity_satisfies()
    if not may_write(visit.entity.name, visit.session, visit.switches):
        raise refusals.insufficient_rights(visit.entity.name, visit.entity.screen)
    code = row.values.get(visit.entity.keys[-1]) if visit.entity.keys else None
    for entity, field in _USERS.get(visit.entity.name, ()):
        table = visit.tenant.table(entity)
        if not table.size_of_bulk and any(user.values.get(field) == code for user in table):
            raise refusals.failed(f"Error: {visit.entity.name} '{code}' cannot be deleted: a {entity} refers to it.")
    visit.tenant.table(visit.entity.name).remove(row)
    return Response(204)
