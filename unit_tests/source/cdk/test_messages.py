"""Messages as this source emits them: record lines with the server's own digits, states with honest counts."""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
import orjson
import pytest
from airbyte_cdk.models import (
    AirbyteLogMessage,
    AirbyteMessage,
    AirbyteMessageSerializer,
    Level,
    Type,
)

from source_acumatica.cdk.messages import Lines, record_page
from source_acumatica.sync.message_queue import Change
from unit_tests.source.builders import CURSOR, state_message

ROWS = (
    b'{"id":"1","Amount":12345678901234567890.1200,"Small":0.0000,"Name":"Z\xc3\xbcrich \xf0\x9f\x8d\xa3","Gone":null}',
    b'{"id":"2","Amount":-0.10,"Small":1E-7,"Name":"a \\"quoted\\" \\u0041","Gone":null}',
)


def decoded(lines: bytes) -> list[dict]:
    return [json.loads(line, parse_float=Decimal) for line in lines.splitlines()]


class TestAPage:
    def test_becomes_a_record_line_for_each_row(self):
        lines = record_page("Customer", ROWS).lines()
        assert lines.endswith(b"\n")
        assert [(line["type"], line["record"]["stream"]) for line in decoded(lines)] == [("RECORD", "Customer")] * 2

    def test_keeps_the_bytes_of_its_rows(self):
        lines = record_page("Customer", ROWS).lines().splitlines()
        assert all(row in line for row, line in zip(ROWS, lines, strict=True))

    def test_says_when_in_milliseconds(self):
        (line,) = decoded(record_page("Customer", ROWS[:1]).lines())
        assert 1_600_000_000_000 < line["record"]["emitted_at"] < 4_000_000_000_000

    def test_writes_a_stream_name_as_json(self):
        (line,) = decoded(record_page('My "own"\nstream', ROWS[:1]).lines())
        assert line["record"]["stream"] == 'My "own"\nstream'

    def test_without_rows_is_no_line(self):
        assert record_page("Customer", ()).lines() == b""

    def test_as_ordinary_messages_has_the_same_digits(self):
        written = [
            orjson.dumps(AirbyteMessageSerializer.dump(message)) for message in record_page("Customer", ROWS).records()
        ]
        fast = record_page("Customer", ROWS).lines().splitlines()
        for slow, quick, row in zip(written, fast, ROWS, strict=True):
            assert msgspec.json.decode(slow)["record"]["data"] == msgspec.json.decode(quick)["record"]["data"]
            assert row in slow

    def test_names_the_changes_of_a_row_beside_its_data(self):
        changed = {1: {"Gone": Change.NOT_READABLE, "Name": Change.BAD_CHARACTERS}}
        page = record_page("Customer", ROWS, changes=changed)
        expected = [
            {"field": "Gone", "change": "NULLED", "reason": "SOURCE_RETRIEVAL_ERROR"},
            {"field": "Name", "change": "TRUNCATED", "reason": "SOURCE_SERIALIZATION_ERROR"},
        ]
        first, second = (line["record"] for line in decoded(page.lines()))
        assert ("meta" in first, second["meta"]) == (False, {"changes": expected})
        records = [json.loads(orjson.dumps(AirbyteMessageSerializer.dump(one)))["record"] for one in page.records()]
        assert [record.get("meta") for record in records] == [None, {"changes": expected}]


def customer_state(position: str) -> AirbyteMessage:
    return state_message("Customer", {CURSOR: position})


class TestLines:
    def test_give_each_state_the_number_of_its_streams_records_since_the_state_before(self):
        lines = Lines()
        lines.of(record_page("Customer", ROWS))
        lines.of(record_page("ShipVia", ROWS[:1]))
        lines.of(record_page("Customer", ROWS))
        first, second = decoded(lines.of(customer_state("2026-01-01")) + lines.of(customer_state("2026-01-02")))
        assert first["state"]["sourceStats"] == {"recordCount": 4.0}
        assert second["state"]["sourceStats"] == {"recordCount": 0.0}
        (other,) = decoded(lines.of(state_message("ShipVia", {})))
        assert other["state"]["sourceStats"] == {"recordCount": 1.0}

    def test_write_a_state_as_the_platform_reads_it(self):
        (line,) = decoded(Lines().of(customer_state("2026-01-01T00:00:00-05:00")))
        assert line == {
            "type": "STATE",
            "state": {
                "type": "STREAM",
                "stream": {
                    "stream_descriptor": {"name": "Customer"},
                    "stream_state": {CURSOR: "2026-01-01T00:00:00-05:00"},
                },
                "sourceStats": {"recordCount": 0.0},
            },
        }

    @pytest.mark.parametrize("text", ["plain", "two\nlines", "ключ"])
    def test_are_one_for_each_other_message(self, text):
        message = AirbyteMessage(type=Type.LOG, log=AirbyteLogMessage(level=Level.INFO, message=text))
        (line,) = decoded(Lines().of(message))
        assert line == {"type": "LOG", "log": {"level": "INFO", "message": text}}
