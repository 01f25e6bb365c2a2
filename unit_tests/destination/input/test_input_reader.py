"""Reading the input to its end, whatever that is; and how a signal reaches the main thread."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from queue import SimpleQueue

import pytest

from acumatica_client.errors import LoginLimit
from destination_acumatica.input.input_reader import EndOfInput, InFlightLimit, read_lines
from destination_acumatica.input.line_joiner import LineJoiner
from destination_acumatica.input.messages import IgnoredLine, RecordLine, StateLine, Unreadable
from destination_acumatica.signals import Interrupted, attend, next_event, signals_as_events
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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_becomes_an_event_and_the_handlers_come_back(number: int, code: int) -> None:
    events: SimpleQueue[object] = SimpleQueue()
    before = signal.getsignal(number)
    with signals_as_events(events):
        os.kill(os.getpid(), number)
        event = events.get(timeout=5)
    assert isinstance(event, Interrupted)
    assert event.exit_code == code
    assert signal.getsignal(number) is before


def test_outside_the_main_thread_signals_stay_as_they_are() -> None:
    seen: list[object] = []

    def elsewhere() -> None:
        with signals_as_events(SimpleQueue()):
            seen.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join(5)
    assert seen == [before]


def test_an_event_that_is_there_needs_no_patience_and_none_is_nothing() -> None:
    events: SimpleQueue[object] = SimpleQueue()
    assert next_event(events, patience=0.0) is None
    assert next_event(events, patience=0.001) is None
    events.put("here")
    assert next_event(events, patience=0.0) == "here"


def test_attended_work_gives_its_result_or_raises_its_error() -> None:
    def fails() -> None:
        raise LoginLimit("no seat")

    assert attend(lambda: 7, SimpleQueue()) == 7
    with pytest.raises(LoginLimit, match="no seat"):
        attend(fails, SimpleQueue())


def test_a_signal_ends_the_waiting_for_attended_work() -> None:
    gate, events = threading.Event(), SimpleQueue[object]()
    events.put(Interrupted(15))
    with pytest.raises(Interrupted):
        attend(lambda: gate.wait(10), events)
    gate.set()
