"""Whether the next record of a stream is likelier new or known, by what the last ones were. Pure.

    likelier new     insert it, guarded; where it exists after all, look at it        one request for a new record
    likelier known   look at it; insert it where it does not exist                    one request for an unchanged one

Either way is right for every record; only the number of requests differs.
"""

from __future__ import annotations

_SURE = 4


class Stance:
    """Counts towards the last outcomes. Threads may race: the worst is a request that could have been spared."""

    def __init__(self) -> None:
        self._known = 0

    @property
    def expects_new(self) -> bool:
        return self._known <= 0

    def saw_new(self) -> None:
        self._known = max(-_SURE, self._known - 1)

    def saw_known(self) -> None:
        self._known = min(_SURE, max(0, self._known) + 1)
