"""Catalogs and states of the platform <-> the connector's own values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteStateMessage,
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
)
from airbyte_cdk.sources.connector_state_manager import ConnectorStateManager

from acumatica_client.errors import SettingsError
from source_acumatica.catalog.stream_schema import StreamDescription
from source_acumatica.selection.column_selection import columns_of
from source_acumatica.selection.stream_groups import ConfiguredStream


def airbyte_catalog(streams: Iterable[StreamDescription]) -> AirbyteCatalog:
    """What discovery answers."""
    return AirbyteCatalog(streams=[_airbyte_stream(stream) for stream in streams])


def _airbyte_stream(stream: StreamDescription) -> AirbyteStream:
    cursor = stream.cursor
    return AirbyteStream(
        name=stream.name,
        json_schema=stream.json_schema,
        supported_sync_modes=[SyncMode.full_refresh, *([SyncMode.incremental] if cursor else [])],
        source_defined_cursor=True if cursor else None,
        default_cursor_field=[cursor] if cursor else None,
        source_defined_primary_key=[[column] for column in stream.primary_key] or None,
        is_resumable=cursor is not None,
    )


def configured_streams(catalog: ConfiguredAirbyteCatalog) -> list[ConfiguredStream]:
    """What the platform asks for, in its order."""
    return [_configured_stream(entry) for entry in catalog.streams]


def _configured_stream(entry: ConfiguredAirbyteStream) -> ConfiguredStream:
    return ConfiguredStream(
        entry.stream.name,
        columns_of(entry.stream.json_schema),
        incremental=entry.sync_mode == SyncMode.incremental,
        cursor_field=tuple(entry.cursor_field or ()),
        deduplicated=entry.destination_sync_mode == DestinationSyncMode.append_dedup,
    )


def namespaces(catalog: ConfiguredAirbyteCatalog) -> Mapping[str, str]:
    """The namespaces of the configured streams that have one. Discovery gives none."""
    return {entry.stream.name: entry.stream.namespace for entry in catalog.streams if entry.stream.namespace}


class SavedStates:
    """The states that the platform saved. Raises SettingsError for a shared state, or a state without its stream."""

    def __init__(self, state: list[AirbyteStateMessage] | None, spaces: Mapping[str, str]) -> None:
        self._spaces = spaces
        try:
            self._states = ConnectorStateManager(state)
        except (AttributeError, TypeError, ValueError) as error:
            raise SettingsError(
                "The saved state is not one of this connector.",
                advice="Reset (refresh) the connection's streams once.",
                detail=str(error),
            ) from error

    def of(self, stream: str) -> Mapping[str, object]:
        """The state of a stream, empty when there is none."""
        return self._states.get_stream_state(stream, self._spaces.get(stream))
