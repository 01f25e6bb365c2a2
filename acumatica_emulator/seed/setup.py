"""Seeded rows that a consultant enters before business starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.values import Scalar
from acumatica_emulator.seed.world import World

YEARS = range(2019, 2027)
WAREHOUSES = ("MAIN", "RETAIL", "WHOLESALE")
CUSTOMER_CLASSES = ("LOCAL", "INTL", "RETAIL", "KEY")
TERMS = ("30D", "60D", "COD", "2%10N30")
SHIP_VIA = ("FEDEX", "LOCAL", "PICKUP", "UPSGROUND")
SALESPERSONS = ("SP0001", "SP0002", "SP0003", "SP0004")
STOCK_CLASSES = ("PARTS", "TOOLS", "TRADE")

_ACCOUNTS = (
    ("10100", "Petty Cash", "Asset", "CASHASSET"),
    ("10200", "Company Checking", "Asset", "CASHASSET"),
    ("11000", "Accounts Receivable", "Asset", "AR"),
    ("12100", "Inventory", "Asset", "INVENTORY"),
    ("15000", "Fixed Assets", "Asset", "FIXEDASSET"),
    ("20000", "Accounts Payable", "Liability", "AP"),
    ("20100", "PO Accrual", "Liability", "AP"),
    ("24100", "Sales Tax Payable", "Liability", "TAX"),
    ("33000", "Retained Earnings", "Liability", "EQUITY"),
    ("40000", "Sales", "Income", "SALES"),
    ("40050", "Cash Discounts", "Income", "SALES"),
    ("50000", "Cost of Goods Sold", "Expense", "COGS"),
    ("62000", "Freight", "Expense", "EXPENSE"),
    ("65000", "Office Supplies", "Expense", "EXPENSE"),
    ("69000", "Rounding", "Expense", "EXPENSE"),
)

Lines = tuple[str, dict[str, object]]


def _plain(
    entity: str, key: str, rows: Sequence[tuple[str, str]], **common: Scalar
) -> Callable[[World], Iterator[Row]]:
    """A table of codes with descriptions, which is what most setup forms are."""

    def make(world: World) -> Iterator[Row]:
        for at, (code, text) in enumerate(rows):
            yield world.row(entity, at, **{key: code, "Description": text}, **common)

    return make


def _accounts(world: World) -> Iterator[Row]:
    for at, (code, text, kind, group) in enumerate(_ACCOUNTS):
        yield world.row(
            "Account",
            at,
            AccountCD=code,
            Description=text,
            Type=kind,
            AccountClass=group,
            AccountID=1165 + at,
            Active=True,
            CashAccount=group == "CASHASSET",
            ChartOfAccountsOrder=at + 1,
            CurrencyID="USD" if group == "CASHASSET" else None,
            PostOption="Detail",
        )


def _subaccounts(world: World) -> Iterator[Row]:
    for at, code in enumerate(("000000", "CON000", "PRD000", "RET000", "WHL000")):
        yield world.row(
            "Subaccount", at, SubaccountCD=code, SubaccountID=467 + at, Active=True, Description=f"Department {at}"
        )


def _ledgers(world: World) -> Iterator[Row]:
    for at, (code, kind) in enumerate((("ACTUAL", "Actual"), ("BUDGET", "Budget"))):
        row = world.row("Ledger", at, LedgerID=code, Type=kind, Currency="USD", Description=f"{kind} Ledger")
        world.line(row, "Branches", BranchID="MAIN", BranchName="Head Office", Active=True)
        yield row


def _periods(world: World) -> Iterator[Row]:
    for at, year in enumerate(YEARS):
        row = world.row("FinancialPeriod", at, FinancialYear=str(year), NbrOfPeriods=12, StartDate=date(year, 1, 1))
        for month in range(1, 13):
            start = date(year, month, 1)
            end = date(year + month // 12, month % 12 + 1, 1)
            world.line(
                row,
                "Details",
                PeriodNbr=f"{month:02}",
                FinancialPeriodID=f"{month:02}-{year}",
                Description=start.strftime("%B"),
                Status="Open" if year > 2022 else "Closed",
                StartDate=start,
                EndDate=end - timedelta(days=1),
                LengthInDays=(end - start).days,
            )
        yield row


def _customer_classes(world: World) -> Iterator[Row]:
    for at, code in enumerate(CUSTOMER_CLASSES):
        yield world.row(
            "CustomerClass",
            at,
            ClassID=code,
            Description=f"{code.title()} customers",
            Country="US",
            CurrencyID="USD",
            CreditVerification="Days Past Due",
            CreditDaysPastDue=0,
            PaymentMethod="CHECK",
            ShipVia="LOCAL",
            ShippingRule="Back Order Allowed",
            StatementCycleID="EOM",
            StatementType="Open Item",
            TaxZoneID="DOMESTIC",
            Terms="30D",
            ARAccount="11000",
            ARSubaccount="000000",
            SalesAccount="40000",
            SalesSubaccount="000000",
        )


def _item_classes(world: World) -> Iterator[Row]:
    for at, code in enumerate((*STOCK_CLASSES, "SERVICE")):
        stock = code != "SERVICE"
        yield world.row(
            "ItemClass",
            at,
            ClassID=code,
            Description=f"{code.title()} items",
            StockItem=stock,
            BaseUOM="EA" if stock else "HOUR",
            ItemType="Finished Good" if stock else "Service",
            ValuationMethod="Average" if stock else None,
            TaxCategoryID="TAXABLE",
            DefaultWarehouseID="MAIN" if stock else None,
        )


def _warehouses(world: World) -> Iterator[Row]:
    for at, code in enumerate(WAREHOUSES):
        row = world.row("Warehouse", at, WarehouseID=code, Description=f"{code.title()} warehouse", Active=True)
        row.values.update(ReceivingLocationID="RECEIVE", ShippingLocationID="SHIP", InventoryAccount="12100")
        for place in ("RECEIVE", "SHIP", "R1S1"):
            world.line(row, "Locations", LocationID=place, Description=place.title(), Active=True, SalesAllowed=True)
        yield row


def _salespersons(world: World) -> Iterator[Row]:
    for at, code in enumerate(SALESPERSONS):
        name = ("David Chubb", "Maria Ortega", "Jun Watanabe", "Ines Moreau")[at]
        yield world.row(
            "Salesperson", at, SalespersonID=code, Name=name, IsActive=True, DefaultCommission=Decimal("3.000000")
        )


def _units(world: World) -> Iterator[Row]:
    for at, (code, text) in enumerate((("EA", "Each"), ("BOX", "Box"), ("HOUR", "Hour"), ("KG", "Kilogram"))):
        row = world.row("UnitsOfMeasure", at, UnitID=code, Description=text, L3Code=code)
        if code == "BOX":
            world.line(
                row,
                "Conversion",
                FromUOM="BOX",
                ToUOM="EA",
                MultiplyOrDivide="Multiply",
                ConversionFactor=Decimal("12.000000"),
            )
        yield row


def _categories(entity: str) -> Callable[[World], Iterator[Row]]:
    def make(world: World) -> Iterator[Row]:
        for at, name in enumerate(("Hardware", "Kitchen", "Garden", "Clearance")):
            yield world.row(
                entity, at, CategoryID=at + 1, Description=name, ParentCategoryID=0, Path=f"\\{name}", SortOrder=at + 1
            )

    return make


def _attributes(world: World) -> Iterator[Row]:
    for at, (code, kind) in enumerate((("COLOR", "Combo"), ("INDUSTRY", "Combo"), ("INTEREST", "Text"))):
        row = world.row("AttributeDefinition", at, AttributeID=code, Description=code.title(), ControlType=kind)
        for value in ("RED", "BLUE", "GREY") if code == "COLOR" else ():
            world.line(row, "Values", ValueID=value, Description=value.title())
        yield row


_METHODS = (("CASH", "Cash"), ("CHECK", "Check"), ("ONLINE", "Credit card"), ("WIRE", "Wire transfer"))
_TAX_ZONES = (("DOMESTIC", "Domestic"), ("EXPORT", "Export"), ("NYSTATE", "New York"))

MAKERS: Mapping[str, Callable[[World], Iterator[Row]]] = {
    "Account": _accounts,
    "AttributeDefinition": _attributes,
    "BCItemSalesCategory": _categories("BCItemSalesCategory"),
    "Currency": _plain(
        "Currency", "CurrencyID", (("EUR", "Euro"), ("USD", "US Dollar")), Active=True, DecimalPrecision=2
    ),
    "CustomerClass": _customer_classes,
    "CustomerPriceClass": _plain("CustomerPriceClass", "PriceClassID", (("A", "Best"), ("B", "Good"))),
    "FOBPoint": _plain("FOBPoint", "FOBPointID", (("DEST", "Destination"), ("ORIGIN", "Origin"))),
    "FinancialPeriod": _periods,
    "ItemClass": _item_classes,
    "ItemSalesCategory": _categories("ItemSalesCategory"),
    "Ledger": _ledgers,
    "PaymentMethod": _plain("PaymentMethod", "PaymentMethodID", _METHODS, Active=True, UseInAR=True, UseInAP=True),
    "Salesperson": _salespersons,
    "ShipVia": _plain(
        "ShipVia", "CarrierID", tuple((code, code.title()) for code in SHIP_VIA), CalculationMethod="Manual"
    ),
    "ShippingTerm": _plain("ShippingTerm", "TermID", (("FLATRATE", "Flat rate"), ("FREE", "Free"))),
    "ShippingZones": _plain("ShippingZones", "ZoneID", (("EAST", "East"), ("WEST", "West"))),
    "Subaccount": _subaccounts,
    "Tax": _plain("Tax", "TaxID", (("NYSALES", "New York sales tax"), ("VAT20", "VAT 20%"))),
    "TaxCategory": _plain("TaxCategory", "TaxCategoryID", (("EXEMPT", "Exempt"), ("TAXABLE", "Taxable")), Active=True),
    "TaxZone": _plain("TaxZone", "TaxZoneID", _TAX_ZONES),
    "UnitsOfMeasure": _units,
    "VendorClass": _plain("VendorClass", "ClassID", (("INTL", "Foreign"), ("LOCAL", "Domestic"))),
    "Warehouse": _warehouses,
}
