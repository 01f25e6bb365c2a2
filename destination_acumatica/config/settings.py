"""The settings of the destination, read from the raw configuration once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acumatica_client.api.client import ConnectionSettings
from acumatica_client.api.connection_form import Form, check_form, connection_settings
from acumatica_client.errors import SettingsError
from destination_acumatica.config.reject_settings import (
    Limits,
    OnRecordError,
    RejectsSettings,
    reject_limits,
    rejects_settings,
)
from destination_acumatica.config.stream_form import name_in, objects, stream_settings
from destination_acumatica.config.stream_settings import StreamSettings
from destination_acumatica.specification import connection_specification

__all__ = ["DestinationSettings", "OnRecordError", "StreamSettings", "destination_settings"]

USER_AGENT = "airbyte-destination-acumatica"


@dataclass(frozen=True)
class DestinationSettings:
    """`streams` by the stream's name; a stream that is absent goes to the entity of its own name. `order` are names of
    streams, each to be written before the next."""

    connection: ConnectionSettings
    streams: Mapping[str, StreamSettings]
    limits: Limits = Limits()
    rejects: RejectsSettings = RejectsSettings()
    order: tuple[str, ...] = ()
    dry_run: bool = False


def destination_settings(config: object) -> DestinationSettings:
    """Raises SettingsError with one sentence when the configuration breaks the specification."""
    form = check_form(config, connection_specification())
    return DestinationSettings(
        connection=connection_settings(form, user_agent=USER_AGENT),
        streams=_streams(form),
        limits=reject_limits(form),
        rejects=rejects_settings(form),
        order=_order(form),
        dry_run=form.get("dry_run") is True,
    )


def _order(form: Form) -> tuple[str, ...]:
    named = form.get("stream_order")
    order = tuple(map(str, named)) if isinstance(named, list) else ()
    for name in order:
        if order.count(name) > 1:
            raise SettingsError(f"The setting Order of streams names the stream {name} twice.")
    return order


def _streams(form: Form) -> dict[str, StreamSettings]:
    found: dict[str, StreamSettings] = {}
    for entry in objects(form, "streams"):
        name = name_in(entry, "stream")
        if name in found:
            raise SettingsError(f"The setting Streams names the stream {name} twice.")
        found[name] = stream_settings(entry)
    _check_lines(found)
    return found


def _check_lines(streams: Mapping[str, StreamSettings]) -> None:
    """A stream of lines belongs to one detail of one other stream, and is nothing by itself."""
    seen: set[object] = set()
    for name, settings in streams.items():
        for one in settings.lines_from:
            if one.stream in streams:
                raise SettingsError(
                    f"The setting Streams has an entry for the stream {one.stream}, which gives lines of {name}: it is "
                    "written with its documents and needs none."
                )
            if one.stream in seen or (name, one.detail) in seen:
                raise SettingsError(
                    f"The setting Lines from other streams names the stream {one.stream} twice, or two streams for "
                    f"{one.detail} of {name}."
                )
            seen |= {one.stream, (name, one.detail)}
