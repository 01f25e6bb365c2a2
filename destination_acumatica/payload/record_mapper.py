"""The columns of a record, put into the places of an entity.

    {"id": "C1", "mail": "a@b.c", "tags": {"COLOR": "red"}}
    {"CustomerID": "C1", "MainContact": {"Email": "a@b.c"}, "Attributes": [{"AttributeID": "COLOR", "Value": "red"}]}

Values stay slices of the input line: no number ever passes through a float. A value that a lookup has still to give
stands in its place as `PendingLookup`. What is of the wrong kind stays as it is, so that `payload_builder` refuses it
by its path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, Union

import msgspec

from acumatica_client.schema.model import EntityShape
from destination_acumatica.fields.field_paths import Place, PlaceKind, find_place, holds_attributes, is_read_only
from destination_acumatica.fields.field_values import as_text
from destination_acumatica.fields.json_values import (
    NULL,
    is_blank,
    kind_of,
    members_of,
    rows_of,
    scalar_text,
    value_at,
)
from destination_acumatica.plan.field_mapping import CompiledRule, FieldMapping, RowMapping, is_airbytes
from destination_acumatica.plan.lookups import PendingLookup

Node: TypeAlias = Union[msgspec.Raw, PendingLookup, "Tree", "list[Node]"]
Tree: TypeAlias = dict[str, Node]
Columns = Mapping[str, msgspec.Raw]

# What answers carry and a PUT does not take.
NEVER_SENT = frozenset({"rowNumber", "files", "error", "_links", "_workflowActions"})
_PLACES = 10_000
_FLAGS = {b"true": "1", b"false": "0"}  # how an attribute keeps a check mark (guide, attributes)


@dataclass
class MappedRecord:
    """`dropped` are the record's own columns that have no place."""

    tree: Tree = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)


class RecordMapper:
    """Maps the records of one mapping. `custom_types` gives the type of a custom field by its path, empty if
    unknown."""

    def __init__(
        self,
        mapping: FieldMapping,
        shapes: Mapping[str, EntityShape],
        custom_types: Callable[[str], str] = lambda path: "",
    ) -> None:
        self._mapping, self._shapes, self._custom_type = mapping, shapes, custom_types
        self._plain = {name: FieldMapping(shape, drops_unknown=mapping.drops_unknown) for name, shape in shapes.items()}
        self._places: dict[tuple[str, str], Place | str] = {}

    def map(self, columns: Columns) -> MappedRecord:
        """Raises RecursionError for a record that is nested too deeply."""
        mapped = MappedRecord()
        self._fill(mapped.tree, columns, self._mapping, columns, mapped.dropped)
        return mapped

    def _fill(
        self, tree: Tree, columns: Columns, mapping: FieldMapping, record: Columns, dropped: list[str] | None
    ) -> None:
        """`dropped` None: these are columns of a nested value, whose unknown members `payload_builder` refuses."""
        taken = mapping.taken
        for column, raw in columns.items():
            if is_airbytes(column) or column in mapping.used:
                continue
            place = self._place(column, mapping.shape)
            if isinstance(place, str) or place.through or str(place) in taken:
                self._put_unknown(tree, column, raw, mapping, dropped)
            elif not is_read_only(column, mapping.shape):
                self._put(tree, place, self._nested(raw, place))
        for rule in mapping.rules:
            self._apply(tree, rule, record if rule.outer else columns)
        for detail, rows in mapping.rows.items():
            self._rows(tree, detail, rows, columns, record)

    def _put_unknown(
        self, tree: Tree, column: str, raw: msgspec.Raw, mapping: FieldMapping, dropped: list[str] | None
    ) -> None:
        if dropped is not None:
            dropped.append(column)
        elif not mapping.drops_unknown:
            tree[column] = raw

    def _apply(self, tree: Tree, rule: CompiledRule, columns: Columns) -> None:
        raw = value_at(columns, rule.source) if rule.source else rule.constant
        if is_blank(raw) and rule.default is not None:
            self._put(tree, rule.place, rule.default)
        elif raw is not None and rule.lookup is not None and not is_blank(raw):
            self._put(tree, rule.place, PendingLookup(rule.lookup, raw))
        elif raw is not None:
            self._put(tree, rule.place, self._nested(raw, rule.place))

    def _rows(self, tree: Tree, detail: str, rows: RowMapping, columns: Columns, record: Columns) -> None:
        if not rows.source:
            row: Tree = {}
            self._fill(row, {}, rows.mapping, record, None)
            tree[detail] = [row]
            return
        raw = value_at(columns, rows.source)
        if raw is None or kind_of(raw) != "[":
            tree.update({} if raw is None else {detail: raw})
            return
        tree[detail] = [self._row(one, rows.mapping, record) for one in rows_of(raw)]

    def _row(self, raw: msgspec.Raw, mapping: FieldMapping, record: Columns) -> Node:
        if kind_of(raw) != "{":
            return raw
        row: Tree = {}
        self._fill(row, members_of(raw), mapping, record, None)
        return row

    def _nested(self, raw: msgspec.Raw, place: Place) -> Node:
        """A value with whatever is inside it mapped as well."""
        kind = kind_of(raw)
        if place.kind is PlaceKind.LINKED and kind == "{":
            return self._row(raw, self._plain[place.shape], {})
        if place.kind is PlaceKind.ROWS and kind == "[":
            return [self._row(one, self._plain[place.shape], {}) for one in rows_of(raw)]
        if place.kind is PlaceKind.ROWS and kind == "{" and holds_attributes(self._shapes[place.shape]):
            return [_attribute(name, value) for name, value in members_of(raw).items() if value != NULL]
        if place.kind is PlaceKind.SYSTEM and place.steps[-1] == "custom" and kind == "{":
            views = {view: members_of(fields) for view, fields in members_of(raw).items() if kind_of(fields) == "{"}
            return {view: dict(fields) for view, fields in views.items()}
        return raw

    def _put(self, tree: Tree, place: Place, node: Node) -> None:
        if place.kind is PlaceKind.SYSTEM and place.steps[-1] in NEVER_SENT:
            return
        if place.kind is PlaceKind.ATTRIBUTE:
            self._put_attribute(_branch(tree, place.steps[:-1]), place, node)
        elif place.kind is PlaceKind.CUSTOM:
            view, _, name = place.name.partition(".")
            kind = self._custom_type("/".join((*place.steps, place.name)))
            typed: Tree = {"type": as_text(kind)} if kind else {}
            _branch(tree, (*place.steps, "custom", view))[name] = {**typed, "value": node}
        else:
            _merge(_branch(tree, place.steps[:-1]), place.steps[-1], node)

    def _put_attribute(self, tree: Tree, place: Place, node: Node) -> None:
        rows = tree.setdefault(place.steps[-1], [])
        if isinstance(rows, list) and node != NULL:
            own = _attribute(place.name, node)
            rows[:] = [
                row for row in rows if not (isinstance(row, dict) and row.get("AttributeID") == own["AttributeID"])
            ]
            rows.append(own)

    def _place(self, column: str, shape: EntityShape) -> Place | str:
        known = self._places.get((shape.name, column))
        if known is None:
            if len(self._places) > _PLACES:  # a source may invent columns without end
                self._places.clear()
            known = self._places[shape.name, column] = find_place(column, shape, self._shapes)
        return known


def _branch(tree: Tree, steps: tuple[str, ...]) -> Tree:
    """The part of the tree at the end of these steps, made where there is none."""
    for step in steps:
        inner = tree.get(step)
        if not isinstance(inner, dict):
            inner = tree[step] = {}
        tree = inner
    return tree


def _merge(tree: Tree, name: str, node: Node) -> None:
    """Two columns may fill one linked entity: an object of it, and a path into it."""
    known = tree.get(name)
    if isinstance(known, dict) and isinstance(node, dict):
        for inner, value in node.items():
            _merge(known, inner, value)
    else:
        tree[name] = node


def _attribute(name: str, node: Node) -> Tree:
    return {"AttributeID": as_text(name), "Value": _attribute_value(node)}


def _attribute_value(node: Node) -> Node:
    """Acumatica keeps every attribute as text: 0 and 1 for a check mark, ids with commas for several choices."""
    if not isinstance(node, msgspec.Raw) or kind_of(node) in '"{':
        return node
    if kind_of(node) == "[":
        return as_text(",".join(scalar_text(one) for one in rows_of(node)))
    return as_text(_FLAGS.get(bytes(node), bytes(node).decode()))
