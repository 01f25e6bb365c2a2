"""Read an inquiry: PUT the parameters, get one object with its results.

The results of an inquiry are computed from the documents of the tenant where that is simple (stock on hand,
shipments of orders), and are empty elsewhere. `role` in the catalog says which forms are inquiries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from acumatica_emulator.api.optimizer import inquiry_fields
from acumatica_emulator.api.request_context import RequestContext
from acumatica_emulator.records.rows import Row, guid
from acumatica_emulator.site import refusals
from acumatica_emulator.site.http import Response
from acumatica_emulator.site.tenants import Tenant

Results = Callable[[Tenant, Row], Iterator[dict[str, Any]]]
NOT_LISTABLE = ("inquiry", "processing")


def refuse_list(context: RequestContext) -> None:
    """A list of an inquiry cannot be optimized: it has parameters, not records."""
    if context.entity.role in NOT_LISTABLE:
        raise refusals.cannot_optimize(inquiry_fields(context.entity))


def is_inquiry(context: RequestContext) -> bool:
    return context.entity.role in NOT_LISTABLE


def run_inquiry(context: RequestContext, parameters: Row) -> Response:
    """The answer to a PUT of parameters: the parameters, and in the expanded detail the results."""
    row = Row(guid(context.session.token, context.entity.name), dict(parameters.values))
    for name in context.entity.details:
        maker = _RESULTS.get(context.entity.name)
        for at, values in enumerate(maker(context.tenant, row) if maker else ()):
            row.lines(name).append(Row(guid(row.id, name, at), values))
    return Response.json(context.projection().render(row, 1))


def _matches(asked: object, value: object) -> bool:
    return asked in (None, "") or str(asked).casefold() == str(value).casefold()


def _stock(tenant: Tenant, asked: Row) -> Iterator[dict[str, Any]]:
    """Stock on hand by warehouse. Without an item there is nothing, as a live 26R1 instance answered."""
    wanted = asked.values.get("InventoryID")
    if not wanted:
        return
    for item in tenant.table("StockItem"):
        for line in item.details.get("WarehouseDetails", ()):
            code = line.values.get("WarehouseID")
            if _matches(wanted, item.values["InventoryID"]) and _matches(asked.values.get("WarehouseID"), code):
                on_hand = line.values.get("QtyOnHand") or Decimal(0)
                yield {"WarehouseID": code, "QtyOnHand": on_hand, "QtyAvailable": on_hand, "BaseUnit": "EA"}


def _storage(tenant: Tenant, asked: Row) -> Iterator[dict[str, Any]]:
    for item in tenant.table("StockItem"):
        for line in item.details.get("WarehouseDetails", ()):
            code = line.values.get("WarehouseID")
            if _matches(asked.values.get("WarehouseID"), code):
                yield {
                    "InventoryID": item.values["InventoryID"],
                    "WarehouseID": code,
                    "QtyOnHand": line.values.get("QtyOnHand"),
                }


def _shipments(tenant: Tenant, asked: Row) -> Iterator[dict[str, Any]]:
    for shipment in tenant.table("Shipment"):
        order = next((line.values.get("OrderNbr") for line in shipment.details.get("Details", ())), None)
        if _matches(asked.values.get("OrderNbr"), order):
            yield {
                "ShipmentNumber": shipment.values["ShipmentNbr"],
                "ShipmentType": "Shipment",
                "OrderType": "SO",
                "OrderNbr": order,
                "Confirmed": shipment.values.get("Status") in ("Confirmed", "Completed"),
            }


def _accounts(tenant: Tenant, asked: Row) -> Iterator[dict[str, Any]]:
    for account in tenant.table("Account"):
        yield {"Account": account.values["AccountCD"], "Description": account.values["Description"]}


_RESULTS: Mapping[str, Results] = {
    "AccountSummaryInquiry": _accounts,
    "BCShipments": _shipments,
    "InventoryQuantityAvailable": _storage,
    "InventorySummaryInquiry": _stock,
    "StorageDetailsInquiry": _storage,
}
