"""The commands of the destination: read the files, run the operation, write the lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager

import orjson
from airbyte_cdk.models import AirbyteConnectionStatus, Status, StreamDescriptor

from acumatica_client.api.client import ConnectionSettings
from acumatica_client.errors import AcumaticaError
from connector_runtime.command_line import Invocation
from connector_runtime.commands import announcer, checking, read_bytes, read_config, reporting_failures
from connector_runtime.errors import traced
from connector_runtime.secret_rotation import Announce, with_secrets_handled
from destination_acumatica.erp.endpoint import Endpoint, OpenEndpoint
from destination_acumatica.operations import check_connection, discover_operations, open_client, write_records
from destination_acumatica.sync.outcome_handler import SyncFailed


def commands(open_endpoint: OpenEndpoint = open_client) -> Mapping[str, Callable[[Invocation], int]]:
    """The commands by name; `open_endpoint` opens what they talk to."""

    def check(invocation: Invocation, config: Mapping[str, object]) -> AirbyteConnectionStatus:
        opened = opener(open_endpoint, config, announcer(invocation))
        check_connection(config, open_endpoint=opened, interruption=invocation.interruption)
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def discover(invocation: Invocation) -> None:
        config = read_config(invocation)
        opened = opener(open_endpoint, config, announcer(invocation))
        catalog = discover_operations(config, open_endpoint=opened, interruption=invocation.interruption)
        # The CDK's messages have no place for this type yet.
        line = orjson.dumps({"type": "DESTINATION_CATALOG", "destination_catalog": catalog})
        invocation.output.write(line + b"\n")

    def write(invocation: Invocation) -> None:
        catalog, config = read_bytes(invocation.arguments.catalog, "catalog"), read_config(invocation)
        opened = opener(open_endpoint, config, announcer(invocation))
        states = write_records(
            config, catalog, invocation.lines, open_endpoint=opened, interruption=invocation.interruption
        )
        with failures_traced(), closing(states):
            for state in states:
                invocation.output.write(state + b"\n")

    return {
        "check": reporting_failures(checking(check)),
        "discover": reporting_failures(discover),
        "write": reporting_failures(write),
    }


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
