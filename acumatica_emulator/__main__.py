"""Knows the command line of the emulator; knows nothing of how requests are answered."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
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
    parser.add_argument("--user", action="append", default=[], metavar="NAME:PASSWORD", help="a further user")
    parser.add_argument("--seats", type=int, default=2, help="API sessions the license allows (default: 2)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of all records (default: 1)")
    parser.add_argument(
        "--scale", type=int, default=0, metavar="N", help="N sales orders in each seeded tenant, made on demand"
    )
    parser.add_argument("--set", action="append", default=[], metavar="SWITCH=VALUE", help="set a switch")
    return parser


def _emulator(arguments: argparse.Namespace) -> Emulator:
    users = dict(pair.split(":", 1) for pair in ["admin:secret", *arguments.user])
    behavior = dict(pair.split("=", 1) for pair in arguments.set)
    return Emulator(
        arguments.tenant or ["Company"],
        empty_tenants=arguments.empty_tenant,
        users=users,
        seed=arguments.seed,
        scale=arguments.scale,
        port=arguments.port,
        **{"seats": arguments.seats, **behavior},
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Serves until a signal comes. The exit code is 1 if the clients left a defect behind."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        emulator = _emulator(arguments)
    except (UnknownSwitch, BadSwitchValue) as error:
        parser.error(f"--set: {type(error).__name__}: {error}")
    emulator.start()
    sys.stdout.write(f"ready {emulator.url}\n")
    sys.stdout.flush()
    ended.wait()
    defects = emulator.stop().defects
    for defect in defects:
        sys.stderr.write(f"{defect}\n")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
