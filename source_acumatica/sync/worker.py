"""The loop of a worker: takes windows of a read until none is left, reads them, and reports what it saw.

Any number of workers may run it for one reader and one cursor.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial

from acumatica_client.errors import CannotOptimize, Unexpected
from acumatica_client.record import Decoded
from source_acumatica.fetch.entity_reader import EntityReader, FilterRefused
from source_acumatica.sync.cursor import Task, Turn, WindowCursor
from source_acumatica.sync.progress import current
from source_acumatica.windows.timestamps import LatestStamp

_log = logging.getLogger("airbyte.source-acumatica")
Pages = Iterator[list[Decoded]]


def read_windows(reader: EntityReader, cursor: WindowCursor) -> Pages:
    """The pages of the windows that fall to this worker. Raises AcumaticaError.

    A window is closed when the consumer asks for what comes behind its last page: then it has handed that over.
    """
    while True:
        with cursor.turn() as turn:
            if turn is None:
                return
            yield from _STEPS[turn.task](reader, cursor, turn)


def _window(reader: EntityReader, cursor: WindowCursor, turn: Turn) -> Pages:
    latest, count = cursor.latest_stamp(), 0
    try:
        for records in reader.read(turn.window, split=partial(cursor.split, turn), probe_first=turn.half):
            cursor.keeps_whole(turn)
            yield records
            count += len(records)
            _see(records, latest, reader.cursor, followed=not cursor.resumable_refresh)
    except FilterRefused as refused:
        _go_local(reader, cursor, refused)
        return
    if turn.closed:
        return
    newest = turn.window.end is None and not (turn.window.nulls or turn.window.local or cursor.resumable_refresh)
    cursor.close(turn, latest, count, misread=reader.misread(latest.moment) if newest else 0.0)
    tally = current()
    if tally is not None and count:
        tally.window(str(turn.window), count, cursor.known)


def _see(records: list[Decoded], latest: LatestStamp, field: str, *, followed: bool) -> None:
    """`followed`: the next sync goes on by the latest stamp. Raises Unexpected for one that is no date then."""
    for record in records:
        try:
            latest.see(record.text(field) or "")
        except ValueError as error:
            if followed:
                raise Unexpected(
                    f"A record's {field} is not a date and time, so changes cannot be followed by it.",
                    advice="Choose full refresh for this stream.",
                    detail=str(error),
                ) from error


def _go_local(reader: EntityReader, cursor: WindowCursor, refused: FilterRefused) -> None:
    """A list that cannot be optimized by its cursor could only be read record by record, all of it, in every sync."""
    if isinstance(refused.refusal, CannotOptimize) and not cursor.resumable_refresh:
        raise refused.refusal
    _log.warning(
        "%s: Acumatica refuses to choose records by %s (%s). Reading the whole list, and choosing here.",
        reader.name,
        reader.cursor,
        refused.refusal.message,
    )
    cursor.go_local()


def _sample(reader: EntityReader, cursor: WindowCursor, _turn: Turn) -> Pages:
    cursor.sampled(reader.sample())
    yield from ()


def _doubt(reader: EntityReader, cursor: WindowCursor, _turn: Turn) -> Pages:
    try:
        lies = reader.filter_lies(cursor.sample, nulls_seen=cursor.nulls_seen)
    except FilterRefused as refused:
        _go_local(reader, cursor, refused)
        return
    if lies:
        _log.warning(
            "%s: Acumatica answers a filter by %s with nothing, although there are records. Reading the whole list, "
            "and choosing here.",
            reader.name,
            reader.cursor,
        )
        cursor.go_local()
    else:
        cursor.trust()
    yield from ()


_STEPS: dict[Task, Callable[[EntityReader, WindowCursor, Turn], Pages]] = {
    Task.SAMPLE: _sample,
    Task.WINDOW: _window,
    Task.DOUBT: _doubt,
}
