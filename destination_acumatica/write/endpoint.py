"""The old place of `erp/endpoint.py`."""

from destination_acumatica.erp.endpoint import (
    Endpoint,
    OpenEndpoint,
    Result,
)

__all__ = ["Endpoint", "OpenEndpoint", "Result"]
