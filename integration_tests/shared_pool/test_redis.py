"""A real Redis server: what it does with leases, when it is away, has a password, speaks TLS, or refuses."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from acumatica_client.errors import LoginLimit, SessionLost, SettingsError
from acumatica_client.rest.query import Request
from acumatica_client.session.lease_redis import LIFE, RedisSeats
from acumatica_client.session.lease_settings import pool_settings
from acumatica_client.session.leased_session import leased
from acumatica_client.session.pool import SessionPool
from acumatica_client.session.pool_member import PoolMember
from integration_tests.shared_pool.conftest import RedisServer, pool
from unit_tests.client.fakes import FakeSession, License
from unit_tests.client.leasing import Clock

pytestmark = pytest.mark.slow
PASSWORD = "p4ssword-hidden"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def member(server: RedisServer, clock: Clock, size: int = 1) -> PoolMember:
    return PoolMember("main", size, RedisSeats(server.url, "main", clock=clock), clock=clock, start=lambda renew: None)


def test_a_lease_is_a_key_that_expires_and_is_renewed(redis_server, clock):
    holder = member(redis_server, clock)
    lease = holder.take()
    client = redis_server.client()
    (key,) = client.keys("acumatica:*")
    assert key == b"acumatica:{main}:seat:001"
    assert LIFE - 5 < client.pttl(key) / 1000 <= LIFE
    client.pexpire(key, 1000)
    holder.renew()
    assert LIFE - 5 < client.pttl(key) / 1000 <= LIFE

    lease.release()
    assert client.keys("*") == []


def test_the_mark_of_who_waits_expires_and_is_taken_away(redis_server, clock):
    lease = member(redis_server, clock).take()
    waiter = member(redis_server, clock)
    with pytest.raises(LoginLimit):
        waiter.take()
    client = redis_server.client()
    assert 60 < client.ttl("acumatica:{main}:waiting") <= 90
    lease.release()
    waiter.take()

    assert client.exists("acumatica:{main}:waiting") == 0


def test_a_lease_that_redis_has_forgotten_is_lost(redis_server, clock):
    holder = member(redis_server, clock)
    lease = holder.take()
    redis_server.client().flushall()
    holder.renew()

    assert not lease.valid
    assert member(redis_server, clock).take().valid


def test_a_sync_outlasts_a_redis_that_restarts_and_signs_in_again(redis_server, clock):
    """The server away for longer than a lease lasts: the session is given up, and the next request begins anew."""
    license_, holder = License(1), member(redis_server, clock)
    sessions = SessionPool(lambda: leased(FakeSession(license_), holder), 1, sleep=lambda seconds: None)
    ask = Request("GET", "/entity")
    with sessions.borrow() as session:
        session.send(ask)
    redis_server.stop()
    holder.renew()
    with sessions.borrow() as session:
        assert session.send(ask).status == 200  # not yet: it may come back in time
    clock.now += LIFE
    holder.renew()
    assert license_.taken == 0
    with pytest.raises(SessionLost), sessions.borrow() as session:
        session.send(ask)
    with pytest.raises(LoginLimit, match="gives no leases"), sessions.borrow():
        pass
    redis_server.start()
    with sessions.borrow() as session:
        assert session.send(ask).status == 200

    assert (license_.logins, license_.most) == (2, 1)
    sessions.close()
    assert (license_.taken, redis_server.client().keys("*")) == (0, [])


@pytest.fixture
def guarded(tmp_path: Path):
    server = RedisServer(tmp_path, options=("--requirepass", PASSWORD))
    try:
        yield server.start(password=PASSWORD)
    finally:
        server.stop()


def joined(url: str) -> PoolMember:
    found = pool_settings(pool(url))
    assert found
    return found.join()


def test_a_password_in_the_address_opens_the_server(guarded):
    lease = joined(guarded.url.replace("//", f"//:{PASSWORD}@")).take()

    assert lease.valid
    lease.release()


@pytest.mark.parametrize("given", ["", ":wrong@"])
def test_a_wrong_or_missing_password_is_a_matter_of_settings_at_once(guarded, given):
    with pytest.raises(SettingsError, match="does not let us") as raised:
        joined(guarded.url.replace("//", f"//{given}")).take()
    assert "wrong" not in raised.value.detail.replace("WRONGPASS", "")


def test_a_user_who_may_not_write_is_a_matter_of_settings(redis_server):
    redis_server.client().acl_setuser("reader", enabled=True, nopass=True, keys="*", commands=["+get", "+mget"])

    with pytest.raises(SettingsError, match="does not let us"):
        joined(redis_server.url.replace("//", "//reader:any@")).take()


def test_a_user_with_the_documented_rights_is_enough(redis_server, clock):
    commands = ["+get", "+set", "+del", "+mget", "+eval", "+evalsha", "+script|load", "+pexpire", "+select"]
    redis_server.client().acl_setuser("member", enabled=True, nopass=True, keys="acumatica:*", commands=commands)
    holder = PoolMember(
        "main", 1, RedisSeats(redis_server.url.replace("//", "//member:any@"), "main"), start=lambda renew: None
    )
    lease = holder.take()
    holder.renew()
    assert lease.valid
    lease.release()

    assert redis_server.client().keys("*") == []


def test_a_server_that_is_not_there_is_reported_without_the_password(redis_server):
    redis_server.stop()
    with pytest.raises(LoginLimit) as raised:
        joined(redis_server.url.replace("//", f"//:{PASSWORD}@")).take()

    error = raised.value
    assert f"127.0.0.1:{redis_server.port}" in error.detail
    assert PASSWORD not in f"{error.sentence()} {error.detail} {error.__cause__!r}"


@pytest.fixture
def certified(tmp_path: Path):
    """A server that speaks TLS only, with a certificate that is unknown elsewhere."""
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, *files], check=True, capture_output=True
    )
    server = RedisServer(tmp_path)
    tls = ["--tls-cert-file", str(tmp_path / "cert.pem"), "--tls-key-file", str(tmp_path / "key.pem")]
    server.options = ("--port", "0", "--tls-port", str(server.port), *tls, "--tls-auth-clients", "no")
    try:
        yield server.start(ssl=True, ssl_cert_reqs="none")
    finally:
        server.stop()


def test_tls_with_an_authority_that_the_address_names(certified, tmp_path):
    url = certified.url.replace("redis://", "rediss://") + f"?ssl_ca_certs={tmp_path / 'cert.pem'}"
    lease = joined(url).take()

    assert lease.valid
    lease.release()


def test_tls_with_an_authority_that_is_unknown_opens_nothing(certified):
    with pytest.raises(LoginLimit, match="gives no leases") as raised:
        joined(certified.url.replace("redis://", "rediss://")).take()
    assert "certificate" in raised.value.detail.lower()
