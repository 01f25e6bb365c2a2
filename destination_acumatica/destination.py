"""The destination as the CDK knows it, for its tools and tests: the same operations behind its messages."""

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
from destination_acumatica.errors import traced
from destination_acumatica.operations import check_connection, open_client, write_records
from destination_acumatica.run import main
from destination_acumatica.secret_rotation import with_secrets_handled
from destination_acumatica.sync.task import SyncFailed
from destination_acumatica.write.endpoint import OpenEndpoint


class DestinationAcumatica(Destination):
    """Writes records into Acumatica ERP.

    The CDK's messages have no place for the `id` of a state and hold numbers as floats, so a platform must use `run`,
    which works on the lines as they come; `write` is for callers that speak in messages. A changed configuration (a new
    refresh token) is printed at once, as the CDK does.
    """

    def __init__(self, open_endpoint: OpenEndpoint = open_client) -> None:
        self._open_endpoint = open_endpoint

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Signs in once and out again; a failure is a status, never an exception."""
        try:
            check_connection(config, open_endpoint=self._opener(config))
        except AcumaticaError as error:
            return AirbyteConnectionStatus(status=Status.FAILED, message=error.sentence())
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
        try:
            for line in write_records(config, catalog, lines, open_endpoint=self._opener(config)):
                yield AirbyteMessageSerializer.load(orjson.loads(line))
        except SyncFailed as failed:
            raise traced(failed.error, failed.stream) from failed
        except AcumaticaError as error:
            raise traced(error) from error

    def _opener(self, config: object) -> OpenEndpoint:
        return with_secrets_handled(self._open_endpoint, config, emit_configuration_as_airbyte_control_message)

    def run(self, args: list[str]) -> None:
        """The command line, with its exit code."""
        sys.exit(main(args))
