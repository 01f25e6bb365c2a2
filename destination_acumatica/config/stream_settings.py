"""How one stream is to be written, as the user set it: mode, keys, fields, lines, actions and files.

That entity, fields and columns exist is checked in `plan.validation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from destination_acumatica.config.modes import Deletions, Existing, Missing, Mode, Nulls

UnknownColumns = Literal["refuse", "ignore"]


@dataclass(frozen=True)
class LookupSetting:
    """Where a value comes from: the field `take` of the one record of `entity` whose field `where` has the value."""

    entity: str
    where: str
    take: str


@dataclass(frozen=True)
class FieldSetting:
    """What one field receives: a column, a constant (`value`), or what a lookup finds by the column.

    `to` and `source` are paths with dots or slashes (`MainContact.Email`, `line_items.sku`). `default` fills an empty
    column. Empty text means that nothing was said.
    """

    to: str
    source: str = ""
    value: str = ""
    default: str = ""
    lookup: LookupSetting | None = None


@dataclass(frozen=True)
class LinesFrom:
    """A stream whose records are lines of this one: its `columns` have the values of the `document_columns`."""

    stream: str
    detail: str
    columns: tuple[str, ...]
    document_columns: tuple[str, ...]


@dataclass(frozen=True)
class SoftDelete:
    """How a record is put out of use: a field set to a value, or an action of the entity."""

    field: str = ""
    value: str = ""
    action: str = ""


class LineMode(Enum):
    """What happens to the lines of a record that exists, by the name of the setting; KEEP is none, see
    `orphan_lines`."""

    MERGE = "merge"
    REPLACE = "replace"
    APPEND = "append"
    KEEP = "keep"


@dataclass(frozen=True)
class LineRules:
    """How the lines of one stream are merged. `keys`: path of a detail (`Details`, `Details/Allocations`) -> fields."""

    mode: LineMode = LineMode.MERGE
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Verify(Enum):
    """What a difference means, by the name of the setting."""

    OFF = "off"
    WARN = "warn"
    REJECT = "reject"


class When(Enum):
    """When an action is run, by the name of the setting."""

    FIELD_IS = "field_is"
    FIELD_IS_NOT = "field_is_not"
    CHANGED = "changed"
    ALWAYS = "always"


@dataclass(frozen=True)
class Parameter:
    """A parameter of an action: a constant `value`, or the value of a `column` of the record. The fields of a dialog
    are named `View.Field`."""

    name: str
    value: str = ""
    column: str = ""


@dataclass(frozen=True)
class ActionSetting:
    """One action of a stream. `field` is a path such as `Status`, `values` what it is compared with. `workflow`: the
    endpoint does not declare it, it is one of the form's own."""

    name: str
    when: When = When.FIELD_IS
    field: str = ""
    values: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    workflow: bool = False

    @property
    def guarded(self) -> bool:
        return self.when in (When.FIELD_IS, When.FIELD_IS_NOT)


class FileSource(Enum):
    """What a column holds, by the name of the setting."""

    BASE64 = "base64"
    URL = "url"


@dataclass(frozen=True)
class FileSetting:
    """One file of each record of a stream: the column with its bytes or its address, and its name: a constant `name`,
    or that of a `name_column`; else the last part of the address."""

    column: str
    source: FileSource = FileSource.BASE64
    name: str = ""
    name_column: str = ""


@dataclass(frozen=True)
class StreamSettings:
    """How a stream is written. What is None or empty is decided by the plan."""

    stream: str
    entity: str
    fields: tuple[FieldSetting, ...] = ()
    mode: Mode | None = None
    existing: Existing = "reject"
    missing: Missing | None = None
    deletions: Deletions = "reject"
    match: tuple[str, ...] = ()
    reference: str = ""
    nulls: Nulls = "skip"
    unknown_columns: UnknownColumns = "refuse"
    soft_delete: SoftDelete = SoftDelete()
    lines: LineRules = LineRules()
    verify: Verify = Verify.WARN
    actions: tuple[ActionSetting, ...] = ()
    files: tuple[FileSetting, ...] = ()
    lines_from: tuple[LinesFrom, ...] = ()

    def columns_elsewhere(self) -> frozenset[str]:
        """Columns that files and parameters of actions come from: they need no field of their own."""
        parameters = (one.column for action in self.actions for one in action.parameters)
        files = (column for one in self.files for column in (one.column, one.name_column))
        return frozenset(filter(None, (*parameters, *files)))
