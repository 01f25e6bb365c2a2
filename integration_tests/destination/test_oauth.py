"""OAuth 2.0 against an instance: what is written once stays written once, and no new refresh token is ever lost."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from acumatica_emulator import Emulator
from integration_tests.consents import (
    MANY,
    ONE,
    TOKEN_PATH,
    by_consent,
    by_password,
    leaks,
    saved_credentials,
    token_requests,
)
from integration_tests.destination.conftest import Destination
from integration_tests.processes import until
from unit_tests.destination.builders import Result, record, state, stream

CUSTOMERS = stream("Customer", columns=("CustomerID", "CustomerName"), key=("CustomerID",))
Register = Callable[["subprocess.Popen[bytes]"], "subprocess.Popen[bytes]"]


def customers(count: int) -> list[bytes]:
    return [record("Customer", CustomerID=f"Z{number:03d}", CustomerName="Somebody") for number in range(count)]


def status(result: Result) -> tuple[str, str]:
    assert result.code == 0
    (only,) = result.of("CONNECTION_STATUS")
    return str(only["status"]), str(only.get("message", ""))


def written(instance: Emulator) -> list[str]:
    return sorted(row["CustomerID"] for row in instance.records("Customer") if row["CustomerID"].startswith("Z"))


def puts(instance: Emulator) -> list[int]:
    """The statuses of all writes."""
    return [call.status for call in instance.calls if call.method == "PUT"]


# Checking


def test_a_password_is_checked_with_one_token_and_one_seat(instance: Emulator, destination: Destination) -> None:
    result = destination.check(credentials=by_password())
    assert status(result) == ("SUCCEEDED", "")
    assert (instance.logins, instance.sessions_peak) == (1, 1)
    assert token_requests(instance) == ["password"]
    assert saved_credentials(result.messages) == []
    assert leaks(instance, result.messages) == []


def test_a_consent_is_checked_and_its_new_tokens_are_passed_on_first(
    instance: Emulator, destination: Destination
) -> None:
    credentials = by_consent(instance)
    result = destination.check(credentials=credentials)
    kinds = [message["type"] for message in result.messages if message["type"] != "LOG"]
    assert kinds == ["CONTROL", "CONNECTION_STATUS"]
    assert status(result) == ("SUCCEEDED", "")
    (saved,) = saved_credentials(result.messages)
    assert saved["refresh_token"] != credentials["refresh_token"]
    assert leaks(instance, result.messages) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client_secret": "wrong-password"}, "is wrong or has expired"),
        ({"password": "wrong-password"}, "refuses this user name and password"),
    ],
)
def test_what_is_wrong_with_a_password_is_one_sentence(
    instance: Emulator, destination: Destination, change: dict[str, str], words: str
) -> None:
    result = destination.check(credentials=by_password(**change))
    assert status(result)[0] == "FAILED"
    assert words in status(result)[1]
    assert "\n" not in status(result)[1]
    assert b"wrong-password" not in result.raw
    assert len(token_requests(instance)) == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"company": "Other"}, "another company"),
        ({"instance_uri": "http://erp.example.com"}, "https://"),
        ({"credentials": by_password(client_id="no-suffix-typed")}, "does not say its company"),
    ],
)
def test_settings_that_cannot_work_are_reported_before_any_request(
    instance: Emulator, destination: Destination, settings: dict[str, object], words: str
) -> None:
    said = status(destination.check(**{"credentials": by_password(), **settings}))
    assert said[0] == "FAILED"
    assert words in said[1]
    assert instance.calls == []


def test_a_used_refresh_token_is_dead_and_the_sync_says_what_to_do(
    instance: Emulator, destination: Destination
) -> None:
    old = by_consent(instance)
    destination.check(credentials=old)
    result = destination.write([*customers(1), state("Customer", 1)], CUSTOMERS, credentials=old)
    assert result.code == 1
    assert result.error["failure_type"] == "config_error"
    assert "Authenticate again" in str(result.error["message"])
    assert written(instance) == []
    assert leaks(instance, result.messages) == []


# Writing


@pytest.mark.parametrize(("scope", "sessions", "most"), [(ONE, 1, 1), (ONE, 3, 1), (MANY, 1, 1), (MANY, 3, 3)])
def test_records_are_written_with_no_more_seats_than_the_token_and_the_user_allow(
    instance: Emulator, destination: Destination, scope: str, sessions: int, most: int
) -> None:
    instance.switches.seats, instance.switches.latency = 5, 0.01
    lines = [*customers(30), state("Customer", 1)]
    result = destination.write(lines, CUSTOMERS, credentials=by_consent(instance, scope), concurrency_level=sessions)
    assert (result.code, result.counts) == (0, [(30, 0)])
    assert len(written(instance)) == 30
    assert instance.sessions_peak <= most
    assert (instance.sessions_peak > 1) is (most > 1)
    assert token_requests(instance) == ["refresh_token"]
    assert leaks(instance, result.messages) == []


def test_a_password_writes_with_several_seats_of_one_token(instance: Emulator, destination: Destination) -> None:
    instance.switches.seats, instance.switches.latency = 5, 0.01
    result = destination.write(
        [*customers(20), state("Customer", 1)], CUSTOMERS, credentials=by_password(), concurrency_level=3
    )
    assert result.counts == [(20, 0)]
    assert 1 < instance.sessions_peak <= 3
    assert token_requests(instance) == ["password"]


@pytest.mark.parametrize("credentials", ["consent", "password"])
def test_a_token_that_ends_in_the_middle_is_refreshed_and_each_record_is_written_once(
    instance: Emulator, destination: Destination, credentials: str
) -> None:
    chosen = by_consent(instance) if credentials == "consent" else by_password()
    instance.faults.add("skew", method="PUT", entity="Customer", nth=4, seconds=3601)
    result = destination.write_hastily([*customers(8), state("Customer", 1)], CUSTOMERS, credentials=chosen)
    assert result.counts == [(8, 0)]
    assert len(written(instance)) == 8
    assert puts(instance).count(401) == 1
    assert puts(instance).count(200) == 8
    assert token_requests(instance)[1:] == ["refresh_token"]
    assert len(saved_credentials(result.messages)) == (2 if credentials == "consent" else 0)
    assert leaks(instance, result.messages) == []


def test_a_password_whose_refresh_is_refused_signs_in_anew(instance: Emulator, destination: Destination) -> None:
    instance.faults.add("skew", method="PUT", entity="Customer", nth=4, seconds=3601)
    instance.faults.add("status", path=TOKEN_PATH, nth=2, status=400, body='{"error":"invalid_grant"}')
    result = destination.write_hastily([*customers(8), state("Customer", 1)], CUSTOMERS, credentials=by_password())
    assert result.counts == [(8, 0)]
    assert token_requests(instance) == ["password", "refresh_token", "password"]
    assert instance.sessions_peak == 1


def test_a_branch_goes_with_every_request_since_no_token_has_it(instance: Emulator, destination: Destination) -> None:
    destination.write([*customers(1), state("Customer", 1)], CUSTOMERS, credentials=by_password(), branch="SOUTH")
    (put,) = [call for call in instance.calls if call.method == "PUT"]
    assert {name.lower(): value for name, value in put.headers.items()}["px-cbapibranch"] == "SOUTH"


# As a process


@pytest.mark.slow
def test_killed_right_after_the_refresh_it_leaves_a_chain_that_works(
    instance: Emulator, destination: Destination, processes: Register
) -> None:
    process = processes(destination.start("write", streams=[CUSTOMERS], credentials=by_consent(instance)))
    (saved,) = saved_credentials([until(process, "CONTROL")])
    process.kill()
    process.wait(10)
    instance.tick(3601)  # the seat of the killed process, if it got that far, ends by itself

    assert status(destination.check(credentials=saved))[0] == "SUCCEEDED"


@pytest.mark.slow
def test_ended_by_a_signal_while_the_refresh_is_answered_it_still_passes_the_new_token_over(
    instance: Emulator, destination: Destination, processes: Register
) -> None:
    instance.faults.add("slow", path=TOKEN_PATH, seconds=1.5)
    process = processes(destination.start("write", streams=[CUSTOMERS], credentials=by_consent(instance)))
    deadline = time.monotonic() + 20
    while not token_requests(instance) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)

    assert (process.returncode, err) == (143, b"")
    (saved,) = saved_credentials(map(json.loads, out.splitlines()))
    assert status(destination.check(credentials=saved))[0] == "SUCCEEDED"
