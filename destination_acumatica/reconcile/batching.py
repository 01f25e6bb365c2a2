"""A document with very many lines, in batches that one request can carry.

    batch 1     the document with its first lines        makes it, or finds it by its key
    batch 2..   the key of the record, and more lines    by the key that the first answer shows: maybe a new number

The guide sends 10,000 lines in requests of 500. A batch without ids of lines is never sent twice: each time would add
its lines. When one breaks off, the error says how far the document came; the next attempt finds what is there by the
rules of `update_diff` and goes on behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from acumatica_client.errors import AcumaticaError, FieldError, Rejected, Unexpected

Payload = Mapping[str, object]
BATCH_SIZE = 500  # rows, those inside rows included


@dataclass(frozen=True)
class Batch:
    """One request: `body` is a payload; `starts` says which row of the document the first row of each detail is;
    `before` rows were in earlier batches, of `total`."""

    body: Payload
    starts: Mapping[str, int] = field(default_factory=dict)
    before: int = 0
    total: int = 0
    last: bool = True

    @property
    def first(self) -> bool:
        return self.before == 0

    def placed(self, error: FieldError) -> FieldError:
        """An error of Acumatica about a row of this batch, by the row's place in the whole document."""
        found = _ROW.match(error.path)
        if found is None or found["detail"] not in self.starts:
            return error
        at = self.starts[found["detail"]] + int(found["at"])
        return FieldError(f"{found['detail']}[{at}]{found['rest']}", error.text)


class BatchFailed(Exception):
    """A batch after the first was not written, or that is unclear; `error` says why."""

    def __init__(self, batch: Batch, error: AcumaticaError) -> None:
        super().__init__(error.message)
        self.batch, self.error = batch, error

    def field_errors(self) -> tuple[FieldError, ...]:
        """Acumatica's words about rows by their places in the whole document, and how far that came."""
        words = self.error.errors if isinstance(self.error, Rejected) else ()
        own = () if words else (FieldError("", self.error.message),)
        return (*map(self.batch.placed, words), *own, FieldError("", self.progress()))

    def progress(self) -> str:
        """How far the document came, as a clause."""
        return (
            f"the document has its first {self.batch.before} of {self.batch.total} lines in Acumatica, those after "
            "them may be missing; the next attempt goes on there"
        )


_ROW = re.compile(r"(?P<detail>\w+)\[(?P<at>\d+)\](?P<rest>.*)", re.S)


def split_batches(payload: Payload, *, size: int = BATCH_SIZE) -> list[Batch]:
    """The requests that a payload makes; one, for most documents."""
    details = {name: value for name, value in payload.items() if isinstance(value, list)}
    total = sum(_weight(row) for rows in details.values() for row in rows)
    if total <= size:
        return [Batch(payload, dict.fromkeys(details, 0), 0, total)]
    head = {name: value for name, value in payload.items() if name not in details}
    parts = list(_cut(details, size))
    starts: dict[str, int] = {}
    made, before = [], 0
    for at, part in enumerate(parts):
        here = {name: starts.get(name, 0) for name in part}
        body = {**head, **part} if at == 0 else part
        made.append(Batch(body, here, before, total, at == len(parts) - 1))
        before += sum(_weight(row) for rows in part.values() for row in rows)
        starts |= {name: here[name] + len(rows) for name, rows in part.items()}
    return made


def send_batches(
    parts: Sequence[Batch], send: Callable[[Batch, Payload], bytes], key: Callable[[bytes], Payload]
) -> bytes:
    """Send one after the other; the last answer. `send` is given each batch and its body; `key` reads the key fields,
    wrapped, or the id out of the first answer: without either nothing more is sent. Raises what `send` raises for the
    first, BatchFailed for any other."""
    first, *others = parts
    answer = send(first, first.body)
    found: Payload = {}
    for batch in others:
        try:
            found = found or _named(key(answer))
            answer = send(batch, {**found, **batch.body})
        except AcumaticaError as error:
            raise BatchFailed(batch, error) from error
    return answer


def _named(found: Payload) -> Payload:
    """Hazard: without a key or an id, each further batch would be a document of its own."""
    if not found:
        raise Unexpected("Acumatica's answer does not say which document it made.")
    return found


def _cut(details: Mapping[str, list[object]], size: int) -> Iterator[dict[str, list[object]]]:
    """The rows in their order, at most so many at a time; a row goes with the rows inside it, however many."""
    part: dict[str, list[object]] = {}
    filled = 0
    for name, rows in details.items():
        for row in rows:
            weight = _weight(row)
            if filled and filled + weight > size:
                yield part
                part, filled = {}, 0
            part.setdefault(name, []).append(row)
            filled += weight
    if part:
        yield part


def _weight(row: object) -> int:
    """A row and the rows inside it."""
    inner = row.values() if isinstance(row, Mapping) else ()
    return 1 + sum(_weight(one) for value in inner if isinstance(value, list) for one in value)
