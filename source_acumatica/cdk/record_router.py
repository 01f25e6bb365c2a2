"""Records -> the pages of each stream that takes of them: whole records, or the rows of a detail. Fetches nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from acumatica_client.record import Decoded
from source_acumatica.cdk.messages import RecordPage, record_page
from source_acumatica.cdk.unique_rows import UniqueRows
from source_acumatica.sync.progress import Tally


@dataclass(frozen=True)
class Tap:
    """One stream: the records (no `detail`), or the rows of this detail, watched for keys that are none."""

    stream: str
    detail: str = ""
    unique: UniqueRows | None = None

    def take(self, records: Sequence[Decoded]) -> tuple[bytes, ...]:
        """Raises SettingsError when rows would replace each other."""
        if not self.detail:
            return tuple(record.json for record in records)
        taken: list[bytes] = []
        for record in records:
            rows = record.rows(self.detail)
            if self.unique is not None:
                self.unique.check(rows)
            taken += rows
        return tuple(taken)


class Outlet:
    """The streams of a family, in the order in which their pages leave."""

    def __init__(self, taps: Sequence[Tap], tally: Tally) -> None:
        self._taps, self.tally = tuple(taps), tally

    def pages(self, records: Sequence[Decoded]) -> Iterator[RecordPage]:
        """A page of each stream that has records in it. All are made before the first leaves, or none leaves."""
        pages = [(tap.stream, tap.take(records)) for tap in self._taps]
        for stream, rows in pages:
            if rows:
                yield record_page(stream, rows)
                self.tally.read(stream, len(rows))
