"""The one writer of standard output: whole lines, flushed, from any thread. Knows bytes and the CDK's log format."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

import orjson
from airbyte_cdk.logger import AirbyteLogFormatter
from airbyte_cdk.models import AirbyteMessage, AirbyteMessageSerializer

_OURS = ("airbyte", "acumatica_client")


class Output:
    """Lines of the protocol. Workers log while the main thread gives states, so every line is written under a lock."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, line: bytes) -> None:
        """One line, on its way to the platform when this returns. Raises BrokenPipeError when nobody reads."""
        with self._lock:
            self._stream.write(line + b"\n")
            self._stream.flush()

    def message(self, message: AirbyteMessage) -> None:
        self.write(orjson.dumps(AirbyteMessageSerializer.dump(message)))


class _LogLines(logging.Handler):
    """Log records as protocol lines, secrets masked."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output
        self.setFormatter(AirbyteLogFormatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError, ValueError):  # nobody reads: the next state will find out and end the sync
            self._output.write(self.format(record).encode())


@contextmanager
def logging_to(output: Output) -> Iterator[None]:
    """Everything that is logged goes to the output; afterwards to where it went before."""
    root = logging.getLogger()
    before, root.handlers = root.handlers, [_LogLines(output)]
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    try:
        yield
    finally:
        root.handlers = before
