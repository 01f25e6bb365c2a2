"""A window as the core reads it: pages first, then the position; errors as the platform wants them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from airbyte_cdk.models import AirbyteMessage

from acumatica_client.errors import AcumaticaError, Overloaded
from acumatica_client.record import Decoded, RecordCodec
from source_acumatica.cdk.streams import EntityStream, ReadPartition
from source_acumatica.errors import ToldError
from source_acumatica.sync.cursor import WholeCursor, WindowCursor
from source_acumatica.windows.windows import Window
from unit_tests.source.builders import CURSOR, NOW, configured, customer, endpoint_schema, told

CODEC = RecordCodec(endpoint_schema(), "Customer")


class Pages:
    """A reader of given pages, all of one window; the others are empty."""

    name, cursor = "Customer", CURSOR

    def __init__(self, *pages: list[dict] | AcumaticaError) -> None:
        self.pages = pages

    def read(self, window: Window, **_: object) -> Iterator[list[Decoded]]:
        for page in () if window.nulls else self.pages:
            if isinstance(page, AcumaticaError):
                raise page
            yield [CODEC.decode(json.dumps(row).encode()) for row in page]

    def misread(self, _latest: object) -> float:
        return 0.0


def partition(*pages: list[dict] | AcumaticaError) -> tuple[ReadPartition, list[AirbyteMessage]]:
    states: list[AirbyteMessage] = []
    cursor = WindowCursor(
        ["Customer"],
        CURSOR,
        lower="2026-11-22T00:00:00+00:00",
        lookback=0,
        emit=states.append,
        clock=lambda: 0.0,
        server_now=lambda: NOW,
    )
    return ReadPartition("Customer", Pages(*pages), cursor=cursor), states


def test_the_position_is_told_after_the_last_page_has_been_taken():
    window, states = partition(
        [customer("A", "2026-11-22T10:00:00+00:00")], [customer("B", "2026-11-22T09:00:00+00:00")]
    )
    reading = iter(window.read())
    for _ in range(2):
        next(reading)
        assert states == []
    assert next(reading, None) is None
    assert [told(state) for state in states] == [("STATE", {CURSOR: "2026-11-22T10:00:00+00:00"})]


def test_a_window_that_fails_is_not_closed():
    window, states = partition([customer("A", "2026-11-22T10:00:00+00:00")], Overloaded("503"))
    with pytest.raises(ToldError, match="Customer: 503"):
        list(window.read())
    assert states == []


def test_a_stamp_that_is_no_date_stops_the_stream_and_says_why():
    window, states = partition([customer("A", "07/04/2026 00:09:02")])
    with pytest.raises(ToldError) as raised:
        list(window.read())
    assert CURSOR in str(raised.value.message)
    assert "full refresh" in str(raised.value.message)
    assert states == []


def test_records_without_a_stamp_are_no_trouble():
    window, states = partition([customer("A", None)])
    assert len(list(window.read())) == 1
    assert [told(state) for state in states] == [("STATE", {CURSOR: "2026-11-22T00:00:00+00:00"})]


def test_an_entity_read_whole_has_no_position():
    whole = ReadPartition("Customer", Pages([customer("A", "no date at all")]))
    assert len(list(whole.read())) == 1
    assert whole.to_slice() == {"worker": 0}


def test_partitions_of_different_workers_or_streams_are_told_apart():
    parts = [ReadPartition(name, Pages(), number=number) for name in ("Customer", "Vendor") for number in range(3)]
    assert len(set(parts)) == len({hash(part) for part in parts}) == 6


def test_a_stream_shows_the_core_what_was_configured():
    described = configured("Customer").streams[0].stream
    cursor = WholeCursor(["Customer"], emit=lambda _: None)
    whole = ReadPartition("Customer", Pages())
    stream = EntityStream(described, cursor, cursor_field=None, partitions=lambda: [whole])
    assert (stream.name, stream.cursor, stream.cursor_field) == ("Customer", cursor, None)
    assert list(stream.generate_partitions()) == [whole]
    assert stream.as_airbyte_stream() is described
    assert stream.get_json_schema() == described.json_schema
    assert stream.check_availability().is_available
    stream.log_stream_sync_configuration()
