"""The connection test: one row of the cheapest entity that the user may read, and of each that the settings name.

a cheap entity is refused, another one works      the connection works; the message names what may not be read
all of the cheap ones are refused                 refused, with Acumatica's words
an entity with settings of its own is refused     refused: all of them named in one sentence
a filter is refused                               refused, with the stream's name and Acumatica's words
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.errors import AccessDenied, AcumaticaError, NotFound, ServerFault, SettingsError
from acumatica_client.rest.query import Query
from acumatica_client.schema.model import EndpointSchema
from source_acumatica.catalog.inquiries import inquiries_of
from source_acumatica.config.stream_options import StreamOptions, StreamRule, fits

# Small tables that most roles may see, one or more for each endpoint.
_CHEAP = ("FinancialPeriod", "ProductionOrder", "Account", "Customer", "Warehouse")
_TRIES = 4
_MATTERS_OF_ONE = (ServerFault, AccessDenied, NotFound)


def check_connection(client: AcumaticaClient, options: StreamOptions) -> str:
    """Sign in, find the endpoint, read its swagger and a few rows. Returns what is worth knowing although it works.

    Raises AcumaticaError.
    """
    schema = client.schema()
    inquiries_of(schema, options.inquiries)
    chosen = list(_with_settings(schema, options))
    refused = _refused(client, chosen)
    if refused:
        raise _refusal(refused, f"Acumatica refuses to list {', '.join(refused)}, which the settings name")
    return "" if chosen else _something_cheap(client, schema)


def _something_cheap(client: AcumaticaClient, schema: EndpointSchema) -> str:
    """Raises AccessDenied when nothing may be read."""
    refused: dict[str, AcumaticaError] = {}
    for name in candidates(schema):
        more = _refused(client, [StreamRule(name)])
        if not more:
            return f"The user may not read {', '.join(refused)}." if refused else ""
        refused |= more
    if refused:
        raise _refusal(refused, f"The sign-in works, but Acumatica refuses to list {', '.join(refused)}")
    return ""


def _refused(client: AcumaticaClient, rules: list[StreamRule]) -> dict[str, AcumaticaError]:
    """The entities that refuse a row. Raises SettingsError for a filter that alone is at fault."""
    refused: dict[str, AcumaticaError] = {}
    for rule in rules:
        query = Query(filter=rule.filter, top=1, archived=bool(rule.archived))
        try:
            client.fetch_list(rule.pattern, query)
        except AccessDenied as error:
            refused[rule.pattern] = error
        except _MATTERS_OF_ONE as error:
            if rule.filter:
                raise SettingsError(
                    f"{rule.pattern}: Acumatica refuses the filter {rule.filter!r}: {error.message}",
                    advice="Filters are written as in Acumatica's contract-based REST API, with the endpoint's names.",
                    detail=error.detail,
                ) from error
            refused[rule.pattern] = error
    return refused


def _with_settings(schema: EndpointSchema, options: StreamOptions) -> Iterator[StreamRule]:
    """The rules of the entities that settings name: each that is named itself, and a few that fit a pattern's filter.

    Raises SettingsError for a name that no stream has.
    """
    readable = [entity.name for entity in schema.readable()]
    for pattern in options.idle_rules(readable):
        raise SettingsError(
            f"The settings name the stream {pattern}, which {schema.endpoint} {schema.version} does not have.",
            advice="Details are read with the settings of their document's stream.",
        )
    named: dict[str, None] = {}
    for rule in options.rules:
        fitting = [name for name in readable if fits(name, (rule.pattern,))]
        if rule.filter or fitting == [rule.pattern]:
            named |= dict.fromkeys(fitting[:_TRIES])
    return (options.rule_of(name) for name in named)


def _refusal(refused: Mapping[str, AcumaticaError], sentence: str) -> AcumaticaError:
    first = next(iter(refused.values()))
    return AccessDenied(
        f"{sentence}: {first.message}",
        advice=first.advice or "Check the roles of the user on the Users form (SM201010).",
        detail=first.detail,
    )


def candidates(schema: EndpointSchema) -> list[str]:
    """The entities to try, cheap ones first."""
    readable = [entity.name for entity in schema.readable()]
    cheap = [name for name in _CHEAP if name in readable]
    return [*cheap, *(name for name in readable if name not in cheap)][:_TRIES]
