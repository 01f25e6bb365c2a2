"""Which stream waits because Acumatica is busy, told to the platform as that stream's status. Does not wait itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStreamStatus,
    AirbyteStreamStatusReason,
    AirbyteStreamStatusReasonType,
    StreamDescriptor,
)
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message as status_message

_stream: ContextVar[str | None] = ContextVar("the stream that this thread reads", default=None)


@contextmanager
def reading(stream: str) -> Iterator[None]:
    """While it lasts, this thread reads the stream."""
    token = _stream.set(stream)
    try:
        yield
    finally:
        _stream.reset(token)


def teller(emit: Callable[[AirbyteMessage], None]) -> Callable[[float], None]:
    """Tells, by the thread that is about to wait, that its stream is rate limited."""

    def tell(_seconds: float) -> None:
        stream = _stream.get()
        if stream is not None:
            emit(rate_limited(stream))

    return tell


def rate_limited(stream: str) -> AirbyteMessage:
    """The status RUNNING with the reason RATE_LIMITED."""
    reason = AirbyteStreamStatusReason(type=AirbyteStreamStatusReasonType.RATE_LIMITED)
    return status_message(StreamDescriptor(name=stream), AirbyteStreamStatus.RUNNING, [reason])
