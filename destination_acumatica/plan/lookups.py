"""Values that come from another entity: what is looked up, and how a document gets it.

    {"from": "email", "to": "CustomerID", "lookup": {"entity": "Customer", "where": "MainContact.Email",
                                                      "take": "CustomerID"}}

Each value is looked up once, and the answers are kept (bounded). No match and several matches reject the record: to
take one of several would be a guess. Whether the endpoint can answer is checked before the first record, by
`lookup_problems`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from acumatica_client.errors import FieldError
from acumatica_client.schema.model import EndpointSchema, ValueType
from destination_acumatica.config.stream_settings import LookupSetting
from destination_acumatica.erp.record_search import Condition, RecordSearch, field_at, how_many
from destination_acumatica.fields.field_paths import comparable, suggestion, wire_path
from destination_acumatica.fields.json_values import as_text, key_text


@dataclass(frozen=True)
class Lookup:
    """A search in another entity; paths as a query names them. `kind` is the type of the field `where`."""

    entity: str
    where: str
    kind: ValueType
    take: str


@dataclass(frozen=True)
class PendingLookup:
    """A value of a document that a lookup has still to give, what it is looked up by, and the type and name of the
    field that it is for."""

    lookup: Lookup
    by: msgspec.Raw
    type: ValueType | None = None
    field: str = ""


class LookupFailed(Exception):
    """The lookup gives no single value; `text` says why, for a person."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def at(self, path: str) -> FieldError:
        return FieldError(path, self.text)


def lookup_problems(setting: LookupSetting, schema: EndpointSchema) -> Iterator[str]:
    """Why the endpoint cannot answer, one clause each."""
    entity = schema.entities.get(setting.entity)
    if entity is None:
        yield f"there is no entity {setting.entity} to look up{suggestion(setting.entity, frozenset(schema.entities))}"
        return
    for path in (setting.where, setting.take):
        if path != "id" and comparable(path, entity.shape, schema.shapes) is None:
            near = suggestion(path, entity.shape.members())
            yield f"{setting.entity} has no field {path or '(none)'} that a lookup can use{near}"


def lookup_of(setting: LookupSetting, schema: EndpointSchema) -> Lookup | None:
    """None for one that has problems."""
    entity = schema.entities.get(setting.entity)
    kind = comparable(setting.where, entity.shape, schema.shapes) if entity else None
    return Lookup(setting.entity, wire_path(setting.where), kind, wire_path(setting.take)) if kind else None


def look_up(pending: PendingLookup, search: RecordSearch) -> msgspec.Raw:
    """The value, as JSON. Raises LookupFailed, AcumaticaError."""
    lookup, by = pending.lookup, key_text(pending.by)
    found = search.find(lookup.entity, (Condition(lookup.where, by, lookup.kind),), (lookup.take,))
    if len(found) != 1:
        many = f"{how_many(found)} {lookup.entity} records have" if found else f"no {lookup.entity} has"
        raise LookupFailed(f"cannot be looked up: {many} this value in {lookup.where}")
    value = field_at(found[0], lookup.take)
    if value is None:
        raise LookupFailed(f"cannot be looked up: {lookup.take} of the {lookup.entity} found is empty")
    return as_text(value) if isinstance(value, str) else msgspec.Raw(msgspec.json.encode(value))
