"""The mapping of a stream, compiled once: which column, constant or lookup fills which place. Pure.

column without a rule      goes to the place of its own name
column of a rule           goes where the rule says, and nowhere else
rule through a detail      {"from": "line_items.sku", "to": "Details.InventoryID"} belongs to a mapping of its own,
                           that of the rows: they come out of the array `line_items`, or are one row of the
                           record's own columns where no array is named
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from acumatica_client.schema.model import EndpointSchema, EntityShape
from destination_acumatica.config.stream_settings import FieldSetting
from destination_acumatica.fields.field_paths import (
    CUSTOM_COLUMN,
    Place,
    PlaceKind,
    find_place,
    is_read_only,
    resolve_custom,
)
from destination_acumatica.fields.field_values import literal, wanted_form
from destination_acumatica.fields.type_check import inner_columns, mismatch
from destination_acumatica.plan.lookups import Lookup, lookup_of, lookup_problems

# Columns that Airbyte and its sources add for themselves; Acumatica has no place for them.
DELETED_AT = "_ab_cdc_deleted_at"  # in which sources of changes mark a deletion
_AIRBYTE_COLUMNS = ("_airbyte_", "_ab_")
Columns = Mapping[str, object]


@dataclass(frozen=True)
class CompiledRule:
    """What fills a place. `source` is the path of a column, empty for a constant; `outer`: of the record around."""

    place: Place
    source: str = ""
    outer: bool = False
    constant: msgspec.Raw | None = None
    default: msgspec.Raw | None = None
    lookup: Lookup | None = None


@dataclass(frozen=True)
class RowMapping:
    """Where the rows of a detail come from: the path of an array, or empty for one row of the record's own columns."""

    source: str
    mapping: FieldMapping


@dataclass(frozen=True)
class FieldMapping:
    """How the members of one shape are filled. `used` are columns that belong to rules, `taken` the rules' places.

    `drops_unknown`: what has no place by its name is left out without a word.
    """

    shape: EntityShape
    rules: tuple[CompiledRule, ...] = ()
    rows: Mapping[str, RowMapping] = field(default_factory=dict)
    used: frozenset[str] = frozenset()
    drops_unknown: bool = False

    @property
    def taken(self) -> frozenset[str]:
        return frozenset((*(str(rule.place) for rule in self.rules), *self.rows))

    def places(self) -> Iterator[Place]:
        """The places of all rules, those of rows with the detail before them."""
        yield from (rule.place for rule in self.rules)
        for detail, rows in self.rows.items():
            yield from (replace(place, steps=(detail, *place.steps)) for place in rows.mapping.places())

    def with_custom_fields(self, known: Collection[str], above: str = "") -> FieldMapping:
        """The same mapping with the places of custom fields as the form names them; see `resolve_custom`."""
        rules = tuple(
            replace(rule, place=resolve_custom(rule.place, known, above))
            if rule.place.kind is PlaceKind.CUSTOM
            else rule
            for rule in self.rules
        )
        rows = {
            detail: RowMapping(rows.source, rows.mapping.with_custom_fields(known, f"{above}{detail}/"))
            for detail, rows in self.rows.items()
        }
        return replace(self, rules=rules, rows=rows)

    def lookups(self) -> Iterator[Lookup]:
        yield from (rule.lookup for rule in self.rules if rule.lookup)
        for rows in self.rows.values():
            yield from rows.mapping.lookups()


@dataclass
class CompiledMapping:
    """A mapping and what is wrong with it: `misfits` of columns, and `problems` of the settings."""

    mapping: FieldMapping
    misfits: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def is_airbytes(column: str) -> bool:
    return column.startswith(_AIRBYTE_COLUMNS)


def compile_mapping(
    fields: Sequence[FieldSetting],
    columns: Columns,
    shape: EntityShape,
    schema: EndpointSchema,
    *,
    drops_unknown: bool = False,
    elsewhere: frozenset[str] = frozenset(),
) -> CompiledMapping:
    """`columns` are those of the catalog with their JSON schemas, empty where it does not say. Those `elsewhere` are
    needed for something else: they need no place, and go by their own name only to one that they have."""
    return _Compiler(columns, shape, schema, drops_unknown, columns, elsewhere).compile(
        [_PlacedSetting(one) for one in fields]
    )


@dataclass(frozen=True)
class _PlacedSetting:
    """A setting on its way down to the level that it belongs to. `outer`: its source is a column of the record."""

    setting: FieldSetting
    outer: bool = False


class _Compiler:
    """One level: the record, or the rows of a detail; `record` are the columns of the record itself."""

    def __init__(
        self,
        columns: Columns,
        shape: EntityShape,
        schema: EndpointSchema,
        drops: bool,
        record: Columns,
        elsewhere: frozenset[str] = frozenset(),
    ) -> None:
        self._columns, self._shape, self._schema, self._drops, self._record = columns, shape, schema, drops, record
        self._elsewhere = elsewhere
        self._compiled = CompiledMapping(FieldMapping(shape, drops_unknown=drops))
        self._below: dict[str, list[_PlacedSetting]] = {}

    def compile(self, settings: Iterable[_PlacedSetting]) -> CompiledMapping:
        found = [(placed, place) for placed in settings if (place := self._place(placed)) is not None]
        whole = {str(place): placed.setting for placed, place in found if str(place) in self._below}
        rules = tuple(self._rule(placed, place) for placed, place in found if str(place) not in whole)
        rows = {name: self._rows(name, below, whole.get(name)) for name, below in self._below.items()}
        used = self._used([rule.source for rule in rules if not rule.outer] + self._row_sources(rows))
        self._compiled.mapping = FieldMapping(self._shape, rules, rows, used, self._drops)
        self._check_columns()
        return self._compiled

    def _place(self, placed: _PlacedSetting) -> Place | None:
        """Where a rule of this level leads; rules through a detail are laid aside for its rows."""
        setting = placed.setting
        place = find_place(setting.to, self._shape, self._schema.shapes)
        if isinstance(place, str):
            self._compiled.misfits.append(place)
        elif place.through in self._shape.details:
            self._below.setdefault(place.through, []).append(replace(placed, setting=replace(setting, to=place.rest)))
        elif place.through:
            self._compiled.problems.append(f"{setting.to} leads through rows inside a linked entity")
        elif is_read_only(place.steps[-1] if place.steps else "", self._shape) and len(place.steps) == 1:
            self._compiled.problems.append(f"{place} is set by Acumatica itself and cannot be written")
        else:
            return place
        return None

    def _rule(self, placed: _PlacedSetting, place: Place) -> CompiledRule:
        setting, problems = placed.setting, self._compiled.problems
        if not setting.source and (setting.lookup or not setting.value):
            problems.append(f"the field {setting.to} has neither a column nor a value")
        texts = (setting.value, setting.default)
        wrong = [
            f"{place} takes {form}, not {text!r}" for text in texts if text and (form := wanted_form(text, place.type))
        ]
        problems += wrong
        self._check_source(placed, place)
        lookup = setting.lookup
        if lookup:
            problems += lookup_problems(lookup, self._schema)
        constant, default = (literal(text, place.type) if text and not wrong else None for text in texts)
        return CompiledRule(
            place,
            setting.source,
            placed.outer,
            None if setting.source else constant,
            default,
            lookup_of(lookup, self._schema) if lookup else None,
        )

    def _check_source(self, placed: _PlacedSetting, place: Place) -> None:
        """The column must be there, and its type in the catalog must fit."""
        setting = placed.setting
        if setting.source:
            known, schema = schema_at(self._record if placed.outer else self._columns, setting.source)
            if not known:
                self._compiled.problems.append(f"it has no column {setting.source}")
            elif not setting.lookup:
                self._compiled.misfits.extend(mismatch(place, schema, self._schema.shapes))

    def _rows(self, detail: str, below: list[_PlacedSetting], whole: FieldSetting | None) -> RowMapping:
        source = whole.source if whole else self._array_of(detail, below)
        inner = [_inside(placed, f"{source}.") if source else replace(placed, outer=True) for placed in below]
        _, schema = schema_at(self._columns, source) if source else (True, {})
        shape = self._schema.shapes[self._shape.details[detail]]
        compiler = _Compiler(inner_columns(schema), shape, self._schema, self._drops, self._record)
        compiled = compiler.compile(inner)
        self._compiled.misfits += [one.replace("no member ", f"no member {detail}/") for one in compiled.misfits]
        self._compiled.problems += compiled.problems
        return RowMapping(source, compiled.mapping)

    def _array_of(self, detail: str, below: list[_PlacedSetting]) -> str:
        """The array that the rows come from: the column of the detail's own name, or the one that the rules share."""
        if detail in self._columns:
            return detail
        sources = [placed.setting.source for placed in below if not placed.outer]
        heads = {source.partition(".")[0] for source in sources if "." in source and source not in self._columns}
        return heads.pop() if len(heads) == 1 else ""

    def _row_sources(self, rows: Mapping[str, RowMapping]) -> list[str]:
        outer = (rule.source for one in rows.values() for rule in one.mapping.rules if rule.outer)
        return [*(one.source for one in rows.values()), *(outer if self._columns is self._record else ())]

    def _used(self, sources: Iterable[str]) -> frozenset[str]:
        """Columns that go nowhere by their own name. An object that rules look into goes nowhere either, unless it has
        a place of its own."""
        used = {column for column in self._elsewhere if isinstance(self._find(column), str)}
        for source in filter(None, sources):
            used.add(source)
            head = source.partition(".")[0]
            if source not in self._columns and isinstance(self._find(head), str):
                used.add(head)
        return frozenset(used)

    def _find(self, column: str) -> Place | str:
        return find_place(column, self._shape, self._schema.shapes)

    def _check_columns(self) -> None:
        """Columns that go by their own name: each must have a place, and no two the same."""
        mapping = self._compiled.mapping
        taken = {str(rule.place): rule.source or "a constant" for rule in mapping.rules}
        for column, schema in self._columns.items():
            if is_airbytes(column) or column in mapping.used:
                continue
            place = self._find(column)
            if isinstance(place, str) or place.through:
                if not self._drops:
                    self._compiled.misfits.append(place if isinstance(place, str) else f"{column} needs a rule")
                continue
            if str(place) in taken:
                self._compiled.problems.append(f"the columns {taken[str(place)]} and {column} both go to {place}")
            taken[str(place)] = column
            if str(place) not in mapping.rows:
                self._compiled.misfits += mismatch(place, schema, self._schema.shapes)


def _inside(placed: _PlacedSetting, prefix: str) -> _PlacedSetting:
    """The setting as the rows see it: a column of theirs without the array's name before it, or one of the record."""
    source = placed.setting.source
    if placed.outer or not source.startswith(prefix):
        return replace(placed, outer=True)
    return replace(placed, setting=replace(placed.setting, source=source.removeprefix(prefix)))


def schema_at(columns: Columns, path: str) -> tuple[bool, object]:
    """Whether there is such a column, and its JSON schema. Where the catalog names no columns, there may be any."""
    if not columns or path in columns:
        return True, columns.get(path, {})
    head, _, rest = path.partition(".")
    if not rest or head not in columns:
        return False, {}
    inner = inner_columns(columns[head])
    return schema_at(inner, rest) if inner else (True, {})


def names_custom_fields(columns: Columns) -> bool:
    """Whether a column, or one inside a nested column, is that of a custom field."""
    return any(
        name.startswith(CUSTOM_COLUMN) or names_custom_fields(inner_columns(schema))
        for name, schema in columns.items()
        if not is_airbytes(name)
    )
