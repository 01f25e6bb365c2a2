"""Change rows without the API, as other users, imports and jobs do.

Such a change is what other users, imports and jobs do to a tenant: it may or may not stamp the row, and may stamp it
with any time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from acumatica_emulator import catalog
from acumatica_emulator.catalog import Contract, EntityType
from acumatica_emulator.records.rows import Row, guid, is_stamp, plain
from acumatica_emulator.records.values import FAMILIES, Scalar, Zones, read
from acumatica_emulator.site.tenants import Tenant

Stamp = "bool | None | datetime"


class StoreError(LookupError):
    """There is no such entity, member or row."""


def stamp_of(given: object) -> bool | datetime | None:
    """The JSON form of a stamp."""
    if isinstance(given, str):
        return Zones().instant(Zones().read(given))
    return given if isinstance(given, bool) else None


class Store:
    """The rows of a tenant. `stamp`: True is now, False leaves it, None takes it away, a time sets it (naive UTC)."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def insert(self, entity: str, values: Mapping[str, Any], *, stamp: bool | datetime | None = True) -> str:
        """Adds a row and returns its id."""
        table = self._tenant.table(entity)
        id = str(values.get("id") or guid("store", self._tenant.name, entity, table.version, len(table)))
        row = Row(id)
        self._fill(row, _types(entity), values)
        self._stamp(row, stamp)
        row.created = row.modified
        table.insert(row)
        return id

    def update(
        self, entity: str, key: Sequence[Any], values: Mapping[str, Any], *, stamp: bool | datetime | None = True
    ) -> None:
        row = self._find(entity, key)
        twin = row.copy()
        self._fill(twin, _types(entity), values)
        self._stamp(twin, stamp)
        self._tenant.table(entity).replace(row, twin)

    def delete(self, entity: str, key: Sequence[Any]) -> None:
        self._tenant.table(entity).remove(self._find(entity, key))

    def rows(self, entity: str) -> Iterator[Row]:
        return iter(self._tenant.table(entity))

    def _find(self, entity: str, key: Sequence[Any]) -> Row:
        table = self._tenant.table(entity)
        row = table.find(key) or (table.by_id(str(key[0])) if len(key) == 1 else None)
        if row is None:
            raise StoreError(f"{entity} {tuple(key)}")
        return row

    def _stamp(self, row: Row, stamp: bool | datetime | None) -> None:
        if stamp is True:
            row.modified = self._tenant.clock.now()
        elif stamp is not False:
            row.modified = stamp

    def _fill(self, row: Row, kinds: list[tuple[Contract, EntityType]], values: Mapping[str, Any]) -> None:
        """Takes plain values: scalars, dicts for linked parts, lists of dicts for lines."""
        for name, value in values.items():
            if name in ("id", "archived", "note"):
                setattr(row, name, value)
            elif isinstance(value, Mapping):
                self._fill(row.link(name), _inner(kinds, "linked", name), value)
            elif isinstance(value, list):
                row.details[name] = [self._line(row, name, at, line, kinds) for at, line in enumerate(value)]
            else:
                row.values[name] = _scalar(kinds, name, value)

    def _line(
        self, row: Row, name: str, at: int, values: Mapping[str, Any], kinds: list[tuple[Contract, EntityType]]
    ) -> Row:
        line = Row(str(values.get("id") or guid(row.id, name, at)), modified=self._tenant.clock.now())
        self._fill(line, _inner(kinds, "details", name), values)
        return line


def _types(entity: str) -> list[tuple[Contract, EntityType]]:
    """The entity in every version that has it; a value may belong to any of them."""
    every = [catalog.load(*known) for known in catalog.BASES]
    kinds = [(contract, contract.types[entity]) for contract in every if entity in contract.types]
    if not kinds:
        raise StoreError(f"no entity {entity}")
    return kinds


def _inner(kinds: list[tuple[Contract, EntityType]], group: str, name: str) -> list[tuple[Contract, EntityType]]:
    inner = [
        (contract, contract.types[getattr(kind, group)[name]])
        for contract, kind in kinds
        if name in getattr(kind, group)
    ]
    if not inner:
        raise StoreError(f"{kinds[0][1].name} has no {name}")
    return inner


def _scalar(kinds: list[tuple[Contract, EntityType]], name: str, value: object) -> Scalar:
    """The value as it is stored. Python's own types are taken as they are, decimals with every digit."""
    kind = next((known.fields[name] for _, known in kinds if name in known.fields), None)
    if kind is None:
        raise StoreError(f"{kinds[0][1].name} has no {name}")
    if value is None or isinstance(value, (bool, int, Decimal, datetime, date)):
        return value if FAMILIES[kind] != "Decimal" or value is None else Decimal(str(value))
    if is_stamp("", name) or FAMILIES[kind] == "String":
        return str(value)
    return read(kind, name, value, Zones())


def records(tenant: Tenant, entity: str, endpoint: str = "Default") -> list[dict[str, Any]]:
    """Every row of an entity, unwrapped, as the newest version of the endpoint sees it."""
    versions = sorted(version for name, version in catalog.BASES if name == endpoint and version < "26")
    contract = catalog.load(endpoint, versions[-1])
    if entity not in contract.types:
        raise StoreError(f"{contract.title} has no {entity}")
    kind = contract.types[entity]
    return [plain(row, kind, contract.types, Zones()) for row in tenant.table(entity)]
