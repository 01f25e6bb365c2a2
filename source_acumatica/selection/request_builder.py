"""Stream group -> what is read of its entity: one selection that serves all of its streams.

SalesOrder            columns OrderNbr, Status      select  OrderNbr, Status, Details/LineNbr, Details/OrderQty
SalesOrder_Details    columns LineNbr, OrderQty     rows    Details
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.rest.query import SAFE_URL_LENGTH, Query
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EndpointSchema
from source_acumatica.catalog.custom_fields import chosen_custom_fields, name_custom_fields, wanted_custom_fields
from source_acumatica.catalog.stream_schema import record_paths, row_paths
from source_acumatica.config.settings import SourceSettings
from source_acumatica.config.stream_options import Details, StreamOptions
from source_acumatica.selection.column_selection import (
    ColumnSelection,
    required_columns,
    select_record_columns,
    select_row_columns,
)
from source_acumatica.selection.selection import Selection, make_selection
from source_acumatica.selection.stream_groups import ConfiguredMember, StreamGroup

# What a filter by two stamps and a page add to an address.
_WINDOW_LENGTH = 350


def build_selection(client: AcumaticaClient, group: StreamGroup, settings: SourceSettings) -> Selection:
    """Raises AcumaticaError: where columns of custom fields are chosen, the form is asked for them."""
    schema, options, entity = client.schema(), settings.options, group.entity
    rule = options.rule_of(entity.name)
    chosen = [(member, _columns(schema, member, options)) for member in group.members]
    rows = tuple(member.definition.detail for member in group.members if member.definition.detail)
    expand = tuple(dict.fromkeys(path for member, columns in chosen for path in _shown(member, columns)))
    own = [entity.cursor] if entity.cursor else []
    base = [required_columns("", (*entity.keys, *own))] if len(rows) == len(chosen) else []
    whole = reduce(ColumnSelection.and_, [*base, *(columns for _, columns in chosen)])
    query = Query(select=whole.select, expand=(*expand, *rows), filter=rule.filter)
    return make_selection(
        schema,
        entity,
        expand,
        select=whole.select if _fits(client, entity.name, query) else (),
        rows=rows,
        custom=_custom(client, group, options),
        condition=rule.filter,
        archived=bool(rule.archived),
        page_size=rule.page_size or settings.page_size,
    )


def _columns(schema: EndpointSchema, member: ConfiguredMember, options: StreamOptions) -> ColumnSelection:
    """Columns decide what is read, so that a connection keeps what it was set up with; without any, the settings do."""
    entity, detail, columns = member.definition.entity, member.definition.detail, member.configured.columns
    if detail:
        offered = row_paths(schema, entity, detail, files=options.files)
        return select_row_columns(schema, entity.name, detail, columns, offered)
    details = Details.BOTH if columns else options.details
    return select_record_columns(
        schema, entity.name, columns, record_paths(schema, entity, details, files=options.files)
    )


def _shown(member: ConfiguredMember, columns: ColumnSelection) -> Iterator[str]:
    """The nested members that stand in the records or rows of the stream itself."""
    detail = member.definition.detail
    own = f"{detail}/" if detail else ""
    return (path for path in columns.expand if path.startswith(own) and path != detail)


def _custom(client: AcumaticaClient, group: StreamGroup, options: StreamOptions) -> tuple[CustomField, ...]:
    name, wanted = group.entity.name, [member.configured.columns for member in group.members]
    all_of_them = options.wants_custom_fields(name)
    if not any(name_custom_fields(columns) or (all_of_them and not columns) for columns in wanted):
        return ()
    fields = client.custom_fields(name)
    asked = wanted_custom_fields(fields, options, name)
    chosen = (
        chosen_custom_fields(member.name, fields if columns else asked, columns, member.definition.detail)
        for member, columns in zip(group.members, wanted, strict=True)
        if columns or all_of_them
    )
    return tuple(dict.fromkeys(field for some in chosen for field in some))


def _fits(client: AcumaticaClient, entity: str, query: Query) -> bool:
    """Whether the address stays short enough with its `$select`; one wide answer costs less than two narrow ones."""
    return client.url_length(entity, query) + _WINDOW_LENGTH <= SAFE_URL_LENGTH
