"""The command line of a connector, as the platform calls it: `spec`, and commands with paths of JSON files.

Exit codes: 0 done, or a failed check that was reported as a status; 1 an error that was reported as a TRACE, or an
output that nothing can be written to; 2 wrong arguments; 128 + n ended by signal n.

The CDK takes over a second to import, so it is loaded only by the commands that need it: not for `spec` and `--help`.
"""

from __future__ import annotations

import argparse
import errno
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from connector_runtime.output import ByteStream, Output, StandardOutput
from connector_runtime.signals import Interrupted, Interruption, catch_signals
from connector_runtime.spec import load_spec
from connector_runtime.version import connector_version

_FAILED = 1


@dataclass(frozen=True)
class Connector:
    """What the command line has to know about a connector.

    `files` names the JSON files of each command: True where the file is required. `load` imports what runs the commands
    and returns them by name; each returns its exit code.
    """

    name: str
    description: str
    spec: Path
    files: Mapping[str, Mapping[str, bool]]
    load: Callable[[], Mapping[str, Callable[[Invocation], int]]]


@dataclass(frozen=True)
class Invocation:
    """One call of a command. `lines` is the input; it is read only by a command that wants it."""

    connector: Connector
    arguments: argparse.Namespace
    output: Output
    interruption: Interruption
    lines: Iterable[bytes] = field(default=())


def main(connector: Connector) -> NoReturn:
    """The console script. Ends the process at once, whatever its threads are doing.

    Hazard: a worker may be inside a request that lasts minutes, and the interpreter waits for its threads. By now the
    sessions are logged out and every line is written, so nothing is left to wait for.
    """
    code = run(connector, sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)


def run(
    connector: Connector,
    arguments: Sequence[str],
    *,
    stdin: Iterable[bytes] | None = None,
    stdout: ByteStream | None = None,
) -> int:
    """Run one command; the exit code. Raises SystemExit for wrong arguments and `--help`."""
    parsed = _parse(connector, arguments)
    with catch_signals() as interruption:
        output = Output(StandardOutput(interruption) if stdout is None else stdout)
        lines = _standard_input() if stdin is None else stdin
        try:
            return _dispatch(Invocation(connector, parsed, output, interruption, lines))
        except BrokenPipeError:
            return _FAILED  # no reader is left to report to
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            sys.stderr.write(f"The output cannot be written: {error.strerror}.\n")  # no protocol line would fit either
            return _FAILED
        except Interrupted as interrupted:
            return interrupted.exit_code


def _dispatch(invocation: Invocation) -> int:
    connector, command = invocation.connector, invocation.arguments.command
    if command == "spec":
        message = {"type": "SPEC", "spec": load_spec(connector.spec)}
        invocation.output.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
        return 0
    commands = connector.load()
    invocation.interruption.raise_if_requested()  # a signal while modules were loaded
    return commands[command](invocation)


def _parse(connector: Connector, arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=connector.name, description=connector.description)
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("spec", help="print the specification of the configuration")
    for name, files in connector.files.items():
        command = commands.add_parser(name)
        for file, required in files.items():
            command.add_argument(f"--{file}", required=required, help=f"path of the {file}, a JSON file")
    for command in commands.choices.values():
        command.add_argument("--debug", action="store_true", help="log more")
    return parser.parse_args(arguments)


class _ShowVersion(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        sys.stdout.write(f"{parser.prog} {connector_version()}\n")
        parser.exit()


def _standard_input() -> Iterator[bytes]:
    """The lines of stdin, opened when the first is read.

    Hazard: the thread that reads may keep the lock of its buffer for good, and the interpreter takes that of
    `sys.stdin` when it ends. So the lines have a buffer of their own.
    """
    with io.BufferedReader(io.FileIO(0, closefd=False)) as lines:
        yield from lines
