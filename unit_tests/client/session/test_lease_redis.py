"""Seats as expiring keys: renewed in time, never used longer than they last, and Redis' trouble in our words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis import Redis, exceptions
from redis.lock import Lock

from acumatica_client.errors import LoginLimit, SettingsError
from acumatica_client.session import lease_redis
from acumatica_client.session.lease_redis import LIFE, MARGIN, WAITING, RedisSeatLock, RedisSeats
from acumatica_client.session.pool_member import LARGEST, RENEW_INTERVAL, PoolMember
from unit_tests.client.leasing import Clock, refused

SEAT_1, ASKED = "acumatica:{main}:seat:001", "acumatica:{main}:waiting"


class Server:
    """The commands that are used, over a dictionary; `cut` is what every command raises. Time is that of the clock."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.keys, self.cut = clock, {}, None

    def _alive(self, name: str) -> bytes | None:
        if self.cut is not None:
            raise self.cut
        value, until = self.keys.get(name, (None, 0.0))
        return value if self.clock.now < until else None

    def get(self, name: str) -> bytes | None:
        return self._alive(name)

    def mget(self, names: list[str]) -> list[bytes | None]:
        return [self._alive(name) for name in names]

    def set(self, name: str, value: str | bytes, *, ex: float = 0.0, px: int = 0, nx: bool = False) -> bool:
        if self._alive(name) is not None and nx:
            return False
        encoded = value.encode() if isinstance(value, str) else value
        self.keys[name] = (encoded, self.clock.now + (ex or px / 1000))
        return True

    def delete(self, name: str) -> None:
        self.keys.pop(name, None)

    def lock(self, name: str, **options: object) -> Lock:
        return ScriptedLock(self, name, **options)

    def get_encoder(self) -> Server:
        return self

    @staticmethod
    def encode(value: str) -> bytes:
        return value.encode()


class ScriptedLock(Lock):
    """redis-py's own, with what its scripts do written out: this server runs none."""

    def register_scripts(self) -> None:
        pass

    def do_release(self, expected_token: bytes) -> None:
        if self.redis.get(self.name) != expected_token:
            raise exceptions.LockNotOwnedError("not ours")
        self.redis.delete(self.name)

    def do_reacquire(self) -> bool:
        if self.redis.get(self.name) != self.local.token:
            raise exceptions.LockNotOwnedError("not ours")
        return self.redis.set(self.name, self.local.token, px=int(self.timeout * 1000))


class Site:
    """A Redis server, a clock, and members' views of one pool."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.server = Server(self.clock)
        self.addresses: list[str] = []

    def seats(self, name: str = "main") -> RedisSeats:
        return RedisSeats("redis://:secret@host", name, clock=self.clock, connect=self._connect)

    def member(self, size: int = 2) -> PoolMember:
        return PoolMember("main", size, self.seats(), clock=self.clock, start=lambda renew: None)

    def _connect(self, url: str) -> Server:
        self.addresses.append(url)
        return self.server


@pytest.fixture
def site() -> Site:
    return Site()


def hold_of(site: Site) -> RedisSeatLock:
    seat = site.seats().take(1, 2)
    assert seat is not None
    return seat


# Seats


def test_nothing_is_connected_before_it_is_needed(site: Site) -> None:
    seats = site.seats()
    assert site.addresses == []
    seats.sizes()
    seats.sizes()

    assert site.addresses == ["redis://:secret@host"]


def test_a_seat_is_taken_once(site: Site) -> None:
    seat = hold_of(site)

    assert seat.valid()
    assert site.seats().take(1, 2) is None
    assert site.seats().take(2, 2) is not None
    assert site.seats("other").take(1, 2) is not None


def test_a_seat_given_back_is_free(site: Site) -> None:
    seat = hold_of(site)
    seat.release()
    seat.release()

    assert not seat.valid()
    assert site.seats().take(1, 2) is not None


def test_the_sizes_are_those_of_the_holders(site: Site) -> None:
    site.seats().take(1, 7)
    site.seats().take(LARGEST, 12)
    site.server.set("acumatica:{main}:seat:005", b"something else", ex=60)

    assert site.seats().sizes() == [7, LARGEST, 12]


# Time


def test_a_seat_that_is_not_renewed_is_free_after_its_life(site: Site) -> None:
    hold_of(site)
    site.clock.now += LIFE - 1
    assert site.seats().take(1, 2) is None
    site.clock.now += 1

    assert site.seats().take(1, 2) is not None


def test_a_seat_that_is_renewed_lasts(site: Site) -> None:
    seat = hold_of(site)
    for _ in range(20):
        site.clock.now += RENEW_INTERVAL
        seat.keep()
        assert seat.valid()

    assert site.seats().take(1, 2) is None


def test_a_holder_stops_before_another_can_begin(site: Site) -> None:
    seat = hold_of(site)
    site.clock.now += LIFE - MARGIN
    assert not seat.valid()

    assert site.seats().take(1, 2) is None


def test_the_time_counts_from_the_question_and_not_from_the_answer(site: Site) -> None:
    real = site.server.set

    def slow(*arguments: object, **options: object) -> bool:
        done = real(*arguments, **options)
        site.clock.now += 20
        return done

    site.server.set = slow
    seat = hold_of(site)
    site.clock.now += LIFE - MARGIN - 20

    assert not seat.valid()


def test_there_are_several_beats_in_a_life() -> None:
    assert 3 * RENEW_INTERVAL < LIFE - MARGIN
    assert MARGIN >= RENEW_INTERVAL
    assert WAITING > 60  # the longest pause between two tries of a pool


def test_a_server_that_is_away_for_a_second_costs_nothing(site: Site) -> None:
    seat = hold_of(site)
    site.server.cut = exceptions.ConnectionError("cut off")
    site.clock.now += RENEW_INTERVAL
    seat.keep()
    assert seat.valid()
    site.server.cut = None
    site.clock.now += RENEW_INTERVAL
    seat.keep()
    site.clock.now += LIFE - MARGIN - 1

    assert seat.valid()


def test_a_server_that_is_away_for_long_costs_the_lease(site: Site) -> None:
    lease = site.member().take()
    lost: list[str] = []
    lease.on_lost = lambda: lost.append("lost")
    site.server.cut = exceptions.TimeoutError("cut off")
    while not lost:
        site.clock.now += RENEW_INTERVAL
        lease.keep()

    assert site.clock.now - 1000 <= LIFE - MARGIN
    lease.release()


def test_a_key_that_another_member_has_by_now_is_not_renewed(site: Site) -> None:
    seat = hold_of(site)
    site.clock.now += LIFE
    site.seats().take(1, 2)
    seat.keep()
    assert not seat.valid()
    seat.release()

    assert site.seats().take(1, 2) is None


# Waiting


def test_who_waits_is_seen_by_others_until_it_stops_or_is_gone(site: Site) -> None:
    here, there = site.seats(), site.seats()
    there.wait()
    assert here.is_awaited()
    assert not there.is_awaited()
    there.stop_waiting()
    assert not here.is_awaited()

    there.wait()
    site.clock.now += WAITING
    assert not here.is_awaited()


def test_who_stops_waiting_leaves_the_mark_of_another(site: Site) -> None:
    here, there = site.seats(), site.seats()
    here.wait()
    there.wait()
    here.stop_waiting()

    assert here.is_awaited()


def test_members_free_seats_for_each_other(site: Site) -> None:
    rich, poor = site.member(), site.member()
    first, second = rich.take(), rich.take()
    assert "All 2 sessions" in refused(poor).message
    second.release()

    assert "Another connection waits" in refused(rich).message
    assert poor.take().valid
    assert first.valid


# Trouble


@pytest.mark.parametrize(
    "trouble",
    [
        exceptions.ConnectionError("Error 111 connecting to host:6379. Connection refused."),
        exceptions.TimeoutError("Timeout connecting to server"),
        exceptions.BusyLoadingError("Redis is loading the dataset in memory"),
        exceptions.ReadOnlyError("You can't write against a read only replica."),
        exceptions.OutOfMemoryError("OOM command not allowed when used memory > 'maxmemory'."),
    ],
)
@pytest.mark.parametrize("ask", [lambda seats: seats.take(1, 2), RedisSeats.sizes, RedisSeats.is_awaited])
def test_passing_trouble_is_waited_out_as_a_full_pool_is(
    site: Site, ask: Callable[[RedisSeats], object], trouble: exceptions.RedisError
) -> None:
    site.server.cut = trouble

    with pytest.raises(LoginLimit, match="gives no leases") as raised:
        ask(site.seats())
    assert raised.value.detail == str(trouble)


@pytest.mark.parametrize(
    "trouble",
    [
        exceptions.AuthenticationError("invalid username-password pair or user is disabled."),
        exceptions.NoPermissionError("this user has no permissions to run the 'set' command"),
    ],
)
def test_a_refusal_is_a_matter_of_settings(site: Site, trouble: exceptions.RedisError) -> None:
    site.server.cut = trouble

    with pytest.raises(SettingsError, match="does not let us") as raised:
        site.member().take()
    assert "password in its address" in raised.value.advice


def test_giving_back_never_raises(site: Site) -> None:
    seat = hold_of(site)
    site.server.cut = exceptions.ConnectionError("cut off")
    seat.release()

    assert not seat.valid()


# The real client, not connected


def test_the_client_gives_up_soon_and_tries_twice() -> None:
    client = lease_redis._connected("rediss://user:p%40ss@redis.example.com:6380/3")
    options = client.connection_pool.connection_kwargs

    assert isinstance(client, Redis)
    assert (options["host"], options["port"], options["db"]) == ("redis.example.com", 6380, 3)
    assert (options["username"], options["password"]) == ("user", "p@ss")
    assert 0 < options["socket_timeout"] <= 5
    assert 0 < options["socket_connect_timeout"] <= 5
    assert options["retry"].get_retries() == 1
    assert client.connection_pool.connection_class.__name__ == "SSLConnection"


@pytest.mark.parametrize("url", ["http://host", "redis://host/not-a-number?db=x", "redis://host:port"])
def test_an_address_that_redis_does_not_take_is_a_matter_of_settings(url: str) -> None:
    with pytest.raises(SettingsError, match="address") as raised:
        RedisSeats(url, "main").sizes()
    assert url not in raised.value.sentence()
