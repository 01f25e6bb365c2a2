"""What a line of the input means."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destination_acumatica.input.messages import (
    IgnoredLine,
    RecordLine,
    StateLine,
    StreamName,
    Unreadable,
    read_message,
)
from unit_tests.destination.builders import global_state, record, state


def test_a_record_keeps_its_stream_and_its_columns_as_slices_of_the_line() -> None:
    line = b'{"type":"RECORD","record":{"stream":"Bill","data":{"Amount":12345678901234567890.1200,"Rows":[1,  2]}}}'
    message = read_message(line)
    assert isinstance(message, RecordLine)
    assert message.stream == StreamName("Bill")
    assert bytes(message.columns["Amount"]) == b"12345678901234567890.1200"
    assert bytes(message.columns["Rows"]) == b"[1,  2]"
    assert message.size == len(line)


@pytest.mark.parametrize("namespace", [None, ""])
def test_no_namespace_and_an_empty_one_are_the_same(namespace: str | None) -> None:
    message = read_message(record("Bill", namespace, A=1))
    assert isinstance(message, RecordLine)
    assert message.stream == StreamName("Bill", None)


def test_a_namespace_distinguishes_streams_of_one_name() -> None:
    message = read_message(record("Bill", "erp", A=1))
    assert isinstance(message, RecordLine)
    assert str(message.stream) == "erp.Bill"


def test_a_stream_state_has_its_stream_and_keeps_the_line() -> None:
    line = state("Bill", 7)
    message = read_message(line)
    assert isinstance(message, StateLine)
    assert message.stream == StreamName("Bill")
    assert message.line == line.rstrip()
    assert message.size == len(message.line)


@pytest.mark.parametrize(
    "line",
    [
        global_state(),
        b'{"type":"STATE","state":{"type":"LEGACY","data":{"a":1}}}',
        b'{"type":"STATE","state":{"data":{"a":1}}}',
        b'{"type":"STATE","state":{"type":"SOMETHING_NEW","id":3}}',
    ],
)
def test_global_legacy_and_unheard_of_states_speak_for_every_stream(line: bytes) -> None:
    message = read_message(line)
    assert isinstance(message, StateLine)
    assert message.stream is None


def test_a_state_without_a_type_that_names_a_stream_is_that_streams() -> None:
    message = read_message(b'{"type":"STATE","state":{"stream":{"stream_descriptor":{"name":"Bill"}}}}')
    assert isinstance(message, StateLine)
    assert message.stream == StreamName("Bill")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b" \t \r\n",
        b"\xef\xbb\xbf\n",
        b'{"type":"LOG","log":{"level":"INFO","message":"hello"}}',
        b'{"type":"TRACE","trace":{"type":"STREAM_STATUS","stream_status":{"status":"COMPLETE"}}}',
        b'{"type":"CONTROL","control":{}}',
        b'{"type":"SOMETHING_NEW","x":{}}',
    ],
)
def test_blank_lines_and_other_messages_ask_for_nothing(line: bytes) -> None:
    assert read_message(line) is None


@pytest.mark.parametrize(
    "line", [b"Starting up ...", b"[1, 2]", b"42", b'"text"', b'{"level":"INFO","msg":"hi"}', b"\xff\xfe"]
)
def test_what_is_no_message_at_all_is_noise(line: bytes) -> None:
    assert isinstance(read_message(line), IgnoredLine)


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"RECORD","record":{"stream":"Bill","data":{"A":1}',
        b'{"type":"RECORD","record":{"stream":"Bill","data":[1]}}',
        b'{"type":"RECORD","record":{"data":{"A":1}}}',
        b'{"type":"RECORD"}',
        b'{"type":"STATE"}',
        b'{"type":"STATE","state":{"type":"STREAM"}}',
        b'{"type":"STATE","state":7}',
        b'{"type":7}',
        b'{"type":"RECORD","record":{"stream":"Bill","data":{"A":"\xff"}}}',
        b'progress: 10%{"type":"RECORD","record":{"stream":"Bill","data":{}}}',
        b'ail":1}},"type":"STATE"}',
        b'{"type":"RECORD","record":{"stream":"Bill","data":{"A":' + b"[" * 5000 + b"]" * 5000 + b"}}}",
        record("Bill", A=1).strip() + record("Bill", A=2),
    ],
)
def test_what_was_meant_as_a_message_and_is_broken_is_never_dropped(line: bytes) -> None:
    message = read_message(line)
    assert isinstance(message, Unreadable)
    assert message.why


def test_the_reason_never_repeats_the_line() -> None:
    message = read_message(b'{"type":"RECORD","record":{"stream":"Bill","data":"IBAN DE00 1234"}}')
    assert isinstance(message, Unreadable)
    assert "IBAN" not in message.why


def test_a_byte_order_mark_does_not_hide_the_first_record() -> None:
    assert isinstance(read_message(b"\xef\xbb\xbf" + record("Bill", A=1)), RecordLine)


@given(st.binary(max_size=80))
def test_no_line_whatever_breaks_the_reader(line: bytes) -> None:
    read_message(line)


@given(st.integers(0, 400))
def test_no_part_of_a_record_line_passes_for_something_harmless(length: int) -> None:
    line = record("Bill", Amount=1.5, Text="x" * 40).rstrip()
    part = line[: length % len(line)]
    assert part == b"" or isinstance(read_message(part), Unreadable)


HALVES = [rb"a\ud800b", rb"\udc00", rb"\\\ud83d", rb"\ud83d\ud83d\ude00", rb"\uDBFF\u0041"]


@pytest.mark.parametrize("text", HALVES)
def test_half_a_character_is_the_trouble_of_its_record_alone(text: bytes) -> None:
    line = b'{"type":"RECORD","record":{"stream":"A","data":{"x":"' + text + b'","y":1}}}'
    message = read_message(line)
    assert isinstance(message, RecordLine)
    assert "half a character" in message.error
    assert (message.line, bytes(message.columns["y"])) == (line, b"1")


@pytest.mark.parametrize("text", [rb"\ud83d\ude00", rb"\\ud800", rb"\u00e9"])
def test_whole_characters_are_no_trouble(text: bytes) -> None:
    message = read_message(b'{"type":"RECORD","record":{"stream":"A","data":{"x":"' + text + b'"}}}')
    assert isinstance(message, RecordLine)
    assert message.error == ""


def test_half_a_character_in_a_state_is_an_unreadable_line() -> None:
    assert isinstance(read_message(rb'{"type":"STATE","state":{"data":{"x":"\ud800"}}}'), Unreadable)


@pytest.mark.parametrize("value", [b"NaN", b"Infinity", b"-Infinity", b'["a\\"",NaN]', b'{"deep":[-Infinity]}'])
def test_what_json_has_no_number_for_is_the_trouble_of_its_record_alone(value: bytes) -> None:
    line = b'{"type":"RECORD","record":{"stream":"A","data":{"x":' + value + b',"y":1,"z":"NaN"}}}'
    message = read_message(line)
    assert isinstance(message, RecordLine)
    assert "NaN or an infinity" in message.error
    assert (message.line, bytes(message.columns["y"]), bytes(message.columns["z"])) == (line, b"1", b'"NaN"')


@pytest.mark.parametrize(("text", "refused"), [(rb"a\u0000", True), (rb"\\\u0000", True), (rb"\\u0000", False)])
def test_a_character_that_no_database_holds_is_the_trouble_of_its_record_alone(text: bytes, refused: bool) -> None:
    message = read_message(b'{"type":"RECORD","record":{"stream":"A","data":{"x":"' + text + b'"}}}')
    assert isinstance(message, RecordLine)
    assert ("U+0000" in message.error) is refused


@pytest.mark.parametrize("line", [b'{"type":"STATE","state":{"at":NaN}}', b'{"type":"RECORD","record":{"stream":NaN}}'])
def test_nan_anywhere_else_ends_the_input(line: bytes) -> None:
    assert isinstance(read_message(line), Unreadable)
