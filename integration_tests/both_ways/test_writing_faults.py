"""Every failure that can be ordered, in the middle of a write: saved or not, lied about or cut off; nothing is doubled
and nothing is missing without a word."""

from __future__ import annotations

import json

import pytest

from integration_tests.both_ways.test_writing import CUSTOMERS, NEW_ORDERS, ORDERS, by_key, customer, order, reported
from unit_tests.destination.builders import state

STATUSES = [401, 408, 409, 429, 500, 502, 503, 504]
# What comes instead of the answer to a PUT. `processed`: the record was saved all the same.
LOST = [
    *({"effect": "status", "status": status, "processed": saved} for status in STATUSES for saved in (True, False)),
    *({"effect": "hang_up", "after": after} for after in (0, 1, 200)),
    *({"effect": "truncate", "after": after} for after in (0, 1, 200)),
    {"effect": "html", "status": 200, "processed": True},
    {"effect": "html", "status": 503, "processed": True},
    {"effect": "html", "status": 200, "processed": False},
    {"effect": "slow", "seconds": 300},
    {"effect": "recycle"},
    {"effect": "maintenance", "seconds": 20},
    {"effect": "skew", "seconds": 660},
]
# A server that says these has not acted on the request.
BEFORE_ACTING = (401, 409, 429)


def name(fault: dict[str, object]) -> str:
    return " ".join(str(value) for value in fault.values())


@pytest.mark.parametrize("fault", LOST, ids=name)
def test_records_with_a_key_are_in_the_erp_once(instance, destination, fault):
    """A 500 without Acumatica's words counts as a refusal: it is reported, and sent again next time."""
    instance.faults.add(method="PUT", entity="Customer", nth=2, **fault)
    before = by_key(instance, "Customer", "CustomerID")
    lines = [customer(f"Z{n}", f"Name {n}") for n in range(4)] + [state("Customer", 1)]
    result = destination.write(lines, CUSTOMERS)
    if result.code:
        assert reported(result)
        assert result.state_ids == []
        assert fault.get("status") == 500 or fault == {"effect": "truncate", "after": 0}, result.raw
        result = destination.write(lines, CUSTOMERS)
    assert (result.code, result.counts) == (0, [(4, 0)]), result.raw
    after = by_key(instance, "Customer", "CustomerID")
    assert after.keys() - before.keys() == {f"Z{n}" for n in range(4)}


@pytest.mark.parametrize("fault", [fault for fault in LOST if fault.get("processed", True)], ids=name)
def test_orders_with_lines_have_them_once(instance, destination, fault):
    instance.faults.add(method="PUT", entity="SalesOrder", **fault)
    lines = [order(instance, "Z1"), state("SalesOrder", 1)]
    result = destination.write(lines, ORDERS)
    if result.code:
        assert reported(result)
        result = destination.write(lines, ORDERS)
    assert (result.code, result.counts) == (0, [(1, 0)]), result.raw
    assert len(by_key(instance, "SalesOrder", "OrderNbr")["Z1"]["Details"]) == 2


@pytest.mark.parametrize("fault", LOST, ids=name)
def test_a_document_that_acumatica_numbers_is_never_made_twice(instance, destination, fault):
    """Where it is unclear whether it was saved, a person is asked to look."""
    if fault.get("status") in BEFORE_ACTING:
        fault = {**fault, "processed": False}
    instance.faults.add(method="PUT", entity="SalesOrder", **fault)
    before = by_key(instance, "SalesOrder", "OrderNbr")
    lines = [order(instance, CustomerOrder="WEB-77"), state("SalesOrder", 1)]
    result = destination.write(lines, NEW_ORDERS)
    made = len(by_key(instance, "SalesOrder", "OrderNbr")) - len(before)
    if result.code == 0:
        assert (result.counts, made) == ([(1, 0)], 1)
    else:
        assert made in (0, 1)
        assert result.state_ids == []
        assert "WEB-77" in reported(result) or made == 0
        instance.tick(11 * 60)  # a site under maintenance signs no one out


@pytest.mark.parametrize("status", [409, 500])
def test_a_record_that_another_process_holds_is_sent_again(instance, destination, status):
    """Builds before 2025 R2 say it with a 500."""
    text = "A long operation is running for this screen in the current session. Please try again later."
    body = json.dumps({"message": "An error.", "exceptionMessage": text, "exceptionType": "PX.Data.PXException"})
    instance.faults.add("status", method="PUT", entity="SalesOrder", status=status, body=body, times=3)
    before = len(instance.records("SalesOrder"))
    result = destination.write([order(instance), state("SalesOrder", 1)], NEW_ORDERS)
    assert (result.code, result.counts) == (0, [(1, 0)]), result.raw
    assert len(instance.records("SalesOrder")) == before + 1


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("path", ["/entity", "*/swagger.json", "/entity/auth/login"])
def test_trouble_before_the_first_record_delays_it(instance, destination, path, nth):
    method = "POST" if path.endswith("login") else "GET"
    instance.faults.add("status", method=method, path=path, status=503, times=nth)
    result = destination.write([customer("Z1"), state("Customer", 1)], CUSTOMERS)
    assert (result.code, result.counts) == (0, [(1, 0)])
    assert "Z1" in by_key(instance, "Customer", "CustomerID")
