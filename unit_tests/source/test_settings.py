"""What the user filled in, as typed settings."""

from __future__ import annotations

import pytest

from acumatica_client.errors import SettingsError
from source_acumatica.settings import source_settings
from unit_tests.source.builders import CONFIG


def test_the_least_a_person_fills_in_is_enough():
    settings = source_settings(CONFIG)
    assert (settings.start, settings.lookback, settings.page_size) == (None, 7200.0, 500)
    connection = settings.connection
    assert (connection.endpoint_name, connection.endpoint_version, connection.sessions) == ("Default", None, 1)
    assert connection.address.base_url == "https://erp.example.com/Site"
    assert connection.user_agent == "airbyte-source-acumatica"


def test_everything_filled_in_arrives():
    settings = source_settings(
        {
            **CONFIG,
            "endpoint_name": "Manufacturing",
            "endpoint_version": "24.200.001",
            "branch": "MAIN",
            "concurrency_level": 25,
            "start_date": "2024-01-01T00:00:00Z",
            "lookback_minutes": 0,
            "page_size": 2,
        }
    )
    assert (settings.start, settings.lookback, settings.page_size) == ("2023-12-31T00:00:00+00:00", 0.0, 2)
    connection = settings.connection
    assert (connection.endpoint_name, connection.endpoint_version) == ("Manufacturing", "24.200.001")
    assert (connection.sessions, connection.sign_in.branch) == (25, "MAIN")


def test_keys_of_other_versions_of_the_form_are_ignored():
    assert source_settings({**CONFIG, "streams": ["x"], "__injected": {}}).page_size == 500


@pytest.mark.parametrize("date", ["2024-02-30", "2024-13-01", "0000-01-01"])
def test_a_day_that_does_not_exist_is_told_so(date):
    with pytest.raises(SettingsError) as raised:
        source_settings({**CONFIG, "start_date": date})
    assert raised.value.sentence() == "Start date is not a day of the calendar."


def test_a_broken_form_is_told_with_the_label_of_the_field():
    with pytest.raises(SettingsError, match="Page size must be at least 2"):
        source_settings({**CONFIG, "page_size": 1})
