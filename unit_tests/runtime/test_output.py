"""Standard output has one writer: lines never mix, whatever the threads do, and log lines hide secrets."""

from __future__ import annotations

import io
import json
import logging
import os
import threading
from contextlib import suppress

import pytest
from airbyte_cdk.utils.airbyte_secrets_utils import update_secrets

from connector_runtime.output import Output, StandardOutput
from connector_runtime.protocol_log import logging_to
from connector_runtime.signals import Interrupted, Interruption


class SlowPipe(io.BytesIO):
    """A stream that lets other threads run in the middle of each write, as a full pipe does."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = threading.Semaphore(0)

    def write(self, data) -> int:
        half = len(data) // 2
        super().write(data[:half])
        self.inside.acquire(timeout=0.01)  # gives the processor away
        super().write(data[half:])
        return len(data)


def lines_of(stream: io.BytesIO) -> list[bytes]:
    return stream.getvalue().splitlines()


def test_lines_of_many_threads_never_mix():
    stream = SlowPipe()
    output = Output(stream)
    lines = [b'{"thread":%d}' % number for number in range(12)]
    threads = [threading.Thread(target=output.write, args=(line + b"\n",)) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(lines_of(stream)) == sorted(lines)


def test_a_log_line_waits_until_a_page_is_written():
    stream = SlowPipe()
    output = Output(stream)
    page = b'{"type":"RECORD"}\n' * 50
    with logging_to(output, logging.INFO):
        writer = threading.Thread(target=output.write, args=(page,))
        writer.start()
        logging.getLogger("airbyte.source-acumatica").info("meanwhile")
        writer.join()

    kinds = [json.loads(line)["type"] for line in lines_of(stream)]
    assert sorted(kinds) == ["LOG", *["RECORD"] * 50]


def test_log_lines_hide_secrets():
    stream = io.BytesIO()
    update_secrets(["hunter2000"])
    try:
        with logging_to(Output(stream), logging.INFO):
            logging.getLogger("acumatica_client").warning("signed in with %s", "hunter2000")
    finally:
        update_secrets([])

    assert b"hunter2000" not in stream.getvalue()
    assert json.loads(stream.getvalue())["log"]["level"] == "WARN"


def test_debug_lines_are_left_out_unless_asked_for():
    stream = io.BytesIO()
    with logging_to(Output(stream), logging.INFO):
        logging.getLogger("airbyte.source-acumatica").debug("not this")

    assert stream.getvalue() == b""


def test_logging_goes_where_it_went_before_when_the_command_ends():
    root = logging.getLogger()
    before = list(root.handlers)
    with logging_to(Output(io.BytesIO()), logging.INFO):
        assert root.handlers != before

    assert root.handlers == before


class Broken(io.BytesIO):
    def write(self, data) -> int:
        raise BrokenPipeError


def test_a_log_line_without_a_reader_stops_nothing():
    with logging_to(Output(Broken()), logging.INFO):
        logging.getLogger("airbyte.source-acumatica").warning("the reader is gone")


def test_a_record_without_a_reader_ends_the_command():
    with pytest.raises(BrokenPipeError):
        Output(Broken()).write(b"{}\n")


class InterruptedPipe(io.BytesIO):
    """A stream whose first write is ended in the middle of a line, as by a signal."""

    def __init__(self) -> None:
        super().__init__()
        self.torn = False

    def write(self, data) -> int:
        if not self.torn:
            self.torn = True
            super().write(data[:5])
            raise SystemExit(143)
        return super().write(data)


def test_what_follows_a_torn_line_has_a_line_of_its_own():
    stream = InterruptedPipe()
    output = Output(stream)
    with pytest.raises(SystemExit):
        output.write(b'{"type":"RECORD"}\n')
    output.write(b'{"type":"CONTROL"}\n')
    output.write(b'{"type":"LOG"}\n')

    assert lines_of(stream) == [b'{"typ', b'{"type":"CONTROL"}', b'{"type":"LOG"}']


@pytest.fixture
def pipe():
    """A pipe: the descriptor to read from, and the one to write to."""
    reader, writer = os.pipe()
    yield reader, writer
    for end in (reader, writer):
        with suppress(OSError):
            os.close(end)


def fill(writer: int) -> None:
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while os.write(writer, b"x" * 4096):
            continue
    os.set_blocking(writer, True)


def test_a_page_longer_than_the_pipe_arrives_whole(pipe):
    reader, writer = pipe
    page = os.urandom(1_000_000)
    received = bytearray()

    def read() -> None:
        while len(received) < len(page):
            received.extend(os.read(reader, 65536))

    thread = threading.Thread(target=read)
    thread.start()
    assert StandardOutput(Interruption(), writer).write(page) == len(page)
    thread.join(10)
    assert bytes(received) == page


def test_a_signal_ends_a_write_that_the_reader_does_not_take(pipe):
    _, writer = pipe
    fill(writer)
    interruption = Interruption()
    interruption.request(15)
    with pytest.raises(Interrupted):
        Output(StandardOutput(interruption, writer, grace=0.0)).write(b"{}\n")


def test_a_signal_does_not_tear_a_line_that_the_reader_takes(pipe):
    reader, writer = pipe
    interruption = Interruption()
    interruption.request(15)
    StandardOutput(interruption, writer, grace=0.0).write(b"{}\n")
    assert os.read(reader, 10) == b"{}\n"


def test_a_write_goes_on_when_the_reader_does(pipe):
    reader, writer = pipe
    fill(writer)
    interruption = Interruption()
    thread = threading.Thread(target=lambda: os.read(reader, 100_000))
    thread.start()
    assert StandardOutput(interruption, writer).write(b"{}\n") == 3
    thread.join(10)


def test_a_descriptor_that_does_not_block_is_waited_for(pipe):
    reader, writer = pipe
    fill(writer)
    os.set_blocking(writer, False)
    thread = threading.Thread(target=lambda: os.read(reader, 100_000))
    thread.start()
    assert StandardOutput(Interruption(), writer).write(b"{}\n") == 3
    thread.join(10)


def test_a_reader_that_is_gone_is_a_broken_pipe(pipe):
    reader, writer = pipe
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        StandardOutput(Interruption(), writer).write(b"{}\n")


def test_a_log_line_after_a_signal_that_is_not_read_stops_nothing(pipe):
    _, writer = pipe
    fill(writer)
    interruption = Interruption()
    interruption.request(15)
    with logging_to(Output(StandardOutput(interruption, writer, grace=0.0))):
        logging.getLogger("acumatica_client").warning("logging out")
