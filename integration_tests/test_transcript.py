"""The search for printed secrets finds them; it would be worth nothing if it could not fail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
import requests

from acumatica_emulator import Emulator
from integration_tests.consents import application
from integration_tests.transcript import PASSWORD, ROOT, Overheard, Transcript

FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in a URL": lambda secret: quote(secret, safe=""),
    "in a form": quote_plus,
    "in JSON": json.dumps,
    "in JSON of Python": lambda secret: json.dumps(secret, ensure_ascii=False),
    "in base64": lambda secret: b64encode(secret.encode()).decode(),
    "in a basic header": lambda secret: b64encode(f"admin:{secret}".encode()).decode(),
    "in another header": lambda secret: b64encode(f"some:{secret}!".encode()).decode(),
}
CONTROL = {
    "type": "CONTROL",
    "control": {"type": "CONNECTOR_CONFIG", "connectorConfig": {"config": {"credentials": {"password": PASSWORD}}}},
}


@pytest.fixture
def transcript() -> Transcript:
    """A private one, so that what is planted here fails no test."""
    return Transcript()


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_found_in_whatever_form_it_is_printed(transcript, form):
    transcript.add_config({"credentials": {"password": PASSWORD}})
    transcript.add_text("output", f"words before {FORMS[form](PASSWORD)} and after\n")
    assert transcript.leaks() == ["password in output"]
    assert PASSWORD not in "".join(transcript.leaks())


@pytest.mark.parametrize(
    ("config", "printed"),
    [
        ({"credentials": {"client_secret": "fake-client-secret"}}, "fake-client-secret"),  # pragma: allowlist secret
        ({"credentials": {"refresh_token": "fake-refresh-token"}}, "fake-refresh-token"),
        ({"tunnel_method": {"tunnel_user_password": "fake-tunnel"}}, "fake-tunnel"),  # pragma: allowlist secret
        ({"tunnel_method": {"ssh_key": "-----BEGIN\nfake-line-one\nfake-line-two\n"}}, "fake-line-two"),
        ({"tunnel_method": {"ssh_key": "-----BEGIN\\nfake-line-one\\nfake-line-two\\n"}}, "fake-line-one"),
        ({"concurrency_pool": {"redis_url": "redis://:fake%2Fredis@host:1/0"}}, "fake/redis"),
    ],
)
def test_every_member_that_the_specification_marks_is_secret(transcript, config, printed):
    transcript.add_config(config)
    transcript.add_text("output", "nothing yet; -----BEGIN; redis at host:1\n")
    assert transcript.leaks() == []
    transcript.add_text("output", f"the value is {printed}.\n")
    assert len(transcript.leaks()) == 1


def test_whatever_an_instance_gives_out_is_secret_even_after_a_reset(transcript):
    with Emulator() as emulator, requests.Session() as client:
        login = {"name": "admin", "password": PASSWORD, "tenant": "Company"}
        assert client.post(f"{emulator.url}/entity/auth/login", json=login, timeout=5).status_code == 204
        grant = {"grant_type": "password", "scope": "api offline_access", "username": "admin", "password": PASSWORD}
        given = client.post(f"{emulator.url}/identity/connect/token", data={**application(), **grant}, timeout=5).json()
        secrets = [
            client.cookies["ASP.NET_SessionId"],
            client.cookies[".ASPXAUTH"],
            given["access_token"],
            given["refresh_token"],
        ]
        client.post(f"{emulator.url}/entity/auth/logout", timeout=5)
        emulator.instance.reset()
    transcript.add_emulator(emulator)
    assert transcript.leaks() == []
    for number, secret in enumerate(secrets):
        transcript.add_text(f"channel {number}", secret)
    assert transcript.leaks() == [
        "access token in channel 2",
        "refresh token in channel 3",
        "session cookie in channel 0",
        "session cookie in channel 1",
    ]


def test_the_configuration_that_the_platform_stores_is_left_out_and_nothing_else(transcript):
    transcript.add_config({"password": PASSWORD})
    transcript.add_text("output", json.dumps(CONTROL) + "\n")
    assert transcript.leaks() == []
    transcript.add_text("more", json.dumps({**CONTROL, "note": PASSWORD}) + "\n")
    transcript.add_text("log", json.dumps({"type": "LOG", "log": {"message": f'a "CONTROL" with {PASSWORD}'}}) + "\n")
    assert transcript.leaks() == ["password in log", "password in more"]


def test_what_was_forgotten_is_no_longer_searched(transcript):
    transcript.add_secrets("password", PASSWORD)
    transcript.add_text("output", PASSWORD)
    transcript.forget()
    assert transcript.leaks() == []


@pytest.mark.parametrize(
    "use",
    [
        lambda process: process.communicate(timeout=30),
        lambda process: (process.stdout.read(), process.wait(30), process.stderr.close()),
        lambda process: (process.stdout.readline(), process.wait(30), process.stdout.close(), process.stderr.close()),
        lambda process: (process.wait(30), process.stdout.close(), process.stderr.close()),
    ],
    ids=["communicates", "reads", "reads a line", "reads nothing"],
)
def test_a_process_is_overheard_however_little_of_it_is_read(transcript, monkeypatch, tmp_path, use):
    monkeypatch.setattr("integration_tests.transcript.TRANSCRIPT", transcript)
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"credentials": {"password": PASSWORD}}))
    program = "import sys; print('line'); print(sys.argv[2]); print(sys.argv[2], file=sys.stderr)"
    argv = [sys.executable, "-c", program, f"--config={config}", PASSWORD]
    pipe = subprocess.PIPE
    with Overheard(argv, stdout=pipe, stderr=pipe) as process:
        use(process)
    leaks = transcript.leaks()
    transcript.forget()
    assert leaks == [f"password in stderr of process {process.pid}", f"password in stdout of process {process.pid}"]


PLANTED = """
import subprocess, sys, logging
import pytest
from acumatica_emulator import Emulator

@pytest.fixture
def cookie():
    emulator = Emulator()
    yield emulator.instance.seats.log_in("admin", "secret", "Company").token

def test_innocent(cookie):
    print("nothing")

def test_prints(cookie):
    print(cookie)

def test_logs(cookie):
    logging.getLogger("x").warning("%s", cookie)

def test_starts(cookie):
    subprocess.run([sys.executable, "-c", "import sys; print(sys.argv[1])", cookie], capture_output=True)
"""


@pytest.mark.slow
def test_a_test_that_prints_a_secret_fails_with_its_name_and_the_kind_of_the_secret(tmp_path: Path):
    (tmp_path / "test_planted.py").write_text(PLANTED)
    argv = [sys.executable, "-m", "pytest", "-p", "integration_tests.transcript", "-p", "no:cacheprovider", "-rE"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run([*argv, str(tmp_path)], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert run.returncode == 1
    for name in ("prints", "logs", "starts"):
        assert f"test_planted.py::test_{name} printed a secret: session cookie in " in run.stdout
    assert "test_innocent printed" not in run.stdout
