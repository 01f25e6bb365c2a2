"""$filter: grammar, types, truth, and the quirks that clients met."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from acumatica_emulator.api.projection import UnknownMember
from acumatica_emulator.catalog import load
from acumatica_emulator.filters import Scope, compile_filter
from acumatica_emulator.filters.operands import FilterError
from acumatica_emulator.records.rows import Row
from acumatica_emulator.records.values import Zones

CUSTOMS = {("ItemSettings", "UsrX"): "str", ("Document", "CuryBalanceWOTotal"): "dec", ("Document", "DiscDate"): "time"}
ID = "d11d2e19-7c07-f111-8cb1-ac198e472cfe"


def customer() -> Row:
    row = Row(ID, modified=datetime(2024, 7, 15, 10, 31, 28, 402000))
    row.values = {
        "CustomerID": "ALPINE",
        "CustomerName": "Alpine O'Neil & Sons",
        "Status": "Active",
        "PrintInvoices": True,
        "CreditLimit": Decimal("100.5000"),
        "LeadTimedays": 3,
        "PriceClassID": None,
    }
    row.link("MainContact").values = {"Email": "Info@Alpine.example"}
    row.custom = {
        ("ItemSettings", "UsrX"): ("str", "Battery"),
        ("Document", "CuryBalanceWOTotal"): ("dec", Decimal("0.0000")),
    }
    return row


def holds(text: str, *, version: str = "24.200.001", zones: Zones | None = None, row: Row | None = None) -> bool:
    contract = load("Default", version)
    scope = Scope(contract.types["Customer"], contract.types, zones or Zones(), "convert", contract.number, CUSTOMS)
    condition = compile_filter(text, scope)
    return not condition.empty and condition.holds(row or customer())


@pytest.mark.parametrize(
    "text",
    [
        "CustomerID eq 'ALPINE'",
        "CustomerID eq 'alpine'",
        "CustomerID eq 'ALPINE   '",
        "CustomerName eq 'Alpine O''Neil & Sons'",
        "CustomerID gt 'ALP' and CustomerID lt 'ALQ'",
        "not (CustomerID eq 'OTHER')",
        "CustomerID ne 'OTHER'",
        "CustomerID eq 'X' or Status eq 'Active'",
        "CustomerID eq 'X' and Status eq 'Y' or PrintInvoices eq true",
        "CustomerID eq 'ALPINE' and (Status eq 'Y' or PrintInvoices eq true)",
        "PrintInvoices",
        "CreditLimit eq 100.5M",
        "CreditLimit ge 100.5 and CreditLimit le 100.50",
        "LeadTimedays eq 3",
        "LeadTimedays lt 3.5",
        "PriceClassID eq null",
        "CustomerID ne null",
        "null eq PriceClassID",
        "substringof('PINE', CustomerID)",
        "startswith(CustomerName,'alpine')",
        "endswith( CustomerName , 'SONS' )",
        "MainContact/Email eq 'info@alpine.example'",
        f"NoteID eq guid'{ID.upper()}'",
        "LastModifiedDateTime eq datetimeoffset'2024-07-15T10:31:28.402+00:00'",
        "LastModifiedDateTime eq datetimeoffset'2024-07-15T13:31:28.402+03:00'",
        "LastModifiedDateTime ge datetimeoffset'2024-07-15T10:31:28.402Z'",
        "LastModifiedDateTime gt datetimeoffset'2024-07-15'",
        "LastModifiedDateTime lt datetimeoffset'2024-07-16T00:00:00'",
        "LastModifiedDateTime gt date'2024-07-15'",
        "cf.String(f='ItemSettings.UsrX') eq 'battery'",
        "cf.Decimal(f='Document.CuryBalanceWOTotal') eq 0M",
    ],
)
def test_contract_4_selects_the_row(text):
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "CustomerID eq 'ALPINE2'",
        "PriceClassID eq 'A'",
        "PriceClassID ne 'A'",
        "not (PriceClassID eq 'A')",
        "PriceClassID gt null",
        "PrintInvoices eq false",
        "LastModifiedDateTime gt datetimeoffset'2024-07-15T10:31:28.402+00:00'",
        "cf.DateTime(f='Document.DiscDate') gt datetimeoffset'2020-01-01'",
        "substringof('PINE', CustomerID) eq true",
        "substringof('x', PriceClassID)",
        "PriceClassID eq 'A' and Status eq 'Active'",
    ],
)
def test_contract_4_does_not_select_the_row(text):
    """A comparison with null is unknown, and so is its negation; `substringof(..) eq true` selects nothing."""
    assert not holds(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("contains(CustomerName,'x')", "An unknown function with name 'contains' was found."),
        ("tolower(CustomerName) eq 'x'", "An unknown function with name 'tolower' was found."),
        ("not substringof('x',CustomerName)", "not implemented"),
        ("PrintInvoices eq 'true'", "'Edm.Boolean' and 'Edm.String' for operator kind 'Equal'"),
        ("CreditLimit gt 'x'", "'Edm.Decimal' and 'Edm.String' for operator kind 'GreaterThan'"),
        ("CustomerID eq 5", "'Edm.String' and 'Edm.Decimal'"),
        ("LastModifiedDateTime gt 'x'", "'Edm.DateTimeOffset' and 'Edm.String'"),
        (
            "LastModifiedDateTime gt datetimeoffset'2024-07-15T10:31:28 00:00'",
            "Unrecognized 'Edm.DateTimeOffset' literal",
        ),
        ("NoteID eq 'd11d2e19'", "'Edm.Guid' and 'Edm.String'"),
        ("Attributes/Value eq 'x'", "is not a single value"),
        ("CustomerID eq", "Syntax error"),
        ("CustomerID eq 'x", "Syntax error"),
        ("CustomerID in ('a','b')", "Syntax error"),
        ("CustomerID", "must evaluate to a single boolean value"),
        ("CustomerID and PrintInvoices", "must evaluate to a single boolean value"),
        ("startswith(CreditLimit,'x')", "No function signature for the function with name 'startswith'"),
        ("LastModifiedDateTime gt 2024-07-15", "Syntax error"),
    ],
)
def test_contract_4_refuses(text, words):
    with pytest.raises(FilterError) as error:
        holds(text)
    assert words in str(error.value)


@pytest.mark.parametrize(
    "text", ["Nonsense eq 1", "MainContact/Nonsense eq 1", "Nonsense/Email eq 1", "customerid eq 'x'"]
)
def test_an_unknown_name_is_an_unknown_member(text):
    with pytest.raises(UnknownMember):
        holds(text)


def test_an_unknown_custom_field_is_an_unknown_member():
    with pytest.raises(UnknownMember):
        holds("cf.String(f='ItemSettings.UsrY') eq 'x'")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("contains(CustomerName,'neil')", True),
        ("CustomerID in ('X','alpine')", True),
        ("CustomerID in ('X','Y')", False),
        ("LastModifiedDateTime ge 2024-07-15T10:31:28.402Z", True),
        ("LastModifiedDateTime gt 2024-07-15T13:31:28.402+03:00", False),
        ("LastModifiedDateTime gt 2024-07-15", True),
        (f"NoteID eq {ID}", True),
        ("cf.String('ItemSettings.UsrX') eq 'Battery'", True),
        ("CreditLimit eq 100.5", True),
    ],
)
def test_contract_5_speaks_a_newer_odata(text, expected):
    assert holds(text, version="26.200.001") is expected


@pytest.mark.parametrize(
    "text", ["substringof('a',CustomerName)", "LastModifiedDateTime gt datetimeoffset'2024-07-15'"]
)
def test_contract_5_refuses_what_contract_4_said(text):
    with pytest.raises(FilterError):
        holds(text, version="26.200.001")


def test_a_date_is_compared_as_midnight_of_the_users_clock():
    contract = load("Default", "24.200.001")
    row = Row(ID, {"Date": date(2026, 2, 11)})
    scope = Scope(contract.types["SalesOrder"], contract.types, Zones("America/New_York", "America/New_York"))
    for text in ("Date eq date'2026-02-11'", "Date eq datetimeoffset'2026-02-11T00:00:00-05:00'"):
        assert compile_filter(text, scope).holds(row)
    assert not compile_filter("Date eq datetimeoffset'2026-02-11T00:00:00Z'", scope).holds(row)


def test_a_filter_shows_which_fields_it_reads():
    contract = load("Default", "24.200.001")
    condition = compile_filter(
        "MainContact/Email eq 'x' or CustomerID gt 'a'", Scope(contract.types["Customer"], contract.types)
    )
    assert condition.fields == {"MainContact/Email", "CustomerID"}
