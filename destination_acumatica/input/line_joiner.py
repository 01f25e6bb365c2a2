"""Documents joined with lines that come as streams of their own: a stage between the input and the sync, which takes
messages and gives messages. Works on the reader's thread.

    orders 1, STATE a, orders 2, lines of 1, STATE b, lines of 2 ... end
    -->  orders 1 with its lines, orders 2 with its lines, STATE a, STATE b

A document can be written when all its lines have come, which is known only when their stream is complete. Until then
documents, lines, and all that has to wait for the documents lie on the disk; states that come meanwhile wait behind
them, since a state in front of lines that are not written would lose them. Other streams go on.

What comes out are ordinary records, each with the other records of the input that are written with it.

A stream is complete when its source says COMPLETE. Where a platform does not pass these statuses on, the end of the
input counts instead; where it does, a stream that was never complete may lack lines, and no document is written.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence

from destination_acumatica.config.configured_catalog import StreamName, StreamNames
from destination_acumatica.input.joined_records import join_lines, join_orphans, key_of, record_of
from destination_acumatica.input.messages import Message, RecordLine, StateLine, StreamStatus, Unreadable, read_message
from destination_acumatica.input.spool import DOCUMENT, FOLLOWER, STATE, Spool
from destination_acumatica.plan.stream_joins import Join

_log = logging.getLogger("airbyte.destination-acumatica")
_COMPLETE = "COMPLETE"
_WRITING = "%d documents and %d lines have come whole; they are put together and written now."
_NOT_WHOLE = (
    "The source did not complete the stream {streams}, so {documents} documents and {lines} lines that waited for each "
    "other were not written."
)
_NO_DISK = "Documents that wait for their lines cannot be kept on the disk ({reason}), and none of them was written."


class LineJoiner:
    """One for a sync. `streams` are all of the connection, `followers` those whose records wait for documents."""

    def __init__(
        self,
        joins: Sequence[Join] = (),
        streams: Collection[StreamName] = (),
        followers: Collection[StreamName] = (),
        open_spool: Callable[[], Spool] = Spool,
    ) -> None:
        self._joins, self._streams, self._followers, self._open_spool = joins, streams, followers, open_spool
        self._names = StreamNames(streams)
        self._of_documents: dict[StreamName, list[int]] = {}
        for number, join in enumerate(joins):
            self._of_documents.setdefault(join.documents, []).append(number)
        self._of_lines = {join.lines: number for number, join in enumerate(joins)}
        self._statuses: dict[StreamName, str] = {}
        self._states = 0
        self._spool: Spool | None = None

    def take(self, message: Message) -> Iterator[Message]:
        """The messages to process now that this one has come."""
        return _until_disk_fails(self._taken(message)) if self._joins else iter((message,))

    def finish(self) -> Iterator[Message]:
        """The messages to process at the end of the input."""
        return _until_disk_fails(self._rest())

    def _rest(self) -> Iterator[Message]:
        if self._spool is None:
            return
        missing = [stream for stream in self._joined() if self._statuses and not self._is_whole(stream)]
        if missing:
            streams = " and ".join(map(str, missing))
            counts = self._spool
            text = _NOT_WHOLE.format(streams=streams, documents=counts.documents, lines=counts.lines)
            yield Unreadable(text, transient=True)
        else:
            yield from self._released(self._spool)

    def _taken(self, message: Message) -> Iterator[Message]:
        if isinstance(message, RecordLine):
            if not self._keeps(message):
                yield message
        elif isinstance(message, StateLine):
            if self._spool is None:
                yield message
            else:
                self._spool.add(STATE, message.line, self._states)
            self._states += 1
        elif isinstance(message, StreamStatus):
            if message.stream in self._streams:  # other names say nothing about the streams here
                self._statuses[message.stream] = message.status
            if self._spool is not None and all(map(self._is_whole, self._joined())):
                yield from self._released(self._spool)
        else:
            yield message

    def _keeps(self, record: RecordLine) -> bool:
        """Whether the record waits on the disk now."""
        if record.stream in self._of_lines:
            number = self._of_lines[record.stream]
            join = self._joins[number]
            key, own = key_of(record.columns, join.columns), key_of(record.columns, join.own)
            self._waiting().add_line(record.line, self._states, number, key, own)
        elif record.stream in self._of_documents:
            self._waiting().add_document(record.line, self._states, dict(self._keys(record)))
        elif record.stream in self._followers and self._spool is not None:
            self._spool.add(FOLLOWER, record.line, self._states)
        else:
            return False
        return True

    def _keys(self, document: RecordLine) -> Iterator[tuple[int, str]]:
        for number in self._of_documents[document.stream]:
            key = key_of(document.columns, self._joins[number].document_columns)
            if key is not None:
                yield number, key

    def _released(self, spool: Spool) -> Iterator[Message]:
        """All that waited: documents, lines without one, what waited for documents, and the states behind them."""
        _log.info(_WRITING, spool.documents, spool.lines)
        spool.order()
        for number, kept in spool.of(DOCUMENT):
            document = record_of(kept, self._names)
            keys = self._keys(document)
            yield from join_lines(
                document, ((self._joins[join], spool.lines_of(number, join, key)) for join, key in keys)
            )
        for join, lines in spool.orphan_lines():
            yield from join_orphans(self._joins[join], lines)
        yield from (record_of(kept, self._names) for _, kept in spool.of(FOLLOWER))
        for _, kept in spool.of(STATE):
            message = read_message(kept.message, self._names)
            if message is not None:
                yield message
        self.close()

    def close(self) -> None:
        """Drop what still waits."""
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    def _waiting(self) -> Spool:
        if self._spool is None:
            self._spool = self._open_spool()
        return self._spool

    def _joined(self) -> dict[StreamName, None]:
        return dict.fromkeys((*self._of_documents, *self._of_lines))

    def _is_whole(self, stream: StreamName) -> bool:
        return self._statuses.get(stream) == _COMPLETE


def _until_disk_fails(messages: Iterator[Message]) -> Iterator[Message]:
    """The messages; where the disk fails, at last the reason why no more come."""
    try:
        yield from messages
    except sqlite3.Error as error:
        yield Unreadable(_NO_DISK.format(reason=error))
