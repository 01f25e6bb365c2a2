"""A record of the ERP brought up to date with a document: compared, merged, sent in batches. The caller reads and
sends, and keeps both in one session (`Endpoint.in_one_session`).

    found = as the ERP has it, nested members expanded          sent = the whole payload of the document
        merge(sent, found) --> nothing to change     unchanged, no request more
                           --> problems              nothing is written
                           --> body --> batches --> send, send, ...

A body that adds lines is sent once: its repetition would add them again. After an answer that was lost, the next
attempt reads the record and sees which lines are there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from acumatica_client.errors import FieldError, Unexpected
from acumatica_client.record.identity import record_identity
from acumatica_client.rest.query import Query
from acumatica_client.schema.model import EntitySchema, EntityShape
from destination_acumatica.config.stream_settings import LineRules
from destination_acumatica.erp.error_classifier import classify
from destination_acumatica.erp.outcome import Failed, Kind, Outcome, Rejected
from destination_acumatica.fields.comparison import with_key_of
from destination_acumatica.fields.json_values import decoded
from destination_acumatica.payload.payload import Payload
from destination_acumatica.reconcile.batching import BATCH_SIZE, Batch, BatchFailed, send_batches, split_batches
from destination_acumatica.reconcile.update_diff import merge

Members = Mapping[str, object]
Send = Callable[[Payload, Query, bool], bytes]  # body, what its answer should show, whether it may be repeated
_NO_RECORD = "Acumatica's answer is no record."


@dataclass(frozen=True)
class Updated:
    """What was done. `sent` is the part that was written, `answer` the last answer, or the record as it was found; it
    always has the key and the id that were found, and nothing else of before the write."""

    kind: Kind
    answer: Members
    sent: Members = field(default_factory=dict)
    problems: tuple[FieldError, ...] = ()


def bring_up_to_date(
    sent: Members,
    found: Members,
    send: Send,
    *,
    entity: EntitySchema,
    shapes: Mapping[str, EntityShape],
    rules: LineRules,
    question: Callable[[Members], Query],
) -> Updated:
    """Make the record as the document wants it. `question` says what an answer must show (`Readback.question`).

    Raises what `send` raises for the first batch, BatchFailed for any other.
    """
    merged = merge(with_key_of(found, sent, entity.keys), found, entity.shape, shapes, rules)
    if merged.body is None:
        return Updated(Kind.UNCHANGED, found, problems=merged.problems)
    body = _named(merged.body, found, entity)
    repeatable = not (merged.added or merged.deleted)  # what an unknown id does to a line is not known
    answer = send_in_batches(body, send, entity=entity, question=question, repeatable=repeatable)
    names = ("id", *entity.keys)
    known = {name: found[name] for name in names if name in found}
    return Updated(Kind.UPDATED, {**known, **answer}, body)


def send_in_batches(
    body: Members,
    send: Send,
    *,
    entity: EntitySchema,
    question: Callable[[Members], Query],
    repeatable: bool,
    size: int = BATCH_SIZE,
) -> Members:
    """Send a payload, whole or in batches; the last answer, which shows all of the record.

    `repeatable` holds for the first batch: those behind it add lines. Raises as `bring_up_to_date`, and Unexpected
    where the answer is no record.
    """
    parts = split_batches(body, size=size)

    def send_one(batch: Batch, payload: Members) -> bytes:
        query = question(body) if batch.last else Query()
        return send(Payload(dict(payload)), query, repeatable and batch.first)

    return _record(send_batches(parts, send_one, lambda answer: _identity(_record(answer), entity)))


def batch_outcome(error: BatchFailed, *, findable: bool) -> Outcome:
    """The outcome of a document that is there in part. `findable`: the next attempt finds it, by a key or a reference,
    and goes on behind what is there; else it would make a second one, and a person has to look."""
    outcome = classify(error.error, repeatable=findable, where="")
    if not findable or not isinstance(outcome, Failed):
        return Rejected(error.field_errors())
    message = f"{outcome.error.message.rstrip('.')}: {error.progress()}."
    return Failed(outcome.error.replace(message=message))


def _named(body: Members, found: Members, entity: EntitySchema) -> Members:
    """The body finds its record by the key that the record has, else by its id."""
    return {**_identity(found, entity), **body}


def _identity(record: Members, entity: EntitySchema) -> Members:
    """What identifies a record, as a payload has it."""
    identity = record_identity(record, entity.keys)
    return identity if "id" in identity else {name: {"value": value} for name, value in identity.items()}


def _record(answer: bytes) -> Members:
    """Raises Unexpected for an answer that is no record: then it is unclear what was saved."""
    try:
        found = decoded(answer)
    except msgspec.DecodeError as error:
        raise Unexpected(_NO_RECORD, detail=str(error)) from error
    if not isinstance(found, Mapping):
        raise Unexpected(_NO_RECORD)
    return found
