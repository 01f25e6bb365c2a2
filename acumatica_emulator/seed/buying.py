"""Seeded documents of buying, stock and posting; a document refers only to rows that are seeded too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.rules import RULES
from acumatica_emulator.seed.items import stock_id
from acumatica_emulator.seed.people import vendor_id
from acumatica_emulator.seed.setup import WAREHOUSES
from acumatica_emulator.seed.world import World, day, money, period, pick, quantity

SIX = Decimal("0.000001")


def _purchase_orders(world: World) -> Iterator[Row]:
    return (_purchase_order(world, at) for at in range(150))


def _purchase_order(world: World, at: int) -> Row:
    dice = world.dice("PurchaseOrder", at)
    row = world.row(
        "PurchaseOrder",
        at,
        Type="Normal",
        OrderNbr=f"PO{at + 1:06}",
        VendorID=vendor_id(dice.randrange(world.sizes.vendors)),
        Location="MAIN",
        Branch="MAIN",
        CurrencyID="USD",
        BaseCurrencyID="USD",
        Status=("Open", "Closed", "On Hold")[at % 3],
        Hold=at % 3 == 2,
        Terms="30D",
    )
    row.values.update(Date=day(row.created), PromisedOn=day(row.created, 14))
    for _ in range(dice.randrange(1, 5)):
        item = dice.randrange(world.sizes.stock)
        world.line(
            row,
            "Details",
            InventoryID=stock_id(item),
            LineType="Goods for IN",
            OrderQty=quantity(dice, 1, 200),
            UnitCost=money(dice, 3, 300).quantize(SIX),
            UOM="EA",
            WarehouseID=WAREHOUSES[item % 3],
            BranchID="MAIN",
            Promised=row.values["PromisedOn"],
        )
    RULES["PurchaseOrder"].compute(row)
    return row


def _receipts(world: World) -> Iterator[Row]:
    for at in range(1, 150, 3):
        order = _purchase_order(world, at)
        row = world.row("PurchaseReceipt", at, Type="Receipt", ReceiptNbr=f"PR{at + 1:06}", Status="Released")
        row.values.update(
            VendorID=order.values["VendorID"], Branch="MAIN", Date=day(order.created, 10), Location="MAIN"
        )
        for line in order.lines("Details"):
            world.line(
                row,
                "Details",
                LineNbr=line.values["LineNbr"],
                InventoryID=line.values["InventoryID"],
                POOrderType="Normal",
                POOrderNbr=order.values["OrderNbr"],
                POLineNbr=line.values["LineNbr"],
                ReceiptQty=line.values["OrderQty"],
                UnitCost=line.values["UnitCost"],
                ExtendedCost=line.values["ExtendedCost"],
                UOM="EA",
                Warehouse=line.values["WarehouseID"],
            )
        row.values["TotalCost"] = order.values["OrderTotal"]
        yield row


def _bills(world: World) -> Iterator[Row]:
    for at in range(1, 150, 3):
        order = _purchase_order(world, at)
        on = day(order.created, 12)
        row = world.row("Bill", at, Type="Bill", ReferenceNbr=f"{at + 1:06}", Vendor=order.values["VendorID"])
        row.values.update(
            Date=on, DueDate=day(order.created, 42), PostPeriod=period(on), Status=("Open", "Closed")[at % 2]
        )
        row.values.update(
            BranchID="MAIN", LocationID="MAIN", CashAccount="10200", CurrencyID="USD", Terms="30D", Project="X"
        )
        row.values.update(VendorRef=f"V-{at * 31 % 10000:04}", Hold=False, IsTaxValid=None)
        for line in order.lines("Details"):
            world.line(
                row,
                "Details",
                InventoryID=line.values["InventoryID"],
                Qty=line.values["OrderQty"],
                UnitCost=line.values["UnitCost"],
                UOM="EA",
                Account="20100",
                Subaccount="000000",
                Branch="MAIN",
                POOrderType="Normal",
                POOrderNbr=order.values["OrderNbr"],
                POLine=line.values["LineNbr"],
            )
        RULES["Bill"].compute(row)
        yield row


def _journal(world: World) -> Iterator[Row]:
    for at in range(100):
        dice = world.dice("JournalTransaction", at)
        amount = money(dice, 10, 4000)
        row = world.row("JournalTransaction", at, Module=("GL", "AR", "AP")[at % 3], BatchNbr=f"GL{at + 1:06}")
        on = day(row.created)
        row.values.update(
            TransactionDate=on, PostPeriod=period(on), LedgerID="ACTUAL", BranchID="MAIN", CurrencyID="USD"
        )
        row.values.update(Status="Posted", Description=f"Batch {at + 1}")
        for account, debit, credit in (("65000", amount, Decimal("0.0000")), ("10200", Decimal("0.0000"), amount)):
            world.line(row, "Details", Account=account, Subaccount="000000", DebitAmount=debit, CreditAmount=credit)
        RULES["JournalTransaction"].compute(row)
        yield row


def _inventory(entity: str, prefix: str) -> Callable[[World], Iterator[Row]]:
    def make(world: World) -> Iterator[Row]:
        for at in range(40):
            dice = world.dice(entity, at)
            row = world.row(
                entity, at, ReferenceNbr=f"{prefix}{at + 1:06}", Status="Released", Description=f"{entity} {at}"
            )
            on = day(row.created)
            row.values.update(Date=on, PostPeriod=period(on))
            amount, cost = quantity(dice, 1, 60), money(dice, 2, 90).quantize(SIX)
            item = pick(dice, range(world.sizes.stock))
            values = {
                "InventoryID": stock_id(item),
                "WarehouseID": WAREHOUSES[item % 3],
                "Location": "R1S1",
                "UOM": "EA",
            }
            world.line(
                row, "Details", LineNumber=1, Qty=amount, UnitCost=cost, ExtCost=(amount * cost).quantize(SIX), **values
            )
            row.values.update(TotalQty=amount, TotalCost=(amount * cost).quantize(Decimal("0.0001")))
            yield row

    return make


MAKERS: Mapping[str, Callable[[World], Iterator[Row]]] = {
    "Bill": _bills,
    "InventoryIssue": _inventory("InventoryIssue", "IS"),
    "InventoryReceipt": _inventory("InventoryReceipt", "IR"),
    "JournalTransaction": _journal,
    "PurchaseOrder": _purchase_orders,
    "PurchaseReceipt": _receipts,
}
