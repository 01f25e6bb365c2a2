"""The commands that need the CDK: read the files, run the source, write the lines. Decides only the exit code."""

from __future__ import annotations

import argparse
import json
import logging
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, cast

from airbyte_cdk.entrypoint import AirbyteEntrypoint
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    DestinationSyncMode,
    Type,
)
from airbyte_cdk.utils.memory_monitor import MemoryMonitor
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from acumatica_client.errors import AcumaticaError, SettingsError
from source_acumatica.cdk.messages import Lines, Messages, RecordPage
from source_acumatica.errors import traced
from source_acumatica.output import Output, logging_to
from source_acumatica.secret_rotation import control_line
from source_acumatica.source import SourceAcumatica

_log = logging.getLogger("airbyte.source-acumatica")
# The monitor counts messages, and a page is one: at its usual 5000 it would look once in millions of records.
_PAGES_BETWEEN_LOOKS = 20
# Platforms know more of them than the CDK's models (`overwrite_dedup`), and only deduplication matters to a source.
_DESTINATION_MODES = frozenset(mode.value for mode in DestinationSyncMode)


def execute(arguments: argparse.Namespace, out: BinaryIO) -> int:
    """Run `check`, `discover` or `read`; every failure becomes one TRACE line."""
    lines, output = Lines(), Output(out)

    def announce(config: dict[str, object]) -> None:
        output.write(control_line(config) + b"\n", flush=True)

    with logging_to(output, logging.DEBUG if arguments.debug else logging.INFO):
        try:
            with closing(_messages(arguments, SourceAcumatica(announce))) as messages:
                for message in messages:
                    output.write(lines.of(message), flush=not isinstance(message, RecordPage))
            return 0
        except AcumaticaError as error:
            failure: AirbyteTracedException = traced(error)
        except AirbyteTracedException as error:
            failure = error
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001  the last door: a defect of ours is told to the platform, with its trace
            failure = AirbyteTracedException.from_exception(error, message="The connector failed.")
        output.write(lines.of(failure.as_sanitized_airbyte_message()), flush=True)
        return 1


def _messages(arguments: argparse.Namespace, source: SourceAcumatica) -> Messages:
    config = _json_file(arguments.config, "configuration")
    if isinstance(config, dict):
        AirbyteEntrypoint.set_up_secret_filter(config, source.spec(_log).connectionSpecification)
    if arguments.command == "check":
        yield AirbyteMessage(type=Type.CONNECTION_STATUS, connectionStatus=source.check(_log, config))
    elif arguments.command == "discover":
        yield AirbyteMessage(type=Type.CATALOG, catalog=source.discover(_log, config))
    else:
        yield from _read(arguments, source, config)


def _read(arguments: argparse.Namespace, source: SourceAcumatica, config: dict[str, object]) -> Messages:
    catalog, state = _catalog(arguments.catalog), _state(arguments.state, source)
    memory = MemoryMonitor(check_interval=_PAGES_BETWEEN_LOOKS)
    with closing(source.read_pages(config, catalog, state)) as messages:
        for message in messages:
            yield message
            memory.check_memory_usage()


def _json_file(path: str, what: str) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"The {what} file {path} cannot be read: it is missing or not JSON.") from error
    return found


def _catalog(path: str) -> ConfiguredAirbyteCatalog:
    found = _json_file(path, "catalog")
    try:
        for entry in cast(Any, found)["streams"]:
            mode = entry.get("destination_sync_mode")
            if mode not in _DESTINATION_MODES:
                entry["destination_sync_mode"] = "append_dedup" if "dedup" in str(mode) else "append"
        return ConfiguredAirbyteCatalogSerializer.load(found)
    except Exception as error:
        raise SettingsError("The configured catalog is not valid.", detail=str(error)[:500]) from error


def _state(path: str | None, source: SourceAcumatica) -> list[AirbyteStateMessage]:
    if not path:
        return []
    _json_file(path, "state")
    try:
        return source.read_state(path)
    except Exception as error:
        raise SettingsError(
            "The saved state is not valid.", advice="Reset (refresh) the connection's streams once."
        ) from error
