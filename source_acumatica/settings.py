"""What the user filled in, as typed settings. The one place that reads the raw configuration."""

from __future__ import annotations

from dataclasses import dataclass

from acumatica_client.client import ConnectionSettings
from acumatica_client.errors import SettingsError
from acumatica_client.form import check_form, connection_settings, number, text
from source_acumatica.specification import connection_specification
from source_acumatica.windows import first_start

USER_AGENT = "airbyte-source-acumatica"


@dataclass(frozen=True)
class SourceSettings:
    """`lookback` in seconds, `page_size` in records; `start`, the lower bound of a first sync, or None."""

    connection: ConnectionSettings
    start: str | None
    lookback: float
    page_size: int


def source_settings(config: object) -> SourceSettings:
    """Raises SettingsError with one sentence when the configuration breaks the specification."""
    form = check_form(config, connection_specification())
    return SourceSettings(
        connection=connection_settings(form, user_agent=USER_AGENT),
        start=_start(text(form, "start_date")),
        lookback=60.0 * number(form, "lookback_minutes", 120),
        page_size=number(form, "page_size", 500),
    )


def _start(date: str) -> str | None:
    try:
        return first_start(date)
    except ValueError:
        raise SettingsError("Start date is not a day of the calendar.") from None
