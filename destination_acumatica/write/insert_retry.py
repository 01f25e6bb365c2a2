"""The insert of a document that Acumatica numbers, where a search can find it again. Never made twice.

    looked for already, not there --> PUT, once --> saved                                   created
                                        '--> Acumatica's no                                 rejected
                                        '--> told that nothing was done (401, 409, 429,     a pause, a look, once more
                                             a conflict undone)
                                        '--> an exception behind which it may be saved      looks for more than a
                                                                                            minute, then once more
                                        '--> no answer of Acumatica                         looks for more than ten
                                                                                            minutes, then one time more

Hazard: the server may still be at work on a request whose answer was lost, and be done after the last look. The queue
of the license holds a request for up to ten minutes, and the end of its connection does not take it out (guide; live
notes). So the looks take longer than that, a request that is lost twice is not sent again, and when trouble stays the
sync ends: the next one looks before it inserts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from acumatica_client.errors import AcumaticaError, BusyRecord, Overloaded, ServerFault, SessionLost
from destination_acumatica.erp.error_classifier import is_crash, is_unclear, was_rolled_back
from destination_acumatica.erp.outcome import Outcome
from destination_acumatica.payload.unfit import Unfit

Result = TypeVar("Result")
_DECLINED_PAUSES = (1.0, 5.0, 20.0)  # seconds before a look, after an answer that says that nothing was done
_CRASH_PAUSES = (3.0, 20.0, 60.0)  # after one that does not say
_UNCLEAR_PAUSES = (*_CRASH_PAUSES, 120.0, 180.0, 240.0)  # and after none
_ATTEMPTS, _LOST_ATTEMPTS = 4, 2


class Lost(Exception):
    """A write that adds lines got no answer: as long as a queue may hold it, it may still be carried out."""

    def __init__(self, error: AcumaticaError) -> None:
        super().__init__(error.message)
        self.error = error


def outlast(look: Callable[[], Outcome | None], pause: Callable[[float], object]) -> Outcome | None:
    """What `look` finds while a request that was lost may still be in the queue, None where it stays away. Who cannot
    look does not wait."""
    try:
        return _look_for(_UNCLEAR_PAUSES, look, pause)
    except (AcumaticaError, Unfit):
        return None


def look_again(write: Callable[[], Result], pause: Callable[[float], object]) -> Result:
    """`write` begins with a look, so it may be begun anew after an answer that says that nothing was done, whatever
    that answer is worth. Raises what `write` raised last."""
    for seconds in _DECLINED_PAUSES:
        try:
            return write()
        except AcumaticaError as error:
            if not was_declined(error) or not error.went_out:
                raise
        pause(seconds)
    return write()


def add_once(
    insert: Callable[[], Outcome], look: Callable[[], Outcome | None], pause: Callable[[float], object]
) -> Outcome:
    """`insert` sends the document one time; `look` gives its outcome where it is there. Raises what `insert` raised
    last, where trouble stays."""
    lost = 0
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return insert()
        except AcumaticaError as error:
            pauses = _pauses(error, attempt)
            if not pauses:
                raise
            trouble = error
        lost += is_unclear(trouble)
        found = _look_for(pauses, look, pause)
        if found is not None:
            return found
        if attempt == _ATTEMPTS or lost == _LOST_ATTEMPTS:
            raise trouble
    raise AssertionError("the last attempt returns or raises")


def _look_for(
    pauses: tuple[float, ...], look: Callable[[], Outcome | None], pause: Callable[[float], object]
) -> Outcome | None:
    for seconds in pauses:
        pause(seconds)
        found = look()
        if found is not None:
            return found
    return None


def _pauses(error: AcumaticaError, attempt: int) -> tuple[float, ...]:
    """How long to wait before each look, in seconds; empty where the answer settles it."""
    if isinstance(error, ServerFault) and was_rolled_back(error):
        return _declined(attempt)
    if is_unclear(error):
        return _UNCLEAR_PAUSES
    if isinstance(error, ServerFault) and is_crash(error):
        return _CRASH_PAUSES
    return _declined(attempt) if was_declined(error) and error.went_out else ()


def was_declined(error: AcumaticaError) -> bool:
    """Whether the answer says that nothing was done, and the trouble passes."""
    return isinstance(error, (SessionLost, BusyRecord)) or (isinstance(error, Overloaded) and error.declined)


def _declined(attempt: int) -> tuple[float, ...]:
    return _DECLINED_PAUSES[min(attempt, len(_DECLINED_PAUSES)) - 1 :][:1]
