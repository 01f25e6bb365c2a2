"""Log that a sync goes on while no state leaves it: records wait for Acumatica, or joined streams are being written.

The platform and whoever reads the log see states as progress. Where none leaves for ten seconds although records are
in work, a line says how many are being written and what the others wait for.
"""

from __future__ import annotations

import logging
import math
from collections import Counter
from collections.abc import Callable, Sequence

from destination_acumatica.sync.worker_pool import ParkedTask, WorkerPool

_log = logging.getLogger("airbyte.destination-acumatica")
EVERY = 10.0  # seconds
_SHOWN = 3  # records in a line


class ProgressLog:
    """One for a sync. `clock` in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._last = clock, clock()
        self._idle = True
        self._said_that_all_wait = False

    @property
    def due(self) -> float:
        """When the next line is due; infinite while nothing is in work."""
        return math.inf if self._idle else self._last + EVERY

    def made(self) -> None:
        """A state left."""
        self._last = self._clock()

    def log(self, finished: int, pool: WorkerPool, *, input_ended: bool) -> None:
        """To be called after each event. `finished` records have their outcome."""
        if pool.idle:
            self._idle = True
            return
        if self._idle:
            self._idle, self._last = False, self._clock()
        all_wait = input_ended and not pool.working
        if self._clock() >= self._last + EVERY or (all_wait and not self._said_that_all_wait):
            self._said_that_all_wait = all_wait
            self._last = self._clock()
            _log.info("%s", _sentence(finished, pool.working, pool.parked, input_ended=input_ended))


def _sentence(finished: int, working: int, parked: Sequence[ParkedTask], *, input_ended: bool) -> str:
    parts = [f"{finished} records are finished"]
    parts += [f"{working} are being written"] if working else []
    reasons = Counter(one.reason for one in parked)
    parts += [f"{count} wait: {reason}{_examples(parked, reason)}" for reason, count in reasons.items()]
    return f"{'The input has ended; ' if input_ended else 'Still working: '}{'; '.join(parts)}."


def _examples(parked: Sequence[ParkedTask], reason: str) -> str:
    tasks = [one.task for one in parked if one.reason == reason]
    return f" ({'; '.join(one.label() for one in tasks[:_SHOWN])}{'; ...' if len(tasks) > _SHOWN else ''})"
