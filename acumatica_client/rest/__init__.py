"""The contract-based REST API as text and values: queries, addresses, dialects, answers, backoff."""

from acumatica_client.rest.addresses import SAFE_URL_LENGTH, key_fits_address
from acumatica_client.rest.backoff import Backoff
from acumatica_client.rest.dialect import Dialect, dialect_of
from acumatica_client.rest.query import Query, Request

__all__ = ["SAFE_URL_LENGTH", "Backoff", "Dialect", "Query", "Request", "dialect_of", "key_fits_address"]
