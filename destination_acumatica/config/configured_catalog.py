"""The configured catalog: streams with mode, key and columns.

It is read without the CDK's classes, because those fail on every sync mode they do not know; here an unknown mode is
an ordinary text that the plan refuses by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from acumatica_client.errors import SettingsError

Columns = Mapping[str, object]


class StreamName(NamedTuple):
    """What the protocol calls a stream descriptor."""

    name: str
    namespace: str | None = None

    def __str__(self) -> str:
        return f"{self.namespace}.{self.name}" if self.namespace else self.name


class StreamNames:
    """The names of the connection's streams, for messages that may name them with another namespace."""

    def __init__(self, streams: Iterable[StreamName] = ()) -> None:
        """No streams: every name is taken as it is."""
        self._streams = frozenset(streams)

    def resolve(self, name: StreamName) -> StreamName | None:
        """The stream that a message belongs to: that of its name and namespace, else the only one of its name."""
        if not self._streams or name in self._streams:
            return name
        alike = [one for one in self._streams if one.name == name.name]
        return alike[0] if len(alike) == 1 else None


class Stream(msgspec.Struct):
    """What the source says about a stream."""

    name: str
    namespace: str | None = None
    json_schema: dict[str, object] = msgspec.field(default_factory=dict)
    source_defined_primary_key: list[list[str]] | None = None


class ConfiguredStream(msgspec.Struct):
    """A stream of the connection and how it is to be written."""

    stream: Stream
    destination_sync_mode: str = ""
    sync_mode: str = ""
    primary_key: list[list[str]] | None = None
    minimum_generation_id: int | None = None
    sync_id: int | None = None
    destination_object_name: str | None = None

    @property
    def name(self) -> StreamName:
        return StreamName(self.stream.name, self.stream.namespace or None)

    @property
    def key_paths(self) -> list[list[str]]:
        """The key that the connection chose, or else the one that the source declares.

        UNVERIFIED: how the platform passes a matching key of several fields, which `discover` offers as one list
        of names. Both readings of it are taken, since a path into a column is never a key here.
        """
        chosen = self.primary_key or self.stream.source_defined_primary_key or []
        if self.destination_object_name and len(chosen) == 1:
            return [[part] for part in chosen[0]]
        return chosen

    @property
    def columns(self) -> Columns:
        """Column -> JSON schema; empty when the source does not say."""
        properties = self.stream.json_schema.get("properties")
        return properties if isinstance(properties, Mapping) else {}


class _Catalog(msgspec.Struct):
    streams: list[ConfiguredStream]


def read_catalog(text: bytes) -> list[ConfiguredStream]:
    """The streams of a configured catalog. Raises SettingsError for anything else."""
    try:
        return msgspec.json.decode(text, type=_Catalog).streams
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError("The configured catalog is not valid.", detail=str(error)) from error
