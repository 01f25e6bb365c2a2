"""What the platform did to values of a record on their way (`meta.changes`), and what follows from it.

NULLED       the value is unknown: it clears nothing, and a record that is found by it is rejected
TRUNCATED    the rest is missing: it replaces no longer value that begins like it, and a record that is found by it
             is rejected
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from acumatica_client.errors import FieldError
from destination_acumatica.config.modes import Mode
from destination_acumatica.payload.payload import Payload
from destination_acumatica.payload.record_mapper import NULLED, MappedRecord
from destination_acumatica.plan.write_plan import WritePlan

_ROW = re.compile(r"\[[0-9]+\]")
_LINE_KEYS = frozenset({"LineNbr", "LineNumber", "LineID", "SplitLineNbr", "AttributeID"})
_NULLED = "the platform could not carry this value, and the record is found by it"
_TRUNCATED = "the platform cut this value off, and the record is found by it"
_NEEDED = "the platform could not carry the column {column} as it was, and an action or a file needs it"
_STAYS = "with a value of {place} that the platform could not carry: the field stays as it is in Acumatica"
_CUT = "with a value of {place} that the platform cut off: a longer one in Acumatica that begins like it stays"


def change_errors(plan: WritePlan, mapped: MappedRecord, changes: Mapping[str, str]) -> Iterator[FieldError]:
    """Why the record cannot be written: without what it is found by it would be another record, or a new one."""
    found_by = {*plan.entity.keys, *plan.found_by, *([plan.reference] if plan.mode is Mode.INSERT else ())}
    for places, words in ((mapped.unknown, _NULLED), (mapped.truncated, _TRUNCATED)):
        for place in places:
            path = _ROW.sub("", place)
            if any(one == path or one.startswith(f"{path}/") for one in found_by) or _is_line_key(path, plan):
                yield FieldError(place, words)
    parameters = {one.column for action in plan.actions for one in action.parameters}
    files = {column for one in plan.files for column in (one.column, one.name_column)}
    for path, change in changes.items():
        if path in parameters or (path in files and change != NULLED):
            yield FieldError("", _NEEDED.format(column=path))


def change_cautions(mapped: MappedRecord) -> Iterator[str]:
    """What a person should know of such records, as predicates."""
    for places, words in ((mapped.unknown, _STAYS), (mapped.truncated, _CUT)):
        yield from (words.format(place=place) for place in dict.fromkeys(_ROW.sub("", one) for one in places))


def _is_line_key(path: str, plan: WritePlan) -> bool:
    """Whether it is a field that lines are found by."""
    detail, _, name = path.rpartition("/")
    keys = plan.lines.keys
    return name in keys[detail] if detail in keys else bool(detail) and name in _LINE_KEYS


def without_truncated(payload: Payload, found: Mapping[str, object], places: Iterable[str]) -> Payload:
    """The payload without the values at these places (`MainContact/Email`, `Details[2]/Description`,
    `Document.UsrNote`) of which the record has longer ones. Of a line, any line of the record counts."""
    for place in places:
        *above, last = place.split("/")
        payload = Payload(_without(payload, found, above, last))
    return payload


def _without(sent: Mapping[str, object], found: object, above: list[str], last: str) -> dict[str, object]:
    if not above:
        return _without_value(sent, found, last)
    name, rest = _ROW.sub("", above[0]), above[1:]
    inner, there = sent.get(name), _members(found).get(name)
    if isinstance(inner, list):
        rows = there if isinstance(there, list) else []
        return {**sent, name: [_without_in_rows(row, rows, rest, last) for row in inner]}
    return {**sent, name: _without(inner, there, rest, last)} if isinstance(inner, Mapping) else dict(sent)


def _without_in_rows(row: object, found: list[object], above: list[str], last: str) -> object:
    if not isinstance(row, Mapping):
        return row
    for other in found:
        row = _without(row, other, above, last)
    return row


def _without_value(sent: Mapping[str, object], found: object, last: str) -> dict[str, object]:
    view, dot, name = last.partition(".")
    if dot:  # a custom field
        custom, there = _members(sent.get("custom")), _members(_members(found).get("custom"))
        kept = _without_value(_members(custom.get(view)), there.get(view), name)
        return {**sent, "custom": {**custom, view: kept}} if view in custom else dict(sent)
    longer = _begins(sent.get(last), _members(found).get(last))
    return {name: value for name, value in sent.items() if name != last or not longer}


def _begins(sent: object, found: object) -> bool:
    one, other = _members(sent).get("value"), _members(found).get("value")
    return isinstance(one, str) and isinstance(other, str) and len(one) < len(other) and other.startswith(one)


def _members(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
