"""A document and lines that came as records of their own, as one record. Pure.

Of several lines that are one line in their source the last counts; those before it are superseded. A line that its
source deleted is no line of the document: it is a record by itself, and the settings say what happens to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import msgspec

from destination_acumatica.config.configured_catalog import StreamNames
from destination_acumatica.fields.json_values import NULL, is_blank, key_text, kind_of, value_at
from destination_acumatica.input.messages import Message, RecordLine, SourceRecord, SupersededRecord, read_message
from destination_acumatica.input.spool import Kept
from destination_acumatica.plan.field_mapping import DELETED_AT
from destination_acumatica.plan.stream_joins import Join

Columns = Mapping[str, msgspec.Raw]
_encode = msgspec.json.encode


@dataclass
class _Sorted:
    """The lines of one document: those that become rows of it, those superseded, and the deletions."""

    rows: list[RecordLine] = field(default_factory=list)
    superseded: list[RecordLine] = field(default_factory=list)
    deletions: list[RecordLine] = field(default_factory=list)


def key_of(columns: Columns, names: Sequence[str]) -> str | None:
    """The values of some columns as one text, equal for equal values; None where one of them is empty.

    A key is a number in one table and text in another: `7`, `"7"` and `7.0` are one.
    """
    values = [value_at(columns, name) for name in names]
    if not names or any(is_blank(raw) or (raw is not None and kind_of(raw) in "{[") for raw in values):
        return None
    return _encode([key_text(raw) for raw in values if raw is not None]).decode()


def record_of(kept: Kept, streams: StreamNames) -> RecordLine:
    """The record that waited on the disk."""
    return replace(cast(RecordLine, read_message(kept.message, streams)), after=kept.after)


def join_lines(document: RecordLine, lines: Iterable[tuple[Join, Sequence[Kept]]]) -> Iterator[Message]:
    """The document with its lines, those of each join in a column of their own; behind it the other records."""
    columns, rows = dict(document.columns), list[RecordLine]()
    rest, changes = list[_Sorted](), dict[str, str]()
    for join, kept in lines:
        found = _sorted(join, kept)
        rest.append(found)
        rows += found.rows
        if found.rows:
            columns[join.rows] = _array(join, found.rows)
            changes |= _row_changes(join, found.rows)
    yield _with_others(document, columns, rows, {**document.changes, **changes})
    for one in rest:
        yield from _rest(one)


def join_orphans(join: Join, kept: Sequence[Kept]) -> Iterator[Message]:
    """Lines whose document did not come: a record of the columns that join and of these lines; and the other
    records."""
    found = _sorted(join, kept)
    if found.rows:
        head, *others = found.rows
        columns = {**_joining(join, head), join.rows: _array(join, found.rows)}
        yield _with_others(head, columns, others, _row_changes(join, found.rows))
    yield from _rest(found)


def _sorted(join: Join, kept: Sequence[Kept]) -> _Sorted:
    versions: dict[object, list[RecordLine]] = {}
    for at, one in enumerate(kept):
        versions.setdefault(at if one.own is None else one.own, []).append(record_of(one, StreamNames([join.lines])))
    found = _Sorted()
    for *earlier, last in versions.values():
        found.superseded += earlier
        if last.columns.get(DELETED_AT, NULL) == NULL:
            found.rows.append(last)
        else:
            found.deletions.append(
                replace(last, columns={**_joining(join, last), DELETED_AT: last.columns[DELETED_AT]})
            )
    return found


def _rest(found: _Sorted) -> Iterator[Message]:
    yield from (SupersededRecord(one.stream, one.after) for one in found.superseded)
    yield from found.deletions


def _row_changes(join: Join, rows: Iterable[RecordLine]) -> dict[str, str]:
    """What the platform did to values of the rows, by their paths in the document."""
    return {f"{join.rows}.{at}.{path}": change for at, row in enumerate(rows) for path, change in row.changes.items()}


def _with_others(
    record: RecordLine, columns: dict[str, msgspec.Raw], others: Sequence[RecordLine], changes: Mapping[str, str]
) -> RecordLine:
    return replace(
        record,
        columns=columns,
        changes=changes,
        size=record.size + sum(one.size for one in others),
        others=tuple(SourceRecord(one.stream, one.line, one.after) for one in others),
        error=next((one.error for one in (record, *others) if one.error), ""),
    )


def _joining(join: Join, line: RecordLine) -> dict[str, msgspec.Raw]:
    """What a line says of its document."""
    pairs = zip(join.columns, join.document_columns, strict=True)
    return {other: value_at(line.columns, column) or NULL for column, other in pairs}


def _array(join: Join, lines: Iterable[RecordLine]) -> msgspec.Raw:
    rows = ({name: raw for name, raw in one.columns.items() if name not in join.columns} for one in lines)
    return msgspec.Raw(_encode(list(rows)))
