"""What the log says about records: rejected ones, dropped columns, ignored lines, and a summary. Never their contents.

A sync of a million records that are all wrong must not write a million lines, so each kind is logged some times and
then only counted.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.erp.outcome import Failed, Kind, Outcome, Rejected, Skipped, Written

_log = logging.getLogger("airbyte.destination-acumatica")
_MOST_LOGGED = 20  # of each kind and stream
_FIELDS_SHOWN = 5
_OTHERWISE = (
    "Stream %s: %s: Acumatica answered with other values than were sent in %s. The form changed them, or the user may "
    "not write them: then nothing was saved."
)
_SKIPPED, _REJECTED, _FAILED, _OTHER_VALUES = "skipped", "rejected", "failed", "with other values"
_ORDER = (*(kind.value for kind in Kind), _SKIPPED, _REJECTED, _FAILED)


class Report:
    """Counts and logs. Not for two threads at once. In a dry run every outcome is what would have been."""

    def __init__(self, *, dry_run: bool = False) -> None:
        self._dry_run = dry_run
        self._received: Counter[StreamName] = Counter()
        self._counts: Counter[tuple[StreamName, str]] = Counter()
        self._cautions: Counter[tuple[StreamName, str]] = Counter()
        self._logged: set[object] = set()
        self._noise = 0

    def received(self, stream: StreamName) -> None:
        """A record of a stream has arrived."""
        self._received[stream] += 1

    def outcome(self, stream: StreamName, label: str, outcome: Outcome) -> None:
        """A record has its outcome; `label` is what to call it, never its content."""
        self._counts[stream, _word(outcome)] += 1
        if isinstance(outcome, Written):
            self._differing(stream, label, outcome.differing())
        elif isinstance(outcome, Rejected):
            self._refused(stream, label, outcome.words())
        elif isinstance(outcome, Skipped):
            reason = (stream, outcome.reason)
            if reason not in self._logged:
                self._logged.add(reason)
                _log.info("Stream %s: %s is left alone: %s. Others like it are counted.", stream, label, reason[1])

    def counted(self, stream: StreamName, outcome: Outcome) -> None:
        """The outcome of a record that shares it with another, which is in the log."""
        self._counts[stream, _word(outcome)] += 1

    def last_rejection(self, stream: StreamName) -> None:
        """The rejection that ends the sync: its words are in the error."""
        self._counts[stream, _REJECTED] += 1

    def dropped(self, stream: StreamName, columns: Iterable[str]) -> None:
        """Columns that the catalog does not announce, so that the plan could not refuse them."""
        for column in columns:
            self._once((stream, column), "Stream %s: no member for the column %s: it is left out.", stream, column)

    def caution(self, stream: StreamName, cautions: Iterable[str]) -> None:
        """What a person should know of a record that is written all the same, as `without a reference`."""
        self._cautions.update((stream, one) for one in cautions)

    def noise(self) -> None:
        self._noise += 1
        self._once("noise", "A line of the input is no Airbyte message: it is ignored.")

    def summary(self) -> None:
        """One line a stream, and one for ignored lines."""
        for sentence in self.sentences():
            _log.info("%s", sentence)
        for sentence in self.warnings():
            _log.warning("%s", sentence)
        if self._noise:
            _log.warning("%d lines of the input were no Airbyte messages and were ignored.", self._noise)

    def sentences(self) -> Iterator[str]:
        """The counts of each stream; those of all outcomes together are the records that came."""
        streams = dict.fromkeys([*self._received, *(stream for stream, _ in self._counts)])
        would = "would be " if self._dry_run else ""
        for stream in streams:
            counts = {word: self._counts[stream, word] for word in _ORDER if self._counts[stream, word]}
            parts = [f"{count} {would}{word}" for word, count in counts.items()]
            otherwise, left = self._counts[stream, _OTHER_VALUES], self._received[stream] - sum(counts.values())
            parts += [f"{otherwise} of them {_OTHER_VALUES}"] if otherwise else []
            parts += [f"{left} without an outcome"] if left > 0 else []
            yield f"Stream {stream}: {', '.join(parts)}."

    def warnings(self) -> Iterator[str]:
        """How many records of each stream came with something that a person should know."""
        for (stream, caution), count in self._cautions.items():
            yield f"Stream {stream}: {count} record{'s' if count > 1 else ''} came {caution}."

    def _differing(self, stream: StreamName, label: str, fields: Sequence[str]) -> None:
        if not fields:
            return
        self._counts[stream, _OTHER_VALUES] += 1
        if self._counts[stream, _OTHER_VALUES] <= _MOST_LOGGED:
            _log.warning(_OTHERWISE, stream, label, ", ".join(fields[:_FIELDS_SHOWN]))

    def _refused(self, stream: StreamName, label: str, words: str) -> None:
        so_far = self._counts[stream, _REJECTED]
        if so_far <= _MOST_LOGGED:
            _log.warning("Stream %s: rejected: %s: %s", stream, label, words)
        if so_far == _MOST_LOGGED:
            _log.warning("Stream %s: further rejected records are only counted.", stream)

    def _once(self, what: object, message: str, *parts: object) -> None:
        if what not in self._logged:
            self._logged.add(what)
            _log.warning(message, *parts)


def _word(outcome: Outcome) -> str:
    if isinstance(outcome, Written):
        return outcome.kind.value
    return {Skipped: _SKIPPED, Rejected: _REJECTED, Failed: _FAILED}[type(outcome)]
