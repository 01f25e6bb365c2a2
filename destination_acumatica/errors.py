"""The door through which a client's error becomes one of the platform's. The only place where the two meet."""

from __future__ import annotations

import traceback

from airbyte_cdk.models import FailureType, StreamDescriptor
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from acumatica_client.errors import AcumaticaError
from destination_acumatica.input.messages import StreamName

_FAILURE_TYPES = {
    "config": FailureType.config_error,
    "transient": FailureType.transient_error,
    "system": FailureType.system_error,
}


def traced(error: AcumaticaError, stream: StreamName | None = None) -> AirbyteTracedException:
    """The same error for the platform: the user's sentence, what kind of failure it is, of which stream."""
    sentence = error.sentence()
    return AirbyteTracedException(
        message=f"Stream {stream}: {sentence}" if stream else sentence,
        internal_message=error.detail or type(error).__name__,
        failure_type=_FAILURE_TYPES[error.failure_type],
        stream_descriptor=StreamDescriptor(name=stream.name, namespace=stream.namespace) if stream else None,
    )


def defect(error: BaseException) -> AirbyteTracedException:
    """An error that nobody foresaw. Its text may quote a record, so only its kind and its place are told."""
    place = "".join(traceback.format_tb(error.__traceback__)[-3:])
    return AirbyteTracedException(
        message="The connector failed through a defect of its own. The log tells where.",
        internal_message=f"{type(error).__name__}\n{place}",
        failure_type=FailureType.system_error,
    )
