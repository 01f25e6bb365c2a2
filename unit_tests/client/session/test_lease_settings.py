"""Which pool a connection takes part in: read once, with clear errors, and without its password."""

from __future__ import annotations

from pathlib import Path

import pytest

from acumatica_client.errors import LoginLimit, SettingsError
from acumatica_client.session.lease_settings import SharedPool, pool_settings
from acumatica_client.session.pool_member import LARGEST

DIRECTORY = {"pool_type": "directory", "name": "main", "size": 2, "directory": "/mnt/pool"}
REDIS = {"pool_type": "redis", "name": "main", "size": 2, "redis_url": "redis://redis.example.com:6379/0"}


def settings(base: dict[str, object], **changes: object) -> SharedPool | None:
    return pool_settings({"instance_uri": "https://example.com", "concurrency_pool": {**base, **changes}})


def refusal(base: dict[str, object], **changes: object) -> str:
    with pytest.raises(SettingsError) as raised:
        settings(base, **changes)
    return raised.value.message


@pytest.mark.parametrize("form", [{}, {"concurrency_pool": None}, {"concurrency_pool": {"pool_type": "own"}}])
def test_a_connection_has_a_pool_of_its_own_unless_it_says_otherwise(form: dict[str, object]) -> None:
    assert pool_settings(form) is None


def test_a_pool_in_a_directory() -> None:
    assert settings(DIRECTORY) == SharedPool("main", 2, directory="/mnt/pool")


def test_a_pool_in_redis() -> None:
    assert settings(REDIS) == SharedPool("main", 2, redis_url="redis://redis.example.com:6379/0")


def test_names_and_places_are_stripped_and_names_have_no_case() -> None:
    assert settings(DIRECTORY, name=" Main_Pool-1 ", directory=" /mnt/pool ") == SharedPool(
        "main_pool-1", 2, directory="/mnt/pool"
    )


@pytest.mark.parametrize("name", ["", " ", "../main", "a/b", "a.b", "a b", "-main", "ma*n", "ma{n}", "é", "x" * 64, 7])
def test_a_name_that_is_no_safe_file_name_is_refused(name: object) -> None:
    assert "name of the session pool" in refusal(DIRECTORY, name=name)


@pytest.mark.parametrize("size", [None, 0, -1, LARGEST + 1, "2"])
def test_a_size_out_of_range_is_refused(size: object) -> None:
    assert f"between 1 and {LARGEST}" in refusal(DIRECTORY, size=size)


@pytest.mark.parametrize("size", [1, 2.0, LARGEST])
def test_a_size_within_the_range_is_a_whole_number(size: float) -> None:
    found = settings(DIRECTORY, size=size)

    assert found
    assert (found.size, type(found.size)) == (size, int)


@pytest.mark.parametrize("directory", ["", "pool", "./pool", None])
def test_a_directory_that_depends_on_where_we_stand_is_refused(directory: object) -> None:
    assert "absolute path" in refusal(DIRECTORY, directory=directory)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "redis.example.com:6379",
        "http://redis.example.com",
        "unix:///run/redis.sock",
        "redis://",
        "redis://:s3cret/word@redis.example.com",  # the slash should be %2F
        "redis://:s3cret@redis.example.com:port",
        "redis://[::1",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(url: str) -> None:
    sentence = refusal(REDIS, redis_url=url)

    assert "redis://" in sentence
    assert "s3cret" not in sentence


def test_an_unknown_kind_is_refused() -> None:
    assert "own, directory or redis" in refusal(DIRECTORY, pool_type="cloud")


# Secrets


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("redis://redis.example.com", ()),
        ("redis://user@redis.example.com", ()),
        ("redis://:s3cret@host", ("s3cret", "redis://:s3cret@host")),
        ("rediss://me:s%40c@host:6380", ("s%40c", "s@c", "rediss://me:s%40c@host:6380")),  # pragma: allowlist secret
        ("redis://host?password=s3cret", ("s3cret", "redis://host?password=s3cret")),
        ("redis://me:a:b@[::1]:6379", ("a:b", "redis://me:a:b@[::1]:6379")),
    ],
)
def test_the_password_in_the_address_is_a_secret(url: str, secrets: tuple[str, ...]) -> None:
    found = settings(REDIS, redis_url=url)

    assert found
    assert found.secrets() == secrets
    assert not [secret for secret in secrets if secret in repr(found)]


def test_a_directory_is_no_secret() -> None:
    found = settings(DIRECTORY)

    assert found
    assert found.secrets() == ()


# Joining


@pytest.mark.parametrize("base", [DIRECTORY, REDIS])
def test_joining_does_nothing_yet(base: dict[str, object]) -> None:
    found = settings(base)

    assert found
    assert found.join().name == "main"


def test_members_that_join_one_directory_share_its_seats(tmp_path: Path) -> None:
    found = settings(DIRECTORY, size=1, directory=str(tmp_path))
    assert found
    lease = found.join().take()
    with pytest.raises(LoginLimit):
        found.join().take()
    lease.release()

    again = found.join().take()
    assert again.valid
    again.release()
