"""OAuth 2.0 against an instance: tokens, seats, rotations that are never lost, and one sentence for each refusal."""

from __future__ import annotations

import io
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
from integration_tests.source.conftest import Result, Source
from integration_tests.transcript import TRANSCRIPT
from source_acumatica.run import run

Register = Callable[["subprocess.Popen[bytes]"], "subprocess.Popen[bytes]"]
SUCCEEDED = [{"status": "SUCCEEDED"}]


def status(result: Result) -> tuple[str, str]:
    (only,) = result.of("CONNECTION_STATUS")
    return only["status"], only.get("message", "")


def count(instance: Emulator, entity: str) -> int:
    return len(instance.records(entity))


def forget(instance: Emulator) -> None:
    """The seats and calls of the preparation."""
    instance.instance.seats.peak = instance.instance.seats.logins = 0
    instance.calls.clear()


class TestAPassword:
    def test_is_checked_with_one_token_and_one_seat(self, instance, source):
        result = source.check(credentials=by_password())
        assert (result.code, result.of("CONNECTION_STATUS")) == (0, SUCCEEDED)
        assert (instance.logins, instance.sessions_peak) == (1, 1)
        assert token_requests(instance) == ["password"]
        assert saved_credentials(result.lines) == []
        assert leaks(instance, result.lines) == []

    def test_needs_no_company_since_the_client_id_has_one(self, source):
        assert source.check(credentials=by_password(), company="").of("CONNECTION_STATUS") == SUCCEEDED

    def test_reads_in_the_company_of_the_client_id(self, instance, source):
        other = by_password(client_id=by_password()["client_id"].replace("Company", "Other"))
        result = source.read("Customer", credentials=other, company="other")
        assert len(result.records("Customer")) == len(instance.records("Customer", tenant="Other"))

    @pytest.mark.parametrize("sessions", [1, 3])
    def test_reads_with_one_token_and_no_more_seats_than_sessions(self, instance, source, sessions):
        instance.switches.seats, instance.switches.latency = 5, 0.01
        source.catalog("Customer")
        forget(instance)
        result = source.read(
            "SalesOrder:incremental", "Customer", credentials=by_password(), concurrency_level=sessions, page_size=60
        )
        assert result.code == 0
        assert len(result.records("SalesOrder")) >= count(instance, "SalesOrder")
        assert len(result.records("Customer")) == count(instance, "Customer")
        assert token_requests(instance) == ["password"]
        assert instance.sessions_peak <= sessions
        assert (instance.sessions_peak > 1) is (sessions > 1)
        assert instance.logins == instance.sessions_peak
        assert leaks(instance, result.lines) == []


class TestAConsent:
    def test_is_checked_and_its_new_tokens_are_given_to_the_platform_first(self, instance, source):
        credentials = by_consent(instance)
        result = source.check(credentials=credentials)
        kinds = [line["type"] for line in result.lines if line["type"] != "LOG"]
        assert kinds == ["CONTROL", "CONNECTION_STATUS"]
        assert result.of("CONNECTION_STATUS") == SUCCEEDED
        (saved,) = saved_credentials(result.lines)
        assert {name: saved[name] for name in ("auth_type", "client_id", "client_secret")} == {
            name: credentials[name] for name in ("auth_type", "client_id", "client_secret")
        }
        assert saved["refresh_token"] != credentials["refresh_token"]
        assert leaks(instance, result.lines) == []

    def test_passes_on_the_whole_configuration(self, instance, source):
        config = source.config(credentials=by_consent(instance), page_size=77, something="else")
        result = source.call("check", config=config)
        (control,) = result.of("CONTROL")
        assert control["type"] == "CONNECTOR_CONFIG"
        whole = control["connectorConfig"]["config"]
        assert {**whole, "credentials": None} == {**config, "credentials": None}

    def test_lasts_an_hour_without_another_refresh(self, instance, source):
        (saved,) = saved_credentials(source.check(credentials=by_consent(instance)).lines)
        forget(instance)
        again = source.read("ShipVia", credentials=saved)
        assert len(again.records("ShipVia")) == count(instance, "ShipVia")
        assert (token_requests(instance), saved_credentials(again.lines)) == ([], [])

    def test_that_was_used_once_is_dead_and_says_what_to_do(self, instance, source):
        old = by_consent(instance)
        source.check(credentials=old)
        result = source.check(credentials=old)
        assert status(result)[0] == "FAILED"
        assert "refresh token is no longer good" in status(result)[1]
        assert "Authenticate again" in status(result)[1]
        assert leaks(instance, result.lines) == []

    def test_goes_on_from_run_to_run(self, instance, source):
        credentials = by_consent(instance)
        for _ in range(4):
            instance.tick(3601)
            result = source.read("ShipVia", credentials={**credentials, "access_token": "", "token_expiry_date": ""})
            (credentials,) = saved_credentials(result.lines)
            assert len(result.records("ShipVia")) == count(instance, "ShipVia")

    def test_to_one_session_reads_with_one_however_many_are_wished_for(self, instance, source):
        instance.switches.seats, instance.switches.latency = 5, 0.01
        credentials = by_consent(instance, ONE)
        source.catalog("Customer")
        forget(instance)
        result = source.read("SalesOrder", "Customer", credentials=credentials, concurrency_level=3, page_size=60)
        assert result.code == 0
        assert instance.sessions_peak == 1
        assert any("one session only" in warning for warning in result.warnings)

    def test_to_several_sessions_reads_with_several(self, instance, source):
        instance.switches.seats, instance.switches.latency = 5, 0.01
        credentials = by_consent(instance, MANY)
        source.catalog("Customer")
        forget(instance)
        result = source.read(
            "SalesOrder:incremental", "Customer", credentials=credentials, concurrency_level=3, page_size=60
        )
        assert result.code == 0
        assert 1 < instance.sessions_peak <= 3
        assert token_requests(instance) == ["refresh_token"]
        assert leaks(instance, result.lines) == []

    def test_to_several_sessions_goes_on_with_those_that_the_license_has(self, instance, source):
        instance.switches.latency = 0.01
        credentials = by_consent(instance, MANY)
        result = source.read(
            "SalesOrder:incremental", "Customer", credentials=credentials, concurrency_level=3, page_size=60
        )
        assert result.code == 0
        assert instance.sessions_peak <= 2
        assert len(result.records("Customer")) == count(instance, "Customer")


class TestATokenThatEndsInTheMiddle:
    @pytest.mark.parametrize("sessions", [1, 2])
    def test_is_refreshed_once_and_no_row_is_lost(self, instance, source, hasty, sessions):
        credentials = by_consent(instance, MANY)
        source.catalog("SalesOrder")
        forget(instance)
        instance.faults.add("skew", method="GET", entity="SalesOrder", nth=3, seconds=3601)
        result = source.read("SalesOrder", credentials=credentials, page_size=10, concurrency_level=sessions)
        assert result.code == 0
        assert len(result.records("SalesOrder")) == count(instance, "SalesOrder")
        assert token_requests(instance) == ["refresh_token"] * 2
        assert len(saved_credentials(result.lines)) == 2
        assert leaks(instance, result.lines) == []

    def test_and_cannot_be_refreshed_ends_the_sync_with_one_sentence(self, instance, source, hasty):
        credentials = by_consent(instance)
        source.catalog("SalesOrder")
        instance.faults.add("skew", method="GET", entity="SalesOrder", nth=3, seconds=3601)
        instance.faults.add("status", path=TOKEN_PATH, nth=2, status=400, body='{"error":"invalid_grant"}')
        result = source.read("SalesOrder", credentials=credentials, page_size=10)
        assert result.code == 1
        assert result.errors
        assert {error["failure_type"] for error in result.errors} == {"config_error"}
        assert "Authenticate again" in result.errors[0]["message"]

    def test_is_refreshed_although_the_endpoint_fails_at_first(self, instance, source, hasty):
        instance.faults.add("status", path=TOKEN_PATH, status=503, body="Service Unavailable")
        result = source.read("ShipVia", credentials=by_consent(instance))
        assert len(result.records("ShipVia")) == count(instance, "ShipVia")
        assert token_requests(instance) == ["refresh_token"] * 2


class TestARefusal:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"client_secret": "wrong-password"}, "is wrong or has expired"),
            ({"client_id": "11111111-2222@Company"}, "does not know this client ID"),
            ({"password": "wrong-password"}, "refuses this user name and password"),
            ({"username": "stranger"}, "refuses this user name and password"),
        ],
    )
    def test_of_a_password_is_one_sentence(self, instance, source, change, words):
        self.is_one_sentence(source.check(credentials=by_password(**change)), words, change)
        assert token_requests(instance) == ["password"]

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"client_secret": "wrong-password"}, "is wrong or has expired"),
            ({"refresh_token": "wr0ng-t0ken-typed"}, "refresh token is no longer good"),
        ],
    )
    def test_of_a_refresh_token_is_one_sentence(self, instance, source, change, words):
        self.is_one_sentence(source.check(credentials=by_consent(instance, **change)), words, change)
        assert token_requests(instance) == ["refresh_token"]

    def test_of_an_expired_refresh_token_is_one_sentence(self, instance, source):
        credentials = by_consent(instance)
        instance.tick(31 * 86400)
        self.is_one_sentence(source.check(credentials=credentials), "refresh token is no longer good", {})

    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({"company": "Other"}, "another company"),
            ({"credentials": by_password(client_id="no-suffix-typed")}, "does not say its company"),
            ({"instance_uri": "http://erp.example.com"}, "https://"),
            ({"credentials": by_password(client_id="")}, "Client ID must not be empty"),
            ({"credentials": {"auth_type": "oauth2.0"}}, "must be filled in"),
        ],
    )
    def test_of_the_settings_comes_before_any_request(self, instance, source, settings, words):
        self.is_one_sentence(source.check(**{"credentials": by_password(), **settings}), words, {})
        assert instance.calls == []

    def test_for_want_of_a_seat_says_so(self, instance, source):
        taken = [instance.instance.seats.take_seat("somebody", "Company") for _ in range(2)]
        result = source.check(credentials=by_password())
        for session in taken:
            instance.instance.seats.log_out(session.token)
        self.is_one_sentence(result, "Every API session", {})

    def test_of_an_address_without_acumatica_is_one_sentence(self, instance, source):
        result = source.check(credentials=by_password(), instance_uri=instance.host_url)
        self.is_one_sentence(result, "no sign-in service", {})

    def is_one_sentence(self, result: Result, words: str, typed: dict[str, str]) -> None:
        assert result.code == 0
        assert status(result)[0] == "FAILED"
        assert words in status(result)[1]
        assert "\n" not in status(result)[1]
        everything = json.dumps(result.lines)
        assert not [value for value in typed.values() if value.startswith("wr") and value in everything]


class ControlWatch(io.BytesIO):
    """Standard output that notes what the instance had been asked by the time of each CONTROL message."""

    def __init__(self, instance: Emulator) -> None:
        super().__init__()
        self._instance = instance
        self.asked: list[list[str]] = []

    def write(self, data) -> int:
        if b'"CONTROL"' in data:
            self.asked.append([call.path for call in self._instance.calls])
        return super().write(data)


def test_the_new_refresh_token_is_out_before_the_new_access_token_is_used(instance, source):
    arguments = source.arguments(config=source.config(credentials=by_consent(instance)))
    watch = ControlWatch(instance)
    assert run(["check", *arguments], watch) == 0
    TRANSCRIPT.add_text("output", watch.getvalue())
    assert watch.asked == [[TOKEN_PATH]]


@pytest.mark.slow
class TestAProcess:
    def started(self, source: Source, processes: Register, credentials: dict[str, str]) -> subprocess.Popen[bytes]:
        process = processes(source.start("read", "SalesOrder:incremental", credentials=credentials, page_size=5))
        assert process.stdout is not None
        return process

    def test_killed_right_after_the_refresh_leaves_a_chain_that_works(self, instance, source, processes):
        process = self.started(source, processes, by_consent(instance))
        for line in process.stdout:
            if b'"CONTROL"' in line:
                process.kill()
                break
        (saved,) = saved_credentials([json.loads(line)])
        process.wait(10)
        instance.tick(3601)  # the seat of the killed process ends by itself
        result = source.check(credentials=saved)
        assert result.of("CONNECTION_STATUS") == SUCCEEDED

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_ended_by_a_signal_while_the_refresh_is_answered_still_passes_the_new_token_over(
        self, instance, source, processes, number
    ):
        credentials = by_consent(instance)
        source.catalog("SalesOrder")
        instance.faults.add("slow", path=TOKEN_PATH, seconds=1.5)
        process = self.started(source, processes, credentials)
        deadline = time.monotonic() + 20
        while not token_requests(instance) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, err) == (128 + number, b"")
        (saved,) = saved_credentials(map(json.loads, out.splitlines()))
        assert source.check(credentials=saved).of("CONNECTION_STATUS") == SUCCEEDED
        assert instance.sessions_open == 0
