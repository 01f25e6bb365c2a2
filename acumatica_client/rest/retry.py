"""When to try again, and after how long. Pure: no clock, no sleep, no request.

The rule: a request whose repetition cannot do harm is repeated after any passing trouble; one whose repetition could
make a second document is repeated only when the server certainly did not act on it. Never repeated here: a refused
sign-in (it locks the user out), the login limit (the pool has waited it out), an empty answer (it stays empty).
"""

from __future__ import annotations

from dataclasses import dataclass

from acumatica_client.errors import (
    AcumaticaError,
    BusyRecord,
    EmptyAnswer,
    Overloaded,
    SessionLost,
    Unexpected,
    Unreachable,
)


@dataclass(frozen=True)
class RetryPolicy:
    """`attempts` in all; pauses in seconds double from `first` to `longest`, plus up to half of it as jitter. Together
    they outlast a minute, since the license counts requests by the minute and declines (429) until it is over.

    A server may ask for a pause of its own (Retry-After); it is granted up to `longest_asked` seconds.
    """

    attempts: int = 7
    first: float = 1.0
    longest: float = 60.0
    longest_asked: float = 600.0

    def pause(self, error: AcumaticaError, *, attempt: int, repeatable: bool, jitter: float) -> float | None:
        """Seconds to wait before attempt `attempt + 1` (the first is 1), or None to give up. `jitter` is in [0, 1)."""
        if attempt >= self.attempts or not may_repeat(error, repeatable=repeatable):
            return None
        asked = error.retry_after if isinstance(error, Overloaded) else None
        if asked is not None:
            return min(asked, self.longest_asked) + jitter
        pause = min(self.first * 2.0 ** min(attempt - 1, 60), self.longest)
        return pause * (1.0 + jitter / 2)


def may_repeat(error: AcumaticaError, *, repeatable: bool) -> bool:
    """Whether the trouble passes, and repeating the request is safe.

    Safe for every request: a busy record (nothing was saved) and a lost session (the server asks who is there before it
    acts; the repetition goes out on another session).
    """
    if isinstance(error, Unreachable):
        return repeatable or not error.sent
    if isinstance(error, Overloaded):
        return repeatable or error.declined
    if isinstance(error, Unexpected):
        return repeatable and not isinstance(error, EmptyAnswer) and not 400 <= error.status < 500
    return isinstance(error, (BusyRecord, SessionLost))
