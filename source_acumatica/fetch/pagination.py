"""How a list is read to its end although rows move meanwhile; its pages come from a function.

A list has no total, no next link and no snapshot, and the server may return fewer rows than asked for. So each page
after the first starts one row early, at the last row of the page before: the anchor. What stands behind the anchor in
one answer are all the rows behind it, however many rows have come or gone before it.

    the anchor is first                       nothing moved: go on behind it
    the anchor stands further on, or back     rows came, or went, before it: go on behind it, where it stands now
    the anchor is gone                        read the list again from its start
    nothing stands behind the anchor          the end

Where no key is known, rows are distinguished by ids, and some ids last for one session: an answer of another session
holds none that was seen before. There a row is the anchor if all else in it is equal and it stands in the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from acumatica_client.errors import AcumaticaError

Row = TypeVar("Row")
FetchPage = Callable[[int, int], Sequence[Row]]  # (skip, top) -> rows
Identity = Callable[[Row], object]

RESTARTS = 5
_LOOKS = 10  # for one anchor, before it counts as gone


class ListKeepsMoving(AcumaticaError):
    """The rows of a list moved under every attempt to read it."""

    failure_type = "transient"


class _AnchorGone(Exception):
    """The last row of a page is no longer near its place."""


def read_list(
    fetch: FetchPage[Row],
    identity: Identity[Row],
    *,
    page_size: int,
    on_restart: Callable[[int], None],
    fingerprint: Identity[Row] | None = None,
    on_fingerprint: Callable[[], object] = lambda: None,
) -> Iterator[Sequence[Row]]:
    """Every page of the list, without the anchors. Rows may come twice after a restart, never too few.

    `fingerprint`: all that a row says beside its identity, where that may be another one in each answer;
    `on_fingerprint` is called when it was.

    A server that never gives more than one row shows no anchor together with its neighbour; there, a row can be missed
    when others before it go and come within three requests. Raises ListKeepsMoving after `RESTARTS` restarts.
    """
    for attempt in range(1, RESTARTS + 2):
        try:
            yield from _PageIterator(fetch, identity, page_size, fingerprint, on_fingerprint)
            return
        except _AnchorGone:
            on_restart(attempt)
    raise ListKeepsMoving(
        f"The rows of this list moved during each of {RESTARTS + 1} attempts to read it.",
        advice="Run the sync when fewer records are being changed.",
    )


class _PageIterator(Generic[Row]):
    """One pass over the list. `_place` counts the rows up to the anchor, `_reach` the most that one answer held."""

    def __init__(
        self,
        fetch: FetchPage[Row],
        identity: Identity[Row],
        page_size: int,
        fingerprint: Identity[Row] | None,
        on_fingerprint: Callable[[], object],
    ) -> None:
        self._fetch, self._identity, self._page_size = fetch, identity, page_size
        self._fingerprint, self._on_fingerprint = fingerprint, on_fingerprint
        self._place = self._reach = 0

    def __iter__(self) -> Iterator[Sequence[Row]]:
        rows = self._fetch_from(0)
        while rows:
            yield rows
            self._place += len(rows)
            rows = self._behind(rows)

    def _fetch_from(self, skip: int) -> Sequence[Row]:
        rows = self._fetch(skip, self._page_size)
        self._reach = max(self._reach, len(rows))
        return rows

    def _behind(self, page: Sequence[Row]) -> Sequence[Row]:
        """The rows behind the last one of the page, none at the end of the list. Raises _AnchorGone."""
        # Two single rows after each other: the end, or a server that gives single rows. The place behind shows which.
        single = self._fetch_from(self._place) if len(page) == 1 else ()
        for _ in range(_LOOKS):
            before, behind = self._find(page)
            if behind or not before:
                return behind or single
            # It came last, on an answer that the server may have cut there: look again, from where it stands now.
        raise _AnchorGone

    def _find(self, page: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
        """What stands before and behind the anchor in an answer that holds it. Raises _AnchorGone."""
        anchor = self._identity(page[-1])
        answers: list[Sequence[Row]] = []
        for skip in dict.fromkeys((self._place - 1, max(0, self._place - self._reach))):
            answers.append(seen := self._fetch_from(skip))
            for index, row in enumerate(seen):
                if self._identity(row) == anchor:
                    self._place = skip + index + 1
                    return seen[:index], seen[index + 1 :]
        return (), self._behind_fingerprint(page, answers)

    def _behind_fingerprint(self, page: Sequence[Row], answers: Sequence[Sequence[Row]]) -> Sequence[Row]:
        """What stands behind a row with the fingerprint of the anchor, in its place; the last answer must not hold any
        row of the page, since a row that is like a deleted one and moved into its place would be taken for it.

        Raises _AnchorGone."""
        seen, known = answers[0], {self._identity(row) for row in page}
        if self._fingerprint is None or not seen or any(self._identity(row) in known for row in answers[-1]):
            raise _AnchorGone
        if self._fingerprint(seen[0]) != self._fingerprint(page[-1]):
            raise _AnchorGone
        self._on_fingerprint()
        return seen[1:]
