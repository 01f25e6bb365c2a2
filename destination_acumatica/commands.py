"""The commands that need the CDK: read the files, run the operation, write the lines. Decides only the exit code."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import orjson
from airbyte_cdk.models import AirbyteConnectionStatus, AirbyteMessage, Status, Type
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets, get_secrets, update_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from acumatica_client.errors import AcumaticaError, SettingsError
from destination_acumatica.errors import defect, traced
from destination_acumatica.operations import check_connection, discover_operations, open_client, write_records
from destination_acumatica.output import Output, logging_to
from destination_acumatica.secret_rotation import control_line, with_secrets_handled
from destination_acumatica.signals import Interrupted
from destination_acumatica.specification import connection_specification
from destination_acumatica.sync.task import SyncFailed
from destination_acumatica.write.endpoint import OpenEndpoint

_DONE, _TOLD = 0, 1


def execute(
    arguments: argparse.Namespace, lines: Iterable[bytes], out: BinaryIO, open_endpoint: OpenEndpoint | None = None
) -> int:
    """Run a command; the exit code. Every failure becomes one line. Raises BrokenPipeError, Interrupted."""
    output = Output(out)
    run = _COMMANDS[arguments.command]
    with logging_to(output):
        try:
            return run(arguments, lines, output, open_endpoint or open_client)
        except SyncFailed as failed:
            return _tell(traced(failed.error, failed.stream), output)
        except AcumaticaError as error:
            return _tell(traced(error), output)
        except (BrokenPipeError, Interrupted):
            raise
        except Exception as error:  # noqa: BLE001  the last door: a defect of ours is told to the platform
            return _tell(defect(error), output)


def _check(arguments: argparse.Namespace, _lines: Iterable[bytes], output: Output, open_endpoint: OpenEndpoint) -> int:
    status = AirbyteConnectionStatus(status=Status.SUCCEEDED)
    try:
        with _configuration(arguments.config) as config:
            check_connection(config, open_endpoint=_telling(open_endpoint, config, output))
    except AcumaticaError as error:
        status = AirbyteConnectionStatus(status=Status.FAILED, message=filter_secrets(error.sentence()))
    output.message(AirbyteMessage(type=Type.CONNECTION_STATUS, connectionStatus=status))
    return _DONE


def _write(arguments: argparse.Namespace, lines: Iterable[bytes], output: Output, open_endpoint: OpenEndpoint) -> int:
    catalog = _file(arguments.catalog, "catalog")
    with (
        _configuration(arguments.config) as config,
        closing(write_records(config, catalog, lines, open_endpoint=_telling(open_endpoint, config, output))) as states,
    ):
        for state in states:
            output.write(state)
    return _DONE


def _discover(
    arguments: argparse.Namespace, _lines: Iterable[bytes], output: Output, open_endpoint: OpenEndpoint
) -> int:
    with _configuration(arguments.config) as config:
        catalog = discover_operations(config, open_endpoint=_telling(open_endpoint, config, output))
    # The CDK's messages have no place for this type yet.
    output.write(orjson.dumps({"type": "DESTINATION_CATALOG", "destination_catalog": catalog}))
    return _DONE


_Command = Callable[[argparse.Namespace, Iterable[bytes], Output, OpenEndpoint], int]
_COMMANDS: Mapping[str, _Command] = {"check": _check, "discover": _discover, "write": _write}


def _telling(open_endpoint: OpenEndpoint, config: object, output: Output) -> OpenEndpoint:
    """Opens the endpoint so that a new refresh token is told at once, and every other secret is masked."""
    return with_secrets_handled(open_endpoint, config, lambda renewed: output.write(control_line(renewed)))


@contextmanager
def _configuration(path: str) -> Iterator[object]:
    """The configuration; its secrets are masked in every message from here on."""
    try:
        config: object = json.loads(_file(path, "configuration"))
    except ValueError as error:
        raise SettingsError(f"The configuration file {path} is not JSON.") from error
    update_secrets(get_secrets(connection_specification(), config) if isinstance(config, Mapping) else [])
    yield config


def _file(path: str, what: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SettingsError(f"The {what} file {path} cannot be read.") from error


def _tell(failure: AirbyteTracedException, output: Output) -> int:
    message = failure.as_sanitized_airbyte_message()
    if message.trace is not None and message.trace.error is not None:
        message.trace.error.stack_trace = None  # the sentence says it; a trace may quote a record
    output.message(message)
    return _TOLD
