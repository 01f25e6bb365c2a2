"""Where a run is signed in, for its log, and what it means that the settings leave the tenant to Acumatica."""

from __future__ import annotations

import logging

from acumatica_client.api.connection_summary import ConnectionSummary
from acumatica_client.errors import SettingsError
from connector_runtime.version import connector_version

_ADVICE = "Enter the Login Name that the Tenants form (SM203520) shows as Company."


def log_connection(log: logging.Logger, connector: str, summary: ConnectionSummary) -> None:
    """One line: which version of the connector runs, and where it is signed in."""
    log.info("%s %s. %s", connector, connector_version(), summary.sentence())


def tenant_left_open(summary: ConnectionSummary) -> SettingsError | None:
    """What is wrong when the settings name no company and the instance has several tenants; None when it has one, or
    when that is unknown. A source warns of it, a destination refuses to write."""
    if not summary.several_tenants:
        return None
    chosen = f", {summary.tenant}" if summary.tenant else ""
    message = f"Company is empty, and the instance has several tenants: Acumatica chose its default one{chosen}."
    return SettingsError(message, advice=_ADVICE)
