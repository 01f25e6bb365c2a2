"""Which configured streams are fetched together: an entity and its details, from one position.

    SalesOrder            incremental, from 12:00    \
    SalesOrder_Details    incremental, from 12:01     > one group, read from 12:00
    SalesOrder_Payments   full refresh                > on its own
    SalesOrder_TaxDetails incremental, never read     > on its own, this once

Streams whose positions lie close together are joined at the earliest of them: rows are read again rather than lost.
So a stream that had to catch up by itself, or one whose last state came a window later than its neighbour's, comes
back into its group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from acumatica_client.schema.model import EntitySchema
from source_acumatica.catalog.custom_fields import Columns
from source_acumatica.catalog.stream_definitions import StreamDefinition
from source_acumatica.windows.timestamps import Timestamp

# Reading a day's changes again is cheaper than asking every window twice for good.
_CLOSE = 86_400 * 10_000_000


@dataclass(frozen=True)
class ConfiguredStream:
    """What the platform asks of a stream. `columns`: the chosen ones, none for all; `cursor_field`: as the platform
    names it; `deduplicated`: rows with one primary key replace each other."""

    name: str
    columns: Columns = field(default_factory=dict, compare=False)
    incremental: bool = False
    cursor_field: tuple[str, ...] = ()
    deduplicated: bool = False


@dataclass(frozen=True)
class ConfiguredMember:
    """A configured stream of the endpoint, and the position that it is read from (None: the beginning)."""

    definition: StreamDefinition
    configured: ConfiguredStream = field(compare=False)
    lower: str | None = None

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def incremental(self) -> bool:
        return self.configured.incremental


@dataclass(frozen=True)
class StreamGroup:
    """Streams of one entity that are fetched by the same requests; the first of them stands for all."""

    members: tuple[ConfiguredMember, ...]

    @property
    def first(self) -> ConfiguredMember:
        return self.members[0]

    @property
    def entity(self) -> EntitySchema:
        return self.first.definition.entity

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(member.name for member in self.members)

    @property
    def lower(self) -> str | None:
        """The earliest position of the members."""
        return min((member.lower for member in self.members), key=_ticks)


def group_streams(members: Iterable[ConfiguredMember]) -> list[StreamGroup]:
    """The groups, in the order of their first members; these in the order of the catalog."""
    groups: dict[tuple[str, bool], list[ConfiguredMember]] = {}
    for member in members:
        groups.setdefault((member.definition.entity.name, member.incremental), []).append(member)
    return [joined for same in groups.values() for joined in _close_ones(same)]


def _close_ones(members: list[ConfiguredMember]) -> Iterator[StreamGroup]:
    """Sorted by position and cut where the gap is wide; within a group the order of the catalog is restored."""
    ordered = sorted(members, key=lambda member: _ticks(member.lower))
    together: list[ConfiguredMember] = []
    for member in ordered:
        if together and not _close(together[0].lower, member.lower):
            yield _joined(together, members)
            together = []
        together.append(member)
    yield _joined(together, members)


def _joined(together: list[ConfiguredMember], order: list[ConfiguredMember]) -> StreamGroup:
    return StreamGroup(tuple(sorted(together, key=order.index)))


def _close(earlier: str | None, later: str | None) -> bool:
    if earlier is None or later is None:
        return earlier == later
    return _ticks(later) - _ticks(earlier) <= _CLOSE


def _ticks(position: str | None) -> float:
    return float("-inf") if position is None else Timestamp.parse(position).ticks
