"""Messages as this source emits them: pages of ready-made RECORD lines, states with honest counts, bytes out.

A page is one message, so that the digits of numbers stay as the server wrote them and a thousand records cost one pass
through the writer. Ordinary messages, one by one, come from `RecordPage.records`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson
from airbyte_cdk.models import (
    AirbyteMessage,
    AirbyteMessageSerializer,
    AirbyteRecordMessage,
    AirbyteStateStats,
    Type,
)

from source_acumatica.sync.message_queue import Changes

Messages = Generator[AirbyteMessage, None, None]


@dataclass
class RecordPage(AirbyteMessage):
    """The records of one page: `rows` are JSON objects as bytes, each on one line."""

    stream: str = ""
    rows: tuple[bytes, ...] = ()
    namespace: str | None = None
    changes: Changes = field(default_factory=dict)

    def lines(self) -> bytes:
        """The page as protocol lines."""
        place = b'"namespace":%b,' % orjson.dumps(self.namespace) if self.namespace else b""
        head = b'{"type":"RECORD","record":{%b"stream":%b,"emitted_at":%d,"data":' % (
            place,
            orjson.dumps(self.stream),
            _now(),
        )
        if not self.changes:
            return b"".join(part for row in self.rows for part in (head, row, b"}}\n"))
        ends = (self._meta(index) for index in range(len(self.rows)))
        return b"".join(part for row, end in zip(self.rows, ends, strict=True) for part in (head, row, end))

    def _meta(self, index: int) -> bytes:
        changes = self._changes_of(index)
        return b',"meta":%b}}\n' % orjson.dumps({"changes": changes}) if changes else b"}}\n"

    def _changes_of(self, index: int) -> list[dict[str, str]]:
        changes = self.changes.get(index, {}).items()
        return [{"field": name, "change": one.value[0], "reason": one.value[1]} for name, one in changes]

    def records(self) -> Iterator[AirbyteMessage]:
        """The page as ordinary messages. Values are JSON fragments: serialising them gives the server's own digits."""
        emitted_at = _now()
        for index, row in enumerate(self.rows):
            members = msgspec.json.decode(row, type=dict[str, msgspec.Raw])
            fragments = {name: orjson.Fragment(bytes(value)) for name, value in members.items()}
            record = AirbyteRecordMessage(self.stream, fragments, emitted_at, namespace=self.namespace)
            if changes := self._changes_of(index):
                record.meta = _meta_of(changes)
            yield AirbyteMessage(type=Type.RECORD, record=record)


def _meta_of(changes: list[dict[str, str]]) -> Any:  # noqa: ANN401  the CDK exports no name for this model
    empty = {"stream": "", "data": {}, "emitted_at": 0, "meta": {"changes": changes}}
    loaded = AirbyteMessageSerializer.load({"type": "RECORD", "record": empty}).record
    return loaded.meta if loaded is not None else None


def record_page(
    stream: str, rows: tuple[bytes, ...], namespace: str | None = None, changes: Changes | None = None
) -> RecordPage:
    return RecordPage(type=Type.RECORD, stream=stream, rows=rows, namespace=namespace, changes=changes or {})


class Lines:
    """Messages as bytes, in order; each state carries the number of its stream's records since the state before."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def of(self, message: AirbyteMessage) -> bytes:
        """One message as protocol lines, each with its line feed."""
        if isinstance(message, RecordPage):
            self._counts[message.stream] += len(message.rows)
            return message.lines()
        if message.type == Type.STATE and message.state is not None and message.state.stream is not None:
            count = self._counts.pop(message.state.stream.stream_descriptor.name, 0)
            message.state.sourceStats = AirbyteStateStats(recordCount=float(count))
        return orjson.dumps(AirbyteMessageSerializer.dump(message)) + b"\n"


def _now() -> int:
    return time.time_ns() // 1_000_000
