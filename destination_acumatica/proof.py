"""Whether what was written is there. HTTP 200 is not enough: a role without the right to write is answered 200 and the
old values, a form without a key 200 and nothing saved, and the logic of a form may set other values (live notes).

    1  the PUT asks for all that it sends     its answer shows it, mostly                      no request more
    2  what the answer does not show          is read once, by key                             one request
    3  a new record                           is read back by key, until the stream is         one request, now and then
                                              trusted, see `Trust`: an answer that only
                                              echoes looks like one of a record that is saved
    4  field by field                         what was sent is compared with what is there

Differences are told and decide nothing, unless the user wants such records rejected. A record that is not there is
rejected always. Trouble in looking is no trouble of the record, which was written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice

from acumatica_client.errors import AcumaticaError, FieldError
from acumatica_client.query import Query
from acumatica_client.schema import EntitySchema, EntityShape
from destination_acumatica.comparison import compare
from destination_acumatica.line_matching import line_key, match_lines
from destination_acumatica.lookup import custom_paths, nested_paths
from destination_acumatica.merging import LineRules
from destination_acumatica.outcome import Difference, Rejected, Written

Payload = Mapping[str, object]
_MOST = 100  # differences of one record
_NEW_NUMBER = "<new>"  # what Acumatica shows as the number of a document that has none yet

ABSENT = (
    "Acumatica answered that the record was saved, and it is not there. The role of the user may lack the right to "
    "write on this form, or the form saves nothing through this endpoint"
)
OTHERWISE = "Acumatica has another value than was sent: its form changed the value, or did not take it"
UNPROVEN = "it was written, but whether it is there as it was sent could not be seen"


class Verify(Enum):
    """What a difference means, by the name of the setting."""

    OFF = "off"
    WARN = "warn"
    REJECT = "reject"


@dataclass(frozen=True)
class Proof:
    """What was found out. `absent`: the record is not there. `trouble`: why nothing could be found out."""

    differences: tuple[Difference, ...] = ()
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

    `read` looks a record up by key fields (or by `id` alone), with a query; None where there is none.
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
        self._comparer = _Comparer(shapes, rules)
        self._trust = Trust(verify)
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
        found = answer
        if (created and self._trust.asks()) or not _shows(answer, sent):
            key = self._key(answer)
            query = query_for(sent)
            there = self._read(key, query) if key else None
            if there is None:
                return self._not_found(key, answer)
            found = there
            self._custom = self._custom.union(query.custom)
        compared = {name: value for name, value in sent.items() if name not in self.entity.keys}
        every = self._comparer.record(compared, found, self.entity.shape, "", "")
        return Proof(tuple(islice(every, _MOST)))

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
        if values and all(text and text.casefold() != _NEW_NUMBER for text in values.values()):
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
    errors = tuple(FieldError(one.path, OTHERWISE) for one in proof.differences)
    errors += (FieldError("", proof.trouble),) if proof.trouble else ()
    return Rejected(errors, written.key) if errors else written


class _Comparer:
    """What was sent against what is there; lines by who they are, not by where they stand."""

    def __init__(self, shapes: Mapping[str, EntityShape], rules: LineRules) -> None:
        self._shapes, self._rules = shapes, rules

    def record(self, sent: Payload, found: Payload, shape: EntityShape, place: str, path: str) -> Iterator[Difference]:
        """`place` names the members for a person (`Details[2].`), `path` names details for the rules (`Details/`)."""
        for name, value in sent.items():
            there = found.get(name)
            if name in shape.details and isinstance(value, list):
                rows = there if isinstance(there, list) else []
                inner = self._shapes[shape.details[name]]
                yield from self._lines(value, rows, inner, place + name, path + name)
            elif name in shape.linked and isinstance(value, Mapping):
                inner = self._shapes[shape.linked[name]]
                below = there if isinstance(there, Mapping) else {}
                yield from self.record(value, below, inner, f"{place}{name}.", f"{path}{name}/")
            elif name not in ("id", "delete"):
                yield from compare({name: value}, {name: there}, path=place.removesuffix("."))

    def _lines(
        self, sent: list[Payload], found: list[Payload], shape: EntityShape, place: str, path: str
    ) -> Iterator[Difference]:
        kept = [(at, row) for at, row in enumerate(sent) if row.get("delete") is not True]
        gone = {row.get("id") for row in sent if row.get("delete") is True} & {row.get("id") for row in found}
        yield from (Difference(place, "line deleted", "line still there") for _ in gone)
        matching = match_lines([row for _, row in kept], found, line_key(shape, self._rules.keys.get(path, ())))
        pairs = dict(matching.changed)
        lost = list(matching.new)
        for unclear in matching.unclear:  # to tell a person, the likeliest will do: both are in the order of the form
            pairs |= dict(zip(unclear.sent, unclear.found, strict=False))
            lost += unclear.sent[len(unclear.found) :]
        for one, other in sorted(pairs.items()):
            at, row = kept[one]
            yield from self.record(row, found[other], shape, f"{place}[{at}].", f"{path}/")
        yield from (Difference(f"{place}[{kept[one][0]}]", "a line", "no such line") for one in sorted(lost))


def _shows(answer: Payload, sent: Payload) -> bool:
    """Whether an answer has every member that was sent; a null is shown as an empty object, not left out."""
    members = [name for name in sent if name not in ("id", "delete", "custom")]
    linked = [name for name in members if isinstance(sent[name], Mapping) and "value" not in _members(sent[name])]
    return (
        all(name in answer for name in members)
        and all(_shows(_members(answer[name]), _members(sent[name])) for name in linked)
        and all(_shows_custom(answer, path) for path in custom_paths(sent))
    )


def _shows_custom(record: object, path: str) -> bool:
    """Whether a custom field is there, of the rows of a detail in any; where there are none, there is none to show."""
    step, slash, rest = path.partition("/")
    if not slash:
        view, _, name = step.partition(".")
        return name in _members(_members(_members(record).get("custom")).get(view))
    below = _members(record).get(step)
    if isinstance(below, list):
        return not below or any(_shows_custom(row, rest) for row in below)
    return _shows_custom(below, rest)


def _members(value: object) -> Payload:
    return value if isinstance(value, Mapping) else {}


def _text(wrapped: object) -> str:
    value = wrapped.get("value") if isinstance(wrapped, Mapping) else None
    value = value.get("id") if isinstance(value, Mapping) else value
    return "" if value is None else str(value).strip()
