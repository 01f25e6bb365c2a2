"""A member of a pool as a process of its own: takes leases, says when it has one, and ends or dies as ordered.

    member_process.py keep  <place> <size> <life>            one lease until stdin ends; says "taken" or why not
    member_process.py cycle <place> <size> <life> <seconds>  leases one after another; says when it had each

`place` is a directory or a Redis URL; `life` in seconds is how long Redis keeps a lease that is not renewed. With a
user id in the environment variable MEMBER_UID it becomes that user first, with a umask that gives nothing to others.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from acumatica_client.errors import AcumaticaError
from acumatica_client.session.lease_files import DirectorySeats
from acumatica_client.session.lease_redis import RedisSeats
from acumatica_client.session.pool_member import PoolMember, Seats


def seats_in(place: str, life: float) -> Seats:
    if "://" in place:
        return RedisSeats(place, "main", life=life, margin=life / 5)
    return DirectorySeats(Path(place), "main")


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def keep(member: PoolMember) -> None:
    try:
        lease = member.take()
    except AcumaticaError as error:
        return say(error.sentence())
    say("taken")
    sys.stdin.read()
    lease.release()
    return None


def cycle(member: PoolMember, seconds: float) -> None:
    until, rng = time.monotonic() + seconds, random.Random(os.getpid())
    while time.monotonic() < until:
        try:
            lease = member.take()
        except AcumaticaError:
            time.sleep(rng.random() / 200)
            continue
        since = time.monotonic()
        time.sleep(rng.random() / 50)
        say(since, time.monotonic())
        lease.release()
        time.sleep(rng.random() / 500)


def become(uid: int) -> None:
    os.umask(0o077)
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def main(command: str, place: str, size: str, life: str, seconds: str = "0") -> None:
    if "MEMBER_UID" in os.environ:
        become(int(os.environ["MEMBER_UID"]))
    member = PoolMember("main", int(size), seats_in(place, float(life)))
    if command == "keep":
        keep(member)
    else:
        cycle(member, float(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
