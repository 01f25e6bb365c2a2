"""The list of one entity as pages of complete records: each has everything that was chosen, however many requests that
takes.

    one list                          what it gives is complete
    several lists a page              joined by the key; a record that changed between two of them is fetched anew
    columns that no list gives        each record is asked for by its key
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice

import msgspec

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.errors import EmptyAnswer, NoSuchRecord, ServerFault, Unexpected
from acumatica_client.record import DecodedRecord
from acumatica_client.rest.json_repair import repair_json
from source_acumatica.fetch.adaptive_plan import AdaptivePlan
from source_acumatica.fetch.entity_requests import EntityRequests, Refused, RowFilter, TooWide
from source_acumatica.fetch.pagination import read_list
from source_acumatica.fetch.request_fallback import RequestPlan
from source_acumatica.selection.selection import RequestPart, Selection

_log = logging.getLogger("airbyte.source-acumatica")
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_views = msgspec.json.Decoder(dict[str, dict[str, msgspec.Raw]]).decode
_CUSTOM = "custom"
_NOTHING = msgspec.Raw(b"{}")
Payload = bytes | msgspec.Raw


@dataclass(frozen=True)
class _Row:
    """A record as the lists gave it. `gone`: deleted between the lists; it still marks its place. `missed`: not found
    by what was asked for record by record."""

    payload: Payload
    record: DecodedRecord
    gone: bool = False
    missed: NoSuchRecord | None = None


class EntityPages:
    """Safe for many threads, which share what was learned from refusals.

    `passing_ids`: no key is known, and ids without a NoteID behind them last for one session (guide); so what belongs
    to a page is asked for in the session that gave it.
    """

    def __init__(self, client: AcumaticaClient, selection: Selection) -> None:
        self._client, self._selection, self._entity = client, selection, selection.entity
        self._passing_ids = not selection.entity.keys
        self._decode = selection.codec.decode
        self._scalars = [column.name for column in selection.codec.layout.columns if not column.many]
        self._requests = EntityRequests(client, selection)
        self._plan = AdaptivePlan(client.schema(), selection, self._requests)
        self._found_by_key = self._warned_of_ids = False

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The columns that had to be given up so far: Acumatica refuses to list them, and to give them by key."""
        names = self._plan.now.nulled
        if not names:
            return ()
        layout = self._selection.codec.layout
        own = (column.name for column in layout.columns if column.field in names)
        custom = (custom.column for custom in self._selection.custom if custom.path in names)
        return tuple(dict.fromkeys((*own, *(name for name in layout.nested if name in names), *custom)))

    def read(
        self, rows: RowFilter, *, label: str = "all", stop: Callable[[], bool] | None = None
    ) -> Iterator[list[DecodedRecord]]:
        """The records of the list, page by page, none twice unless rows move. Raises FilterRefused, AcumaticaError.

        `stop` is called when the list goes on behind its first page, before any record is completed; True ends it.
        `label` names the list in the log.
        """
        listed = read_list(
            lambda skip, top: self._list_page(rows, skip, top),
            self._row_identity,
            page_size=self._selection.page_size,
            on_restart=lambda attempt: self._warn_of_restart(label, attempt),
            fingerprint=self._fingerprint if self._passing_ids else None,
            on_fingerprint=self._warn_of_passing_ids,
        )
        first: list[Sequence[_Row]] = []
        if stop is not None and self._goes_on(listed, first) and stop():
            return
        for page in chain(first, listed):
            yield self._complete(page)

    def _goes_on(self, pages: Iterator[Sequence[_Row]], first: list[Sequence[_Row]]) -> bool:
        """Fetch the first page; True when it does not look like the only one.

        One of fewer rows than asked for nearly always is. Only a second one shows otherwise, where a server gives
        fewer than it is asked for.
        """
        asked = self._plan.size.now
        first.extend(islice(pages, 1))
        if first and len(first[0]) < asked:
            first.extend(islice(pages, 1))
        return bool(first) and (len(first) > 1 or len(first[0]) >= asked)

    def peek(self, rows: RowFilter, skip: int = 0) -> DecodedRecord | None:
        """One row of the list, with its keys and its stamp only. Raises FilterRefused, AcumaticaError."""
        try:
            return self._requests.row(rows, skip)
        except (ServerFault, EmptyAnswer):
            return next((row.record for row in self._list_page(rows, skip, 1)), None)

    # --- lists

    def _list_page(self, rows: RowFilter, skip: int, top: int) -> list[_Row]:
        while True:
            plan, asked = self._plan.now, min(top, self._plan.size.now)
            try:
                page = self._page_in_session(plan, rows, skip, asked)
                self._plan.size.went_well()
                return page
            except Refused as refused:
                self._plan.list_refused(plan, refused, rows, asked)
            except TooWide as error:
                self._plan.ask_for_fewer(asked, str(error))

    def _page_in_session(self, plan: RequestPlan, rows: RowFilter, skip: int, top: int) -> list[_Row]:
        page = partial(self._page, plan, rows, skip, top)
        if not self._passing_ids or (len(plan.listed) == 1 and not plan.keyed):
            return page()
        return self._client.in_one_session(lambda: self._with_keyed(page()))

    def _page(self, plan: RequestPlan, rows: RowFilter, skip: int, top: int) -> list[_Row]:
        first, *others = plan.listed
        size = self._plan.size
        patient = not size.can_shrink or top < size.now
        page = [_Row(row, self._decode(row)) for row in self._requests.rows(first, rows, skip, top, patient=patient)]
        for part in others if page else ():
            page = self._joined_lists(page, self._requests.rows(part, rows, skip, top, patient=patient), part)
        return page

    def _joined_lists(self, rows: list[_Row], others: Sequence[Payload], part: RequestPart) -> list[_Row]:
        """The rows with what another list gave of them; what moved or changed between the two is fetched anew."""
        found = {self._identity(one): (raw, one) for raw, one in ((raw, self._decode(raw)) for raw in others)}
        complete = []
        for row in rows:
            raw, other = found.get(self._row_identity(row), (b"", None))
            again = other is None or self._changed(part, row.record, other)
            complete.append(self._afresh(row) if again else self._joined(row.payload, raw))
        return complete

    def _changed(self, part: RequestPart, one: DecodedRecord, other: DecodedRecord) -> bool:
        """Whether a record was changed between two requests, as far as both have its stamp."""
        stamp = self._entity.cursor
        if stamp is None or (part.fields is not None and stamp not in part.fields):
            return False
        return one.text(stamp) != other.text(stamp)

    def _afresh(self, row: _Row) -> _Row:
        """The record by key, the parts of all its lists."""
        try:
            return self._joined(*(self._requests.record(row.record, part) for part in self._plan.now.listed))
        except NoSuchRecord:
            return replace(row, gone=True)

    # --- records

    def _complete(self, page: Sequence[_Row]) -> list[DecodedRecord]:
        """The records with everything that was chosen, without those deleted since the list named them.

        Raises NoSuchRecord when none of several is found, or none ever was: they were not deleted, they cannot be read
        this way.
        """
        found = page if self._passing_ids or not self._plan.now.keyed else self._with_keyed(page)
        there = [row.record for row in found if not row.gone and not row.missed]
        missed = next((row.missed for row in found if row.missed), None)
        if missed is not None and not there and (len(page) > 1 or not self._found_by_key):
            raise missed
        if len(there) < len(page):
            _log.warning("%s: %d records went while they were read.", self._entity.name, len(page) - len(there))
        return there

    def _with_keyed(self, rows: Sequence[_Row]) -> list[_Row]:
        """The rows with what is asked for by key."""
        return [row if row.gone or not self._plan.now.keyed else self._whole(row) for row in rows]

    def _whole(self, row: _Row) -> _Row:
        while True:
            plan = self._plan.now
            try:
                parts = [self._requests.record(row.record, part) for part in plan.keyed]
                self._found_by_key = True
                return self._joined(row.payload, *parts)
            except Refused as refused:
                self._plan.record_refused(plan, refused)
            except NoSuchRecord as error:
                return replace(row, missed=error)

    def _joined(self, *payloads: Payload) -> _Row:
        try:
            payload = join_payloads(payloads)
        except msgspec.DecodeError as error:
            raise Unexpected("A record in the answer is not a JSON object.", detail=str(error)) from error
        return _Row(payload, self._decode(payload))

    # --- which row is which

    def _row_identity(self, row: _Row) -> tuple[str | None, ...]:
        return self._identity(row.record)

    def _identity(self, record: DecodedRecord) -> tuple[str | None, ...]:
        return tuple(record.text(name) for name in self._entity.primary_key)

    def _fingerprint(self, row: _Row) -> tuple[bytes | None, ...]:
        """All that its own columns say."""
        return tuple(row.record.value(name) for name in self._scalars)

    def _warn_of_restart(self, label: str, attempt: int) -> None:
        _log.warning(
            "%s: rows moved while they were read (%s); reading again, attempt %d.", self._entity.name, label, attempt
        )

    def _warn_of_passing_ids(self) -> None:
        if not self._warned_of_ids:
            self._warned_of_ids = True
            _log.warning(
                "%s: its ids are others in each API session, so they are no key; do not deduplicate this stream.",
                self._entity.name,
            )


def join_payloads(payloads: Sequence[Payload]) -> bytes:
    """One payload with the members of all; of a member that several have, the last one's, but custom fields together.

    Raises msgspec.DecodeError when one of them is no JSON object.
    """
    joined: dict[str, msgspec.Raw] = {}
    custom: dict[str, dict[str, msgspec.Raw]] = {}
    for payload in payloads:
        members = _members_of(payload)
        for view, fields in _views_of(members.pop(_CUSTOM, _NOTHING)).items():
            custom.setdefault(view, {}).update(fields)
        joined |= members
    return msgspec.json.encode({**joined, _CUSTOM: custom})


def _members_of(payload: Payload) -> dict[str, msgspec.Raw]:
    """The members of a record; a value in it that is no valid JSON is replaced, as the codec does."""
    try:
        return _members(payload)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return _members(repair_json(bytes(payload)))


def _views_of(custom: msgspec.Raw) -> Mapping[str, dict[str, msgspec.Raw]]:
    """The custom fields by view; none where there is something else than views, such as null."""
    try:
        return _views(custom)
    except msgspec.ValidationError:
        return {}
