"""Read one entry of the setting Streams."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import cast

from acumatica_client.api.connection_form import Form, text
from acumatica_client.errors import SettingsError
from destination_acumatica.config.modes import Deletions, Existing, Missing, Mode, Nulls
from destination_acumatica.config.stream_settings import (
    ActionSetting,
    FieldSetting,
    FileSetting,
    FileSource,
    LineMode,
    LineRules,
    LinesFrom,
    LookupSetting,
    Parameter,
    SoftDelete,
    StreamSettings,
    UnknownColumns,
    Verify,
    When,
)
from destination_acumatica.fields.field_paths import wire_path


def stream_settings(entry: Form) -> StreamSettings:
    """Raises SettingsError with one sentence when the entry contradicts itself."""
    name, mode, missing = name_in(entry, "stream"), text(entry, "mode"), text(entry, "missing")
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


def name_in(form: Form, name: str) -> str:
    """The name of a stream or column as it was typed, since it may end with a blank; empty where there is none. See
    `plan.catalog_names`."""
    found = text(form, name, strip=False)
    return found if found.strip() else ""


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
        name_in(pair, "from"),
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
        name_in(form, "stream"),
        wire_path(text(form, "detail")),
        _columns(form, "column"),
        _columns(form, "document_column"),
    )
    if not setting.columns or len(setting.columns) != len(setting.document_columns):
        raise SettingsError(
            f"The setting Lines from other streams of the stream {stream} needs as many columns of the lines as of the "
            "document, one at least."
        )
    return setting


def _columns(form: Form, name: str) -> tuple[str, ...]:
    """Columns with commas between them; a name may have blanks in it."""
    parts = re.split(r"[,;\n]", text(form, name, strip=False))
    return tuple(part if at == 0 else part.lstrip() for at, part in enumerate(parts) if part.strip())


def _action(form: Form) -> ActionSetting:
    values = tuple(value.strip() for value in text(form, "values").split(",") if value.strip())
    return ActionSetting(
        text(form, "name"),
        When(text(form, "when") or When.FIELD_IS.value),
        wire_path(text(form, "field")),
        values,
        tuple(map(_parameter, objects(form, "parameters"))),
        workflow=form.get("workflow") is True,
    )


def _parameter(form: Form) -> Parameter:
    return Parameter(text(form, "name"), text(form, "value"), name_in(form, "column"))


def _file(form: Form) -> FileSetting:
    source = FileSource(text(form, "source") or FileSource.BASE64.value)
    return FileSetting(name_in(form, "column"), source, text(form, "name"), name_in(form, "name_column"))
