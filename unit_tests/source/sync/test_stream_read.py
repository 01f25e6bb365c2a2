"""A work item as a worker does it: pages first, then the state; a failure concerns its own streams alone."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from acumatica_client.errors import AcumaticaError, Overloaded, Unexpected
from acumatica_client.record import DecodedRecord, RecordCodec
from source_acumatica.sync.cursor import WholeCursor, WindowCursor
from source_acumatica.sync.message_queue import Ended, Failed, Message, Page, QueueClosed, Started
from source_acumatica.sync.progress import Progress, ThreadProgress
from source_acumatica.sync.record_router import RecordRouter, StreamRoute
from source_acumatica.sync.state import NO_CURSOR_STATE
from source_acumatica.sync.stream_read import StreamRead, WindowFetcher
from source_acumatica.windows.windows import Window
from unit_tests.source.builders import CURSOR, NOW, customer, endpoint_schema, outline

CODEC = RecordCodec(endpoint_schema(), "Customer")


class Pages:
    """A reader of given pages, all of one window; the others are empty."""

    name, cursor = "Customer", CURSOR

    def __init__(self, *pages: list[dict] | Exception) -> None:
        self.pages = pages

    def read(self, window: Window, **_: object) -> Iterator[list[DecodedRecord]]:
        for page in () if window.nulls else self.pages:
            if isinstance(page, Exception):
                raise page
            yield [CODEC.decode(json.dumps(row).encode()) for row in page]

    def misread(self, _latest: object) -> float:
        return 0.0


class Read:
    """One worker, and what it reports."""

    def __init__(self, *pages: list[dict] | Exception, whole: bool = False, room: int = 1000) -> None:
        self.messages: list[Message] = []
        self.room = room
        reader, progress = Pages(*pages), Progress(["Customer"], clock=lambda: 0.0)
        if whole:
            cursor = WholeCursor(["Customer"], emit=self.put)
            fetch = lambda _item: reader.read(Window())  # noqa: E731
        else:
            cursor = WindowCursor(
                ["Customer"],
                CURSOR,
                lower="2026-11-22T00:00:00+00:00",
                lookback=0,
                emit=self.put,
                clock=lambda: 0.0,
                server_now=lambda: NOW,
            )
            fetch = WindowFetcher(reader, cursor, progress).pages
        router = RecordRouter([StreamRoute("Customer")])
        self.read = StreamRead(cursor, fetch, router, progress, put=self.put, threads=ThreadProgress())

    def put(self, message: Message) -> None:
        if len(self.messages) >= self.room:
            raise QueueClosed
        self.messages.append(message)

    def run(self) -> Read:
        while (item := self.read.take()) is not None:
            self.read.work(item)
        assert self.read.over
        self.read.finish()
        return self

    @property
    def kinds(self) -> list[str]:
        return [type(message).__name__ for message in self.messages]

    @property
    def states(self) -> list[object]:
        return [what for kind, what in map(outline, self.messages_of("Checkpoint"))]

    def messages_of(self, kind: str) -> list[Message]:
        return [message for message in self.messages if type(message).__name__ == kind]

    @property
    def error(self) -> Exception:
        (failed,) = self.messages_of("Failed")
        assert isinstance(failed, Failed)
        return failed.error


def test_the_state_follows_the_last_page_of_its_window():
    read = Read([customer("A", "2026-11-22T10:00:00+00:00")], [customer("B", "2026-11-22T09:00:00+00:00")]).run()
    assert read.kinds == ["Started", "Page", "Page", "Checkpoint", "Ended"]
    assert read.states == [{CURSOR: "2026-11-22T10:00:00+00:00"}]
    assert read.messages[-1] == Ended(("Customer",), complete=True, summary="Read 2 of Customer: 0 requests, 0 s")


@pytest.mark.parametrize("error", [Overloaded("503"), KeyError("a defect")])
def test_a_window_that_fails_is_not_closed_and_its_stream_is_not_complete(error):
    read = Read([customer("A", "2026-11-22T10:00:00+00:00")], error).run()
    assert read.kinds == ["Started", "Page", "Failed", "Checkpoint", "Ended"]
    assert read.error is error
    assert read.states == [{CURSOR: "2026-11-22T00:00:00+00:00"}]
    assert not read.messages[-1].complete


def test_a_stamp_that_is_no_date_stops_the_stream_and_says_why():
    read = Read([customer("A", "07/04/2026 00:09:02")]).run()
    assert isinstance(read.error, Unexpected)
    assert CURSOR in str(read.error.message)
    assert "full refresh" in read.error.advice


def test_records_without_a_stamp_are_no_trouble():
    assert Read([customer("A", None)]).run().states == [{CURSOR: "2026-11-22T00:00:00+00:00"}]


def test_an_entity_read_whole_has_no_position():
    read = Read([customer("A", "no date at all")], whole=True).run()
    assert read.kinds == ["Started", "Page", "Checkpoint", "Ended"]
    assert read.states == [{NO_CURSOR_STATE: True}]


def test_an_entity_read_whole_that_fails_is_not_complete():
    read = Read(AcumaticaError("broken"), whole=True).run()
    assert read.kinds == ["Started", "Failed", "Checkpoint", "Ended"]
    assert not read.messages[-1].complete


def test_a_closed_queue_is_no_failure_of_the_stream():
    read = Read([customer("A")], [customer("B")], room=2)
    with pytest.raises(QueueClosed):
        read.run()
    assert [type(message) for message in read.messages] == [Started, Page]
