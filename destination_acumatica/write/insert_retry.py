"""Writes that must not be made twice, repeated only after a look whether the last attempt was saved.

    insert of a document that Acumatica numbers, where a search can find it again:

    searched already, not there --> PUT, once --> saved                                     created
                                        '--> Acumatica's no                                 rejected
                                        '--> it was not sent (connection refused)           a pause, once more
                                        '--> nothing was done (401, 409, 429,               a pause, a look, once more
                                             a conflict undone)
                                        '--> an exception behind which it may be saved      looks for more than a
                                                                                            minute, then once more
                                        '--> a page of a server in front                    one look, then rejected
                                        '--> no answer of Acumatica                         looks for more than ten
                                                                                            minutes, then one time more

Hazard: the server may still be at work on a request whose answer was lost, and be done after the last look. The queue
of the license holds a request for up to ten minutes, and the end of its connection does not take it out (guide; live
notes). So the looks take longer than that, a request that is lost twice is not sent again, and when trouble stays the
sync ends: the next one looks before it inserts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import count
from typing import TypeVar

from acumatica_client.errors import AcumaticaError, IntermediaryRefused, Overloaded, Unexpected, Unreachable
from acumatica_client.rest.backoff import Backoff
from acumatica_client.rest.retry import retry_pause
from destination_acumatica.erp.error_classifier import (
    is_crash,
    is_lost,
    is_unclear,
    was_declined,
    was_not_sent,
    was_rolled_back,
)
from destination_acumatica.erp.outcome import Outcome
from destination_acumatica.erp.record_search import Unsearchable
from destination_acumatica.erp.waits import LOST_REQUEST, Wait, Work, ask_until
from destination_acumatica.payload.payload import UnmappableRecord

Result = TypeVar("Result")
_ATTEMPTS, _LOST_ATTEMPTS = 4, 2
_ASKED_AGAIN = "Acumatica gave no usable answer yet, and is asked again"
_LOOKED_UP = "it is unclear whether Acumatica saved the record, and it is looked up again"
_HARMLESS = Backoff()
_UNSENT = Backoff(attempts=7, first=0.5)  # after a request that did not reach Acumatica
_DECLINED = Backoff(attempts=_ATTEMPTS, first=4.0)  # after an answer that says that nothing was done
_CRASH = Backoff(attempts=None, first=3.0, elapsed=90.0)  # after one that does not say whether the record was saved


class LinesLost(Exception):
    """A write that adds lines got no answer: as long as a queue may hold it, it may still be carried out."""

    def __init__(self, error: AcumaticaError) -> None:
        super().__init__(error.message)
        self.error = error


def wait_for_lost(look: Callable[[], Work[Outcome | None]]) -> Work[Outcome | None]:
    """What `look` finds while a request that was lost may still be in the queue, None where it stays away. Ends at once
    where looking fails."""
    try:
        return (yield from _look_for(LOST_REQUEST.pauses(), look))
    except (AcumaticaError, UnmappableRecord, Unsearchable):
        return None


def retry_declined(write: Callable[[], Work[Result]]) -> Work[Result]:
    """`write` begins with a read, so it may begin anew after an answer that says that nothing was done, whatever that
    answer is worth. Raises what `write` raised last."""
    for seconds in _DECLINED.pauses():
        try:
            return (yield from _retry_unsent(write))
        except AcumaticaError as error:
            if not was_declined(error) or not error.went_out:
                raise
        yield Wait(seconds, _ASKED_AGAIN)
    return (yield from write())


def insert_once(insert: Callable[[], Work[Outcome]], look: Callable[[], Work[Outcome | None]]) -> Work[Outcome]:
    """`insert` sends the document one time; `look` gives its outcome where it is there. Raises what `insert` raised
    last, where trouble stays."""
    lost = 0
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return (yield from _retry_unsent(insert))
        except AcumaticaError as error:
            pauses = _pauses(error, attempt)
            if pauses is None:
                raise
            trouble = error
        lost += is_lost(trouble)
        found = yield from _look_for(pauses, look)
        if found is not None:
            return found
        if attempt == _ATTEMPTS or lost == _LOST_ATTEMPTS or isinstance(trouble, IntermediaryRefused):
            raise trouble
    raise AssertionError("the last attempt returns or raises")


def retry_harmless(write: Callable[[], Work[Result]]) -> Work[Result]:
    """`write` again after answers that were lost, where it does no harm twice. The client would keep its worker."""
    for attempt in count(1):
        try:
            return (yield from write())
        except AcumaticaError as error:
            pause = retry_pause(_HARMLESS, error, attempt=attempt, repeatable=True, draw=0.0)
            if pause is None or not error.went_out or not isinstance(error, (Unreachable, Unexpected)):
                raise
        yield Wait(pause, _ASKED_AGAIN)
    raise AssertionError("the last attempt returns or raises")


def wait_out_load(send: Callable[[], Result], pause: Callable[[float], object]) -> Result:
    """`send` again while the server is overloaded (503, 504), where it does no harm twice; `pause` keeps the worker."""
    for attempt in count(1):
        try:
            return send()
        except Overloaded as error:
            seconds = retry_pause(_HARMLESS, error, attempt=attempt, repeatable=True, draw=0.0)
            if seconds is None or error.declined or not error.went_out:
                raise
        pause(seconds)
    raise AssertionError("the last attempt returns or raises")


def _retry_unsent(write: Callable[[], Work[Result]]) -> Work[Result]:
    """`write` again after requests that were certainly not sent. Trouble at the sign-in was repeated by the client."""
    for seconds in _UNSENT.pauses():
        try:
            return (yield from write())
        except AcumaticaError as error:
            if not was_not_sent(error) or not error.went_out:
                raise
        yield Wait(seconds, _ASKED_AGAIN)
    return (yield from write())


def _look_for(pauses: Iterable[float], look: Callable[[], Work[Outcome | None]]) -> Work[Outcome | None]:
    return ask_until(pauses, look, _LOOKED_UP)


def _pauses(error: AcumaticaError, attempt: int) -> Iterable[float] | None:
    """How long to wait before each look, in seconds; None where the answer settles it."""
    if was_rolled_back(error):
        return _declined(attempt)
    if is_lost(error):
        return LOST_REQUEST.pauses()
    if is_unclear(error):
        return _declined(attempt)
    if is_crash(error):
        return _CRASH.pauses()
    return _declined(attempt) if was_declined(error) and error.went_out else None


def _declined(attempt: int) -> Iterable[float]:
    """One look; after the last attempt it is as long as before it."""
    return (_DECLINED.pause(min(attempt, _ATTEMPTS - 1)) or 0.0,)
