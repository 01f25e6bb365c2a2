"""Errors of the client as errors of the platform.

AcumaticaError          -> ConnectorError   the user's sentence, what kind of failure, of which stream
any other exception     -> ConnectorError   a defect of the connector: its kind and its place, not its text
"""

from __future__ import annotations

import traceback

from airbyte_cdk.models import AirbyteMessage, FailureType, StreamDescriptor
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from acumatica_client.errors import AcumaticaError

_FAILURE_TYPES = {
    "config": FailureType.config_error,
    "transient": FailureType.transient_error,
    "system": FailureType.system_error,
}
_FRAMES = 3  # of a stack trace: the innermost ones


class ConnectorError(AirbyteTracedException):
    """A failure that one sentence explains, so its message has no stack trace. Secrets are masked."""

    def as_airbyte_message(self, stream_descriptor: StreamDescriptor | None = None) -> AirbyteMessage:
        message = super().as_airbyte_message(stream_descriptor)
        if message.trace is not None and message.trace.error is not None:
            message.trace.error.stack_trace = None
        return masked(message)


def traced(error: AcumaticaError, stream: StreamDescriptor | None = None, *, label: str = "") -> ConnectorError:
    """The same error for the platform. `label` names the stream in front of the sentence."""
    sentence = error.sentence()
    return ConnectorError(
        message=f"{label}: {sentence}" if label else sentence,
        internal_message=error.detail or type(error).__name__,
        failure_type=_FAILURE_TYPES[error.failure_type],
        stream_descriptor=stream,
    )


def defect(error: BaseException) -> ConnectorError:
    """An error that the connector did not foresee. Its text may quote a record, so only kind and place are shown."""
    place = "".join(traceback.format_tb(error.__traceback__)[-_FRAMES:])
    return ConnectorError(
        message="The connector failed because of a defect in it. The internal message of this error names the place.",
        internal_message=f"{type(error).__name__}\n{place}",
        failure_type=FailureType.system_error,
    )


def masked(message: AirbyteMessage) -> AirbyteMessage:
    """An error message without the secrets of the configuration. Changes the message that it is given."""
    if message.trace is not None and message.trace.error is not None:
        error = message.trace.error
        error.message = filter_secrets(error.message)
        error.internal_message = filter_secrets(error.internal_message or "")
        error.stack_trace = filter_secrets(error.stack_trace) if error.stack_trace else None
    return message
