"""What each document requires and computes, as tables.

The rules are those a user of the forms meets first: numbers from a sequence, required fields, references that must
exist, totals worked out from lines. Everything else of a real graph is absent (see docs/emulator-fidelity.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.values import Scalar, scale

ITEMS = ("StockItem", "NonStockItem")


@dataclass(frozen=True)
class Rule:
    """The rules of one entity. A reference is `Field` or `Detail.Field` with the entities it may refer to."""

    number: str = ""
    defaults: Mapping[str, Scalar] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    computed: frozenset[str] = frozenset()
    compute: Callable[[Row], None] = lambda row: None
    refuse: Callable[[Row], str] = lambda row: ""
    record: str = ""
    period: str = ""


def times(row: Row, field_name: str, quantity: str, price: str) -> Decimal:
    """Sets an extended amount from a quantity and a price, to the scale of its column."""
    one, other = row.values.get(quantity), row.values.get(price)
    amount = Decimal(str(one or 0)) * Decimal(str(other or 0))
    row.values[field_name] = amount.quantize(scale(field_name))
    return amount


def total(lines: list[Row], name: str) -> Decimal:
    return sum((Decimal(str(line.values.get(name) or 0)) for line in lines), Decimal(0)).quantize(scale(name))


def number_lines(lines: list[Row]) -> None:
    """Line numbers are given once and never used again while a higher one stands."""
    highest = max((int(str(line.values.get("LineNbr") or 0)) for line in lines), default=0)
    for line in lines:
        if not line.values.get("LineNbr"):
            highest += 1
            line.values["LineNbr"] = highest


def _sales_order(row: Row) -> None:
    lines = row.lines("Details")
    number_lines(lines)
    for line in lines:
        times(line, "ExtendedPrice", "OrderQty", "UnitPrice")
        line.values["Amount"] = line.values["ExtendedPrice"]
        line.values["OpenQty"] = line.values.get("OrderQty") or Decimal("0.000000")
    amount, quantity = total(lines, "Amount"), total(lines, "OrderQty")
    tax = Decimal(str(row.values.get("TaxTotal") or 0))
    row.values.update(OrderTotal=(amount + tax).quantize(scale("OrderTotal")))
    row.values.update(OrderedQty=quantity.quantize(Decimal("0.000000")))
    if "Totals" in row.linked:
        row.linked["Totals"].values.update(LineTotalAmount=amount, TaxTotal=tax)


def _purchase_order(row: Row) -> None:
    lines = row.lines("Details")
    number_lines(lines)
    for line in lines:
        times(line, "ExtendedCost", "OrderQty", "UnitCost")
    amount = total(lines, "ExtendedCost")
    row.values.update(LineTotal=amount, OrderTotal=amount + Decimal(str(row.values.get("TaxTotal") or 0)))


def _amount_of_lines(extended: str, quantity: str, price: str) -> Callable[[Row], None]:
    def compute(row: Row) -> None:
        lines = row.lines("Details")
        for line in lines:
            times(line, extended, quantity, price)
            line.values.setdefault("Amount", line.values[extended])
        amount = total(lines, extended) + Decimal(str(row.values.get("TaxTotal") or 0))
        if lines:
            row.values.update(Amount=amount, Balance=amount)

    return compute


def _quantities(row: Row) -> None:
    row.values["ShippedQty"] = total(row.lines("Details"), "ShippedQty").quantize(Decimal("0.000000"))


def _display_name(row: Row) -> None:
    first, last = row.values.get("FirstName"), row.values.get("LastName")
    name = ", ".join(str(part) for part in (last, first) if part)
    row.values["DisplayName"] = name or row.values.get("CompanyName")


def _unbalanced(row: Row) -> str:
    """A batch that is not on hold has to balance. UNVERIFIED wording."""
    lines = row.lines("Details")
    balanced = total(lines, "DebitAmount") == total(lines, "CreditAmount")
    return "" if balanced or row.values.get("Hold") else "Batch is out of balance, please review."


def follow_hold(row: Row, rule: Rule) -> None:
    """The status follows the mark: a document that is not processed yet is on hold, or has the status of a new one."""
    fresh = rule.defaults.get("Status")
    if "Hold" not in rule.defaults:
        return
    if row.values.get("Hold") is True and row.values.get("Status") == fresh:
        row.values["Status"] = "On Hold"
    elif row.values.get("Hold") is False and row.values.get("Status") == "On Hold":
        row.values["Status"] = fresh


_OPEN: Mapping[str, Scalar] = {"Status": "Open", "Hold": False}
_BALANCED: Mapping[str, Scalar] = {"Status": "Balanced", "Hold": False}
_STATUS: Mapping[str, Scalar] = {"Status": "Active"}
_LINE_ITEM = {"Details.InventoryID": ITEMS}

RULES: Mapping[str, Rule] = {
    "Customer": Rule(
        number="C{:08d}",
        defaults={
            "CustomerClass": "LOCAL",
            "CurrencyID": "USD",
            "Terms": "30D",
            "StatementType": "Open Item",
            **_STATUS,
        },
        required=("CustomerName",),
        references={"CustomerClass": ("CustomerClass",), "ShipVia": ("ShipVia",), "TaxZone": ("TaxZone",)},
        record="Customer",
    ),
    "Vendor": Rule(
        number="V{:08d}",
        defaults={"VendorClass": "LOCAL", "CurrencyID": "USD", "Terms": "30D", **_STATUS},
        required=("VendorName",),
        references={"VendorClass": ("VendorClass",)},
        record="Vendor",
    ),
    "BusinessAccount": Rule(number="B{:08d}", defaults=_STATUS, required=("Name",), record="Business Account"),
    "Contact": Rule(
        number="int",
        defaults={"Active": True, **_STATUS},
        required=("LastName",),
        compute=_display_name,
        record="Contact",
    ),
    "Lead": Rule(number="int", defaults={"Status": "New"}, required=("LastName",), record="Lead"),
    "Opportunity": Rule(number="OP{:08d}", defaults={"Status": "New"}, required=("Subject",), record="Opportunity"),
    "Case": Rule(number="CS{:08d}", defaults={"Status": "New"}, required=("Subject",), record="Case"),
    "StockItem": Rule(
        defaults={
            "ItemStatus": "Active",
            "ItemClass": "TRADE",
            "BaseUOM": "EA",
            "SalesUOM": "EA",
            "PurchaseUOM": "EA",
            "ValuationMethod": "Average",
            "ItemType": "Finished Good",
        },
        required=("InventoryID",),
        references={"ItemClass": ("ItemClass",)},
        computed=frozenset({"AverageCost", "LastCost"}),
        record="Stock Item",
    ),
    "NonStockItem": Rule(
        defaults={"ItemStatus": "Active", "ItemClass": "SERVICE", "BaseUnit": "HOUR", "ItemType": "Service"},
        required=("InventoryID",),
        references={"ItemClass": ("ItemClass",)},
        record="Non-Stock Item",
    ),
    "SalesOrder": Rule(
        number="SO{:06d}",
        defaults={"OrderType": "SO", "CurrencyID": "USD", "LocationID": "MAIN", "Branch": "MAIN", **_OPEN},
        required=("CustomerID",),
        references={"CustomerID": ("Customer",), "Details.WarehouseID": ("Warehouse",), **_LINE_ITEM},
        computed=frozenset({"OrderTotal", "OrderedQty", "TaxTotal", "CreditHold"}),
        compute=_sales_order,
        record="Sales Order",
    ),
    "Shipment": Rule(
        number="{:06d}",
        defaults={"Type": "Shipment", **_OPEN},
        required=("CustomerID",),
        references={"CustomerID": ("Customer",), "WarehouseID": ("Warehouse",), **_LINE_ITEM},
        computed=frozenset({"ShippedQty"}),
        compute=_quantities,
        record="Shipment",
    ),
    "Invoice": Rule(
        number="AR{:06d}",
        defaults={"Type": "Invoice", "LinkBranch": "MAIN", **_BALANCED},
        required=("Customer",),
        references={"Customer": ("Customer",), **_LINE_ITEM},
        computed=frozenset({"Balance", "TaxTotal"}),
        compute=_amount_of_lines("ExtendedPrice", "Qty", "UnitPrice"),
        record="AR Invoice",
        period="PostPeriod",
    ),
    "SalesInvoice": Rule(
        number="AR{:06d}",
        defaults={"Type": "Invoice", "Currency": "USD", **_BALANCED},
        required=("CustomerID",),
        references={"CustomerID": ("Customer",), **_LINE_ITEM},
        computed=frozenset({"Balance", "TaxTotal"}),
        compute=_amount_of_lines("Amount", "Qty", "UnitPrice"),
        record="AR Invoice",
    ),
    "Bill": Rule(
        number="{:06d}",
        defaults={"Type": "Bill", "BranchID": "MAIN", "CurrencyID": "USD", "LocationID": "MAIN", **_BALANCED},
        required=("Vendor",),
        references={"Vendor": ("Vendor",), "Details.Project": ("Project",), **_LINE_ITEM},
        computed=frozenset({"Balance", "TaxTotal"}),
        compute=_amount_of_lines("ExtendedCost", "Qty", "UnitCost"),
        record="AP Transactions",
        period="PostPeriod",
    ),
    "Payment": Rule(
        number="PM{:06d}",
        defaults={"Type": "Payment", "CurrencyID": "USD", "Branch": "MAIN", **_BALANCED},
        required=("CustomerID",),
        references={"CustomerID": ("Customer",)},
        computed=frozenset({"AppliedToDocuments", "AvailableBalance"}),
        record="AR Payment",
    ),
    "Check": Rule(number="CK{:06d}", defaults={"Type": "Payment", **_BALANCED}, record="AP Payment"),
    "PurchaseOrder": Rule(
        number="PO{:06d}",
        defaults={"Type": "Normal", "CurrencyID": "USD", "Branch": "MAIN", "Location": "MAIN", **_OPEN},
        required=("VendorID",),
        references={"VendorID": ("Vendor",), "Details.WarehouseID": ("Warehouse",), **_LINE_ITEM},
        computed=frozenset({"OrderTotal", "LineTotal", "TaxTotal"}),
        compute=_purchase_order,
        record="Purchase Order",
    ),
    "PurchaseReceipt": Rule(
        number="PR{:06d}",
        defaults={"Type": "Receipt", "Branch": "MAIN", **_OPEN},
        required=("VendorID",),
        references={"VendorID": ("Vendor",)},
        record="Purchase Receipt",
    ),
    "JournalTransaction": Rule(
        number="GL{:06d}",
        defaults={"Module": "GL", "LedgerID": "ACTUAL", "BranchID": "MAIN", "CurrencyID": "USD", **_BALANCED},
        references={"Details.Account": ("Account",)},
        compute=lambda row: number_lines(row.lines("Details")),
        refuse=_unbalanced,
        record="GL Batch",
        period="PostPeriod",
    ),
    "Employee": Rule(number="EP{:08d}", defaults=_STATUS, record="Employee"),
    "Project": Rule(required=("ProjectID",), defaults={"Status": "In Planning"}, record="Project"),
    "ProjectTask": Rule(
        required=("ProjectID", "ProjectTaskID"),
        defaults={"Status": "In Planning"},
        references={"ProjectID": ("Project",)},
        record="Project Task",
    ),
    "Salesperson": Rule(required=("SalespersonID", "Name"), defaults={"IsActive": True}, record="Salesperson"),
    "ProductionOrder": Rule(
        number="PD{:06d}",
        defaults={"OrderType": "RO", "Status": "Planned", "Source": "Manual"},
        required=("InventoryID",),
        references={"InventoryID": ("StockItem",)},
        record="Production Order",
    ),
    "InventoryIssue": Rule(number="IS{:06d}", defaults=_BALANCED, references=_LINE_ITEM, record="IN Issue"),
    "InventoryReceipt": Rule(number="IR{:06d}", defaults=_BALANCED, references=_LINE_ITEM, record="IN Receipt"),
}
_ORDINARY = Rule()
_NUMBERED = Rule(number="{:06d}")
_COUNTED = Rule(number="int")

# Entities of which only this is known: the server generates the last key.
_ONLY_NUMBERED: Mapping[str, Rule] = {
    **dict.fromkeys(("Appointment", "ServiceOrder", "ChangeOrder", "ExpenseClaim", "ExpenseReceipt"), _NUMBERED),
    **dict.fromkeys(("InventoryAdjustment", "TransferOrder", "Subcontract", "ProFormaInvoice"), _NUMBERED),
    **dict.fromkeys(("PhysicalInventoryCount", "PhysicalInventoryReview", "PayrollBatch"), _NUMBERED),
    **dict.fromkeys(("SalesPriceWorksheet", "VendorPriceWorksheet", "VendorShipment"), _NUMBERED),
    **dict.fromkeys(("CostTransaction", "DisassemblyEntry", "LaborEntry", "MaterialEntry", "MoveEntry"), _NUMBERED),
    **dict.fromkeys(("WipAdjustmentEntry", "EngineeringChangeOrder", "EngineeringChangeRequest"), _NUMBERED),
    **dict.fromkeys(("ItemSalesCategory", "BCItemSalesCategory", "CustomerPaymentMethod"), _COUNTED),
    "ConfigurationEntry": _COUNTED,
    "CashSale": Rule(number="{:06d}", defaults={"Type": "Cash Sale"}),
    "KitAssembly": Rule(number="{:06d}", defaults={"Type": "Production"}),
    "ProjectTransaction": Rule(number="{:06d}", defaults={"Module": "PM"}),
}


def rule_of(entity: str) -> Rule:
    return RULES.get(entity) or _ONLY_NUMBERED.get(entity, _ORDINARY)


NEW_KEY = "<NEW>"  # of a new document in answers, and of a master record that was saved without a key

# Lines have keys of their own only where the contract shows them; a line without one is found by its id.
LINE_KEYS: Mapping[str, tuple[str, ...]] = {"AttributeValue": ("AttributeID",)}


def line_keys(kind: str, fields: Mapping[str, str]) -> tuple[str, ...]:
    return LINE_KEYS.get(kind) or (("LineNbr",) if "LineNbr" in fields else ())
