"""A payload on its way to a record, and back: conflicts waited out, the record that came back looked at. Decides only
whether it is the record that was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from acumatica_client.errors import FieldError, NotFound, PreconditionFailed, ServerFault
from destination_acumatica.comparison import decoded, differences, same_key
from destination_acumatica.endpoint import Endpoint
from destination_acumatica.lookup import field_text
from destination_acumatica.mapping import Document
from destination_acumatica.outcome import Kind, Written
from destination_acumatica.plan import WritePlan
from destination_acumatica.portions import Portion, portions, send_portions
from destination_acumatica.pruning import Unfit
from destination_acumatica.verdict import was_rolled_back

Payload = Mapping[str, object]
_encode = msgspec.json.Encoder(decimal_format="number").encode
_PAUSES = (1.0, 3.0, 10.0)  # seconds, between attempts at a record that another writer holds
INSERT_ONLY: Mapping[str, str] = {"If-None-Match": "*"}
UPDATE_ONLY: Mapping[str, str] = {"If-Match": "*"}

_RENUMBERED = (
    "Acumatica saved the record as {got} instead of {wanted}: it numbers these records itself, so it was added as a "
    "new one. Use append without this field, or switch on manual numbering"
)


@dataclass(frozen=True)
class Sender:
    """Sends the payloads of one plan. Safe for many threads; `pause` waits some seconds."""

    plan: WritePlan
    endpoint: Endpoint
    pause: Callable[[float], object]

    def insert(self, document: Document, payload: bytes, *, once: bool = False) -> Written:
        """Raises PreconditionFailed where the record exists, Unfit where Acumatica gave it another number, BrokeOff
        where a part of a long document was written."""

        def first(body: bytes) -> bytes:
            return self._put(document, body, INSERT_ONLY, once=once)

        answer = self._in_portions(payload, decoded(payload), first)
        return self._written(document, payload, answer, Kind.CREATED)

    def change(self, document: Document, body: Payload) -> Written:
        """Write a record that exists. Raises PreconditionFailed where it does not, BrokeOff."""
        payload = _encode(body)

        def first(part: bytes) -> bytes:
            if self.plan.entity.patch:
                return self._again_on_conflict(lambda: self._patched(part))
            return self._put(document, part, UPDATE_ONLY)

        answer = self._in_portions(payload, body, first)
        return self._written(document, payload, answer, Kind.UPDATED)

    def _in_portions(self, payload: bytes, body: object, first: Callable[[bytes], bytes]) -> bytes:
        """The last answer. What comes after the first portion is sent once: a repetition would add its lines again."""
        parts = portions(body) if isinstance(body, Mapping) else []
        if len(parts) < 2:
            return first(payload)

        def send(portion: Portion, part: Payload) -> bytes:
            if portion.first:
                return first(_encode(part))
            return self.endpoint.put(self.plan.entity.name, _encode(part), repeatable=False, once=True)

        return send_portions(parts, send, self._key_of)

    def _key_of(self, answer: bytes) -> Payload:
        """The members that find the record of an answer again."""
        record = decoded(answer)
        found = record if isinstance(record, Mapping) else {}
        names = [name for name in self.plan.entity.keys if name in found] or ["id"]
        return {name: found[name] for name in names if name in found}

    def _put(self, document: Document, payload: bytes, headers: Mapping[str, str], *, once: bool = False) -> bytes:
        repeatable = document.keyed or bool(document.id)
        entity, endpoint = self.plan.entity.name, self.endpoint
        if once:
            return endpoint.put(entity, payload, headers=headers, repeatable=False, once=True)
        return self._again_on_conflict(lambda: endpoint.put(entity, payload, headers=headers, repeatable=repeatable))

    def _patched(self, payload: bytes) -> bytes:
        """PATCH says with 404 that there is no such record; that the entity is there, the schema has told."""
        try:
            return self.endpoint.patch(self.plan.entity.name, payload)
        except NotFound as error:
            raise PreconditionFailed(error.message, status=404, detail=error.detail) from error

    def _again_on_conflict(self, send: Callable[[], bytes]) -> bytes:
        for pause in _PAUSES:
            try:
                return send()
            except ServerFault as error:
                if not was_rolled_back(error):
                    raise
            self.pause(pause)
        return send()

    def _written(self, document: Document, payload: bytes, answer: bytes, kind: Kind) -> Written:
        """Acumatica may number a document itself in spite of a key: then it is another record than the one meant, and
        every further sync would add one more. Only the number is looked at, the last part of a key: the parts before
        it are types, which may come back by their label."""
        keys = self.plan.entity.keys
        wanted, got = dict(zip(keys, document.key, strict=True)), {name: field_text(answer, name) for name in keys}
        number = "".join(keys[-1:])
        if wanted.get(number) and got.get(number) and not same_key(str(wanted[number]), str(got[number])):
            raise Unfit(FieldError(number, _RENUMBERED.format(wanted=wanted[number], got=got[number])))
        name = " ".join(got.get(key) or wanted.get(key) or "" for key in keys).strip()
        return Written(self._otherwise(payload, answer), kind, name)

    def _otherwise(self, payload: bytes, answer: bytes) -> tuple[str, ...]:
        """The fields that the answer shows with other values than were sent: the form has changed them, or, to a role
        that may not write, Acumatica answered 200 and the old values (live notes on 25 R2)."""
        try:
            sent, found = decoded(payload), decoded(answer)
        except msgspec.DecodeError:
            return ()
        if not isinstance(sent, Mapping) or not isinstance(found, Mapping):
            return ()
        fields = self.plan.entity.shape.fields
        shown = {n: v for n, v in sent.items() if n in fields and n in found and n not in self.plan.entity.keys}
        return tuple(differences(shown, found))
