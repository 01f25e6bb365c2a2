"""A client of Acumatica's contract-based REST API.

    from acumatica_client import AcumaticaClient, ConnectionSettings, Query

Folders, from the lowest to the highest; each imports only those before it:

    errors      what can go wrong
    transport   TLS trust, proxies, an SSH bastion, downloads
    schema      what an endpoint offers
    rest        queries, dialects, answers, backoff
    record      payload records to plain records and back
    auth        sign-in with a password or OAuth 2.0
    session     sessions, each with one license seat
    api         the client

The names below are imported when they are first used: importing the package takes no time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acumatica_client.api.client import AcumaticaClient
    from acumatica_client.api.settings import ConnectionSettings
    from acumatica_client.errors import AcumaticaError
    from acumatica_client.record import RecordCodec
    from acumatica_client.rest.backoff import Backoff
    from acumatica_client.rest.query import Query
    from acumatica_client.schema.model import EndpointSchema

__all__ = [
    "AcumaticaClient",
    "AcumaticaError",
    "Backoff",
    "ConnectionSettings",
    "EndpointSchema",
    "Query",
    "RecordCodec",
]

_MODULES = {
    "AcumaticaClient": "acumatica_client.api.client",
    "AcumaticaError": "acumatica_client.errors",
    "Backoff": "acumatica_client.rest.backoff",
    "ConnectionSettings": "acumatica_client.api.settings",
    "EndpointSchema": "acumatica_client.schema.model",
    "Query": "acumatica_client.rest.query",
    "RecordCodec": "acumatica_client.record",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
