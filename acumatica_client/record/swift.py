"""The usual way to unwrap: generated structs that keep each value as a slice of the answer, joined into JSON text.

No value becomes a Python number or text on the way, so digits, escapes and offsets stay as Acumatica sent them. Answers
that do not fit the schema raise `msgspec.ValidationError` here and are left to `careful`.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from types import GenericAlias, UnionType

import msgspec

from acumatica_client.record.layout import FILES, Layout

NULL = msgspec.Raw(b"null")
NOTHING = msgspec.Raw(b"{}")

# Members that a record does not repeat: `rowNumber` counts the rows of one answer (an array keeps their order);
# links and workflow actions belong to the road. Recorded answers have the first two, the guide names the third.
DROPPED: Mapping[str, str] = {"rowNumber": "row_number", "_links": "links", "_workflowActions": "workflow_actions"}


class Wrapped(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """`{"value": x}`; `{}` is null (recorded answers never say `{"value": null}`)."""

    value: msgspec.Raw = NULL


_EMPTY = Wrapped()
_NOTE = 3  # its place in a template: {"id": _ ,"note": _
_Member = tuple[str, type | UnionType | GenericAlias, object]


class SwiftRow:
    """One level of a layout: the struct that its rows decode into, and how such a struct is written as JSON.

    The members of a row come in this order: id, note, fields, linked entities, details, custom, and files if asked for.
    """

    def __init__(self, layout: Layout) -> None:
        fields = tuple(layout.shape.fields)
        linked = {name: SwiftRow(inner) for name, inner in layout.linked.items()}
        details = {name: SwiftRow(inner) for name, inner in layout.details.items()}
        self.attributes = {name: f"m{number}" for number, name in enumerate((*fields, *linked, *details))}
        self.struct = self._struct(layout, linked, details)
        end = ("custom", FILES) if layout.files else ("custom",)
        self._template = _template(("id", "note", *fields, *linked, *details, *end))
        # `custom` stands in for the nested members, which have to be rendered first.
        self._values = operator.attrgetter(
            *("id", "note", *(f"{self.attributes[name]}.value" for name in fields)),
            *(*("custom" for _ in (*linked, *details)), *end),
        )
        place = dict(zip(("id", "note", *fields, *linked, *details), range(1, len(self._template), 2), strict=False))
        self._note = operator.attrgetter("note")
        self._linked = [(place[name], operator.attrgetter(self.attributes[name]), linked[name]) for name in linked]
        self._details = [(place[name], operator.attrgetter(self.attributes[name]), details[name]) for name in details]

    def _struct(
        self, layout: Layout, linked: Mapping[str, SwiftRow], details: Mapping[str, SwiftRow]
    ) -> type[msgspec.Struct]:
        """Its members stand in the order of the wire, sorted without regard to case: such a struct decodes fastest."""
        at = self.attributes
        middle: dict[str, _Member] = {name: (at[name], Wrapped, _EMPTY) for name in layout.shape.fields}
        middle |= {name: (at[name], row.struct | None, None) for name, row in linked.items()}
        middle |= {name: (at[name], GenericAlias(list, (row.struct,)) | None, None) for name, row in details.items()}
        middle |= {name: (f"u{number}", msgspec.Raw, NULL) for number, name in enumerate(layout.unwanted)}
        head: list[_Member] = [("id", msgspec.Raw, NULL), ("row_number", msgspec.Raw, NULL)]
        head += [("note", Wrapped | None, None)]
        tail: list[_Member] = [("custom", msgspec.Raw, NOTHING), ("links", msgspec.Raw, NULL)]
        tail += [("workflow_actions", msgspec.Raw, NULL)] + [(FILES, msgspec.Raw, NULL)] * layout.files
        names = {member[0]: name for name, member in middle.items()} | {own: name for name, own in DROPPED.items()}
        members = [*head, *(middle[name] for name in sorted(middle, key=str.casefold)), *tail]
        return msgspec.defstruct("Row", members, rename=names, gc=False, forbid_unknown_fields=True)

    def render(self, row: msgspec.Struct) -> bytes:
        """One row as JSON text: every second part of the template is a value, the others are written already."""
        parts = self._template[:]
        parts[1::2] = self._values(row)
        note = self._note(row)
        parts[_NOTE] = NULL if note is None else note.value
        for place, get, inner in self._linked:
            linked = get(row)
            parts[place] = NULL if linked is None else inner.render(linked)
        for place, get, inner in self._details:
            rows = get(row)
            parts[place] = NULL if rows is None else b"[" + b",".join(map(inner.render, rows)) + b"]"
        return b"".join(parts)


def _template(names: Sequence[str]) -> list[bytes | msgspec.Raw]:
    """`{"id":` _ `,"note":` _ ... `}` with a place for each value."""
    parts: list[bytes | msgspec.Raw] = []
    for name in names:
        parts += [(b"," if parts else b"{") + msgspec.json.encode(name) + b":", NULL]
    return [*parts, b"}"]
