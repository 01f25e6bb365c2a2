"""Records -> the pages of each stream that takes of them: whole records, or the rows of a detail.

A value that is not Acumatica's own is named beside its row: of a column that could not be read, or with characters that
are no text (U+FFFD stands for them).

The keys of details are concluded from names (`line_keys`). A wrong one must show before a destination that keeps one
row a key has thrown the others away; so the rows of each record are compared by the key that their stream claims.
"""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from acumatica_client.errors import SettingsError
from acumatica_client.record import DecodedRecord
from source_acumatica.sync.message_queue import Change, Changes, Page

_log = logging.getLogger("airbyte.source-acumatica")
_ABSENT = msgspec.Raw(b"null")
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


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

    def take(self, records: Sequence[DecodedRecord]) -> tuple[bytes, ...]:
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
    """The streams of a group, in the order in which their pages leave. `unreadable()`: the columns of records that had
    to be given up so far."""

    def __init__(self, routes: Sequence[StreamRoute], unreadable: Callable[[], Sequence[str]] = tuple) -> None:
        self._routes, self._unreadable = tuple(routes), unreadable

    def pages(self, records: Sequence[DecodedRecord]) -> Iterator[Page]:
        """A page of each stream that has records in it. All are made before the first leaves, or none leaves."""
        unreadable = self._unreadable()
        pages = [(route.stream, route.take(records), () if route.detail else unreadable) for route in self._routes]
        return (Page(stream, rows, _changes(rows, columns)) for stream, rows, columns in pages if rows)

    def lost(self) -> tuple[str, ...]:
        """The streams whose rows cannot be read at all, because their detail had to be given up."""
        unreadable = self._unreadable()
        return tuple(
            route.stream for route in self._routes if route.detail and route.detail.partition("/")[0] in unreadable
        )


def _changes(rows: Sequence[bytes], unreadable: Sequence[str]) -> Changes:
    """Looks into a row only where something may be amiss: most pages have nothing to name."""
    found = {}
    for index, row in enumerate(rows):
        replaced = _has_mark(row)
        if (unreadable or replaced) and (named := _changes_in(row, unreadable, replaced=replaced)):
            found[index] = named
    return found


def _has_mark(text: bytes) -> bool:
    """Whether U+FFFD is in it, as it is or escaped. To look for one byte first is ten times faster where it is not."""
    return (b"\xef" in text and b"\xef\xbf\xbd" in text) or (b"\\" in text and b"\\ufffd" in text)


def _changes_in(row: bytes, unreadable: Sequence[str], *, replaced: bool) -> Mapping[str, Change]:
    members = _members(row)
    named = {name: Change.NOT_READABLE for name in unreadable if name in members and bytes(members[name]) == b"null"}
    if replaced:
        marked = (name for name, value in members.items() if _has_mark(bytes(value)))
        named.update((name, Change.BAD_CHARACTERS) for name in marked)
    return named
