"""Seats shared across machines: each is a lock of redis-py, a key that expires unless its owner renews it.

    acumatica:{<pool>}:seat:001     "<size>:<token>", until LIFE seconds after the owner last renewed it
    acumatica:{<pool>}:waiting      the token of the latest member without a seat, until WAITING seconds after it asked

Hazard: an owner that is cut off from Redis (or was suspended) cannot know whether its key is still there. So a lock is
valid by our own clock only, and MARGIN seconds less than Redis keeps it. The braces keep a pool on one node of a
cluster.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING

from acumatica_client.errors import LoginLimit, SettingsError
from acumatica_client.session.pool_member import LARGEST

if TYPE_CHECKING:
    from redis import Redis
    from redis.lock import Lock

LIFE, MARGIN, WAITING = 60.0, 10.0, 90  # seconds; a member asks again after 60 at the latest
_TIMEOUT = 5.0


class RedisSeatLock:
    """One seat: a key that is renewed."""

    def __init__(self, lock: Lock, life: float, margin: float, clock: Callable[[], float]) -> None:
        self._lock, self._usable, self._clock = lock, life - margin, clock
        self._valid_until = 0.0

    def take(self, token: str) -> bool:
        asked = self._clock()  # before the answer, since the time in Redis begins to run before it
        if not self._lock.acquire(blocking=False, token=token):
            return False
        self._valid_until = asked + self._usable
        return True

    def keep(self) -> None:
        from redis.exceptions import LockError, RedisError

        asked = self._clock()
        try:
            self._lock.reacquire()
            self._valid_until = asked + self._usable
        except LockError:
            self._valid_until = 0.0
        except RedisError:
            pass  # it may come back in time

    def valid(self) -> bool:
        return self._clock() < self._valid_until

    def release(self) -> None:
        from redis.exceptions import RedisError

        self._valid_until = 0.0
        with suppress(RedisError):  # given back already, or it expires
            self._lock.release()


class RedisSeats:
    """The seats of the pool `name`. The client is made when it is first needed: importing it takes time."""

    def __init__(
        self,
        url: str,
        name: str,
        *,
        life: float = LIFE,
        margin: float = MARGIN,
        clock: Callable[[], float] = time.monotonic,
        connect: Callable[[str], Redis] | None = None,
    ) -> None:
        self._url, self._prefix = url, f"acumatica:{{{name}}}"
        self._life, self._margin, self._clock = life, margin, clock
        self._connect = connect or _connected
        self._me = uuid.uuid4().hex

    def take(self, number: int, size: int) -> RedisSeatLock | None:
        with _redis_errors():
            lock = self._redis.lock(self._seat(number), timeout=self._life, thread_local=False)
            seat = RedisSeatLock(lock, self._life, self._margin, self._clock)
            return seat if seat.take(f"{size}:{uuid.uuid4().hex}") else None

    def sizes(self) -> list[int]:
        with _redis_errors():
            noted = self._redis.mget([self._seat(number) for number in range(1, LARGEST + 1)])
        return [_size(value) for value in noted if value is not None]

    def wait(self) -> None:
        with _redis_errors():
            self._redis.set(self._waiting, self._me, ex=WAITING)

    def stop_waiting(self) -> None:
        with _redis_errors():
            if self._waiter() == self._me:
                self._redis.delete(self._waiting)

    def is_awaited(self) -> bool:
        with _redis_errors():
            return self._waiter() not in (None, self._me)

    def _waiter(self) -> str | None:
        found = self._redis.get(self._waiting)
        return found.decode() if isinstance(found, bytes) else None

    def _seat(self, number: int) -> str:
        return f"{self._prefix}:seat:{number:03d}"

    @property
    def _waiting(self) -> str:
        return f"{self._prefix}:waiting"

    @cached_property
    def _redis(self) -> Redis:
        return self._connect(self._url)


def _size(noted: object) -> int:
    size = noted.partition(b":")[0] if isinstance(noted, bytes) else b""
    return int(size) if size.isdigit() else LARGEST


def _connected(url: str) -> Redis:
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    try:
        return Redis.from_url(
            url,
            socket_timeout=_TIMEOUT,
            socket_connect_timeout=_TIMEOUT,
            # Once more, at once: a connection that idled may have been cut. The pool waits for longer failures.
            retry=Retry(NoBackoff(), 1),
            protocol=2,  # every server of the last ten years and its relatives speak it
        )
    except ValueError as error:
        raise SettingsError("The address of the Redis server is not valid.", advice=_ADDRESS) from error


@contextmanager
def _redis_errors() -> Iterator[None]:
    """Errors of Redis as errors of the client. They say where it tried to connect, never with which password."""
    from redis import exceptions

    refusals = (exceptions.AuthenticationError, exceptions.AuthorizationError, exceptions.NoPermissionError)
    try:
        yield
    except refusals as error:
        raise SettingsError(
            "Redis does not let us keep the session pool.", advice=_RIGHTS, detail=str(error)
        ) from error
    except exceptions.RedisError as error:
        raise LoginLimit(
            "The Redis server gives no leases for sessions.", advice=_NO_REDIS, detail=str(error)
        ) from error


_ADDRESS = "Write it as redis://[[user]:password@]host[:port][/database], or rediss:// for TLS."
_RIGHTS = "Check the user name and password in its address, and that this user may read, write and run scripts."
_NO_REDIS = "Check its address and that it runs; without it no session is opened, so that the license is not overrun."
