"""What must be sent so that a record of the ERP becomes as a document wants it, and nothing twice. Pure.

    document (payload) + record as it is (payload, same members expanded)  ->  a smaller payload, or nothing to send

    mode      lines that are there, changed    lines that are new    lines that were not sent
    -------   ------------------------------   -------------------   ------------------------
    merge     updated, by their ids            added                 left alone
    replace   updated, by their ids            added                 deleted
    append    left alone                       added                 left alone
    keep      a problem                        a problem             left alone

What is there as it was sent is left out; where that is all of it, nothing is sent. Sending the same document once more
so changes nothing, in every mode. A line of which it is unclear whether it is there is a problem of the whole
document: nothing of it is written, except by `replace`, which puts it in the place of those it could be.

The ids of lines without a NoteID are good for one session only (guide): the record is read and written in one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from acumatica_client.errors import FieldError
from acumatica_client.schema.model import EntityShape
from destination_acumatica.config.stream_settings import LineMode, LineRules
from destination_acumatica.fields.comparison import differences
from destination_acumatica.reconcile.line_matching import Matching, Row, line_key, match_lines

Payload = Mapping[str, object]
# Rows that Acumatica finds by a field of theirs, in any session (guide, attributes), and that are never added as lines.
_FOUND_BY_THEMSELVES = frozenset({"AttributeValue"})
_SHOWN = 5  # lines in a message


@dataclass(frozen=True)
class Merged:
    """`body` is what to send, None where nothing is to be changed or `problems` forbid it."""

    body: Payload | None
    problems: tuple[FieldError, ...] = ()
    added: int = 0
    updated: int = 0
    deleted: int = 0


def merge(
    sent: Payload, found: Payload, shape: EntityShape, shapes: Mapping[str, EntityShape], rules: LineRules
) -> Merged:
    """What to send. `found` was read with every nested member of `sent` expanded (`lookup.nested_paths`)."""
    merger = _Merger(shapes, rules)
    body = merger.record(sent, found, shape, "")
    if merger.problems:
        return Merged(None, tuple(merger.problems))
    return Merged(body, (), merger.added, merger.updated, merger.deleted)


class _Merger:
    def __init__(self, shapes: Mapping[str, EntityShape], rules: LineRules) -> None:
        self._shapes, self._rules = shapes, rules
        self.problems: list[FieldError] = []
        self.added = self.updated = self.deleted = 0

    def record(self, sent: Payload, found: Payload, shape: EntityShape, path: str) -> dict[str, object] | None:
        """The members to send, None where all is there. Plain fields go together: the keys are among them, and the
        server leaves alone what is equal."""
        nested = {name: self._nested(name, value, found.get(name), shape, path) for name, value in sent.items()}
        plain = {name: value for name, value in sent.items() if _is_plain(name, value, shape)}
        changed = {name: value for name, value in nested.items() if value is not None}
        if not changed and next(differences(plain, found), None) is None:
            return None
        return {**plain, **changed}

    def _nested(self, name: str, sent: object, found: object, shape: EntityShape, path: str) -> object:
        """What to send of a linked entity or a detail; None for anything else, and where all of it is there."""
        if name in shape.linked and isinstance(sent, Mapping):
            there = found if isinstance(found, Mapping) else {}
            return self.record(_without_id(sent), there, self._shapes[shape.linked[name]], f"{path}{name}/")
        if name in shape.details and isinstance(sent, list):
            return self._lines(sent, found, self._shapes[shape.details[name]], path + name) or None
        return None

    def _lines(self, sent: list[Row], shown: object, shape: EntityShape, path: str) -> list[object]:
        if not sent:
            return []  # says nothing: an empty array deletes no line
        if not isinstance(shown, list) and shape.name not in _FOUND_BY_THEMSELVES:
            self.problems.append(FieldError(path, _NOT_SHOWN))
            return []
        found: list[Row] = shown if isinstance(shown, list) else []
        key = line_key(shape, self._rules.keys.get(path, ()))
        mode = self._rules.mode
        if shape.name in _FOUND_BY_THEMSELVES and mode is not LineMode.KEEP:
            mode = LineMode.MERGE
        matching = _BY_MODE[mode](match_lines(sent, found, key))
        self._add_problems(matching, path)
        if mode is LineMode.KEEP and (matching.new or matching.changed):
            self.problems.append(FieldError(path, _KEPT))
        unwanted = matching.others if mode is LineMode.REPLACE else []
        if any(not found[place].get("id") for place in (*matching.changed.values(), *unwanted)):
            self.problems.append(FieldError(path, "Acumatica shows lines without ids, which cannot be changed"))
            return []
        gone = self._deletions(unwanted, found)
        return [*gone, *self._updates(sent, found, matching, shape, path), *self._additions(sent, matching)]

    def _updates(
        self, sent: list[Row], found: list[Row], matching: Matching, shape: EntityShape, path: str
    ) -> Iterator[object]:
        for at, place in sorted(matching.changed.items()):
            body = self.record(_without_id(sent[at]), found[place], shape, f"{path}/")
            if body is not None:
                self.updated += 1
                own = {} if shape.name in _FOUND_BY_THEMSELVES else {"id": found[place].get("id")}
                yield {**own, **body}

    def _additions(self, sent: list[Row], matching: Matching) -> Iterator[object]:
        self.added += len(matching.new)
        return (_without_ids(sent[at]) for at in sorted(matching.new))

    def _deletions(self, unwanted: Sequence[int], found: list[Row]) -> list[object]:
        self.deleted += len(unwanted)
        return [{"id": found[at].get("id"), "delete": True} for at in sorted(unwanted)]

    def _add_problems(self, matching: Matching, path: str) -> None:
        for unclear in matching.unclear:
            lines = ", ".join(str(at + 1) for at in unclear.sent[:_SHOWN])
            more = f" and {len(unclear.sent) - _SHOWN} more" if len(unclear.sent) > _SHOWN else ""
            self.problems.append(FieldError(path, _UNCLEAR.format(lines=lines + more, why=unclear.why)))


# A detail without lines is shown as an empty array, one that was not expanded not at all (recorded answers).
_NOT_SHOWN = (
    "Acumatica does not show the lines that the record has, so those sent could be doubled. Nothing was written. Check "
    "that the user may see them on the form"
)
_UNCLEAR = (
    "the record exists, and it is unclear which of its lines these are (line {lines} of those sent): {why}. "
    "Nothing was written, since lines could be doubled. Name the fields that identify its lines in the setting Line "
    "keys, or choose to replace the lines"
)


_KEPT = "the record exists with other lines than these, and the stream only inserts"


def _replaced(matching: Matching) -> Matching:
    """What is unclear goes in the place of what it could be: afterwards the lines are those sent."""
    new = [*matching.new, *(at for one in matching.unclear for at in one.sent)]
    others = [*matching.others, *(at for one in matching.unclear for at in one.found)]
    return Matching(matching.same, matching.changed, sorted(set(new)), sorted(set(others)))


def _left_alone(matching: Matching) -> Matching:
    """Lines whose key is there stay as they are; of lines without a key it is unclear what is there."""
    unclear = [one for one in matching.unclear if not one.there]
    return Matching({**matching.same, **matching.changed}, {}, matching.new, matching.others, unclear)


def _kept(matching: Matching) -> Matching:
    """What is unclear is not there as it was sent."""
    unclear = (at for one in matching.unclear for at in one.sent)
    return Matching(matching.same, matching.changed, [*matching.new, *unclear], matching.others)


_BY_MODE: Mapping[LineMode, Callable[[Matching], Matching]] = {
    LineMode.MERGE: lambda matching: matching,
    LineMode.REPLACE: _replaced,
    LineMode.APPEND: _left_alone,
    LineMode.KEEP: _kept,
}


def _is_plain(name: str, value: object, shape: EntityShape) -> bool:
    return name not in shape.linked and name not in shape.details and name != "id" and value is not None


def _without_id(sent: Payload) -> Payload:
    """Without an id, which belongs to the place that the document came from."""
    return {name: value for name, value in sent.items() if name != "id"}


def _without_ids(value: object) -> object:
    if isinstance(value, Mapping):
        return {
            name: inner if name == "custom" else _without_ids(inner) for name, inner in value.items() if name != "id"
        }
    return [_without_ids(row) for row in value] if isinstance(value, list) else value
