"""How long to wait between attempts: the one policy of all retries and polls.

    first   2 x first   4 x first   ...   longest   longest   ...   until `attempts` or `elapsed` is used up

No clock, no sleep, no random numbers of its own: the caller gives what it has waited and what it drew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

_LEAST = 0.5  # seconds; a shorter rest of `elapsed` is not worth another attempt
_MOST_DOUBLINGS = 60


@dataclass(frozen=True)
class Backoff:
    """Pauses in seconds that double from `first` to `longest`.

    `attempts` in all, `elapsed` seconds of pauses in all; None is no limit. `jitter`: the largest share of a pause that
    is added to it, so that many clients do not come back at the same moment. A server may ask for a pause of its own
    (Retry-After): it gets up to `longest_asked` seconds.

    The defaults outlast a minute together, since the license counts requests by the minute and declines (429) until the
    minute is over.
    """

    attempts: int | None = 7
    first: float = 1.0
    longest: float = 60.0
    jitter: float = 0.5
    elapsed: float | None = None
    longest_asked: float = 600.0

    def pause(
        self, attempt: int, *, waited: float = 0.0, draw: float = 0.0, asked: float | None = None
    ) -> float | None:
        """Seconds before attempt `attempt + 1` (the first attempt is 1), or None to give up.

        `waited`: seconds of pauses so far. `draw`: a random number in [0, 1). `asked`: seconds that the server wants.
        """
        if self.attempts is not None and attempt >= self.attempts:
            return None
        pause = self.first * 2.0 ** min(attempt - 1, _MOST_DOUBLINGS)
        pause = min(pause, self.longest) * (1.0 + draw * self.jitter)
        if asked is not None:
            pause = min(asked, self.longest_asked) + draw
        if self.elapsed is None:
            return pause
        left = self.elapsed - waited
        return None if left < _LEAST else min(pause, left)

    def pauses(self, draw: Callable[[], float] = lambda: 0.0) -> Iterator[float]:
        """The pauses one after the other, for a loop that makes each of them: `for pause in backoff.pauses(): ...`."""
        attempt, waited = 1, 0.0
        while (pause := self.pause(attempt, waited=waited, draw=draw())) is not None:
            yield pause
            attempt, waited = attempt + 1, waited + pause
