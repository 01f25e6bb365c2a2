"""Streams and partitions as the CDK's concurrent core wants them: a worker is a partition, a page is a message."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from airbyte_cdk.models import AirbyteStream
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from airbyte_cdk.sources.streams.concurrent.availability_strategy import StreamAvailability
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition

from acumatica_client.errors import AcumaticaError
from source_acumatica.backing_off import reading
from source_acumatica.cursor import WindowCursor
from source_acumatica.errors import traced
from source_acumatica.messages import record_page
from source_acumatica.reader import EntityReader
from source_acumatica.turns import read_windows
from source_acumatica.windows import Window

_log = logging.getLogger("airbyte.source-acumatica")


class ReadPartition(Partition):
    """What one worker reads of one stream: the windows that fall to it, or everything where there are no windows.

    `number` tells apart the partitions of a stream, which share reader and cursor.
    """

    def __init__(
        self, stream: str, reader: EntityReader, *, cursor: WindowCursor | None = None, number: int = 0
    ) -> None:
        self._stream, self._reader, self._cursor, self._number = stream, reader, cursor, number

    def read(self) -> Iterable[Any]:
        """Pages of records: the CDK's queue hands any message through as it is, so a page need not be its Record.

        Raises AirbyteTracedException.
        """
        pages = self._reader.read(Window()) if self._cursor is None else read_windows(self._reader, self._cursor)
        try:
            with reading(self._stream):
                for records in pages:
                    yield record_page(self._stream, tuple(record.json for record in records))
        except AcumaticaError as error:
            raise traced(error, self._stream) from error

    def to_slice(self) -> Mapping[str, Any] | None:
        return {"worker": self._number}

    def stream_name(self) -> str:
        return self._stream

    def __hash__(self) -> int:
        return hash((self._stream, self._number))


class EntityStream(AbstractStream):
    """One configured stream: its partitions come from a function, called once, by a worker."""

    def __init__(
        self,
        described: AirbyteStream,
        cursor: Cursor,
        *,
        cursor_field: str | None,
        partitions: Callable[[], Iterable[ReadPartition]],
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
