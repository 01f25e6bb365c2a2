"""The other way to unwrap, for answers that differ from the schema: member by member, slower, and nothing is lost.

    what came                               what the record says
    a member the schema does not know       kept, last, unwrapped as far as it looks wrapped
    a field that is not wrapped             kept as it came
    a wrapper with more than a value        its value
    a nested member of an unexpected kind   kept as it came
    a nested member nobody asked for        left out, as in the usual way

The result for an answer that does fit is the same as that of `swift`, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from acumatica_client.record.layout import FILES, Layout
from acumatica_client.record.swift import DROPPED, NOTHING, NULL
from acumatica_client.schema import EntityShape

_members_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_rows_of = msgspec.json.Decoder(list[msgspec.Raw]).decode
_WRAPPER = frozenset({"value", "error"})
_STRANGER = Layout(EntityShape("", {}))
_Part = bytes | msgspec.Raw


class CarefulRow:
    """Unwraps rows of a layout; `unknown` collects the names of members that no schema knows."""

    def __init__(self, layout: Layout, unknown: set[str]) -> None:
        self._layout = layout
        self._unknown = unknown
        self._nested = {
            name: CarefulRow(inner, unknown) for name, inner in (*layout.linked.items(), *layout.details.items())
        }

    def render(self, raw: _Part) -> bytes:
        """One payload row as JSON text."""
        return as_object(self.members(raw))

    def members(self, raw: _Part) -> dict[str, _Part]:
        """The members of a payload row, unwrapped, in the order of the record."""
        came = _members_of(raw)
        record: dict[str, _Part] = {"id": came.pop("id", NULL), "note": self._value("note", came)}
        custom = came.pop("custom", NOTHING)
        files = came.pop(FILES, NULL) if self._layout.files else None
        for name in self._layout.shape.fields:
            record[name] = self._value(name, came)
        for name, row in self._nested.items():
            record[name] = row.nested(came.pop(name, NULL), rows=name in self._layout.details)
        record["custom"] = custom
        if files is not None:
            record[FILES] = files
        for name in (*DROPPED, *self._layout.unwanted):
            came.pop(name, None)
        self._unknown.update(came)
        return record | {name: _plain(value) for name, value in came.items()}

    def nested(self, raw: _Part, *, rows: bool) -> _Part:
        """A linked entity, or the rows of a detail."""
        kind = _kind(raw)
        if rows and kind == "[":
            return _array(self.render(row) if _kind(row) == "{" else row for row in _rows_of(raw))
        return self.render(raw) if not rows and kind == "{" else raw

    def _value(self, name: str, came: dict[str, msgspec.Raw]) -> _Part:
        """The value of a wrapper, exactly as it came; absent and `{}` are null; what is no wrapper stays."""
        raw = came.pop(name, NULL)
        if _kind(raw) != "{":
            return raw
        members = _members_of(raw)
        extras = members.keys() - _WRAPPER
        self._unknown.update(f"{name}.{extra}" for extra in extras)
        return members.get("value", raw if extras else NULL)


def _plain(raw: _Part) -> _Part:
    """A member of which nothing is known: wrappers give their value, rows (with `id` and `rowNumber`) are unwrapped."""
    kind = _kind(raw)
    if kind == "[":
        return _array(map(_plain, _rows_of(raw)))
    if kind != "{":
        return raw
    members = _members_of(raw)
    if members.keys() <= _WRAPPER:
        return members.get("value", NULL)
    return CarefulRow(_STRANGER, set()).render(raw) if "id" in members and "rowNumber" in members else raw


def _kind(raw: _Part) -> str:
    """The first character of a JSON text; slices of an answer begin without white space."""
    return chr(memoryview(raw)[0])


def _array(parts: Iterator[_Part]) -> bytes:
    return b"[" + b",".join(parts) + b"]"


def as_object(members: dict[str, _Part]) -> bytes:
    return b"{" + b",".join(msgspec.json.encode(name) + b":" + value for name, value in members.items()) + b"}"
