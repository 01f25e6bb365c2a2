"""The commands of the source: read the files, run the source, write the lines."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any, cast

from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    DestinationSyncMode,
    Type,
)
from airbyte_cdk.utils.memory_monitor import MemoryMonitor

from acumatica_client.errors import SettingsError
from connector_runtime.command_line import Invocation
from connector_runtime.commands import announcer, checking, line_of, read_config, read_json, reporting_failures
from source_acumatica.cdk.messages import Lines
from source_acumatica.source import SourceAcumatica

_log = logging.getLogger("airbyte.source-acumatica")
# The monitor counts messages, and a page is one: at its usual 5000 it would look once in millions of records.
_PAGES_BETWEEN_LOOKS = 20
# Platforms know more of them than the CDK's models (`overwrite_dedup`), and only deduplication matters to a source.
_DESTINATION_MODES = frozenset(mode.value for mode in DestinationSyncMode)
_RESET = "Reset (refresh) the connection's streams once."


def _check(invocation: Invocation, config: Mapping[str, object]) -> AirbyteConnectionStatus:
    return _source(invocation).check(_log, config)


def _discover(invocation: Invocation) -> None:
    config = read_config(invocation)
    catalog = _source(invocation).discover(_log, config)
    invocation.output.write(line_of(AirbyteMessage(type=Type.CATALOG, catalog=catalog)))


def _read(invocation: Invocation) -> None:
    config, source, lines = read_config(invocation), _source(invocation), Lines()
    catalog, state = _catalog(invocation.arguments.catalog), _state(invocation.arguments.state, source)
    memory = MemoryMonitor(check_interval=_PAGES_BETWEEN_LOOKS)
    with closing(source.read_pages(config, catalog, state)) as messages:
        for message in messages:
            invocation.output.write(lines.of(message))
            invocation.interruption.raise_if_requested()
            memory.check_memory_usage()


COMMANDS = {
    "check": reporting_failures(checking(_check)),
    "discover": reporting_failures(_discover),
    "read": reporting_failures(_read),
}


def _source(invocation: Invocation) -> SourceAcumatica:
    return SourceAcumatica(announcer(invocation), invocation.interruption)


def _catalog(path: str) -> ConfiguredAirbyteCatalog:
    content = read_json(path, "catalog")
    with _as_settings_error("The configured catalog is not valid."):
        for entry in cast(Any, content)["streams"]:
            mode = entry.get("destination_sync_mode")
            if mode not in _DESTINATION_MODES:
                entry["destination_sync_mode"] = "append_dedup" if "dedup" in str(mode) else "append"
        return ConfiguredAirbyteCatalogSerializer.load(content)


def _state(path: str | None, source: SourceAcumatica) -> list[AirbyteStateMessage]:
    if not path:
        return []
    read_json(path, "state")
    with _as_settings_error("The saved state is not valid.", advice=_RESET):
        return source.read_state(path)


@contextmanager
def _as_settings_error(message: str, *, advice: str = "") -> Iterator[None]:
    """The CDK's loaders raise whatever the shape of the content leads to, each a matter of the given file."""
    try:
        yield
    except Exception as error:
        raise SettingsError(message, advice=advice, detail=str(error)[:500]) from error
