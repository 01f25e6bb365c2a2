"""Seats as locks on real files: taken once, free when their owner is gone, usable by every user."""

from __future__ import annotations

import gc
import os
import random
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import portalocker
import pytest

from acumatica_client.errors import LoginLimit, SettingsError
from acumatica_client.session import lease_files
from acumatica_client.session.lease_files import DirectorySeats
from acumatica_client.session.pool_member import LARGEST, PoolMember
from unit_tests.client.fakes import in_thread
from unit_tests.client.leasing import refused


@pytest.fixture
def seats(tmp_path: Path) -> Callable[[], DirectorySeats]:
    """Another member's view of the same pool, each time it is called."""
    return lambda: DirectorySeats(tmp_path, "main")


def member(seats: DirectorySeats, size: int = 2) -> PoolMember:
    return PoolMember("main", size, seats, start=lambda renew: None)


# Seats


def test_a_seat_is_taken_once(seats: Callable[[], DirectorySeats]) -> None:
    here, there = seats(), seats()
    seat = here.take(1, 2)

    assert seat is not None
    assert seat.valid()
    assert there.take(1, 2) is None
    assert here.take(1, 2) is None
    assert there.take(2, 2) is not None


def test_a_seat_given_back_is_free(seats: Callable[[], DirectorySeats]) -> None:
    seat = seats().take(1, 2)
    seat.release()
    seat.release()

    assert not seat.valid()
    assert seats().take(1, 2) is not None


def test_a_holder_that_forgets_its_seat_without_giving_it_back_frees_it(seats: Callable[[], DirectorySeats]) -> None:
    seats().take(1, 2)
    gc.collect()

    assert seats().take(1, 2) is not None


def test_a_child_process_does_not_inherit_a_seat(seats: Callable[[], DirectorySeats], tmp_path: Path) -> None:
    seat = seats().take(1, 2)
    handles = [int(name) for name in os.listdir("/proc/self/fd")] if Path("/proc/self/fd").is_dir() else []
    mine = [handle for handle in handles if _leads_to(handle, tmp_path / "main.seat-001")]

    assert seat.valid()
    assert [os.get_inheritable(handle) for handle in mine] == [False] * len(mine)


def _leads_to(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def test_pools_of_different_names_do_not_meet(tmp_path: Path) -> None:
    seats_taken = [DirectorySeats(tmp_path, name).take(1, 1) for name in ("main", "main-2", "main_", "other")]

    assert all(seats_taken)
    assert DirectorySeats(tmp_path, "main").sizes() == [1]


def test_the_sizes_are_those_of_the_holders(seats: Callable[[], DirectorySeats]) -> None:
    here = seats()
    assert here.sizes() == []
    kept = [here.take(1, 100), seats().take(2, 7)]
    gone = seats().take(3, 1)
    gone.release()

    assert sorted(seats().sizes()) == [7, 100]
    assert all(kept)


def test_a_size_is_written_over_a_longer_one(seats: Callable[[], DirectorySeats]) -> None:
    seats().take(1, 100).release()
    seat = seats().take(1, 3)

    assert seats().sizes() == [3]
    assert seat.valid()


# Waiting


def test_who_waits_is_seen_by_others_until_it_stops(seats: Callable[[], DirectorySeats]) -> None:
    here, there, third = seats(), seats(), seats()
    assert not here.is_awaited()
    there.wait()
    there.wait()
    third.wait()
    assert here.is_awaited()
    there.stop_waiting()
    assert here.is_awaited()
    third.stop_waiting()
    third.stop_waiting()

    assert not here.is_awaited()


def test_who_waits_no_longer_lives_waits_no_longer(seats: Callable[[], DirectorySeats]) -> None:
    there = seats()
    there.wait()
    del there
    gc.collect()

    assert not seats().is_awaited()


def test_members_free_seats_for_each_other(seats: Callable[[], DirectorySeats]) -> None:
    rich, poor = member(seats()), member(seats())
    first, second = rich.take(), rich.take()
    assert "All 2 sessions" in refused(poor).message
    second.release()

    assert "Another connection waits" in refused(rich).message
    assert poor.take().valid
    assert first.valid
    assert "All 2 sessions" in refused(rich).message


# What is left behind, and what others do to the files


def test_the_leftovers_of_a_crash_are_free_seats(seats: Callable[[], DirectorySeats], tmp_path: Path) -> None:
    for name, content in (("seat-001", b"002\n"), ("seat-002", b""), ("seat-003", b"nonsense"), ("waiting", b"")):
        (tmp_path / f"main.{name}").write_bytes(content)
    (tmp_path / ".main.seat-001.0123").write_bytes(b"")

    assert seats().sizes() == []
    assert not seats().is_awaited()
    assert member(seats(), size=2).take().valid


def test_a_locked_file_that_no_member_wrote_takes_a_seat_and_limits_nothing(
    seats: Callable[[], DirectorySeats], tmp_path: Path
) -> None:
    path = tmp_path / "main.seat-001"
    path.write_bytes(b"nonsense")
    with portalocker.Lock(path, "r+b", timeout=0):
        assert seats().sizes() == [LARGEST]
        taker = member(seats(), size=2)
        assert taker.take().valid
        assert "All 2 sessions" in refused(taker).message


def test_a_seat_whose_file_was_deleted_is_lost(seats: Callable[[], DirectorySeats], tmp_path: Path) -> None:
    seat = seats().take(1, 2)
    seat.keep()
    assert seat.valid()
    (tmp_path / "main.seat-001").unlink()
    seat.keep()
    assert not seat.valid()

    (tmp_path / "main.seat-001").touch()
    seat.keep()
    assert not seat.valid()


def test_a_file_deleted_just_before_it_is_locked_gives_no_seat(
    seats: Callable[[], DirectorySeats], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(file: object, how: portalocker.LockFlags) -> None:
        (tmp_path / "main.seat-001").unlink()
        portalocker.lock(file, how)

    monkeypatch.setattr(lease_files, "lock", late)

    assert seats().take(1, 2) is None


def test_a_full_disk_gives_no_seat_and_keeps_none(
    seats: Callable[[], DirectorySeats], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(lease_files.FileIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(lease_files, "FileIO", Full)
        with pytest.raises(SettingsError, match="cannot be used") as raised:
            seats().take(1, 2)
    assert "No space left" in raised.value.detail
    assert seats().take(1, 2) is not None


# Users


def test_every_user_may_use_the_files_whatever_the_umask(
    seats: Callable[[], DirectorySeats], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    before = os.umask(0o077)
    request.addfinalizer(lambda: os.umask(before))
    here = seats()
    here.wait()
    here.stop_waiting()
    seat = here.take(1, 2)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"main.guard": 0o666, "main.waiting": 0o666, "main.seat-001": 0o666}
    assert seat.valid()


def test_a_file_that_is_there_is_opened_without_being_made(
    seats: Callable[[], DirectorySeats], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a directory like /tmp, Linux refuses to open another user's file with O_CREAT."""
    flags: list[int] = []
    real = os.open
    seats().take(1, 2).release()
    monkeypatch.setattr(lease_files.os, "open", lambda path, how, *mode: (flags.append(how), real(path, how, *mode))[1])
    seats().take(1, 2).release()

    assert flags
    assert not any(how & os.O_CREAT for how in flags)


def test_two_who_make_a_file_at_the_same_time_lock_the_same_one(
    seats: Callable[[], DirectorySeats], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_files.Path, "exists", lambda path, **_: False)
    seat = seats().take(1, 2)

    assert seats().take(1, 2) is None
    assert seat.valid()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.guard", "main.seat-001"]


def test_a_file_system_without_hard_links_will_do(
    seats: Callable[[], DirectorySeats], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(lease_files.os, "link", no_links)
    seat = seats().take(1, 2)

    assert seats().take(1, 2) is None
    assert seat.valid()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.guard", "main.seat-001"]


def test_a_link_of_another_user_is_not_followed(seats: Callable[[], DirectorySeats], tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"do not touch")
    (tmp_path / "main.seat-001").symlink_to(precious)

    with pytest.raises(SettingsError, match="cannot be used"):
        seats().take(1, 2)
    assert precious.read_bytes() == b"do not touch"


# Directories that will not do


def test_a_directory_that_is_not_there_is_an_error_and_not_made(tmp_path: Path) -> None:
    missing = tmp_path / "mounted"

    with pytest.raises(SettingsError) as raised:
        member(DirectorySeats(missing, "main")).take()
    assert str(missing) in raised.value.message
    assert "Mount one directory" in raised.value.advice
    assert not missing.exists()


def test_a_directory_where_nothing_can_be_made_is_an_error(
    seats: Callable[[], DirectorySeats], monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: object, *_: object) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(lease_files.os, "open", denied)

    with pytest.raises(SettingsError, match="neither made, opened nor locked") as raised:
        seats().take(1, 2)
    assert "Permission denied" in raised.value.detail


def test_a_file_system_without_locks_is_an_error(
    seats: Callable[[], DirectorySeats], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise portalocker.LockException("[Errno 37] No locks available")

    monkeypatch.setattr(lease_files, "lock", no_locks)

    with pytest.raises(SettingsError, match="locked") as raised:
        seats().take(1, 2)
    assert "flock" in raised.value.advice


def test_a_guard_that_stays_locked_is_waited_for_a_while_only(
    seats: Callable[[], DirectorySeats], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_files, "_GUARD_TIMEOUT", 0)
    seats().sizes()
    with portalocker.Lock(tmp_path / "main.guard", "r+b", timeout=0):
        with pytest.raises(LoginLimit, match="blocked"):
            seats().take(1, 2)
        assert "blocked" in refused(member(seats())).message
    assert seats().take(1, 2) is not None


# Many at once


def test_threads_with_members_of_their_own_never_have_more_leases_than_seats(
    seats: Callable[[], DirectorySeats],
) -> None:
    size, inside, most, taken, lock = 3, 0, 0, 0, threading.Lock()

    def cycle(seed: int) -> None:
        nonlocal inside, most, taken
        rng, one_member = random.Random(seed), member(seats(), size=size)
        for _ in range(25):
            try:
                lease = one_member.take()
            except LoginLimit:
                continue
            with lock:
                inside, taken = inside + 1, taken + 1
                most = max(most, inside)
            if rng.random() < 0.5:
                threading.Event().wait(0)
            with lock:
                inside -= 1
            lease.release()

    for finished in [in_thread(lambda seed=seed: cycle(seed)) for seed in range(6)]:
        finished()
    assert taken > size
    assert most <= size
    assert seats().sizes() == []
