"""Everything that an instance may do in answering a write, in each position: the ERP is the input applied once, and
what is not there is reported."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from acumatica_emulator import Emulator
from integration_tests.both_ways.conftest import PatientDestination
from integration_tests.both_ways.truth import assert_clear, rows
from unit_tests.destination.builders import Result, record, state, stream

CUSTOMERS = stream("Customer", columns=("CustomerID", "CustomerName"), key=("CustomerID",))
ORDERS = stream("SalesOrder", key=("OrderType", "OrderNbr"), columns=("OrderType", "OrderNbr"))
NEW_ORDERS = stream("SalesOrder", "append")


def customer(key: str, name: str = "Somebody", **more: object) -> bytes:
    return record("Customer", CustomerID=key, CustomerName=name, **more)


def order(instance: Emulator, number: str | None = None, **more: object) -> bytes:
    """An order of two lines; without a number it is for Acumatica to give one."""
    items = [str(row["InventoryID"]) for row in instance.records("StockItem")[:2]]
    lines = [{"InventoryID": item, "OrderQty": 3, "UnitPrice": Decimal("10.1234")} for item in items]
    buyer = instance.records("Customer")[0]["CustomerID"]
    numbered = {"OrderNbr": number} if number else {}
    return record("SalesOrder", OrderType="SO", **numbered, CustomerID=buyer, Details=lines, **more)


def by_key(instance: Emulator, entity: str, name: str, **where: str) -> dict[str, dict[str, Any]]:
    """The records by their number; two of one number are a defect."""
    found = instance.records(entity, **where)
    assert len({row[name] for row in found}) == len(found)
    return {str(row[name]): row for row in found}


def reported(result: Result) -> str:
    assert result.code == 1, result.raw
    assert_clear(result.error)
    return str(result.error["message"])


# One position of one switch that must not matter. Every default is in the first row.
HARMLESS = [
    ("put_scope", "sent"),
    ("put_scope", "full"),
    ("error_status", 500),
    ("bare_scalar", "ignore"),
    ("header_touch", False),
    ("conflict_409", False),
    ("patch", False),
    ("links", False),
    ("file_comment", False),
    ("root_shape", "array"),
    ("href", "absolute"),
    ("openapi", "2.0"),
    ("anonymous_swagger", False),
    ("contract5", True),
    ("ambiguous_status", 500),
    ("delete_missing", "204"),
    ("type_mismatch_status", 400),
    ("silent_empty", ["Customer", "SalesOrder"]),
    ("view_crossing_empty", ["Customer", "SalesOrder"]),
    ("delegates", {"SalesOrder": {"Details": "Transactions"}}),
    ("server_zone", "America/New_York"),
    ("user_zone", "Australia/Sydney"),
    ("filter_offset", "ignore"),
    ("site", ""),
    ("limit_form", "429_text"),
    ("expired_form", "302"),
    ("slash_keys", "keep"),
    ("plain_body", "empty"),
    ("plain_body", "html"),
    ("relogin", "same"),
    ("error_type", "outer"),
    ("error_exception", True),
    ("parse_status", 500),
    ("override_needed", False),
    ("select_ignored", ["Customer", "SalesOrder"]),
    ("done_location", True),
]


@pytest.mark.parametrize(("switch", "position"), HARMLESS)
def test_the_input_is_applied_once_however_often_it_comes(
    instance: Emulator, destination: PatientDestination, switch: str, position: object
) -> None:
    """New and known customers, an order with lines and a day; the same sync again changes nothing."""
    instance.switches.set(switch, position)
    before = by_key(instance, "Customer", "CustomerID")
    known = next(iter(before))
    lines = [
        customer("ZNEW1", MainContact={"Email": "a@b.c"}, CreditLimit=Decimal("1234567890123.4500")),
        customer(known, "Renamed"),
        order(instance, "Z00001", Date="2026-03-08"),
        order(instance, "Z/2"),
        state("Customer", 1),
        state("SalesOrder", 2),
    ]
    seen = []
    for _ in range(2):
        result = destination.write(lines, CUSTOMERS, ORDERS, concurrency_level=2)
        assert (result.code, result.state_ids, result.counts) == (0, [1, 2], [(2, 0), (2, 0)]), result.raw
        after, orders = by_key(instance, "Customer", "CustomerID"), by_key(instance, "SalesOrder", "OrderNbr")
        assert after.keys() == {*before, "ZNEW1"}
        assert (after["ZNEW1"]["CreditLimit"], after["ZNEW1"]["MainContact"]["Email"]) == (
            Decimal("1234567890123.4500"),
            "a@b.c",
        )
        assert {key for key, row in before.items() if row["CustomerName"] != after[key]["CustomerName"]} == {known}
        assert str(orders["Z00001"]["Date"]) == "2026-03-08"
        for number in ("Z00001", "Z/2"):
            assert [row["UnitPrice"] for row in orders[number]["Details"]] == [Decimal("10.123400")] * 2
        seen.append(orders)
    assert seen[0] == seen[1]


@pytest.mark.parametrize("manual", [True, False])
class TestNumbers:
    def test_of_new_documents_are_given_by_acumatica(self, instance, destination, manual):
        instance.switches.manual_numbers = manual
        before = by_key(instance, "SalesOrder", "OrderNbr")
        result = destination.write([*[order(instance)] * 3, state("SalesOrder", 1)], NEW_ORDERS)
        assert (result.code, result.counts) == (0, [(3, 0)])
        assert len(by_key(instance, "SalesOrder", "OrderNbr")) == len(before) + 3

    def test_that_came_along_are_kept_or_the_sync_stops_at_the_first(self, instance, destination, manual):
        instance.switches.manual_numbers = manual
        before = len(instance.records("SalesOrder"))
        lines = [*(order(instance, f"Z{n}") for n in range(4)), state("SalesOrder", 1)]
        result = destination.write(lines, ORDERS)
        added = len(instance.records("SalesOrder")) - before
        if manual:
            assert (result.code, result.counts, added) == (0, [(4, 0)], 4)
        else:
            assert "it numbers these records itself" in reported(result)
            assert (result.state_ids, added) == ([], 1)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"error_exception": True},
        {"error_status": 500},
        {"error_status": 500, "error_type": "outer"},
    ],
)
@pytest.mark.parametrize("periods", [[], ["032026"]])
@pytest.mark.parametrize("policy", ["fail", "skip"])
def test_a_document_in_a_closed_period_is_reported_in_acumaticas_words(instance, destination, form, periods, policy):
    instance.switches.update({"inactive_periods": periods, **form})
    seller = instance.records("Vendor")[0]["VendorID"]
    bills = stream("Bill", key=("Type", "ReferenceNbr"))
    lines = [
        record("Bill", Type="Bill", ReferenceNbr=f"Z{month}", Vendor=seller, PostPeriod=f"{month}2026")
        for month in ("02", "03", "04")
    ]
    result = destination.write([*lines, state("Bill", 1)], bills, on_record_error=policy)
    there = {row["ReferenceNbr"] for row in instance.records("Bill")}
    if not periods:
        assert (result.code, result.counts) == (0, [(3, 0)])
    elif policy == "skip":
        assert (result.code, result.counts) == (0, [(2, 1)])
        assert any("financial period is inactive" in words for words in result.logs("WARN"))
    else:
        assert "The 03-2026 financial period is inactive" in reported(result)
        assert ("PostPeriod" in reported(result)) or form.get("error_type") == "outer"
        assert result.state_ids == []
    assert ("Z03" in there) is (not periods)
    assert {"Z02"} <= there


@pytest.mark.parametrize(
    ("switch", "position", "words"),
    [
        ("forbidden", ["Customer"], "insufficient rights"),
        ("unconfigured", ["Customer"], "configuration data is not entered"),
        ("gone", ["Customer"], "has no entity Customer"),
    ],
)
@pytest.mark.parametrize("policy", ["fail", "skip"])
def test_a_form_that_refuses_stops_the_sync_or_its_records(instance, destination, switch, position, words, policy):
    instance.switches.set(switch, position)
    before = rows(instance, "Customer")
    result = destination.write([customer("Z1"), state("Customer", 1)], CUSTOMERS, on_record_error=policy)
    if switch == "unconfigured" and policy == "skip":
        assert (result.code, result.counts) == (0, [(0, 1)])
        assert any(words in said for said in result.logs("WARN"))
    else:
        assert words in reported(result)
        assert result.state_ids == []
    assert rows(instance, "Customer") == before


@pytest.mark.parametrize("seconds", [0.0, 90.0])
def test_a_record_that_shows_late_is_written_once(instance, destination, seconds):
    instance.switches.commit_delay = seconds
    lines = [customer("Z1", "First"), customer("Z1", "Last"), state("Customer", 1)]
    first = destination.write(lines[:1] if seconds else lines, CUSTOMERS)
    assert first.code == 0 or (seconds and "it is not there" in reported(first))  # a record that is read back
    instance.tick(100)
    assert destination.write(lines, CUSTOMERS).code == 0 or seconds
    instance.tick(100)
    instance.instance.tenants["Company"].commit_due()
    assert by_key(instance, "Customer", "CustomerID")["Z1"]["CustomerName"] == "Last"


class TestAUserWhoMayNotWrite:
    """Acumatica answers 200 and saves nothing."""

    @pytest.mark.parametrize("switches", [{"read_only": ["Customer"]}, {"rights": {"admin": {"Customer": "read"}}}])
    def test_is_reported_when_the_answer_shows_the_old_values(self, instance, destination, switches):
        instance.switches.update(switches)
        known = instance.records("Customer")[1]["CustomerID"]
        before = rows(instance, "Customer")
        result = destination.write([customer(known, "Renamed"), state("Customer", 1)], CUSTOMERS)
        assert rows(instance, "Customer") == before
        (warning,) = [words for words in result.logs("WARN") if "other values" in words]
        assert f"Customer CustomerID {known}" in warning
        assert "CustomerName" in warning

    @pytest.mark.parametrize("scope", ["sent", "full"])
    def test_is_reported_when_the_answer_shows_what_was_sent_of_a_record_that_is_not_there(
        self, instance, destination, scope
    ):
        instance.switches.update({"read_only": ["Customer"], "put_scope": scope})
        before = rows(instance, "Customer")
        result = destination.write([customer("ZNEW1"), state("Customer", 1)], CUSTOMERS)
        assert rows(instance, "Customer") == before
        assert "answered that the record was saved, and it is not there" in reported(result)
        assert result.state_ids == []


@pytest.mark.parametrize("scope", ["sent", "full"])
def test_who_may_write_gets_no_report_of_other_values(instance, destination, scope):
    instance.switches.put_scope = scope
    known = instance.records("Customer")[1]["CustomerID"]
    lines = [customer(known, "Renamed", CreditLimit=Decimal("10.5")), order(instance, "Z1", Date="2026-03-08")]
    result = destination.write(lines, CUSTOMERS, ORDERS)
    assert (result.code, result.logs("WARN")) == (0, [])


@pytest.mark.parametrize(
    "position", [{"blank_lists": ["SalesOrder"]}, {"delegates": {"SalesOrder": {"OrderNbr": "Document"}}}]
)
def test_a_known_order_that_can_be_found_by_a_list_alone_is_reported_when_there_is_none(
    instance, destination, position
):
    """A slash cannot travel in a path, so only a list finds the order."""
    lines = [order(instance, "Z/2"), state("SalesOrder", 1)]
    assert destination.write(lines, ORDERS).code == 0
    before = rows(instance, "SalesOrder")
    instance.switches.update(position)
    result = destination.write(lines, ORDERS)
    assert reported(result)
    assert (result.state_ids, rows(instance, "SalesOrder")) == ([], before)
