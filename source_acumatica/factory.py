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
from source_acumatica.cursor import Emit, WholeCursor, WindowCursor, lower_bound
from source_acumatica.reader import EntityReader, Reading
from source_acumatica.settings import SourceSettings
from source_acumatica.streams import EntityStream, WindowPartition
from source_acumatica.windows import Window


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
        reader = EntityReader(self._client, Reading(entity, expand, self._settings.page_size))
        incremental = entry.sync_mode == SyncMode.incremental
        return self._incremental(entry, entity, reader) if incremental else self._full_refresh(entry, entity, reader)

    def _incremental(self, entry: ConfiguredAirbyteStream, entity: EntitySchema, reader: EntityReader) -> EntityStream:
        field = entity.cursor
        if field is None or (entry.cursor_field or [field]) != [field]:
            raise SettingsError(
                f"{entity.name} cannot be read incrementally by {'.'.join(entry.cursor_field or ['(no cursor)'])}.",
                advice="Refresh the schema of the connection, or choose full refresh for this stream.",
            )
        state = self._states.get_stream_state(entity.name, entry.stream.namespace)
        cursor = WindowCursor(
            entity.name,
            field,
            lower=lower_bound(state, field, self._settings.start),
            lookback=self._settings.lookback,
            emit=self._emit,
            clock=self._clock,
            server_now=self._client.server_date,
        )
        partition = partial(WindowPartition, entity.name, reader, cursor=cursor, cursor_field=field)
        return EntityStream(
            entry.stream, cursor, cursor_field=field, partitions=lambda: map(partition, cursor.windows())
        )

    def _full_refresh(self, entry: ConfiguredAirbyteStream, entity: EntitySchema, reader: EntityReader) -> EntityStream:
        cursor = WholeCursor(entity.name, emit=self._emit)
        whole = WindowPartition(entity.name, reader, Window())
        return EntityStream(entry.stream, cursor, cursor_field=None, partitions=lambda: (whole,))
