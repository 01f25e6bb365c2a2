"""The connection test: one row of the cheapest entity that the user may read. Says what is wrong by raising."""

from __future__ import annotations

from collections.abc import Mapping

from acumatica_client.client import AcumaticaClient
from acumatica_client.errors import AccessDenied, AcumaticaError, NotFound, ServerFault
from acumatica_client.query import Query
from acumatica_client.schema import EndpointSchema

# Small tables that most roles may see, one or more for each endpoint.
_CHEAP = ("FinancialPeriod", "ProductionOrder", "Account", "Customer", "Warehouse")
_TRIES = 4


def probe(client: AcumaticaClient) -> None:
    """Signs in, finds the endpoint, reads its swagger and one row. Raises AcumaticaError."""
    refusals: dict[str, AcumaticaError] = {}
    for name in candidates(client.schema()):
        try:
            client.fetch_list(name, Query(top=1))
            return
        except (ServerFault, AccessDenied, NotFound) as error:
            refusals[name] = error
    if refusals:
        raise _nothing_readable(refusals)


def _nothing_readable(refusals: Mapping[str, AcumaticaError]) -> AcumaticaError:
    first = next(iter(refusals.values()))
    return AccessDenied(
        f"The sign-in works, but Acumatica refuses to list {', '.join(refusals)}: {first.message}",
        advice=first.advice or "Check the roles of the user on the Users form (SM201010).",
        detail=first.detail,
    )


def candidates(schema: EndpointSchema) -> list[str]:
    """The entities to try, cheap ones first."""
    readable = [entity.name for entity in schema.readable()]
    cheap = [name for name in _CHEAP if name in readable]
    return [*cheap, *(name for name in readable if name not in cheap)][:_TRIES]
