"""Window -> pages -> records: reads the list of one entity, finds out how much a window holds and whether its filter
is true. How a page is asked for, and what is done when it is refused, is the fetcher's business.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import chain, islice

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.errors import AcumaticaError, EmptyAnswer, ServerFault, SettingsError
from acumatica_client.record import Decoded
from acumatica_client.rest.dialect import Dialect
from source_acumatica.fetch.entity_requests import Scope
from source_acumatica.fetch.page_fetcher import Fetcher, FilterRefused, Listed
from source_acumatica.fetch.pagination import ListKeepsMoving, read_list
from source_acumatica.selection.request_parts import Reading
from source_acumatica.windows.filter_time import Literals
from source_acumatica.windows.timestamps import Moment
from source_acumatica.windows.windows import Window

__all__ = ["EntityReader", "FilterRefused", "Reading", "window_condition"]
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
        reading: Reading,
        *,
        pages_in_a_window: int = PAGES_IN_A_WINDOW,
        literals: Literals | None = None,
    ) -> None:
        """`literals`: None to take the server at its word."""
        self._client, self._reading, self._literals = client, reading, literals
        self._most = pages_in_a_window * reading.page_size
        self._fetcher = Fetcher(client, reading)
        self._refusal: AcumaticaError | None = None
        self._told = False

    @property
    def name(self) -> str:
        return self._reading.entity.name

    @property
    def cursor(self) -> str:
        """The field that shows change; empty where there is none."""
        return self._reading.entity.cursor or ""

    def read(
        self, window: Window, *, split: Callable[[], bool] = lambda: False, probe_first: bool = False
    ) -> Iterator[list[Decoded]]:
        """The records of the window, page by page. Raises AcumaticaError, FilterRefused.

        `split` is called when the window holds too much; when it returns True, nothing is read: others will.
        `probe_first`: that is likely, so it is found out before a page is fetched in vain.

        What is a matter of the road or of rights fails every window alike: after the first, the others fail with it,
        since a dead server would keep each of them waiting anew. A fault may be one of this window alone.
        """
        if self._refusal is not None:
            raise self._refusal
        try:
            yield from self._pages(window, split, probe_first=probe_first)
        except AcumaticaError as error:
            if not isinstance(error, (ServerFault, ListKeepsMoving)):
                self._refusal = error
            raise

    def _pages(self, window: Window, split: Callable[[], bool], *, probe_first: bool) -> Iterator[list[Decoded]]:
        pages = self._list(window)
        held: list[list[Listed]] = []
        if window.halves() is not None:
            goes_on = probe_first or self._begin(pages, held)
            if goes_on and self._holds_too_much(window) and split():
                return
        for page in chain(held, pages):
            records = self._fetcher.complete(page)
            if window.local or window.nulls:  # a filter by null is not understood everywhere
                records = [record for record in records if self._holds(window, record)]
            if records:
                yield records

    def _holds(self, window: Window, record: Decoded) -> bool:
        """A record whose stamp is no date is held by every window: whoever follows changes by it is to see it."""
        try:
            return window.holds(record.text(self.cursor))
        except ValueError:
            return True

    def _begin(self, pages: Iterator[list[Listed]], held: list[list[Listed]]) -> bool:
        """Fetch the first page; True when it does not look like the only one.

        One of fewer rows than asked for nearly always is. Only a second one tells otherwise, where a server gives
        fewer than it is asked for.
        """
        asked = self._fetcher.size.now
        held.extend(islice(pages, 1))
        if held and len(held[0]) < asked:
            held.extend(islice(pages, 1))
        return bool(held) and (len(held) > 1 or len(held[0]) >= asked)

    def _holds_too_much(self, window: Window) -> bool:
        return self._fetcher.peek(self._scope(window), self._most) is not None

    def _list(self, window: Window) -> Iterator[list[Listed]]:
        scope = self._scope(window)

        def restarted(attempt: int) -> None:
            _log.warning(
                "%s: rows moved while they were read (%s); reading again, attempt %d.", self.name, window, attempt
            )

        def fetch(skip: int, top: int) -> list[Listed]:
            return self._fetcher.page(scope, skip, top)

        size, fetcher = self._reading.page_size, self._fetcher
        likeness = fetcher.likeness if fetcher.passing_ids else None
        for page in read_list(
            fetch,
            fetcher.identity,
            page_size=size,
            on_restart=restarted,
            likeness=likeness,
            on_likeness=self._tell_of_passing_ids,
        ):
            yield list(page)

    def _tell_of_passing_ids(self) -> None:
        if not self._told:
            self._told = True
            _log.warning(
                "%s: its ids are others in each API session, so they are no key; do not deduplicate this stream.",
                self.name,
            )

    def _scope(self, window: Window) -> Scope:
        bounds = None if window.local else window_condition(window, self._reading.entity.cursor, self._client.dialect)
        return Scope(bounds, self._reading.condition)

    def sample(self) -> tuple[str | None] | None:
        """The cursor value of some record of the stream, None when there is no record. Asks without a window.

        Raises SettingsError when the user's own filter finds nothing in a list that answers every filter so.
        """
        row = self._fetcher.peek(Scope(None, self._reading.condition))
        if row is not None:
            return (row.text(self.cursor),)
        if self._reading.condition is not None and self._answers_no_filter():
            raise SettingsError(
                f"Acumatica answers every filter of {self.name} with nothing, so this stream's filter cannot work.",
                advice="Remove the filter of this stream.",
            )
        _log.info(
            "%s: no record%s. Records may also be hidden from this user: by the branch signed in to, by roles, or by "
            "restriction groups.",
            self.name,
            "" if self._reading.condition is None else " satisfies the filter of this stream",
        )
        return None

    def misread(self, latest: Moment | None) -> float:
        """Seconds by which filters are read later than stamps are shown, `latest` being the latest of this stream."""
        if latest is None or self._literals is None:
            return 0.0

        def stamp_between(start: str, end: str) -> str | None:
            bounds = self._client.dialect.between(self.cursor, start, end)
            row = self._fetcher.peek(Scope(bounds, self._reading.condition))
            return row.text(self.cursor) if row else None

        try:
            return self._literals.misread(latest, stamp_between)
        except (FilterRefused, ServerFault, EmptyAnswer):
            return 0.0  # the windows were answered; a question beside them stops nothing

    def filter_lies(self, sample: tuple[str | None] | None, *, nulls_seen: bool) -> bool:
        """Whether the windows came back empty although they hold records.

        Some forms answer 200 and no row to a filter by other fields than keys, or by fields of two views (noted on
        25 R2 and 26 R1). `sample`: the cursor value of some record that the windows must hold, where one is known.
        """
        if sample is None:
            if self._fetcher.peek(self._any_stamp(self._reading.condition)) is not None:
                return False
            sample = self.sample()
        return sample is not None and (sample[0] is not None or not nulls_seen)

    def _answers_no_filter(self) -> bool:
        row = self._fetcher.peek(Scope())
        stamp = row.text(self.cursor) if row is not None and self.cursor else None
        try:
            return stamp is not None and self._fetcher.peek(self._any_stamp(None)) is None
        except FilterRefused as refused:
            raise refused.refusal from refused

    def _any_stamp(self, condition: str | None) -> Scope:
        return Scope(self._client.dialect.between(self.cursor, _ANY_STAMP, None), condition)


def window_condition(window: Window, cursor: str | None, dialect: Dialect) -> str | None:
    """The filter of a window; None where the entity is read whole."""
    if cursor is None:
        return None
    return dialect.is_null(cursor) if window.nulls else dialect.between(cursor, window.start, window.end)
