"""Failures ordered in advance: for which request, and which of them happened.

A fault is ordered before the test acts and accounted for after it: one that never came up means that the test did not
do what it says. What each effect needs:

    status       answers `status` (and `body`, `headers`) in place of the real answer; processed=True saves first
    html         the same with a web page, as of IIS, a proxy or a challenge in front; `body` replaces the page
    sign_in_page a redirect to the sign-in page; the request is not processed
    slow         waits `seconds` before it answers
    reset        the connection is reset before the body was read: as a server that is down; not processed
    drop         the connection is closed after the body was read, and nothing is processed
    hang_up      processed, then `after` bytes of the true answer are sent and the connection is closed
    truncate     the first `after` bytes of the body as if they were all of it
    recycle      the app pool starts anew before the request: every session is gone
    maintenance  the site answers 503 with a page until `seconds` of the instance's time have passed
    skew         the instance's clock jumps by `seconds`
    row_leaves   the first row of the entity is deleted before the answer: a row slips from the next page into this one
    row_arrives  a row appears before the first one: the last row of the page before is shown again
    row_moves    the first row gets a new key and goes to the end
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

Property: TypeAlias = Any  # of a fault; the types are those of the dataclass below
EFFECTS = (
    "status",
    "html",
    "sign_in_page",
    "slow",
    "reset",
    "drop",
    "hang_up",
    "truncate",
    "recycle",
    "maintenance",
    "skew",
    "row_leaves",
    "row_arrives",
    "row_moves",
)


class UnknownFault(ValueError):
    """There is no effect, or no property of a fault, of this name."""


@dataclass
class Fault:
    """One ordered failure: for the `nth` request that fits method, entity and path, and the `times` - 1 after it.

    `times` 0: for every one after it. `status` 0: 500, or 200 for a web page.
    """

    effect: str
    method: str = "*"
    entity: str = "*"
    path: str = "*"
    nth: int = 1
    times: int = 1
    status: int = 0
    body: str | None = None
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0
    after: int = 0
    processed: bool = False
    seen: int = 0
    happened: int = 0

    @property
    def used(self) -> bool:
        return self.happened >= max(self.times, 1)

    def fits(self, method: str, entity: str, path: str) -> bool:
        return (
            fnmatchcase(method, self.method)
            and fnmatchcase(entity.casefold(), self.entity.casefold())
            and fnmatchcase(path, self.path)
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Faults:
    """The orders of an instance."""

    def __init__(self) -> None:
        self.ordered: list[Fault] = []

    def add(self, effect: str, **properties: Property) -> Fault:
        """Orders a fault, as `add("status", method="GET", entity="Customer", nth=2, status=503)`."""
        known = {each.name for each in fields(Fault)}
        if effect not in EFFECTS or not known >= set(properties):
            raise UnknownFault(f"{effect} {sorted(set(properties) - known)}")
        fault = Fault(effect, **properties)
        fault.seconds = float(fault.seconds)  # an order over HTTP brings a decimal
        self.ordered.append(fault)
        return fault

    def add_from_json(self, order: Mapping[str, Any]) -> Fault:
        """Orders a fault from its JSON form."""
        rest = {name: value for name, value in order.items() if name not in ("effect", "seen", "happened")}
        return self.add(str(order.get("effect", "")), **rest)

    def due(self, method: str, entity: str, path: str, *, body_read: bool = True) -> list[Fault]:
        """The faults that happen to this request, before or after its body was read; every fault it fits counts it."""
        found = []
        for fault in self.ordered:
            if not fault.fits(method, entity, path) or body_read is (fault.effect == "reset"):
                continue
            fault.seen += 1
            if fault.seen >= fault.nth and (fault.times == 0 or not fault.used):
                fault.happened += 1
                found.append(fault)
        return found

    @property
    def all_used(self) -> bool:
        return not self.unused

    @property
    def unused(self) -> list[Fault]:
        return [fault for fault in self.ordered if not fault.used]

    def clear(self) -> None:
        self.ordered.clear()
