"""Apply the body of a write to a row, member by member.

{"value": x}   sets the field      {"value": null}  clears it      {}  leaves it      absent  leaves it
a name the entity does not have    is dropped silently
a line: its id or its own keys     updates the line                {"id":..,"delete":true}  removes it
a line without them                is appended, every time
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from acumatica_emulator.api.options import Wanted
from acumatica_emulator.catalog import EntityType
from acumatica_emulator.records.rows import Row, guid, is_stamp
from acumatica_emulator.records.rules import line_keys
from acumatica_emulator.records.tables import sort_key
from acumatica_emulator.records.values import CUSTOM_TYPES, Mismatch, Scalar, Zones, blank_of, read
from acumatica_emulator.site import refusals
from acumatica_emulator.site.tenants import Customs

Json = dict[str, Any]
_LENIENT = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])|\u00a0', re.DOTALL)


@dataclass
class BodyWriter:
    """Takes a body into a row. `changed` holds the ids of rows that differ afterwards; `fresh` those of new lines;
    `sent` the names that came.
    """

    types: Mapping[str, EntityType]
    zones: Zones
    customs: Customs
    computed: frozenset[str] = frozenset()
    contract: int = 4
    bare_scalar: str = "400"
    override_needed: bool = True
    inserting: bool = False
    fresh: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    sent: dict[str, Wanted] = field(default_factory=dict)

    def take(self, row: Row, entity: EntityType, body: Json, top: bool = True) -> None:
        for name, raw in body.items():
            if name in entity.fields:
                self._scalar(row, entity, name, raw, top)
            elif name in entity.linked:
                if not self._is_inherited(row, entity, name, body):
                    self._part(row, name, self.types[entity.linked[name]], _object(name, raw))
            elif name in entity.details:
                self._lines(row, name, self.types[entity.details[name]], raw)
            elif name == "note":
                self._note(row, raw)
            elif name == "custom":
                self._custom(row, _object(name, raw))
            if top and name in entity.fields:
                self.sent[name] = Wanted()

    def _is_inherited(self, row: Row, entity: EntityType, name: str, body: Json) -> bool:
        """Whether a part comes from elsewhere (an order's address from its customer) unless its mark is set."""
        mark = next((mark for mark in (f"{name}Override", f"Override{name}") if mark in entity.fields), None)
        if mark is None or not self.override_needed:
            return False
        sent = self._unwrapped(mark, body[mark]) if mark in body else None
        return not (self._read("bool", mark, sent[0]) if sent else row.values.get(mark))

    def _part(self, row: Row, name: str, entity: EntityType, body: Json) -> None:
        """A linked part has no stamp of its own: a change of it is a change of the record."""
        before = len(self.changed)
        self.take(row.link(name), entity, body, top=False)
        if len(self.changed) > before:
            self.changed.add(row.id)

    def _scalar(self, row: Row, entity: EntityType, name: str, raw: object, top: bool) -> None:
        wrapped = self._unwrapped(name, raw)
        if wrapped is None or _server_fills(entity, name) or (top and name in self.computed):
            return
        kind = entity.fields[name]
        value = self._read(kind, name, wrapped[0])
        self._set(row, name, value if value != "" or kind == "str" else None, blank_of(kind, name))

    def _read(self, kind: str, name: str, raw: object) -> Scalar:
        try:
            return read(kind, name, raw, self.zones)
        except Mismatch as error:
            raise refusals.malformed(f"the value of {name} cannot be converted to {kind}") from error

    def _unwrapped(self, name: str, raw: object) -> tuple[object] | None:
        """The value in a one-tuple, because null is a value; None when no value was sent."""
        if isinstance(raw, dict):
            return (raw["value"],) if "value" in raw else None
        if self.bare_scalar == "ignore":
            return None
        raise refusals.malformed(f"{name} is not an object with a value")

    def _set(self, row: Row, name: str, value: Scalar, blank: Scalar) -> None:
        """The server compares with what the field shows before it sets: an equal value changes nothing."""
        shown = row.values.get(name, blank)
        if shown == value and type(shown) is type(value) and (name in row.values or not self._is_fresh(row)):
            return
        if name not in row.values and value is None:
            return
        row.values[name] = value
        self.changed.add(row.id)

    def _is_fresh(self, row: Row) -> bool:
        """Whether the row comes into being by this write; then what was sent is kept with its own digits."""
        return self.inserting or row.id in self.fresh

    def _lines(self, row: Row, name: str, entity: EntityType, raw: object) -> None:
        if not isinstance(raw, list):
            raise refusals.malformed(f"{name} is not an array")
        lines = row.lines(name)
        for one in raw:
            body = _object(name, one)
            line = self._find_line(lines, entity, body)
            if body.get("delete") is True:
                if line is not None:
                    lines.remove(line)
                    self.changed.add(row.id)
                continue
            if line is None:
                line = Row(guid(row.id, name, len(lines), sorted(known.id for known in lines)))
                lines.append(line)
                self.fresh.add(line.id)
                self.changed.update((row.id, line.id))
            self.take(line, entity, body, top=False)

    def _find_line(self, lines: list[Row], entity: EntityType, body: Json) -> Row | None:
        wanted = str(body.get("id", "")).lower()
        for line in lines:
            if wanted and line.id == wanted:
                return line
        keys = line_keys(entity.name, entity.fields)
        sent = [self._key(entity, name, body.get(name)) for name in keys]
        if not keys or None in sent:
            return None
        return next(
            (line for line in lines if sort_key([line.values.get(key) for key in keys]) == sort_key(sent)), None
        )

    def _key(self, entity: EntityType, name: str, raw: object) -> Scalar:
        value = raw.get("value") if isinstance(raw, dict) else None
        try:
            return read(entity.fields[name], name, value, self.zones)
        except Mismatch:
            return None

    def _note(self, row: Row, raw: object) -> None:
        wrapped = self._unwrapped("note", raw) if raw is not None else None
        text = str(wrapped[0] or "") if wrapped else row.note
        if text != row.note:
            row.note = text
            self.changed.add(row.id)

    def _custom(self, row: Row, body: Json) -> None:
        for view, names in body.items():
            for name, raw in _object(view, names).items():
                given = _object(name, raw)
                if self.contract >= 5 and given.get("type") not in CUSTOM_TYPES.values():
                    raise refusals.malformed(f"the custom field {name} has no type")
                kind = self.customs.get((view, name))
                if kind is None or "value" not in given:
                    continue
                value = self._read(kind, name, given["value"])
                if row.custom.get((view, name), (kind, None)) != (kind, value):
                    row.custom[(view, name)] = (kind, value)
                    self.changed.add(row.id)


def parse_body(body: bytes) -> Json:
    """The JSON object of a write; numbers keep every digit. Reads what Json.NET reads beyond JSON, as far as known."""
    if not body.strip():
        raise refusals.unreadable("The request body should not be empty.")  # R
    try:
        parsed = json.loads(_strict(body.decode("utf-8-sig")), parse_float=Decimal)
    except ValueError as error:
        raise refusals.unreadable("The request body is not JSON.") from error
    if not isinstance(parsed, dict):
        raise refusals.unreadable("The request body is not an object.")
    return parsed


def _strict(text: str) -> str:
    """Without commas before a closing bracket and with plain blanks, outside of strings."""
    return _LENIENT.sub(lambda match: match[0] if match[0].startswith('"') else " ", text)


def member(body: Json, name: str) -> object:
    """A member of an action's body; Json.NET binds it in any case (`Entity`)."""
    return next((value for known, value in body.items() if known.casefold() == name), None)


def parse_parameters(body: Json) -> Json:
    """The parameters of an action: wrapped scalars, and the answers of a dialog below `custom`, view by view."""
    parameters = _object("parameters", member(body, "parameters") or {})
    views = _object("custom", parameters.get("custom") or {})
    for group in [parameters, *(_object(view, names or {}) for view, names in views.items())]:
        for name, wrapped in group.items():
            value = _object(name, wrapped or {}).get("value")
            if isinstance(value, (dict, list)):
                raise refusals.malformed(f"the value of {name} is not a scalar")
    return parameters


def _object(name: str, raw: object) -> Json:
    if not isinstance(raw, dict):
        raise refusals.malformed(f"{name} is not an object")
    return raw


def _server_fills(entity: EntityType, name: str) -> bool:
    """Stamps and the NoteID are the server's; what a client sends for them is dropped."""
    return is_stamp(entity.role, name) or name == "NoteID"
