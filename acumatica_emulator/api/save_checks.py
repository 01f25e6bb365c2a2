"""Knows whether a changed row may be saved, and how the refusal of one looks; knows nothing of finding or saving.

A 422 is the entity itself: `error` beside the fields, `error` in the wrapper of each field at fault, also within lines.
The general text has two spaces after its first word; that is how it was recorded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from acumatica_emulator.api.refusals import Refusal, envelope
from acumatica_emulator.catalog import EntityType
from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.rules import Rule
from acumatica_emulator.records.values import Zones, write
from acumatica_emulator.site.behavior import Switches
from acumatica_emulator.site.tenants import Tenant

Json = dict[str, Any]
GENERAL = "{}  '{}' record raised at least one error. Please review the errors."
NEW = "<NEW>"
NO_SEQUENCE = "The numbering sequence is not specified."  # UNVERIFIED wording; only the case is reported
_OUTCOME = "PX.Api.ContractBased.OutcomeEntityHasErrorsException"
ENCODER = msgspec.json.Encoder(decimal_format="number")  # every digit, as a number


@dataclass
class Faulted:
    """The errors of one row: by field, and of its lines."""

    fields: dict[str, str] = field(default_factory=dict)
    lines: dict[str, Faulted] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.fields) or any(self.lines.values())

    def texts(self) -> list[str]:
        own = [f"{name}: {text}" for name, text in self.fields.items()]
        return own + [text for line in self.lines.values() for text in line.texts()]


def judge(row: Row, rule: Rule, tenant: Tenant, switches: Switches) -> Faulted:
    """Every error of the row, not only the first."""
    faulted = Faulted()
    for name in rule.required:
        if row.values.get(name) in (None, ""):
            faulted.fields[name] = f"'{name}' cannot be empty."
    for path, entities in rule.references.items():
        detail, dot, name = path.rpartition(".")
        if not dot:
            _judge_reference(row, name, entities, tenant, faulted)
        for line in row.details.get(detail, ()) if dot else ():
            _judge_reference(line, name, entities, tenant, faulted.lines.setdefault(line.id, Faulted()))
    _judge_period(row, rule, tenant, switches, faulted)
    return faulted


def judge_keys(row: Row, entity: EntityType, rule: Rule, faulted: Faulted) -> None:
    """A new record needs every key that nobody else gives it: a sequence gives the last one, the server a GUID."""
    given = {entity.keys[-1]} if rule.number and entity.keys else set[str]()
    for name in () if entity.role else entity.keys:
        if name in given or entity.fields[name] == "guid":
            continue
        if str(row.values.get(name) if row.values.get(name) is not None else "").strip() in ("", NEW):
            faulted.fields[name] = f"'{name}' cannot be empty."


def _judge_reference(row: Row, name: str, entities: tuple[str, ...], tenant: Tenant, faulted: Faulted) -> None:
    """A missing row is told by the name of what was looked for; a project by its padded key (both recorded)."""
    code = row.values.get(name)
    if code in (None, "") or tenant.exists(entities, code):
        return
    if entities == ("Project",):
        faulted.fields[name] = f"Project '{code!s:<10}' cannot be found in the system."
        return
    label = "Inventory ID" if "StockItem" in entities else entities[0]
    faulted.fields[name] = f"'{label}' cannot be found in the system."


def _judge_period(row: Row, rule: Rule, tenant: Tenant, switches: Switches, faulted: Faulted) -> None:
    period = str(row.values.get(rule.period) or "") if rule.period else ""
    if period and period in switches.inactive_periods:
        told = f"{period[:2]}-{period[2:]}"
        faulted.fields[rule.period] = f"Error: The {told} financial period is inactive in the {tenant.name} company."


def refusal(
    row: Row,
    entity: EntityType,
    body: Json,
    faulted: Faulted,
    *,
    rule: Rule,
    new: bool,
    zones: Zones,
    switches: Switches,
    links: Json,
) -> Refusal:
    """The 422 with the entity, or the 500 with the joined texts: production users have met both for one condition."""
    general = GENERAL.format("Inserting" if new else "Updating", rule.record or entity.name)
    joined = "; ".join([general, *faulted.texts()])
    if switches.error_status == 500:
        return Refusal(500, _outer(general, faulted) if switches.error_type == "outer" else envelope(joined, _OUTCOME))
    unsent = [name for name in faulted.fields if name not in body]
    error = general
    if unsent:
        error = "; ".join(part for name in unsent for part in (faulted.fields[name], f"{name}: {faulted.fields[name]}"))
    told = _told(row, entity, {*body, *entity.keys}, faulted, zones)
    if new and rule.number and entity.keys and not row.values.get(entity.keys[-1]):
        told[entity.keys[-1]] = {**told.get(entity.keys[-1], {}), "value": NEW}
    head = {"id": row.id, "rowNumber": 1, "note": {"value": row.note}, "error": error}
    exception = {"exceptionMessage": joined, "exceptionType": _OUTCOME} if switches.error_exception else {}
    return Refusal(switches.error_status, ENCODER.encode({**head, **told, "custom": {}, **links, **exception}).decode())


def _outer(general: str, faulted: Faulted) -> str:
    """The exception of several fields, with that of the first field inside."""
    outer = json.loads(envelope(general, "PX.Data.PXOuterException"))
    inner = json.loads(envelope(faulted.texts()[0].partition(": ")[2], "PX.Data.PXSetPropertyException"))
    return json.dumps({**outer, "innerException": inner})


def drop_unknown_attributes(row: Row, tenant: Tenant) -> None:
    """Attributes that nobody has defined are discarded without a word."""
    lines = row.details.get("Attributes")
    if lines:
        known = {str(each.values.get("AttributeID")).casefold() for each in tenant.table("AttributeDefinition")}
        row.details["Attributes"] = [
            line for line in lines if str(line.values.get("AttributeID", "")).casefold() in known
        ]


def _told(row: Row, entity: EntityType, names: set[str], faulted: Faulted, zones: Zones) -> Json:
    """The fields that came or are at fault, and the details with a line at fault."""
    told: Json = {}
    for name in sorted(names | set(faulted.fields), key=str.upper):
        if name in entity.fields:
            value = row.values.get(name)
            told[name] = {} if value is None else {"value": json.loads(write("str", value, zones), parse_float=Decimal)}
            if name in faulted.fields:
                told[name]["error"] = faulted.fields[name]
        elif name in entity.details and any(line.id in faulted.lines for line in row.details.get(name, ())):
            told[name] = [_told_line(line, at, faulted, zones) for at, line in enumerate(row.details[name], 1)]
    return told


def _told_line(line: Row, at: int, faulted: Faulted, zones: Zones) -> Json:
    own = faulted.lines.get(line.id, Faulted())
    told: Json = {"id": line.id, "rowNumber": at, "note": {"value": line.note}}
    for name in sorted({*line.values, *own.fields}, key=str.upper):
        value = line.values.get(name)
        told[name] = {} if value is None else {"value": json.loads(write("str", value, zones), parse_float=Decimal)}
        if name in own.fields:
            told[name]["error"] = own.fields[name]
    return {**told, "custom": {}}
