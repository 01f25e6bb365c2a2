"""One entry of the setting Streams, typed: where a stream goes, how, and which column becomes which field.

Reads a checked form; that entity, fields and columns exist is not known here, see `plan`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from acumatica_client.api.connection_form import Form, text
from acumatica_client.errors import SettingsError
from destination_acumatica.completion.attachments import FileSetting, Source
from destination_acumatica.completion.readback import Verify
from destination_acumatica.config.action_settings import ActionSetting, Parameter, When
from destination_acumatica.config.modes import Deletions, Existing, Missing, Mode, Nulls
from destination_acumatica.fields.field_paths import wire_path
from destination_acumatica.reconcile.update_diff import LineMode, LineRules

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


def stream_settings(entry: Form) -> StreamSettings:
    """Raises SettingsError with one sentence when the entry contradicts itself."""
    name, mode, missing = text(entry, "stream"), text(entry, "mode"), text(entry, "missing")
    soft = entry.get("soft_delete")
    return StreamSettings(
        name,
        text(entry, "entity"),
        tuple(_field(pair) for pair in _without_repetition(entry, name)),
        mode=Mode(mode) if mode and mode != _BY_SYNC_MODE else None,
        existing=cast(Existing, text(entry, "existing") or "reject"),
        missing=cast(Missing, missing) if missing and missing != _BY_MODE else None,
        deletions=cast(Deletions, text(entry, "deletions") or "reject"),
        match=listed(text(entry, "match")),
        reference=text(entry, "reference"),
        nulls=cast(Nulls, text(entry, "nulls") or "skip"),
        unknown_columns=cast(UnknownColumns, text(entry, "unknown_columns") or "refuse"),
        soft_delete=_soft_delete(soft) if isinstance(soft, Mapping) else SoftDelete(),
        lines=_line_rules(entry),
        verify=Verify(text(entry, "verify") or Verify.WARN.value),
        actions=tuple(map(_action, objects(entry, "actions"))),
        files=tuple(map(_file, objects(entry, "files"))),
        lines_from=tuple(_lines_from(one, name) for one in objects(entry, "lines_from")),
    )


def listed(names: str) -> tuple[str, ...]:
    """`OrderType, ExternalRef` as names."""
    return tuple(name for name in re.split(r"[,;\s]+", names) if name)


def objects(form: Form, name: str) -> Iterator[Form]:
    """The entries of a list of the form."""
    entries = form.get(name)
    return (entry for entry in entries if isinstance(entry, Mapping)) if isinstance(entries, list) else iter(())


_BY_SYNC_MODE, _BY_MODE = "by_sync_mode", "by_mode"


def _without_repetition(entry: Form, stream: str) -> Iterator[Form]:
    """The field mappings. One column may feed several fields, but no field has two sources."""
    seen: set[str] = set()
    for pair in objects(entry, "fields"):
        target = text(pair, "to")
        if target in seen:
            raise SettingsError(f"The setting Streams fills the field {target} of the stream {stream} twice.")
        seen.add(target)
        yield pair


def _field(pair: Form) -> FieldSetting:
    lookup = pair.get("lookup")
    found = lookup if isinstance(lookup, Mapping) else {}
    wanted = LookupSetting(text(found, "entity"), text(found, "where"), text(found, "take"))
    return FieldSetting(
        text(pair, "to"),
        text(pair, "from"),
        text(pair, "value"),
        text(pair, "default"),
        wanted if wanted.entity else None,
    )


def _soft_delete(form: Form) -> SoftDelete:
    return SoftDelete(text(form, "field"), text(form, "value"), text(form, "action"))


def _line_rules(entry: Form) -> LineRules:
    keys = {wire_path(text(one, "detail")): listed(text(one, "fields")) for one in objects(entry, "line_keys")}
    return LineRules(LineMode(text(entry, "lines") or LineMode.MERGE.value), keys)


def _lines_from(form: Form, stream: str) -> LinesFrom:
    setting = LinesFrom(
        text(form, "stream"),
        wire_path(text(form, "detail")),
        listed(text(form, "column")),
        listed(text(form, "document_column")),
    )
    if not setting.columns or len(setting.columns) != len(setting.document_columns):
        raise SettingsError(
            f"The setting Lines from other streams of the stream {stream} needs as many columns of the lines as of the "
            "document, one at least."
        )
    return setting


def _action(form: Form) -> ActionSetting:
    values = tuple(value.strip() for value in text(form, "values").split(",") if value.strip())
    return ActionSetting(
        text(form, "name"),
        When(text(form, "when") or When.FIELD_IS.value),
        wire_path(text(form, "field")),
        values,
        tuple(
            Parameter(*(text(one, part) for part in ("name", "value", "column"))) for one in objects(form, "parameters")
        ),
        workflow=form.get("workflow") is True,
    )


def _parameter(form: Form) -> Parameter:
    return Parameter(text(form, "name"), text(form, "value"), text(form, "column"))


def _file(form: Form) -> FileSetting:
    source = Source(text(form, "source") or Source.BASE64.value)
    return FileSetting(text(form, "column"), source, text(form, "name"), text(form, "name_column"))
