"""Updates and upserts: a record that exists is read first, so that no line is doubled and only changes are sent.

update                   GET; PATCH or PUT If-Match: *     what is there as it was sent is not sent
upsert by key            either that or an insert, the likelier first
upsert by fields         search; update or insert
"""

from __future__ import annotations

from dataclasses import dataclass, field

from acumatica_client.errors import AcumaticaError, PreconditionFailed
from destination_acumatica.erp.error_classifier import is_lost, refused
from destination_acumatica.erp.outcome import Outcome, Rejected, rejected
from destination_acumatica.erp.waits import Work, advance, proceed
from destination_acumatica.payload.document import Document
from destination_acumatica.write.insert_retry import LinesLost, retry_declined, retry_harmless
from destination_acumatica.write.inserter import Inserter
from destination_acumatica.write.strategy import StreamAccess

_CERTAIN = 4


class UpsertOrder:
    """Whether the next record of a stream is likelier new or known, by the last outcomes.

        likelier new     insert it, guarded; where it exists after all, read it       one request for a new record
        likelier known   read it; insert it where it does not exist                   one request for an unchanged one

    Either order is right for every record; only the number of requests differs. Threads may race: the worst is a
    request that could have been spared.
    """

    def __init__(self) -> None:
        self._known = 0

    @property
    def expects_new(self) -> bool:
        return self._known <= 0

    def saw_new(self) -> None:
        self._known = max(-_CERTAIN, self._known - 1)

    def saw_known(self) -> None:
        self._known = min(_CERTAIN, max(0, self._known) + 1)


@dataclass(frozen=True)
class Updater:
    """Brings a record that may exist up to date."""

    access: StreamAccess

    def update_if_there(self, document: Document) -> Work[Outcome | None]:
        """None where the record does not exist. Ids of lines may be good for one session only, so it is one."""
        if not self.access.mapper.lines(document):
            if self.access.sender.finalizer.first_write_only():  # they would be left out once the record is as wanted
                return (yield from self._load_and_update(document))
            return (yield from retry_harmless(lambda: self._load_and_update(document, once=True)))

        def in_one_session() -> Work[Outcome | None]:
            return (
                yield from proceed(
                    self.access.endpoint.in_one_session(lambda: advance(self._load_and_update(document)))
                )
            )

        return (yield from retry_declined(in_one_session))

    def _load_and_update(self, document: Document, *, once: bool = False) -> Work[Outcome | None]:
        access = self.access
        named, found = access.loader.load(document)
        if found is None:
            return None
        try:
            return (yield from access.sender.update(named, found, once=once))
        except PreconditionFailed:
            if access.loader.load(document)[1] is not None:
                raise
            return None  # it went between the read and the write
        except AcumaticaError as error:
            if not access.mapper.lines(document) or not is_lost(error):
                raise
            raise LinesLost(error) from error


@dataclass(frozen=True)
class UpdateStrategy:
    """Changes records that exist, and makes none."""

    access: StreamAccess
    updater: Updater

    def write(self, document: Document) -> Work[Outcome]:
        missing = self.access.mapper.missing_key(document)
        if missing:
            return Rejected(missing)
        outcome = yield from self.updater.update_if_there(document)
        return outcome or self.access.missing(document)


@dataclass(frozen=True)
class UpsertStrategy:
    """Changes records that exist, and makes those that do not."""

    access: StreamAccess
    updater: Updater
    inserter: Inserter
    order: UpsertOrder = field(default_factory=UpsertOrder)

    def write(self, document: Document) -> Work[Outcome]:
        access = self.access
        missing = access.mapper.missing_key(document)
        if missing:
            return Rejected(missing)
        if not access.plan.match and not access.sender.finalizer.first_write_only():
            return (yield from self._upsert(document))
        outcome = yield from self.updater.update_if_there(document)
        if outcome is not None:
            return outcome
        insert = self.inserter.insert_unmatched if access.plan.match else self.inserter.insert_by_key
        return (yield from insert(document))

    def _upsert(self, document: Document) -> Work[Outcome]:
        """By key. Both halves are safe to repeat, so the likelier one goes first."""
        refusal = None
        halves = ("insert", "update") if self.order.expects_new else ("update", "insert", "update")
        for half in halves:
            if half == "update":
                outcome = yield from self.updater.update_if_there(document)
                if outcome is not None:
                    self.order.saw_known()
                    return outcome
                continue
            try:
                outcome = yield from self.access.sender.insert(document)
            except PreconditionFailed as error:
                refusal = error
            else:
                self.order.saw_new()
                return outcome
        return refused(refusal) if refusal else rejected("the record exists, but it cannot be found")
