"""The command line: `spec`, `check`, `discover`, `write` with the platform's arguments; protocol lines in and out.

`spec` is answered before the CDK is imported (over a second). Exit codes: 0 done, or a failed check that was told as a
status; 1 an error that was told as a TRACE, or nobody reads our output; 2 wrong arguments; 128 + n ended by signal n.
"""

from __future__ import annotations

import argparse
import errno
import io
import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from destination_acumatica.signals import Interrupted
from destination_acumatica.specification import spec

if TYPE_CHECKING:
    from destination_acumatica.write.endpoint import OpenEndpoint

_FILES = {"check": ("config",), "discover": ("config",), "write": ("config", "catalog")}


def main(
    argv: Sequence[str] | None = None,
    *,
    stdin: BinaryIO | None = None,
    stdout: BinaryIO | None = None,
    open_endpoint: OpenEndpoint | None = None,
) -> int:
    """The console script; the exit code. With streams of its own, as tests give it, it leaves the process alone."""
    arguments = _parse(sys.argv[1:] if argv is None else argv)
    code = _run(arguments, stdin, stdout or sys.stdout.buffer, open_endpoint)
    if stdout is None:
        _leave(code)
    return code


def _run(
    arguments: argparse.Namespace, stdin: BinaryIO | None, out: BinaryIO, open_endpoint: OpenEndpoint | None
) -> int:
    try:
        if arguments.command == "spec":
            out.write(json.dumps({"type": "SPEC", "spec": spec()}, separators=(",", ":")).encode() + b"\n")
            out.flush()
            return 0
        from destination_acumatica.commands import execute

        return execute(arguments, _standard_input() if stdin is None else stdin, out, open_endpoint)
    except BrokenPipeError:
        return 1  # nobody reads any more; there is no one to tell
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.stderr.write(f"The output cannot be written: {error.strerror}.\n")  # no protocol line would fit either
        return 1
    except Interrupted as interrupted:
        return interrupted.exit_code
    except KeyboardInterrupt:
        return 130  # while modules were still being loaded: nothing was open yet


def _standard_input() -> Iterator[bytes]:
    """The lines of stdin, opened when they are first wanted, in a buffer of its own: the reader thread may hold the
    buffer's lock for ever, and the interpreter wants that of `sys.stdin` when it ends."""
    with io.BufferedReader(io.FileIO(0, closefd=False)) as lines:
        yield from lines


def _leave(code: int) -> None:
    """End the process at once where the interpreter would linger.

    Hazard: a worker may be inside a request that lasts minutes, and the interpreter waits for its threads; after a
    broken pipe it tries to flush stdout once more and complains. The seats are given back and every line is flushed
    by now, so there is nothing left to wait for.
    """
    sys.stderr.flush()
    if code or threading.active_count() > 1:
        os._exit(code)


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="destination-acumatica", description="Airbyte destination for Acumatica ERP")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("spec", help="print the specification of the configuration")
    for name, files in _FILES.items():
        command = commands.add_parser(name)
        for file in files:
            command.add_argument(f"--{file}", required=True, help=f"path of the {file}, a JSON file")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
