"""Streams and partitions as the CDK's concurrent core wants them: a window is a partition, a page is a message."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from airbyte_cdk.models import AirbyteStream
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from airbyte_cdk.sources.streams.concurrent.availability_strategy import StreamAvailability
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition

from acumatica_client.errors import AcumaticaError, Unexpected
from acumatica_client.record import Decoded
from source_acumatica.backing_off import reading
from source_acumatica.cursor import WindowCursor
from source_acumatica.errors import traced
from source_acumatica.messages import RecordPage, record_page
from source_acumatica.reader import EntityReader
from source_acumatica.windows import LatestStamp, Window

_log = logging.getLogger("airbyte.source-acumatica")


class WindowPartition(Partition):
    """One window of one stream. `cursor` and its field are absent where the entity is read whole."""

    def __init__(
        self,
        stream: str,
        reader: EntityReader,
        window: Window,
        *,
        cursor: WindowCursor | None = None,
        cursor_field: str = "",
    ) -> None:
        self._stream, self._reader, self._window = stream, reader, window
        self._cursor, self._cursor_field = cursor, cursor_field

    def read(self) -> Iterable[Any]:
        """Pages of records: the CDK's queue hands any message through as it is, so a page need not be its Record.

        The window is closed when its last page has been handed over. Raises AirbyteTracedException.
        """
        count = 0
        latest = self._cursor.latest_stamp() if self._cursor else None
        try:
            with reading(self._stream):
                for records in self._reader.read(self._window):
                    yield self._page(records)
                    count += len(records)
                    if latest is not None:
                        self._see(records, latest)
        except AcumaticaError as error:
            raise traced(error, self._stream) from error
        if count:
            _log.info("%s: %d records of the window %s", self._stream, count, self._window)
        if self._cursor and latest is not None:
            self._cursor.close_window(self._window, latest)

    def _page(self, records: list[Decoded]) -> RecordPage:
        return record_page(self._stream, tuple(record.json for record in records))

    def _see(self, records: list[Decoded], latest: LatestStamp) -> None:
        try:
            for record in records:
                latest.see(record.text(self._cursor_field) or "")
        except ValueError as error:
            raise Unexpected(
                f"A record's {self._cursor_field} is not a date and time, so changes cannot be followed by it.",
                advice="Choose full refresh for this stream.",
                detail=str(error),
            ) from error

    def to_slice(self) -> Mapping[str, Any] | None:
        return {"start": self._window.start, "end": self._window.end}

    def stream_name(self) -> str:
        return self._stream

    def __hash__(self) -> int:
        return hash((self._stream, self._window))


class EntityStream(AbstractStream):
    """One configured stream: its partitions come from a function, called once, by a worker."""

    def __init__(
        self,
        described: AirbyteStream,
        cursor: Cursor,
        *,
        cursor_field: str | None,
        partitions: Callable[[], Iterable[WindowPartition]],
    ) -> None:
        self._described, self._cursor = described, cursor
        self._cursor_field, self._partitions = cursor_field, partitions

    def generate_partitions(self) -> Iterable[Partition]:
        return self._partitions()

    @property
    def name(self) -> str:
        return str(self._described.name)

    @property
    def cursor_field(self) -> str | None:
        return self._cursor_field

    @property
    def cursor(self) -> Cursor:
        return self._cursor

    def get_json_schema(self) -> Mapping[str, Any]:
        return dict(self._described.json_schema)

    def as_airbyte_stream(self) -> AirbyteStream:
        return self._described

    def log_stream_sync_configuration(self) -> None:
        _log.debug("Syncing %s, cursor %s", self.name, self._cursor_field)

    def check_availability(self) -> StreamAvailability:
        """A refused stream says so when it is read; asking first would cost a request for each."""
        return StreamAvailability.available()
