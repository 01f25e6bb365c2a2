"""Actions that do more than set a status: ship an order, reverse a bill, rename a key.

Each returns the change that is made when the action ends; what can be refused is refused at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from acumatica_emulator.api.request_context import RequestContext
from acumatica_emulator.records.rows import Row, guid
from acumatica_emulator.records.rules import rule_of
from acumatica_emulator.records.values import Scalar
from acumatica_emulator.site import refusals
from acumatica_emulator.site.refusals import Refusal

Parameters = Mapping[str, Any]
Action = Callable[[RequestContext, Row, Parameters], Callable[[], None]]
_NO_QUANTITY = Decimal("0.000000")


def apply(context: RequestContext, id: str, effect: Mapping[str, Scalar]) -> None:
    """Set fields of a stored row, and stamp it."""
    row = context.tenant.table(context.entity.name).by_id(id)
    if row is not None and effect:
        twin = row.copy()
        twin.values.update(effect)
        _save(context, row, twin)


def disabled(button: str) -> Refusal:
    return refusals.failed(f"Error: The {button} button is disabled.")  # UNVERIFIED wording


def _save(context: RequestContext, row: Row, twin: Row) -> None:
    twin.modified = context.clock.now()
    context.tenant.table(context.entity.name).replace(row, twin)


def _value(parameters: Parameters, name: str) -> Any:  # noqa: ANN401  (whatever the caller sent)
    return (parameters.get(name) or {}).get("value")


def _ship(context: RequestContext, order: Row, parameters: Parameters) -> Callable[[], None]:
    """A shipment with the lines of the order; each of the two documents then shows the other."""
    warehouse = str(_value(parameters, "WarehouseID") or "MAIN")

    def change() -> None:
        row = context.tenant.table(context.entity.name).by_id(order.id)
        if row is None:
            return
        shipment = _shipment(context, row, warehouse)
        context.tenant.table("Shipment").insert(shipment)
        twin = row.copy()
        twin.values["Status"] = "Shipping"
        for line in twin.details.get("Details", ()):
            line.values["QtyOnShipments"] = line.values.get("OrderQty") or _NO_QUANTITY
        shown = {name: shipment.values.get(name) for name in ("ShipmentNbr", "Status", "ShippedQty", "ShipmentDate")}
        values = {**shown, "ShipmentType": "Issue", "OrderNoteID": row.id, "ShippingNoteID": shipment.id}
        twin.lines("Shipments").append(Row(guid(row.id, "Shipments", shipment.id), values, context.clock.now()))
        _save(context, row, twin)

    return change


def _shipment(context: RequestContext, order: Row, warehouse: str) -> Row:
    now, source = context.clock.now(), {name: order.values.get(name) for name in ("OrderType", "OrderNbr")}
    shipment = Row(guid("shipment", order.id, now.isoformat()), dict(rule_of("Shipment").defaults), now)
    number = str(context.tenant.next_number("Shipment"))
    shipment.values.update(ShipmentNbr=number, CustomerID=order.values.get("CustomerID"), WarehouseID=warehouse)
    shipment.values.update(ShipmentDate=now.date(), Operation="Issue", LocationID="MAIN")
    for at, line in enumerate(order.details.get("Details", ())):
        values: dict[str, Scalar] = {name: line.values.get(name) for name in ("InventoryID", "UOM", "LineNbr")}
        quantity = line.values.get("OrderQty") or _NO_QUANTITY
        values.update(source, WarehouseID=warehouse, OrderedQty=quantity, ShippedQty=quantity)
        values["OrderLineNbr"] = line.values.get("LineNbr")
        shipment.lines("Details").append(Row(guid(shipment.id, "Details", at), values, now))
    rule_of("Shipment").compute(shipment)
    about = {**source, "ShipmentNbr": number, "ShipmentType": "Issue", "OrderNoteID": order.id}
    about["ShippedQty"] = shipment.values.get("ShippedQty")
    shipment.lines("Orders").append(Row(guid(shipment.id, "Orders", 0), about, now))
    return shipment


def _reverse(context: RequestContext, bill: Row, parameters: Parameters) -> Callable[[], None]:
    """A debit adjustment with the lines of a released bill. A bill that is not released has nothing to reverse."""
    if bill.values.get("Type") != "Bill" or bill.values.get("Status") not in ("Open", "Closed"):
        raise disabled("Reverse")

    def change() -> None:
        now = context.clock.now()
        adjustment = bill.copy()
        adjustment.id = guid("reverse", bill.id, now.isoformat())
        adjustment.values.update(Type="Debit Adj.", ReferenceNbr=str(context.tenant.next_number("Bill")))
        adjustment.values.update(Status="Balanced", Hold=False, Date=now.date())
        for name, lines in adjustment.details.items():
            for at, line in enumerate(lines):
                line.id, line.modified, line.created = guid(adjustment.id, name, at), now, now
        adjustment.details.pop("Applications", None)
        adjustment.modified = adjustment.created = now
        rule_of("Bill").compute(adjustment)
        context.tenant.table("Bill").insert(adjustment)

    return change


def _rename(context: RequestContext, row: Row, parameters: Parameters) -> Callable[[], None]:
    """Another business key; the NoteID stays. References to the old key are not followed."""
    key = context.entity.keys[-1]
    new = str(_value(parameters, key) or "").strip()
    if not new:
        raise refusals.failed(f"Error: '{key}' cannot be empty.")  # UNVERIFIED wording
    known = context.tenant.table(context.entity.name).find(
        [*(row.values.get(name) for name in context.entity.keys[:-1]), new]
    )
    if known is not None and known.id != row.id:
        raise refusals.failed(f"Error: '{new}' already exists.")  # UNVERIFIED wording
    return lambda: apply(context, row.id, {key: new})


SPECIAL: Mapping[str, Action] = {
    "SalesOrderCreateShipment": _ship,
    "ReverseBill": _reverse,
    "ChangeBusinessAccountID": _rename,
    "ChangeProjectID": _rename,
    "ChangeEmployeeID": _rename,
    "ChangeCostCodeID": _rename,
}
