"""Seeded accounts, contacts, employees and the work around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal

from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.values import Scalar
from acumatica_emulator.seed.setup import CUSTOMER_CLASSES, SALESPERSONS, SHIP_VIA, TERMS, WAREHOUSES
from acumatica_emulator.seed.world import World, day, money, pick

_PLACES = ("Alpine", "Bayside", "Cedar", "Delta", "Eagle", "Fairview", "Granite", "Harbor", "Ivory", "Juniper")
_TRADES = ("Foods", "Tools", "Motors", "Textiles", "Stationers", "Catering", "Medical", "Books", "Glass", "Farms")
_FIRST = ("Ana", "Ben", "Chloé", "Dmitri", "Emma", "Felipe", "Grace", "Hugo", "Ines", "Jörg")
_LAST = ("Abbot", "Becker", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Hansen", "Ito", "Jansen")
_CITIES = (
    ("New York", "NY", "10001"),
    ("Seattle", "WA", "98101"),
    ("Austin", "TX", "73301"),
    ("Denver", "CO", "80014"),
)
PROJECTS = 20
EMPLOYEES = 25


def customer_id(at: int) -> str:
    return f"{_PLACES[at % 10][:5].upper()}{at:04}"


def customer_name(at: int) -> str:
    return f"{_PLACES[at % 10]} {_TRADES[at // 10 % 10]}" + (f" {at // 100 + 1}" if at >= 100 else "")


def vendor_id(at: int) -> str:
    return f"V{_TRADES[at % 10][:4].upper()}{at:04}"


def project_id(at: int) -> str:
    return f"PR{at:06}"


def employee_id(at: int) -> str:
    return f"EP{at:08}"


def _contact_values(at: int, company: str) -> dict[str, Scalar]:
    first, last = _FIRST[at % 10], _LAST[at // 10 % 10]
    return {
        "FirstName": first,
        "LastName": last,
        "DisplayName": f"{last}, {first}",
        "CompanyName": company,
        "Email": f"{first[0].lower()}.{at}@example.com",
        "Phone1": f"+1 (555) {at % 1000:03}-{at * 7 % 10000:04}",
        "Phone1Type": "Business 1",
        "JobTitle": ("Buyer", "Owner", "Accountant", None)[at % 4],
    }


def _address(world: World, parent: Row, at: int, name: str = "Address") -> None:
    city, state, code = _CITIES[at % 4]
    street = f"{at * 13 % 900 + 1} {_PLACES[at % 10]} Street"
    world.part(parent, name, AddressLine1=street, City=city, State=state, PostalCode=code, Country="US")


def _customers(world: World) -> Iterator[Row]:
    for at in range(world.sizes.customers):
        dice = world.dice("Customer", at)
        name = customer_name(at)
        row = world.row(
            "Customer",
            at,
            CustomerID=customer_id(at),
            CustomerName=name,
            BAccountID=6000 + at,
            CustomerClass=CUSTOMER_CLASSES[at % 4],
            CurrencyID="USD",
            CurrencyRateType="SPOT",
            Status="Active" if at % 31 else "On Hold",
            Terms=pick(dice, TERMS),
            ShipVia=pick(dice, SHIP_VIA),
            ShippingRule="Back Order Allowed",
            StatementCycleID="EOM",
            StatementType="Open Item",
            TaxZone="DOMESTIC",
            LocationName="Primary Location",
            PriceClassID=pick(dice, ("A", "B", None)),
            OrderPriority=0,
            Email=f"office{at}@example.com",
            CreditLimit=money(dice, 0, 50000),
            WriteOffLimit=Decimal("5.0000"),
            AutoApplyPayments=bool(at % 2),
            WarehouseID=pick(dice, (*WAREHOUSES, None)),
        )
        row.note = "" if at % 10 else f'Met {name} at the fair; wants "net 60".'
        for part in ("MainContact", "BillingContact", "ShippingContact"):
            contact = world.part(row, part, **{**_contact_values(at, name), "ContactID": 3000 + at})
            _address(world, contact, at)
        world.line(row, "Attributes", AttributeID="INDUSTRY", AttributeDescription="Industry", Value=str(at % 5))
        world.line(row, "Salespersons", SalespersonID=SALESPERSONS[at % 4], LocationID="MAIN", Default=True)
        row.custom[("BAccount", "UsrLoyaltyTier")] = ("str", ("GOLD", "SILVER", None)[at % 3])
        yield row


def _vendors(world: World) -> Iterator[Row]:
    for at in range(world.sizes.vendors):
        name = f"{_TRADES[at % 10]} Supply {_PLACES[at // 10 % 10]}"
        row = world.row(
            "Vendor",
            at,
            VendorID=vendor_id(at),
            VendorName=name,
            LegalName=name,
            VendorClass="LOCAL" if at % 4 else "INTL",
            Status="Active",
            CurrencyID="USD" if at % 4 else "EUR",
            Terms=TERMS[at % 4],
            PaymentMethod="CHECK",
            CashAccount="10200",
            APAccount="20000",
            APSubaccount="000000",
            LocationName="Primary Location",
            TaxZone="DOMESTIC",
        )
        contact = world.part(row, "MainContact", **{**_contact_values(at + 300, name), "ContactID": 4000 + at})
        _address(world, contact, at)
        yield row


def _business_accounts(world: World) -> Iterator[Row]:
    for at in range(world.sizes.customers + world.sizes.vendors):
        mine = at - world.sizes.customers
        name = customer_name(at) if mine < 0 else f"{_TRADES[mine % 10]} Supply {_PLACES[mine // 10 % 10]}"
        row = world.row(
            "BusinessAccount",
            at,
            BusinessAccountID=customer_id(at) if mine < 0 else vendor_id(mine),
            Name=name,
            Status="Active",
            Type="Customer" if mine < 0 else "Vendor",
            ClassID="DEFAULT",
            CurrencyID="USD",
        )
        _address(world, row, at, "MainAddress")
        world.part(row, "MainContact", CompanyName=name, Email=f"office{at}@example.com")
        yield row


def _contacts(world: World) -> Iterator[Row]:
    for at in range(world.sizes.contacts):
        account = at % world.sizes.customers
        values = _contact_values(at, customer_name(account))
        row = world.row(
            "Contact", at, ContactID=3000 + at, BusinessAccount=customer_id(account), ContactClass="END", **values
        )
        row.values.update(Active=bool(at % 19), Status="Active" if at % 19 else "Inactive", Type="Contact")
        row.values.update(DateOfBirth=date(1960 + at % 40, at % 12 + 1, at % 28 + 1) if at % 3 else None)
        _address(world, row, at)
        world.line(row, "Attributes", AttributeID="INTEREST", Value=None)
        yield row


def _leads(world: World) -> Iterator[Row]:
    for at in range(50):
        values = _contact_values(at + 500, f"{_PLACES[at % 10]} Ventures")
        name = values.pop("DisplayName")
        row = world.row("Lead", at, LeadID=8000 + at, LeadClass="WEB", Status=("New", "Open")[at % 2], **values)
        row.values.update(LeadDisplayName=name, Source="Web", Active=True)
        yield row


def _opportunities(world: World) -> Iterator[Row]:
    for at in range(60):
        dice = world.dice("Opportunity", at)
        row = world.row(
            "Opportunity",
            at,
            OpportunityID=f"OP{at + 1:08}",
            Subject=f"{_TRADES[at % 10]} renewal {2020 + at % 6}",
            BusinessAccount=customer_id(at * 3 % world.sizes.customers),
            ClassID="PRODUCT",
            CurrencyID="USD",
            Stage=pick(dice, ("Prospect", "Nurture", "Negotiation", "Won")),
            Status=pick(dice, ("New", "Open", "Won", "Lost")),
            Amount=money(dice, 100, 20000),
        )
        row.values["Total"] = row.values["Amount"]
        row.values["Estimation"] = day(row.modified, 30)
        yield row


def _cases(world: World) -> Iterator[Row]:
    for at in range(60):
        row = world.row(
            "Case",
            at,
            CaseID=f"{at + 1:06}",
            Subject=f"Delivery {at + 100} incomplete",
            BusinessAccount=customer_id(at % world.sizes.customers),
            ClassID="SUPPORT",
            Priority=("Low", "Medium", "High")[at % 3],
            Severity=("Low", "Medium", "High")[at % 3],
            Status=("New", "Open", "Closed")[at % 3],
        )
        row.values["DateReported"] = row.created
        yield row


def _employees(world: World) -> Iterator[Row]:
    for at in range(EMPLOYEES):
        first, last = _FIRST[at % 10], _LAST[at * 3 % 10]
        row = world.row("Employee", at, EmployeeID=employee_id(at), EmployeeName=f"{first} {last}", Status="Active")
        world.part(row, "ContactInfo", FirstName=first, LastName=last, Email=f"{first[0].lower()}{at}@example.com")
        world.part(
            row, "EmployeeSettings", BranchID="MAIN", DepartmentID=("SALES", "ADMIN")[at % 2], EmployeeClass="EMPHOUR"
        )
        yield row


def _locations(world: World) -> Iterator[Row]:
    for at in range(world.sizes.customers):
        row = world.row(
            "CustomerLocation", at, Customer=customer_id(at), LocationID="MAIN", LocationName="Primary Location"
        )
        row.values.update(Active=True, Default=True, Status="Active", TaxZone="DOMESTIC", ShipVia=SHIP_VIA[at % 4])
        yield row


def _projects(world: World) -> Iterator[Row]:
    for at in range(PROJECTS):
        dice = world.dice("Project", at)
        yield world.row(
            "Project",
            at,
            ProjectID=project_id(at),
            Description=f"{_PLACES[at % 10]} site {at + 1}",
            Customer=customer_id(at % world.sizes.customers),
            Status=("Active", "In Planning", "Completed")[at % 3],
            Income=money(dice, 0, 90000),
            Expenses=money(dice, 0, 60000),
        )


def _tasks(world: World) -> Iterator[Row]:
    for at in range(PROJECTS * 3):
        name = ("DESIGN", "BUILD", "HANDOVER")[at % 3]
        row = world.row("ProjectTask", at, ProjectID=project_id(at // 3), ProjectTaskID=name)
        row.values.update(Description=f"{name.title()} phase", Status="Active", Default=at % 3 == 0)
        yield row


MAKERS: Mapping[str, Callable[[World], Iterator[Row]]] = {
    "BusinessAccount": _business_accounts,
    "Case": _cases,
    "Contact": _contacts,
    "Customer": _customers,
    "CustomerLocation": _locations,
    "Employee": _employees,
    "Lead": _leads,
    "Opportunity": _opportunities,
    "Project": _projects,
    "ProjectTask": _tasks,
    "Vendor": _vendors,
}
