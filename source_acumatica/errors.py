"""Names of connector_runtime.errors for the rest of the source."""

from __future__ import annotations

from airbyte_cdk.models import StreamDescriptor

from acumatica_client.errors import AcumaticaError
from connector_runtime import errors
from connector_runtime.errors import ConnectorError as ToldError
from connector_runtime.errors import masked

__all__ = ["ToldError", "masked", "traced"]


def traced(error: AcumaticaError, stream: str | None = None) -> ToldError:
    """The same error for the platform: the user's sentence, what kind of failure it is, of which stream."""
    return errors.traced(error, StreamDescriptor(name=stream) if stream else None, label=stream or "")
