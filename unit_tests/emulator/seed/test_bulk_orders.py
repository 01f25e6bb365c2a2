"""Orders of `--scale`: a page shows them as the keyed reads do, and their stamps are out of step with their keys."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from acumatica_emulator.seed.bulk_orders import Stamps
from acumatica_emulator.seed.world import FIRST_STAMP, LAST_STAMP

EVERY_MARK = {"select": "OrderNbr,OrderType,NoteID,LastModified,CreatedDate,Details", "expand": "Details"}


def keyed(client, shown, **query):
    """The same order, read by its key, under the row number it was shown with."""
    one = client.get(f"SalesOrder/SO/{shown['OrderNbr']['value']}", **query)
    return {**one, "rowNumber": shown["rowNumber"]}


@pytest.mark.parametrize(
    "query", [{}, EVERY_MARK, {"expand": "Totals,ShipToAddress", "select": "OrderNbr,Totals/TaxTotal"}]
)
@pytest.mark.parametrize("zones", [{}, {"server_zone": "America/New_York", "user_zone": "Australia/Sydney"}])
def test_a_page_of_a_bulk_is_what_the_keyed_reads_show_in_every_zone(open_client, zones, query):
    client = open_client(scale=400, **zones)
    page = client.get("SalesOrder", top=70, skip=31, **query)
    assert [shown["rowNumber"] for shown in page] == list(range(1, 71))
    assert page == [keyed(client, shown, **query) for shown in page]


def test_rows_that_were_changed_stand_among_those_of_the_bulk(open_client):
    client = open_client(scale=100, row_number="list")
    numbers = client.keys("SalesOrder", "OrderNbr")
    for number in (numbers[0], numbers[4], numbers[5], numbers[9]):
        client.put("SalesOrder", {"OrderType": "SO", "OrderNbr": number, "Description": "Changed"})
    for first, count in ((0, 10), (4, 2), (3, 1), (0, 1)):
        page = client.get("SalesOrder", skip=first, top=count)
        assert [shown["OrderNbr"]["value"] for shown in page] == numbers[first : first + count]
        assert [shown["rowNumber"] for shown in page] == list(range(first + 1, first + count + 1))
        assert page == [keyed(client, shown) for shown in page]


def test_two_tenants_with_one_projection_show_their_own_rows(open_client):
    client = open_client(scale=50, tenants=("A", "B"), signed_in=False)
    seen = {}
    for name in ("A", "B"):
        assert client.log_in(tenant=name).status == 204
        seen[name] = {shown["id"] for shown in client.get("SalesOrder", **EVERY_MARK)}
        client.log_out()
    assert len(seen["A"]) == len(seen["B"]) == 50
    assert not seen["A"] & seen["B"]


@pytest.mark.parametrize("count", [1, 2, 3, 64, 7_613, 7_615, 20_000, 1_000_000])
def test_stamps_rise_with_their_places_within_the_years_of_the_seed(count):
    stamps = Stamps(count)
    places = sorted(random.Random(count).sample(range(count), min(count, 500)))
    moments = [stamps.at(place) for place in places]
    assert moments == sorted(moments)
    assert FIRST_STAMP.date() <= moments[0].date()
    assert moments[-1] <= LAST_STAMP
    for place, moment in zip(places, moments, strict=True):
        assert stamps.of(stamps.index(place)) == moment
        assert (stamps.at(min(place + 3, count - 1)) > moment) == (place // 3 < (count - 1) // 3)


def test_the_days_of_a_large_bulk_are_used_to_the_last():
    stamps = Stamps(1_000_000)
    assert LAST_STAMP - stamps.at(999_999) < timedelta(days=3)
    assert stamps.at(0) - FIRST_STAMP < timedelta(days=1)


def test_a_put_does_not_change_what_later_requests_of_the_same_options_show(client):
    options = {"select": "CustomerID,Status"}
    before = client.get("Customer/ALPIN0000", **options)
    client.put("Customer", {"CustomerID": "ALPIN0000", "CustomerName": "Changed"}, **options)
    assert client.get("Customer/ALPIN0000", **options).keys() == before.keys()
