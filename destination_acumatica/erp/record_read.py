"""Read one record of the ERP by its key or id, and fields out of answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec

from acumatica_client.errors import (
    AccessDenied,
    AcumaticaError,
    CannotOptimize,
    NoSuchRecord,
    NotFound,
    ServerFault,
    Unexpected,
)
from acumatica_client.rest.addresses import key_fits_address
from acumatica_client.rest.dialect import dialect_of
from acumatica_client.rest.query import Query
from destination_acumatica.erp.endpoint import ReadEndpoint
from destination_acumatica.fields.json_values import decoded

Payload = Mapping[str, object]
_log = logging.getLogger("airbyte.destination-acumatica")
_NO_CUSTOM_FIELDS = (
    "Acumatica does not list the custom fields of %s (%s). Their names are not checked: a value for a field that does "
    "not exist is dropped by Acumatica without a message."
)


def find_record(
    endpoint: ReadEndpoint,
    entity: str,
    key: Mapping[str, str],
    *,
    expand: Sequence[str] = (),
    custom: Sequence[str] = (),
) -> Payload | None:
    """The record with this key, an archived one too, and with these nested members and custom fields; see
    `read_record`."""
    return read_record(endpoint, entity, key, Query(expand=tuple(expand), custom=tuple(custom), archived=True))


def read_record(endpoint: ReadEndpoint, entity: str, key: Mapping[str, str], query: Query) -> Payload | None:
    """The record with this key (field -> value, in URL order, or `id` alone), None where there is none. Raises
    AcumaticaError."""
    try:
        # Some keys cannot be part of an address; then a condition finds the record.
        if not key_fits_address(key.values()):
            return _by_condition(endpoint, entity, key, query)
        return _as_record(_read(endpoint.fetch_one(entity, list(key.values()), query)))
    except NoSuchRecord:
        return None
    except AcumaticaError as error:
        if "id" in key or not refuses_address(error):
            raise
        return _by_condition(endpoint, entity, key, query)


def refuses_address(error: AcumaticaError) -> bool:
    """Whether the address may be what is wrong: IIS answers with pages of its own to characters that it does not let
    through (UNVERIFIED which). That the entity exists is known from the schema."""
    return isinstance(error, NotFound) or (isinstance(error, Unexpected) and 400 <= error.status < 500)


def custom_field_types(endpoint: ReadEndpoint) -> Callable[[str], Mapping[str, str] | None]:
    """A function that reads the custom fields of an entity: path -> type; None where the instance lists none."""

    def ask(entity: str) -> Mapping[str, str] | None:
        try:
            fields = endpoint.custom_fields(entity)
        except (AccessDenied, NotFound, ServerFault, Unexpected) as error:
            _log.warning(_NO_CUSTOM_FIELDS, entity, error.message)
            return None
        # Rows know their custom fields by view and name alone, whatever detail they stand in.
        return {**{f"{one.view}.{one.name}": one.type for one in fields}, **{one.path: one.type for one in fields}}

    return ask


def field_text(answer: bytes, name: str) -> str | None:
    """A field of an answer as text; None where the answer does not say."""
    try:
        record = _as_record(decoded(answer)) or {}
    except msgspec.DecodeError:
        return None
    field = record.get(name)
    value = field.get("value") if isinstance(field, Mapping) else None
    return None if value is None else str(value)


def nested_paths(payload: object, place: str = "") -> list[str]:
    """The `$expand` paths of a payload's linked entities and details, such as `MainContact/Address`."""
    paths: dict[str, None] = {}
    for name, value in payload.items() if isinstance(payload, Mapping) else ():
        rows = [row for row in (value if isinstance(value, list) else [value]) if isinstance(row, Mapping)]
        if name == "custom" or not rows or "value" in rows[0]:
            continue
        paths[place + name] = None
        for row in rows:
            paths |= dict.fromkeys(nested_paths(row, f"{place}{name}/"))
    return list(paths)


def custom_paths(payload: object, place: str = "") -> list[str]:
    """The custom fields of a payload as a query names them: `Document.UsrX`, `Details/Transactions.UsrY`."""
    paths: dict[str, None] = {}
    for name, value in payload.items() if isinstance(payload, Mapping) else ():
        if name == "custom" and isinstance(value, Mapping):
            views = ((view, fields) for view, fields in value.items() if isinstance(fields, Mapping))
            paths |= dict.fromkeys(f"{place}{view}.{field}" for view, fields in views for field in fields)
            continue
        for row in value if isinstance(value, list) else [value]:
            paths |= dict.fromkeys(custom_paths(row, f"{place}{name}/"))
    return list(paths)


def _by_condition(endpoint: ReadEndpoint, entity: str, key: Mapping[str, str], query: Query) -> Payload | None:
    dialect = dialect_of(endpoint.schema().contract)
    kinds = endpoint.schema().entities[entity].shape.fields
    condition = dialect.all_of(*(dialect.equals(name, part, kinds[name]) for name, part in key.items()))
    try:
        return _only(endpoint.fetch_list(entity, replace(query, filter=condition, top=2)))
    except CannotOptimize:  # for its details, mostly: the list names the record, and its id finds it
        named = _only(endpoint.fetch_list(entity, Query(select=tuple(key), filter=condition, top=2)))
    id = named.get("id") if named else None
    return _as_record(_read(endpoint.fetch_one(entity, [str(id)], query))) if id else None


def _only(answer: bytes) -> Payload | None:
    rows = _read(answer)
    return _as_record(rows[0]) if isinstance(rows, list) and len(rows) == 1 else None


def _read(answer: bytes) -> object:
    try:
        return decoded(answer)
    except msgspec.DecodeError as error:
        raise Unexpected("Acumatica's answer is not JSON.", detail=str(error)) from error


def _as_record(answer: object) -> Payload | None:
    return answer if isinstance(answer, Mapping) else None
