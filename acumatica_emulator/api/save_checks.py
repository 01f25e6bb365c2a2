"""Check whether a changed row may be saved, and build the refusal if not.

A 422 is the entity itself: `error` beside the fields, `error` in the wrapper of each field at fault, also within lines.
The general text has two spaces after its first word, as recorded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from acumatica_emulator.catalog import EntityType
from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.rules import NEW_KEY, Rule
from acumatica_emulator.records.values import Scalar, Zones, write
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.http import ENCODER
from acumatica_emulator.site.refusals import Refusal, envelope
from acumatica_emulator.site.tenants import Tenant

Json = dict[str, Any]
GENERAL = "{}  '{}' record raised at least one error. Please review the errors."
NO_SEQUENCE = "The numbering sequence is not specified."  # UNVERIFIED wording; only the case is reported
_OUTCOME = "PX.Api.ContractBased.OutcomeEntityHasErrorsException"


@dataclass
class RowErrors:
    """The errors of one row: by field, and of its lines."""

    fields: dict[str, str] = field(default_factory=dict)
    lines: dict[str, RowErrors] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.fields) or any(self.lines.values())

    def texts(self) -> list[str]:
        own = [f"{name}: {text}" for name, text in self.fields.items()]
        return own + [text for line in self.lines.values() for text in line.texts()]


def check_row(row: Row, rule: Rule, tenant: Tenant, behavior: Behavior) -> RowErrors:
    """Every error of the row, not only the first."""
    errors = RowErrors()
    for name in rule.required:
        if row.values.get(name) in (None, ""):
            errors.fields[name] = f"'{name}' cannot be empty."
    for path, entities in rule.references.items():
        detail, dot, name = path.rpartition(".")
        if not dot:
            _check_reference(row, name, entities, tenant, errors)
        for line in row.details.get(detail, ()) if dot else ():
            _check_reference(line, name, entities, tenant, errors.lines.setdefault(line.id, RowErrors()))
    _check_period(row, rule, tenant, behavior, errors)
    return errors


def check_keys(row: Row, entity: EntityType, rule: Rule, errors: RowErrors) -> None:
    """A new record needs every key that is not generated: a sequence generates the last one, the server a GUID."""
    given = {entity.keys[-1]} if rule.number and entity.keys else set[str]()
    for name in () if entity.role else entity.keys:
        if name in given or entity.fields[name] == "guid":
            continue
        if str(row.values.get(name) if row.values.get(name) is not None else "").strip() in ("", NEW_KEY):
            errors.fields[name] = f"'{name}' cannot be empty."


def _check_reference(row: Row, name: str, entities: tuple[str, ...], tenant: Tenant, errors: RowErrors) -> None:
    """A missing row is named by what was looked for; a project by its padded key (both recorded)."""
    code = row.values.get(name)
    if code in (None, "") or tenant.exists(entities, code):
        return
    if entities == ("Project",):
        errors.fields[name] = f"Project '{code!s:<10}' cannot be found in the system."
        return
    label = "Inventory ID" if "StockItem" in entities else entities[0]
    errors.fields[name] = f"'{label}' cannot be found in the system."


def _check_period(row: Row, rule: Rule, tenant: Tenant, behavior: Behavior, errors: RowErrors) -> None:
    period = str(row.values.get(rule.period) or "") if rule.period else ""
    if period and period in behavior.inactive_periods:
        masked = f"{period[:2]}-{period[2:]}"
        errors.fields[rule.period] = f"Error: The {masked} financial period is inactive in the {tenant.name} company."


def refusal(
    row: Row,
    entity: EntityType,
    body: Json,
    errors: RowErrors,
    *,
    rule: Rule,
    new: bool,
    zones: Zones,
    behavior: Behavior,
    links: Json,
) -> Refusal:
    """The 422 with the entity, or the 500 with the joined texts: production users have met both for one condition."""
    general = GENERAL.format("Inserting" if new else "Updating", rule.record or entity.name)
    joined = "; ".join([general, *errors.texts()])
    if behavior.error_status == 500:
        return Refusal(500, _outer(general, errors) if behavior.error_type == "outer" else envelope(joined, _OUTCOME))
    unsent = [name for name in errors.fields if name not in body]
    error = general
    if unsent:
        error = "; ".join(part for name in unsent for part in (errors.fields[name], f"{name}: {errors.fields[name]}"))
    shown = _shown(row, entity, {*body, *entity.keys}, errors, zones)
    if new and rule.number and entity.keys and not row.values.get(entity.keys[-1]):
        shown[entity.keys[-1]] = {**shown.get(entity.keys[-1], {}), "value": NEW_KEY}
    head = {"id": row.id, "rowNumber": 1, "note": {"value": row.note}, "error": error}
    exception = {"exceptionMessage": joined, "exceptionType": _OUTCOME} if behavior.error_exception else {}
    return Refusal(
        behavior.error_status, ENCODER.encode({**head, **shown, "custom": {}, **links, **exception}).decode()
    )


def _outer(general: str, errors: RowErrors) -> str:
    """The exception of several fields, with that of the first field inside."""
    outer = json.loads(envelope(general, "PX.Data.PXOuterException"))
    inner = json.loads(envelope(errors.texts()[0].partition(": ")[2], "PX.Data.PXSetPropertyException"))
    return json.dumps({**outer, "innerException": inner})


def drop_unknown_attributes(row: Row, tenant: Tenant) -> None:
    """Discard attributes without a definition, silently."""
    lines = row.details.get("Attributes")
    if lines:
        known = {str(each.values.get("AttributeID")).casefold() for each in tenant.table("AttributeDefinition")}
        row.details["Attributes"] = [
            line for line in lines if str(line.values.get("AttributeID", "")).casefold() in known
        ]


def _shown(row: Row, entity: EntityType, names: set[str], errors: RowErrors, zones: Zones) -> Json:
    """The fields that came or are at fault, and the details with a line at fault."""
    shown: Json = {}
    for name in sorted(names | set(errors.fields), key=str.upper):
        if name in entity.fields:
            value = row.values.get(name)
            shown[name] = _wrapped(value, zones)
            if name in errors.fields:
                shown[name]["error"] = errors.fields[name]
        elif name in entity.details and any(line.id in errors.lines for line in row.details.get(name, ())):
            shown[name] = [_shown_line(line, at, errors, zones) for at, line in enumerate(row.details[name], 1)]
    return shown


def _wrapped(value: Scalar, zones: Zones) -> Json:
    return {} if value is None else {"value": json.loads(write("str", value, zones), parse_float=Decimal)}


def _shown_line(line: Row, at: int, errors: RowErrors, zones: Zones) -> Json:
    own = errors.lines.get(line.id, RowErrors())
    shown: Json = {"id": line.id, "rowNumber": at, "note": {"value": line.note}}
    for name in sorted({*line.values, *own.fields}, key=str.upper):
        value = line.values.get(name)
        shown[name] = _wrapped(value, zones)
        if name in own.fields:
            shown[name]["error"] = own.fields[name]
    return {**shown, "custom": {}}
