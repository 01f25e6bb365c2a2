"""The client: lists, records, actions, files and inquiries of one endpoint, and the form of its settings."""

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.api.settings import ConnectionSettings

__all__ = ["AcumaticaClient", "ConnectionSettings"]
