"""Work that has to wait between its requests, and does not keep a worker thread while it waits.

    def look_later() -> Work[Outcome | None]:
        yield Wait(3.0, "Acumatica gave no answer")      go on in three seconds, on whatever thread is free then
        return look()

A generator that yields waits and returns its result. The sync runs it up to the next wait, keeps it aside until the
time is over, and goes on with other records meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from acumatica_client.rest.backoff import Backoff

T = TypeVar("T")
# How long a request whose answer was lost may still be carried out. The queue of the license holds a request for up to
# ten minutes, and the end of its connection does not take it out (guide; live notes).
LOST_REQUEST = Backoff(attempts=None, first=3.0, longest=240.0, elapsed=660.0)


@dataclass(frozen=True)
class Wait:
    """A pause of so many seconds; `reason` for a person, a clause."""

    seconds: float
    reason: str = ""


Work = Generator[Wait, None, T]


@dataclass(frozen=True)
class Done(Generic[T]):
    """The work is finished."""

    result: T


@dataclass(frozen=True)
class Waiting(Generic[T]):
    """The work goes on after a wait."""

    wait: Wait
    work: Work[T]


def advance(work: Work[T]) -> Done[T] | Waiting[T]:
    """Run the work up to its next wait or to its end. Raises what it raises."""
    try:
        return Waiting(next(work), work)
    except StopIteration as end:
        return Done(end.value)


def proceed(step: Done[T] | Waiting[T]) -> Work[T]:
    """The rest of work that was advanced already."""
    if isinstance(step, Done):
        return step.result
    yield step.wait
    return (yield from step.work)


def complete(work: Work[T], pause: Callable[[float], object]) -> T:
    """The result of the work; `pause` waits on this thread."""
    step = advance(work)
    while isinstance(step, Waiting):
        pause(step.wait.seconds)
        step = advance(step.work)
    return step.result


def ask_until(pauses: Iterable[float], ask: Callable[[], Work[T | None]], reason: str) -> Work[T | None]:
    """The first answer that is not None; a pause before each attempt."""
    for seconds in pauses:
        yield Wait(seconds, reason)
        answer = yield from ask()
        if answer is not None:
            return answer
    return None


def at_once(result: T) -> Work[T]:
    """Work that waits for nothing."""
    yield from ()
    return result
