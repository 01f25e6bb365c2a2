"""Times on the wire: their form, the clock of the user, the label of the server, what a filter makes of them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acumatica_emulator import Store
from unit_tests.emulator.conformance.conftest import insert, listed, raw, read_json

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,6}[1-9])?[+-]\d\d:\d\d$")
ZONES = ["UTC", "America/New_York", "Australia/Sydney", "Asia/Kolkata", "Europe/Berlin", "Pacific/Chatham"]
SMALL = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
instants = st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 31)).map(
    lambda at: at.replace(microsecond=at.microsecond // 10 * 10)
)


def stamped(client, at):
    """The text that the instance shows for an instant (naive UTC)."""
    insert(client, "Customer", {"CustomerID": "T", "CustomerName": "t"}, stamp=at)
    return shown(client)


def shown(client, name="LastModifiedDateTime"):
    return client.get("Customer/T", select=name)[name]["value"]


@pytest.fixture
def open_client(open_small_client):
    return open_small_client


# --- the form (recorded on MYOB instances, on 25R2 and on 23.200.001)


@pytest.mark.parametrize(
    ("microsecond", "fraction"),
    [
        (0, ""),
        (330000, ".33"),
        (951000, ".951"),
        (252763, ".252763"),
        (848690, ".84869"),
        (40000, ".04"),
        (1, ".000001"),
        (100000, ".1"),
    ],
)
def test_a_fraction_is_trimmed_of_its_zeros(blank_client, microsecond, fraction):
    at = datetime(2026, 2, 11, 14, 15, 14, microsecond)
    assert stamped(blank_client, at) == f"2026-02-11T14:15:14{fraction}+00:00"


@pytest.mark.parametrize("entity", ["Customer", "SalesOrder", "Bill", "Account", "Contact", "StockItem"])
def test_every_time_has_a_numeric_offset_and_never_a_z(client, catalog_of, entity):
    fields = catalog_of("Default-24.200.001")["entities"][entity]["fields"]
    times = [name for name, kind in fields.items() if kind == "datetime"]
    for row in client.get(entity, top=25, select=",".join(times)):
        for name in times:
            assert TIME.match(row[name].get("value", "2000-01-01T00:00:00+00:00")), row[name]


@pytest.mark.parametrize(
    ("server", "label"),
    [("UTC", "+00:00"), ("America/New_York", "-04:00"), ("Asia/Kolkata", "+05:30"), ("Pacific/Chatham", "+12:45")],
)
def test_a_business_date_is_midnight_with_the_offset_of_the_server(open_client, server, label):
    client = open_client(server_zone=server, user_zone=server)
    Store(client.instance.tenants["Company"]).update("SalesOrder", ("SO", "SO000003"), {"Date": date(2026, 7, 3)})
    assert client.get("SalesOrder/SO/SO000003", select="Date")["Date"] == {"value": f"2026-07-03T00:00:00{label}"}


@pytest.mark.parametrize("user", ZONES)
def test_a_business_date_is_the_same_day_for_every_user(open_client, user):
    client = open_client(server_zone="America/New_York", user_zone=user)
    days = {row["Date"]["value"][:19] for row in client.get("SalesOrder", top=20, select="Date")}
    assert all(day.endswith("T00:00:00") for day in days)


def test_one_record_carries_two_offsets_when_its_days_differ_in_daylight_saving(open_client, recorded):
    """Recorded on 25R2: 11 February with -05:00 beside 13 March with -04:00."""
    theirs = recorded("records/bills_25r2_expand_files.json")[0]
    client = open_client(server_zone="America/New_York", user_zone="America/New_York")
    days = {name: date.fromisoformat(theirs[name]["value"][:10]) for name in ("Date", "DueDate")}
    Store(client.instance.tenants["Company"]).update("Bill", ("Bill", "000002"), days)
    mine = client.get("Bill/Bill/000002", select="Date,DueDate")
    assert {name: mine[name] for name in days} == {name: theirs[name] for name in days}


def test_a_stamp_in_a_text_field_has_the_form_of_the_locale(open_client):
    """Recorded on 22.200.001: `07/04/2026 00:09:02`."""
    client = open_client(server_zone="UTC", user_zone="UTC")
    line = {"id": client.get("SalesOrder/SO/SO000003", expand="Details")["Details"][0]["id"], "LineDescription": "x"}
    client.put("SalesOrder", {"OrderNbr": "SO000003", "Details": [line]})
    changed = client.get("SalesOrder/SO/SO000003", expand="Details")["Details"][0]
    assert changed["LastModifiedDate"] == {"value": "03/02/2026 12:00:00"}


# --- the wall clock is the user's, the label is the server's


def test_the_recorded_default_of_a_class_shows_both_zones(open_client):
    """A MYOB instance in UTC with users in Sydney: 1900-01-01 00:00 UTC came out as eleven o'clock, labelled +00:00."""
    client = open_client(tenants=("Elsewhere",), empty_tenants=("Company",), user_zone="Australia/Sydney")
    assert stamped(client, datetime(2014, 1, 1)) == "2014-01-01T11:00:00+00:00"


@SMALL
@given(at=instants, server=st.sampled_from(ZONES), user=st.sampled_from(ZONES))
def test_the_wall_is_the_users_and_the_label_is_what_the_server_has_on_that_day(open_client, at, server, user):
    client = open_client(tenants=("Elsewhere",), empty_tenants=("Company",), server_zone=server, user_zone=user)
    text = stamped(client, at)
    wall = at.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(user)).replace(tzinfo=None)
    label = wall.replace(tzinfo=ZoneInfo(server)).strftime("%z")
    assert datetime.fromisoformat(text[:-6]) == wall
    assert text[-6:] == f"{label[:3]}:{label[3:5]}"
    assert TIME.match(text)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 3, 8, 6, 59, 59), "2026-03-08T01:59:59-05:00"),
        (datetime(2026, 3, 8, 7, 0, 0), "2026-03-08T03:00:00-04:00"),
        (datetime(2026, 11, 1, 5, 59, 59), "2026-11-01T01:59:59-04:00"),
    ],
)
def test_the_label_changes_in_the_night_of_the_change(open_client, at, text):
    zone = "America/New_York"
    client = open_client(tenants=("Elsewhere",), empty_tenants=("Company",), server_zone=zone, user_zone=zone)
    assert stamped(client, at) == text


def test_in_the_night_the_clocks_go_back_two_instants_look_alike(open_client):
    """The wall clock shows half past one twice: an hour of changes hides behind it."""
    zone = "America/New_York"
    client = open_client(tenants=("Elsewhere",), empty_tenants=("Company",), server_zone=zone, user_zone=zone)
    first = stamped(client, datetime(2026, 11, 1, 5, 30))
    Store(client.instance.tenants["Company"]).update("Customer", ("T",), {}, stamp=datetime(2026, 11, 1, 6, 30))
    assert shown(client)[:19] == first[:19]


# --- in filters


def encoded(text):
    return text.replace(" ", "%20").replace("+", "%2B")


def keys(client, text):
    answer = listed(client, "Customer", f"$filter={encoded(text)}&$select=CustomerID")
    return [row["CustomerID"]["value"] for row in read_json(answer)]


@SMALL
@given(
    at=instants, server=st.sampled_from(ZONES), user=st.sampled_from(ZONES), mode=st.sampled_from(["convert", "ignore"])
)
def test_a_cursor_echoed_exactly_as_received_finds_its_row(open_client, at, server, user, mode):
    client = open_client(
        tenants=("Elsewhere",), empty_tenants=("Company",), server_zone=server, user_zone=user, filter_offset=mode
    )
    text = stamped(client, at)
    assert keys(client, f"LastModifiedDateTime ge datetimeoffset'{text}'") == ["T"]
    assert keys(client, f"LastModifiedDateTime le datetimeoffset'{text}'") == ["T"]
    assert keys(client, f"LastModifiedDateTime gt datetimeoffset'{text}'") == []


@SMALL
@given(at=instants, user=st.sampled_from(ZONES), minutes=st.integers(1, 600))
def test_a_literal_without_an_offset_is_a_reading_of_the_clock_that_is_shown(open_client, at, user, minutes):
    client = open_client(tenants=("Elsewhere",), empty_tenants=("Company",), server_zone="UTC", user_zone=user)
    wall = datetime.fromisoformat(stamped(client, at)[:-6])
    before, after = (wall + timedelta(minutes=sign * minutes) for sign in (-1, 1))
    assert keys(client, f"LastModifiedDateTime gt datetimeoffset'{before.isoformat()}'") == ["T"]
    assert keys(client, f"LastModifiedDateTime gt datetimeoffset'{after.isoformat()}'") == []


@pytest.mark.parametrize(("mode", "found"), [("convert", []), ("ignore", ["T"])])
def test_whether_the_offset_of_a_literal_is_converted_is_a_matter_of_instance(open_client, mode, found):
    """Two clients in production do opposite things, so both behaviours can be chosen."""
    client = open_client(tenants=("Elsewhere",), empty_tenants=("Company",), filter_offset=mode)
    stamped(client, datetime(2026, 5, 1, 12))
    assert keys(client, "LastModifiedDateTime lt datetimeoffset'2026-05-01T12:30:00+03:00'") == found


@pytest.mark.parametrize("digits", ["", ".4", ".402", ".4020000", ".402000"])
def test_a_literal_may_have_up_to_seven_digits(open_client, digits):
    client = open_client(tenants=("Elsewhere",), empty_tenants=("Company",))
    stamped(client, datetime(2026, 5, 1, 12, 0, 0, 402000))
    assert keys(client, f"LastModifiedDateTime ge datetimeoffset'2026-05-01T12:00:00{digits}'") == ["T"]


# --- in writes


@pytest.mark.parametrize(
    "sent",
    [
        "2026-07-03",
        "2026-07-03T00:00:00",
        "2026-07-03T00:00:00Z",
        "2026-07-03T23:59:59+00:00",
        "2026-07-03T00:00:00-11:00",
    ],
)
def test_a_business_date_is_the_day_that_was_written_whatever_its_offset(client, sent):
    client.put("SalesOrder", {"OrderNbr": "SO000003", "RequestedOn": sent})
    assert client.get("SalesOrder/SO/SO000003")["RequestedOn"] == {"value": "2026-07-03T00:00:00+00:00"}


@pytest.mark.parametrize("sent", ["soon", "2026-13-01", "2026-02-30", "03/07/2026x", 5, True, ["2026-07-03"]])
def test_a_date_that_is_none_is_refused(client, sent):
    body = {"OrderNbr": {"value": "SO000003"}, "RequestedOn": {"value": sent}}
    assert client.refused("PUT", "SalesOrder", body)[0] == 400


@SMALL
@given(day=st.dates(date(1990, 1, 1), date(2079, 6, 6)), server=st.sampled_from(ZONES), user=st.sampled_from(ZONES))
def test_a_business_date_goes_in_and_comes_out_as_the_same_day(open_client, day, server, user):
    client = open_client(server_zone=server, user_zone=user)
    client.put("Ledger", {"LedgerID": "D", "Description": "d"})
    client.put("FinancialPeriod", {"FinancialYear": "2099", "StartDate": day.isoformat()})
    row = client.get("FinancialPeriod/2099", select="StartDate")
    assert row["StartDate"]["value"][:10] == day.isoformat()
    found = client.keys("FinancialPeriod", "FinancialYear", filter=f"StartDate eq date'{day.isoformat()}'")
    assert "2099" in found


@pytest.mark.parametrize("name", ["LastModifiedDateTime", "CreatedDateTime"])
def test_the_stamps_of_a_record_cannot_be_written(client, name):
    before = client.get("Customer/ALPIN0000")[name]
    client.put("Customer", {"CustomerID": "ALPIN0000", name: "2001-01-01T00:00:00"})
    assert client.get("Customer/ALPIN0000")[name] == before


def test_a_business_date_of_the_request_wins_over_the_day(client):
    """Guide 2026 R1: `PX-CbApiBusinessDate`, in any form the server can read."""
    body = {"CustomerID": "ALPIN0000"}
    for text in ("2025-12-31", "2025-12-31T00:00:00"):
        made = client.put("SalesOrder", body, {"PX-CbApiBusinessDate": text}, select="Date")
        assert made["Date"]["value"][:10] == "2025-12-31"
    assert client.put("SalesOrder", body, select="Date")["Date"]["value"][:10] == "2026-03-02"


@pytest.mark.parametrize(("user", "day"), [("UTC", "2026-03-02"), ("Pacific/Kiritimati", "2026-03-03")])
def test_the_business_date_is_the_day_on_the_clock_of_the_user(open_client, user, day):
    made = open_client(user_zone=user).put("SalesOrder", {"CustomerID": "ALPIN0000"}, select="Date")
    assert made["Date"]["value"][:10] == day


# --- decimals that are written


@SMALL
@given(number=st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_a_number_of_the_scale_of_its_column_comes_back_with_every_digit(open_client, number):
    client = open_client(tenants=("Elsewhere",), empty_tenants=("Company",))
    insert(client, "Customer", {"CustomerID": "D", "CustomerName": "d"})
    body = f'{{"CustomerID":{{"value":"D"}},"CreditLimit":{{"value":{number:f}}}}}'.encode()
    assert raw(client, "PUT", f"/entity/{client.endpoint}/Customer", body=body).status == 200
    assert f'"CreditLimit":{{"value":{number:f}}}'.encode() in client.entity("GET", "Customer/D").body


@pytest.mark.parametrize(
    ("entity", "key", "field", "sent", "kept"),
    [
        ("Customer", {"CustomerID": "ALPIN0000"}, "CreditLimit", 5, "5.0000"),
        ("Customer", {"CustomerID": "ALPIN0000"}, "CreditLimit", "12.5", "12.5000"),
        ("StockItem", {"InventoryID": "BRACKE0000"}, "DefaultPrice", 1.5, "1.500000"),
        ("SalesOrder", {"OrderNbr": "SO000003"}, "CurrencyRate", 1.25, "1.25000000"),
    ],
)
def test_a_number_is_kept_with_the_scale_of_its_column(client, entity, key, field, sent, kept):
    answer = client.put(entity, {**key, field: sent})
    assert str(answer[field]["value"]) == kept
    assert isinstance(answer[field]["value"], Decimal)
