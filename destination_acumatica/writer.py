"""One document to one outcome. The only room of the destination that calls Acumatica while records flow.

    insert, with key      PUT If-None-Match: *      there already: look it up; the same is written, else rejected
    insert, without key   PUT If-None-Match: *      sent once and never again
    upsert                PUT                       may be repeated: the key finds the same record
    upsert, with lines    PUT If-None-Match: *      there already: look at its lines, then PUT what cannot double them

Lines without ids are appended by every PUT. So an upsert with lines begins as an insert, which is safe to repeat; on a
record that exists the lines go along only by ids that it has, are left out when they are there already, and are
rejected otherwise. Running one sync twice so adds no line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from acumatica_client.errors import AcumaticaError, FieldError, PreconditionFailed, ServerFault
from destination_acumatica.comparison import decoded, differences, same_key
from destination_acumatica.endpoint import Endpoint
from destination_acumatica.lines import sort_lines
from destination_acumatica.lookup import field_text, find_record, nested_paths
from destination_acumatica.mapping import Document, Mapper, Unfit
from destination_acumatica.outcome import Outcome, Rejected, Written
from destination_acumatica.plan import Mode, WritePlan
from destination_acumatica.verdict import refused, verdict, was_rolled_back

_INSERT_ONLY: Mapping[str, str] = {"If-None-Match": "*"}
_PAUSES = (1.0, 3.0, 10.0)  # seconds, between attempts at a record that another writer holds
_SHOWN, _LONGEST = 4, 40  # fields of a record in a message, and characters of each

_DELETED = "the source deleted this record, and this destination deletes nothing in the ERP"
_OTHER_LINES = (
    "the record exists with other lines. Lines without the ids of its own lines would be added to them, so nothing "
    "was written"
)
_RENUMBERED = (
    "Acumatica saved the record as {got} instead of {wanted}: it numbers these records itself, so it was added as a "
    "new one. Use append without this field, or switch on manual numbering"
)


class RecordWriter:
    """Writes the documents of one plan. Safe for many threads; `pause` waits some seconds."""

    def __init__(
        self, plan: WritePlan, mapper: Mapper, endpoint: Endpoint, *, pause: Callable[[float], object]
    ) -> None:
        self._plan, self._mapper, self._endpoint, self._pause = plan, mapper, endpoint, pause
        self._entity = plan.entity.name

    def write(self, document: Document) -> Outcome:
        """Never raises an AcumaticaError: each is an outcome."""
        try:
            if document.deleted:
                return _rejected(_DELETED)
            if self._plan.mode is Mode.INSERT:
                return self._insert(document)
            missing = self._mapper.missing_key(document)
            return Rejected(missing) if missing else self._upsert(document)
        except Unfit as error:
            return Rejected(error.errors)
        except RecursionError:
            return _rejected("the record is nested too deeply")
        except AcumaticaError as error:
            return verdict(error, repeatable=document.keyed, where=self._where(document))

    def _insert(self, document: Document) -> Outcome:
        payload = self._mapper.payload(document)
        try:
            return self._put(document, payload, insert_only=True)
        except PreconditionFailed as error:
            if not document.keyed:
                return refused(error)
            # Ours from an attempt whose answer was lost, from a sync that was interrupted, or somebody else's: the
            # values decide, since nothing else can tell.
            found = self._find(document, payload)
            wrong = list(differences(decoded(payload), found)) if found is not None else [""]
            return Written() if not wrong else Rejected((_exists_already(wrong),))

    def _upsert(self, document: Document) -> Outcome:
        if not self._mapper.lines(document):
            return self._put(document, self._mapper.payload(document), insert_only=False)
        payload = self._mapper.payload(document)
        try:
            return self._put(document, payload, insert_only=True)
        except PreconditionFailed as error:
            found = self._find(document, payload)
            return refused(error) if found is None else self._merge(document, decoded(payload), found)

    def _merge(self, document: Document, sent: object, found: Mapping[str, object]) -> Outcome:
        """Update a record that exists, in a way that adds no line to it."""
        lines = sort_lines(self._mapper.lines(document), sent, found)
        if lines.unknown:
            return Rejected(tuple(FieldError(name, _OTHER_LINES) for name in lines.unknown))
        body = self._mapper.payload(document, without=lines.there, with_ids=lines.by_id)
        return self._put(document, body, insert_only=False)

    def _put(self, document: Document, payload: bytes, *, insert_only: bool) -> Outcome:
        for pause in _PAUSES:
            try:
                return self._put_once(document, payload, insert_only=insert_only)
            except ServerFault as error:
                if not was_rolled_back(error):
                    raise
            self._pause(pause)
        return self._put_once(document, payload, insert_only=insert_only)

    def _put_once(self, document: Document, payload: bytes, *, insert_only: bool) -> Outcome:
        headers = _INSERT_ONLY if insert_only else {}
        answer = self._endpoint.put(self._entity, payload, headers=headers, repeatable=document.keyed)
        return self._landed(document, payload, answer)

    def _landed(self, document: Document, payload: bytes, answer: bytes) -> Outcome:
        """Acumatica may number a document itself in spite of a key: then it is another record than the one meant, and
        every further sync would add one more. Only the number is looked at, the last part of a key: the parts before
        it are types, which may come back by their label."""
        number = "".join(self._plan.entity.keys[-1:])
        wanted, got = self._key(document).get(number), field_text(answer, number)
        if wanted is None or got is None or same_key(wanted, got):
            return Written(self._otherwise(payload, answer))
        return Rejected((FieldError(number, _RENUMBERED.format(wanted=wanted, got=got)),))

    def _otherwise(self, payload: bytes, answer: bytes) -> tuple[str, ...]:
        """The fields that the answer shows with other values than were sent: the form has changed them, or, to a role
        that may not write, Acumatica answered 200 and the old values (live notes on 25 R2)."""
        try:
            sent, found = decoded(payload), decoded(answer)
        except msgspec.DecodeError:
            return ()
        if not isinstance(sent, Mapping) or not isinstance(found, Mapping):
            return ()
        fields = self._plan.entity.shape.fields
        shown = {n: v for n, v in sent.items() if n in fields and n in found and n not in self._plan.entity.keys}
        return tuple(differences(shown, found))

    def _find(self, document: Document, payload: bytes) -> Mapping[str, object] | None:
        """The record of this key with the nested members of the payload, None where there is none."""
        expand = nested_paths(decoded(payload))
        return find_record(self._endpoint, self._entity, self._key(document), expand=expand)

    def _key(self, document: Document) -> dict[str, str]:
        pairs = zip(self._plan.entity.keys, document.key, strict=True)
        return {name: part for name, part in pairs if part is not None}

    def _where(self, document: Document) -> str:
        """How a person finds a document without a key: by some of what was sent of it."""
        shown = [f"{name} {text}" for name, raw in document.members.items() if (text := _shown(raw))]
        return f"{self._entity} with {', '.join(shown[:_SHOWN])}" if shown else f"the newest {self._entity}"


def _rejected(text: str) -> Rejected:
    return Rejected((FieldError("", text),))


def _exists_already(wrong: Sequence[str]) -> FieldError:
    places = ", ".join(place for place in wrong[:_SHOWN] if place)
    return FieldError("", f"the record exists already{f' with other values in {places}' if places else ''}")


def _shown(raw: msgspec.Raw) -> str:
    text = bytes(raw).decode()
    return "" if text.startswith(("{", "[")) or text == "null" else text[:_LONGEST]
