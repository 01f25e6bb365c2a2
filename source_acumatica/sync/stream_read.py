"""The read of one group of streams: work items -> pages in the queue, states behind them, failures beside them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Protocol

from acumatica_client.errors import CannotOptimize, ServerFault, Unexpected
from acumatica_client.record import DecodedRecord
from source_acumatica.fetch.entity_reader import EntityReader, FilterRefused
from source_acumatica.sync.cursor import WindowCursor
from source_acumatica.sync.message_queue import Ended, Failed, Message, QueueClosed, Started
from source_acumatica.sync.progress import Progress, ThreadProgress
from source_acumatica.sync.record_router import RecordRouter
from source_acumatica.sync.work_queue import Task, WorkItem
from source_acumatica.windows.timestamps import LatestStamp

_log = logging.getLogger("airbyte.source-acumatica")
Pages = Iterator[list[DecodedRecord]]
Fetch = Callable[[WorkItem], Pages]
_LOST = "Acumatica refuses these rows in every list, and with every record by its key. The state of this stream stays."


class Cursor(Protocol):
    """What a read asks of its cursor; see `WindowCursor`."""

    def take(self) -> WorkItem | None: ...
    def end(self, item: WorkItem, *, failed: bool = False) -> None: ...
    def emit_final_state(self) -> None: ...

    @property
    def over(self) -> bool: ...
    @property
    def complete(self) -> bool: ...


class StreamRead:
    """Work for any number of workers. `fetch`: the pages of records of a work item."""

    def __init__(
        self,
        cursor: Cursor,
        fetch: Fetch,
        router: RecordRouter,
        progress: Progress,
        *,
        put: Callable[[Message], None],
        threads: ThreadProgress,
    ) -> None:
        self._cursor, self._fetch, self._router = cursor, fetch, router
        self._progress, self._put, self._threads = progress, put, threads
        self._started = False

    @property
    def streams(self) -> tuple[str, ...]:
        return self._progress.streams

    @property
    def over(self) -> bool:
        """Whether nothing is left to do, now or later."""
        return self._cursor.over

    def take(self) -> WorkItem | None:
        """The next work item, None when there is none, or none yet. Called by one thread at a time."""
        if not self._started:
            self._started = True
            self._put(Started(self.streams))
        return self._cursor.take()

    def work(self, item: WorkItem) -> None:
        """Read what the item asks for. A failure is reported, and is one of these streams alone. Raises QueueClosed."""
        failed = True
        try:
            with self._threads.reading(self._progress):
                for records in self._fetch(item):
                    for page in self._router.pages(records):
                        self._put(page)
                        self._progress.count_records(page.stream, len(page.rows))
            failed = False
        except QueueClosed:
            raise
        except Exception as error:  # noqa: BLE001  a defect in one stream must not stop the others; it is reported
            self._put(Failed(self.streams, error))
        finally:
            self._cursor.end(item, failed=failed)

    def finish(self) -> None:
        """The last work item has ended. Called once."""
        self._cursor.emit_final_state()
        lost = self._router.lost()
        kept = tuple(stream for stream in self.streams if stream not in lost)
        for stream in lost:
            self._put(Failed((stream,), ServerFault(_LOST)))
        self._put(Ended(kept, self._cursor.complete, self._progress.summary()))
        if lost:
            self._put(Ended(lost, complete=False, summary=""))


class WindowFetcher:
    """The pages of the work items of a `WindowCursor`. A window is closed when its last page is in the queue."""

    def __init__(self, reader: EntityReader, cursor: WindowCursor, progress: Progress) -> None:
        self._reader, self._cursor, self._progress = reader, cursor, progress
        self._steps: Mapping[Task, Fetch] = {
            Task.SAMPLE: self._sample,
            Task.WINDOW: self._window,
            Task.VERIFY_FILTER: self._verify_filter,
        }

    def pages(self, item: WorkItem) -> Pages:
        """Raises AcumaticaError."""
        return self._steps[item.task](item)

    def _window(self, item: WorkItem) -> Pages:
        reader, cursor = self._reader, self._cursor
        latest, count = cursor.latest_stamp(), 0
        try:
            for records in reader.read(item.window, split=partial(cursor.split, item), probe_first=item.half):
                yield records
                count += len(records)
                self._see(records, latest)
        except FilterRefused as refused:
            self._abandon_filter(refused)
            return
        if item.closed:
            return
        newest = item.window.end is None and not (item.window.nulls or item.window.local or cursor.resumable_refresh)
        cursor.close(item, latest, count, misread=reader.misread(latest.timestamp) if newest else 0.0)
        if count:
            self._progress.log_window(str(item.window), count, cursor.known)

    def _see(self, records: list[DecodedRecord], latest: LatestStamp) -> None:
        """Raises Unexpected for a stamp that is no date, where the next sync goes on by the latest one."""
        for record in records:
            try:
                latest.see(record.text(self._reader.cursor) or "")
            except ValueError as error:
                if not self._cursor.resumable_refresh:
                    raise Unexpected(
                        f"A record's {self._reader.cursor} is not a date and time, so changes cannot be followed "
                        "by it.",
                        advice="Choose full refresh for this stream.",
                        detail=str(error),
                    ) from error

    def _abandon_filter(self, refused: FilterRefused) -> None:
        """A list that cannot be optimized by its cursor could only be read record by record, all of it, in every
        sync."""
        if isinstance(refused.refusal, CannotOptimize) and not self._cursor.resumable_refresh:
            raise refused.refusal
        if self._cursor.abandon_filter():
            _log.warning(
                "%s: Acumatica refuses to choose records by %s (%s). Reading the whole list, and choosing here.",
                self._reader.name,
                self._reader.cursor,
                refused.refusal.message,
            )

    def _sample(self, _item: WorkItem) -> Pages:
        self._cursor.sampled(self._reader.sample())
        yield from ()

    def _verify_filter(self, _item: WorkItem) -> Pages:
        try:
            lies = self._reader.filter_lies(self._cursor.sample, nulls_seen=self._cursor.nulls_seen)
        except FilterRefused as refused:
            self._abandon_filter(refused)
            return
        if not lies:
            self._cursor.trust_filter()
        elif self._cursor.abandon_filter():
            _log.warning(
                "%s: Acumatica answers a filter by %s with nothing, although there are records. Reading the whole "
                "list, and choosing here.",
                self._reader.name,
                self._reader.cursor,
            )
        yield from ()
