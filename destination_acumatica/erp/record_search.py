"""Records found by their fields through `$filter`. An answer is kept, and a filter has to show first that it works.

Some forms answer a filter over certain fields with an empty list although rows match (live notes on 25 R2). To insert
because "nothing was found" would then double records. So before that a filter has to show that it works here:

    a row of the list with values in these fields, found again by its own values     it works
    the list has such a row, and the filter does not find it                         the sync ends
    no row among the first has values there                                          unproven: the first record that is
                                                                                     inserted must be found again
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import msgspec

from acumatica_client.errors import CannotOptimize, FieldError, SettingsError, Unexpected, UnknownField
from acumatica_client.rest.dialect import Dialect, dialect_of
from acumatica_client.rest.query import Query
from acumatica_client.schema.model import ValueType
from destination_acumatica.erp.endpoint import ReadEndpoint
from destination_acumatica.fields.json_values import decoded

Payload = Mapping[str, object]
_KEPT = 20_000  # answers
_MOST = 10  # rows of one answer
_LONGEST = 1500  # characters of a value in an address, of 2,000 that pass every web server (see `query`)
_SAMPLE = 100  # rows among which a filter looks for one to prove itself by

_SILENT = (
    "Acumatica finds no {entity} by {fields}, although there is one with these very values: its filter does not work "
    "for them. To insert what it does not find could double records."
)
_SILENT_ADVICE = "Let the stream be matched by the key of the entity, or by another field."
_UNSEARCHABLE_ADVICE = "Choose other fields for the match, the reference or the lookup."


@dataclass(frozen=True)
class Condition:
    """A field, by a path such as `MainContact/Email`, with the value it must have, as text."""

    path: str
    value: str
    kind: ValueType = ValueType.STRING


class Unsearchable(Exception):
    """No record can be found by a value of the document; `errors` say which, for a person."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.errors = (FieldError("", text),)


class RecordSearch:
    """Searches one endpoint. Safe for many threads; every method raises AcumaticaError, and Unsearchable for a value
    that a field cannot have."""

    def __init__(self, endpoint: ReadEndpoint) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._proving = threading.Lock()
        self._kept: OrderedDict[object, Payload] = OrderedDict()
        self._works: dict[object, bool | SettingsError] = {}

    def find(
        self, entity: str, conditions: Sequence[Condition], take: Sequence[str], *, archived: bool = False
    ) -> list[Payload]:
        """The records that meet all conditions, ten at most, with the fields `take`. One match is asked for once."""
        question = (entity, tuple(conditions), tuple(take))
        kept = self._recall(question)
        if kept is not None:
            return [kept]
        rows = self._search(entity, conditions, take, archived=archived)
        if len(rows) == 1:
            self._keep(question, rows[0])
        return rows

    def forget(self, entity: str, conditions: Sequence[Condition], take: Sequence[str]) -> None:
        """An answer turned out to be out of date."""
        with self._lock:
            self._kept.pop((entity, tuple(conditions), tuple(take)), None)

    def proven(self, entity: str, fields: Mapping[str, ValueType]) -> bool:
        """Whether a filter over these fields was seen to work; False where no row could show it. Asked once.

        Raises SettingsError where it was seen not to work.
        """
        with self._proving:
            question = (entity, *fields)
            if question not in self._works:
                self._works[question] = self._prove(entity, fields)
            return self._checked(question)

    def prove_by(self, entity: str, conditions: Sequence[Condition]) -> None:
        """A record with these values has just been inserted: from now on the filter is known to work, or not to.

        Raises SettingsError where it does not work.
        """
        with self._proving:
            question = (entity, *(one.path for one in conditions))
            self._works[question] = self._shown_by(entity, conditions)
            self._checked(question)

    def _checked(self, question: object) -> bool:
        works = self._works[question]
        if isinstance(works, SettingsError):
            raise works
        return works

    def _prove(self, entity: str, fields: Mapping[str, ValueType]) -> bool | SettingsError:
        for row in self._list(entity, Query(select=tuple(fields), top=_SAMPLE)):
            texts = {path: field_text_at(row, path) for path in fields}
            if all(text and text.strip() for text in texts.values()):
                own = [Condition(path, text or "", fields[path]) for path, text in texts.items()]
                return self._shown_by(entity, own)
        return False

    def _shown_by(self, entity: str, own: Sequence[Condition]) -> bool | SettingsError:
        """Whether a search finds a record that surely has these values."""
        return bool(self._search(entity, own, ())) or _silent(entity, own)

    def _search(
        self, entity: str, conditions: Sequence[Condition], take: Sequence[str], *, archived: bool = False
    ) -> list[Payload]:
        dialect = dialect_of(self._endpoint.schema().contract)
        named = dialect.all_of(*(_written(one, dialect) for one in conditions))
        fields = tuple(dict.fromkeys((*(one.path for one in conditions), *(path for path in take if path != "id"))))
        return self._list(entity, Query(select=fields, filter=named, top=_MOST, archived=archived))

    def _list(self, entity: str, query: Query) -> list[Payload]:
        try:
            answer = self._endpoint.fetch_list(entity, query)
        except (CannotOptimize, UnknownField) as error:
            raise SettingsError(
                f"Acumatica cannot search {entity} by {', '.join(query.select)}: {error.message}",
                advice=_UNSEARCHABLE_ADVICE,
            ) from error
        try:
            rows = decoded(answer)
        except msgspec.DecodeError as error:
            raise Unexpected("Acumatica's answer is not JSON.", detail=str(error)) from error
        return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []

    def _recall(self, question: object) -> Payload | None:
        with self._lock:
            if question in self._kept:
                self._kept.move_to_end(question)
            return self._kept.get(question)

    def _keep(self, question: object, row: Payload) -> None:
        with self._lock:
            self._kept[question] = row
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def _written(condition: Condition, dialect: Dialect) -> str:
    """The condition as the contract writes it. A value that the field cannot have, or that no address can carry, is the
    fault of one record."""
    if len(quote(condition.value)) > _LONGEST:
        raise Unsearchable(f"no record can be found by it: the value for {condition.path} is too long")
    try:
        return dialect.equals(condition.path, condition.value, condition.kind)
    except SettingsError as error:
        kind = condition.kind.value.removesuffix("Value")
        raise Unsearchable(f"no record can be found by it: {condition.path} takes {kind}") from error


def how_many(found: Sequence[Payload]) -> str:
    """For a person: the search ends at ten."""
    return f"{len(found)}" if len(found) < _MOST else f"{_MOST} or more"


def field_at(record: Payload, path: str) -> object:
    """A value of a payload record by its path, None where there is none; of a drop-down of contract 5, its id."""
    if path == "id":
        return record.get("id")
    node: object = record
    for step in path.split("/"):
        node = node.get(step) if isinstance(node, Mapping) else None
    value = node.get("value") if isinstance(node, Mapping) else None
    return value.get("id") if isinstance(value, Mapping) else value


def field_text_at(record: Payload, path: str) -> str | None:
    """The same as text, as a condition compares it."""
    value = field_at(record, path)
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _silent(entity: str, conditions: Sequence[Condition]) -> SettingsError:
    fields = " and ".join(one.path for one in conditions)
    return SettingsError(_SILENT.format(entity=entity, fields=fields), advice=_SILENT_ADVICE)
