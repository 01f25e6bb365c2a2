"""Which state may go out, and with which counts.

Everything that arrives gets a place in one row, in the order of the input. A state leaves when it has come to the head:

    head                                                      tail
    [r1 written] [r2 rejected] [STATE a] [r3 ...] [STATE b] [r4 written]
     -> leaves    -> leaves     -> out     waits for r3's outcome; so do STATE b and r4

So a state line means that everything before it is safe, of whatever stream, and the order of the states never changes.
A record that failed has no outcome: no state behind it ever leaves. Records that waited on the disk come together with
the states that came behind them; each is counted for the state that it came before.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

import msgspec

from destination_acumatica.config.configured_catalog import StreamName
from destination_acumatica.input.messages import StateLine


@dataclass
class Entry:
    """One record's place. `written` None: no outcome yet; False: not written, and that is its outcome. `after`: how
    many states came before the record in the input, which is not its place where some overtook it."""

    stream: StreamName
    number: int
    after: int = 0
    written: bool | None = None


@dataclass
class Counts:
    """Records since the stream's last state; `rejected` are all those that are not in Acumatica now."""

    written: int = 0
    rejected: int = 0

    def add(self, other: Counts) -> None:
        self.written += other.written
        self.rejected += other.rejected


class _Tally:
    """The counts of one stream, by the states that they belong to."""

    def __init__(self) -> None:
        self._counts: dict[int, Counts] = {}
        self._open: list[int] = []

    def add(self, entry: Entry) -> None:
        if entry.after not in self._counts:
            self._counts[entry.after] = Counts()
            heappush(self._open, entry.after)
        self._counts[entry.after].add(Counts(1, 0) if entry.written else Counts(0, 1))

    def take(self, state: int) -> Counts:
        """All that came before the state and was not taken yet."""
        total = Counts()
        while self._open and self._open[0] <= state:
            total.add(self._counts.pop(heappop(self._open)))
        return total


@dataclass(frozen=True)
class Released:
    """A state that may go out, with its counts."""

    state: StateLine
    counts: Counts

    def line(self) -> bytes:
        """The line as it came, with our counts in `destinationStats`."""
        return with_counts(self.state, self.counts)


class StateLedger:
    """Records and states in the order of the input. Not for two threads at once."""

    def __init__(self) -> None:
        self._row: deque[Entry | StateLine] = deque()
        self._tallies: defaultdict[StreamName, _Tally] = defaultdict(_Tally)
        self._records = self._states = self._gone = 0

    def expect(self, stream: StreamName, after: int | None = None) -> Entry:
        """A place for a record that has just arrived; its outcome is entered later. `after`: how many states came
        before it, where those are not the ones that the ledger has seen."""
        self._records += 1
        entry = Entry(stream, self._records, self._states if after is None else after)
        self._row.append(entry)
        return entry

    def state(self, state: StateLine) -> None:
        """A state has just arrived."""
        self._states += 1
        self._row.append(state)

    def released(self) -> Iterator[Released]:
        """The states that may go out now, in order; each is given once."""
        while self._row:
            head = self._row[0]
            if isinstance(head, Entry) and head.written is None:
                return
            self._row.popleft()
            if isinstance(head, Entry):
                self._tallies[head.stream].add(head)
            else:
                counts = self._counts_of(head.stream)
                self._gone += 1
                yield Released(head, counts)

    def _counts_of(self, stream: StreamName | None) -> Counts:
        total = Counts()
        for tally in self._tallies.values() if stream is None else (self._tallies[stream],):
            total.add(tally.take(self._gone))
        return total


def with_counts(state: StateLine, counts: Counts) -> bytes:
    """The bytes of the line with `destinationStats` merged into the state; no other byte changes.

    Unknown members, among them the `id` without which the platform refuses the state, so survive by themselves.
    """
    stats = {"recordCount": counts.written}
    if counts.rejected:
        stats["rejectedRecordCount"] = counts.rejected
    own = re.search(rb'"state"\s*:\s*(?=' + re.escape(state.state) + rb")", state.line)
    start = own.end() if own else state.line.index(state.state)
    return state.line[:start] + _merged(state.state, stats) + state.line[start + len(state.state) :]


def _merged(state: bytes, stats: dict[str, int]) -> bytes:
    members = msgspec.json.decode(state, type=dict[str, msgspec.Raw])
    if "destinationStats" not in members:
        comma = b"," if members else b""
        return state[:-1] + comma + b'"destinationStats":' + msgspec.json.encode(stats) + b"}"
    known = msgspec.json.decode(members["destinationStats"], type=dict[str, msgspec.Raw] | None)
    return msgspec.json.encode({**members, "destinationStats": {**(known or {}), **stats}})
