"""Seeded documents of selling; a document refers only to rows that are seeded too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.rules import RULES
from acumatica_emulator.seed.items import stock_id
from acumatica_emulator.seed.people import customer_id, customer_name
from acumatica_emulator.seed.setup import SALESPERSONS, SHIP_VIA, WAREHOUSES
from acumatica_emulator.seed.world import World, day, money, period, quantity

SIX = Decimal("0.000001")


def order_number(at: int) -> str:
    return f"SO{at + 1:06}"


def sales_order(world: World, at: int) -> Row:
    """One order with one to six lines; its totals are worked out by the same rule that serves a write."""
    dice = world.dice("SalesOrder", at)
    customer = dice.randrange(world.sizes.customers)
    row = world.row(
        "SalesOrder",
        at,
        OrderType="SO" if at % 20 else "QT",
        OrderNbr=order_number(at),
        CustomerID=customer_id(customer),
        CustomerOrder=f"PO-{dice.randrange(10000, 99999)}" if at % 3 else None,
        LocationID="MAIN",
        Branch="MAIN",
        CurrencyID="USD",
        BaseCurrencyID="USD",
        CurrencyRate=Decimal("1.00000000"),
        CurrencyRateTypeID="SPOT",
        Status=("Open", "Completed", "Completed", "Back Order", "Shipping")[at % 5],
        Description=f"Order of {customer_name(customer)}",
        ShipVia=SHIP_VIA[at % 4],
        Approved=True,
        PaymentMethod="CHECK",
        ExternalRef=None,
    )
    ordered = row.created
    row.values.update(Date=day(ordered), RequestedOn=day(ordered, 3), EffectiveDate=day(ordered))
    for _ in range(dice.randrange(1, 7)):
        _order_line(world, row, dice.randrange(world.sizes.stock), quantity(dice, 1, 40), money(dice, 5, 500))
    world.part(row, "Totals")
    world.part(
        row, "FinancialSettings", Branch="MAIN", Terms="30D", CustomerTaxZone="DOMESTIC", DueDate=day(ordered, 30)
    )
    world.part(row, "ShippingSettings", ShipVia=SHIP_VIA[at % 4], ShippingRule="Back Order Allowed", Priority=0)
    world.part(row, "BillToContact", BusinessName=customer_name(customer), Email=f"office{customer}@example.com")
    world.part(row, "ShipToAddress", AddressLine1=f"{at % 90 + 1} Dock Road", City="Seattle", State="WA", Country="US")
    RULES["SalesOrder"].compute(row)
    row.custom[("Document", "AttributeCHANNEL")] = ("str", ("WEB", "PHONE", "EDI")[at % 3])
    return row


def _order_line(world: World, row: Row, item: int, amount: Decimal, price: Decimal) -> None:
    world.line(
        row,
        "Details",
        InventoryID=stock_id(item),
        LineDescription=f"Item {stock_id(item)}",
        LineType="Goods for Inventory",
        Operation="Issue",
        OrderQty=amount,
        UnitPrice=price.quantize(SIX),
        UOM="EA",
        WarehouseID=WAREHOUSES[item % 3],
        TaxCategory="TAXABLE",
        SalespersonID=SALESPERSONS[item % 4],
        Branch="MAIN",
        ShippingRule="Back Order Allowed",
        ShipOn=row.values["RequestedOn"],
        RequestedOn=row.values["RequestedOn"],
        Commissionable=True,
    )


def _sales_orders(world: World) -> Iterator[Row]:
    return (sales_order(world, at) for at in range(world.sizes.orders))


def _completed(world: World) -> Iterator[tuple[int, Row]]:
    """The orders that were shipped and invoiced."""
    for at in range(world.sizes.orders):
        if at % 5 in (1, 2) and at % 20:
            yield at, sales_order(world, at)


def _shipments(world: World) -> Iterator[Row]:
    for at, order in _completed(world):
        row = world.row(
            "Shipment",
            at,
            ShipmentNbr=f"{at + 1:06}",
            Type="Shipment",
            Operation="Issue",
            Status="Completed" if at % 5 == 1 else "Confirmed",
            CustomerID=order.values["CustomerID"],
            LocationID="MAIN",
            WarehouseID="MAIN",
            ShipVia=order.values["ShipVia"],
            ShipmentDate=day(order.created, 2),
            BaseCurrencyID="USD",
        )
        for line in order.lines("Details"):
            world.line(
                row,
                "Details",
                LineNbr=line.values["LineNbr"],
                InventoryID=line.values["InventoryID"],
                OrderType="SO",
                OrderNbr=order.values["OrderNbr"],
                OrderLineNbr=line.values["LineNbr"],
                OrderedQty=line.values["OrderQty"],
                ShippedQty=line.values["OrderQty"],
                UOM="EA",
                WarehouseID=line.values["WarehouseID"],
            )
        RULES["Shipment"].compute(row)
        yield row


def _invoices(world: World) -> Iterator[Row]:
    for at, order in _completed(world):
        row = world.row(
            "Invoice", at, Type="Invoice", ReferenceNbr=f"AR{at + 1:06}", Customer=order.values["CustomerID"]
        )
        _invoice_head(row, order, at)
        row.values["PostPeriod"] = period(day(order.created, 4))
        row.values.update(LinkBranch="MAIN", LinkARAccount="11000", LocationID="MAIN", Terms="30D")
        for line in order.lines("Details"):
            world.line(
                row,
                "Details",
                LineNbr=line.values["LineNbr"],
                InventoryID=line.values["InventoryID"],
                Qty=line.values["OrderQty"],
                UnitPrice=line.values["UnitPrice"],
                UOM="EA",
                Account="40000",
                Subaccount="000000",
                Branch="MAIN",
                TransactionDescription=line.values["LineDescription"],
            )
        RULES["Invoice"].compute(row)
        row.values["Balance"] = row.values["Amount"] if at % 5 == 1 else Decimal("0.0000")
        yield row


def _sales_invoices(world: World) -> Iterator[Row]:
    for at, order in _completed(world):
        row = world.row(
            "SalesInvoice", at, Type="Invoice", ReferenceNbr=f"AR{at + 1:06}", CustomerID=order.values["CustomerID"]
        )
        _invoice_head(row, order, at)
        row.values.update(Currency="USD", CustomerOrder=order.values["CustomerOrder"])
        for line in order.lines("Details"):
            world.line(
                row,
                "Details",
                LineNbr=line.values["LineNbr"],
                InventoryID=line.values["InventoryID"],
                OrderType="SO",
                OrderNbr=order.values["OrderNbr"],
                OrderLineNbr=line.values["LineNbr"],
                Qty=line.values["OrderQty"],
                UnitPrice=line.values["UnitPrice"],
                UOM="EA",
                TransactionDescr=line.values["LineDescription"],
            )
        RULES["SalesInvoice"].compute(row)
        row.values["Balance"] = row.values["Amount"] if at % 5 == 1 else Decimal("0.0000")
        yield row


def _invoice_head(row: Row, order: Row, at: int) -> None:
    on = day(order.created, 4)
    row.values.update(Date=on, DueDate=day(order.created, 34), Hold=False)
    row.values.update(Status="Open" if at % 5 == 1 else "Closed", Description=order.values["Description"])


def _payments(world: World) -> Iterator[Row]:
    for at, order in _completed(world):
        if at % 5 != 2:
            continue
        amount = order.values["OrderTotal"]
        row = world.row(
            "Payment",
            at,
            Type="Payment",
            ReferenceNbr=f"PM{at + 1:06}",
            CustomerID=order.values["CustomerID"],
            PaymentAmount=amount,
            AppliedToDocuments=amount,
            PaymentMethod="CHECK",
            CashAccount="10200",
            CurrencyID="USD",
            Branch="MAIN",
            Status="Closed",
            PaymentRef=f"{at * 17 % 9000 + 1000}",
            ApplicationDate=day(order.created, 30),
        )
        world.line(row, "DocumentsToApply", DocType="Invoice", ReferenceNbr=f"AR{at + 1:06}", AmountPaid=amount)
        yield row
        if at % 25 == 2:
            yield _credit_memo(world, at, row)


def _credit_memo(world: World, at: int, payment: Row) -> Row:
    """Credit memos stand among the payments, and may have the number of one: the type belongs to the key."""
    names = ("ReferenceNbr", "CustomerID", "PaymentAmount", "CurrencyID", "Branch", "ApplicationDate")
    values = {name: payment.values[name] for name in names}
    return world.row("Payment", 10_000 + at, Type="Credit Memo", Status="Open", **values)


MAKERS: Mapping[str, Callable[[World], Iterator[Row]]] = {
    "Invoice": _invoices,
    "Payment": _payments,
    "SalesInvoice": _sales_invoices,
    "SalesOrder": _sales_orders,
    "Shipment": _shipments,
}
