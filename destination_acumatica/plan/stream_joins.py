"""Lines that come as a stream of their own: the documents that they belong to, and the documents' stream with them.

    {"stream": "orders", "lines_from": [{"stream": "order_lines", "detail": "Details",
                                         "column": "order_id", "document_column": "id"}]}

    orders        id, customer              -->  orders   id, customer, order_lines: [{sku, qty}, ...]
    order_lines   order_id, sku, qty

The lines stand in a column of the document that is named like their stream, so every rule about nested arrays holds for
them: `order_lines.sku` goes to `Details.InventoryID`. The columns that join belong to the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from destination_acumatica.config.configured_catalog import ConfiguredStream, StreamName
from destination_acumatica.config.modes import DEFAULT_MODES
from destination_acumatica.config.stream_settings import FieldSetting, LineMode, LinesFrom, StreamSettings


@dataclass(frozen=True)
class Join:
    """The lines of one stream that belong to the documents of another. `own` are the columns that tell the lines apart
    in their source: of several lines with the same values the last counts."""

    documents: StreamName
    lines: StreamName
    detail: str
    columns: tuple[str, ...]
    document_columns: tuple[str, ...]
    own: tuple[str, ...] = ()

    @property
    def rows(self) -> str:
        """The column of the document that the lines stand in."""
        return self.lines.name

    def sentence(self) -> str:
        """What is going to happen, for the log."""
        pairs = zip(self.columns, self.document_columns, strict=True)
        joined = " and ".join(f"{column} = {self.documents}.{other}" for column, other in pairs)
        return (
            f"Stream {self.lines} gives lines ({self.detail}) of {self.documents}, joined by {joined}. Both wait on "
            "the disk until both have come whole, and so do states behind them."
        )


def find_joins(catalog: Sequence[ConfiguredStream], settings: Mapping[str, StreamSettings]) -> tuple[Join, ...]:
    """The joins of a connection, as far as its streams exist."""
    return tuple(
        Join(
            documents.name,
            lines.name,
            setting.detail,
            setting.columns,
            setting.document_columns,
            tuple(path[0] for path in lines.key_paths if len(path) == 1),
        )
        for documents, setting in _wanted(catalog, settings)
        if (lines := _lines(setting, documents, catalog)) is not None
    )


def shared_problems(joins: Iterable[Join]) -> Iterator[str]:
    """Streams of lines that more than one stream would take: of one name, in several namespaces."""
    takers: dict[StreamName, list[str]] = {}
    for join in joins:
        takers.setdefault(join.lines, []).append(str(join.documents))
    for lines, documents in takers.items():
        if len(documents) > 1:
            yield f"stream {lines}: its lines would belong to {' and to '.join(documents)}"


def with_lines(
    stream: ConfiguredStream, joins: Iterable[Join], catalog: Iterable[ConfiguredStream]
) -> ConfiguredStream:
    """The stream with a column for the lines of each join, where it names its columns at all."""
    if not stream.columns:
        return stream
    columns = {one.name: one.columns for one in catalog}
    arrays = {join.rows: _array(join, columns[join.lines]) for join in joins if join.documents == stream.name}
    described = {**stream.stream.json_schema, "properties": {**stream.columns, **arrays}}
    return msgspec.structs.replace(stream, stream=msgspec.structs.replace(stream.stream, json_schema=described))


def with_rules(settings: StreamSettings, joins: Iterable[Join], stream: StreamName) -> StreamSettings:
    """The settings with a rule for each join of the stream that has none: its lines go to its detail."""
    own = (join for join in joins if join.documents == stream)
    mapped = {field.to for field in settings.fields}
    rules = tuple(FieldSetting(join.detail, join.rows) for join in own if join.detail not in mapped)
    return replace(settings, fields=(*settings.fields, *rules))


def join_problems(
    stream: ConfiguredStream, catalog: Sequence[ConfiguredStream], settings: Mapping[str, StreamSettings]
) -> Iterator[str]:
    """What is wrong with the lines that a stream takes from others, as clauses."""
    chosen = settings.get(stream.name.name)
    if chosen is None:
        return
    mode = chosen.mode or DEFAULT_MODES.get(stream.destination_sync_mode)
    for setting in chosen.lines_from:
        lines = _lines(setting, stream, catalog)
        if lines is None:
            yield f"the connection has no stream {setting.stream}, which is to give its lines"
            continue
        yield from _absent(setting.columns, lines)
        yield from _absent(setting.document_columns, stream)
        yield from (
            f"{setting.detail} would come from the stream {setting.stream} and from the column {column}"
            for column in {setting.detail, setting.stream} & set(stream.columns)
        )
        if mode is not None and mode.removes:
            yield f"the mode {mode.value} writes no lines, and the stream {setting.stream} is to give some"
        if chosen.lines.mode is LineMode.REPLACE and lines.sync_mode == "incremental":
            yield (
                f"{setting.stream} is read incrementally, so lines that did not change do not come, and to replace the "
                "lines would delete them; read it as a full refresh, or merge the lines"
            )


def _wanted(
    catalog: Iterable[ConfiguredStream], settings: Mapping[str, StreamSettings]
) -> Iterator[tuple[ConfiguredStream, LinesFrom]]:
    for stream in catalog:
        chosen = settings.get(stream.name.name)
        yield from ((stream, setting) for setting in (chosen.lines_from if chosen else ()))


def _lines(
    setting: LinesFrom, documents: ConfiguredStream, catalog: Iterable[ConfiguredStream]
) -> ConfiguredStream | None:
    """The stream of that name in the namespace of the documents, or else in any."""
    named = [one for one in catalog if one.name.name == setting.stream and one.name != documents.name]
    beside = [one for one in named if one.name.namespace == documents.name.namespace]
    return next(iter(beside or named), None)


def _array(join: Join, columns: Mapping[str, object]) -> object:
    rows = {name: schema for name, schema in columns.items() if name not in join.columns}
    return {"type": ["null", "array"], "items": {"type": "object", "properties": rows}}


def _absent(names: Iterable[str], stream: ConfiguredStream) -> Iterator[str]:
    known = stream.columns
    return (f"the stream {stream.name} has no column {name}" for name in names if known and name not in known)
