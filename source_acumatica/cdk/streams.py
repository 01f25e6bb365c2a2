"""Streams and partitions as the CDK's concurrent core wants them: a worker is a partition, a page is a message."""

from __future__ import annotations

import logging
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from airbyte_cdk.models import AirbyteStream
from airbyte_cdk.sources.streams.concurrent.abstract_stream import AbstractStream
from airbyte_cdk.sources.streams.concurrent.availability_strategy import StreamAvailability
from airbyte_cdk.sources.streams.concurrent.cursor import Cursor
from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition

from acumatica_client.errors import AcumaticaError
from acumatica_client.record import Decoded
from source_acumatica.catalog.inquiries import InquiryReader
from source_acumatica.cdk.record_router import Outlet, Tap
from source_acumatica.errors import traced
from source_acumatica.fetch.entity_reader import EntityReader
from source_acumatica.sync.cursor import WindowCursor
from source_acumatica.sync.progress import Tally, reading
from source_acumatica.sync.worker import read_windows
from source_acumatica.windows.windows import Window

_log = logging.getLogger("airbyte.source-acumatica")


class _PagePartition(Partition):
    """Pages that leave through an outlet, as those of `stream` and of what is fetched with it."""

    def __init__(self, stream: str, number: int, outlet: Outlet | None) -> None:
        self._stream, self._number = stream, number
        self._outlet = outlet or Outlet([Tap(stream)], Tally([stream], clock=time.monotonic))

    @abstractmethod
    def _pages(self) -> Iterator[list[Decoded]]:
        """Goes on when the consumer has handed a page over. Raises AcumaticaError."""

    def read(self) -> Iterable[Any]:
        """Pages of records: the CDK's queue hands any message through as it is, so a page need not be its Record.

        Raises AirbyteTracedException.
        """
        try:
            with reading(self._outlet.tally):
                for records in self._pages():
                    yield from self._outlet.pages(records)
        except AcumaticaError as error:
            raise traced(error, self._stream) from error

    def to_slice(self) -> Mapping[str, Any] | None:
        return {"worker": self._number}

    def stream_name(self) -> str:
        return self._stream

    def __hash__(self) -> int:
        return hash((self._stream, self._number))


class ReadPartition(_PagePartition):
    """What one worker reads of one stream: the windows that fall to it, or everything where there are no windows.

    `number` tells apart the partitions of a stream, which share reader and cursor.
    """

    def __init__(
        self,
        stream: str,
        reader: EntityReader,
        *,
        cursor: WindowCursor | None = None,
        number: int = 0,
        outlet: Outlet | None = None,
    ) -> None:
        super().__init__(stream, number, outlet)
        self._reader, self._cursor = reader, cursor

    def _pages(self) -> Iterator[list[Decoded]]:
        return self._reader.read(Window()) if self._cursor is None else read_windows(self._reader, self._cursor)


class InquiryPartition(_PagePartition):
    """The one answer of an inquiry."""

    def __init__(self, stream: str, reader: InquiryReader, outlet: Outlet) -> None:
        super().__init__(stream, 0, outlet)
        self._reader = reader

    def _pages(self) -> Iterator[list[Decoded]]:
        return self._reader.pages()


class EntityStream(AbstractStream):
    """One stream of the core: its partitions come from a function, called once, by a worker."""

    def __init__(
        self,
        described: AirbyteStream,
        cursor: Cursor,
        *,
        cursor_field: str | None,
        partitions: Callable[[], Iterable[Partition]],
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
