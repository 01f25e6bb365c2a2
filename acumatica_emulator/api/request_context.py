"""What every handler gets: the request, its session and tenant, the entity, and the parsed query options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from acumatica_emulator.api.forms import view_fields
from acumatica_emulator.api.options import BadOption, Wanted, parse
from acumatica_emulator.api.projection import Frame, Projection
from acumatica_emulator.catalog import Contract, EntityType, UnknownMember
from acumatica_emulator.filters import Condition, Scope, compile_filter
from acumatica_emulator.filters.operands import FilterError
from acumatica_emulator.records.values import Zones
from acumatica_emulator.site import refusals
from acumatica_emulator.site.behavior import Behavior
from acumatica_emulator.site.clock import Clock
from acumatica_emulator.site.http import Request
from acumatica_emulator.site.sessions import Session
from acumatica_emulator.site.tenants import Customs, Tenant

KEPT_OPTIONS = 256


@dataclass
class CompiledOptions:
    """Query options that were read before: clients repeat them, and a filter or projection is costly to compile."""

    wanted: dict[object, Wanted] = field(default_factory=dict)
    projections: dict[object, Projection] = field(default_factory=dict)
    conditions: dict[object, Condition] = field(default_factory=dict)

    def clear_if_full(self) -> None:
        for compiled in (self.wanted, self.projections, self.conditions):
            if len(compiled) > KEPT_OPTIONS:
                compiled.clear()


@lru_cache(maxsize=64)
def zones_of(server: str, user: str) -> Zones:
    return Zones(server, user)


@dataclass
class RequestContext:
    """One request with its session, its tenant and the entity of an endpoint version."""

    request: Request
    query: Mapping[str, str]
    session: Session
    tenant: Tenant
    contract: Contract
    entity: EntityType
    behavior: Behavior
    clock: Clock
    compiled: CompiledOptions

    @property
    def zones(self) -> Zones:
        return zones_of(self.behavior.server_zone, self.behavior.user_zone)

    @property
    def frame(self) -> Frame:
        return self._frame(())

    def _frame(self, null_fields: Sequence[str]) -> Frame:
        on = self.behavior
        return Frame(
            self.contract,
            self.zones,
            on.site,
            on.links,
            on.file_comment,
            tuple(on.languages),
            absent=on.absent_members,
            null_notes=on.null_notes,
            null_parts=on.null_parts,
            null_fields=null_fields,
        )

    @property
    def customs(self) -> Customs:
        """The fields that `$custom` and `cf.` know: those of the form's views, and the tenant's own."""
        return {**view_fields(self.entity, self.contract.types), **self.tenant.customs(self.entity.name)}

    def projection(self, *, listed: bool = False) -> Projection:
        """The projection of the query options; an unknown name is refused as the server refuses it.

        A list is made without loading the form: fields that only the form computes are null.
        """
        texts, on = self._texts, self.behavior
        looks = (on.server_zone, on.user_zone, on.site, on.links, on.file_comment, *on.drop_downs, *on.languages)
        shape = repr((on.absent_members, on.null_notes, on.null_parts, on.form_computed if listed else None))
        key = (self.contract.title, self.entity.name, texts, looks, shape, self.entity.name in on.select_ignored)
        known = self.compiled.projections.get(key)
        if known is None:
            self.compiled.clear_if_full()
            known = self.compiled.projections[key] = self.project(self.wanted(), listed=listed)
        return known

    @property
    def _texts(self) -> tuple[str | None, ...]:
        return tuple(self.query.get(name) for name in ("$select", "$expand", "$custom"))

    def wanted(self) -> Wanted:
        """The parsed query options; never changed: the next request with the same options gets the same object."""
        ignored = self.entity.name in self.behavior.select_ignored
        key = (self._texts, self.contract.number, ignored)
        known = self.compiled.wanted.get(key)
        if known is None:
            try:
                known = parse(self.query, self.contract.number)
            except BadOption as error:
                raise refusals.bad_filter(str(error)) from error
            known.select = None if ignored else known.select
            self.compiled.clear_if_full()
            self.compiled.wanted[key] = known
        return known

    def project(self, wanted: Wanted, *, listed: bool = False) -> Projection:
        frame = self._frame(self.behavior.form_computed.get(self.entity.name, ()) if listed else ())
        try:
            return Projection(frame, self.entity, wanted, self.customs)
        except UnknownMember as error:
            raise refusals.unknown_name() from error

    def condition(self) -> Condition | None:
        """The compiled $filter, if there is one."""
        text = self.query.get("$filter", "")
        if not text.strip():
            return None
        on = self.behavior
        zones = (on.server_zone, on.user_zone, on.filter_offset)
        key = (self.contract.title, self.entity.name, text, zones, *on.drop_downs)
        known = self.compiled.conditions.get(key)
        if known is None:
            self.compiled.clear_if_full()
            number = self.contract.number
            scope = Scope(self.entity, self.contract.types, self.zones, on.filter_offset, number, self.customs)
            try:
                known = compile_filter(text, scope)
            except UnknownMember as error:
                raise refusals.unknown_name() from error
            except FilterError as error:
                status = on.type_mismatch_status if "incompatible types" in str(error) else 500
                raise refusals.bad_filter(str(error), status) from error
            self.compiled.conditions[key] = known
        return known

    def header(self, name: str) -> str:
        return self.request.headers.get(name.lower(), "")
