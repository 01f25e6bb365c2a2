"""Whether what was written is there. HTTP 200 is not enough: a role without the right to write is answered 200 and the
old values, a form without a key 200 and nothing saved, and the logic of a form may set other values (live notes).

    1  the PUT asks for all that it sends     its answer shows it, mostly                      no request more
    2  what the answer does not show          is read once, by key                             one request
    3  a new record                           is read back by key, until the stream is         one request, now and then
                                              trusted, see `Trust`: an answer that only
                                              echoes looks like one of a record that is saved
    4  an error in the answer                 is told, and the record read back
5  field by field                         what was sent is compared with what is there

Differences are told and decide nothing, unless the user wants such records rejected. A record that is not there is
rejected always. Trouble in looking is no trouble of the record, which was written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from acumatica_client.errors import AcumaticaError, FieldError
from acumatica_client.rest.query import Query
from acumatica_client.schema.model import EntitySchema, EntityShape
from destination_acumatica.config.stream_settings import Verify as Verify
from destination_acumatica.payload.comparison import NEW_NUMBER, names_a_record
from destination_acumatica.reconcile.answer_comparison import Comparer, errors_in, shows
from destination_acumatica.reconcile.update_diff import LineRules
from destination_acumatica.write.outcome import Difference, Rejected, Written
from destination_acumatica.write.record_read import custom_paths, nested_paths

Payload = Mapping[str, object]
_PAUSES = (1.0, 5.0)  # seconds, before a record counts as not there
_MOST = 100  # differences of one record
_WHOLE = "the record"

ABSENT = (
    "Acumatica answered that the record was saved, and it is not there. The role of the user may lack the right to "
    "write on this form, or the form saves nothing through this endpoint; look for it before you send it again"
)
OTHERWISE = "Acumatica has another value than was sent: its form changed the value, or did not take it"
UNPROVEN = "it was written, but whether it is there as it was sent could not be seen"


@dataclass(frozen=True)
class Proof:
    """What was found out. `absent`: the record is not there. `trouble`: why nothing could be found out. `words`: the
    errors that the answer carried in spite of its 200; each is among the differences, too."""

    differences: tuple[Difference, ...] = ()
    words: tuple[FieldError, ...] = ()
    absent: bool = False
    trouble: str = ""


class Trust:
    """When a new record is read back: the first ones of a stream, then one in a hundred; all, where differences reject.

    Why so few: a form that saves nothing, and a role without rights, are the same for every record of a stream. Why
    any more: rights are bound when a session begins, and sessions are replaced in the middle of a sync.
    """

    first, then_every = 3, 100

    def __init__(self, verify: Verify) -> None:
        self._verify, self._seen, self._lock = verify, 0, threading.Lock()

    def asks(self) -> bool:
        """Whether to read this new record back."""
        if self._verify is not Verify.WARN:
            return self._verify is Verify.REJECT
        with self._lock:
            self._seen += 1
            return self._seen <= self.first or self._seen % self.then_every == 0


class Prover:
    """Proves the records of one stream. Safe for many threads.

    `read` looks a record up by key fields (or by `id` alone), with a query; None where there is none. `pause` waits
    some seconds.
    """

    def __init__(
        self,
        entity: EntitySchema,
        shapes: Mapping[str, EntityShape],
        read: Callable[[Mapping[str, str], Query], Payload | None],
        verify: Verify,
        rules: LineRules,
        *,
        pause: Callable[[float], object] = lambda seconds: None,
    ) -> None:
        self.entity, self._read, self.verify = entity, read, verify
        self._comparer = Comparer(shapes, rules)
        self._trust, self._pause = Trust(verify), pause
        self._custom = frozenset[str]()  # replaced, never changed: threads read it

    def question(self, sent: Payload) -> Query:
        """What the PUT of this payload should ask its answer to show. Without `$select`, an answer has the fields that
        were sent (guide), and nothing can be selected that this endpoint does not know.

        Hazard: a custom field that the form does not have fails the whole request, and whether a PUT is saved then is
        not known. So a PUT asks for those only that a read has shown before.
        """
        if self.verify is Verify.OFF:
            return Query()
        query = query_for(sent)
        return replace(query, custom=tuple(path for path in query.custom if path in self._custom))

    def prove(self, sent: Payload, answer: Payload, *, created: bool) -> Proof:
        """`sent` is all that was written, whatever portions it went in, `answer` the last answer. `created`: the record
        is new. Never raises an AcumaticaError."""
        if self.verify is Verify.OFF:
            return Proof()
        try:
            return self._proven(sent, answer, created)
        except AcumaticaError as error:
            return Proof(trouble=f"{UNPROVEN} ({error.message.rstrip('.')})")

    def _proven(self, sent: Payload, answer: Payload, created: bool) -> Proof:
        found, words = answer, tuple(errors_in(answer))
        if words or self._is_unnumbered(answer) or (created and self._trust.asks()) or not shows(answer, sent):
            key = self._key(answer)
            query = replace(query_for(sent), archived=True)
            there = self._find(key, query) if key else None
            if there is None:
                return self._not_found(key, answer)
            found = there
            self._custom = self._custom.union(query.custom)
        compared = {name: value for name, value in sent.items() if name not in self.entity.keys}
        every = self._comparer.record(compared, found, self.entity.shape, "", "")
        told = {one.path: Difference(one.path or _WHOLE, "", "") for one in words}
        told |= {one.path: one for one in every}
        return Proof(tuple(islice(told.values(), _MOST)), words)

    def _is_unnumbered(self, answer: Payload) -> bool:
        """Whether the number is one that is still to be given, although the record should be saved."""
        return any(_text(answer.get(name)).casefold() == NEW_NUMBER for name in self.entity.keys)

    def _find(self, key: Mapping[str, str], query: Query) -> Payload | None:
        """The record. UNVERIFIED: that an answer never comes before its record can be seen; so it is looked for again
        after a while, before anybody is told that it is not there."""
        for seconds in _PAUSES:
            there = self._read(key, query)
            if there is not None:
                return there
            self._pause(seconds)
        return self._read(key, query)

    def _not_found(self, key: Mapping[str, str], answer: Payload) -> Proof:
        """By its key, a record is found, or it is not there; likewise when its answer shows no number although it is
        numbered. An id proves nothing: those of records without a NoteID end with their session (guide)."""
        numbered = bool(self.entity.keys) and all(name in answer for name in self.entity.keys)
        if key and numbered:
            return Proof(absent=True)
        return Proof(trouble=f"{UNPROVEN} (Acumatica's answer has no key to find it by)")

    def _key(self, answer: Payload) -> dict[str, str]:
        """The business key as the answer shows it, else the id."""
        values = {name: _text(answer.get(name)) for name in self.entity.keys}
        if values and all(map(names_a_record, values.values())):
            return values
        return {"id": str(answer["id"])} if answer.get("id") else {}


def query_for(sent: Payload) -> Query:
    """A query whose answer shows all that a payload has."""
    return Query(expand=tuple(nested_paths(sent)), custom=tuple(custom_paths(sent)))


def judged(proof: Proof, written: Written, verify: Verify) -> Written | Rejected:
    """The outcome of a record that Acumatica accepted, in the light of its proof."""
    if proof.absent:
        return Rejected((FieldError("", ABSENT),))
    if verify is not Verify.REJECT:
        return replace(written, differences=proof.differences) if proof.differences else written
    told = {one.path or _WHOLE for one in proof.words}
    errors = proof.words + tuple(FieldError(one.path, OTHERWISE) for one in proof.differences if one.path not in told)
    errors += (FieldError("", proof.trouble),) if proof.trouble else ()
    return Rejected(errors, written.key) if errors else written


def _text(wrapped: object) -> str:
    value = wrapped.get("value") if isinstance(wrapped, Mapping) else None
    value = value.get("id") if isinstance(value, Mapping) else value
    return "" if value is None else str(value).strip()
