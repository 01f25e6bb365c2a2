"""Decodes answers that differ from the schema: member by member, slower, and nothing is lost.

    what came                               what the record says
    a member that the schema lacks          kept, last, unwrapped as far as it looks wrapped
    a field that is not wrapped             kept as it came
    a wrapper with more than a value        its value
    a drop-down that is a plain value       that value; nothing in the columns beside it
    a custom field that was not named       kept in `custom`
    a nested member of an unexpected kind   kept as it came
    a nested member that was not requested  left out, as by the fast decoder

The result for an answer that does fit is the same as that of the fast decoder, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from acumatica_client.record.columns import Column, main_part
from acumatica_client.record.layout import Layout
from acumatica_client.record.payload_structs import DROPPED, NOTHING, NULL
from acumatica_client.schema.model import EntityShape
from acumatica_client.schema.system_members import CUSTOM, FILES, ID, NOTE

_members_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_rows_of = msgspec.json.Decoder(list[msgspec.Raw]).decode
_WRAPPER = frozenset({"value", "error"})
_UNKNOWN_SHAPE = Layout(EntityShape("", {}))
_Part = bytes | msgspec.Raw


class FallbackDecoder:
    """Unwraps rows of a layout; `unknown` collects the names of members that the schema lacks."""

    def __init__(self, layout: Layout, unknown: set[str]) -> None:
        self._layout = layout
        self._unknown = unknown
        self._columns = layout.columns
        self._named = {column.name: column for column in layout.columns if not column.many}
        self._custom_columns = layout.custom_columns
        self._nested = {name: FallbackDecoder(inner, unknown) for name, inner in layout.nested.items()}

    def render(self, raw: _Part) -> bytes:
        """One payload row as JSON text; what is no object is kept as the only member of one."""
        return as_object(self.members(raw) if _kind(raw) == "{" else {"value": raw})

    def members(self, raw: _Part) -> dict[str, _Part]:
        """The members of a payload row, unwrapped, in the order of the record."""
        came = _members_of(raw)
        record: dict[str, _Part] = {ID: came.pop(ID, NULL), NOTE: self._value(NOTE, came.pop(NOTE, NULL))}
        custom = came.pop(CUSTOM, NOTHING)
        files = came.pop(FILES, NULL) if self._layout.files else None
        values = {name: self._value(name, came.pop(name, NULL)) for name in self._layout.fields}
        record |= {column.name: self._part(column, values[column.field]) for column in self._columns}
        for name, row in self._nested.items():
            nested = row.nested(came.pop(name, NULL), rows=name in self._layout.details)
            if name not in self._layout.hidden:
                record[name] = nested
        record |= self._custom(custom)
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

    def value(self, row: _Part, name: str) -> _Part:
        """`id`, or the value in a scalar column. KeyError for other names."""
        members = _members_of(row) if _kind(row) == "{" else {}
        if name == "id":
            return members.get("id", NULL)
        column = self._named[name]
        return self._part(column, self._value(column.field, members.get(column.field, NULL)))

    def below(self, row: _Part, name: str) -> Sequence[_Part]:
        """The rows of a nested member, or whatever stands there instead of rows."""
        came = _members_of(row).get(name, NULL) if _kind(row) == "{" else NULL
        kind = _kind(came)
        return _rows_of(came) if kind == "[" else () if kind == "n" else (came,)

    def inner(self, name: str) -> FallbackDecoder:
        return self._nested[name]

    def _value(self, name: str, raw: _Part) -> _Part:
        """The value of a wrapper, exactly as it came; absent and `{}` are null; what is no wrapper stays."""
        if _kind(raw) != "{":
            return raw
        members = _members_of(raw)
        extras = members.keys() - _WRAPPER
        self._unknown.update(f"{name}.{extra}" for extra in extras)
        return members.get("value", raw if extras else NULL)

    def _part(self, column: Column, value: _Part) -> _Part:
        """What a column says of a value."""
        kind = _kind(value)
        if column.part == "value":
            return value
        if column.many and kind == "[":
            return _array(self._part(column, one) for one in _rows_of(value))
        if kind == "{":
            members = _members_of(value)
            self._unknown.update(f"{column.field}.{extra}" for extra in members.keys() - {"id", "description"})
            return members.get(column.part, NULL)
        return value if column.part == main_part(self._layout.shape.fields[column.field]) else NULL

    def _custom(self, raw: _Part) -> dict[str, _Part]:
        """The columns of the custom fields that were named, and `custom` with the others."""
        if not self._custom_columns or _kind(raw) != "{":
            return {**dict.fromkeys(self._custom_columns, NULL), "custom": raw}
        came_views = _members_of(raw)
        views = {view: _members_of(fields) for view, fields in came_views.items() if _kind(fields) == "{"}
        record: dict[str, _Part] = {}
        for name, field in self._custom_columns.items():
            came = views.get(field.view, {}).pop(field.name, NULL)
            record[name] = _members_of(came).get("value", NULL) if _kind(came) == "{" else came
        rest = {view: as_object(fields) for view, fields in views.items() if fields}
        others = {view: fields for view, fields in came_views.items() if view not in views}
        return {**record, "custom": as_object({**rest, **others})}


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
    return FallbackDecoder(_UNKNOWN_SHAPE, set()).render(raw) if "id" in members and "rowNumber" in members else raw


def _kind(raw: _Part) -> str:
    """The first character of a JSON text; slices of an answer begin without white space."""
    return chr(memoryview(raw)[0])


def _array(parts: Iterable[_Part]) -> bytes:
    return b"[" + b",".join(parts) + b"]"


def as_object(members: dict[str, _Part] | dict[str, msgspec.Raw]) -> bytes:
    return b"{" + b",".join(msgspec.json.encode(name) + b":" + value for name, value in members.items()) + b"}"
