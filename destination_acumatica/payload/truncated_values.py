"""Values that the platform cut off: they do not replace longer ones in Acumatica that begin with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from destination_acumatica.payload.payload import Payload

_INDEX = re.compile(r"\[[0-9]+\]$")
_Members = dict[str, object]


def without_truncated(payload: Payload, found: Mapping[str, object], places: Iterable[str]) -> Payload:
    """The payload without the values at these places (`MainContact/Email`, `Details[2]/Description`,
    `Document.UsrNote`) of which the record has longer ones. Of a line, any line of the record counts."""
    for place in places:
        *above, last = place.split("/")
        payload = Payload(_without(payload, found, above, last))
    return payload


def _without(sent: Mapping[str, object], found: object, above: list[str], last: str) -> _Members:
    if not above:
        return _without_value(sent, found, last)
    name, rest = _INDEX.sub("", above[0]), above[1:]
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


def _without_value(sent: Mapping[str, object], found: object, last: str) -> _Members:
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
