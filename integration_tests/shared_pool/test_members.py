"""Members of one pool in processes of their own: never more leases than seats, and none kept by the dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from acumatica_client.errors import LoginLimit
from acumatica_client.session.pool_member import PoolMember
from integration_tests.processes import await_true
from integration_tests.shared_pool.conftest import ROOT, leases_in, line_of
from integration_tests.shared_pool.member_process import seats_in

pytestmark = pytest.mark.slow


def most_at_once(spans: list[tuple[float, float]]) -> int:
    """The largest number of spans that overlap; a span that ends when another begins does not overlap it."""
    changes = sorted([(since, 1) for since, _ in spans] + [(until, -1) for _, until in spans])
    most = inside = 0
    for _, change in changes:
        inside += change
        most = max(most, inside)
    return most


def test_processes_never_have_more_leases_than_seats(place, member_process):
    members = [member_process("cycle", place, size=2, seconds=1.5) for _ in range(5)]
    spans = []
    for process in members:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, b"")
        spans += [tuple(map(float, line.split())) for line in out.decode().splitlines()]

    assert len(spans) > 20
    assert most_at_once(spans) == 2
    assert leases_in(place) == 0


def test_processes_that_disagree_keep_to_the_smallest_size(place, member_process):
    small, large = member_process("keep", place, size=1), member_process("keep", place, size=3)
    first = line_of(small)
    second = line_of(large)

    assert sorted([first, second])[1] == "taken"
    assert "All 1 sessions are in use (session pool main)." in sorted([first, second])[0]


def test_a_full_pool_says_so_in_another_process(place, member_process):
    assert [line_of(member_process("keep", place)) for _ in range(2)] == ["taken", "taken"]

    assert line_of(member_process("keep", place)).startswith("All 2 sessions are in use (session pool main).")


def test_a_holder_that_ends_gives_its_lease_back(place, member_process):
    holder = member_process("keep", place)
    assert line_of(holder) == "taken"
    assert leases_in(place) == 1
    holder.communicate(timeout=20)

    assert leases_in(place) == 0


def test_a_killed_holder_of_a_file_frees_its_lease_at_once(tmp_path, member_process):
    holder = member_process("keep", str(tmp_path))
    assert line_of(holder) == "taken"
    holder.send_signal(signal.SIGKILL)
    holder.wait(20)

    assert leases_in(str(tmp_path)) == 0


def test_a_killed_holder_of_a_key_frees_its_lease_within_its_life(redis_server, member_process):
    holder = member_process("keep", redis_server.url, life=2.0)
    assert line_of(holder) == "taken"
    holder.send_signal(signal.SIGKILL)
    holder.wait(20)
    killed = time.monotonic()
    assert leases_in(redis_server.url) == 1
    await_true(lambda: leases_in(redis_server.url) == 0, "the lease ends", patience=5)

    assert time.monotonic() - killed <= 2.5


def test_a_stopped_holder_of_a_file_keeps_its_lease_as_it_keeps_its_session(tmp_path, member_process):
    """Stopped, not dead: the server still counts its session."""
    holder = member_process("keep", str(tmp_path), size=1)
    assert line_of(holder) == "taken"
    holder.send_signal(signal.SIGSTOP)

    with pytest.raises(LoginLimit):
        PoolMember("main", 1, seats_in(str(tmp_path), 60)).take()
    holder.send_signal(signal.SIGCONT)


def test_a_child_of_a_holder_does_not_keep_its_lease(tmp_path, member_process):
    lease = PoolMember("main", 1, seats_in(str(tmp_path), 60)).take()
    argv, pipe = [sys.executable, "-c", "print('here', flush=True); input()"], subprocess.PIPE
    child = subprocess.Popen(argv, stdin=pipe, stdout=pipe, close_fds=False)
    assert line_of(child) == "here"  # the kernel closes what is not inherited a moment after the process has begun
    lease.release()

    assert leases_in(str(tmp_path)) == 0
    child.communicate(timeout=20)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("mode", [0o777, 0o1777], ids=["plain", "sticky as /tmp"])
def test_users_share_a_directory_whatever_their_umask(mode, member_process):
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(mode)
        holders = [member_process("keep", directory, size=2, uid=uid) for uid in (65533, 65534)]

        assert [line_of(holder) for holder in holders] == ["taken", "taken"]
        assert line_of(member_process("keep", directory, size=2, uid=65532)).startswith("All 2 sessions")
        for holder in holders:
            holder.communicate(timeout=20)
        assert line_of(member_process("keep", directory, size=2, uid=65532)) == "taken"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_user_without_rights_in_the_directory_is_an_error(member_process):
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        sentence = line_of(member_process("keep", directory, uid=65534))

    assert directory in sentence
    assert "right to write" in sentence


@pytest.mark.parametrize("package", ["source_acumatica.run", "destination_acumatica"])
def test_a_library_of_locks_that_is_not_used_is_not_loaded(package):
    argv = [sys.executable, "-X", "importtime", "-m", package, "spec"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)

    assert "portalocker" not in done.stderr
    assert "redis" not in done.stderr


def test_reading_the_form_loads_no_library_of_locks():
    code = "import sys, acumatica_client.api.connection_form; print({'redis', 'portalocker'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert (done.stdout.strip(), done.returncode) == ("set()", 0)
