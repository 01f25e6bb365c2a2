"""Window -> pages -> records: how the rows of one entity are fetched, and what is done when a list is refused.

The ladder, one step down at a time, said aloud, and kept for the rest of the run:
    the list with everything that was chosen        one request a page
    the list of keys, then each record by its id    one request a record, for lists that touch a delegate-backed view
A refused list is never "no data". Evidence: Acumatica C# client issue #12; the keyed GET bypasses the list optimizer.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from acumatica_client.client import AcumaticaClient
from acumatica_client.dialect import Dialect, dialect_of
from acumatica_client.errors import AcumaticaError, CannotOptimize, NoSuchRecord, ServerFault
from acumatica_client.query import Query
from acumatica_client.record import Decoded, RecordCodec
from acumatica_client.schema import EntitySchema
from source_acumatica.pages import ListKeepsMoving, read_list
from source_acumatica.windows import Window

_log = logging.getLogger("airbyte.source-acumatica")
# A key with one of these cannot travel in a path: IIS decodes it first, then takes it for a step of the path (the
# guide, on keys with a slash) or refuses it as dangerous (ASP.NET's requestPathInvalidCharacters).
_NOT_IN_PATHS = frozenset("/\\<>*%&:?")


@dataclass(frozen=True)
class Reading:
    """What is read of an entity: `expand` holds the chosen linked entities and details, as paths."""

    entity: EntitySchema
    expand: tuple[str, ...]
    page_size: int


@dataclass(frozen=True)
class _Row:
    """A row of a list; `whole` when it holds everything that was chosen, else only its keys."""

    record: Decoded
    whole: bool


class EntityReader:
    """Reads one entity. Safe for many threads: windows of one stream share what was learned about refusals."""

    def __init__(self, client: AcumaticaClient, reading: Reading) -> None:
        self._client, self._reading = client, reading
        self._codec = RecordCodec(client.schema(), reading.entity.name, reading.expand)
        self._one_by_one = False
        self._refusal: AcumaticaError | None = None

    def read(self, window: Window) -> Iterator[list[Decoded]]:
        """The records of the window, page by page. Raises AcumaticaError.

        What is a matter of the road or of rights fails every window alike: after the first, the others fail with it,
        since a dead server would keep each of them waiting anew. A fault may be one of this window alone.
        """
        if self._refusal is not None:
            raise self._refusal
        try:
            yield from self._pages(window)
        except AcumaticaError as error:
            if not isinstance(error, (ServerFault, ListKeepsMoving)):
                self._refusal = error
            raise

    def _pages(self, window: Window) -> Iterator[list[Decoded]]:
        dialect = dialect_of(self._client.schema().contract)
        condition = window_condition(window, self._reading.entity.cursor, dialect)

        def fetch(skip: int, top: int) -> list[_Row]:
            return self._fetch(Query(filter=condition, top=top, skip=skip))

        def restarted(attempt: int) -> None:
            _log.warning("%s: rows moved while they were read (%s); reading again, attempt %d.", name, window, attempt)

        name = self._reading.entity.name
        for page in read_list(fetch, self._identity, page_size=self._reading.page_size, on_restart=restarted):
            yield self._whole_page(page)

    def _fetch(self, query: Query) -> list[_Row]:
        if not self._one_by_one:
            try:
                return self._rows(replace(query, expand=self._reading.expand), whole=True)
            except CannotOptimize as refusal:
                self._step_down(refusal)
        return self._rows(replace(query, select=self._reading.entity.keys), whole=False)

    def _rows(self, query: Query, *, whole: bool) -> list[_Row]:
        body = self._client.fetch_list(self._reading.entity.name, query)
        return [_Row(self._codec.decode(row), whole) for row in self._codec.split(body)]

    def _step_down(self, refusal: CannotOptimize) -> None:
        if not self._one_by_one:
            self._one_by_one = True
            _log.warning(
                "%s: Acumatica refuses the list (%s). Reading its records one by one, which is slower; "
                "fewer chosen columns may avoid it.",
                self._reading.entity.name,
                ", ".join(refusal.fields) or refusal.message,
            )

    def _whole_page(self, page: Sequence[_Row]) -> list[Decoded]:
        """The records with everything chosen, without those deleted since the list named them.

        Raises NoSuchRecord when none of several is found: they were not deleted, they cannot be read this way.
        """
        records, gone = [], None
        for row in page:
            try:
                records.append(row.record if row.whole else self._fetch_whole(row.record))
            except NoSuchRecord as error:
                gone = error
        if gone is not None:
            if len(page) > 1 and not records:
                raise gone
            _log.warning(
                "%s: %d records went while they were read.", self._reading.entity.name, len(page) - len(records)
            )
        return records

    def _fetch_whole(self, listed: Decoded) -> Decoded:
        """The record by its key, and by its id where the key finds nothing. Raises NoSuchRecord."""
        name, query = self._reading.entity.name, Query(expand=self._reading.expand)
        try:
            body = self._client.fetch_one(name, self._address(listed), query)
        except NoSuchRecord:
            body = self._client.fetch_one(name, [listed.text("id") or ""], query)
        return self._codec.decode(body)

    def _address(self, record: Decoded) -> list[str]:
        """The business key, or the id where a key is unknown, empty, or cannot travel in a path."""
        keys = [record.text(name) or "" for name in self._reading.entity.keys]
        usable = bool(keys) and all(key.strip(". ") and _NOT_IN_PATHS.isdisjoint(key) for key in keys)
        return keys if usable else [record.text("id") or ""]

    def _identity(self, row: _Row) -> tuple[str | None, ...]:
        return tuple(row.record.text(name) for name in self._reading.entity.primary_key)


def window_condition(window: Window, cursor: str | None, dialect: Dialect) -> str | None:
    """The filter of a window; None where the entity is read whole."""
    if cursor is None:
        return None
    return dialect.is_null(cursor) if window.nulls else dialect.between(cursor, window.start, window.end)
