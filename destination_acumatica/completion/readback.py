"""Read-back: check that what was written is there. HTTP 200 is not enough: a role without the right to write gets 200
and the old values, a form without a key 200 and nothing saved, and a form may set other values (live notes).

    1  the PUT asks for all that it sends     its answer shows it, mostly                      no request more
    2  what the answer does not show          is read once, by key                             one request
    3  a new record                           is read back by key: the first ones and           one request, sometimes
                                              samples, see `ReadbackSampler`: an answer that
                                              only echoes looks like one of a saved record
    4  an error in the answer                 is kept, and the record read back
5  field by field                         what was sent is compared with what is there

Differences are logged and decide nothing, unless the user wants such records rejected. A record that is not there is
always rejected. A failure to read back is no failure of the record, which was written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from acumatica_client.errors import AcumaticaError, FieldError, SettingsError
from acumatica_client.record.identity import NEW_NUMBER, plain_value
from acumatica_client.rest.backoff import Backoff
from acumatica_client.rest.query import Query
from acumatica_client.schema.model import EntitySchema, EntityShape
from destination_acumatica.completion.actions import record_reference
from destination_acumatica.config.stream_settings import LineRules, Verify
from destination_acumatica.erp.outcome import Rejected, Written, rejected
from destination_acumatica.erp.record_read import custom_paths, nested_paths
from destination_acumatica.erp.waits import Work, ask_until, at_once
from destination_acumatica.fields.comparison import Difference
from destination_acumatica.reconcile.answer_comparison import Comparer, errors_in, shows

Payload = Mapping[str, object]
_BACKOFF = Backoff(attempts=3, first=2.0)  # before a record counts as missing
_MOST = 100  # differences of one record
_WHOLE = "the record"

ABSENT = (
    "Acumatica answered that the record was saved, and it is not there. The role of the user may lack the right to "
    "write on this form, or the form saves nothing through this endpoint; look for it before you send it again"
)
UNNUMBERED = (
    "Acumatica saved the record under the key <NEW>, which stands for a number that is still to be given: the form "
    "does not number these records"
)
_UNNUMBERED_ADVICE = (
    "Give each record its {field}, or switch on automatic numbering for the form, and remove the record <NEW> in "
    "Acumatica: the next one would be refused, or written over it."
)
OTHERWISE = "Acumatica has another value than was sent: its form changed the value, or did not take it"
UNCHECKED = "it was written, but whether it is there as it was sent could not be seen"


@dataclass(frozen=True)
class ReadbackResult:
    """What was found. `absent`: the record is not there. `unnumbered`: the key field that was saved
    as `<NEW>`. `trouble`: why nothing could be checked. `words`: the errors
    that the answer carried in spite of its 200; each is among the differences, too."""

    differences: tuple[Difference, ...] = ()
    words: tuple[FieldError, ...] = ()
    absent: bool = False
    unnumbered: str = ""
    trouble: str = ""


class ReadbackSampler:
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


class Readback:
    """Checks the records of one stream. Safe for many threads.

    `read` gets a record by key fields (or by `id` alone), with a query; None where there is none.
    """

    def __init__(
        self,
        entity: EntitySchema,
        shapes: Mapping[str, EntityShape],
        read: Callable[[Mapping[str, str], Query], Payload | None],
        verify: Verify,
        rules: LineRules,
    ) -> None:
        self.entity, self._read, self.verify = entity, read, verify
        self._comparer = Comparer(shapes, rules)
        self._sampler = ReadbackSampler(verify)
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

    def check(self, sent: Payload, answer: Payload, *, created: bool) -> Work[ReadbackResult]:
        """`sent` is all that was written, whatever batches it went in, `answer` the last answer. `created`: the record
        is new. Never raises an AcumaticaError."""
        if self.verify is Verify.OFF and not (created and self._is_unnumbered(answer)):
            return ReadbackResult()
        try:
            return (yield from self._checked(sent, answer, created))
        except AcumaticaError as error:
            return ReadbackResult(trouble=f"{UNCHECKED} ({error.message.rstrip('.')})")

    def _checked(self, sent: Payload, answer: Payload, created: bool) -> Work[ReadbackResult]:
        found, words = answer, tuple(errors_in(answer))
        if words or self._is_unnumbered(answer) or (created and self._sampler.asks()) or not shows(answer, sent):
            key = record_reference(self.entity, answer)
            query = replace(query_for(sent), archived=True)
            there = (yield from self._find(key, query)) if key else None
            if there is None:
                return self._not_found(key, answer)
            found = there
            if created and self._is_unnumbered(there):
                return ReadbackResult(unnumbered=self.entity.keys[-1])
            self._custom = self._custom.union(query.custom)
        compared = {name: value for name, value in sent.items() if name not in self.entity.keys}
        every = self._comparer.record(compared, found, self.entity.shape, "", "")
        by_path = {one.path: Difference(one.path or _WHOLE, "", "") for one in words}
        by_path |= {one.path: one for one in every}
        return ReadbackResult(tuple(islice(by_path.values(), _MOST)), words)

    def _is_unnumbered(self, answer: Payload) -> bool:
        """Whether the number is one that is still to be given, although the record should be saved."""
        return any(str(plain_value(answer.get(name))).strip().casefold() == NEW_NUMBER for name in self.entity.keys)

    def _find(self, key: Mapping[str, str], query: Query) -> Work[Payload | None]:
        """The record. UNVERIFIED: that an answer never comes before its record can be seen; so it is read again after a
        while, before it counts as missing."""

        def read() -> Work[Payload | None]:
            return at_once(self._read(key, query))

        there = self._read(key, query)
        if there is not None:
            return there
        return (yield from ask_until(_BACKOFF.pauses(), read, "the record is not there yet"))

    def _not_found(self, key: Mapping[str, str], answer: Payload) -> ReadbackResult:
        """By its key, a record is found, or it is not there; likewise when its answer shows no number although it is
        numbered. An id proves nothing: those of records without a NoteID end with their session (guide)."""
        numbered = bool(self.entity.keys) and all(name in answer for name in self.entity.keys)
        if key and numbered:
            return ReadbackResult(absent=True)
        return ReadbackResult(trouble=f"{UNCHECKED} (Acumatica's answer has no key to find it by)")


def query_for(sent: Payload) -> Query:
    """A query whose answer shows all that a payload has."""
    return Query(expand=tuple(nested_paths(sent)), custom=tuple(custom_paths(sent)))


def outcome_of(result: ReadbackResult, written: Written, verify: Verify) -> Written | Rejected:
    """The outcome of a record that Acumatica accepted, after its read-back."""
    if result.absent:
        return rejected(ABSENT)
    if result.unnumbered:
        error = SettingsError(f"{UNNUMBERED}.", advice=_UNNUMBERED_ADVICE.format(field=result.unnumbered))
        return Rejected((FieldError(result.unnumbered, UNNUMBERED),), "<NEW>", error)
    if verify is not Verify.REJECT:
        return replace(written, differences=result.differences) if result.differences else written
    known = {one.path or _WHOLE for one in result.words}
    errors = result.words + tuple(
        FieldError(one.path, OTHERWISE) for one in result.differences if one.path not in known
    )
    errors += (FieldError("", result.trouble),) if result.trouble else ()
    return Rejected(errors, written.key) if errors else written
