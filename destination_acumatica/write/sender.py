"""Send a document into a record, whole or in batches, wait out conflicts, and check which record was saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto

from acumatica_client.errors import (
    AcumaticaError,
    FieldError,
    NotFound,
    PreconditionFailed,
    ServerFault,
    SettingsError,
)
from acumatica_client.rest.backoff import Backoff
from acumatica_client.rest.query import Query
from destination_acumatica.completion.finalizer import Finalizer
from destination_acumatica.erp.endpoint import WriteEndpoint
from destination_acumatica.erp.error_classifier import is_unclear, was_rolled_back
from destination_acumatica.erp.outcome import Kind, Outcome, Rejected, Written
from destination_acumatica.erp.record_search import field_text_at
from destination_acumatica.erp.waits import Work
from destination_acumatica.fields.comparison import names_a_record, same_key
from destination_acumatica.payload.document import Document, Mapper
from destination_acumatica.payload.payload import Payload, UnmappableRecord
from destination_acumatica.payload.platform_changes import without_truncated
from destination_acumatica.plan.write_plan import WritePlan
from destination_acumatica.reconcile.update import Send, bring_up_to_date, send_in_batches
from destination_acumatica.write.insert_retry import retry_harmless, wait_out_load

_CONFLICTS = Backoff(attempts=4, first=2.0)  # between attempts at a record that another writer has locked
_INSERT_ONLY: Mapping[str, str] = {"If-None-Match": "*"}
_UPDATE_ONLY: Mapping[str, str] = {"If-Match": "*"}
Record = Mapping[str, object]

_RENUMBERED = (
    "Acumatica added the record as {got} instead of {wanted}: it numbers these records itself, so it finds none by a "
    "number of yours"
)
_RENUMBERED_ADVICE = (
    "Use append without the field {number} and name a Reference, or match the records by another field, or switch on "
    "manual numbering in Acumatica. The record {got} is in Acumatica now."
)
_UNCLEAR = (
    "{words}: the record may or may not have been saved, and what goes with it was not run: {actions}. Look at the "
    "record in Acumatica"
)


class _Repeated(Enum):
    """Who sends a request again after a lost answer. The client does it on its worker; we park the record meanwhile.

    What was declined, and what meets an overloaded server, always keeps its worker: to go on with other records would
    only add to the load.
    """

    BY_NONE = auto()
    BY_CLIENT = auto()
    BY_US = auto()


@dataclass(frozen=True)
class Sender:
    """Sends the documents of one plan. Safe for many threads; `pause` waits some seconds."""

    plan: WritePlan
    mapper: Mapper
    endpoint: WriteEndpoint
    finalizer: Finalizer
    pause: Callable[[float], object]

    def insert(self, document: Document, *, once: bool = False) -> Work[Outcome]:
        """Raises PreconditionFailed where the record exists, BatchFailed where a part of a long one was written.

        `once`: the caller repeats it, after a look. What a key finds again is repeated here.
        """
        if once or not document.keyed:
            return (yield from self._insert(document, _Repeated.BY_NONE if once else _Repeated.BY_CLIENT))
        return (yield from retry_harmless(lambda: self._insert(document, _Repeated.BY_US)))

    def _insert(self, document: Document, repeated: _Repeated) -> Work[Outcome]:
        sent = self.mapper.payload(document)
        answer = send_in_batches(
            sent,
            self._insert_first(repeated),
            entity=self.plan.entity,
            question=self.finalizer.question,
            repeatable=document.keyed,
        )
        numbered = self._numbered_otherwise(document, answer)
        if numbered is not None:
            return numbered
        written = Written(kind=Kind.CREATED, key=self._name(document, answer))
        return (yield from self.finish(document, written, sent, answer))

    def update(self, document: Document, found: Record, *, once: bool = False) -> Work[Outcome]:
        """Bring a record that was found up to date. Raises PreconditionFailed where it is gone, BatchFailed.

        `once`: the caller repeats it, and reads the record again before.
        """
        payload = without_truncated(self.mapper.payload(document, with_ids=True), found, document.truncated)
        with self.unclear_is_rejected():
            updated = bring_up_to_date(
                payload,
                found,
                self._update(once),
                entity=self.plan.entity,
                shapes=self.plan.shapes,
                rules=self.plan.lines,
                question=self.finalizer.question,
            )
        if updated.problems:
            return Rejected(updated.problems)
        written = Written(kind=updated.kind, key=self._name(document, updated.answer))
        return (yield from self.finish(document, written, updated.sent, updated.answer))

    def _update(self, once: bool) -> Send:
        put = self._patch if self.plan.entity.patch else self._put_existing
        harmless = _Repeated.BY_US if once else _Repeated.BY_CLIENT

        def send(body: Payload, query: Query, repeatable: bool) -> bytes:
            return put(body, query, harmless if repeatable else _Repeated.BY_NONE)

        return send

    @contextmanager
    def unclear_is_rejected(self) -> Iterator[None]:
        """A write whose end is unclear rejects the record, where the next attempt would find the record as it is to be
        and leave its actions out. Raises UnmappableRecord then."""
        try:
            yield
        except AcumaticaError as error:
            left = self.finalizer.first_write_only()
            if not left or not is_unclear(error):
                raise
            words = _UNCLEAR.format(words=error.message.rstrip("."), actions=", ".join(left))
            raise UnmappableRecord(FieldError("", words)) from error

    def finish(self, document: Document, written: Written, sent: Record, answer: Record) -> Work[Outcome]:
        """The outcome, once everything behind the write is done."""
        findable = document.keyed or document.matchable or bool(document.id)
        return (yield from self.finalizer.finish(written, sent, answer, document.columns, findable=findable))

    def _insert_first(self, repeated: _Repeated) -> Send:
        """The first request makes the record, those behind it find it by its key, and never make another one."""
        begun: list[bool] = []

        def send(body: Payload, query: Query, repeatable: bool) -> bytes:
            headers = _UPDATE_ONLY if begun else _INSERT_ONLY
            answer = self._put(body, query, headers, _Repeated.BY_NONE if begun else repeated, repeatable=repeatable)
            begun.append(True)
            return answer

        return send

    def _put_existing(self, body: Payload, query: Query, repeated: _Repeated) -> bytes:
        return self._put(body, query, _UPDATE_ONLY, repeated, repeatable=True)

    def _put(
        self, body: Payload, query: Query, headers: Mapping[str, str], repeated: _Repeated, *, repeatable: bool
    ) -> bytes:
        by_client, once = repeated is _Repeated.BY_CLIENT, repeated is _Repeated.BY_NONE

        def send() -> bytes:
            return self.endpoint.put(
                self.plan.entity.name,
                body.encode(),
                query,
                headers=headers,
                repeatable=repeatable and by_client,
                once=once,
            )

        return send() if once else self._retry(send, by_client=by_client)

    def _patch(self, body: Payload, query: Query, repeated: _Repeated) -> bytes:
        """PATCH says with 404 that there is no such record; that the entity exists is known from the schema."""
        by_client, once = repeated is _Repeated.BY_CLIENT, repeated is _Repeated.BY_NONE

        def send() -> bytes:
            return self.endpoint.patch(self.plan.entity.name, body.encode(), query, repeatable=by_client, once=once)

        try:
            return send() if once else self._retry(send, by_client=by_client)
        except NotFound as error:
            raise PreconditionFailed(error.message, status=404, detail=error.detail) from error

    def _retry(self, send: Callable[[], bytes], *, by_client: bool) -> bytes:
        return self._retry_on_conflict(send if by_client else lambda: wait_out_load(send, self.pause))

    def _retry_on_conflict(self, send: Callable[[], bytes]) -> bytes:
        for pause in _CONFLICTS.pauses():
            try:
                return send()
            except ServerFault as error:
                if not was_rolled_back(error):
                    raise
            self.pause(pause)
        return send()

    def _numbered_otherwise(self, document: Document, answer: Record) -> Rejected | None:
        """The rejection of a record that Acumatica added under a number of its own; None for any other.

        Acumatica may number a document itself in spite of a key: then it is another record than the one meant, and
        every further one, in this sync and the next, would be added as well. That is a property of the form, so the
        sync ends. Only the number is compared, the last part of a key: the parts before it are types, which may come
        back by their label.
        """
        number = "".join(self.plan.entity.keys[-1:])
        wanted = document.key[-1] if document.key else None
        got = field_text_at(answer, number) if number else None
        if wanted is None or got is None or not names_a_record(got) or same_key(wanted, got):
            return None
        words = _RENUMBERED.format(got=got, wanted=wanted)
        advice = _RENUMBERED_ADVICE.format(number=number, got=got)
        return Rejected(
            (FieldError(number, words),), self._name(document, answer), SettingsError(f"{words}.", advice=advice)
        )

    def _name(self, document: Document, answer: Record) -> str:
        """What Acumatica calls the record."""
        keys = self.plan.entity.keys
        wanted, shown = dict(zip(keys, document.key, strict=True)), {name: field_text_at(answer, name) for name in keys}
        got = {name: text for name, text in shown.items() if names_a_record(text)}
        return " ".join(got.get(key) or wanted.get(key) or "" for key in keys).strip() or document.id
