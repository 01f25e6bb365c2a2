"""The real command line as a process: exit codes, signals, broken pipes, and no session left behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from acumatica_emulator import Emulator
from integration_tests.destination.conftest import ROOT, Destination
from integration_tests.processes import until
from unit_tests.destination.builders import record, state, stream

CUSTOMERS = stream("Customer", columns=("CustomerID", "CustomerName"), key=("CustomerID",))
Register = Callable[["subprocess.Popen[bytes]"], "subprocess.Popen[bytes]"]


def customer(number: int) -> bytes:
    return record("Customer", CustomerID=f"Z{number}", CustomerName="Somebody")


def send(process: subprocess.Popen[bytes], *lines: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(b"".join(lines))
    process.stdin.flush()


def test_spec_is_answered_without_loading_the_cdk() -> None:
    program = (
        "import sys; from destination_acumatica.run import run; run(['spec'], stdout=sys.stdout.buffer); "
        "print('airbyte_cdk' in sys.modules, 'requests' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, timeout=30)
    spec, loaded = done.stdout.splitlines()
    assert (json.loads(spec)["type"], loaded) == ("SPEC", b"False False")


@pytest.mark.slow
def test_a_whole_sync_as_a_process(instance: Emulator, destination: Destination, processes: Register) -> None:
    process = processes(destination.start("write", streams=[CUSTOMERS]))
    out, err = process.communicate(customer(1) + state("Customer", 7), timeout=30)
    states = [json.loads(line)["state"] for line in out.splitlines() if b'"STATE"' in line]
    assert (process.returncode, err) == (0, b"")
    assert [(one["id"], one["destinationStats"]) for one in states] == [(7, {"recordCount": 1})]


@pytest.mark.slow
def test_a_failed_check_is_a_status_and_exit_0(
    instance: Emulator, destination: Destination, processes: Register
) -> None:
    process = processes(destination.start("check", company="Nowhere"))
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, b"")
    assert json.loads(out)["connectionStatus"]["status"] == "FAILED"


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_while_the_source_is_silent_signs_out_and_ends(
    instance: Emulator, destination: Destination, processes: Register, number: signal.Signals, code: int
) -> None:
    process = processes(destination.start("write", streams=[CUSTOMERS]))
    send(process, customer(1), state("Customer", 1), customer(2))
    until(process, "STATE")
    assert instance.sessions_open == 1
    process.send_signal(number)
    assert process.wait(15) == code
    assert instance.sessions_open == 0
    assert process.stdout is not None
    assert b'"STATE"' not in process.stdout.read()


@pytest.mark.slow
def test_a_signal_in_the_middle_of_a_long_request_does_not_wait_for_it(
    instance: Emulator, destination: Destination, processes: Register
) -> None:
    instance.faults.add("slow", method="PUT", entity="Customer", nth=2, seconds=2)
    process = processes(destination.start("write", streams=[CUSTOMERS]))
    send(process, customer(1), state("Customer", 1), customer(2), state("Customer", 2))
    until(process, "STATE")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 143
    assert process.stdout is not None
    assert b'"STATE"' not in process.stdout.read()


@pytest.mark.slow
def test_a_disk_that_is_full_ends_the_destination_with_a_sentence_and_gives_the_seat_back(
    instance: Emulator, destination: Destination, processes: Register
) -> None:
    with open("/dev/full", "wb") as full:
        process = processes(destination.start("write", streams=[CUSTOMERS], stdout=full))
    send(process, customer(1), state("Customer", 1))
    assert process.wait(60) == 1
    assert process.stderr is not None
    assert process.stderr.read() == b"The output cannot be written: No space left on device.\n"
    assert (instance.logins, instance.sessions_open) == (1, 0)


def test_an_output_without_a_reader_ends_quietly(
    instance: Emulator, destination: Destination, processes: Register
) -> None:
    process = processes(destination.start("write", streams=[CUSTOMERS]))
    send(process, customer(1), state("Customer", 1))
    until(process, "STATE")
    assert process.stdout is not None
    process.stdout.close()
    send(process, customer(2), state("Customer", 2))
    assert process.wait(15) == 1
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert instance.sessions_open == 0


@pytest.mark.slow
def test_a_rejection_while_the_source_is_silent_ends_the_process(
    instance: Emulator, destination: Destination, processes: Register
) -> None:
    process = processes(destination.start("write", streams=[CUSTOMERS]))
    send(process, record("Customer", CustomerID="", CustomerName="Unknown"))
    trace = until(process, "TRACE")["trace"]
    assert trace["error"]["failure_type"] == "config_error"
    assert process.wait(15) == 1
    assert process.stderr is not None
    assert process.stderr.read() == b""
