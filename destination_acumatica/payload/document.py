"""A record of a stream as a document of an entity: members by their names there, key, payload.

columns --mapping--> tree (see `record_mapper`) --lookups fill it--> tree --wrapped (see `payload_builder`)--> payload
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from acumatica_client.errors import FieldError
from acumatica_client.schema.model import EndpointSchema
from destination_acumatica.config.modes import Mode
from destination_acumatica.fields.comparison import names_a_record, same_key
from destination_acumatica.fields.field_paths import holds_attributes
from destination_acumatica.fields.field_values import WrongForm, field_json, literal
from destination_acumatica.fields.json_values import NULL, decoded, key_text, kind_of, value_at, whole_number_text
from destination_acumatica.payload.payload import Payload, UnmappableRecord
from destination_acumatica.payload.payload_builder import PayloadBuilder
from destination_acumatica.payload.platform_changes import change_cautions, change_errors
from destination_acumatica.payload.record_mapper import NO_CHANGES, RecordMapper, form_error
from destination_acumatica.payload.record_tree import Node, Tree
from destination_acumatica.plan.field_mapping import DELETED_AT
from destination_acumatica.plan.lookups import LookupFailed, PendingLookup
from destination_acumatica.plan.write_plan import WritePlan

_PERSONAL = re.compile(r"(mail|phone|fax|name|address|attention|contact)\d*$", re.I)  # the last part of a path
_OTHER_KEY = "is {part}, but the record that is found by {by} is {key}"
_NO_REFERENCE = "is empty, and without its reference the record could be inserted twice"
_UNPROTECTED = "without {reference}, which would find them again: after an interrupted sync they can be inserted twice"
_TOO_DEEP = FieldError("", "the record is nested too deeply")


@dataclass(frozen=True)
class Document:
    """A record by the entity's names.

    `key` in URL order, a part None where the record has no value for it; `found_by` likewise, the values of the fields
    that the plan matches by. `dropped` are columns that neither the catalog nor the entity has; `truncated` are places
    whose values the platform cut off, `cautions` what a person should know of such records; `deleted` marks a deletion
    in the source; `errors` say why it can be no document at all. `columns` are those of the input.
    """

    tree: Tree
    key: tuple[str | None, ...]
    found_by: tuple[str | None, ...] = ()
    dropped: tuple[str, ...] = ()
    truncated: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    deleted: bool = False
    errors: tuple[FieldError, ...] = ()
    id: str = field(default="", compare=False)
    columns: Mapping[str, msgspec.Raw] = field(default_factory=dict, compare=False)

    @property
    def keyed(self) -> bool:
        """Whether the record says by itself which record of the ERP it is."""
        return bool(self.key) and None not in self.key

    @property
    def matchable(self) -> bool:
        """Whether it has a value in every field that it is found by."""
        return bool(self.found_by) and None not in self.found_by

    def full_key(self) -> tuple[str, ...]:
        return tuple(part for part in self.key if part is not None)


class Mapper:
    """Maps the records of one plan to documents, and documents to payloads."""

    def __init__(self, plan: WritePlan, schema: EndpointSchema) -> None:
        self._plan = plan
        self._record_mapper = RecordMapper(plan.mapping, schema.shapes, plan.custom_type, plan.resolve_custom)
        self._builder = PayloadBuilder(plan.entity.shape, schema.shapes, plan.nulls)

    def document(self, columns: Mapping[str, msgspec.Raw], changes: Mapping[str, str] = NO_CHANGES) -> Document:
        """The record by the entity's names, without Airbyte's columns and without what has no place. `changes` are
        those of the platform (`meta.changes`): the path of a column -> NULLED or TRUNCATED."""
        deleted = columns.get(DELETED_AT, NULL) != NULL
        nothing = Document({}, (None,) * len(self._plan.entity.keys), deleted=deleted, columns=columns)
        try:
            mapped = self._record_mapper.map(columns, changes)
        except RecursionError:
            return replace(nothing, errors=(_TOO_DEEP,))
        document = self._with_key(
            replace(
                nothing,
                tree=mapped.tree,
                dropped=tuple(mapped.dropped),
                truncated=tuple(mapped.truncated),
                errors=(
                    *change_errors(self._plan, mapped, changes),
                    *(() if deleted else mapped.errors),
                ),
            )
        )
        return replace(document, cautions=(*self._cautions(document), *change_cautions(mapped)))

    def lane(self, document: Document) -> Hashable | None:
        """Equal for documents that are the same record of the ERP; None for those without a key.

        Acumatica ignores case and blanks at the end of a key, so `abc` and `ABC ` share a lane. Where a lookup gives
        the key, it is not known yet: then all records of the entity share one lane.
        """
        plan = self._plan
        if plan.key_is_looked_up:
            return (plan.entity.name,)
        if document.matchable:
            return (plan.entity.name, plan.found_by, *(_folded(part or "") for part in document.found_by))
        if not document.keyed:
            return None
        return (plan.entity.name, *(_folded(part) for part in document.full_key()))

    def name_of(self, document: Document) -> str:
        """What a record is recognised by: its key, else the values that it is found by or its reference, else the
        primary key of its stream. Never by what names a person, since messages go to the log. Empty where nothing is
        left."""
        plan = self._plan
        names = (plan.entity.keys, plan.found_by, (plan.reference,) if plan.reference else ())
        values = (document.key, document.found_by, tuple(map(_key_text, _parts(document.tree, names[2]))))
        for fields, parts in zip(names, values, strict=True):
            if parts and None not in parts and not any(map(_is_personal, fields, parts)):
                return _named(fields, parts)
        found = {column: value_at(document.columns, column) for column in plan.primary_key}
        texts = {column: key_text(raw) for column, raw in found.items() if raw is not None and kind_of(raw) not in "{["}
        shown = {column: text for column, text in texts.items() if not _is_personal(column, text)}
        return _named(tuple(shown), tuple(shown.values())) or _named(plan.entity.keys, document.key)

    def missing_key(self, document: Document) -> tuple[FieldError, ...]:
        """One error for each field that the record is found by and leaves empty."""
        by_fields = bool(self._plan.match)
        names = self._plan.match if by_fields else self._plan.entity.keys
        values = document.found_by if by_fields else document.key
        empty = [name for name, part in zip(names, values, strict=True) if part is None]
        return tuple(FieldError(name, "is empty, and the record is found by it") for name in empty)

    def _cautions(self, document: Document) -> Iterator[str]:
        plan = self._plan
        pending = any(isinstance(node, PendingLookup) for node in _parts(document.tree, plan.found_by))
        if self._is_unprotected(document) and not plan.reference_chosen and not pending:
            yield _UNPROTECTED.format(reference=plan.reference)

    def _is_unprotected(self, document: Document) -> bool:
        """Whether it would be inserted without anything that finds it again."""
        plan = self._plan
        inserted = plan.mode is Mode.INSERT and not plan.match and not document.deleted
        return inserted and bool(plan.reference) and not document.matchable and not document.keyed

    def fill(self, document: Document, answer: Callable[[PendingLookup], msgspec.Raw]) -> Document:
        """The document with every looked-up value in its place. Raises UnmappableRecord, and what `answer` raises."""
        errors: list[FieldError] = []
        tree = {name: _filled(node, name, answer, errors) for name, node in document.tree.items()}
        if errors:
            raise UnmappableRecord(*errors)
        filled = self._with_key(replace(document, tree=tree))
        if self._plan.reference_chosen and self._is_unprotected(filled):
            raise UnmappableRecord(FieldError(self._plan.reference, _NO_REFERENCE))
        return filled

    def known_as(self, document: Document, key: Mapping[str, str], id: str) -> Document:
        """The document of a record that was found: by its key where it has one, else by its id. Raises
        UnmappableRecord where the document says another key."""
        if not key:
            return replace(document, id=id)
        own = dict(zip(self._plan.entity.keys, document.key, strict=True))
        by = " and ".join(self._plan.found_by)
        others = [(name, part) for name, part in own.items() if part is not None and not same_key(part, key[name])]
        if others:
            raise UnmappableRecord(
                *(FieldError(name, _OTHER_KEY.format(part=part, by=by, key=key[name])) for name, part in others)
            )
        fields = self._plan.entity.shape.fields
        parts: Tree = {name: literal(part, fields.get(name)) for name, part in key.items()}
        return self._with_key(replace(document, tree={**document.tree, **parts}, id=id))

    def reduced(self, document: Document, tree: Tree) -> Document:
        """The same record with nothing to write but `tree`."""
        keys = {name: document.tree[name] for name in self._plan.entity.keys if name in document.tree}
        return replace(document, tree={**keys, **tree})

    def lines(self, document: Document) -> dict[str, object]:
        """The nested members of a document with rows which Acumatica would append: member -> its value."""
        shape, shapes = self._plan.entity.shape, self._plan.shapes
        nested = {name: kind for name, kind in {**shape.linked, **shape.details}.items() if name in document.tree}
        by_themselves = {name for name, kind in nested.items() if holds_attributes(shapes[kind])}
        values = {name: plain(document.tree[name]) for name in nested if name not in by_themselves}
        return {name: value for name, value in values.items() if _holds_rows(value)}

    def payload(self, document: Document, *, with_ids: bool = False) -> Payload:
        """What a PUT takes. Ids belong to the place a record came from, so those of rows go along only `with_ids`: some
        may be those of the record. Raises UnmappableRecord."""
        empty = {name for name, part in zip(self._plan.entity.keys, document.key, strict=True) if part is None}
        payload = self._builder.build(
            {name: node for name, node in document.tree.items() if name not in empty}, with_ids=with_ids
        )
        return Payload({"id": document.id, **payload}) if document.id and not document.keyed else payload

    def _with_key(self, document: Document) -> Document:
        found_by = tuple(map(_key_text, _parts(document.tree, self._plan.found_by)))
        return replace(
            document, key=tuple(map(_key_text, _parts(document.tree, self._plan.entity.keys))), found_by=found_by
        )


def plain(node: Node) -> object:
    """A part of the tree as Python objects with exact numbers."""
    if isinstance(node, dict):
        return {name: plain(inner) for name, inner in node.items()}
    if isinstance(node, list):
        return [plain(row) for row in node]
    return decoded(node) if isinstance(node, msgspec.Raw) else None


def _is_personal(field: str, text: str | None) -> bool:
    """Whether a value may name a person or say how to reach one."""
    return "@" in (text or "") or _PERSONAL.search(field) is not None


def _named(fields: Sequence[str], parts: Sequence[str | None]) -> str:
    return ", ".join(f"{name} {part}" for name, part in zip(fields, parts, strict=True) if part)


def _parts(tree: Tree, paths: Sequence[str]) -> Iterator[Node | None]:
    for path in paths:
        node: Node | None = tree
        for step in path.split("/"):
            node = node.get(step) if isinstance(node, dict) else None
        yield node


def _key_text(node: Node | None) -> str | None:
    """A key's value as text; None where it is absent, null, blank, no scalar, or the placeholder of a new number."""
    if not isinstance(node, msgspec.Raw) or kind_of(node) in "{[":
        return None
    text = key_text(node)
    return text if names_a_record(text) else None


def _folded(part: str) -> str:
    """`1` and `1.0` are one whole number, too."""
    return whole_number_text(part.casefold())


def _holds_rows(value: object) -> bool:
    """Whether there is a row anywhere in a nested value."""
    if isinstance(value, Mapping):
        return any(_holds_rows(member) for name, member in value.items() if name != "custom")
    return isinstance(value, list) and bool(value)


def _filled(node: Node, path: str, answer: Callable[[PendingLookup], msgspec.Raw], errors: list[FieldError]) -> Node:
    if isinstance(node, dict):
        return {name: _filled(inner, f"{path}/{name}", answer, errors) for name, inner in node.items()}
    if isinstance(node, list):
        return [_filled(row, f"{path}[{at}]", answer, errors) for at, row in enumerate(node)]
    if not isinstance(node, PendingLookup):
        return node
    try:
        return field_json(answer(node), node.type, node.field)
    except LookupFailed as error:
        errors.append(error.at(path))
    except WrongForm as error:
        errors.append(form_error(path, error))
    return node
