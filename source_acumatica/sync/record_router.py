"""Records -> the pages of each stream that takes of them: whole records, or the rows of a detail.

The keys of details are concluded from names (`line_keys`). A wrong one must show before a destination that keeps one
row a key has thrown the others away; so the rows of each record are compared by the key that their stream claims.
"""

from __future__ import annotations

import logging
import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from acumatica_client.errors import SettingsError
from acumatica_client.record import Decoded
from source_acumatica.sync.message_queue import Page

_log = logging.getLogger("airbyte.source-acumatica")
_ABSENT = msgspec.Raw(b"null")


class UniqueRows:
    """Compares the rows of one stream. `strict`: rows with one key would replace each other."""

    def __init__(self, stream: str, key: Sequence[str], *, strict: bool) -> None:
        self._stream, self._key, self._strict, self._warned = stream, tuple(key), strict, False
        names = [(f"k{number}", msgspec.Raw, _ABSENT) for number in range(len(self._key))]
        rename = dict(zip((name for name, *_ in names), self._key, strict=True))
        self._decode = msgspec.json.Decoder(msgspec.defstruct("Key", names, rename=rename, gc=False)).decode
        self._values = operator.attrgetter(*rename) if rename else None

    def check(self, rows: Sequence[bytes]) -> None:
        """The rows of one record. Raises SettingsError when two share a key and the stream is a strict one."""
        if self._values is None or len(rows) < 2 or self._warned:
            return
        if len({self._key_of(row) for row in rows}) == len(rows):
            return
        self._warned = True
        what = f"{self._stream}: two rows of one record have the same {', '.join(self._key)}"
        if self._strict:
            raise SettingsError(
                f"{what}, so one would replace the other.",
                advice="Choose a sync mode without deduplication for this stream: overwrite, or append.",
            )
        _log.warning("%s; do not deduplicate this stream by its primary key.", what)

    def _key_of(self, row: bytes) -> tuple[bytes, ...] | bytes:
        assert self._values is not None
        found = self._values(self._decode(row))
        return tuple(map(bytes, found)) if isinstance(found, tuple) else bytes(found)


@dataclass(frozen=True)
class StreamRoute:
    """What one stream takes: the records (no `detail`), or the rows of this detail."""

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


class RecordRouter:
    """The streams of a group, in the order in which their pages leave."""

    def __init__(self, routes: Sequence[StreamRoute]) -> None:
        self._routes = tuple(routes)

    def pages(self, records: Sequence[Decoded]) -> Iterator[Page]:
        """A page of each stream that has records in it. All are made before the first leaves, or none leaves."""
        pages = [Page(route.stream, route.take(records)) for route in self._routes]
        return (page for page in pages if page.rows)
