"""The names of streams and columns in the settings, as the catalog spells them.

A source may have a stream or a column with blanks in its name, even at its end, and a person at the form may type a
blank too much. So a name is taken as it was typed where the catalog has it, else without the blanks around it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from destination_acumatica.config.configured_catalog import Columns, ConfiguredStream
from destination_acumatica.config.stream_settings import LinesFrom, StreamSettings
from destination_acumatica.plan.field_mapping import schema_at


def spelled_as_in(
    catalog: Sequence[ConfiguredStream], settings: Mapping[str, StreamSettings]
) -> dict[str, StreamSettings]:
    """The settings by the catalog's names of their streams, with its names of columns."""
    columns: dict[str, Columns] = {}
    for stream in catalog:
        columns[stream.name.name] = {**columns.get(stream.name.name, {}), **stream.columns}
    found = {}
    for name, chosen in settings.items():
        stream_name = _spelled(name, columns)
        found[stream_name] = _with_columns(replace(chosen, stream=stream_name), columns)
    return found


def streams_as_in(catalog: Iterable[ConfiguredStream], names: Iterable[str]) -> tuple[str, ...]:
    """Names of streams as the catalog has them."""
    known = {stream.name.name for stream in catalog}
    return tuple(_spelled(name, known) for name in names)


def _with_columns(chosen: StreamSettings, catalog: Mapping[str, Columns]) -> StreamSettings:
    own = catalog.get(chosen.stream, {})
    lines = tuple(_lines(one, own, catalog) for one in chosen.lines_from)
    known = {**own, **{one.stream: _rows(catalog.get(one.stream, {})) for one in lines}} if own else {}
    return replace(
        chosen,
        fields=tuple(replace(one, source=_path(one.source, known)) for one in chosen.fields),
        actions=tuple(
            replace(action, parameters=tuple(replace(one, column=_path(one.column, own)) for one in action.parameters))
            for action in chosen.actions
        ),
        files=tuple(
            replace(one, column=_path(one.column, own), name_column=_path(one.name_column, own)) for one in chosen.files
        ),
        lines_from=lines,
    )


def _lines(setting: LinesFrom, documents: Columns, catalog: Mapping[str, Columns]) -> LinesFrom:
    stream = _spelled(setting.stream, catalog)
    return replace(
        setting,
        stream=stream,
        columns=tuple(_columns(setting.columns, catalog.get(stream, {}))),
        document_columns=tuple(_columns(setting.document_columns, documents)),
    )


def _columns(names: Iterable[str], known: Columns) -> Iterator[str]:
    """Columns that were separated by commas; by blanks where no column has such a name."""
    for name in names:
        path = _path(name, known)
        parts = path.split()
        separate = len(parts) > 1 and path not in known and all(schema_at(known, part)[0] for part in parts)
        yield from parts if separate and known else (path,)


def _path(path: str, known: Columns) -> str:
    return path if known and schema_at(known, path)[0] else path.strip()


def _spelled(name: str, known: Collection[str]) -> str:
    return name if name in known else name.strip()


def _rows(columns: Columns) -> object:
    """The JSON schema of lines that come as a stream of their own."""
    return {"type": "array", "items": {"type": "object", "properties": columns}}
