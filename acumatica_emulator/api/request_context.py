"""Knows what every room behind the door is given: the request, who asks, which endpoint; knows nothing of routing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from acumatica_emulator.api import refusals
from acumatica_emulator.api.http import Request
from acumatica_emulator.api.options import BadOption, Wanted, parse
from acumatica_emulator.api.page_cache import Shelf
from acumatica_emulator.catalog import Contract, EntityType
from acumatica_emulator.filters import Condition, Scope, compile_filter
from acumatica_emulator.filters.operands import FilterError
from acumatica_emulator.records.projection import Frame, Projection, UnknownMember
from acumatica_emulator.records.values import Zones
from acumatica_emulator.site.behavior import Switches
from acumatica_emulator.site.clock import Clock
from acumatica_emulator.site.sessions import Session
from acumatica_emulator.site.tenants import Tenant


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
        texts, on = self._texts, self.switches
        looks = (on.server_zone, on.user_zone, on.site, on.links, on.file_comment, *on.drop_downs, *on.languages)
        key = (self.contract.title, self.entity.name, texts, looks, self.entity.name in on.select_ignored)
        known = self.shelf.projections.get(key)
        if known is None:
            self.shelf.clear_if_full()
            known = self.shelf.projections[key] = self.project(self.wanted())
        return known

    @property
    def _texts(self) -> tuple[str | None, ...]:
        return tuple(self.query.get(name) for name in ("$select", "$expand", "$custom"))

    def wanted(self) -> Wanted:
        """What the query options ask for; nobody changes it, because the next request with the same options gets it."""
        ignored = self.entity.name in self.switches.select_ignored
        key = (self._texts, self.contract.number, ignored)
        known = self.shelf.wanted.get(key)
        if known is None:
            try:
                known = parse(self.query, self.contract.number)
            except BadOption as error:
                raise refusals.bad_filter(str(error)) from error
            known.select = None if ignored else known.select
            self.shelf.clear_if_full()
            self.shelf.wanted[key] = known
        return known

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
