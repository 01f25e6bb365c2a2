"""$filter of contract 4 as users met it: operators, literals, functions, paths, custom fields, and every refusal."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from unit_tests.emulator.conformance.conftest import NO_KEY, assert_failed, insert, listed, read_json

ODATA = "Microsoft.Data.OData.ODataException"
CUSTOMERS = (
    {
        "CustomerID": "ALPHA",
        "CustomerName": "Alpha O'Neil & Sons",
        "Status": "Active",
        "PrintInvoices": True,
        "CreditLimit": Decimal("0.0000"),
        "LeadTimedays": 3,
        "PriceClassID": None,
        "MainContact": {"Email": "Info@alpha.example", "LastName": "Abbot", "Address": {"City": "Rome"}},
    },
    {
        "CustomerID": "BETA",
        "CustomerName": "beta tools",
        "Status": "On Hold",
        "PrintInvoices": False,
        "CreditLimit": Decimal("99.9900"),
        "LeadTimedays": None,
        "PriceClassID": "A",
        "MainContact": {"Email": "beta@beta.example", "Address": {"City": "Oslo"}},
    },
    {
        "CustomerID": "GAMMA",
        "CustomerName": "Gamma",
        "Status": "Inactive",
        "PrintInvoices": True,
        "CreditLimit": Decimal("-10.5000"),
        "LeadTimedays": 14,
        "PriceClassID": "B",
    },
)
STAMPS = (datetime(2024, 7, 15, 10, 31, 28, 402000), datetime(2025, 12, 31), datetime(2026, 2, 1, 23, 59, 59))


@pytest.fixture
def shop(blank_client):
    """Three customers, changed on three days."""
    for row, stamp in zip(CUSTOMERS, STAMPS, strict=True):
        insert(blank_client, "Customer", row, stamp=stamp)
    return blank_client


def found(client, text, entity="Customer", key="CustomerID"):
    """The first letters of the keys that a filter selects."""
    return "".join(str(value)[0] for value in client.keys(entity, key, filter=text))


# --- comparisons


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CustomerID eq 'BETA'", "B"),
        ("CustomerID ne 'BETA'", "AG"),
        ("CustomerID gt 'ALPHA'", "BG"),
        ("CustomerID ge 'BETA'", "BG"),
        ("CustomerID lt 'BETA'", "A"),
        ("CustomerID le 'BETA'", "AB"),
        ("'BETA' eq CustomerID", "B"),
        ("CreditLimit gt 0", "B"),
        ("CreditLimit ge 0", "AB"),
        ("CreditLimit lt 0", "G"),
        ("CreditLimit eq 99.99", "B"),
        ("CreditLimit eq 99.9900", "B"),
        ("CreditLimit eq -10.5", "G"),
        ("LeadTimedays eq 3", "A"),
        ("LeadTimedays gt 3", "G"),
        ("PrintInvoices eq true", "AG"),
        ("PrintInvoices eq false", "B"),
        ("PrintInvoices ne true", "B"),
    ],
)
def test_the_six_operators_compare(shop, text, expected):
    assert found(shop, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Status eq 'Active' and PrintInvoices eq true", "A"),
        ("Status eq 'Active' or Status eq 'Inactive'", "AG"),
        ("CustomerID eq 'ALPHA' or Status eq 'Inactive' and PrintInvoices eq false", "A"),
        ("(CustomerID eq 'ALPHA' or Status eq 'Inactive') and PrintInvoices eq true", "AG"),
        ("not (Status eq 'Active')", "BG"),
        ("not (Status eq 'Active' or Status eq 'Inactive')", "B"),
        ("not (not (Status eq 'Active'))", "A"),
        ("((Status eq 'Active'))", "A"),
    ],
)
def test_and_binds_tighter_than_or_and_brackets_win(shop, text, expected):
    assert found(shop, text) == expected


def test_a_drop_down_is_filtered_by_the_word_that_is_shown(shop):
    assert found(shop, "Status eq 'On Hold'") == "B"
    assert found(shop, "Status eq 'H'") == ""


# --- literals (guide 2026 R1; recorded requests of a MYOB client; Acumatica's Postman collection)


@pytest.mark.parametrize("literal", ["0", "0M", "0m", "0.0", "0.0000M"])
def test_a_number_may_carry_the_mark_of_a_decimal(shop, literal):
    assert found(shop, f"CreditLimit eq {literal}") == "A"


def test_a_quote_within_a_text_is_written_twice(shop):
    assert found(shop, "CustomerName eq 'Alpha O''Neil & Sons'") == "A"


@pytest.mark.parametrize(
    "text", ["CustomerName eq 'ALPHA O''NEIL & SONS'", "CustomerName eq 'BETA TOOLS'", "Status eq 'ACTIVE'"]
)
def test_texts_compare_without_regard_to_case(shop, text):
    assert len(found(shop, text)) == 1


@pytest.mark.parametrize(
    ("text", "expected"), [("PriceClassID eq null", "A"), ("PriceClassID ne null", "BG"), ("LeadTimedays eq null", "B")]
)
def test_null_is_a_literal(shop, text, expected):
    assert found(shop, text) == expected


@pytest.mark.parametrize(
    "literal",
    [
        "datetimeoffset'2024-07-15T10:31:28.402+00:00'",
        "datetimeoffset'2024-07-15T13:31:28.402+03:00'",
        "datetimeoffset'2024-07-15T10:31:28.402Z'",
        "datetimeoffset'2024-07-15T10:31:28.402'",
    ],
)
def test_one_instant_may_be_written_in_several_ways(shop, literal):
    assert found(shop, f"LastModifiedDateTime eq {literal}") == "A"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LastModifiedDateTime ge datetimeoffset'2025-12-31'", "BG"),
        ("LastModifiedDateTime gt datetimeoffset'2025-12-31T00:00:00'", "G"),
        ("LastModifiedDateTime lt datetimeoffset'2025-12-31'", "A"),
        (
            "LastModifiedDateTime ge datetimeoffset'2024-07-15T10:31:28.402%2B00:00'"
            " and LastModifiedDateTime lt datetimeoffset'2026-01-01'",
            "AB",
        ),
    ],
)
def test_a_window_of_a_cursor_takes_its_start_and_leaves_its_end(shop, text, expected):
    answer = listed(shop, "Customer", f"$filter={text.replace(' ', '%20')}")
    assert "".join(row["CustomerID"]["value"][0] for row in read_json(answer)) == expected


def test_the_plus_of_an_offset_has_to_be_encoded(shop):
    text = "$filter=LastModifiedDateTime%20gt%20datetimeoffset'2024-01-01T00:00:00{}03:00'"
    assert listed(shop, "Customer", text.format("%2B")).status == 200
    answer = listed(shop, "Customer", text.format("+"))
    assert_failed((answer.status, read_json(answer)), ODATA, "Unrecognized 'Edm.DateTimeOffset' literal")


@pytest.mark.parametrize(
    "literal", ["date'2025-06-17'", "datetimeoffset'2025-06-17'", "datetimeoffset'2025-06-17T00:00:00'"]
)
def test_a_business_date_is_asked_for_by_its_day(blank_client, literal):
    insert(blank_client, "SalesOrder", {"OrderType": "SO", "OrderNbr": "X1", "Date": date(2025, 6, 17)})
    insert(blank_client, "SalesOrder", {"OrderType": "SO", "OrderNbr": "X2", "Date": date(2025, 6, 18)})
    assert blank_client.keys("SalesOrder", "OrderNbr", filter=f"Date eq {literal}") == ["X1"]
    assert blank_client.keys("SalesOrder", "OrderNbr", filter=f"Date gt {literal}") == ["X2"]


@pytest.mark.parametrize("form", [str.lower, str.upper])
def test_a_guid_is_a_literal_of_its_own_in_any_case(shop, form):
    row = shop.get("Customer/BETA", select="NoteID")
    assert found(shop, f"NoteID eq guid'{form(row['NoteID']['value'])}'") == "B"


# --- functions (live on build 25R2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("substringof('tools', CustomerName)", "B"),
        ("substringof('A', CustomerName)", "ABG"),
        ("startswith(CustomerName,'al')", "A"),
        ("startswith(CustomerName,'')", "ABG"),
        ("endswith(CustomerName,'MA')", "G"),
        ("substringof('o', CustomerName) and Status eq 'Active'", "A"),
        ("startswith(CustomerName,'a') or endswith(CustomerName,'a')", "AG"),
        ("substringof('''', CustomerName)", "A"),
    ],
)
def test_three_functions_look_into_a_text_without_regard_to_case(shop, text, expected):
    assert found(shop, text) == expected


@pytest.mark.parametrize(
    "text", ["contains(CustomerName,'x')", "tolower(CustomerName) eq 'x'", "toupper(CustomerName) eq 'X'"]
)
def test_functions_of_a_newer_odata_are_500(shop, text):
    name = text.partition("(")[0]
    assert_failed(shop.refused("GET", "Customer", filter=text), ODATA, f"unknown function with name '{name}'")


@pytest.mark.parametrize(
    "text", ["substringof('alpha', CustomerName) eq true", "true eq substringof('alpha', CustomerName)"]
)
def test_a_function_compared_with_true_selects_nothing_and_says_nothing(shop, text):
    assert found(shop, text) == ""


def test_the_negation_of_substringof_is_500(shop):
    assert shop.refused("GET", "Customer", filter="not substringof('alpha', CustomerName)")[0] == 500


def test_the_operator_in_is_500(shop):
    assert shop.refused("GET", "Customer", filter="CustomerID in ('ALPHA','BETA')")[0] == 500


# --- paths


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MainContact/Email eq 'info@ALPHA.example'", "A"),
        ("MainContact/LastName ne null", "A"),
        ("substringof('beta', MainContact/Email)", "B"),
        ("MainContact/Address/City eq 'Oslo'", "B"),
        ("MainContact/Email gt 'c'", "A"),
    ],
)
def test_a_field_of_a_linked_entity_is_named_by_its_path(shop, text, expected):
    assert found(shop, text) == expected


@pytest.mark.parametrize(
    ("entity", "text"),
    [
        ("SalesOrder", "Details/InventoryID eq 'X'"),
        ("Customer", "Attributes/Value eq 'x'"),
        ("StockItem", "WarehouseDetails/QtyOnHand gt 0"),
    ],
)
def test_a_field_of_a_detail_is_not_a_single_value(client, entity, text):
    assert_failed(client.refused("GET", entity, filter=text), ODATA, "is not a single value")


@pytest.mark.parametrize(
    "text",
    [
        "Nonsense eq 'x'",
        "customerid eq 'ALPHA'",
        "CUSTOMERID eq 'ALPHA'",
        "MainContact/Nonsense eq 'x'",
        "Nonsense/Email eq 'x'",
        "startswith(Nonsense,'x')",
    ],
)
def test_a_name_the_entity_does_not_have_is_a_key_that_is_not_in_a_dictionary(shop, text):
    """Names have one case. The same words were met by three users."""
    answer = shop.refused("GET", "Customer", filter=text)
    assert_failed(answer, NO_KEY, "The given key was not present in the dictionary.")


# --- custom fields (guide 2026 R1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cf.String(f='Document.AttributeCHANNEL') eq 'WEB'", {"SO1"}),
        ("cf.String(f='Document.AttributeCHANNEL') eq 'web'", {"SO1"}),
        ("cf.Decimal(f='Document.CuryBalanceWOTotal') eq 0M", {"SO1"}),
        ("cf.Decimal(f='Document.CuryBalanceWOTotal') gt 100", {"SO2"}),
        ("cf.Boolean(f='Document.UsrReviewed') eq true", {"SO2"}),
        ("cf.DateTime(f='Document.DiscDate') gt datetimeoffset'2025-01-01'", {"SO2"}),
        ("cf.DateTime(f='Document.DiscDate') lt datetimeoffset'2025-01-01'", set()),
        ("cf.String(f='Document.AttributeCHANNEL') eq null", {"SO2"}),
        ("cf.String(f='Document.AttributeCHANNEL') ne 'EDI' and OrderType eq 'SO'", {"SO1"}),
    ],
)
def test_a_custom_field_is_named_by_view_and_field(orders_with_customs, text, expected):
    assert set(orders_with_customs.keys("SalesOrder", "OrderNbr", filter=text)) == expected


def custom_fields(**values):
    kinds = {str: "CustomStringField", bool: "CustomBooleanField", float: "CustomDecimalField"}
    view = {name: {"type": kinds[type(value)], "value": value} for name, value in values.items() if name != "DiscDate"}
    if "DiscDate" in values:
        view["DiscDate"] = {"type": "CustomDateTimeField", "value": values["DiscDate"]}
    return {"Document": view}


@pytest.fixture
def orders_with_customs(blank_client):
    blank_client.put("Customer", {"CustomerID": "C", "CustomerName": "c"})
    for number, custom in (
        ("SO1", custom_fields(AttributeCHANNEL="WEB", CuryBalanceWOTotal=0.0, UsrReviewed=False)),
        ("SO2", custom_fields(CuryBalanceWOTotal=250.5, UsrReviewed=True, DiscDate="2025-06-01T00:00:00")),
    ):
        blank_client.put("SalesOrder", {"OrderType": "SO", "OrderNbr": number, "CustomerID": "C", "custom": custom})
    return blank_client


@pytest.mark.parametrize("text", ["cf.String(f='Document.Nope') eq 'x'", "cf.String(f='Nope.AttributeCHANNEL') eq 'x'"])
def test_a_custom_field_no_one_has_is_500(client, text):
    assert client.refused("GET", "SalesOrder", filter=text)[0] == 500


# --- types and syntax


@pytest.mark.parametrize(
    ("text", "field", "literal"),
    [
        ("PrintInvoices eq 'true'", "Boolean", "String"),
        ("CreditLimit gt '5'", "Decimal", "String"),
        ("CustomerID eq 5", "String", "Decimal"),
        ("CustomerID eq true", "String", "Boolean"),
        ("LastModifiedDateTime gt '2024-01-01'", "DateTimeOffset", "String"),
        ("NoteID eq 'x'", "Guid", "String"),
        ("PrintInvoices eq 1", "Boolean", "Decimal"),
    ],
)
@pytest.mark.parametrize("status", [500, 400])
def test_a_literal_of_another_type_is_refused_in_the_words_of_the_odata_library(shop, text, field, literal, status):
    """500 on build 26.101; one client met a 400."""
    shop.instance.behavior.type_mismatch_status = status
    answer = shop.refused("GET", "Customer", filter=text)
    assert_failed(answer, ODATA, f"incompatible types was detected. Found operand types 'Edm.{field}'", status)
    assert f"'Edm.{literal}'" in answer[1]["exceptionMessage"] or literal == "Decimal"


@pytest.mark.parametrize(
    "text",
    [
        "CustomerID",
        "CustomerID eq",
        "eq 'x'",
        "CustomerID = 'x'",
        "CustomerID eq 'x",
        'CustomerID eq "x"',
        "(CustomerID eq 'x'",
        "CustomerID eq 'x')",
        "CustomerID eq 'x' and",
        "CustomerID eq 'x' CustomerName eq 'y'",
        "LastModifiedDateTime gt 2024-07-15",
        "LastModifiedDateTime gt datetimeoffset'yesterday'",
        "startswith(CustomerName)",
        "startswith(CustomerName,1)",
    ],
)
def test_a_filter_that_cannot_be_read_is_500(shop, text):
    status, body = shop.refused("GET", "Customer", filter=text)
    assert status == 500
    assert "PX.Api.ContractBased.OData" in body["stackTrace"]


@pytest.mark.parametrize(
    "text", ["Nonsense eq 1", "CustomerID eq 5", "not substringof('a',CustomerName)", "contains(CustomerID,'x')"]
)
def test_the_stack_of_every_refused_filter_goes_through_the_odata_room(shop, text):
    assert "PX.Api.ContractBased.OData" in shop.refused("GET", "Customer", filter=text)[1]["stackTrace"]


def test_an_empty_filter_is_none(shop):
    assert found(shop, "") == found(shop, "  ") == "ABG"


# --- filters that answer 200 and nothing


def test_a_filter_over_two_views_may_answer_nothing_though_each_half_matches(shop):
    """Seen on build 26.101."""
    shop.instance.behavior.view_crossing_empty = ["Customer"]
    halves = ("Status eq 'Active'", "MainContact/Email eq 'info@alpha.example'")
    assert [found(shop, half) for half in halves] == ["A", "A"]
    assert found(shop, " and ".join(halves)) == ""


@pytest.mark.parametrize("entity", ["PurchaseOrder", "Shipment"])
def test_some_forms_answer_nothing_to_a_filter_by_anything_but_keys(open_client, entity):
    """Seen on build 25R2."""
    client = open_client(silent_empty=[entity])
    key = {"PurchaseOrder": "OrderNbr", "Shipment": "ShipmentNbr"}[entity]
    some = client.get(entity, top=1)[0]
    assert client.get(entity, filter=f"Status eq '{some['Status']['value']}'") == []
    assert client.keys(entity, key, filter=f"{key} eq '{some[key]['value']}'") == [some[key]["value"]]


def test_a_filter_by_keys_is_a_list_all_the_same(shop):
    """The optimizer looks at it as at any list; the URL with the key does not ask it."""
    shop.instance.behavior.delegates = {"Customer": {"CreditLimit": "CustomerBalance"}}
    assert shop.refused("GET", "Customer", filter="CustomerID eq 'BETA'")[0] == 500
    assert shop.entity("GET", "Customer/BETA").status == 200
