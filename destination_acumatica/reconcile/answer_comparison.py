"""What was sent of a record against what an answer shows of it: whether it shows it at all, and what differs. Pure.

Lines are compared by who they are (see `line_matching`), not by where they stand: a form sorts them, and adds its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from acumatica_client.errors import FieldError
from acumatica_client.schema.model import EntityShape
from destination_acumatica.config.stream_settings import LineRules
from destination_acumatica.erp.record_read import custom_paths
from destination_acumatica.fields.comparison import Difference, compare
from destination_acumatica.reconcile.line_matching import line_key, match_lines

Payload = Mapping[str, object]


class Comparer:
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


def shows(answer: Payload, sent: Payload) -> bool:
    """Whether an answer has every member that was sent; a null is shown as an empty object, not left out."""
    members = [name for name in sent if name not in ("id", "delete", "custom")]
    linked = [name for name in members if isinstance(sent[name], Mapping) and "value" not in _members(sent[name])]
    return (
        all(name in answer for name in members)
        and all(shows(_members(answer[name]), _members(sent[name])) for name in linked)
        and all(_shows_custom(answer, path) for path in custom_paths(sent))
    )


def errors_in(answer: object, path: str = "") -> Iterator[FieldError]:
    """The errors that an answer carries beside its values, by their places."""
    if isinstance(answer, list):
        for at, row in enumerate(answer):
            yield from errors_in(row, f"{path}[{at}]")
    for name, value in _members(answer).items():
        if name == "error" and isinstance(value, str) and value.strip():
            yield FieldError(path, " ".join(value.split()))
        elif isinstance(value, (Mapping, list)) and name != "_links":
            yield from errors_in(value, f"{path}.{name}" if path else name)


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
