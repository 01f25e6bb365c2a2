"""Whether every record of a stream fails for one reason: then it is no use to go on. Pure; compares words, reads none.

    rejected, rejected, ... 25 times with the same words, nothing accepted       the sync ends with these words
    accepted, or rejected with other words, before that                          the stream is left alone from then on

A closed period, a missing right, a wrong mapping refuse a million records one by one. While a stream is suspected, its
rejections are not settled: when it turns out so, no state has gone out behind them and the platform sends them again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from destination_acumatica.config.reject_settings import IN_A_ROW as IN_A_ROW
from destination_acumatica.input.messages import StreamName
from destination_acumatica.write.outcome import Rejected

# What differs between two records that are refused for one reason: quoted values, numbers, the places of lines.
_PARTICULAR = re.compile(r"'[^']*'|\"[^\"]*\"|[\w-]*\d[\w-]*")


@dataclass
class _Row:
    reason: str
    length: int = 0


class Breaker:
    """One for a sync. `in_a_row` 0: never ends one."""

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


def reason_of(outcome: Rejected) -> str:
    """The words of a rejection without what belongs to its record alone."""
    return "; ".join(_PARTICULAR.sub("#", str(error)) for error in outcome.errors)
