"""Configured stream -> readable stream: joins catalog, incoming state and schema, refuses what cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

from airbyte_cdk.models import ConfiguredAirbyteCatalog, ConfiguredAirbyteStream, SyncMode
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager

from acumatica_client.client import AcumaticaClient
from acumatica_client.errors import AcumaticaError, SettingsError
from acumatica_client.schema import Access, EntitySchema
from source_acumatica.catalog import chosen_expansions, columns_of
from source_acumatica.cursor import Emit, WholeCursor, WindowCursor
from source_acumatica.reader import EntityReader, Reading
from source_acumatica.settings import SourceSettings
from source_acumatica.states import lower_bound
from source_acumatica.streams import EntityStream, ReadPartition

_WORKERS = 2  # of a stream at least: one may be writing a page out while another asks for the next


class StreamFactory:
    """Builds the configured streams. `refusals` holds, after `streams`, what cannot be read and why."""

    def __init__(
        self,
        client: AcumaticaClient,
        settings: SourceSettings,
        states: ConnectorStateManager,
        *,
        emit: Emit,
        clock: Callable[[], float],
    ) -> None:
        self._client, self._settings, self._states = client, settings, states
        self._emit, self._clock = emit, clock
        self.refusals: dict[str, AcumaticaError] = {}

    def streams(self, configured: ConfiguredAirbyteCatalog) -> list[EntityStream]:
        """Raises AcumaticaError when the endpoint itself cannot be read, or a stream is named twice."""
        names = Counter(entry.stream.name for entry in configured.streams)
        if twice := [name for name, count in names.items() if count > 1]:
            raise SettingsError(f"The configured catalog names {', '.join(twice)} more than once.")
        built = []
        self._client.schema()
        for entry in configured.streams:
            try:
                built.append(self._stream(entry))
            except SettingsError as error:
                self.refusals[entry.stream.name] = error
        return built

    def _stream(self, entry: ConfiguredAirbyteStream) -> EntityStream:
        entity = self._client.entity(entry.stream.name)
        if entity.access is not Access.LIST:
            raise SettingsError(
                f"{entity.name} is not a list of records: it is read with parameters ({entity.access.value})."
            )
        columns = columns_of(entry.stream.json_schema)
        expand = chosen_expansions(self._client.schema(), entity, columns)
        reader = EntityReader(self._client, Reading(entity, expand, page_size=self._settings.page_size))
        if entry.sync_mode == SyncMode.incremental:
            return self._windowed(entry, reader, self._cursor_field(entry, entity), refresh=False)
        if entity.cursor is not None:
            return self._windowed(entry, reader, entity.cursor, refresh=True)
        cursor, whole = WholeCursor([entity.name], emit=self._emit), ReadPartition(entity.name, reader)
        return EntityStream(entry.stream, cursor, cursor_field=None, partitions=lambda: (whole,))

    def _cursor_field(self, entry: ConfiguredAirbyteStream, entity: EntitySchema) -> str:
        field = entity.cursor
        if field is None or (entry.cursor_field or [field]) != [field]:
            raise SettingsError(
                f"{entity.name} cannot be read incrementally by {'.'.join(entry.cursor_field or ['(no cursor)'])}.",
                advice="Refresh the schema of the connection, or choose full refresh for this stream.",
            )
        return field

    def _windowed(
        self, entry: ConfiguredAirbyteStream, reader: EntityReader, field: str, *, refresh: bool
    ) -> EntityStream:
        name = reader.name
        state = self._states.get_stream_state(name, entry.stream.namespace)
        start = None if refresh else self._settings.start
        cursor = WindowCursor(
            [name],
            field,
            lower=lower_bound(state, field, start, refresh=refresh),
            lookback=self._settings.lookback,
            emit=self._emit,
            clock=self._clock,
            server_now=self._client.server_date,
            resumable_refresh=refresh,
        )
        workers = range(max(_WORKERS, self._settings.connection.sessions))
        partition = partial(ReadPartition, name, reader, cursor=cursor)
        return EntityStream(
            entry.stream, cursor, cursor_field=field, partitions=lambda: (partition(number=n) for n in workers)
        )
