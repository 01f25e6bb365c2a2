"""The real command line as a process: exit codes, signals, broken pipes, and no session left behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from acumatica_emulator import Emulator
from integration_tests.processes import until
from integration_tests.source.conftest import ROOT, Source

Register = Callable[["subprocess.Popen[bytes]"], "subprocess.Popen[bytes]"]
pytestmark = pytest.mark.slow


def ended(process: subprocess.Popen[bytes], instance: Emulator) -> int:
    """The exit code; a session may need a moment more to be seen as closed."""
    code = process.wait(20)
    deadline = time.monotonic() + 5
    while instance.sessions_open and time.monotonic() < deadline:
        time.sleep(0.01)
    assert instance.sessions_open == 0
    return code


def test_spec_is_answered_without_loading_the_cdk():
    argv = [sys.executable, "-X", "importtime", "-m", "source_acumatica.run", "spec"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(done.stdout)["type"] == "SPEC"
    assert "airbyte_cdk" not in done.stderr
    assert "requests" not in done.stderr


def test_a_whole_read_ends_with_zero(instance, source, processes: Register):
    process = processes(source.start("read", "Customer:incremental", "ShipVia", concurrency_level=2))
    out, err = process.communicate(timeout=60)
    kinds = [json.loads(line)["type"] for line in out.splitlines()]
    assert (process.returncode, err) == (0, b"")
    assert kinds.count("RECORD") == len(instance.records("Customer")) + len(instance.records("ShipVia"))


def test_a_failed_check_ends_with_zero_and_a_failed_read_with_one(source, processes: Register):
    check = processes(source.start("check", company="Nowhere"))
    out, _ = check.communicate(timeout=60)
    assert (check.returncode, json.loads(out)["connectionStatus"]["status"]) == (0, "FAILED")
    read = processes(source.start("read", "Customre"))
    out, err = read.communicate(timeout=60)
    assert (read.returncode, err) == (1, b"")


def test_a_wrong_command_line_ends_with_two(processes: Register):
    argv = [sys.executable, "-m", "source_acumatica.run", "read"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--config" in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_in_the_middle_signs_out_and_reports_no_later_state(instance, source, processes, number, code):
    process = processes(source.start("read", "SalesOrder:incremental", page_size=5, concurrency_level=2))
    until(process, "RECORD")
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (ended(process, instance), err) == (code, b"")
    assert b"Traceback" not in out
    assert sum(b'"RECORD"' in line for line in out.splitlines()) < len(instance.records("SalesOrder"))


def test_a_signal_while_a_request_lasts_signs_its_session_out(instance, source, processes: Register):
    """The sign-out waits for the request of its session: the server answers one at a time."""
    process = source.start("read", "Customer")
    instance.faults.add("slow", method="GET", entity="Customer", seconds=3)
    processes(process)
    deadline = time.monotonic() + 20
    while not instance.faults.all_used and time.monotonic() < deadline:
        time.sleep(0.01)
    process.terminate()
    out, _ = process.communicate(timeout=20)
    assert ended(process, instance) == 143
    assert b'"STATE"' not in out


def test_a_disk_that_is_full_ends_the_source_with_a_sentence_and_gives_the_seat_back(instance, source):
    arguments = source.arguments(config=source.config(), catalog=source.catalog("Customer:incremental"))
    with open("/dev/full", "wb") as full:
        argv = [sys.executable, "-m", "source_acumatica.run", "read", *arguments]
        done = subprocess.run(argv, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (1, b"The output cannot be written: No space left on device.\n")
    assert (instance.logins, instance.sessions_open) == (1, 0)


def test_a_reader_that_goes_away_ends_the_source_quietly(instance: Emulator, source: Source, processes: Register):
    process = processes(source.start("read", "SalesOrder", page_size=10))
    until(process, "RECORD")
    assert process.stdout is not None
    process.stdout.close()
    assert ended(process, instance) == 1
    assert process.stderr is not None
    assert process.stderr.read() == b""
