"""What the user filled in, as typed settings. The one place that reads the raw configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from acumatica_client.api.client import ConnectionSettings
from acumatica_client.api.connection_form import Form, check_form, connection_settings, number, text
from acumatica_client.errors import SettingsError
from source_acumatica.config.stream_options import Details, InquiryRule, StreamOptions, StreamRule
from source_acumatica.specification import connection_specification
from source_acumatica.windows.windows import first_start

USER_AGENT = "airbyte-source-acumatica"


@dataclass(frozen=True)
class SourceSettings:
    """`lookback` in seconds, `page_size` in records; `start`, the lower bound of a first sync, or None."""

    connection: ConnectionSettings
    start: str | None
    lookback: float
    page_size: int
    options: StreamOptions = field(default_factory=StreamOptions)


def source_settings(config: object) -> SourceSettings:
    """Raises SettingsError with one sentence when the configuration breaks the specification."""
    form = check_form(config, connection_specification())
    return SourceSettings(
        connection=connection_settings(form, user_agent=USER_AGENT),
        start=_start(text(form, "start_date")),
        lookback=60.0 * number(form, "lookback_minutes", 120),
        page_size=number(form, "page_size", 500),
        options=_options(form),
    )


def _start(date: str) -> str | None:
    try:
        return first_start(date)
    except ValueError:
        raise SettingsError("Start date is not a day of the calendar.") from None


def _options(form: Form) -> StreamOptions:
    return StreamOptions(
        details=Details(text(form, "details") or Details.SEPARATE),
        custom_fields=_patterns(form, "custom_fields"),
        files=form.get("attached_files") is True,
        shown=_patterns(form, "streams_shown"),
        hidden=_patterns(form, "streams_hidden"),
        rules=tuple(_rule(entry) for entry in _entries(form, "stream_settings")),
        inquiries=_inquiries(form),
    )


def _rule(entry: Form) -> StreamRule:
    archived = entry.get("archived_records")
    return StreamRule(
        text(entry, "stream"),
        filter=text(entry, "filter") or None,
        page_size=number(entry, "page_size", 0) or None,
        archived=archived if isinstance(archived, bool) else None,
    )


def _inquiries(form: Form) -> tuple[InquiryRule, ...]:
    rules: dict[str, InquiryRule] = {}
    for entry in _entries(form, "inquiries"):
        name = text(entry, "name")
        if name in rules:
            raise SettingsError(f"Inquiries name the stream {name} more than once.")
        rules[name] = InquiryRule(name, text(entry, "inquiry"), _parameters(name, entry), text(entry, "results"))
    return tuple(rules.values())


def _parameters(inquiry: str, entry: Form) -> Mapping[str, str]:
    given: dict[str, str] = {}
    for parameter in _entries(entry, "parameters"):
        name = text(parameter, "name")
        if name in given:
            raise SettingsError(f"The inquiry {inquiry} fills in {name} more than once.")
        given[name] = text(parameter, "value", strip=False)
    return given


def _patterns(form: Form, name: str) -> tuple[str, ...]:
    found = form.get(name)
    words = (word.strip() for word in found if isinstance(word, str)) if isinstance(found, list) else ()
    return tuple(word for word in words if word)


def _entries(form: Form, name: str) -> Iterator[Form]:
    found = form.get(name)
    return (entry for entry in found if isinstance(entry, Mapping)) if isinstance(found, list) else iter(())
