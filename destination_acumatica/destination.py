"""The destination as the CDK knows it, for its tools and tests: the same operations behind its messages."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import orjson
from airbyte_cdk.config_observation import emit_configuration_as_airbyte_control_message
from airbyte_cdk.destinations import Destination
from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteMessageSerializer,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    Status,
    StreamDescriptor,
)

from acumatica_client.api.client import ConnectionSettings
from acumatica_client.errors import AcumaticaError
from connector_runtime import command_line
from connector_runtime.commands import failed_status
from connector_runtime.errors import traced
from connector_runtime.secret_rotation import Announce, with_secrets_handled
from destination_acumatica.erp.endpoint import Endpoint, OpenEndpoint
from destination_acumatica.operations import check_connection, open_client, write_records
from destination_acumatica.run import CONNECTOR
from destination_acumatica.sync.outcome_handler import SyncFailed


class DestinationAcumatica(Destination):
    """Writes records into Acumatica ERP.

    The CDK's messages have no place for the `id` of a state and hold numbers as floats, so a platform must use `run`,
    which works on the lines as they come; `write` is for callers that speak in messages. `announce` sends a changed
    configuration (a new refresh token) to the platform; without one, it is printed as the CDK does.
    """

    def __init__(
        self,
        open_endpoint: OpenEndpoint = open_client,
        announce: Announce = emit_configuration_as_airbyte_control_message,
    ) -> None:
        self._open_endpoint, self._announce = open_endpoint, announce

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Log in once and out again. A failure is a status, never an exception."""
        try:
            check_connection(config, open_endpoint=self._opener(config))
        except AcumaticaError as error:
            return failed_status(error)
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def write(
        self,
        config: Mapping[str, Any],
        configured_catalog: ConfiguredAirbyteCatalog,
        input_messages: Iterable[AirbyteMessage],
    ) -> Iterator[AirbyteMessage]:
        """The states of the input. Raises AirbyteTracedException."""
        catalog = orjson.dumps(ConfiguredAirbyteCatalogSerializer.dump(configured_catalog))
        lines = (orjson.dumps(AirbyteMessageSerializer.dump(message)) for message in input_messages)
        with failures_traced():
            for line in write_records(config, catalog, lines, open_endpoint=self._opener(config)):
                yield AirbyteMessageSerializer.load(orjson.loads(line))

    def _opener(self, config: object) -> OpenEndpoint:
        return opener(self._open_endpoint, config, self._announce)

    def run(self, args: list[str]) -> None:
        """The command line, with its exit code."""
        sys.exit(command_line.run(CONNECTOR, args))


def opener(open_endpoint: OpenEndpoint, config: object, announce: Announce) -> OpenEndpoint:
    """Opens the endpoint so that new refresh tokens are announced and every other secret is masked."""

    def opened(connection: ConnectionSettings) -> Endpoint:
        return open_endpoint(with_secrets_handled(connection, config, announce))

    return opened


@contextmanager
def failures_traced() -> Iterator[None]:
    """A failure of a write as the platform's exception, with its stream where it has one."""
    try:
        yield
    except SyncFailed as failed:
        raise _traced_failure(failed) from failed
    except AcumaticaError as error:
        raise traced(error) from error


def _traced_failure(failed: SyncFailed) -> Exception:
    if failed.stream is None:
        return traced(failed.error)
    descriptor = StreamDescriptor(name=failed.stream.name, namespace=failed.stream.namespace)
    return traced(failed.error, descriptor, label=f"Stream {failed.stream}")
