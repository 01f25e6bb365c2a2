"""Family -> what is asked of its entity: one query that serves all of its streams. Sends no list itself.

SalesOrder            columns OrderNbr, Status      select  OrderNbr, Status, Details/LineNbr, Details/OrderQty
SalesOrder_Details    columns LineNbr, OrderQty     rows    Details
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import reduce

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.rest.query import SAFE_URL_LENGTH, Query
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EndpointSchema
from source_acumatica.catalog.custom_fields import chosen_custom_fields, name_custom_fields, wanted_custom_fields
from source_acumatica.catalog.stream_schema import record_paths, row_paths
from source_acumatica.config.settings import SourceSettings
from source_acumatica.config.stream_options import Details, Scope
from source_acumatica.fetch.entity_reader import Reading
from source_acumatica.selection.column_selection import Choice, Columns, columns_of, needed, record_choice, row_choice
from source_acumatica.selection.stream_groups import Family, Member

# What a filter by two stamps and a page add to an address.
_WINDOW_LENGTH = 350


def reading_of(client: AcumaticaClient, family: Family, settings: SourceSettings) -> Reading:
    """Raises AcumaticaError: where columns of custom fields are chosen, the form is asked for them."""
    schema, scope, entity = client.schema(), settings.scope, family.entity
    rule = scope.rule_of(entity.name)
    choices = [(member, _choice(schema, member, scope)) for member in family.members]
    rows = tuple(member.offer.detail for member in family.members if member.offer.detail)
    reading = Reading(
        entity,
        expand=tuple(dict.fromkeys(path for member, one in choices for path in _shown(member, one))),
        page_size=rule.page_size or settings.page_size,
        custom=_custom(client, family, scope),
        rows=rows,
        condition=rule.filter,
        archived=bool(rule.archived),
    )
    bare = [needed("", (*entity.keys, *filter(None, [entity.cursor])))] if len(rows) == len(choices) else []
    whole = reduce(Choice.and_, [*bare, *(choice for _, choice in choices)])
    return replace(reading, select=_select_that_fits(client, reading, whole.select))


def _choice(schema: EndpointSchema, member: Member, scope: Scope) -> Choice:
    """Columns decide what is read, so that a connection keeps what it was set up with; without any, the settings do."""
    entity, detail, columns = member.offer.entity, member.offer.detail, columns_in(member)
    if detail:
        return row_choice(schema, entity.name, detail, columns, row_paths(schema, entity, detail, files=scope.files))
    details = Details.BOTH if columns else scope.details
    return record_choice(schema, entity.name, columns, record_paths(schema, entity, details, files=scope.files))


def columns_in(member: Member) -> Columns:
    """The columns that were chosen of a stream; none means all."""
    return columns_of(member.configured.stream.json_schema)


def _shown(member: Member, choice: Choice) -> Iterator[str]:
    """The nested members that stand in the records or rows of the stream itself."""
    own = f"{member.offer.detail}/" if member.offer.detail else ""
    return (path for path in choice.expand if path.startswith(own) and path != member.offer.detail)


def _custom(client: AcumaticaClient, family: Family, scope: Scope) -> tuple[CustomField, ...]:
    name, wanted = family.entity.name, [columns_in(member) for member in family.members]
    all_of_them = scope.wants_custom_fields(name)
    if not any(name_custom_fields(columns) or (all_of_them and not columns) for columns in wanted):
        return ()
    fields = client.custom_fields(name)
    asked = wanted_custom_fields(fields, scope, name)
    chosen = (
        chosen_custom_fields(member.name, fields if columns else asked, columns, member.offer.detail)
        for member, columns in zip(family.members, wanted, strict=True)
        if columns or all_of_them
    )
    return tuple(dict.fromkeys(field for some in chosen for field in some))


def _select_that_fits(client: AcumaticaClient, reading: Reading, select: tuple[str, ...]) -> tuple[str, ...]:
    """Nothing where it would make the address longer than is safe: one wide answer costs less than two narrow ones."""
    query = Query(select=select, expand=(*reading.expand, *reading.rows), filter=reading.condition)
    length = client.url_length(reading.entity.name, query) + _WINDOW_LENGTH
    return select if length <= SAFE_URL_LENGTH else ()
