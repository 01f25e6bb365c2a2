"""The input, read on a thread of its own, as far as its limit of lines and bytes in flight allows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

from destination_acumatica.config.configured_catalog import StreamNames
from destination_acumatica.input.line_joiner import LineJoiner
from destination_acumatica.input.messages import ANY_STREAM, Message, RecordLine, StateLine, Unreadable, read_message

MOST_LINES = 1_000
MOST_BYTES = 64 * 1024 * 1024


class InFlightLimit:
    """How many lines, and how many bytes, are being worked on at once. A line enters when it is read and leaves when it
    has its outcome; a line larger than the limit enters when no other is in."""

    def __init__(self, *, lines: int = MOST_LINES, size: int = MOST_BYTES) -> None:
        self._most_lines, self._most_size = lines, size
        self._lines = self._size = 0
        self._closed = False
        self._changed = threading.Condition()

    def enter(self, size: int) -> bool:
        """Wait until the line fits. False once the limit is closed: no more lines are wanted."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._fits(size))
            if self._closed:
                return False
            self._lines += 1
            self._size += size
            return True

    def leave(self, size: int) -> None:
        with self._changed:
            self._lines -= 1
            self._size -= size
            self._changed.notify()

    def close(self) -> None:
        """No line enters any more, and those that wait return."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _fits(self, size: int) -> bool:
        return self._lines == 0 or (self._lines < self._most_lines and self._size + size <= self._most_size)


@dataclass(frozen=True)
class EndOfInput:
    """Nothing more will come; `whole` is False when the input broke off instead of ending."""

    whole: bool


def start_reading(
    lines: Iterable[bytes],
    deliver: Callable[[object], None],
    limit: InFlightLimit,
    joiner: LineJoiner | None = None,
    streams: StreamNames = ANY_STREAM,
) -> None:
    """Deliver every message as `joiner` gives it, and at last an EndOfInput, whatever happens.

    The thread is a daemon: a read of a pipe that stays silent cannot be interrupted.
    """
    arguments = (lines, deliver, limit, joiner or LineJoiner(), streams)
    threading.Thread(target=read_lines, args=arguments, name="reader", daemon=True).start()


def read_lines(
    lines: Iterable[bytes],
    deliver: Callable[[object], None],
    limit: InFlightLimit,
    joiner: LineJoiner,
    streams: StreamNames = ANY_STREAM,
) -> None:
    """Ends with the input, at the first unreadable line, or when the limit is closed."""
    whole = False
    try:
        read = (_numbered(read_message(line, streams), number) for number, line in enumerate(lines, 1))
        taken = (one for message in read if message is not None for one in joiner.take(message))
        whole = all(_pass_on(message, deliver, limit) for message in chain(taken, joiner.finish()))
    except (OSError, ValueError):  # the pipe broke, or was closed while it was read
        whole = False
    finally:
        joiner.close()
        deliver(EndOfInput(whole))


def _numbered(message: Message | None, number: int) -> Message | None:
    """The message; of a broken line, where it stands."""
    if not isinstance(message, Unreadable):
        return message
    return Unreadable(f"Line {number} of the input is broken: {message.why}.")


def _pass_on(message: Message, deliver: Callable[[object], None], limit: InFlightLimit) -> bool:
    """Whether to read on."""
    if isinstance(message, (RecordLine, StateLine)) and not limit.enter(message.size):
        return False
    deliver(message)
    return not isinstance(message, Unreadable)
