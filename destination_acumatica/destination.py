"""The destination as a class of the CDK, for its tools and tests: the same operations behind its messages."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator, Mapping
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
)

from acumatica_client.errors import AcumaticaError
from connector_runtime import command_line
from connector_runtime.commands import failed_status
from connector_runtime.secret_rotation import Announce
from destination_acumatica.commands import failures_traced, opener
from destination_acumatica.erp.endpoint import OpenEndpoint
from destination_acumatica.operations import check_connection, open_client, write_records
from destination_acumatica.run import CONNECTOR


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
