"""What workers report -> the platform's messages: statuses in order, each failure once, all summed up at the end.

STARTED   before the first request      RUNNING  before the first record, and while Acumatica is busy
COMPLETE  behind the last state         INCOMPLETE  where something could not be read

Each message names the namespace of its stream: a state that does not is not found again by who asks for it with one
(the CDK does), and the stream would be read from its beginning in every sync.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStateBlob,
    AirbyteStateMessage,
    AirbyteStateType,
    AirbyteStreamState,
    AirbyteStreamStatus,
    AirbyteStreamStatusReason,
    AirbyteStreamStatusReasonType,
    FailureType,
    StreamDescriptor,
    Type,
)
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message as status_message

from acumatica_client.errors import AcumaticaError
from connector_runtime.errors import ConnectorError, defect, traced
from source_acumatica.cdk.messages import record_page
from source_acumatica.sync.message_queue import Checkpoint, Ended, Failed, Message, Page, RateLimited, Started, Streams

_log = logging.getLogger("airbyte.source-acumatica")
# The kind of the whole is that of its gravest part: repeating a sync unasked helps only if every failure passes.
_GRAVITY = (FailureType.transient_error, FailureType.config_error, FailureType.system_error)


class StreamMessages:
    """`spaces`: the namespaces of streams that have one. Not safe for threads: the writer's own."""

    def __init__(self, spaces: Mapping[str, str] | None = None) -> None:
        self._spaces = spaces or {}
        self._running: set[str] = set()
        self._failures: dict[tuple[str, str], FailureType] = {}  # (stream, what happened) -> kind
        self._failed: set[str] = set()
        self._writers: Mapping[type, Callable[..., Iterator[AirbyteMessage]]] = {
            Started: self._started,
            Page: self._page,
            Checkpoint: self._checkpoint,
            RateLimited: self._rate_limited,
            Failed: self._failure,
            Ended: self._ended,
        }

    def of(self, message: Message) -> Iterator[AirbyteMessage]:
        """The platform's messages for one of ours."""
        return self._writers[type(message)](message)

    def refused(self, refusals: Mapping[str, AcumaticaError]) -> Iterator[AirbyteMessage]:
        """Streams that could not even be started: the statuses, with an error between, for each."""
        for name, error in refusals.items():
            yield from self._statuses((name,), AirbyteStreamStatus.STARTED)
            yield from self._failure(Failed((name,), error))
            yield from self._statuses((name,), AirbyteStreamStatus.INCOMPLETE)

    def raise_failures(self) -> None:
        """Raises ConnectorError naming every failed stream, when there is one."""
        if self._failures:
            words = "; ".join(what for _, what in self._failures)
            raise ConnectorError(
                message=f"{len(self._failed)} of the streams could not be read to the end. {words}",
                internal_message="Some streams failed; the others were read to their end.",
                failure_type=max(self._failures.values(), key=_GRAVITY.index),
            )

    def _started(self, message: Started) -> Iterator[AirbyteMessage]:
        return self._statuses(message.streams, AirbyteStreamStatus.STARTED)

    def _page(self, page: Page) -> Iterator[AirbyteMessage]:
        if page.stream not in self._running:
            self._running.add(page.stream)
            yield from self._statuses((page.stream,), AirbyteStreamStatus.RUNNING)
        yield record_page(page.stream, page.rows, self._spaces.get(page.stream), page.changes)

    def _checkpoint(self, message: Checkpoint) -> Iterator[AirbyteMessage]:
        state = AirbyteStreamState(self._stream(message.stream), AirbyteStateBlob(message.state))
        yield AirbyteMessage(type=Type.STATE, state=AirbyteStateMessage(type=AirbyteStateType.STREAM, stream=state))

    def _rate_limited(self, message: RateLimited) -> Iterator[AirbyteMessage]:
        reason = AirbyteStreamStatusReason(type=AirbyteStreamStatusReasonType.RATE_LIMITED)
        for name in message.streams:
            yield status_message(self._stream(name), AirbyteStreamStatus.RUNNING, [reason])

    def _failure(self, message: Failed) -> Iterator[AirbyteMessage]:
        self._failed.update(message.streams)
        first = message.streams[0]
        failure = self._connector_error(message.error, first)
        trace = failure.as_airbyte_message(self._stream(first))
        if trace.trace is None or trace.trace.error is None:
            return
        key = (first, trace.trace.error.message)
        if key not in self._failures:  # every window of a stream fails alike
            self._failures[key] = failure.failure_type
            yield trace

    def _connector_error(self, error: Exception, stream: str) -> ConnectorError:
        if isinstance(error, AcumaticaError):
            return traced(error, self._stream(stream), label=stream)
        return defect(error)

    def _ended(self, message: Ended) -> Iterator[AirbyteMessage]:
        if message.summary:
            _log.info(message.summary)  # before the last status: nothing follows that
        last = AirbyteStreamStatus.COMPLETE if message.complete else AirbyteStreamStatus.INCOMPLETE
        return self._statuses(message.streams, last)

    def _statuses(self, streams: Streams, status: AirbyteStreamStatus) -> Iterator[AirbyteMessage]:
        return (status_message(self._stream(name), status) for name in streams)

    def _stream(self, name: str) -> StreamDescriptor:
        return StreamDescriptor(name=name, namespace=self._spaces.get(name))
