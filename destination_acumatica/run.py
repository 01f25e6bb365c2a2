"""The command line of the destination: `spec`, `check`, `discover`, `write`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from connector_runtime import command_line
from connector_runtime.command_line import Connector, Invocation
from connector_runtime.output import ByteStream
from destination_acumatica.specification import SPEC_FILE

if TYPE_CHECKING:
    from destination_acumatica.erp.endpoint import OpenEndpoint


def _commands() -> Mapping[str, Callable[[Invocation], int]]:
    from destination_acumatica.commands import commands

    return commands()


CONNECTOR = Connector(
    name="destination-acumatica",
    description="Airbyte destination for Acumatica ERP",
    spec=SPEC_FILE,
    files={
        "check": {"config": True},
        "discover": {"config": True},
        "write": {"config": True, "catalog": True},
    },
    load=_commands,
)


def main() -> NoReturn:
    """The console script."""
    command_line.main(CONNECTOR)


def run(
    arguments: Sequence[str],
    *,
    stdin: Iterable[bytes] = (),
    stdout: ByteStream,
    open_endpoint: OpenEndpoint | None = None,
) -> int:
    """One command in this process; the exit code. `open_endpoint` replaces the client."""
    connector = CONNECTOR
    if open_endpoint is not None:
        from destination_acumatica.commands import commands

        connector = replace(CONNECTOR, load=lambda: commands(open_endpoint))
    return command_line.run(connector, arguments, stdin=stdin, stdout=stdout)


if __name__ == "__main__":
    sys.exit(main())
