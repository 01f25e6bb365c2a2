"""A document and lines that came as records of their own, as one record. Pure: messages in, messages out.

Of several lines that are one line in their source the last counts; those before it are needless. A line that its source
deleted is no line of the document: it is a record by itself, of which the settings say what becomes of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import msgspec

from destination_acumatica.fields.json_values import NULL, is_blank, kind_of, scalar_text, value_at
from destination_acumatica.input.messages import DELETED_AT, Part, RecordLine, read_message
from destination_acumatica.input.spool import Kept
from destination_acumatica.plan.stream_joins import Join

Columns = Mapping[str, msgspec.Raw]
_encode = msgspec.json.encode


@dataclass
class _Sorted:
    """The lines of one document: what becomes rows of it, what is needless, and the deletions."""

    rows: list[RecordLine] = field(default_factory=list)
    needless: list[RecordLine] = field(default_factory=list)
    deletions: list[RecordLine] = field(default_factory=list)


def key_of(columns: Columns, names: Sequence[str]) -> str | None:
    """The values of some columns as one text, equal for equal values; None where one of them says nothing.

    A key is a number in one table and text in another: `7`, `"7"` and `7.0` are one.
    """
    values = [value_at(columns, name) for name in names]
    if not names or any(is_blank(raw) or (raw is not None and kind_of(raw) in "{[") for raw in values):
        return None
    return _encode([_text(raw) for raw in values if raw is not None]).decode()


def record_of(kept: Kept) -> RecordLine:
    """The record that waited: it was one when it was put aside."""
    return replace(cast(RecordLine, read_message(kept.message)), after=kept.after)


def whole(document: RecordLine, lines: Iterable[tuple[Join, Sequence[Kept]]]) -> Iterator[RecordLine]:
    """The document with its lines, those of each join in a column of their own; behind it the deletions."""
    columns, parts, deletions = dict(document.columns), list[Part](), list[RecordLine]()
    for join, kept in lines:
        found = _sorted(join, kept)
        parts += _parts(found.rows, found.needless)
        deletions += found.deletions
        if found.rows:
            columns[join.rows] = _array(join, found.rows)
    yield _with_parts(document, columns, parts)
    yield from deletions


def lone(join: Join, kept: Sequence[Kept]) -> Iterator[RecordLine]:
    """Lines whose document did not come: a record of the columns that join and of these lines; and the deletions."""
    found = _sorted(join, kept)
    if found.rows:
        head, *others = found.rows
        columns = {**_joining(join, head), join.rows: _array(join, found.rows)}
        yield _with_parts(head, columns, _parts(others, found.needless))
    yield from found.deletions


def _sorted(join: Join, kept: Sequence[Kept]) -> _Sorted:
    versions: dict[object, list[RecordLine]] = {}
    for at, one in enumerate(kept):
        versions.setdefault(at if one.own is None else one.own, []).append(record_of(one))
    found = _Sorted()
    for *earlier, last in versions.values():
        if last.columns.get(DELETED_AT, NULL) == NULL:
            found.rows.append(last)
            found.needless += earlier
        else:
            columns = {**_joining(join, last), DELETED_AT: last.columns[DELETED_AT]}
            found.deletions.append(_with_parts(last, columns, _parts((), earlier)))
    return found


def _parts(rows: Iterable[RecordLine], needless: Iterable[RecordLine]) -> list[Part]:
    return [*map(Part, rows), *(Part(one, needless=True) for one in needless)]


def _with_parts(record: RecordLine, columns: dict[str, msgspec.Raw], parts: Sequence[Part]) -> RecordLine:
    size = record.size + sum(part.record.size for part in parts)
    live = (record, *(part.record for part in parts if not part.needless))
    wrong = next((one.wrong for one in live if one.wrong), "")
    return replace(record, columns=columns, size=size, parts=tuple(parts), wrong=wrong)


def _joining(join: Join, line: RecordLine) -> dict[str, msgspec.Raw]:
    """What a line says of its document."""
    pairs = zip(join.columns, join.document_columns, strict=True)
    return {other: value_at(line.columns, column) or NULL for column, other in pairs}


def _array(join: Join, lines: Iterable[RecordLine]) -> msgspec.Raw:
    rows = ({name: raw for name, raw in one.columns.items() if name not in join.columns} for one in lines)
    return msgspec.Raw(_encode(list(rows)))


def _text(raw: msgspec.Raw) -> str:
    text = scalar_text(raw).strip()
    return text if kind_of(raw) == '"' else re.sub(r"\.0+$", "", text)
