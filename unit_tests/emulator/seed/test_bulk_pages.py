"""Pages of a bulk: printed from prototypes, and the same as if each row had been written out."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from acumatica_emulator.api.page_cache import KEPT_BYTES, Shelf
from acumatica_emulator.records.rows import MARKS
from acumatica_emulator.records.stamps import Stamps
from acumatica_emulator.records.values import Zones
from acumatica_emulator.seed import World
from acumatica_emulator.seed.bulk_orders import BulkOrders
from acumatica_emulator.seed.world import FIRST_STAMP, LAST_STAMP

EVERY_MARK = {"select": "OrderNbr,OrderType,NoteID,LastModified,CreatedDate,Details", "expand": "Details"}


def keyed(door, shown, **query):
    """The same order, read by its key, under the row number it was shown with."""
    one = door.get(f"SalesOrder/SO/{shown['OrderNbr']['value']}", **query)
    return {**one, "rowNumber": shown["rowNumber"]}


@pytest.mark.parametrize(
    "query", [{}, EVERY_MARK, {"expand": "Totals,ShipToAddress", "select": "OrderNbr,Totals/TaxTotal"}]
)
@pytest.mark.parametrize("zones", [{}, {"server_zone": "America/New_York", "user_zone": "Australia/Sydney"}])
def test_a_page_of_a_bulk_is_what_the_keyed_reads_show_in_every_zone(open_door, zones, query):
    door = open_door(scale=400, **zones)
    page = door.get("SalesOrder", top=70, skip=31, **query)
    assert [shown["rowNumber"] for shown in page] == list(range(1, 71))
    assert page == [keyed(door, shown, **query) for shown in page]


def test_rows_that_were_changed_stand_among_those_of_the_bulk(open_door):
    door = open_door(scale=100, row_number="list")
    numbers = door.keys("SalesOrder", "OrderNbr")
    for number in (numbers[0], numbers[4], numbers[5], numbers[9]):
        door.put("SalesOrder", {"OrderType": "SO", "OrderNbr": number, "Description": "Changed"})
    for first, count in ((0, 10), (4, 2), (3, 1), (0, 1)):
        page = door.get("SalesOrder", skip=first, top=count)
        assert [shown["OrderNbr"]["value"] for shown in page] == numbers[first : first + count]
        assert [shown["rowNumber"] for shown in page] == list(range(first + 1, first + count + 1))
        assert page == [keyed(door, shown) for shown in page]


def test_two_tenants_with_one_projection_show_their_own_rows(open_door):
    door = open_door(scale=50, tenants=("A", "B"), signed_in=False)
    seen = {}
    for name in ("A", "B"):
        assert door.log_in(tenant=name).status == 204
        seen[name] = {shown["id"] for shown in door.get("SalesOrder", **EVERY_MARK)}
        door.log_out()
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


@pytest.mark.parametrize("count", [1, 50, 20_000, 1_000_000])
@pytest.mark.parametrize("zones", [Zones(), Zones("America/New_York", "Australia/Sydney")])
def test_the_columns_of_a_bulk_hold_what_each_row_tells_of_itself(count, zones):
    bulk = BulkOrders(World(7, "Company"), count)
    indices = random.Random(1).sample(range(count), min(count, 200))
    columns = bulk.marks(indices, list(MARKS), zones)
    for at, index in enumerate(indices):
        row = bulk.make(index)
        assert {kind: columns[kind][at].decode() for kind in MARKS} == {
            kind: tell(row, zones) for kind, tell in MARKS.items()
        }


def test_a_page_is_kept_from_its_second_time_on():
    shelf, made = Shelf(), []

    def page(start, stop):
        made.append((start, stop))
        return b"x"

    assert [shelf.page("series", 0, 10, page) for _ in range(4)] == [b"x"] * 4
    assert made == [(0, 10)] * 2


def test_kept_pages_never_take_more_than_their_share():
    shelf, large = Shelf(), bytes(KEPT_BYTES // 2)
    for series in ("a", "a", "b", "b", "c", "c"):
        shelf.page(series, 0, 10, lambda start, stop: large)
    assert shelf.page("c", 0, 10, lambda start, stop: b"made anew") is large
    assert shelf.page("a", 0, 10, lambda start, stop: b"made anew") == b"made anew"


def walk(shelf, starts, size):
    """Which pages had to be made while the client waited, when each pause is used for the work of later."""
    waited = []
    for start in starts:
        shelf.page("series", start, start + size, lambda start, stop: waited.append(start) or b"made late")
        later = shelf.ahead("series", start, start + size, lambda start, stop: b"made ahead")
        if later is not None:
            later()
    return waited


@pytest.mark.parametrize(
    ("starts", "waited"),
    [([0, 100, 200, 300], [0]), ([0, 99, 198, 297], [0, 99]), ([0, 100, 0, 100, 200], [0, 0])],
)
def test_a_page_is_ready_for_a_client_that_goes_on_as_it_began(starts, waited):
    assert walk(Shelf(), starts, 100) == waited


def test_a_page_made_ahead_is_the_page_that_would_have_been_made(open_door):
    ahead, plain = open_door(scale=500), open_door(scale=500)
    for skip in (0, 99, 198, 297):
        options = {"top": 100, "skip": skip, **EVERY_MARK}
        answer = ahead.entity("GET", "SalesOrder", **options)
        answer.later()
        assert answer.body == plain.entity("GET", "SalesOrder", **options).body


def test_a_page_made_ahead_is_not_shown_after_a_change(open_door):
    door = open_door(scale=500)
    door.entity("GET", "SalesOrder", top=100, **EVERY_MARK).later()
    number = door.keys("SalesOrder", "OrderNbr", top=1, skip=150)[0]
    door.put("SalesOrder", {"OrderType": "SO", "OrderNbr": number, "Description": "Changed"})
    page = door.get("SalesOrder", top=100, skip=100, **EVERY_MARK)
    assert page == [keyed(door, shown, **EVERY_MARK) for shown in page]


def test_a_small_page_leaves_no_work_for_later(open_door):
    assert open_door(scale=500).entity("GET", "SalesOrder", top=5).later is None


def test_a_put_does_not_change_what_later_requests_of_the_same_options_show(door):
    options = {"select": "CustomerID,Status"}
    before = door.get("Customer/ALPIN0000", **options)
    door.put("Customer", {"CustomerID": "ALPIN0000", "CustomerName": "Changed"}, **options)
    assert door.get("Customer/ALPIN0000", **options).keys() == before.keys()
