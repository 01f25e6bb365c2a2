"""Which stream waits because Acumatica is busy, told to the platform as that stream's status. Does not wait itself."""

from __future__ import annotations

from collections.abc import Callable

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStreamStatus,
    AirbyteStreamStatusReason,
    AirbyteStreamStatusReasonType,
    StreamDescriptor,
)
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message as status_message

from source_acumatica.sync.progress import current


def teller(emit: Callable[[AirbyteMessage], None]) -> Callable[[float], None]:
    """Tells, by the thread that is about to wait, that its stream is rate limited."""

    def tell(seconds: float) -> None:
        tally = current()
        if tally is not None:
            tally.wait(seconds)
            emit(rate_limited(tally.stream))

    return tell


def rate_limited(stream: str) -> AirbyteMessage:
    """The status RUNNING with the reason RATE_LIMITED."""
    reason = AirbyteStreamStatusReason(type=AirbyteStreamStatusReasonType.RATE_LIMITED)
    return status_message(StreamDescriptor(name=stream), AirbyteStreamStatus.RUNNING, [reason])
