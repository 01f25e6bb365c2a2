"""Reading the input to its end, whatever that is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from destination_acumatica.input.input_reader import EndOfInput, InFlightLimit, read_lines
from destination_acumatica.input.line_joiner import LineJoiner
from destination_acumatica.input.messages import IgnoredLine, RecordLine, StateLine, Unreadable
from unit_tests.destination.builders import record, state


def delivered(lines: list[bytes] | Iterator[bytes], room: InFlightLimit | None = None) -> list[object]:
    found: list[object] = []
    read_lines(lines, found.append, room or InFlightLimit(), LineJoiner())
    return found


def test_every_message_is_delivered_in_order_and_at_last_the_end() -> None:
    found = delivered([record("A", x=1), b"\n", b"noise\n", state("A"), b'{"type":"LOG","log":{}}'])
    assert [type(one) for one in found] == [RecordLine, IgnoredLine, StateLine, EndOfInput]
    assert found[-1] == EndOfInput(whole=True)


def test_a_broken_line_is_named_by_its_number_and_is_the_last_that_is_read() -> None:
    found = delivered([record("A", x=1), b"\n", b"{", record("A", x=2)])
    assert found[1:] == [Unreadable("Line 3 of the input is broken: not valid JSON in UTF-8."), EndOfInput(whole=False)]


def test_a_last_line_without_a_line_feed_counts_and_half_of_one_does_not_pass() -> None:
    whole = record("A", x=1).rstrip()
    assert isinstance(delivered([whole])[0], RecordLine)
    assert isinstance(delivered([whole[:-5]])[0], Unreadable)


@pytest.mark.parametrize("error", [OSError("gone"), ValueError("I/O operation on closed file")])
def test_an_input_that_breaks_off_says_so(error: Exception) -> None:
    def lines() -> Iterator[bytes]:
        yield record("A", x=1)
        raise error

    assert delivered(lines())[-1] == EndOfInput(whole=False)


def test_a_closed_room_ends_the_reading() -> None:
    room = InFlightLimit()
    room.close()
    assert delivered([record("A", x=1), record("A", x=2)], room) == [EndOfInput(whole=False)]
