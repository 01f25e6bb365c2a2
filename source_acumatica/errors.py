"""The door through which a client's error becomes one of the platform's. The only place where the two meet."""

from __future__ import annotations

from airbyte_cdk.models import AirbyteMessage, FailureType, StreamDescriptor
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from acumatica_client.errors import AcumaticaError

_FAILURE_TYPES = {
    "config": FailureType.config_error,
    "transient": FailureType.transient_error,
    "system": FailureType.system_error,
}


class ToldError(AirbyteTracedException):
    """A refusal, told in one sentence. It is no defect of ours, so nobody is shown a stack trace for it."""

    def as_airbyte_message(self, stream_descriptor: StreamDescriptor | None = None) -> AirbyteMessage:
        message = super().as_airbyte_message(stream_descriptor)
        if message.trace is not None and message.trace.error is not None:
            message.trace.error.stack_trace = None
        return masked(message)


def traced(error: AcumaticaError, stream: str | None = None) -> ToldError:
    """The same error for the platform: the user's sentence, Acumatica's own words, what kind of failure it is."""
    sentence = error.sentence()
    return ToldError(
        message=f"{stream}: {sentence}" if stream else sentence,
        internal_message=error.detail or type(error).__name__,
        failure_type=_FAILURE_TYPES[error.failure_type],
        stream_descriptor=StreamDescriptor(name=stream) if stream else None,
    )


def masked(message: AirbyteMessage) -> AirbyteMessage:
    """An error message without the secrets of the configuration; the core hands its own on as they are."""
    if message.trace is not None and message.trace.error is not None:
        error = message.trace.error
        error.message = filter_secrets(error.message)
        error.internal_message = filter_secrets(error.internal_message or "")
        error.stack_trace = filter_secrets(error.stack_trace) if error.stack_trace else None
    return message
