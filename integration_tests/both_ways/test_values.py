"""Unusual values through the whole source: digits, timestamps, nulls, text."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from acumatica_emulator import Emulator
from integration_tests.both_ways.conftest import ExactSource
from integration_tests.both_ways.truth import Digits

LONG = "Ä€😀" * 120_000  # a little more than a megabyte in UTF-8
TEXTS = [
    "",
    " leading and trailing ",
    'quote " backslash \\ slash / tab \t line\nfeed\r\n',
    "\u2028 and \u2029 end lines in JavaScript",
    "\u200fשלום עולם\u200f, السلام عليكم",
    "e\u0301 is not é, and 👩‍👩‍👧‍👦 is seven signs",
    "\x01\x1f\x7f",
    '</script><!-- {"value": null} -->',
    LONG,
]
# As a column of SQL Server holds them: the digits after the point are those of the column's type.
DECIMALS = [
    "12345678901234567890",
    "1234567890123456.7890",
    "0.0000",
    "-0.000001",
    "5427.9600",
    "22.020000",
    "99999999999999999999.999999",
    "0.1",
]
# A time of the instance (UTC), its text in the zone, and an equal position.
STAMPS = [
    (datetime(2026, 2, 11, 19, 15, 14), "2026-02-11T14:15:14-05:00"),
    (datetime(2026, 2, 11, 19, 15, 14, 300_000), "2026-02-11T14:15:14.3-05:00"),
    (datetime(2026, 2, 11, 19, 15, 14, 40_000), "2026-02-11T14:15:14.04-05:00"),
    (datetime(2026, 2, 11, 19, 15, 14, 951_000), "2026-02-11T14:15:14.951-05:00"),
    (datetime(2026, 2, 11, 19, 15, 14, 252_700), "2026-02-11T14:15:14.2527-05:00"),
    (datetime(2026, 2, 11, 19, 15, 14, 848_690), "2026-02-11T14:15:14.84869-05:00"),
    (datetime(2026, 7, 11, 19, 15, 14, 252_763), "2026-07-11T15:15:14.252763-04:00"),
]


@pytest.fixture
def first(instance: Emulator) -> list[str]:
    """The key of a customer for unusual values."""
    return [next(instance.store().rows("Customer")).values["CustomerID"]]


def customer(source: ExactSource, key: str, mode: str = "incremental", **settings: object) -> dict:
    result = source.read(f"Customer:{mode}", **settings)
    assert result.code == 0, result.errors
    (record,) = [record for record in result.records("Customer") if record["CustomerID"] == key]
    return record


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_text_arrives_character_by_character(instance, source, first, text):
    instance.store().update("Customer", first, {"CustomerName": text, "MainContact": {"Email": text}})
    record = customer(source, first[0])
    assert record["CustomerName"] == text
    assert record["MainContact"]["Email"] == text


@pytest.mark.parametrize("number", DECIMALS)
@pytest.mark.parametrize("mode", ["incremental", "full_refresh"])
def test_decimals_keep_every_digit(instance, source, first, number, mode):
    instance.store().update("Customer", first, {"CreditLimit": Decimal(number)})
    found = customer(source, first[0], mode)["CreditLimit"]
    assert str(found) == number
    assert isinstance(found, Digits) is ("." in number)


def test_decimals_of_lines_keep_every_digit_in_streams_and_in_arrays(instance, source):
    order = next(row for row in instance.store().rows("SalesOrder") if row.lines("Details"))
    key = [order.values["OrderType"], order.values["OrderNbr"]]
    lines = [{"LineNbr": at, "UnitPrice": Decimal(number)} for at, number in enumerate(DECIMALS, 1)]
    instance.store().update("SalesOrder", key, {"Details": lines})
    result = source.read("SalesOrder", "SalesOrder_Details")
    (document,) = [record for record in result.records("SalesOrder") if record["id"] == order.id]
    rows = [row for row in result.records("SalesOrder_Details") if row["SalesOrder_id"] == order.id]
    assert [str(line["UnitPrice"]) for line in document["Details"]] == DECIMALS
    assert [str(row["UnitPrice"]) for row in rows] == DECIMALS


def test_null_and_empty_text_stay_different(instance, source, first):
    instance.store().update("Customer", first, {"CustomerName": None, "CustomerClass": ""})
    record = customer(source, first[0])
    assert (record["CustomerName"], record["CustomerClass"]) == (None, "")


@pytest.mark.parametrize(("instant", "written"), STAMPS)
def test_timestamps_keep_their_fraction_and_offset_and_the_next_sync_starts_there(
    instance, source, first, instant, written
):
    instance.switches.update({"server_zone": "America/New_York", "user_zone": "America/New_York"})
    instance.store().update("Customer", first, {}, stamp=instant)
    assert customer(source, first[0])["LastModifiedDateTime"] == written
    position = {"stream_descriptor": {"name": "Customer"}, "stream_state": {"LastModifiedDateTime": written}}
    found = source.read("Customer:incremental", state=[{"type": "STREAM", "stream": position}])
    assert first[0] in [record["CustomerID"] for record in found.records("Customer")]


@pytest.mark.parametrize(
    ("zone", "winter", "summer"),
    [
        ("UTC", "2026-02-11T00:00:00+00:00", "2026-07-11T00:00:00+00:00"),
        ("America/New_York", "2026-02-11T00:00:00-05:00", "2026-07-11T00:00:00-04:00"),
        ("Australia/Lord_Howe", "2026-02-11T00:00:00+11:00", "2026-07-11T00:00:00+10:30"),
    ],
)
def test_a_business_date_is_midnight_with_the_offset_of_its_day(instance, source, zone, winter, summer):
    instance.switches.update({"server_zone": zone, "user_zone": zone})
    keys = [[row.values["OrderType"], row.values["OrderNbr"]] for row in instance.store().rows("SalesOrder")]
    for key, day in zip(keys, (date(2026, 2, 11), date(2026, 7, 11)), strict=False):
        instance.store().update("SalesOrder", key, {"Date": day})
    dates = {record["OrderNbr"]: record["Date"] for record in source.read("SalesOrder").records("SalesOrder")}
    assert [dates[number] for _, number in keys[:2]] == [winter, summer]


@pytest.mark.parametrize("key", ["A/B", "A/B C/D", "TRAIL   ", "..", "A&B?C", "Ä€", "it's", "100%", "A+B"])
@pytest.mark.parametrize("delegates", [{}, {"ItemClass": {"Description": "Classes"}}])
def test_records_with_keys_that_no_path_can_contain_arrive(instance, source, key, delegates):
    """With the delegate the list is refused, and the records are read one by one."""
    instance.switches.delegates = delegates
    id = instance.store().insert("ItemClass", {"ClassID": key, "Description": "Odd"})
    result = source.read("ItemClass")
    assert result.code == 0, result.errors
    (record,) = [record for record in result.records("ItemClass") if record["id"] == id]
    assert (record["ClassID"], record["Description"]) == (key, "Odd")
