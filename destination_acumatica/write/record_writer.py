"""One document to one outcome. The room that calls Acumatica while records flow; its parts stand beside it.

    insert, with key         PUT If-None-Match: *    there already: `existing` decides; the same as sent is unchanged
    insert, found by fields  search; PUT             see `adding`: never made twice
    insert, blind            PUT If-None-Match: *    neither key nor reference: sent once and never again
    update                   GET; PATCH or PUT If-Match: *     what is there as it was sent is not sent
    upsert                   either, the likelier first, see `stance`
    delete, soft delete      see `removing`

A record that exists is looked at before it is written: so its lines are not doubled, and nothing is sent that is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from acumatica_client.errors import AcumaticaError, FieldError, PreconditionFailed
from destination_acumatica.completion.finalizer import Finisher
from destination_acumatica.config.modes import Mode
from destination_acumatica.payload.comparison import with_key_of
from destination_acumatica.payload.document import Document, Mapper
from destination_acumatica.payload.record_mapper import Node
from destination_acumatica.payload.unfit import Unfit
from destination_acumatica.plan.lookups import look_up
from destination_acumatica.plan.write_plan import WritePlan
from destination_acumatica.reconcile.answer_comparison import Comparer
from destination_acumatica.reconcile.batching import BrokeOff
from destination_acumatica.reconcile.update import broke_off
from destination_acumatica.write import deleter
from destination_acumatica.write.endpoint import Endpoint
from destination_acumatica.write.error_classifier import is_unclear, refused, verdict
from destination_acumatica.write.insert_retry import Lost, add_once, look_again, outlast
from destination_acumatica.write.outcome import Kind, Outcome, Rejected, Skipped, Written
from destination_acumatica.write.record_loader import Seeker
from destination_acumatica.write.record_matcher import Matcher
from destination_acumatica.write.record_search import Finder
from destination_acumatica.write.sender import Sender
from destination_acumatica.write.upsert_order import Stance

Payload = Mapping[str, object]
# Texts that tell documents apart and no persons: messages go to logs.
_CODE = re.compile(
    r"(ID|CD|Nbr|Ref|Reference|Order|Number|Code|Type|Class|Period|Date|Account|Branch|Customer|Vendor|Warehouse|Module)$"
)
_SHOWN, _LONGEST = 4, 40  # fields of a record in a message, and characters of each

_DELETED = (
    "the source deleted this record, and nothing in the ERP is deleted unless the setting Records deleted in the "
    "source says so"
)
_MISSING = "there is no such record, and the stream only {does}"
_GONE = "the source deleted the record, and it is not in the ERP"
_OTHER_RECORD = "a record of this key exists already, with something else in {fields}, by which the record is found"
_DOES = {Mode.UPDATE: "updates", Mode.DELETE: "deletes", Mode.SOFT_DELETE: "puts records out of use"}


class RecordWriter:
    """Writes the documents of one plan. Safe for many threads; `pause` waits some seconds. A `rehearsal` writes to an
    endpoint that saves nothing."""

    def __init__(
        self,
        plan: WritePlan,
        mapper: Mapper,
        endpoint: Endpoint,
        finisher: Finisher,
        finder: Finder,
        *,
        pause: Callable[[float], object],
        rehearsal: bool = False,
    ) -> None:
        self.plan, self.mapper, self.endpoint, self._finder = plan, mapper, endpoint, finder
        self._pause, self._stance = pause, Stance()
        self._matcher = Matcher(plan, finder, rehearsal=rehearsal)
        self.look = Seeker(plan, mapper, endpoint, self._matcher).look
        self.sender = Sender(plan, mapper, endpoint, finisher, pause)

    def write(self, document: Document) -> Outcome:
        """Never raises an AcumaticaError: each is an outcome."""
        try:
            if document.errors:
                return Rejected(document.errors)
            filled = self.mapper.fill(document, lambda wanted: look_up(wanted, self._finder))
            return self._by_mode(filled)
        except Unfit as error:
            return Rejected(error.errors)
        except BrokeOff as error:
            findable = self._is_found_again(document)
            settled = self._outlast(document) if findable and is_unclear(error.error) else None
            return settled or broke_off(error, findable=findable)
        except Lost as error:
            return self._outlast(document) or verdict(error.error, repeatable=True, where="")
        except RecursionError:
            return _rejected("the record is nested too deeply")
        except AcumaticaError as error:
            return verdict(error, repeatable=self._is_found_again(document), where=self._where(document))

    def _is_found_again(self, document: Document) -> bool:
        """Whether the next attempt finds the record, and does not make a second one."""
        return document.keyed or document.matchable or self.plan.mode is not Mode.INSERT

    def missing(self, document: Document) -> Outcome:
        """What becomes of a record that is not there. One that the source deleted, too, is as it should be."""
        if document.deleted and not self.plan.mode.removes:
            return Skipped(_GONE)
        text = _MISSING.format(does=_DOES[self.plan.mode])
        return Skipped(text) if self.plan.missing == "ignore" else _rejected(text)

    def _by_mode(self, document: Document) -> Outcome:
        plan = self.plan
        if document.deleted and not plan.mode.removes:
            if plan.deletions == "reject":
                return _rejected(_DELETED)
            if plan.deletions == "ignore":
                return Skipped("the source deleted the record, and the settings say to leave such records alone")
            return (deleter.delete if plan.deletions == "delete" else deleter.soft_delete)(self, document)
        if plan.mode is Mode.DELETE:
            return deleter.delete(self, document)
        if plan.mode is Mode.SOFT_DELETE:
            return deleter.soft_delete(self, document)
        return self._insert(document) if plan.mode is Mode.INSERT else self._update_or_insert(document)

    def _insert(self, document: Document) -> Outcome:
        if self.plan.match and not document.matchable:
            return Rejected(self.mapper.missing_key(document))
        if document.matchable and (self.plan.match or not document.keyed):
            known = self._matcher.find(document)
            return self._add(document) if known is None else self._exists(document)
        if document.keyed and self.sender.finisher.only_now():
            return self._exists(document) if self.look(document)[1] is not None else self._add_by_key(document)
        try:
            return self.sender.insert(document)
        except PreconditionFailed as error:
            return self._exists(document) if document.keyed else refused(error)

    def _exists(self, document: Document) -> Outcome:
        """Ours from an attempt whose answer was lost, from a sync that was interrupted, or somebody else's: the values
        decide, since nothing else can tell."""
        if self.plan.existing == "ignore":
            return Skipped("the record exists already, and the stream only inserts")
        named, found = self.look(document)
        if found is None:
            return _rejected("the record exists already")
        wrong = self._wrong(named, found)
        if wrong:
            return _rejected(_exists_already(wrong))
        return self.sender.finished(named, Written(kind=Kind.UNCHANGED, key=_name(named)), {}, found)

    def _add(self, document: Document) -> Outcome:
        """Insert what a search did not find."""

        def look() -> Outcome | None:
            known = self._matcher.find(document, fresh=True)
            if known is None:
                return None
            written, sent = Written(kind=Kind.CREATED, key=known.name()), self.mapper.as_sent(document)
            return self.sender.finished(document, written, sent, known.record)

        def insert() -> Outcome:
            try:
                return self.sender.insert(document, once=not document.keyed)
            except PreconditionFailed:  # ours, if a repetition of the client met it; else another record of this key
                return look() or _rejected(_OTHER_RECORD.format(fields=" and ".join(self.plan.found_by)))

        with self.sender.told_in_doubt():
            return self._matcher.insert(document, lambda: add_once(insert, look, self._pause))

    def _add_by_key(self, document: Document) -> Outcome:
        """Insert what a look did not find: what a later look finds is ours then, and has its actions still to come."""

        def look() -> Outcome | None:
            named, found = self.look(document)
            written, sent = Written(kind=Kind.CREATED, key=_name(named)), self.mapper.as_sent(document)
            return None if found is None else self.sender.finished(document, written, sent, found)

        try:
            with self.sender.told_in_doubt():
                return add_once(lambda: self.sender.insert(document, once=True), look, self._pause)
        except PreconditionFailed:  # somebody else was quicker
            return self._exists(document)

    def _update_or_insert(self, document: Document) -> Outcome:
        missing = self.mapper.missing_key(document)
        if missing:
            return Rejected(missing)
        one_by_one = bool(self.plan.match or self.sender.finisher.only_now())
        if self.plan.mode is Mode.UPSERT and not one_by_one:
            return self._upsert(document)
        outcome = self._update_if_there(document)
        if outcome is not None:
            return outcome
        if self.plan.mode is Mode.UPSERT and not self.plan.match:
            return self._add_by_key(document)
        return self._add(document) if self.plan.mode is Mode.UPSERT else self.missing(document)

    def _upsert(self, document: Document) -> Outcome:
        """By key. Both halves are safe to repeat, so the likelier one goes first."""
        halves, refusal = (self._insert_if_new, self._update_if_there), None
        for half in halves if self._stance.expects_new else (*reversed(halves), self._update_if_there):
            outcome = half(document)
            if isinstance(outcome, PreconditionFailed):
                refusal = outcome
            elif outcome is not None:
                (self._stance.saw_new if half == self._insert_if_new else self._stance.saw_known)()
                return outcome
        return refused(refusal) if refusal else _rejected("the record exists, but it cannot be found")

    def _insert_if_new(self, document: Document) -> Outcome | PreconditionFailed:
        """The refusal where the record exists."""
        try:
            return self.sender.insert(document)
        except PreconditionFailed as error:
            return error

    def _update_if_there(self, document: Document) -> Outcome | None:
        """None where the record does not exist. Ids of lines may be good for one session only, so it is one."""
        if not self.mapper.lines(document):
            return self._look_and_change(document)
        in_one = self.endpoint.in_one_session
        return look_again(lambda: in_one(lambda: self._look_and_change(document)), self._pause)

    def _look_and_change(self, document: Document) -> Outcome | None:
        named, found = self.look(document)
        if found is None:
            return None
        try:
            return self.sender.update(named, found)
        except PreconditionFailed:
            if self.look(document)[1] is not None:
                raise
            return None  # it went between the look and the write
        except AcumaticaError as error:
            if not self.mapper.lines(document) or not is_unclear(error):
                raise
            raise Lost(error) from error

    def _outlast(self, document: Document) -> Outcome | None:
        """The outcome of lines whose answer was lost, once they are there; they would be added twice otherwise, by the
        queue and by the next attempt."""

        def look() -> Outcome | None:
            named, found = self.look(document)
            if found is None or self._wrong(named, found):
                return None
            return self.sender.finished(named, Written(kind=Kind.UPDATED, key=_name(named)), {}, found)

        return outlast(look, self._pause)

    def _wrong(self, document: Document, found: Payload) -> list[str]:
        """The places where a record is not as the document wants it."""
        sent = with_key_of(found, self.mapper.as_sent(document), self.plan.entity.keys)
        every = Comparer(self.plan.shapes, self.plan.lines).record(sent, found, self.plan.entity.shape, "", "")
        return [one.path for one in every]

    def _where(self, document: Document) -> str:
        """How a person finds a document without a key: by some of what was sent of it; never by anybody's name."""
        shown = [f"{name} {text}" for name, node in document.tree.items() if (text := _shown(name, node))]
        entity = self.plan.entity.name
        return f"{entity} with {', '.join(shown[:_SHOWN])}" if shown else f"the newest {entity}"


def _rejected(text: str) -> Rejected:
    return Rejected((FieldError("", text),))


def _exists_already(wrong: Sequence[str]) -> str:
    places = ", ".join(place for place in wrong[:_SHOWN] if place)
    return f"the record exists already{f' with other values in {places}' if places else ''}"


def _name(document: Document) -> str:
    return " ".join(document.full_key()) or document.id


def _shown(name: str, node: Node) -> str:
    if not isinstance(node, msgspec.Raw):
        return ""
    text = bytes(node).decode()
    if text.startswith('"') and not _CODE.search(name):
        return ""
    return "" if text.startswith(("{", "[")) or text == "null" else text[:_LONGEST]
