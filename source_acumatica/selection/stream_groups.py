"""Which configured streams are fetched together: an entity and its details, from one position. Fetches nothing.

    SalesOrder            incremental, from 12:00    \
    SalesOrder_Details    incremental, from 12:01     > one family, read from 12:00
    SalesOrder_Payments   full refresh                > on its own
    SalesOrder_TaxDetails incremental, never read     > on its own, this once

Streams whose positions lie close together are joined at the earliest of them: rows are read again rather than lost.
So a stream that had to catch up by itself, or one whose last state came a window later than its neighbour's, comes
back into its family.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from airbyte_cdk.models import ConfiguredAirbyteStream, SyncMode

from acumatica_client.schema.model import EntitySchema
from source_acumatica.catalog.stream_definitions import Offer
from source_acumatica.windows.timestamps import Moment

# Reading a day's changes again is cheaper than asking every window twice for good.
_CLOSE = 86_400 * 10_000_000


@dataclass(frozen=True)
class Member:
    """A configured stream, and the position that it is read from (None: the beginning)."""

    offer: Offer
    configured: ConfiguredAirbyteStream = field(compare=False)
    lower: str | None = None

    @property
    def name(self) -> str:
        return self.offer.name

    @property
    def incremental(self) -> bool:
        return bool(self.configured.sync_mode == SyncMode.incremental)


@dataclass(frozen=True)
class Family:
    """Streams of one entity that are fetched by the same requests; the first of them stands for all."""

    members: tuple[Member, ...]

    @property
    def first(self) -> Member:
        return self.members[0]

    @property
    def entity(self) -> EntitySchema:
        return self.first.offer.entity

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(member.name for member in self.members)

    @property
    def lower(self) -> str | None:
        """The earliest position of the members."""
        return min((member.lower for member in self.members), key=_ticks)


def families(members: Iterable[Member]) -> list[Family]:
    """The families, in the order of their first members; these in the order of the catalog."""
    groups: dict[tuple[str, bool], list[Member]] = {}
    for member in members:
        groups.setdefault((member.offer.entity.name, member.incremental), []).append(member)
    return [family for group in groups.values() for family in _close_ones(group)]


def _close_ones(group: list[Member]) -> Iterator[Family]:
    """Sorted by position and cut where the gap is wide; within a family the order of the catalog is restored."""
    ordered = sorted(group, key=lambda member: _ticks(member.lower))
    together: list[Member] = []
    for member in ordered:
        if together and not _close(together[0].lower, member.lower):
            yield _family(together, group)
            together = []
        together.append(member)
    yield _family(together, group)


def _family(together: list[Member], order: list[Member]) -> Family:
    return Family(tuple(sorted(together, key=order.index)))


def _close(earlier: str | None, later: str | None) -> bool:
    if earlier is None or later is None:
        return earlier == later
    return _ticks(later) - _ticks(earlier) <= _CLOSE


def _ticks(position: str | None) -> float:
    return float("-inf") if position is None else Moment.parse(position).ticks
