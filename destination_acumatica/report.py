"""What the log says about records: rejected ones, dropped columns, foreign lines, and a summary. Bounded, no contents.

A sync of a million records that are all wrong must not write a million lines, so each kind is told some times and then
only counted.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence

from destination_acumatica.messages import StreamName

_log = logging.getLogger("airbyte.destination-acumatica")
_TOLD_REJECTIONS = 20  # of one stream
_FIELDS_SHOWN = 5
_OTHERWISE = (
    "Stream %s: %s: Acumatica answered with other values than were sent in %s. The form changed them, or the user may "
    "not write them: then nothing was saved."
)


class Report:
    """Counts and tells. Not for two threads at once."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[StreamName, str]] = Counter()
        self._told: set[object] = set()
        self._noise = 0

    def written(self, stream: StreamName, label: str = "", otherwise: Sequence[str] = ()) -> None:
        """`otherwise`: fields that came back with other values than were sent."""
        self._counts[stream, "written"] += 1
        if otherwise:
            self._counts[stream, "of them with other values"] += 1
            if self._counts[stream, "of them with other values"] <= _TOLD_REJECTIONS:
                _log.warning(_OTHERWISE, stream, label, ", ".join(otherwise[:_FIELDS_SHOWN]))

    def rejected(self, stream: StreamName, label: str, words: str) -> None:
        self._counts[stream, "rejected"] += 1
        told = self._counts[stream, "rejected"]
        if told <= _TOLD_REJECTIONS:
            _log.warning("Stream %s: not written: %s: %s", stream, label, words)
        if told == _TOLD_REJECTIONS:
            _log.warning("Stream %s: further rejected records are only counted.", stream)

    def foreign(self, stream: StreamName) -> None:
        """A record of a stream that the connection does not have."""
        self._counts[stream, "ignored"] += 1
        self._once(stream, "Stream %s is not in the configured catalog: its records are not written.", stream)

    def dropped(self, stream: StreamName, columns: Iterable[str]) -> None:
        """Columns that the catalog does not announce, so that the plan could not refuse them."""
        for column in columns:
            self._once((stream, column), "Stream %s: no member for the column %s: it is left out.", stream, column)

    def noise(self) -> None:
        self._noise += 1
        self._once("noise", "A line of the input is no Airbyte message: it is ignored.")

    def summary(self) -> None:
        """One line a stream, and one for ignored lines."""
        for stream in dict.fromkeys(stream for stream, _ in self._counts):
            kinds = [
                f"{self._counts[stream, kind]} {kind}"
                for kind in ("written", "of them with other values", "rejected", "ignored")
            ]
            _log.info("Stream %s: %s.", stream, ", ".join(kind for kind in kinds if not kind.startswith("0 ")))
        if self._noise:
            _log.warning("%d lines of the input were no Airbyte messages and were ignored.", self._noise)

    def _once(self, what: object, message: str, *parts: object) -> None:
        if what not in self._told:
            self._told.add(what)
            _log.warning(message, *parts)
