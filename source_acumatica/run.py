"""The command line: `spec`, `check`, `discover`, `read` with the platform's arguments; protocol lines on stdout.

`spec` is answered before the CDK is imported (1.5 s). Exit codes: 0 done, or a failed check that was told as a status;
1 an error that was told as a TRACE; 128 + n ended by signal n.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import BinaryIO, NoReturn

from source_acumatica.specification import spec

_COMMANDS = {"check": ("config",), "discover": ("config",), "read": ("config", "catalog")}


class Ended(SystemExit):
    """A signal asked the process to end."""


def main() -> NoReturn:
    """The console script. Ends the process by itself.

    Workers may be inside a request that lasts minutes, and the interpreter waits for its threads: the seats are given
    back by then and the output is flushed, so the process leaves without waiting.
    """
    _on_signals(_leave)
    code = run(sys.argv[1:], sys.stdout.buffer, loaded=partial(_on_signals, _end))
    sys.stderr.flush()
    os._exit(code)


def run(arguments: Sequence[str], out: BinaryIO, *, loaded: Callable[[], None] = lambda: None) -> int:
    """One command; the exit code. `loaded` is called when every module is there and the work begins."""
    try:
        code = _dispatch(_parse(arguments), out, loaded)
        out.flush()
    except BrokenPipeError:
        return 1  # nobody reads any more; there is no one to tell
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.stderr.write(f"The output cannot be written: {error.strerror}.\n")  # no protocol line would fit either
        return 1
    except Ended as ended:
        return int(ended.code or 0)
    return code


def _dispatch(arguments: argparse.Namespace, out: BinaryIO, loaded: Callable[[], None]) -> int:
    if arguments.command == "spec":
        out.write(json.dumps({"type": "SPEC", "spec": spec()}, separators=(",", ":")).encode() + b"\n")
        return 0
    from source_acumatica.commands import execute

    loaded()
    return execute(arguments, out)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="source-acumatica", description="Airbyte source for Acumatica ERP")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("spec", help="print the specification of the configuration").add_argument(
        "--debug", action="store_true"
    )
    for name, files in _COMMANDS.items():
        command = commands.add_parser(name)
        command.add_argument("--debug", action="store_true", help="say more in the log")
        for file in files:
            command.add_argument(f"--{file}", required=True, help=f"path of the {file}, a JSON file")
    commands.choices["read"].add_argument("--state", help="path of the state, a JSON file")
    return parser.parse_args(arguments)


def _on_signals(handler: Callable[[int, FrameType | None], NoReturn]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    """While modules are loaded nothing is open yet; an exception in the middle of that can crash compiled modules."""
    os._exit(128 + number)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # once is enough: the seats are being given back
    raise Ended(128 + number)


if __name__ == "__main__":
    main()
