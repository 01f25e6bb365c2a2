"""The columns of a record, put into the places of an entity.

    {"id": "C1", "mail": "a@b.c", "tags": {"COLOR": "red"}}
    {"CustomerID": "C1", "MainContact": {"Email": "a@b.c"}, "Attributes": [{"AttributeID": "COLOR", "Value": "red"}]}

Values stay JSON slices: no number ever passes through a float. Each takes the form of its field (see `field_values`),
or is an error of the record. A value that a lookup has still to give stands in its place as `PendingLookup`. An object
where a single value belongs stays as it is, so that `payload_builder` refuses it by its path.

What the platform could not carry (`meta.changes`, NULLED) is unknown: it stays out, as if the column had not come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from acumatica_client.errors import FieldError
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EntityShape, ValueType
from destination_acumatica.fields.field_paths import Place, PlaceKind, find_place, holds_attributes, is_read_only
from destination_acumatica.fields.field_values import WrongForm, field_json
from destination_acumatica.fields.json_values import (
    NULL,
    as_text,
    is_blank,
    kind_of,
    members_of,
    rows_of,
    scalar_text,
    value_at,
)
from destination_acumatica.payload.record_tree import Columns, Node, Tree, attribute, branch, merge
from destination_acumatica.plan.field_mapping import CompiledRule, FieldMapping, RowMapping, is_airbytes
from destination_acumatica.plan.lookups import PendingLookup

# What answers carry and a PUT does not take.
NEVER_SENT = frozenset({"rowNumber", "files", "error", "_links", "_workflowActions"})
_PLACES = 10_000
NULLED, TRUNCATED = "NULLED", "TRUNCATED"
NO_CHANGES: Mapping[str, str] = {}


@dataclass
class MappedRecord:
    """`dropped` are the record's own columns that have no place; `unknown` and `truncated` the places whose values the
    platform nulled or cut, `errors` those whose values have not the form of the field."""

    tree: Tree = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    truncated: list[str] = field(default_factory=list)


class RecordMapper:
    """Maps the records of one mapping. `custom_type` gives the type of a custom field by its path, empty if unknown."""

    def __init__(
        self,
        mapping: FieldMapping,
        shapes: Mapping[str, EntityShape],
        custom_type: Callable[[str], str] = lambda path: "",
        resolve: Callable[[str, Place], Place] = lambda above, place: place,
    ) -> None:
        """`resolve` corrects the view of a custom field that was read from the name of a column."""
        self._mapping, self._shapes, self._custom_type, self._resolve = mapping, shapes, custom_type, resolve
        self._plain = {name: FieldMapping(shape, drops_unknown=mapping.drops_unknown) for name, shape in shapes.items()}
        self._places: dict[tuple[str, str, str], Place | str] = {}

    def map(self, columns: Columns, changes: Mapping[str, str] = NO_CHANGES) -> MappedRecord:
        """`changes`: the path of a column -> NULLED or TRUNCATED. Raises RecursionError for a record that is nested too
        deeply."""
        mapped = MappedRecord()
        level = _Level(mapped, columns, columns, changes)
        self._fill(mapped.tree, columns, self._mapping, level)
        return mapped

    def _fill(self, tree: Tree, columns: Columns, mapping: FieldMapping, level: _Level) -> None:
        taken = mapping.taken
        for column, raw in columns.items():
            if is_airbytes(column) or column in mapping.used:
                continue
            place = self._place(column, mapping.shape, level)
            if isinstance(place, str) or place.through or str(place) in taken:
                self._put_unknown(tree, column, raw, mapping, level)
            elif not is_read_only(column, mapping.shape) and not level.is_nulled(column, place):
                self._put(tree, place, self._nested(raw, place, level, column), level, column)
        for column in level.nulled_and_absent():
            place = self._place(column, mapping.shape, level)
            if isinstance(place, Place):
                level.is_nulled(column, place)
        for rule in mapping.rules:
            self._apply(tree, rule, level.whole_record() if rule.outer else level)
        for detail, rows in mapping.rows.items():
            self._rows(tree, detail, rows, level)

    def _put_unknown(self, tree: Tree, column: str, raw: msgspec.Raw, mapping: FieldMapping, level: _Level) -> None:
        """A column without a place. One of a nested value is refused by `payload_builder`."""
        if not level.place:
            level.mapped.dropped.append(column)
        elif not mapping.drops_unknown:
            tree[column] = raw

    def _apply(self, tree: Tree, rule: CompiledRule, level: _Level) -> None:
        if rule.source and level.is_nulled(rule.source, rule.place):
            return  # not even a default is known to be right
        raw = value_at(level.columns, rule.source) if rule.source else rule.constant
        if is_blank(raw) and rule.default is not None:
            self._put(tree, rule.place, rule.default, level, rule.source)
        elif raw is not None and rule.lookup is not None and not is_blank(raw):
            pending = PendingLookup(rule.lookup, raw, rule.place.type, rule.place.steps[-1] if rule.place.steps else "")
            self._put(tree, rule.place, pending, level, rule.source)
        elif raw is not None:
            self._put(tree, rule.place, self._nested(raw, rule.place, level, rule.source), level, rule.source)

    def _rows(self, tree: Tree, detail: str, rows: RowMapping, level: _Level) -> None:
        place = Place(PlaceKind.ROWS, (detail,))
        if not rows.source:
            row: Tree = {}
            self._fill(row, {}, rows.mapping, level.below("", place).row(0))
            tree[detail] = [row]
            return
        raw = value_at(level.columns, rows.source)
        if level.is_nulled(rows.source, place):
            return
        if raw is None or kind_of(raw) != "[":
            tree.update({} if raw is None else {detail: raw})
            return
        below = level.below(rows.source, place)
        tree[detail] = [self._row(one, rows.mapping, below.row(at)) for at, one in enumerate(rows_of(raw))]

    def _row(self, raw: msgspec.Raw, mapping: FieldMapping, level: _Level) -> Node:
        if kind_of(raw) != "{":
            return raw
        row: Tree = {}
        columns = members_of(raw)
        self._fill(row, columns, mapping, level.with_columns(columns))
        return row

    def _nested(self, raw: msgspec.Raw, place: Place, level: _Level, column: str) -> Node:
        """A value with whatever is inside it mapped as well."""
        if place.kind is PlaceKind.FIELD:
            return raw
        kind = kind_of(raw)
        if place.kind is PlaceKind.LINKED and kind == "{":
            return self._row(raw, self._plain[place.shape], level.below(column, place))
        if place.kind is PlaceKind.ROWS and kind == "[":
            shape, below = self._plain[place.shape], level.below(column, place)
            return [self._row(one, shape, below.row(at)) for at, one in enumerate(rows_of(raw))]
        if place.kind is PlaceKind.ROWS and kind == "{" and holds_attributes(self._shapes[place.shape]):
            return [attribute(name, value) for name, value in members_of(raw).items() if value != NULL]
        if place.kind is PlaceKind.SYSTEM and place.steps[-1] == "custom" and kind == "{":
            views = {view: members_of(fields) for view, fields in members_of(raw).items() if kind_of(fields) == "{"}
            return {
                view: {
                    name: _custom_field(f"{level.place}{view}.{name}", one, level, column)
                    for name, one in fields.items()
                }
                for view, fields in views.items()
            }
        return raw

    def _put(self, tree: Tree, place: Place, node: Node, level: _Level, column: str) -> None:
        if place.kind is PlaceKind.SYSTEM and place.steps[-1] in NEVER_SENT:
            return
        node = self._formed(place, node, level, column)
        if place.kind is PlaceKind.ATTRIBUTE:
            self._put_attribute(branch(tree, place.steps[:-1]), place, node)
        elif place.kind is PlaceKind.CUSTOM:
            view, _, name = place.name.partition(".")
            kind = self._custom_type(level.path(place))
            typed: Tree = {"type": as_text(kind)} if kind else {}
            branch(tree, (*place.steps, "custom", view))[name] = {**typed, "value": node}
        else:
            merge(branch(tree, place.steps[:-1]), place.steps[-1], node)

    def _formed(self, place: Place, node: Node, level: _Level, column: str) -> Node:
        """The value as its field takes it; where it has another form, an error of the record."""
        if not isinstance(node, msgspec.Raw):
            return node
        kind = place.type
        if place.kind is PlaceKind.CUSTOM:
            kind = _custom_kind(self._custom_type(level.path(place)))
        elif place.kind is PlaceKind.SYSTEM and place.steps[-1] == "note":
            kind = ValueType.STRING
        return _formed(f"{level.place}{place}", node, kind, place.name or place.steps[-1], level, column)

    def _put_attribute(self, tree: Tree, place: Place, node: Node) -> None:
        rows = tree.setdefault(place.steps[-1], [])
        if isinstance(rows, list) and node != NULL:
            own = attribute(place.name, node)
            rows[:] = [
                row for row in rows if not (isinstance(row, dict) and row.get("AttributeID") == own["AttributeID"])
            ]
            rows.append(own)

    def _place(self, column: str, shape: EntityShape, level: _Level) -> Place | str:
        above = level.above
        known = self._places.get((above, shape.name, column))
        if known is None:
            if len(self._places) > _PLACES:  # a source may invent columns without end
                self._places.clear()
            known = find_place(column, shape, self._shapes)
            if isinstance(known, Place) and known.kind is PlaceKind.CUSTOM:
                known = self._resolve(above, known)
            self._places[above, shape.name, column] = known
        return known


class _Level:
    """Where the mapper is in a record: the `record` whole, the `columns` of this level with the path before them in the
    `source`, and the `place` before its members in the entity, such as `Details[0]/`; `above` is the same for every
    row: `Details/`."""

    __slots__ = ("above", "changes", "columns", "mapped", "place", "record", "source")

    def __init__(
        self,
        mapped: MappedRecord,
        record: Columns,
        columns: Columns,
        changes: Mapping[str, str],
        source: str = "",
        place: str = "",
        above: str = "",
    ) -> None:
        self.mapped, self.record, self.columns, self.changes = mapped, record, columns, changes
        self.source, self.place, self.above = source, place, above

    def below(self, column: str, place: Place) -> _Level:
        """The level inside the value of a column."""
        step = f"{place}/"
        source, inner, above = f"{self.source}{column}.", self.place + step, self.above + step
        return _Level(self.mapped, self.record, {}, self.changes, source, inner, above)

    def row(self, at: int) -> _Level:
        """The row of an array, from the level inside the array."""
        source, place = f"{self.source}{at}.", f"{self.place[:-1]}[{at}]/"
        return _Level(self.mapped, self.record, {}, self.changes, source, place, self.above)

    def with_columns(self, columns: Columns) -> _Level:
        return _Level(self.mapped, self.record, columns, self.changes, self.source, self.place, self.above)

    def whole_record(self) -> _Level:
        """The record around, for the places of this level."""
        return _Level(self.mapped, self.record, self.record, self.changes, "", self.place, self.above)

    def path(self, place: Place) -> str:
        """The path of a member, whatever the row: `Details/Transactions.UsrColor`."""
        return f"{self.above}{place}"

    def is_nulled(self, column: str, place: Place) -> bool:
        """Whether the platform could not carry the value, or what is around it. Notes what it nulled or cut."""
        change = _change(self.changes, self.source + column) if self.changes else ""
        if change == NULLED:
            self.mapped.unknown.append(f"{self.place}{place}")
        elif change == TRUNCATED:
            self.mapped.truncated.append(f"{self.place}{place}")
        return change == NULLED

    def nulled_and_absent(self) -> list[str]:
        """Columns of the record that the platform left out instead of nulling them."""
        if not self.changes or self.place:
            return []
        return [path for path, change in self.changes.items() if change == NULLED and path not in self.columns]


def _formed(path: str, raw: msgspec.Raw, kind: ValueType | None, name: str, level: _Level, column: str) -> msgspec.Raw:
    try:
        return field_json(raw, kind, name)
    except WrongForm as error:
        level.mapped.errors.append(form_error(path, error, column))
        return raw


def _custom_field(path: str, raw: msgspec.Raw, level: _Level, column: str) -> Node:
    """A custom field of a whole `custom`, which carries its type: {"type": "CustomDecimalField", "value": 1.5}."""
    members = members_of(raw) if kind_of(raw) == "{" else {}
    if "type" not in members or "value" not in members or kind_of(members["type"]) != '"':
        return raw
    kind = _custom_kind(scalar_text(members["type"]))
    return {**members, "value": _formed(path, members["value"], kind, path.rpartition(".")[2], level, column)}


def _custom_kind(named: str) -> ValueType | None:
    """The type of a custom field, None where it is not known."""
    return CustomField("", "", named).value_type if named else None


def form_error(path: str, error: WrongForm, column: str = "") -> FieldError:
    """The error of a value that its field cannot take, without the value: messages go to logs."""
    source = f", and the column {column} has something else" if column else ", and this value is something else"
    return FieldError(path, f"takes {error.form}{source}")


def _change(changes: Mapping[str, str], path: str) -> str:
    """What the platform did to the value at a path of the source. UNVERIFIED how it names values inside others: with
    and without the numbers of rows are both understood."""
    steps = path.split(".")
    for names in (steps, [step for step in steps if not step.isdigit()]):
        for end in range(len(names), 0, -1):
            change = changes.get(".".join(names[:end]))
            if change and (end == len(names) or change == NULLED):
                return change
    return ""
