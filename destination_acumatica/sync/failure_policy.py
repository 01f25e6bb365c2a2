"""Whether the sync ends because of rejected records: by the limits of the settings, or because all fail alike.

    on_record_error fail                                                     the first rejected record ends the sync
    more than the limits allow                                               so does the one that exceeds them
    rejected, rejected, ... 25 times with the same words, nothing accepted   so does the 25th, with these words
    accepted, or rejected with other words, before that                      the stream is cleared from then on

A closed period, a missing right, a wrong mapping refuse a million records one by one. While a stream is suspected, its
rejections are not final: when all of them fail alike, no state has gone out behind them, and the platform sends them
again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.config.reject_settings import IN_A_ROW, Limits
from destination_acumatica.erp.outcome import Outcome, Rejected

_ENOUGH = 100  # outcomes of a stream, before a percentage means something
# What differs between two records that are refused for one reason: quoted values, numbers, the places of lines.
_PARTICULAR = re.compile(r"'[^']*'|\"[^\"]*\"|[\w-]*\d[\w-]*")

_CORRECT = 'Correct the record, or set "When Acumatica rejects a record" to skip.'
_RAISE = "Correct the records, or allow more of them to be rejected."
_CAUSE = "Remove the cause and sync again: the records that were refused for it are sent once more."


@dataclass(frozen=True)
class LimitExceeded:
    """Why the sync ends: words to stand before those of Acumatica, and what to do."""

    words: str
    advice: str


@dataclass
class _Row:
    reason: str
    length: int = 0


class CircuitBreaker:
    """Opens when every record of a stream fails for one reason. One for a sync. `in_a_row` 0: never opens."""

    def __init__(self, in_a_row: int = IN_A_ROW) -> None:
        self._in_a_row = in_a_row
        self._suspected: dict[StreamName, _Row] = {}
        self._cleared: set[StreamName] = set()

    def accepted(self, stream: StreamName) -> None:
        """A record went through: whatever else is refused, not everything is."""
        self._suspected.pop(stream, None)
        self._cleared.add(stream)

    def rejected(self, stream: StreamName, outcome: Rejected) -> bool:
        """Whether this is the last one that is needed to know that all of them fail for one reason."""
        if stream in self._cleared or not self._in_a_row:
            return False
        reason = reason_of(outcome)
        row = self._suspected.setdefault(stream, _Row(reason))
        if row.reason != reason:
            self.accepted(stream)
            return False
        row.length += 1
        return row.length >= self._in_a_row

    def suspects(self, stream: StreamName) -> bool:
        """Whether all records of the stream were refused so far, for one reason."""
        return stream in self._suspected


@dataclass
class _Tally:
    outcomes: int = 0
    rejected: int = 0


@dataclass
class FailurePolicy:
    """Counts outcomes. One for a sync; not for two threads at once."""

    limits: Limits = Limits()
    _tallies: dict[StreamName, _Tally] = field(default_factory=dict)
    _breaker: CircuitBreaker = field(init=False)

    def __post_init__(self) -> None:
        self._breaker = CircuitBreaker(0 if self.limits.allows_none else self.limits.in_a_row)

    def note(self, stream: StreamName, outcome: Outcome) -> LimitExceeded | None:
        """Count an outcome; why the sync ends with it, None where it goes on."""
        tally = self._tallies.setdefault(stream, _Tally())
        tally.outcomes += 1
        if not isinstance(outcome, Rejected):
            self._breaker.accepted(stream)
            return None
        tally.rejected += 1
        if self.limits.allows_none:
            return LimitExceeded("Rejected: ", _CORRECT)
        if self._breaker.rejected(stream, outcome):
            return LimitExceeded(f"All of the first {tally.rejected} records were rejected for one reason: ", _CAUSE)
        return self._exceeded(tally)

    def suspects(self, stream: StreamName) -> bool:
        """Whether the rejections of the stream should not count as final yet."""
        return self._breaker.suspects(stream)

    def _exceeded(self, tally: _Tally) -> LimitExceeded | None:
        most, percent = self.limits.most_records, self.limits.most_percent
        if most and tally.rejected > most:
            return LimitExceeded(f"More than {most} records were rejected. The last: ", _RAISE)
        if tally.outcomes >= _ENOUGH and tally.rejected * 100 > percent * tally.outcomes:
            counts = f"{tally.rejected} of {tally.outcomes} records were rejected, more than {percent} percent"
            return LimitExceeded(f"{counts}. The last: ", _RAISE)
        return None


def reason_of(outcome: Rejected) -> str:
    """The words of a rejection without what belongs to its record alone."""
    return "; ".join(_PARTICULAR.sub("#", str(error)) for error in outcome.errors)
