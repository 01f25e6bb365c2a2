"""Reads the input on a thread of its own, as fast as there is room for what it holds. Understands lines, no records."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from destination_acumatica.messages import RecordLine, StateLine, Unreadable, read_message
from destination_acumatica.room import Room


@dataclass(frozen=True)
class EndOfInput:
    """Nothing more will come; `whole` is False when the input broke off instead of ending."""

    whole: bool


def start_reading(lines: Iterable[bytes], deliver: Callable[[object], None], room: Room) -> None:
    """Every message goes to `deliver`, and at last an EndOfInput, whatever happens.

    The thread is a daemon: nobody can wake it from a read of a pipe that stays silent.
    """
    threading.Thread(target=read_lines, args=(lines, deliver, room), name="reader", daemon=True).start()


def read_lines(lines: Iterable[bytes], deliver: Callable[[object], None], room: Room) -> None:
    """Ends with the input, at the first unreadable line, or when the room is closed."""
    whole = False
    try:
        whole = all(_pass_on(line, number, deliver, room) for number, line in enumerate(lines, 1))
    except (OSError, ValueError):  # the pipe broke, or was closed under the reader's hands
        whole = False
    finally:
        deliver(EndOfInput(whole))


def _pass_on(line: bytes, number: int, deliver: Callable[[object], None], room: Room) -> bool:
    """Whether to read on."""
    message = read_message(line)
    if isinstance(message, (RecordLine, StateLine)) and not room.enter(message.size):
        return False
    if isinstance(message, Unreadable):
        message = Unreadable(f"Line {number} of the input is broken: {message.why}.")
    if message is not None:
        deliver(message)
    return not isinstance(message, Unreadable)
