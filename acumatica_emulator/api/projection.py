"""Render a row as JSON for one request: which members, in which order, in which form.

Member order of every recorded answer: id, rowNumber, note, fields without regard to case (linked parts and details
among them), custom, _links, files. A null is `{}`, a part that is not expanded is absent, an expanded empty detail is
`[]`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from acumatica_emulator.api.forms import Form, form_of, has_note
from acumatica_emulator.api.options import Wanted
from acumatica_emulator.catalog import Contract, EntityType, UnknownMember
from acumatica_emulator.records.choices import id_of
from acumatica_emulator.records.rows import Attachment, Row, getter
from acumatica_emulator.records.values import CUSTOM_TYPES, Scalar, Zones, quoted, write

Writer = Callable[[Row], str]
MULTILINGUAL = frozenset({"Description"})  # UNVERIFIED: the guide's sample shows this one only
MOST_RENDERED = 4  # kept per row, so that a client that varies $select does not fill the memory


@dataclass(frozen=True)
class Frame:
    """What the form of an answer depends on besides the record."""

    contract: Contract
    zones: Zones = field(default_factory=Zones)
    site: str = "/AcumaticaERP"
    links: bool = True
    comments: bool = True
    languages: tuple[str, ...] = ("en",)
    absent: Mapping[str, Sequence[str]] = field(default_factory=dict)
    null_notes: Sequence[str] = ()
    null_parts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    null_fields: Sequence[str] = ()

    @property
    def root(self) -> str:
        return f"{self.site}/entity/{self.contract.endpoint}/{self.contract.version}"


class Projection:
    """One entity as one request selects it. Compiled once, then used for many rows."""

    def __init__(
        self,
        frame: Frame,
        entity: EntityType,
        wanted: Wanted,
        customs: Mapping[tuple[str, str], str] | None = None,
        *,
        form: Form | None = None,
        view: str = "",
    ) -> None:
        self.frame, self.entity, self.wanted = frame, entity, wanted
        self.form = form or form_of(entity)
        self.view = view or self.form.view
        self.customs = customs or {}
        self._refuse_unknown()
        self._top = entity.kind == "top" and form is None
        self._members = self._writers()

    def render(self, row: Row, number: int) -> str:
        before, after = self._parts(row)
        return f"{before}{number}{after}"

    def page(self, rows: Iterable[Row], first: int = 1) -> bytes:
        """The JSON array of a list, with row numbers from `first` on."""
        return f"[{','.join(self.render(row, number) for number, row in enumerate(rows, first))}]".encode()

    def _parts(self, row: Row) -> tuple[str, str]:
        """The JSON around the row number, which is the only thing that differs from one answer to the next."""
        kept = row.rendered.get(self)
        if kept is None:
            kept = f'{{"id":"{row.id}","rowNumber":', f',"note":{self._note(row)}{self._body(row)}}}'
            if len(row.rendered) >= MOST_RENDERED:
                row.rendered.clear()
            row.rendered[self] = kept
        return kept

    def _note(self, row: Row) -> str:
        shown = has_note(self.entity, self._top) and (row.note or self.entity.name not in self.frame.null_notes)
        return f'{{"value":{quoted(row.note)}}}' if shown else "null"

    def _body(self, row: Row) -> str:
        text = "".join([writer(row) for writer in self._members])
        text += f',"custom":{self._custom(row)}'
        if self.frame.links and has_note(self.entity, self._top):
            text += f',"_links":{json.dumps(self.links(row), separators=(",", ":"))}'
        if self.wanted.shows_files:
            text += f',"files":[{",".join(self._file(row, file) for file in row.files)}]'
        return text

    def _refuse_unknown(self) -> None:
        for name in [*(self.wanted.select or ()), *self.wanted.expand]:
            if not self.entity.has(name):
                raise UnknownMember(name)
        for name in self.wanted.expand:
            if name in self.entity.fields:
                raise UnknownMember(name)
        for name in self.wanted.custom:
            if name not in self.customs:
                raise UnknownMember(".".join(name))

    def _writers(self) -> list[Writer]:
        entity, wanted = self.entity, self.wanted
        members: dict[str, Writer] = {name: self._scalar(name) for name in entity.fields if wanted.chosen(name)}
        for name in wanted.expand:
            if wanted.chosen(name):
                members[name] = self._part(name) if name in entity.linked else self._lines(name)
        absent = self.frame.absent.get(entity.name, ())
        return [members[name] for name in sorted(members, key=str.upper) if name not in absent]

    def _scalar(self, name: str) -> Writer:
        kind, zones = self.entity.fields[name], self.frame.zones
        read = getter(self.entity, name, zones)
        head, null = f',"{name}":{{"value":', f',"{name}":{{}}'
        if self._top and name in self.frame.null_fields:
            return lambda row: null
        if self.wanted.translations and name in MULTILINGUAL and kind == "str":
            return lambda row: null if (value := read(row)) is None else f"{head}{self._translated_text(str(value))}}}"
        if kind in ("pick", "pickint"):
            return lambda row: null if (value := read(row)) is None else f"{head}{_choice(kind, value)}}}"
        return lambda row: null if (value := read(row)) is None else f"{head}{write(kind, value, zones)}}}"

    def _translated_text(self, text: str) -> str:
        """The value and the same text in every language of the tenant, because nothing is translated here."""
        texts = ",".join(f'"{language}":{quoted(text)}' for language in self.frame.languages)
        return f'{quoted(text)},"translations":{{{texts}}}'

    def _child(self, name: str, kind: str) -> Projection:
        wanted = self.wanted.expand[name]
        chosen = (self.wanted.select or {}).get(name)
        if chosen is not None and chosen.select is not None:
            wanted = replace(wanted, select=chosen.select, files_chosen=chosen.files_chosen)
        view = self.form.views.get(name, name)
        types = self.frame.contract.types
        return Projection(self.frame, types[kind], wanted, self.customs, form=self.form, view=view)

    def _part(self, name: str) -> Writer:
        child = self._child(name, self.entity.linked[name])
        if name in self.frame.null_parts.get(self.entity.name, ()):
            full, null = f',"{name}":', f',"{name}":null'
            return lambda row: full + child.render(row.linked[name], 1) if name in row.linked else null
        return lambda row: f',"{name}":{child.render(row.link(name), 1)}'

    def _lines(self, name: str) -> Writer:
        child = self._child(name, self.entity.details[name])

        def write_lines(row: Row) -> str:
            lines = row.details.get(name, ())
            return f',"{name}":[{",".join(child.render(line, at) for at, line in enumerate(lines, 1))}]'

        return write_lines

    def _custom(self, row: Row) -> str:
        views: dict[str, dict[str, str]] = {}
        for view, name in sorted(self.wanted.custom):
            kind, value = row.custom.get((view, name)) or (self.customs[(view, name)], self._of_view(row, view, name))
            views.setdefault(view, {})[name] = _custom_field(kind, value, self.frame.zones)
        inner = (
            f'"{view}":{{{",".join(f"{quoted(n)}:{j}" for n, j in names.items())}}}' for view, names in views.items()
        )
        return "{" + ",".join(inner) + "}"

    def _of_view(self, row: Row, view: str, name: str) -> Scalar:
        """The value of a field of the contract that is read as a field of its view."""
        own = view == self.view and name in self.entity.fields
        return getter(self.entity, name, self.frame.zones)(row) if own else None

    def links(self, row: Row) -> dict[str, str]:
        """Where the record is, and where its files go: paths with the site, without the host."""
        root = self.frame.root
        put = {"files:put": f"{root}/files/{self.form.graph}/{self.view}/{row.id}/{{filename}}"}
        return {"self": f"{root}/{self.entity.name}/{row.id}", **put} if self._top else put

    def _file(self, row: Row, file: Attachment) -> str:
        """The file name carries the form's title and the key, padded as the column is (Stock Items recorded so)."""
        keys = " ".join(str(row.values.get(key, "")) for key in self.entity.keys)
        name = f"{self.entity.title or self.entity.name} ({keys})\\{file.name}"
        text = f'{{"id":"{file.id}","filename":{quoted(name)},"href":{quoted(f"{self.frame.root}/files/{file.id}")}'
        if self.frame.comments and file.comment is not None:
            text += f',"comment":{quoted(file.comment)}'
        return text + "}"


def _choice(kind: str, value: Scalar) -> str:
    """A drop-down of contract 5."""
    label = str(value)
    chosen = quoted(id_of(label)) if kind == "pick" else label
    return f'{{"id":{chosen},"description":{quoted(label)}}}'


def _custom_field(kind: str, value: Scalar, zones: Zones) -> str:
    text = "null" if value is None else write(kind, value, zones)
    return f'{{"type":"{CUSTOM_TYPES[kind]}","value":{text}}}'
