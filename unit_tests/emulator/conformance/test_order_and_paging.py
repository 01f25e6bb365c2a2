"""The order of lists, and what paging by $skip and $top sees while rows come and go."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acumatica_emulator import Store
from unit_tests.emulator.conformance.conftest import insert

LISTED = [
    ("Customer", ["CustomerID"]),
    ("Vendor", ["VendorID"]),
    ("SalesOrder", ["OrderType", "OrderNbr"]),
    ("PurchaseOrder", ["Type", "OrderNbr"]),
    ("Bill", ["Type", "ReferenceNbr"]),
    ("Invoice", ["Type", "ReferenceNbr"]),
    ("JournalTransaction", ["Module", "BatchNbr"]),
    ("Shipment", ["ShipmentNbr"]),
    ("StockItem", ["InventoryID"]),
    ("ItemWarehouse", ["InventoryID", "WarehouseID"]),
    ("Contact", ["ContactID"]),
    ("Account", ["AccountCD"]),
    ("ProjectTask", ["ProjectID", "ProjectTaskID"]),
]


def keys_of(client, entity, names, **query):
    rows = client.get(entity, select=",".join(names), **query)
    return [tuple(row[name]["value"] for name in names) for row in rows]


def folded(key):
    return tuple(part.casefold() if isinstance(part, str) else part for part in key)


@pytest.mark.parametrize(("entity", "names"), LISTED)
def test_a_list_is_in_ascending_order_of_its_keys(client, entity, names):
    """Recorded lists of seven entities were; the first key of the URL is the first in the order."""
    keys = keys_of(client, entity, names)
    assert len(keys) > 10
    assert keys == sorted(keys, key=folded)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("entity", ["Customer", "SalesOrder", "Bill"])
def test_the_order_is_not_that_of_the_cursor(client, entity):
    """A checkpoint in the middle of a list would lose rows."""
    cursor = "LastModified" if entity == "SalesOrder" else "LastModifiedDateTime"
    stamps = [row[cursor]["value"] for row in client.get(entity, select=cursor) if row[cursor]]
    assert stamps != sorted(stamps)


@pytest.mark.parametrize(
    "order", ["CustomerID desc", "LastModifiedDateTime", "Nonsense asc", "CustomerName desc,CustomerID"]
)
def test_orderby_is_ignored_without_an_error(client, order):
    assert client.keys("Customer", "CustomerID", orderby=order, top=5) == client.keys("Customer", "CustomerID", top=5)


def test_a_change_of_a_record_does_not_move_it(client):
    before = client.keys("Customer", "CustomerID", top=5)
    client.instance.clock.tick(60)
    client.put("Customer", {"CustomerID": before[2], "CustomerName": "Aaa"})
    assert client.keys("Customer", "CustomerID", top=5) == before


def test_a_new_record_takes_its_place_by_key(blank_client):
    for key in ("M", "C", "X", "b"):
        blank_client.put("Customer", {"CustomerID": key, "CustomerName": key})
    assert blank_client.keys("Customer", "CustomerID") == ["b", "C", "M", "X"]


@pytest.mark.parametrize(
    "filter_text", ["Status eq 'Open'", "OrderType eq 'SO'", "LastModified gt datetimeoffset'2023-01-01'"]
)
def test_a_filtered_list_keeps_the_order(client, filter_text):
    some = keys_of(client, "SalesOrder", ["OrderType", "OrderNbr"], filter=filter_text)
    whole = keys_of(client, "SalesOrder", ["OrderType", "OrderNbr"])
    assert some == [key for key in whole if key in set(some)]


@pytest.mark.parametrize("size", [1, 3, 7, 100, 200, 201])
def test_pages_of_any_size_cover_the_list_and_end_with_a_short_one(client, size):
    whole = client.keys("Customer", "CustomerID", select="CustomerID")
    pages = []
    while not pages or pages[-1]:
        skip = sum(map(len, pages))
        pages.append(client.keys("Customer", "CustomerID", select="CustomerID", top=size, skip=skip))
        if size == 1 and len(pages) > 20:
            break
    assert [key for page in pages for key in page] == whole[: sum(map(len, pages))]
    assert all(len(page) == size for page in pages[:-2])


@pytest.mark.parametrize(("counting", "numbers"), [("response", [1, 2, 3]), ("list", [11, 12, 13])])
def test_the_row_number_starts_with_the_answer_or_with_the_list(open_client, counting, numbers):
    """No one recorded a second page."""
    client = open_client(row_number=counting)
    assert [row["rowNumber"] for row in client.get("Customer", top=3, skip=10)] == numbers


@pytest.mark.parametrize("cap", [1, 25, 1000])
def test_a_server_may_return_fewer_rows_than_were_asked_for(open_client, cap):
    client = open_client(max_page=cap)
    assert len(client.get("Customer", select="CustomerID", top=100)) == min(cap, 100)
    assert len(client.get("Customer", select="CustomerID")) == min(cap, 200)


def test_a_page_below_the_cap_is_not_touched(open_client):
    assert len(open_client(max_page=25).get("Customer", top=10)) == 10


# --- rows that move between two pages


def pages(client, between, size=5, count=3):
    seen = []
    for at in range(count):
        if at:
            between(at)
        seen.append(client.keys("Customer", "CustomerID", select="CustomerID", top=size, skip=at * size))
    return seen


def test_a_row_deleted_before_the_page_lets_one_slip_through(client):
    whole = client.keys("Customer", "CustomerID", top=20)
    store = Store(client.instance.tenants["Company"])
    seen = pages(client, lambda at: store.delete("Customer", (whole[at - 1],)))
    missed = set(whole[:17]) - {key for page in seen for key in page}
    assert missed == {whole[5], whole[11]}


def test_a_row_that_arrives_before_the_page_shows_one_twice(client):
    seen = pages(client, lambda at: insert(client, "Customer", {"CustomerID": f"!{at}"}))
    assert seen[1][0] == seen[0][-1]
    assert seen[2][0] == seen[1][-1]


def test_a_row_that_changes_behind_the_page_does_no_harm(client):
    whole = client.keys("Customer", "CustomerID", top=15)
    seen = pages(client, lambda at: client.put("Customer", {"CustomerID": whole[14], "CustomerName": f"v{at}"}))
    assert [key for page in seen for key in page] == whole


def test_keyset_paging_is_immune_to_rows_that_move(client):
    """The way older samples page: after the last key, instead of a count."""
    whole = client.keys("Customer", "CustomerID", select="CustomerID")
    store, seen, last = Store(client.instance.tenants["Company"]), [], ""
    while True:
        page = client.keys("Customer", "CustomerID", select="CustomerID", top=40, filter=f"CustomerID gt '{last}'")
        if not page:
            break
        seen += page
        last = page[-1]
        store.delete("Customer", (page[0],))
    assert seen == whole


def test_a_deletion_leaves_no_trace_in_lists(client):
    """There is no feed of deletions and no tombstone."""
    key = client.keys("Customer", "CustomerID", top=1)[0]
    Store(client.instance.tenants["Company"]).delete("Customer", (key,))
    assert client.get("Customer", filter=f"CustomerID eq '{key}'") == []
    assert len(client.get("Customer", select="CustomerID")) == 199


@pytest.mark.parametrize("every", [2, 10, 350])
def test_row_level_security_hides_rows_silently(open_client, every):
    """A user saw 3 of 1,070 customers."""
    client = open_client(hidden={"Customer": every})
    response = client.entity("GET", "Customer", select="CustomerID")
    assert response.status == 200
    assert len(client.get("Customer", select="CustomerID")) == -(-200 // every)


def test_a_filter_finds_only_what_the_user_may_see(open_client):
    client = open_client(hidden={"Customer": 3})
    seen = client.get("Customer", select="CustomerID,Status")
    found = client.keys("Customer", "CustomerID", select="CustomerID", filter="Status eq 'Active'")
    assert found == [row["CustomerID"]["value"] for row in seen if row["Status"]["value"] == "Active"]
    assert 0 < len(found) < len(seen)
    (last,) = client.keys("Customer", "CustomerID", filter=f"CustomerID eq '{found[-1]}'")
    assert last == found[-1]


def test_hidden_rows_are_hidden_from_every_page_alike(open_client):
    client = open_client(hidden={"Customer": 3})
    whole = client.keys("Customer", "CustomerID", select="CustomerID")
    assert [key for page in pages(client, lambda at: None) for key in page] == whole[:15]


@pytest.mark.parametrize("ask", [{}, {"top": 5}, {"filter": "Status eq 'Active'"}])
def test_a_list_may_be_200_without_a_byte(open_client, ask):
    """Such an answer is no empty list; a reader that takes it for one loses everything."""
    response = open_client(blank_lists=["Customer"]).entity("GET", "Customer", **ask)
    assert (response.status, response.body) == (200, b"")


# --- any keys


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(
    keys=st.lists(
        st.text(st.characters(codec="ascii", categories=("Lu", "Ll", "Nd")), min_size=1, max_size=6),
        unique_by=str.casefold,
        min_size=1,
        max_size=12,
    ),
    size=st.integers(1, 5),
)
def test_whatever_the_keys_pages_give_each_of_them_once_and_in_order(open_client, keys, size):
    client = open_client(tenants=("Elsewhere",), empty_tenants=("Company",))
    insert(client, "Customer", *({"CustomerID": key} for key in keys))
    seen = []
    for skip in range(0, len(keys) + size, size):
        seen += client.keys("Customer", "CustomerID", select="CustomerID", top=size, skip=skip)
    assert seen == sorted(keys, key=str.casefold)


@pytest.mark.parametrize("numbers", [[900, 1000, 99, 5], [10, 9, 8]])
def test_numbers_are_ordered_by_size_and_not_by_their_digits(blank_client, numbers):
    insert(blank_client, "Contact", *({"ContactID": number, "LastName": "x"} for number in numbers))
    assert blank_client.keys("Contact", "ContactID") == sorted(numbers)


def test_a_bulk_of_orders_is_a_list_like_any_other(open_client):
    client = open_client(scale=5000)
    assert len(client.get("SalesOrder", select="OrderNbr", top=100, skip=4950)) == 50
    numbers = client.keys("SalesOrder", "OrderNbr", select="OrderNbr")
    assert numbers == sorted(numbers)
    row = client.get("SalesOrder", top=1, skip=4321, expand="Details")[0]
    assert client.get(f"SalesOrder/SO/{row['OrderNbr']['value']}", expand="Details") == row
    assert isinstance(row["OrderTotal"]["value"], Decimal)
