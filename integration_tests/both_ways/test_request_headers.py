"""Branch, business date and locale are in every kind of request, with every sign-in; backing off is visible."""

from __future__ import annotations

import json

import pytest

from integration_tests.consents import by_password
from unit_tests.destination.builders import CUSTOMERS, record, state, stream

SETTINGS = {"branch": "WEST", "business_date": "2026-03-31", "locale": "de-DE"}
HEADERS = {"px-cbapibranch": "WEST", "px-cbapibusinessdate": "2026-03-31", "accept-language": "de-DE"}
SIGN_INS = {"cookies": {}, "a bearer": {"credentials": by_password()}}


@pytest.fixture(params=SIGN_INS)
def sign_in(request):
    return SIGN_INS[request.param]


def headers_sent(instance, *methods):
    """The calls of the API proper that were answered, each with its three headers."""
    calls = [call for call in instance.calls if call.path.startswith("/entity/Default/") and call.method in methods]
    return [(call.method, {name: call.headers.get(name) for name in HEADERS}) for call in calls]


def assert_every_call_has_the_headers(instance, *methods):
    seen = headers_sent(instance, *methods)
    assert {method for method, _ in seen} == set(methods)
    assert [headers for _, headers in seen] == [HEADERS] * len(seen)


def test_lists_and_records_are_read_with_them(instance, source, sign_in):
    instance.switches.delegates = {"SalesOrder": {"Details": "Transactions"}}  # read one by one, by their keys
    result = source.read("Customer:incremental", "SalesOrder", **SETTINGS, **sign_in)
    assert result.code == 0, result.errors
    assert any("/SalesOrder/" in call.path for call in instance.calls)
    assert_every_call_has_the_headers(instance, "GET")


def test_records_are_written_with_them(instance, destination, sign_in):
    lines = [
        record("Customer", CustomerID="ZHEADER", CustomerName="Somebody", CustomerClass="LOCAL"),
        state("Customer", 1),
    ]
    result = destination.write(lines, CUSTOMERS, **SETTINGS, **sign_in)
    assert result.code == 0, result.raw
    assert_every_call_has_the_headers(instance, "GET", "PUT")


@pytest.mark.parametrize("connector", ["source", "destination"])
def test_the_connection_test_uses_them(instance, request, connector, sign_in):
    request.getfixturevalue(connector).check(**SETTINGS, **sign_in)
    assert_every_call_has_the_headers(instance, "GET")


def test_a_login_sends_branch_and_locale_in_its_body(instance, source):
    source.check(**SETTINGS)
    (login,) = [json.loads(call.body) for call in instance.calls if call.path == "/entity/auth/login"]
    assert (login["branch"], login["locale"]) == ("WEST", "de-DE")


def test_a_document_without_a_date_takes_the_business_date(instance, destination, sign_in):
    lines = [record("SalesOrder", OrderType="SO", OrderNbr="ZDATE", Description="x", CustomerID="ALPIN0000")]
    columns = ("OrderType", "OrderNbr", "Description", "CustomerID")
    destination.write(
        lines, stream("SalesOrder", columns=columns, key=("OrderType", "OrderNbr")), **SETTINGS, **sign_in
    )
    (made,) = [row for row in instance.records("SalesOrder") if row["OrderNbr"] == "ZDATE"]
    assert str(made["Date"]) == "2026-03-31"


def test_a_stream_that_waits_for_an_overloaded_instance_shows_it_in_its_status(instance, source):
    instance.faults.add("status", status=429, method="GET", entity="Customer", nth=2)
    result = source.read("Customer:incremental", "Vendor", page_size=3)
    assert result.code == 0
    statuses = [trace["stream_status"] for trace in result.of("TRACE") if trace["type"] == "STREAM_STATUS"]
    reasons = {
        (status["stream_descriptor"]["name"], reason["type"])
        for status in statuses
        for reason in status.get("reasons") or ()
    }
    assert reasons == {("Customer", "RATE_LIMITED")}
