"""Standard output for the protocol: whole lines from any thread, never blocked for good by a reader that stopped."""

from __future__ import annotations

import os
import select
import threading
from contextlib import suppress
from typing import Protocol

from connector_runtime.signals import Interruption

_STRETCH = 250  # milliseconds between two looks at the interruption
_GRACE = 2.0  # seconds that a write goes on waiting for the reader after a signal


class ByteStream(Protocol):
    """What protocol lines are written to."""

    def write(self, content: bytes, /) -> int: ...

    def flush(self) -> None: ...


class StandardOutput:
    """An unbuffered file descriptor whose writes notice a signal.

    Hazard: a platform that reads slowly leaves its pipe full, and a blocking write of a page would then keep the main
    thread from noticing SIGTERM until the process is killed and its sessions are lost. POSIX promises that a pipe that
    polls as writable takes PIPE_BUF bytes without blocking, so a write sends that much at a time.
    """

    def __init__(self, interruption: Interruption, descriptor: int = 1, *, grace: float = _GRACE) -> None:
        self._interruption, self._descriptor, self._grace = interruption, descriptor, grace
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)

    def write(self, content: bytes, /) -> int:
        """Write all of it. Raises BrokenPipeError when the reader is gone, Interrupted when a signal came and the
        reader takes nothing."""
        rest = memoryview(content)
        while rest:
            self._wait_for_room()
            with suppress(BlockingIOError):  # a descriptor that the parent process made non-blocking
                rest = rest[os.write(self._descriptor, rest[: select.PIPE_BUF]) :]
        return len(content)

    def flush(self) -> None:
        """Nothing is buffered."""

    def _wait_for_room(self) -> None:
        while not self._poll.poll(_STRETCH):
            if self._interruption.age >= self._grace:
                self._interruption.raise_if_requested()


class Output:
    """Lines of the protocol, one call after the other.

    A buffered stream alone is not enough: while one thread is inside a long write to a full pipe, what another thread
    writes would land in the middle of it.
    """

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._torn = False

    def write(self, lines: bytes) -> None:
        """Write whole lines, with their line feeds; they are with the reader when this returns.

        Raises BrokenPipeError when the reader is gone. After a write that was cut off in the middle of a line, the next
        one begins on a line of its own: a new refresh token must be readable even then.
        """
        with self._lock:
            if self._torn:
                self._stream.write(b"\n")
            self._torn = True
            self._stream.write(lines)
            self._stream.flush()
            self._torn = False
