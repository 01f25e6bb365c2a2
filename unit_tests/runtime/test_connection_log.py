"""Every run logs where it is signed in; an open choice of the tenant is an error that says what to enter."""

from __future__ import annotations

import logging
from dataclasses import replace
from importlib.metadata import version

import pytest

from acumatica_client.api.connection_summary import ConnectionSummary
from connector_runtime.connection_log import log_connection, tenant_left_open

SUMMARY = ConnectionSummary("https://erp.example.com", "Acme", "MAIN", "admin", "Default", "24.200.001")


def test_the_log_names_connector_and_place(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        log_connection(logging.getLogger("airbyte"), "some-connector", SUMMARY)
    assert caplog.messages == [
        f"some-connector {version('airbyte-acumatica')}. Signed in to https://erp.example.com: tenant Acme, "
        "branch MAIN, user admin, endpoint Default/24.200.001."
    ]


@pytest.mark.parametrize("several", [False, None])
def test_one_tenant_or_an_unknown_number_is_no_error(several: bool | None) -> None:
    assert tenant_left_open(replace(SUMMARY, several_tenants=several)) is None


@pytest.mark.parametrize(("tenant", "named"), [("Acme", ", Acme."), ("", "default one.")])
def test_a_tenant_that_acumatica_chose_among_several_is_an_error_with_advice(tenant: str, named: str) -> None:
    error = tenant_left_open(replace(SUMMARY, tenant=tenant, several_tenants=True))
    assert error is not None
    assert named in error.message
    assert "SM203520" in error.advice
    assert error.failure_type == "config"
