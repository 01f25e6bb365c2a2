"""The one writer of standard output: whole lines from any thread. Knows bytes and the CDK's log format.

A buffered stream is not enough: while one thread is inside a long write to a full pipe, what another thread writes
lands in the middle of it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from airbyte_cdk.logger import AirbyteLogFormatter

_OURS = ("airbyte", "acumatica_client")


class Output:
    """Lines of the protocol, one call after the other."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._torn = False

    def write(self, lines: bytes, *, flush: bool) -> None:
        """Whole lines, with their line feeds. Raises BrokenPipeError when nobody reads.

        A signal can end a write in the middle of a line. What is told after it (a refresh token that must be saved)
        gets a line of its own all the same.
        """
        with self._lock:
            if self._torn:
                self._stream.write(b"\n")
            self._torn = True
            self._stream.write(lines)
            if flush:
                self._stream.flush()
            self._torn = False


class _LogLines(logging.Handler):
    """Log records as protocol lines, secrets masked."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output
        self.setFormatter(AirbyteLogFormatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        # When nobody reads any more a log line must not stop those who are signing sessions out.
        with suppress(OSError, ValueError):
            self._output.write(self.format(record).encode() + b"\n", flush=True)


@contextmanager
def logging_to(output: Output, level: int) -> Iterator[None]:
    """While it lasts, everything logged becomes a line of the output."""
    root = logging.getLogger()
    before, root.handlers = root.handlers, [_LogLines(output)]
    for name in _OURS:
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        root.handlers = before
