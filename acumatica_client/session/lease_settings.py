"""Which shared pool of sessions a connection uses, from the form. The form's values may contain a password, and are
never repeated in a message."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from acumatica_client.errors import SettingsError
from acumatica_client.session.pool_member import LARGEST, PoolMember, Seats

_SAFE_NAME = re.compile("[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class SharedPool:
    """A pool by name; exactly one of `directory` and `redis_url` is given."""

    name: str
    size: int
    directory: str = ""
    redis_url: str = field(default="", repr=False)

    def secrets(self) -> tuple[str, ...]:
        """What must not stand in any output: the address of Redis, and the password in it both quoted and plain."""
        if not self.redis_url:
            return ()
        parts = urlsplit(self.redis_url)
        quoted = parts.netloc.rpartition("@")[0].partition(":")[2]
        asked = parse_qs(parts.query).get("password", [])
        found = (quoted, unquote(quoted), *asked)
        return tuple(dict.fromkeys(filter(None, found))) + ((self.redis_url,) if any(found) else ())

    def join(self, *, shrink: Callable[[int], object] = lambda most: None) -> PoolMember:
        """Make this process a member of the pool. No I/O; `shrink` is explained at PoolMember."""
        return PoolMember(self.name, self.size, self._seats(), shrink=shrink)

    def _seats(self) -> Seats:
        # Imported late: both libraries take time, and most connections need neither.
        if self.redis_url:
            from acumatica_client.session.lease_redis import RedisSeats

            return RedisSeats(self.redis_url, self.name)
        from acumatica_client.session.lease_files import DirectorySeats

        return DirectorySeats(Path(self.directory), self.name)


def pool_settings(form: Mapping[str, object]) -> SharedPool | None:
    """The shared pool of the whole form, None when the connection has a pool of its own. Raises SettingsError."""
    chosen = form.get("concurrency_pool")
    if not isinstance(chosen, Mapping) or chosen.get("pool_type", "own") == "own":
        return None
    name, size = _text(chosen, "name").casefold(), chosen.get("size")
    if not _SAFE_NAME.fullmatch(name):
        # Not corrected: two names that become one would share a pool by mistake.
        raise SettingsError("The name of the session pool must be letters, digits, - and _, at most 63 of them.")
    if not isinstance(size, (int, float)) or not 1 <= size <= LARGEST:
        raise SettingsError(f"The size of the session pool must be between 1 and {LARGEST}.")
    return _placed(chosen, name, int(size))


def _placed(chosen: Mapping[str, object], name: str, size: int) -> SharedPool:
    if chosen.get("pool_type") == "directory":
        directory = _text(chosen, "directory")
        if not Path(directory).is_absolute():
            raise SettingsError("The directory of the session pool must be an absolute path.")
        return SharedPool(name, size, directory=directory)
    if chosen.get("pool_type") == "redis":
        url = _text(chosen, "redis_url")
        if not _is_redis(url):
            raise SettingsError(
                "The address of the Redis server must begin with redis:// or rediss:// and name a host."
            )
        return SharedPool(name, size, redis_url=url)
    raise SettingsError("The kind of session pool must be own, directory or redis.")


def _is_redis(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("redis", "rediss") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _text(chosen: Mapping[str, object], name: str) -> str:
    value = chosen.get(name)
    return value.strip() if isinstance(value, str) else ""
