"""The request plan of one entity that still works: learned from refusals, kept for the run, shared by the workers."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

from acumatica_client.errors import AcumaticaError, CannotOptimize, EmptyAnswer
from acumatica_client.schema.model import EndpointSchema
from source_acumatica.fetch.entity_requests import EntityRequests, Refused, RowFilter
from source_acumatica.fetch.page_size import PageSize
from source_acumatica.fetch.request_fallback import FallbackPolicy, RequestPlan, changes
from source_acumatica.selection.selection import RequestPart, Selection, packed

_log = logging.getLogger("airbyte.source-acumatica")


class FilterRefused(Exception):
    """The server refuses a list with the bounds of a window, and gives it without them."""

    def __init__(self, refusal: AcumaticaError) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class AdaptivePlan:
    """Safe for many threads. `now` is the plan, `size` how many rows to ask for at a time."""

    def __init__(self, schema: EndpointSchema, selection: Selection, requests: EntityRequests) -> None:
        self._entity, self._requests = selection.entity, requests
        self._policy = FallbackPolicy(schema, selection)
        self.size = PageSize(selection.page_size)
        self.now = self._short(self._policy.first())
        self._lock = threading.Lock()

    def list_refused(self, plan: RequestPlan, refused: Refused, rows: RowFilter, asked: int) -> None:
        """Adopt a plan without what was refused in a list of `asked` rows by `plan`, or ask for fewer of them.

        Raises FilterRefused, or the refusal when nothing is left to try.
        """
        with self._lock:
            if self.now is not plan:
                return  # another worker has met it
            if rows.bounds and self._entity.cursor in refused.names:
                raise FilterRefused(refused.error)
            if not refused.names and self._is_no_matter_of_columns(refused, rows, asked):
                return
            if isinstance(refused.error, (CannotOptimize, EmptyAnswer)):
                following = self._policy.list_refused(plan, refused.part, refused.names)
            else:
                following = self._policy.bare(plan, refused.part)
                if following and not self._requests.works(replace(refused.part, bare=True), rows):
                    following = None
            self._adopt(plan, following, refused.error)

    def _is_no_matter_of_columns(self, refused: Refused, rows: RowFilter, asked: int) -> bool:
        """Whether one row comes, so that the rows were too many or the trouble has passed: then fewer are asked for.

        Raises FilterRefused when one row comes without the bounds only, and the refusal when fewer rows cannot be.
        """
        if self._requests.works(refused.part, rows):
            if not self.size.can_shrink:
                if isinstance(refused.error, EmptyAnswer):
                    return False
                raise refused.error
            self.ask_for_fewer(asked, refused.error.message)
            return True
        unbound = replace(rows, bounds=None)
        if not rows.bounds or not self._requests.works(refused.part, unbound):
            return False
        if self._requests.works(refused.part, rows):
            return True  # it has passed
        raise FilterRefused(refused.error)

    def ask_for_fewer(self, asked: int, why: str) -> None:
        """A page of `asked` rows was too much."""
        if self.size.can_shrink:
            _log.warning("%s: %s Asking for fewer rows than %d.", self._entity.name, why, asked)
        self.size.went_badly(asked)

    def record_refused(self, plan: RequestPlan, refused: Refused) -> None:
        """Adopt a plan without what was refused of a record. Raises the refusal when nothing is left to try."""
        with self._lock:
            if self.now is not plan:
                return
            if isinstance(refused.error, (CannotOptimize, EmptyAnswer)):
                following = self._policy.record_refused(plan, refused.part, refused.names)
            else:
                following = self._policy.bare(plan, refused.part)
            self._adopt(plan, following, refused.error)

    def _adopt(self, plan: RequestPlan, following: RequestPlan | None, refusal: AcumaticaError) -> None:
        if following is None:
            raise refusal
        self.now = self._short(following)
        for sentence in changes(plan, self.now):
            _log.warning("%s: Acumatica refuses what was asked (%s). %s", self._entity.name, refusal.message, sentence)

    def _short(self, plan: RequestPlan) -> RequestPlan:
        """The plan with every address short enough. A record is one request whatever is asked of it, so that a part
        too long asks for all its fields."""
        too_long = self._requests.too_long
        bare = (replace(part, bare=True) if too_long(part) else part for part in plan.keyed)
        stamp = self._entity.cursor
        listable = stamp and not any(stamp in (part.fields or ()) for part in plan.keyed)
        with_stamp = RequestPart(fields=(stamp,)) if stamp and listable else RequestPart()
        return replace(
            plan,
            listed=tuple(short for part in plan.listed for short in packed(part, too_long, with_stamp)),
            keyed=tuple(short for part in bare for short in packed(part, too_long)),
        )
