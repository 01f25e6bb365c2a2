"""The emulator as a process: its ready line, its options, its exit code."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import requests

LOGIN = {"name": "admin", "password": "secret"}


@dataclass
class Run:
    process: subprocess.Popen
    url: str
    errors: str = ""

    @property
    def host(self) -> str:
        return self.url.removesuffix("/AcumaticaERP")

    def end(self, number=signal.SIGTERM) -> int:
        self.process.send_signal(number)
        self.errors = self.process.communicate(timeout=10)[1]
        return self.process.returncode


@contextmanager
def running(*arguments):
    command = [sys.executable, "-m", "acumatica_emulator", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        word, url = process.stdout.readline().split()
        assert word == "ready"
        yield Run(process, url)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_when_it_is_ready_and_ends_well_on_a_signal(number):
    with running("--port", "0") as run:
        assert requests.get(f"{run.url}/entity", timeout=5).status_code == 200
        assert run.end(number) == 0
        assert run.errors == ""


def test_a_leaked_seat_makes_the_run_fail():
    with running() as run:
        requests.post(f"{run.url}/entity/auth/login", json=LOGIN, timeout=5)
        assert run.end() == 1
        assert "a seat is leaked" in run.errors


def test_a_request_after_logout_makes_the_run_fail():
    with running() as run, requests.Session() as client:
        client.post(f"{run.url}/entity/auth/login", json=LOGIN, timeout=5)
        client.post(f"{run.url}/entity/auth/logout", timeout=5)
        assert client.get(f"{run.url}/entity/Default/24.200.001/Customer", timeout=5).status_code == 401
        assert run.end() == 1
        assert "logged out" in run.errors


def test_a_fault_that_never_came_up_makes_the_run_fail():
    with running() as run:
        requests.post(f"{run.host}/_emulator/faults", json={"effect": "recycle"}, timeout=5)
        assert run.end() == 1
        assert "the fault recycle" in run.errors


def test_its_options_reach_the_instance():
    options = ["--tenant", "North", "--empty-tenant", "South", "--seats", "1", "--user", "bob:pw", "--set", "links=off"]
    with running(*options, "--scale", "1000") as run, requests.Session() as client:
        login = f"{run.url}/entity/auth/login"
        assert (
            client.post(login, json={"name": "bob", "password": "pw", "tenant": "South"}, timeout=5).status_code == 204
        )
        assert client.post(login, json=LOGIN, timeout=5).status_code == 500
        api = f"{run.url}/entity/Default/24.200.001"
        assert client.get(f"{api}/SalesOrder", timeout=5).json() == []
        assert "_links" not in client.get(f"{api}/StockItem?$top=1", timeout=5).json()[0]
        client.post(f"{run.url}/entity/auth/logout", timeout=5)
        client.post(login, json={**LOGIN, "tenant": "North"}, timeout=5)
        assert len(client.get(f"{api}/SalesOrder?$select=OrderNbr", timeout=5).json()) == 1000
        client.post(f"{run.url}/entity/auth/logout", timeout=5)
        assert run.end() == 0


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("seat=1", "--set: there is no switch 'seat'; try seats"),
        ("seats=many", "--set: the switch 'seats' takes a whole number, not 'many'."),
        ("links=maybe", "--set: the switch 'links' takes true or false, not 'maybe'."),
        ("rights=bob", "--set: the switch 'rights' takes a JSON object, not 'bob'."),
    ],
)
def test_a_switch_that_cannot_be_set_is_one_sentence_that_says_what_to_do(wrong, sentence):
    refused = ended("--set", wrong)
    assert refused.returncode == 2
    assert refused.stderr.startswith(sentence)
    assert refused.stderr.count("\n") == 1


def test_a_port_in_use_is_one_sentence_that_says_what_to_do():
    with running() as run:
        refused = ended("--port", run.url.split(":")[2].split("/")[0])
        assert run.end() == 0
    assert refused.returncode == 2
    assert refused.stderr.endswith("is in use by another program; --port 0 takes a free port.\n")
    assert ended("--port", "99999").returncode == 2


@pytest.mark.parametrize(("option", "value"), [("--set", "seats"), ("--user", "bob")])
def test_an_argument_without_its_second_part_is_refused(option, value):
    refused = ended(option, value)
    assert refused.returncode == 2
    assert f"'{value}' has no '" in refused.stderr


def ended(*arguments):
    """A command that ends by itself."""
    command = [sys.executable, "-m", "acumatica_emulator", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


def test_the_help_names_every_switch():
    command = [sys.executable, "-m", "acumatica_emulator", "--help"]
    answered = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
    assert all(name in answered for name in ("--empty-tenant", "action_polls", "server_zone", "retry_after"))
