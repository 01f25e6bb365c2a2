"""How many rejected records a sync bears, by the settings. Pure: counts outcomes, ends nothing itself."""

from __future__ import annotations

from dataclasses import dataclass, field

from destination_acumatica.config.reject_settings import Limits as Limits
from destination_acumatica.config.reject_settings import OnRecordError as OnRecordError
from destination_acumatica.input.messages import StreamName
from destination_acumatica.sync.circuit_breaker import Breaker
from destination_acumatica.write.outcome import Outcome, Rejected

_ENOUGH = 100  # outcomes of a stream, before a percentage means something

_CORRECT = 'Correct the record, or set "When Acumatica rejects a record" to skip.'
_RAISE = "Correct the records, or allow more of them to be rejected."
_CAUSE = "Remove the cause and sync again: the records that were refused for it are sent once more."


@dataclass(frozen=True)
class TooMany:
    """Why the sync ends: words to stand before those of Acumatica, and what to do."""

    words: str
    advice: str


@dataclass
class _Tally:
    outcomes: int = 0
    rejected: int = 0


@dataclass
class Tolerance:
    """One for a sync. Not for two threads at once."""

    limits: Limits = Limits()
    _tallies: dict[StreamName, _Tally] = field(default_factory=dict)
    _breaker: Breaker = field(init=False)

    def __post_init__(self) -> None:
        self._breaker = Breaker(0 if self.limits.bears_none else self.limits.in_a_row)

    def note(self, stream: StreamName, outcome: Outcome) -> TooMany | None:
        """Counts an outcome; why the sync ends with it, None where it goes on."""
        tally = self._tallies.setdefault(stream, _Tally())
        tally.outcomes += 1
        if not isinstance(outcome, Rejected):
            self._breaker.accepted(stream)
            return None
        tally.rejected += 1
        if self.limits.bears_none:
            return TooMany("Not written: ", _CORRECT)
        if self._breaker.rejected(stream, outcome):
            return TooMany(f"All of the first {tally.rejected} records were rejected for one reason: ", _CAUSE)
        return self._exceeded(tally)

    def suspects(self, stream: StreamName) -> bool:
        """Whether the rejections of the stream should not count as settled yet."""
        return self._breaker.suspects(stream)

    def _exceeded(self, tally: _Tally) -> TooMany | None:
        most, percent = self.limits.most_records, self.limits.most_percent
        if most and tally.rejected > most:
            return TooMany(f"More than {most} records were rejected. The last: ", _RAISE)
        if tally.outcomes >= _ENOUGH and tally.rejected * 100 > percent * tally.outcomes:
            told = (
                f"{tally.rejected} of {tally.outcomes} records were rejected, more than {percent} percent. The last: "
            )
            return TooMany(told, _RAISE)
        return None
