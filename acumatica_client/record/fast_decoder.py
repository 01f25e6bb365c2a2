"""Decodes answers that fit the schema: structs that keep each value as a slice of the answer, joined into JSON text.

Answers that do not fit the schema raise `msgspec.ValidationError` here and go to the fallback decoder.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence

import msgspec

from acumatica_client.record.columns import Column
from acumatica_client.record.layout import Layout
from acumatica_client.record.payload_structs import NULL, attributes_of, custom_paths, row_struct
from acumatica_client.schema.system_members import FILES

_NOTE = 3  # its place in a template: {"id": _ ,"note": _
_NO_ROWS: tuple[msgspec.Struct, ...] = ()


class FastDecoder:
    """One level of a layout: the struct that its rows decode into, and how such a struct is written as JSON.

    The members of a row come in this order: id, note, fields, linked entities, details, custom fields, custom, and
    files if asked for.
    """

    def __init__(self, layout: Layout) -> None:
        self._inner = {name: FastDecoder(inner) for name, inner in layout.nested.items()}
        self._layout = layout
        self._attributes = attributes_of(layout)
        self.struct: type[msgspec.Struct] = row_struct(layout, {name: row.struct for name, row in self._inner.items()})
        self.getters = dict(self._single_values())
        self._linked_or_rows = {name: operator.attrgetter(self._attributes[name]) for name in self._inner}
        self._compile()

    def _compile(self) -> None:
        """The template, and what goes into its places: most of it by one getter, the rest one by one."""
        layout, columns = self._layout, self._layout.columns
        shown = [name for name in self._inner if name not in layout.hidden]
        customs = {name: custom_paths(layout.custom)[field] for name, field in layout.custom_columns.items()}
        end = {"custom": "custom.rest" if layout.custom else "custom"} | ({FILES: FILES} if layout.files else {})
        names = ["id", "note", *(column.name for column in columns), *shown, *customs, *end]
        self._template = _template(names)
        # `id` stands in for what has to be rendered first.
        self._values = operator.attrgetter(
            *("id", "id", *("id" if column.many else self._path(column) for column in columns)),
            *(*("id" for _ in shown), *customs.values(), *end.values()),
        )
        place = dict(zip(names, range(1, len(self._template), 2), strict=False))
        self._note = operator.attrgetter("note")
        self._many = [(place[c.name], operator.attrgetter(self._path(c)), c.part) for c in columns if c.many]
        rendered = [(place[name], self._linked_or_rows[name], self._inner[name], name) for name in shown]
        self._linked = [(at, get, inner) for at, get, inner, name in rendered if name in layout.linked]
        self._details = [(at, get, inner) for at, get, inner, name in rendered if name in layout.details]

    def _single_values(self) -> Iterator[tuple[str, operator.attrgetter[msgspec.Raw]]]:
        yield "id", operator.attrgetter("id")
        for column in self._layout.columns:
            if not column.many:
                yield column.name, operator.attrgetter(self._path(column))

    def _path(self, column: Column) -> str:
        part = "" if column.many or column.part == "value" else f".{column.part}"
        return f"{self._attributes[column.field]}.value{part}"

    def render(self, row: msgspec.Struct) -> bytes:
        """One row as JSON text: every second part of the template is a value, the others are written already."""
        parts = self._template[:]
        parts[1::2] = self._values(row)
        note = self._note(row)
        parts[_NOTE] = NULL if note is None else note.value
        for place, get, part in self._many:
            choices = get(row)
            parts[place] = NULL if choices is None else _array(getattr(choice, part) for choice in choices)
        for place, get, inner in self._linked:
            linked = get(row)
            parts[place] = NULL if linked is None else inner.render(linked)
        for place, get, inner in self._details:
            rows = get(row)
            parts[place] = NULL if rows is None else _array(map(inner.render, rows))
        return b"".join(parts)

    def value(self, row: msgspec.Struct, name: str) -> msgspec.Raw:
        """`id`, or the value in a scalar column. KeyError for other names."""
        return self.getters[name](row)

    def below(self, row: msgspec.Struct, name: str) -> Sequence[msgspec.Struct]:
        """The rows of a nested member."""
        found = self._linked_or_rows[name](row)
        if found is None:
            return _NO_ROWS
        return found if name in self._layout.details else (found,)

    def inner(self, name: str) -> FastDecoder:
        return self._inner[name]


def _array(parts: Iterator[bytes | msgspec.Raw]) -> bytes:
    return b"[" + b",".join(parts) + b"]"


def _template(names: Sequence[str]) -> list[bytes | msgspec.Raw]:
    """`{"id":` _ `,"note":` _ ... `}` with a place for each value."""
    parts: list[bytes | msgspec.Raw] = []
    for name in names:
        parts += [(b"," if parts else b"{") + msgspec.json.encode(name) + b":", NULL]
    return [*parts, b"}"]
