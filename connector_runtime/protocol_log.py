"""Python's log as LOG messages of the protocol, secrets masked."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from airbyte_cdk.logger import AirbyteLogFormatter

from connector_runtime.output import Output
from connector_runtime.signals import Interrupted

_LOGGERS = ("airbyte", "acumatica_client")


class _LogLines(logging.Handler):
    """Log records as protocol lines."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output
        self.setFormatter(AirbyteLogFormatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        # A log line that cannot be written must not stop the threads that are logging out.
        with suppress(OSError, ValueError, Interrupted):
            self._output.write(self.format(record).encode() + b"\n")


@contextmanager
def logging_to(output: Output, level: int = logging.INFO) -> Iterator[None]:
    """Send everything that is logged to the output; afterwards to where it went before."""
    root = logging.getLogger()
    before, root.handlers = root.handlers, [_LogLines(output)]
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        root.handlers = before
