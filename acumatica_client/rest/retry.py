"""Which errors may be followed by the same request again.

A request whose repetition does no harm is repeated after any passing error; one whose repetition could make a second
document is repeated only where the server certainly did not act on it. Never repeated here: a refused sign-in (it locks
the user out), the login limit (the pool has waited already), an empty answer (it stays empty).
"""

from __future__ import annotations

from acumatica_client.errors import (
    AcumaticaError,
    BusyRecord,
    EmptyAnswer,
    IntermediaryRefused,
    Overloaded,
    SessionLost,
    Unexpected,
    Unreachable,
)
from acumatica_client.rest.backoff import Backoff


def retry_pause(policy: Backoff, error: AcumaticaError, *, attempt: int, repeatable: bool, draw: float) -> float | None:
    """Seconds to wait before the request is sent again, or None to give up; see `Backoff.pause`."""
    if not may_repeat(error, repeatable=repeatable):
        return None
    asked = error.retry_after if isinstance(error, Overloaded) else None
    return policy.pause(attempt, draw=draw, asked=asked)


def may_repeat(error: AcumaticaError, *, repeatable: bool) -> bool:
    """Whether the error passes, and repeating the request is safe.

    Safe for every request: a busy record (nothing was saved) and a lost session (the server checks the session before
    it acts; the repetition uses another session).
    """
    if isinstance(error, Unreachable):
        return repeatable or not error.sent
    if isinstance(error, Overloaded):
        return repeatable or error.declined
    if isinstance(error, IntermediaryRefused):
        return repeatable and error.failure_type == "transient"
    if isinstance(error, Unexpected):
        return repeatable and not isinstance(error, EmptyAnswer) and not 400 <= error.status < 500
    return isinstance(error, (BusyRecord, SessionLost))
