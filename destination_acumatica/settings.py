"""What the user filled in, as typed settings. The one place that reads the raw configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from acumatica_client.client import ConnectionSettings
from acumatica_client.errors import SettingsError
from acumatica_client.form import Form, check_form, connection_settings, text
from destination_acumatica.specification import connection_specification

USER_AGENT = "airbyte-destination-acumatica"

OnRecordError = Literal["fail", "skip"]


@dataclass(frozen=True)
class StreamSettings:
    """Where a stream goes; `renames` maps a column to a member of the entity."""

    stream: str
    entity: str
    renames: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DestinationSettings:
    """`streams` by the stream's name; a stream that is absent goes to the entity of its own name."""

    connection: ConnectionSettings
    streams: Mapping[str, StreamSettings]
    on_record_error: OnRecordError = "fail"


def destination_settings(config: object) -> DestinationSettings:
    """Raises SettingsError with one sentence when the configuration breaks the specification."""
    form = check_form(config, connection_specification())
    return DestinationSettings(
        connection=connection_settings(form, user_agent=USER_AGENT),
        streams=_streams(form),
        on_record_error=cast(OnRecordError, text(form, "on_record_error") or "fail"),
    )


def _streams(form: Form) -> dict[str, StreamSettings]:
    found: dict[str, StreamSettings] = {}
    for entry in _objects(form, "streams"):
        name = text(entry, "stream")
        if name in found:
            raise SettingsError(f"The setting Streams names the stream {name} twice.")
        found[name] = StreamSettings(name, text(entry, "entity"), _renames(entry, name))
    return found


def _renames(entry: Form, stream: str) -> dict[str, str]:
    renames: dict[str, str] = {}
    for pair in _objects(entry, "fields"):
        column = text(pair, "from")
        if column in renames:
            raise SettingsError(f"The setting Streams renames the column {column} of the stream {stream} twice.")
        renames[column] = text(pair, "to")
    return renames


def _objects(form: Form, name: str) -> Iterator[Form]:
    entries = form.get(name)
    return (entry for entry in entries if isinstance(entry, Mapping)) if isinstance(entries, list) else iter(())
