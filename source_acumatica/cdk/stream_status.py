"""What became of each stream: statuses in order, failures told once and summed up at the end. Reads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteStreamStatus,
    AirbyteStreamStatusTraceMessage,
    FailureType,
    StreamDescriptor,
    Type,
)
from airbyte_cdk.utils.stream_status_utils import as_airbyte_message as status_message
from airbyte_cdk.utils.traced_exception import AirbyteTracedException

from acumatica_client.errors import AcumaticaError
from source_acumatica.cdk.messages import RecordPage
from source_acumatica.errors import ToldError, masked, traced
from source_acumatica.sync.progress import Tally

_ENDS = (AirbyteStreamStatus.COMPLETE, AirbyteStreamStatus.INCOMPLETE)
# The kind of the whole is that of its gravest part: repeating a sync unasked helps only if every failure passes.
_GRAVITY = (FailureType.transient_error, FailureType.config_error, FailureType.system_error)


class StreamOutcomes:
    """Watches the messages of a read.

    `tallies` name the streams that are fetched together. The core knows only the first of them; what becomes of it
    becomes of the others, so their statuses are its own. With the end of a stream its tally is told.
    """

    def __init__(self, tallies: Iterable[Tally] = ()) -> None:
        self._tallies = {tally.stream: tally for tally in tallies}
        self._running: set[str] = set()
        self._failures: dict[tuple[str, str], FailureType] = {}  # (stream, what happened) -> kind

    def refused(self, refusals: Mapping[str, AcumaticaError]) -> Iterator[AirbyteMessage]:
        """Streams that could not even be started: the statuses, with an error between, for each."""
        for name, error in refusals.items():
            yield status_message(StreamDescriptor(name=name), AirbyteStreamStatus.STARTED)
            yield from self._failure(traced(error, name).as_airbyte_message())
            yield status_message(StreamDescriptor(name=name), AirbyteStreamStatus.INCOMPLETE)

    def watch(self, messages: Iterable[AirbyteMessage]) -> Iterator[AirbyteMessage]:
        """The same messages, with RUNNING before the first page of a stream, and each failure once.

        The core says RUNNING only for its own kind of record, and ends by raising a summary that calls every failure
        a matter of configuration; both are put right here.
        """
        try:
            for message in messages:
                if isinstance(message, RecordPage):
                    yield from self._page(message)
                elif message.type == Type.TRACE and message.trace and message.trace.error:
                    yield from self._failure(message)
                else:
                    self._end(message)
                    yield message
                    yield from self._followed(message)
        except AirbyteTracedException:
            if not self._failures:
                raise

    def raise_failures(self) -> None:
        """Raises ToldError naming every failed stream, when there is one."""
        if self._failures:
            failed = {name for name, _ in self._failures}
            streams = sum(len(self._tallies[name].streams) if name in self._tallies else 1 for name in failed)
            told = "; ".join(what for _, what in self._failures)
            raise ToldError(
                message=f"{streams} of the streams could not be read to the end. {told}",
                internal_message="Some streams failed; the others were read to their end.",
                failure_type=max(self._failures.values(), key=_GRAVITY.index),
            )

    def _page(self, page: RecordPage) -> Iterator[AirbyteMessage]:
        if page.stream not in self._running:
            self._running.add(page.stream)
            yield status_message(StreamDescriptor(name=page.stream), AirbyteStreamStatus.RUNNING)
        yield page

    def _end(self, message: AirbyteMessage) -> None:
        """Tell what a stream took, before its last status: nothing follows that."""
        status, tally = self._status(message)
        if status is not None and tally is not None and status.status in _ENDS:
            tally.end()

    def _followed(self, message: AirbyteMessage) -> Iterator[AirbyteMessage]:
        """The status of a stream as that of those that follow it."""
        status, tally = self._status(message)
        if status is not None and tally is not None:
            for name in tally.streams[1:]:
                yield status_message(StreamDescriptor(name=name), status.status, status.reasons)

    def _status(self, message: AirbyteMessage) -> tuple[AirbyteStreamStatusTraceMessage | None, Tally | None]:
        status = message.trace.stream_status if message.trace is not None else None
        return status, None if status is None else self._tallies.get(status.stream_descriptor.name)

    def _failure(self, message: AirbyteMessage) -> Iterator[AirbyteMessage]:
        trace = masked(message).trace
        if trace is None or trace.error is None:
            return
        stream = trace.error.stream_descriptor
        key = (stream.name if stream else "", trace.error.message)
        if key not in self._failures:  # every window of a stream fails alike
            self._failures[key] = trace.error.failure_type or FailureType.system_error
            yield message
