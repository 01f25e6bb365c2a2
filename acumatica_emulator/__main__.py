"""The command line of the emulator."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import fields

from acumatica_emulator.emulator import Emulator
from acumatica_emulator.site.behavior import BadSwitchValue, Behavior, UnknownSwitch


def _parser() -> argparse.ArgumentParser:
    names = ", ".join(sorted(each.name for each in fields(Behavior)))
    parser = argparse.ArgumentParser(
        prog="python -m acumatica_emulator",
        description="A stand-in Acumatica ERP instance on 127.0.0.1. User admin, password secret.",
        epilog=f"Switches: {names}. Orders over HTTP: see GET /_emulator/report.",
    )
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one (default)")
    parser.add_argument(
        "--tenant", action="append", metavar="NAME", help="a seeded tenant; may be repeated (default: Company)"
    )
    parser.add_argument(
        "--empty-tenant",
        action="append",
        default=[],
        metavar="NAME",
        help="a tenant with setup and items, but no business yet",
    )
    parser.add_argument(
        "--user", action="append", default=[], type=_pair(":"), metavar="NAME:PASSWORD", help="a further user"
    )
    parser.add_argument("--seats", type=int, default=2, help="API sessions the license allows (default: 2)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of all records (default: 1)")
    parser.add_argument(
        "--scale", type=int, default=0, metavar="N", help="N sales orders in each seeded tenant, made on demand"
    )
    parser.add_argument(
        "--set", action="append", default=[], type=_pair("="), metavar="SWITCH=VALUE", help="set a switch"
    )
    return parser


def _pair(separator: str) -> Callable[[str], tuple[str, str]]:
    """A reader of arguments of two parts."""

    def read(text: str) -> tuple[str, str]:
        name, found, value = text.partition(separator)
        if not name or not found:
            raise argparse.ArgumentTypeError(f"'{text}' has no '{separator}' between its two parts")
        return name, value

    return read


def _emulator(arguments: argparse.Namespace) -> Emulator:
    return Emulator(
        arguments.tenant or ["Company"],
        empty_tenants=arguments.empty_tenant,
        users=dict([("admin", "secret"), *arguments.user]),
        seed=arguments.seed,
        scale=arguments.scale,
        port=arguments.port,
        **{"seats": arguments.seats, **dict(arguments.set)},
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Exit code 1: the clients left a defect behind; 2: the arguments cannot be used."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        emulator = _emulator(arguments).start()
    except (UnknownSwitch, BadSwitchValue) as error:
        parser.exit(2, f"--set: {error}\n")
    except (OSError, OverflowError) as error:
        parser.exit(2, f"--port {arguments.port}: {_port_problem(error)}; --port 0 takes a free port.\n")
    sys.stdout.write(f"ready {emulator.url}\n")
    sys.stdout.flush()
    ended.wait()
    defects = emulator.stop().defects
    for defect in defects:
        sys.stderr.write(f"{defect}\n")
    return 1 if defects else 0


def _port_problem(error: OSError | OverflowError) -> str:
    if isinstance(error, OverflowError):
        return "there are no such ports"
    return "the port is in use by another program" if error.errno == errno.EADDRINUSE else str(error)


if __name__ == "__main__":
    sys.exit(main())
