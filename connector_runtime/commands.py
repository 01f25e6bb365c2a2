"""What the commands of both connectors share: reading their files, and one TRACE for every failure."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import orjson
from airbyte_cdk.models import AirbyteConnectionStatus, AirbyteMessage, AirbyteMessageSerializer, Status, Type
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from acumatica_client.errors import AcumaticaError, SettingsError
from connector_runtime.command_line import Invocation
from connector_runtime.errors import defect, traced
from connector_runtime.protocol_log import logging_to
from connector_runtime.secret_rotation import control_line, mask_secrets
from connector_runtime.signals import Interrupted
from connector_runtime.spec import connection_schema

Operation = Callable[[Invocation], None]


def reporting_failures(operation: Operation) -> Callable[[Invocation], int]:
    """The command that runs an operation, with the log in its output; the exit code.

    Raises BrokenPipeError, Interrupted.
    """

    def command(invocation: Invocation) -> int:
        with logging_to(invocation.output, logging.DEBUG if invocation.arguments.debug else logging.INFO):
            try:
                operation(invocation)
            except AcumaticaError as error:
                failure: AirbyteTracedException = traced(error)
            except AirbyteTracedException as error:
                failure = error
            except (BrokenPipeError, Interrupted):
                raise
            except Exception as error:  # noqa: BLE001  a defect of the connector is reported to the platform
                failure = defect(error)
            else:
                return 0
            invocation.output.write(line_of(failure.as_sanitized_airbyte_message()))
            return 1

    return command


def checking(check: Callable[[Invocation, Mapping[str, object]], AirbyteConnectionStatus]) -> Operation:
    """The operation `check`: its result is a status, also when the configuration cannot be read."""

    def operation(invocation: Invocation) -> None:
        try:
            status = check(invocation, read_config(invocation))
        except AcumaticaError as error:
            status = failed_status(error)
        invocation.output.write(line_of(AirbyteMessage(type=Type.CONNECTION_STATUS, connectionStatus=status)))

    return operation


def failed_status(error: AcumaticaError) -> AirbyteConnectionStatus:
    """The status of a check that failed, secrets masked."""
    return AirbyteConnectionStatus(status=Status.FAILED, message=filter_secrets(error.sentence()))


def read_config(invocation: Invocation) -> dict[str, object]:
    """The configuration. Its secrets are masked in every message from here on. Raises SettingsError."""
    config = read_json(invocation.arguments.config, "configuration")
    mask_secrets(config, connection_schema(invocation.connector.spec))
    return config


def read_json(path: str, what: str) -> dict[str, object]:
    """The content of a file of the command line. Raises SettingsError.

    The type is what the caller expects; its validation is up to the caller.
    """
    try:
        content: dict[str, object] = json.loads(read_bytes(path, what))
    except ValueError as error:
        raise SettingsError(f"The {what} file {path} is not JSON.") from error
    return content


def read_bytes(path: str, what: str) -> bytes:
    """The bytes of a file of the command line. Raises SettingsError."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise SettingsError(f"The {what} file {path} cannot be read.") from error


def announcer(invocation: Invocation) -> Callable[[dict[str, object]], None]:
    """Sends a changed configuration to the platform; returns when it is out."""
    return lambda config: invocation.output.write(control_line(config))


def line_of(message: AirbyteMessage) -> bytes:
    """A message as a protocol line."""
    return orjson.dumps(AirbyteMessageSerializer.dump(message)) + b"\n"
