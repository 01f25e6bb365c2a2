"""The commands of the destination: read the files, run the operation, write the lines."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import closing

import orjson
from airbyte_cdk.models import AirbyteConnectionStatus

from connector_runtime.command_line import Invocation
from connector_runtime.commands import announcer, checking, read_bytes, read_config, reporting_failures
from destination_acumatica.destination import DestinationAcumatica, failures_traced, opener
from destination_acumatica.erp.endpoint import OpenEndpoint
from destination_acumatica.operations import discover_operations, open_client, write_records

_log = logging.getLogger("airbyte.destination-acumatica")


def commands(open_endpoint: OpenEndpoint = open_client) -> Mapping[str, Callable[[Invocation], int]]:
    """The commands by name; `open_endpoint` opens what they talk to."""

    def check(invocation: Invocation, config: Mapping[str, object]) -> AirbyteConnectionStatus:
        return DestinationAcumatica(open_endpoint, announcer(invocation)).check(_log, config)

    def discover(invocation: Invocation) -> None:
        config = read_config(invocation)
        catalog = discover_operations(config, open_endpoint=opener(open_endpoint, config, announcer(invocation)))
        # The CDK's messages have no place for this type yet.
        line = orjson.dumps({"type": "DESTINATION_CATALOG", "destination_catalog": catalog})
        invocation.output.write(line + b"\n")

    def write(invocation: Invocation) -> None:
        catalog, config = read_bytes(invocation.arguments.catalog, "catalog"), read_config(invocation)
        opened = opener(open_endpoint, config, announcer(invocation))
        with (
            failures_traced(),
            closing(write_records(config, catalog, invocation.lines, open_endpoint=opened)) as states,
        ):
            for state in states:
                invocation.output.write(state + b"\n")

    return {
        "check": reporting_failures(checking(check)),
        "discover": reporting_failures(discover),
        "write": reporting_failures(write),
    }
