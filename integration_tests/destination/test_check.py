"""The connection test against an instance: one sign-in, one sentence, no session left behind."""

from __future__ import annotations

import pytest

from acumatica_emulator import Emulator
from integration_tests.destination.conftest import Destination
from unit_tests.destination.builders import Result


def status(result: Result) -> tuple[str, str]:
    assert result.code == 0
    (only,) = result.of("CONNECTION_STATUS")
    assert len(result.lines) == 1 + len(result.of("LOG"))
    return str(only["status"]), str(only.get("message", ""))


def test_a_connection_that_works_signs_in_once_and_writes_nothing(instance: Emulator, destination: Destination) -> None:
    assert status(destination.check(streams=[{"stream": "people", "entity": "Customer"}])) == ("SUCCEEDED", "")
    assert (instance.logins, instance.sessions_peak) == (1, 1)
    assert {call.method for call in instance.calls} <= {"GET", "POST"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"credentials": {"auth_type": "cookie", "username": "admin", "password": "wrong"}}, "password"),
        ({"company": "Nowhere"}, "does not know the company (tenant) 'Nowhere'"),
        ({"endpoint_name": "Nope"}, "Nope"),
        ({"endpoint_version": "99.200.001"}, "99.200.001"),
        ({"instance_uri": "http://127.0.0.1:9/AcumaticaERP"}, "could not be reached"),
        ({"streams": [{"stream": "a", "entity": "Custmer"}]}, "did you mean Customer"),
        ({"streams": [{"stream": "a", "entity": "InventorySummaryInquiry"}]}, "is an inquiry"),
        ({"streams": [{"stream": "a", "entity": "Customer", "fields": [{"from": "n", "to": "Nme"}]}]}, "no member Nme"),
    ],
)
def test_what_is_wrong_is_one_plain_sentence(destination: Destination, settings: dict[str, object], words: str) -> None:
    said = status(destination.check(**settings))
    assert said[0] == "FAILED"
    assert words in said[1]
    assert "\n" not in said[1]
    assert "Traceback" not in said[1]


def test_a_site_path_that_is_missing_is_reported(instance: Emulator, destination: Destination) -> None:
    assert status(destination.check(instance_uri=instance.host_url))[0] == "FAILED"


def test_taken_seats_are_reported_without_waiting_for_one(instance: Emulator, destination: Destination) -> None:
    instance.faults.add("status", path="*auth/login*", status=429, body="API Login Limit")
    said = status(destination.check())
    assert said[0] == "FAILED"
    assert "API session" in said[1]


def test_a_page_instead_of_data_is_reported(instance: Emulator, destination: Destination) -> None:
    instance.faults.add("html", method="GET", path="*/entity*", status=200, times=2)
    assert status(destination.check())[0] == "FAILED"
