"""One request for a part of the columns of one entity: a page of a list, a row, a record by its key.

What another request may avoid is raised as `Refused` or `TooWide`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.errors import (
    AcumaticaError,
    BusyRecord,
    CannotOptimize,
    EmptyAnswer,
    IntermediaryRefused,
    NoSuchRecord,
    Overloaded,
    ServerFault,
    Unexpected,
    Unreachable,
)
from acumatica_client.record import DecodedRecord
from acumatica_client.rest.addresses import key_fits_address
from acumatica_client.rest.query import SAFE_URL_LENGTH, Query
from source_acumatica.selection.selection import RequestPart, Selection

_ADDRESS_REFUSED = frozenset({400, 404, 414})  # what a web server says of an address that it does not let through
_LONG_STAMPS = 200  # what a filter by two stamps adds to an address


@dataclass(frozen=True)
class RowFilter:
    """Which records: `bounds` are those of a window, `condition` is the user's."""

    bounds: str | None = None
    condition: str | None = None


class TooWide(Exception):
    """A page of so many rows took too long, or was too much for the server."""


class Refused(Exception):
    """A request for a part was refused in a way that another request may avoid."""

    def __init__(self, part: RequestPart, error: AcumaticaError) -> None:
        super().__init__(str(error))
        self.part, self.error = part, error

    @property
    def names(self) -> tuple[str, ...]:
        return self.error.fields if isinstance(self.error, CannotOptimize) else ()


class EntityRequests:
    """Safe for many threads."""

    def __init__(self, client: AcumaticaClient, selection: Selection) -> None:
        self._client, self._selection = client, selection
        self._entity, self._codec = selection.entity, selection.codec

    def rows(self, part: RequestPart, rows: RowFilter, skip: int, top: int, *, patient: bool) -> Sequence[msgspec.Raw]:
        """A page. Not `patient`: one that was too much is not asked for again as it is, which could take seven
        timeouts. Raises Refused, TooWide, AcumaticaError."""
        query = replace(part.query(self._selection), filter=self._filter(rows), skip=skip, top=top)
        return self._codec.split(self._twice(part, lambda: self._fetch_list(query, patient=patient)))

    def _fetch_list(self, query: Query, *, patient: bool) -> bytes:
        try:
            return self._client.fetch_list(self._entity.name, query, patient=patient)
        except EmptyAnswer:
            raise
        except (Overloaded, Unreachable, Unexpected) as error:
            declined = isinstance(error, Overloaded) and error.declined
            in_front = isinstance(error, IntermediaryRefused) and 400 <= error.status < 500
            if patient or declined or in_front or (isinstance(error, Unreachable) and not error.sent):
                raise
            raise TooWide(error.message) from error

    def works(self, part: RequestPart, rows: RowFilter) -> bool:
        """Whether a list of the part is not refused."""
        query = replace(part.query(self._selection), filter=self._filter(rows), top=1)
        try:
            self._client.fetch_list(self._entity.name, query)
        except (ServerFault, EmptyAnswer):
            return False
        return True

    def row(self, rows: RowFilter, skip: int) -> DecodedRecord | None:
        """One row with its keys and its stamp only. Raises AcumaticaError."""
        stamp = (self._entity.cursor,) if self._entity.cursor else ()
        query = replace(RequestPart(fields=stamp).query(self._selection), filter=self._filter(rows), top=1, skip=skip)
        found = self._codec.split(self._client.fetch_list(self._entity.name, query))
        return self._codec.decode(found[0]) if found else None

    def record(self, listed: DecodedRecord, part: RequestPart) -> bytes:
        """By the key, and by the id where the key finds nothing, or a server in front refuses its address.

        Raises NoSuchRecord, IntermediaryRefused, Refused.
        """
        query, by_id = part.query(self._selection), [listed.text("id") or ""]
        address = self._address(listed)
        try:
            return self._twice(part, lambda: self._client.fetch_one(self._entity.name, address, query))
        except (NoSuchRecord, IntermediaryRefused) as error:
            if address == by_id or (isinstance(error, IntermediaryRefused) and error.status not in _ADDRESS_REFUSED):
                raise
        return self._twice(part, lambda: self._client.fetch_one(self._entity.name, by_id, query))

    def _address(self, record: DecodedRecord) -> list[str]:
        """The business key, or the id where a key is unknown, or cannot be sent in an address."""
        keys = [record.text(name) or "" for name in self._entity.keys]
        return keys if keys and key_fits_address(keys) else [record.text("id") or ""]

    def _filter(self, rows: RowFilter) -> str | None:
        return self._client.dialect.all_of(rows.bounds, rows.condition)

    def too_long(self, part: RequestPart) -> bool:
        """Whether the address of a page of this part may be longer than is safe."""
        query = replace(part.query(self._selection), filter=self._selection.condition, top=1, skip=1_000_000)
        return self._client.url_length(self._entity.name, query) > SAFE_URL_LENGTH - _LONG_STAMPS

    def _twice(self, part: RequestPart, ask: Callable[[], bytes]) -> bytes:
        """One request, once more when it is refused for a reason that may have passed. Raises Refused, ..."""
        try:
            return ask()
        except (ServerFault, EmptyAnswer) as error:
            if not _may_be_avoided(error):
                raise
            if isinstance(error, CannotOptimize):
                raise Refused(part, error) from error
        try:
            return ask()
        except (ServerFault, EmptyAnswer) as error:
            if not _may_be_avoided(error):
                raise
            raise Refused(part, error) from error


def _may_be_avoided(error: AcumaticaError) -> bool:
    """Whether asking in another way may help: not where nothing was found, or a setting or a right is missing."""
    return not isinstance(error, (NoSuchRecord, BusyRecord)) and error.failure_type != "config"
