"""The files of records: put, replace and fetch one.

A file goes to the place a record's `_links["files:put"]` names, or by keys. The same name again is a new revision: the
content changes, the id stays. A place that names a record by its id with the keyed form is 404, as users found out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from acumatica_emulator.api.record_lookup import find
from acumatica_emulator.api.request_context import RequestContext
from acumatica_emulator.records.rows import Attachment, Row, guid
from acumatica_emulator.records.tables import Table
from acumatica_emulator.site import refusals
from acumatica_emulator.site.http import Request, Response
from acumatica_emulator.site.tenants import Tenant

LONGEST_COMMENT = 500


def fetch_file(tenant: Tenant, id: str) -> Response:
    for table in tenant.loaded():
        for row in table.rows_in_memory():
            for holder in (row, *row.children()):
                for file in holder.files:
                    if file.id == id.lower():
                        return Response(200, file.content, [("Content-Type", "application/octet-stream")])
    raise refusals.invented(404, "The file is not found.")


def put_file(tenant: Tenant, request: Request, id: str, name: str, root: str) -> Response:
    """Attaches to the record or line of this id."""
    for table in tenant.loaded():
        record = table.by_id(id.lower())
        if record is not None:
            return _attach(table, record, lambda twin: twin, request, name, root)
        for row in table.rows_in_memory():
            for detail, lines in row.details.items():
                for at, line in enumerate(lines):
                    if line.id == id.lower():
                        return _attach(table, row, _line_of(detail, at), request, name, root)
    raise refusals.no_entity_satisfies()


def _line_of(detail: str, at: int) -> Callable[[Row], Row]:
    return lambda twin: twin.details[detail][at]


def put_file_by_keys(context: RequestContext, rest: Sequence[str]) -> Response:
    *keys, _, name = rest
    row = find(context, keys)
    if row is None or row.id == keys[0].lower():
        raise refusals.no_such_entity(context.request.path)
    table = context.tenant.table(context.entity.name)
    return _attach(table, row, lambda twin: twin, context.request, name, context.frame.root)


def _attach(table: Table, row: Row, holder: Callable[[Row], Row], request: Request, name: str, root: str) -> Response:
    twin = row.copy()
    target = holder(twin)
    comment = request.headers.get("px-cbfilecomment")
    comment = comment[:LONGEST_COMMENT] if comment else None
    known = next((file for file in target.files if file.name.casefold() == name.casefold()), None)
    file = Attachment(known.id if known else guid(target.id, "file", name), name, request.body, comment)
    target.files = [each for each in target.files if each is not known] + [file]
    table.replace(row, twin)
    return Response(204, headers=[("Location", f"{root}/files/{file.id}")])
