"""Seeded rows of the MANUFACTURING endpoint; its items and customers are those of the other endpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.values import Scalar
from acumatica_emulator.seed.items import stock_id
from acumatica_emulator.seed.people import customer_id
from acumatica_emulator.seed.setup import WAREHOUSES
from acumatica_emulator.seed.world import World, day, money, quantity

CENTERS = ("ASSEMBLY", "CUTTING", "PAINT", "WELDING")
_SIX = Decimal("0.000001")


def _codes(entity: str, key: str, codes: tuple[str, ...], **common: Scalar) -> Callable[[World], Iterator[Row]]:
    def make(world: World) -> Iterator[Row]:
        for at, code in enumerate(codes):
            yield world.row(entity, at, **{key: code, "Description": code.title()}, **common)

    return make


def _work_centers(world: World) -> Iterator[Row]:
    for at, code in enumerate(CENTERS):
        row = world.row("WorkCenter", at, WorkCenterID=code, Description=code.title(), Active=True, Warehouse="MAIN")
        row.values.update(StandardCost=Decimal(30 + at).quantize(Decimal("0.0001")), BasisforCapacity="Crew Size")
        world.line(row, "Shifts", Shift="0001", LaborCode="DIRECT", CrewSize=Decimal("2.000000"), DiffType="Amount")
        yield row


def _buckets(world: World) -> Iterator[Row]:
    row = world.row("MRPBuckets", 0, BucketID="STANDARD", Description="Standard buckets", Active=True)
    for at in range(6):
        world.line(row, "Details", Bucket=at + 1, BucketID="STANDARD", Interval="Week", Value=at + 1)
    yield row


def bom_id(at: int) -> str:
    return f"BOM{at + 1:06}"


def _boms(world: World) -> Iterator[Row]:
    for at in range(world.sizes.production * 3 // 4):
        dice = world.dice("BillOfMaterial", at)
        row = world.row(
            "BillOfMaterial", at, BOMID=bom_id(at), Revision="A", InventoryID=stock_id(at * 2 % world.sizes.stock)
        )
        row.values.update(Description=f"Makes {row.values['InventoryID']}", Status="Active", Warehouse="MAIN")
        row.values.update(EffStartDate=date(2019, 1, 1))
        for step in range(dice.randrange(1, 4)):
            operation = world.line(row, "Operations", OperationNbr=f"{step * 10 + 10:04}", WorkCenter=CENTERS[step])
            operation.values.update(
                BOMID=bom_id(at), Revision="A", RunUnits=Decimal("1.000000"), SetupTime=30, RunTime=15
            )
            for number in range(2):
                item = dice.randrange(world.sizes.stock)
                line = world.line(operation, "Material", LineNbr=number + 1, InventoryID=stock_id(item), UOM="EA")
                line.values.update(QtyRequired=quantity(dice, 1, 9), UnitCost=money(dice, 1, 60).quantize(_SIX))
        yield row


def _production(world: World, entity: str, at: int) -> Row:
    dice = world.dice("ProductionOrder", at)
    made, due = quantity(dice, 5, 300), at * 2 % world.sizes.stock
    row = world.row(entity, at, OrderType="RO", ProductionNbr=f"PD{at + 1:06}", InventoryID=stock_id(due))
    row.values.update(OrderDate=day(row.created), Branch="MAIN", Warehouse=WAREHOUSES[at % 3], Hold=False)
    row.values.update(Status=("Planned", "Released", "In Process", "Completed")[at % 4])
    row.values["__made"] = made
    return row


def _production_orders(world: World) -> Iterator[Row]:
    for at in range(world.sizes.production):
        row = _production(world, "ProductionOrder", at)
        made = row.values.pop("__made")
        row.values.update(QtytoProduce=made, QtyRemaining=made, UOM="EA", Source="Manual", CostingMethod="Actual")
        row.values.update(
            StartDate=day(row.created, 2), EndDate=day(row.created, 9), DispatchPriority=5, SchedulingMethod="Start On"
        )
        row.values.update(Customer=customer_id(at % world.sizes.customers) if at % 2 else None)
        if at < world.sizes.production * 3 // 4:
            row.values.update(BOMID=bom_id(at), BOMRevision="A")
        dice = world.dice("PlanCost", at)
        world.part(row, "OrderTotals", PlanMaterial=money(dice, 10, 900), PlanLabor=money(dice, 10, 400))
        world.line(row, "EventHistory", EventLineNumber=1, Type="Created", CreatedAt=row.created, CreatedBy="admin")
        yield row


def _production_details(world: World) -> Iterator[Row]:
    for at in range(world.sizes.production):
        row = _production(world, "ProductionOrderDetail", at)
        made = row.values.pop("__made")
        for step in range(at % 3 + 1):
            world.line(
                row,
                "Operations",
                OperationNbr=f"{step * 10 + 10:04}",
                OperationDescription=CENTERS[step].title(),
                WorkCenter=CENTERS[step],
                TotalQty=made,
                QtyRemaining=made,
                OperationStatus="Planned",
            )
        yield row


def _estimates(world: World) -> Iterator[Row]:
    for at in range(20):
        dice = world.dice("Estimate", at)
        row = world.row(
            "Estimate", at, EstimateID=f"ES{at + 1:06}", Revision="A", EstimateClass="STANDARD", Status="New"
        )
        row.values.update(
            InventoryID=stock_id(at), Customer=customer_id(at), TotalCost=money(dice, 100, 9000), Branch="MAIN"
        )
        row.values.update(RequestDate=day(row.created), LeadTimeDays=at % 30)
        yield row


_CLASSES = ("RUSH", "STANDARD")

SETUP_MAKERS: Mapping[str, Callable[[World], Iterator[Row]]] = {
    "EstimateClass": _codes("EstimateClass", "ClassID", _CLASSES),
    "LaborCodes": _codes("LaborCodes", "LaborCode", ("DIRECT", "INDIRECT"), LaborAccount="50000"),
    "MPSType": _codes("MPSType", "TypeID", ("FORECAST", "MASTER")),
    "MRPBuckets": _buckets,
    "Machine": _codes(
        "Machine", "MachineID", ("LATHE1", "PRESS1", "PRESS2"), Active=True, Efficiency=Decimal("1.0000")
    ),
    "OrderTypes": _codes("OrderTypes", "OrderType", ("PL", "RO"), Active=True, Function="Regular"),
    "Overhead": _codes("Overhead", "OverheadID", ("POWER", "RENT"), OverheadType="Fixed"),
    "Shift": _codes("Shift", "Shift", ("0001", "0002"), CrewSize=Decimal("2.000000")),
    "Tool": _codes("Tool", "ToolID", ("DIE10", "JIG04"), Active=True),
    "WorkCenter": _work_centers,
}
MAKERS: Mapping[str, Callable[[World], Iterator[Row]]] = {
    "BillOfMaterial": _boms,
    "Estimate": _estimates,
    "ProductionOrder": _production_orders,
    "ProductionOrderDetail": _production_details,
}
