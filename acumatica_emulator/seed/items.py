"""Seeded stock and non-stock items, and where they are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from acumatica_emulator.records.rows import Row
from acumatica_emulator.seed.setup import STOCK_CLASSES, WAREHOUSES
from acumatica_emulator.seed.world import World, money, pick

_ADJECTIVES = ("Steel", "Brass", "Oak", "Heavy", "Compact", "Marine", "Quick", "Copper", "Insulated", "Double")
_THINGS = ("Bracket", "Valve", "Juicer", "Hinge", "Pump", "Coupling", "Drill", "Shelf", "Filter", "Gauge")


def stock_id(at: int) -> str:
    return f"{_THINGS[at % 10].upper()[:6]}{at:04}"


def service_id(at: int) -> str:
    return f"SVC{at:04}"


def _stock_items(world: World) -> Iterator[Row]:
    for at in range(world.sizes.stock):
        dice = world.dice("StockItem", at)
        price = money(dice, 5, 900)
        row = world.row(
            "StockItem",
            at,
            InventoryID=stock_id(at),
            Description=f"{pick(dice, _ADJECTIVES)} {_THINGS[at % 10].lower()}",
            ItemStatus="Active" if at % 23 else "Inactive",
            ItemClass=STOCK_CLASSES[at % 3],
            ItemType="Finished Good" if at % 3 else "Component Part",
            BaseUOM="EA",
            SalesUOM="EA",
            PurchaseUOM="EA" if at % 4 else "BOX",
            DefaultPrice=price.quantize(Decimal("0.000001")),
            LastCost=(price * Decimal("0.6")).quantize(Decimal("0.000001")),
            AverageCost=(price * Decimal("0.62")).quantize(Decimal("0.000001")),
            DefaultWarehouseID=WAREHOUSES[at % 3],
            TaxCategory="TAXABLE",
            ValuationMethod="Average",
            PostingClass="ALL",
            InventoryAccount="12100",
            InventorySubaccount="000000",
            SalesAccount="40000",
            DimensionWeight=money(dice, 1, 40).quantize(Decimal("0.000001")),
            WeightUOM="KG",
        )
        for warehouse in WAREHOUSES[: at % 3 + 1]:
            world.line(
                row,
                "WarehouseDetails",
                WarehouseID=warehouse,
                Status="Active",
                QtyOnHand=Decimal(dice.randrange(500)).quantize(Decimal("0.000001")),
                IsDefault=warehouse == row.values["DefaultWarehouseID"],
            )
        world.line(row, "Attributes", AttributeID="COLOR", Value=pick(dice, ("RED", "BLUE", "GREY")), IsActive=True)
        row.custom[("ItemSettings", "UsrShelfLife")] = ("int", dice.randrange(30, 900))
        yield row


def _services(world: World) -> Iterator[Row]:
    for at in range(world.sizes.services):
        dice = world.dice("NonStockItem", at)
        yield world.row(
            "NonStockItem",
            at,
            InventoryID=service_id(at),
            Description=f"{pick(dice, ('Installation', 'Training', 'Repair', 'Delivery'))} {at + 1}",
            ItemClass="SERVICE",
            ItemStatus="Active",
            ItemType="Service",
            BaseUnit="HOUR",
            SalesUnit="HOUR",
            PurchaseUnit="HOUR",
            DefaultPrice=money(dice, 40, 200).quantize(Decimal("0.000001")),
            TaxCategory="EXEMPT",
            SalesAccount="40000",
            ExpenseAccount="65000",
        )


def _item_warehouses(world: World) -> Iterator[Row]:
    at = 0
    for number in range(world.sizes.stock):
        for warehouse in WAREHOUSES[: number % 3 + 1]:
            yield world.row("ItemWarehouse", at, InventoryID=stock_id(number), WarehouseID=warehouse, Status="Active")
            at += 1


MAKERS: Mapping[str, Callable[[World], Iterator[Row]]] = {
    "ItemWarehouse": _item_warehouses,
    "NonStockItem": _services,
    "StockItem": _stock_items,
}
