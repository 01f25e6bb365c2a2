"""One tenant: its tables, number sequences, custom fields, and commits that are not visible yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from acumatica_emulator import catalog
from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.rules import rule_of
from acumatica_emulator.records.tables import Bulk, Table
from acumatica_emulator.site.clock import Clock

Customs = Mapping[tuple[str, str], str]

# Fields that no contract shows. A form has hundreds; these few are enough to select, filter by and write.
CUSTOMS: Mapping[str, Customs] = {
    "Customer": {("BAccount", "UsrLoyaltyTier"): "str", ("BAccount", "UsrRating"): "int"},
    "StockItem": {("ItemSettings", "UsrShelfLife"): "int", ("ItemSettings", "UsrBattery"): "str"},
    "SalesOrder": {
        ("Document", "AttributeCHANNEL"): "str",
        ("Document", "UsrReviewed"): "bool",
        ("Document", "DiscDate"): "time",
        ("Document", "CuryBalanceWOTotal"): "dec",
        ("Transactions", "UsrEngraving"): "str",
    },
    "Opportunity": {("Opportunity", "AttributeREGION"): "str"},
}


@dataclass(frozen=True, eq=False)
class Waiting:
    """A change that was stamped and shows at `at`, with names of the records that it changes."""

    at: datetime
    change: Callable[[], None]
    records: frozenset[object]


class Tenant:
    """A company of the instance. Tables are made at their first use."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        seed: Callable[[str], Iterable[Row]],
        bulks: Mapping[str, Callable[[], Bulk]] | None = None,
    ) -> None:
        self.name, self.clock = name, clock
        self._seed, self._bulks = seed, dict(bulks or {})
        self._tables: dict[str, Table] = {}
        self._numbers: dict[str, int] = {}
        self._waiting: list[Waiting] = []

    def table(self, entity: str) -> Table:
        known = self._tables.get(entity)
        if known is None:
            bulk = self._bulks.get(entity)
            rows = (lambda: ()) if bulk else (lambda: self._seed(entity))
            known = Table(keys_of(entity), rows, bulk() if bulk else None)
            self._tables[entity] = known
        return known

    def loaded(self) -> list[Table]:
        """The tables in use; a file can only be requested after its record was."""
        return list(self._tables.values())

    def customs(self, entity: str) -> Customs:
        return CUSTOMS.get(entity, {})

    def exists(self, entities: tuple[str, ...], code: object) -> bool:
        """Whether a row of one of the entities has the code as its key."""
        return any(self.table(entity).find((code,)) is not None for entity in entities)

    def next_number(self, entity: str) -> object:
        """The next number of the entity's sequence; it goes on from the highest seeded one."""
        pattern = rule_of(entity).number
        if entity not in self._numbers:
            self._numbers[entity] = self._highest(entity, pattern)
        self._numbers[entity] += 1
        at = self._numbers[entity]
        return at if pattern == "int" else pattern.format(at)

    def _highest(self, entity: str, pattern: str) -> int:
        table = self.table(entity)
        if table.size_of_bulk:
            return table.size_of_bulk + 1
        prefix = pattern.partition("{")[0]
        numbers = [str(row.values.get(table.keys[-1], "")) for row in table]
        if pattern == "int":
            return max((int(number) for number in numbers if number.isdigit()), default=0)
        tails = [number[len(prefix) :] for number in numbers if number.startswith(prefix)]
        return max((int(tail) for tail in tails if tail.isdigit()), default=0)

    # --- commits that become visible later than their stamp

    def commit(self, seconds: float, change: Callable[[], None], *records: object) -> None:
        """Makes a change visible after so many seconds. `records` name what it changes, see `hurry`."""
        if seconds <= 0:
            change()
            return
        self._waiting.append(Waiting(self.clock.later(seconds), change, frozenset(records)))

    def commit_due(self) -> None:
        """Makes the commits visible whose time has come."""
        now = self.clock.now()
        self._commit(lambda waiting: waiting.at <= now)

    def commit_early(self, record: object) -> None:
        """Commits what waits for a record that is to be written again: a second transaction would wait for the first,
        and that waiting takes no time here."""
        self._commit(lambda waiting: record in waiting.records)

    def _commit(self, is_due: Callable[[Waiting], bool]) -> None:
        due = [waiting for waiting in self._waiting if is_due(waiting)]
        self._waiting = [waiting for waiting in self._waiting if waiting not in due]
        for waiting in due:
            waiting.change()


def keys_of(entity: str) -> tuple[str, ...]:
    """The business keys, the same in every version that has the entity."""
    for endpoint, version in catalog.BASES:
        known = catalog.load(endpoint, version).types.get(entity)
        if known is not None and known.keys:
            return known.keys
    return ()
