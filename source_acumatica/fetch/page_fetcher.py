"""Asks for pages and records of one entity, by the plan that still works; learns from refusals, and says what it does.

What is learned is kept for the rest of the run and shared by the workers. Decides nothing about the order of pages.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.errors import AcumaticaError, CannotOptimize, EmptyAnswer, NoSuchRecord, ServerFault, Unexpected
from acumatica_client.record import Decoded
from source_acumatica.fetch.entity_requests import Asker, Refused, Scope, TooWide
from source_acumatica.fetch.page_size import PageSize
from source_acumatica.fetch.part_merger import join
from source_acumatica.fetch.request_fallback import Ladder, Plan, changes
from source_acumatica.selection.request_parts import Part, Reading, packed

_log = logging.getLogger("airbyte.source-acumatica")
Payload = bytes | msgspec.Raw


@dataclass(frozen=True)
class Listed:
    """A record as the lists gave it. `gone`: deleted between the lists; it still marks its place. `missed`: not found
    by what was asked for record by record."""

    payload: Payload
    record: Decoded
    gone: bool = False
    missed: NoSuchRecord | None = None


class FilterRefused(Exception):
    """The server refuses a list with the bounds of a window, and gives it without them."""

    def __init__(self, refusal: AcumaticaError) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class Fetcher:
    """Safe for many threads.

    `passing_ids`: no key is known, and ids without a NoteID behind them last for one session (guide); so what belongs
    to a page is asked for in the session that gave it.
    """

    def __init__(self, client: AcumaticaClient, reading: Reading) -> None:
        self._client, self._entity = client, reading.entity
        self.passing_ids = not reading.entity.keys
        self._asker = Asker(client, reading)
        self._decode = self._asker.codec.decode
        self._scalars = [column.name for column in self._asker.codec.layout.columns if not column.many]
        self._ladder = Ladder(client.schema(), self._asker.wire)
        self._plan = self._short(self._ladder.first())
        self._lock = threading.Lock()
        self._found_by_key = False
        self.size = PageSize(reading.page_size)

    # --- lists

    def page(self, scope: Scope, skip: int, top: int) -> list[Listed]:
        """Rows of the list. Raises FilterRefused, AcumaticaError."""
        while True:
            plan, asked = self._plan, min(top, self.size.now)
            try:
                rows = self._page_of(plan, scope, skip, asked)
                self.size.went_well()
                return rows
            except Refused as refused:
                self._step(plan, refused, scope, asked)
            except TooWide as error:
                self._ask_for_fewer(asked, str(error))

    def peek(self, scope: Scope, skip: int = 0) -> Decoded | None:
        """One row of the list, with its keys and its stamp only. Raises FilterRefused, AcumaticaError."""
        try:
            return self._asker.row(scope, skip)
        except (ServerFault, EmptyAnswer):
            return next((row.record for row in self.page(scope, skip, 1)), None)

    def _page_of(self, plan: Plan, scope: Scope, skip: int, top: int) -> list[Listed]:
        if not self.passing_ids or (len(plan.listed) == 1 and not plan.keyed):
            return self._page(plan, scope, skip, top)
        page = partial(self._page, plan, scope, skip, top)
        return self._client.in_one_session(lambda: self._found(page()))

    def _page(self, plan: Plan, scope: Scope, skip: int, top: int) -> list[Listed]:
        first, *others = plan.listed
        patient = not self.size.can_shrink or top < self.size.now
        rows = [Listed(row, self._decode(row)) for row in self._asker.rows(first, scope, skip, top, patient=patient)]
        for part in others if rows else ():
            rows = self._completed(rows, self._asker.rows(part, scope, skip, top, patient=patient), part)
        return rows

    def _completed(self, rows: list[Listed], others: Sequence[Payload], part: Part) -> list[Listed]:
        """The rows with what another list gave of them; what moved or changed between the two is fetched anew."""
        found = {self._identity(one): (raw, one) for raw, one in ((raw, self._decode(raw)) for raw in others)}
        complete = []
        for row in rows:
            raw, other = found.get(self.identity(row), (b"", None))
            again = other is None or self._changed(part, row.record, other)
            complete.append(self._afresh(row) if again else self._joined(row.payload, raw))
        return complete

    def _changed(self, part: Part, one: Decoded, other: Decoded) -> bool:
        """Whether a record was changed between two requests, as far as both have its stamp."""
        stamp = self._entity.cursor
        if stamp is None or (part.fields is not None and stamp not in part.fields):
            return False
        return one.text(stamp) != other.text(stamp)

    def _afresh(self, row: Listed) -> Listed:
        """The record by key, the parts of all its lists."""
        try:
            return self._joined(*(self._asker.record(row.record, part) for part in self._plan.listed))
        except NoSuchRecord:
            return replace(row, gone=True)

    # --- records

    def complete(self, page: Sequence[Listed]) -> list[Decoded]:
        """The records with everything that was chosen, without those deleted since the list named them.

        Raises NoSuchRecord when none of several is found, or none ever was: they were not deleted, they cannot be read
        this way.
        """
        found = page if self.passing_ids or not self._plan.keyed else self._found(page)
        there = [row.record for row in found if not row.gone and not row.missed]
        missed = next((row.missed for row in found if row.missed), None)
        if missed is not None and not there and (len(page) > 1 or not self._found_by_key):
            raise missed
        if len(there) < len(page):
            _log.warning("%s: %d records went while they were read.", self._entity.name, len(page) - len(there))
        return there

    def _found(self, rows: Sequence[Listed]) -> list[Listed]:
        """The rows with what is asked for by key."""
        return [row if row.gone or not self._plan.keyed else self._whole(row) for row in rows]

    def _whole(self, row: Listed) -> Listed:
        while True:
            plan = self._plan
            try:
                parts = [self._asker.record(row.record, part) for part in plan.keyed]
                self._found_by_key = True
                return self._joined(row.payload, *parts)
            except Refused as refused:
                self._step_by_key(plan, refused)
            except NoSuchRecord as error:
                return replace(row, missed=error)

    def _joined(self, *payloads: Payload) -> Listed:
        try:
            payload = join(payloads)
        except msgspec.DecodeError as error:
            raise Unexpected("A record in the answer is not a JSON object.", detail=str(error)) from error
        return Listed(payload, self._decode(payload))

    def identity(self, row: Listed) -> tuple[str | None, ...]:
        return self._identity(row.record)

    def likeness(self, row: Listed) -> tuple[bytes | None, ...]:
        """All that its own columns say."""
        return tuple(row.record.value(name) for name in self._scalars)

    def _identity(self, record: Decoded) -> tuple[str | None, ...]:
        return tuple(record.text(name) for name in self._entity.primary_key)

    def _step(self, plan: Plan, refused: Refused, scope: Scope, asked: int) -> None:
        """What to do about a refused list of `asked` rows. Raises FilterRefused, or the refusal when nothing is left
        to try."""
        with self._lock:
            if self._plan is not plan:
                return  # another worker has met it
            if scope.bounds and self._entity.cursor in refused.names:
                raise FilterRefused(refused.error)
            if not refused.names and self._is_no_matter_of_columns(refused, scope, asked):
                return
            if isinstance(refused.error, (CannotOptimize, EmptyAnswer)):
                following = self._ladder.list_refused(plan, refused.part, refused.names)
            else:
                following = self._ladder.bare(plan, refused.part)
                if following and not self._asker.works(replace(refused.part, bare=True), scope):
                    following = None
            self._adopt(plan, following, refused.error)

    def _is_no_matter_of_columns(self, refused: Refused, scope: Scope, asked: int) -> bool:
        """Whether one row comes, so that the rows were too many or the trouble has passed: then fewer are asked for.

        Raises FilterRefused when one row comes without the bounds only, and the refusal when fewer rows cannot be.
        """
        if self._asker.works(refused.part, scope):
            if not self.size.can_shrink:
                if isinstance(refused.error, EmptyAnswer):
                    return False
                raise refused.error
            self._ask_for_fewer(asked, refused.error.message)
            return True
        unbound = replace(scope, bounds=None)
        if not scope.bounds or not self._asker.works(refused.part, unbound):
            return False
        if self._asker.works(refused.part, scope):
            return True  # it has passed
        raise FilterRefused(refused.error)

    def _ask_for_fewer(self, asked: int, why: str) -> None:
        if self.size.can_shrink:
            _log.warning("%s: %s Asking for fewer rows than %d.", self._entity.name, why, asked)
        self.size.went_badly(asked)

    def _step_by_key(self, plan: Plan, refused: Refused) -> None:
        """What to do about a refused record. Raises the refusal when nothing is left to try."""
        with self._lock:
            if self._plan is not plan:
                return
            if isinstance(refused.error, (CannotOptimize, EmptyAnswer)):
                following = self._ladder.record_refused(plan, refused.part, refused.names)
            else:
                following = self._ladder.bare(plan, refused.part)
            self._adopt(plan, following, refused.error)

    def _adopt(self, plan: Plan, following: Plan | None, refusal: AcumaticaError) -> None:
        if following is None:
            raise refusal
        self._plan = self._short(following)
        for sentence in changes(plan, self._plan):
            _log.warning("%s: Acumatica refuses what was asked (%s). %s", self._entity.name, refusal.message, sentence)

    def _short(self, plan: Plan) -> Plan:
        """The plan with every address short enough. A record is one request whatever is asked of it, so that a part
        too long asks for all its fields."""
        bare = (replace(part, bare=True) if self._asker.too_long(part) else part for part in plan.keyed)
        stamp = self._entity.cursor
        listable = stamp and not any(stamp in (part.fields or ()) for part in plan.keyed)
        with_stamp = Part(fields=(stamp,)) if stamp and listable else Part()
        return replace(
            plan,
            listed=tuple(short for part in plan.listed for short in packed(part, self._asker.too_long, with_stamp)),
            keyed=tuple(short for part in bare for short in packed(part, self._asker.too_long)),
        )
