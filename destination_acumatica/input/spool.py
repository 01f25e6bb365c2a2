"""Records and states that wait on the disk, so that memory stays flat however many they are.

A database of SQLite without a name: it lives in the cache, goes to a file of the system's temporary folder as it grows,
and the file is gone from its folder while it is open: whatever ends this process, nothing is left behind.

    owners    join, key  ->  the first document of that key
    lines     number, join, key, what the source calls the line, states before it, the message
    waiting   number, role, states before it, the message
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

DOCUMENT, FOLLOWER, STATE = 0, 1, 2

_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -16384;
    CREATE TABLE owners (join_number INTEGER, key TEXT, number INTEGER, PRIMARY KEY (join_number, key)) WITHOUT ROWID;
    CREATE TABLE lines (
        number INTEGER PRIMARY KEY, join_number INTEGER, key TEXT, own TEXT, after INTEGER, message BLOB
    );
    CREATE TABLE waiting (number INTEGER PRIMARY KEY, role INTEGER, after INTEGER, message BLOB);
"""
_ORPHANS = """
    SELECT join_number, key, own, after, message FROM lines
    WHERE key IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM owners WHERE owners.join_number = lines.join_number AND owners.key = lines.key
    ) ORDER BY join_number, key, number
"""
_KEYLESS = "SELECT join_number, message, after FROM lines WHERE key IS NULL ORDER BY number"


class Kept(NamedTuple):
    """A message as it came. `after`: how many states came before it; `own`: what identifies a line in its source."""

    message: bytes
    after: int
    own: str | None = None


class Spool:
    """What waits. For one thread; the file goes with the object. Raises sqlite3.Error, as where the disk is full."""

    def __init__(self) -> None:
        self._base = sqlite3.connect("", isolation_level=None)
        self._base.executescript(_TABLES)
        self._base.execute("BEGIN")
        self.documents = self.lines = self._numbers = 0

    def add_document(self, message: bytes, after: int, keys: dict[int, str]) -> None:
        """`keys`: the number of a join -> the document's value in it."""
        number = self._add(DOCUMENT, message, after)
        for join, key in keys.items():
            self._base.execute("INSERT OR IGNORE INTO owners VALUES (?, ?, ?)", (join, key, number))
        self.documents += 1

    def add_line(self, message: bytes, after: int, join: int, key: str | None, own: str | None) -> None:
        """`key` None: it is not known which document the line belongs to."""
        self._numbers += 1
        self._base.execute(
            "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?)", (self._numbers, join, key, own, after, message)
        )
        self.lines += 1

    def add(self, role: int, message: bytes, after: int) -> None:
        """A FOLLOWER, which waits for documents, or a STATE."""
        self._add(role, message, after)

    def of(self, role: int) -> Iterator[tuple[int, Kept]]:
        """All of a role, in the order in which they came, with their numbers."""
        found = self._base.execute("SELECT number, message, after FROM waiting WHERE role = ? ORDER BY number", (role,))
        return ((number, Kept(message, after)) for number, message, after in found)

    def lines_of(self, number: int, join: int, key: str) -> list[Kept]:
        """The lines of a document, in their order; none where an earlier document has the same key."""
        owner = self._base.execute(
            "SELECT number FROM owners WHERE join_number = ? AND key = ?", (join, key)
        ).fetchone()
        if owner != (number,):
            return []
        found = self._base.execute(
            "SELECT message, after, own FROM lines WHERE join_number = ? AND key = ? ORDER BY number", (join, key)
        )
        return [Kept(*row) for row in found]

    def orphan_lines(self) -> Iterator[tuple[int, list[Kept]]]:
        """The lines whose document did not come: the number of the join, and those of one document together."""
        rows = self._base.execute(_ORPHANS)
        for (join, _), group in groupby(rows, key=lambda row: (row[0], row[1])):
            yield join, [Kept(message, after, own) for _, _, own, after, message in group]
        yield from ((join, [Kept(message, after)]) for join, message, after in self._base.execute(_KEYLESS))

    def order(self) -> None:
        """To be called once, when all has come."""
        self._base.execute("CREATE INDEX by_key ON lines (join_number, key, number)")

    def close(self) -> None:
        """Drop all that waits."""
        self._base.close()

    def _add(self, role: int, message: bytes, after: int) -> int:
        self._numbers += 1
        self._base.execute("INSERT INTO waiting VALUES (?, ?, ?, ?)", (self._numbers, role, after, message))
        return self._numbers
