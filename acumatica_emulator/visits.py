"""Knows what every room behind the door is given: the request, who asks, which endpoint; knows nothing of routing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from acumatica_emulator import refusals
from acumatica_emulator.catalog import Contract, EntityType
from acumatica_emulator.clock import Clock
from acumatica_emulator.filters import Condition, Scope, compile_filter
from acumatica_emulator.filters.operands import FilterError
from acumatica_emulator.http import Request
from acumatica_emulator.options import BadOption, Wanted, parse
from acumatica_emulator.projection import Frame, Projection, UnknownMember
from acumatica_emulator.sessions import Session
from acumatica_emulator.switches import Switches
from acumatica_emulator.tenants import Tenant
from acumatica_emulator.values import Zones

KEPT_PROJECTIONS = 256
KEPT_BYTES = 128 * 1024 * 1024


class Shelf:
    """What an instance keeps because clients repeat themselves: compiled projections and conditions, whole pages."""

    def __init__(self) -> None:
        self._pages: dict[object, bytes] = {}
        self._size = 0
        self.projections: dict[object, Projection] = {}
        self.conditions: dict[object, Condition] = {}

    def page(self, key: object, make: Callable[[], bytes]) -> bytes:
        """The page of a key, made if it is not kept; the oldest make room. A key names all that the page depends on."""
        known = self._pages.get(key)
        if known is None:
            known = make()
            while self._pages and self._size + len(known) > KEPT_BYTES:
                self._size -= len(self._pages.pop(next(iter(self._pages))))
            self._pages[key] = known
            self._size += len(known)
        return known

    def clear_if_full(self) -> None:
        if len(self.projections) > KEPT_PROJECTIONS:
            self.projections.clear()
        if len(self.conditions) > KEPT_PROJECTIONS:
            self.conditions.clear()


@lru_cache(maxsize=64)
def zones_of(server: str, user: str) -> Zones:
    return Zones(server, user)


@dataclass
class Visit:
    """One request that got past the door: a session, its tenant, an entity of an endpoint version."""

    request: Request
    query: Mapping[str, str]
    session: Session
    tenant: Tenant
    contract: Contract
    entity: EntityType
    switches: Switches
    clock: Clock
    shelf: Shelf

    @property
    def zones(self) -> Zones:
        return zones_of(self.switches.server_zone, self.switches.user_zone)

    @property
    def frame(self) -> Frame:
        on = self.switches
        return Frame(self.contract, self.zones, on.site, on.links, on.file_comment, tuple(on.languages))

    def projection(self) -> Projection:
        """The projection that the query options ask for; refused as the server refuses names it does not know."""
        texts = tuple(self.query.get(name) for name in ("$select", "$expand", "$custom"))
        on = self.switches
        looks = (on.server_zone, on.user_zone, on.site, on.links, on.file_comment, *on.drop_downs, *on.languages)
        key = (self.contract.title, self.entity.name, texts, looks, self.entity.name in on.select_ignored)
        known = self.shelf.projections.get(key)
        if known is None:
            self.shelf.clear_if_full()
            known = self.shelf.projections[key] = self.project(self.wanted())
        return known

    def wanted(self) -> Wanted:
        try:
            wanted = parse(self.query, self.contract.number)
        except BadOption as error:
            raise refusals.bad_filter(str(error)) from error
        if self.entity.name in self.switches.select_ignored:
            wanted.select = None
        return wanted

    def project(self, wanted: Wanted) -> Projection:
        try:
            return Projection(self.frame, self.entity, wanted, self.tenant.customs(self.entity.name))
        except UnknownMember as error:
            raise refusals.unknown_name() from error

    def condition(self) -> Condition | None:
        """The compiled $filter, if there is one."""
        text = self.query.get("$filter", "")
        if not text.strip():
            return None
        on = self.switches
        zones = (on.server_zone, on.user_zone, on.filter_offset)
        key = (self.contract.title, self.entity.name, text, zones, *on.drop_downs)
        known = self.shelf.conditions.get(key)
        if known is None:
            self.shelf.clear_if_full()
            customs = self.tenant.customs(self.entity.name)
            scope = Scope(self.entity, self.contract.types, self.zones, on.filter_offset, self.contract.number, customs)
            try:
                known = compile_filter(text, scope)
            except UnknownMember as error:
                raise refusals.unknown_name() from error
            except FilterError as error:
                status = on.type_mismatch_status if "incompatible types" in str(error) else 500
                raise refusals.bad_filter(str(error), status) from error
            self.shelf.conditions[key] = known
        return known

    def header(self, name: str) -> str:
        return self.request.headers.get(name.lower(), "")
