"""A window -> its complete records, page by page; whether a window holds too much, and whether its filter is true."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.errors import AcumaticaError, EmptyAnswer, ServerFault, SettingsError
from acumatica_client.record import DecodedRecord
from acumatica_client.rest.dialect import Dialect
from source_acumatica.fetch.adaptive_plan import FilterRefused
from source_acumatica.fetch.entity_pages import EntityPages
from source_acumatica.fetch.entity_requests import RowFilter
from source_acumatica.fetch.pagination import ListKeepsMoving
from source_acumatica.selection.selection import Selection
from source_acumatica.windows.server_time import FilterShift
from source_acumatica.windows.timestamps import Timestamp
from source_acumatica.windows.windows import Window

__all__ = ["EntityReader", "FilterRefused", "window_condition"]
_log = logging.getLogger("airbyte.source-acumatica")
# So many full pages are read again after a crash at most, and no `$skip` grows beyond them.
PAGES_IN_A_WINDOW = 40
# Every stamp lies behind this one; earlier ones a SQL Server `datetime` cannot hold.
_ANY_STAMP = "1753-01-02T00:00:00+00:00"


class EntityReader:
    """Reads one entity. Safe for many threads: windows of one stream share what was learned about refusals."""

    def __init__(
        self,
        client: AcumaticaClient,
        selection: Selection,
        *,
        pages_in_a_window: int = PAGES_IN_A_WINDOW,
        filter_shift: FilterShift | None = None,
    ) -> None:
        """`filter_shift`: None to take the server at its word."""
        self._dialect, self._filter_shift = client.dialect, filter_shift
        self._entity, self._condition = selection.entity, selection.condition
        self._most = pages_in_a_window * selection.page_size
        self._pages = EntityPages(client, selection)
        self._refusal: AcumaticaError | None = None

    @property
    def name(self) -> str:
        return self._entity.name

    @property
    def cursor(self) -> str:
        """The field that shows change; empty where there is none."""
        return self._entity.cursor or ""

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The columns that Acumatica refuses in every way, found out so far; they are null in the records."""
        return self._pages.unreadable

    def read(
        self, window: Window, *, split: Callable[[str | None], bool] = lambda near: False, probe_first: bool = False
    ) -> Iterator[list[DecodedRecord]]:
        """The records of the window, page by page. Raises AcumaticaError, FilterRefused.

        `split` is called when the window holds too much, with the stamp of a record in it; when it returns True,
        nothing is read: others will.
        `probe_first`: that is likely, so it is found out before a page is fetched in vain.

        What is a matter of the connection or of rights fails every window alike: after the first, the others fail with
        it, since a dead server would keep each of them waiting anew. A fault may be one of this window alone.
        """
        if self._refusal is not None:
            raise self._refusal
        try:
            yield from self._read(window, split, probe_first=probe_first)
        except AcumaticaError as error:
            if not isinstance(error, (ServerFault, ListKeepsMoving)):
                self._refusal = error
            raise

    def _read(
        self, window: Window, split: Callable[[str | None], bool], *, probe_first: bool
    ) -> Iterator[list[DecodedRecord]]:
        def stop() -> bool:
            row = self._pages.peek(rows, self._most)
            return row is not None and split(row.text(self.cursor))

        rows, divisible = self._rows(window), window.halves() is not None
        if divisible and probe_first and stop():
            return
        for page in self._pages.read(rows, label=str(window), stop=stop if divisible and not probe_first else None):
            checked = window.local or window.nulls  # a filter by null is not understood everywhere
            records = [record for record in page if self._contains(window, record)] if checked else page
            if records:
                yield records

    def _contains(self, window: Window, record: DecodedRecord) -> bool:
        """A record whose stamp is no date is held by every window: whoever follows changes by it is to see it."""
        try:
            return window.contains(record.text(self.cursor))
        except ValueError:
            return True

    def _rows(self, window: Window) -> RowFilter:
        bounds = None if window.local else window_condition(window, self._entity.cursor, self._dialect)
        return RowFilter(bounds, self._condition)

    def sample(self) -> tuple[str | None] | None:
        """The cursor value of some record of the stream, None when there is no record. Asks without a window.

        Raises SettingsError when the user's own filter finds nothing in a list that answers every filter so.
        """
        row = self._pages.peek(RowFilter(None, self._condition))
        if row is not None:
            return (row.text(self.cursor),)
        if self._condition is not None and self._answers_no_filter():
            raise SettingsError(
                f"Acumatica answers every filter of {self.name} with nothing, so this stream's filter cannot work.",
                advice="Remove the filter of this stream.",
            )
        _log.info(
            "%s: no record%s. Records may also be hidden from this user: by the branch signed in to, by roles, or by "
            "restriction groups.",
            self.name,
            "" if self._condition is None else " satisfies the filter of this stream",
        )
        return None

    def misread(self, latest: Timestamp | None) -> float:
        """Seconds by which filters are read later than stamps are shown, `latest` being the latest of this stream."""
        if latest is None or self._filter_shift is None:
            return 0.0

        def stamp_between(start: str, end: str) -> str | None:
            bounds = self._dialect.between(self.cursor, start, end)
            row = self._pages.peek(RowFilter(bounds, self._condition))
            return row.text(self.cursor) if row else None

        try:
            return self._filter_shift.seconds(latest, stamp_between)
        except (FilterRefused, ServerFault, EmptyAnswer):
            return 0.0  # the windows were answered; a question beside them stops nothing

    def filter_lies(self, sample: tuple[str | None] | None, *, nulls_seen: bool) -> bool:
        """Whether the windows came back empty although they hold records.

        Some forms answer 200 and no row to a filter by other fields than keys, or by fields of two views (noted on
        25 R2 and 26 R1). `sample`: the cursor value of some record that the windows must hold, where one is known.
        """
        if sample is None:
            if self._pages.peek(self._any_stamp(self._condition)) is not None:
                return False
            sample = self.sample()
        return sample is not None and (sample[0] is not None or not nulls_seen)

    def _answers_no_filter(self) -> bool:
        row = self._pages.peek(RowFilter())
        stamp = row.text(self.cursor) if row is not None and self.cursor else None
        try:
            return stamp is not None and self._pages.peek(self._any_stamp(None)) is None
        except FilterRefused as refused:
            raise refused.refusal from refused

    def _any_stamp(self, condition: str | None) -> RowFilter:
        return RowFilter(self._dialect.between(self.cursor, _ANY_STAMP, None), condition)


def window_condition(window: Window, cursor: str | None, dialect: Dialect) -> str | None:
    """The filter of a window; None where the entity is read whole."""
    if cursor is None:
        return None
    return dialect.is_null(cursor) if window.nulls else dialect.between(cursor, window.start, window.end)
