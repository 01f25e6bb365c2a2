"""Reads the input on a thread of its own, as fast as there is room for what it holds. Understands lines, no records."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain

from destination_acumatica.input.in_flight_limit import Room
from destination_acumatica.input.line_joiner import Assembly
from destination_acumatica.input.messages import Message, RecordLine, StateLine, Unreadable, read_message


@dataclass(frozen=True)
class EndOfInput:
    """Nothing more will come; `whole` is False when the input broke off instead of ending."""

    whole: bool


def start_reading(
    lines: Iterable[bytes], deliver: Callable[[object], None], room: Room, assembly: Assembly | None = None
) -> None:
    """Every message goes to `deliver`, as `assembly` has it, and at last an EndOfInput, whatever happens.

    The thread is a daemon: nobody can wake it from a read of a pipe that stays silent.
    """
    arguments = (lines, deliver, room, assembly or Assembly())
    threading.Thread(target=read_lines, args=arguments, name="reader", daemon=True).start()


def read_lines(lines: Iterable[bytes], deliver: Callable[[object], None], room: Room, assembly: Assembly) -> None:
    """Ends with the input, at the first unreadable line, or when the room is closed."""
    whole = False
    try:
        read = (_numbered(read_message(line), number) for number, line in enumerate(lines, 1))
        taken = (one for message in read if message is not None for one in assembly.take(message))
        whole = all(_pass_on(message, deliver, room) for message in chain(taken, assembly.finish()))
    except (OSError, ValueError):  # the pipe broke, or was closed under the reader's hands
        whole = False
    finally:
        assembly.close()
        deliver(EndOfInput(whole))


def _numbered(message: Message | None, number: int) -> Message | None:
    """The message; of a broken line, where it stands."""
    if not isinstance(message, Unreadable):
        return message
    return Unreadable(f"Line {number} of the input is broken: {message.why}.")


def _pass_on(message: Message, deliver: Callable[[object], None], room: Room) -> bool:
    """Whether to read on."""
    if isinstance(message, (RecordLine, StateLine)) and not room.enter(message.size):
        return False
    deliver(message)
    return not isinstance(message, Unreadable)
