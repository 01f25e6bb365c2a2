"""How seeded values are drawn: stamps, numbers, ids, by entity and position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import TypeVar

from acumatica_emulator.records.rows import Row, guid
from acumatica_emulator.records.values import Scalar

FIRST_STAMP = datetime(2019, 1, 7, 8, 0)
LAST_STAMP = datetime(2025, 12, 19, 17, 30)
NULL_CURSOR_EVERY = 97  # a few rows were written by an import that set no stamp
TIE_EVERY = 7  # rows saved by one mass operation share a stamp

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Sizes:
    """How many rows of the entities that set the size of everything else."""

    customers: int = 200
    vendors: int = 60
    stock: int = 150
    services: int = 30
    orders: int = 400
    contacts: int = 250
    production: int = 80


@dataclass(frozen=True)
class World:
    """A seed and a tenant. Every drawing takes the entity and position it is for, so the order of asking is free."""

    seed: int
    tenant: str
    sizes: Sizes = field(default_factory=Sizes)

    def dice(self, entity: str, at: int) -> Random:
        return _dice(self.seed, entity, at)

    def id(self, *parts: object) -> str:
        return guid(self.seed, self.tenant, *parts)

    def modified(self, entity: str, at: int) -> datetime | None:
        """A stamp between the first and the last, with ties and a few nulls; the digits are those of datetime2."""
        if at and at % NULL_CURSOR_EVERY == 0:
            return None
        if at % TIE_EVERY == TIE_EVERY - 1:
            at -= 1
        span = int((LAST_STAMP - FIRST_STAMP).total_seconds())
        dice = Random(f"{self.seed}/stamp/{entity}/{at}")
        return FIRST_STAMP + timedelta(seconds=dice.randrange(span), microseconds=dice.randrange(1_000_000))

    def row(self, entity: str, at: int, **values: Scalar) -> Row:
        """A top-level row; `key` fields come with the values."""
        row = Row(self.id(entity, at), values, self.modified(entity, at))
        if row.modified is not None:
            row.created = row.modified - timedelta(days=at % 90, hours=1)
        return row

    def line(self, parent: Row, name: str, **values: Scalar) -> Row:
        """One more line of a detail of a row."""
        lines = parent.lines(name)
        line = Row(guid(parent.id, name, len(lines)), values, parent.modified)
        lines.append(line)
        return line

    def part(self, parent: Row, name: str, **values: Scalar) -> Row:
        """A linked part of a row."""
        part = parent.link(name)
        part.values.update(values)
        return part


@lru_cache(maxsize=4096)
def _dice_seed(seed: int, entity: str, at: int) -> int:
    return int(guid(seed, entity, at).replace("-", "")[:12], 16)


def _dice(seed: int, entity: str, at: int) -> Random:
    return Random(_dice_seed(seed, entity, at))


def pick(dice: Random, choices: Sequence[Choice]) -> Choice:
    return choices[dice.randrange(len(choices))]


def money(dice: Random, low: int, high: int) -> Decimal:
    """An amount with the four digits of a money column."""
    return Decimal(dice.randrange(low * 100, high * 100)).scaleb(-2).quantize(Decimal("0.0001"))


def quantity(dice: Random, low: int, high: int) -> Decimal:
    return Decimal(dice.randrange(low, high)).quantize(Decimal("0.000001"))


def day(stamp: datetime | None, offset: int = 0) -> date:
    return ((stamp or FIRST_STAMP) + timedelta(days=offset)).date()


def period(on: date) -> str:
    return f"{on.month:02}{on.year}"
