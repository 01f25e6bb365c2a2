"""The command line of the source: `spec`, `check`, `discover`, `read`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from connector_runtime import command_line
from connector_runtime.command_line import Connector, Invocation
from connector_runtime.output import ByteStream
from source_acumatica.specification import SPEC_FILE


def _commands() -> Mapping[str, Callable[[Invocation], int]]:
    from source_acumatica.commands import COMMANDS

    return COMMANDS


CONNECTOR = Connector(
    name="source-acumatica",
    description="Airbyte source for Acumatica ERP",
    spec=SPEC_FILE,
    files={
        "check": {"config": True},
        "discover": {"config": True},
        "read": {"config": True, "catalog": True, "state": False},
    },
    load=_commands,
)


def main() -> NoReturn:
    """The console script."""
    command_line.main(CONNECTOR)


def run(arguments: Sequence[str], out: ByteStream) -> int:
    """One command in this process; the exit code."""
    return command_line.run(CONNECTOR, arguments, stdin=(), stdout=out)


if __name__ == "__main__":
    sys.exit(main())
