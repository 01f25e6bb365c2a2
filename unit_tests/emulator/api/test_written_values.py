"""Bodies and values of writes as real instances take them: empty bodies, Json.NET's leniency, .NET dates, masks."""

from __future__ import annotations

import json

import pytest

from unit_tests.emulator.conftest import wrap

ORDER = {"CustomerID": "ALPIN0000"}
EMPTY = {"message": "The request is invalid.", "modelState": {"": ["The request body should not be empty."]}}


@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
@pytest.mark.parametrize("body", [b"", b"  "])
def test_an_empty_body_is_refused_in_the_recorded_words(client, verb, body):
    assert client.refused(verb, "StockItem", body) == (400, EMPTY)


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b"5"])
def test_a_body_that_is_no_object_is_refused_in_the_same_envelope(client, body):
    status, answer = client.refused("PUT", "StockItem", body)
    assert (status, answer["message"], list(answer["modelState"])) == (400, "The request is invalid.", [""])


@pytest.mark.parametrize(
    "body",
    [
        '{"CustomerID":{"value":"LENIENT"},"CustomerName":{"value":"a,}\u00a0b"},}',
        '{"CustomerID":\u00a0{"value":\u00a0"LENIENT"}, "CustomerName":{"value":"a,}\u00a0b",} }',
        '\ufeff{"CustomerID":{"value":"LENIENT"},"CustomerName":{"value":"a,}\u00a0b"}}',
    ],
)
def test_a_body_is_read_as_json_net_reads_it(client, body):
    answer = json.loads(client.entity("PUT", "Customer", body.encode()).body)
    assert answer["CustomerName"] == {"value": "a,}\u00a0b"}


def test_the_entity_of_an_action_may_be_spelled_with_a_capital(client):
    number = client.put("SalesOrder", ORDER)["OrderNbr"]["value"]
    body = {"Entity": wrap({"OrderType": "SO", "OrderNbr": number}), "Parameters": {}}
    assert client.entity("POST", "SalesOrder/CancelSalesOrder", body).status == 204
    assert client.get(f"SalesOrder/SO/{number}")["Status"] == {"value": "Canceled"}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("10/18/2021", "2021-10-18"),
        ("6/7/2024", "2024-06-07"),
        ("2024/01/01", "2024-01-01"),
        ("6/7/2024 11:30:00 PM", "2024-06-07"),
        ("2024-06-07", "2024-06-07"),
    ],
)
def test_a_date_may_have_a_form_of_the_invariant_culture(client, text, day):
    assert client.put("SalesOrder", {**ORDER, "Date": text})["Date"] == {"value": f"{day}T00:00:00+00:00"}


@pytest.mark.parametrize("text", ["18/10/2021", "13/13/2021", "1/2/3/4", "tomorrow"])
def test_a_date_in_another_order_is_refused(client, text):
    assert client.refused("PUT", "SalesOrder", wrap({**ORDER, "Date": text}))[0] == 400


def test_the_business_date_of_a_request_may_have_such_a_form(client):
    answer = client.put("SalesOrder", ORDER, {"PX-CbApiBusinessDate": "2024/01/01"})
    assert answer["Date"] == {"value": "2024-01-01T00:00:00+00:00"}


@pytest.mark.parametrize(
    ("zone", "text", "day"),
    [
        ("UTC", "2024-03-05T00:00:00+01:00", "2024-03-04"),
        ("UTC", "2024-03-05T23:30:00-08:00", "2024-03-06"),
        ("America/New_York", "2024-03-05T00:00:00Z", "2024-03-04"),
        ("America/New_York", "2024-03-05T00:00:00-05:00", "2024-03-05"),
        ("America/New_York", "2024-03-05T00:00:00", "2024-03-05"),
    ],
)
def test_the_offset_of_a_business_date_counts_on_the_clock_of_the_server(open_client, zone, text, day):
    """As .NET converts a time with an offset to local time before it drops the time of day."""
    client = open_client(server_zone=zone)
    assert client.put("SalesOrder", {**ORDER, "Date": text})["Date"]["value"][:10] == day


def test_a_masked_period_is_stored_without_its_mask(client):
    bill = {"Vendor": client.keys("Vendor", "VendorID", top=1)[0], "PostPeriod": "01-2024"}
    answer = client.put("Bill", bill)
    assert answer["PostPeriod"] == {"value": "012024"}
    body = {"Type": "Bill", "ReferenceNbr": answer["ReferenceNbr"]["value"], "PostPeriod": "01-2024"}
    before = answer["LastModifiedDateTime"]
    client.instance.clock.tick(60)
    assert client.put("Bill", body)["LastModifiedDateTime"] == before
