"""Scalars: how they are written, read, scaled; and the two time zones of an instance."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from acumatica_emulator.records.values import Mismatch, Zones, clock_text, is_instant, locale_text, read, scale, write

UTC = Zones()
NEW_YORK = Zones(server="America/New_York", user="America/New_York")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (0, "0"),
        (Decimal("0.0000"), "0.0000"),
        (Decimal("12345678901234567890.0001"), "12345678901234567890.0001"),
        (Decimal("1E+3"), "1000"),
        ('a "quoted" line\n', '"a \\"quoted\\" line\\n"'),
        ("Chloé", '"Chloé"'),
        (date(2026, 7, 3), '"2026-07-03T00:00:00+00:00"'),
        (datetime(2026, 2, 11, 14, 15, 14, 40000), '"2026-02-11T14:15:14.04+00:00"'),
        (datetime(2026, 2, 11, 14, 15, 14), '"2026-02-11T14:15:14+00:00"'),
    ],
)
def test_a_value_is_written_as_recorded_answers_have_it(value, text):
    assert write("str", value, UTC) == text


def test_a_date_only_value_of_contract_5_is_a_bare_date():
    assert write("date", date(2026, 9, 9), UTC) == '"2026-09-09"'


def test_the_label_follows_daylight_saving_of_the_server_day_by_day():
    assert write("time", date(2026, 2, 11), NEW_YORK) == '"2026-02-11T00:00:00-05:00"'
    assert write("time", date(2026, 7, 3), NEW_YORK) == '"2026-07-03T00:00:00-04:00"'


def test_the_wall_clock_is_the_users_while_the_label_is_the_servers():
    """The recorded default of a class made for a user in Sydney on a server in UTC."""
    zones = Zones(server="UTC", user="Australia/Sydney")
    assert clock_text(zones.wall(datetime(2022, 1, 1)), zones) == "2022-01-01T11:00:00+00:00"


@pytest.mark.parametrize("server", ["UTC", "America/New_York", "Asia/Kolkata"])
@pytest.mark.parametrize("user", ["UTC", "Australia/Sydney", "America/Los_Angeles"])
def test_a_time_echoed_as_received_means_the_same_wall_clock(server, user):
    zones = Zones(server, user)
    wall = zones.wall(datetime(2025, 5, 17, 3, 4, 5, 678900))
    assert zones.read(clock_text(wall, zones)) == wall


def test_an_offset_can_be_ignored_instead():
    assert NEW_YORK.read("2025-01-01T12:00:00Z") == datetime(2025, 1, 1, 7)
    assert NEW_YORK.read("2025-01-01T12:00:00Z", "ignore") == datetime(2025, 1, 1, 12)
    assert NEW_YORK.read("2025-01-01T12:00:00") == datetime(2025, 1, 1, 12)


@pytest.mark.parametrize("text", ["", "yesterday", "2025-13-01", "2025-01-01T25:00:00", "2025-01-01T00:00:00 00:00"])
def test_a_text_that_is_no_time_is_refused(text):
    """The last one is an offset whose plus was sent without its encoding."""
    with pytest.raises(Mismatch):
        UTC.read(text)


def test_more_than_six_digits_of_a_fraction_are_cut():
    assert UTC.read("2025-01-01T00:00:00.1234567").microsecond == 123456


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("OrderTotal", 4),
        ("OrderQty", 6),
        ("UnitPrice", 6),
        ("CurrencyRate", 8),
        ("CreditLimit", 4),
        ("DiscountPercent", 6),
    ],
)
def test_a_column_has_the_scale_of_its_kind(name, digits):
    assert -scale(name).as_tuple().exponent == digits


@pytest.mark.parametrize(
    ("kind", "name", "raw", "value"),
    [
        ("str", "Status", "Open  ", "Open"),
        ("str", "Status", 12, "12"),
        ("bool", "Hold", "true", True),
        ("int", "LineNbr", "7", 7),
        ("short", "Priority", 3.0, 3),
        ("dec", "OrderTotal", Decimal("10.5"), Decimal("10.5000")),
        ("dec", "OrderTotal", "12345678901234567890.12345", Decimal("12345678901234567890.1234")),
        ("guid", "RefNoteID", "D11D2E19-7C07-F111-8CB1-AC198E472CFE", "d11d2e19-7c07-f111-8cb1-ac198e472cfe"),
        ("time", "Date", "2026-02-11T23:59:00-05:00", date(2026, 2, 12)),
        ("time", "CreatedDateTime", "2026-02-11T10:00:00+02:00", datetime(2026, 2, 11, 8)),
        ("date", "Date", "2026-02-11", date(2026, 2, 11)),
        ("pick", "Status", {"id": "OP"}, "Open"),
        ("str", "Status", None, None),
    ],
)
def test_a_value_is_read_as_the_type_of_its_field(kind, name, raw, value):
    got = read(kind, name, raw, UTC)
    assert got == value
    assert str(got) == str(value)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("bool", "yes"),
        ("int", "seven"),
        ("int", 7.5),
        ("int", 2**31),
        ("byte", 256),
        ("dec", True),
        ("dec", "NaN"),
        ("guid", "x"),
        ("time", 5),
        ("str", {}),
        ("str", True),
    ],
)
def test_a_value_of_another_type_is_a_mismatch(kind, raw):
    with pytest.raises(Mismatch):
        read(kind, "Amount", raw, UTC)


def test_a_business_date_is_not_an_instant():
    assert [is_instant(name) for name in ("Date", "DueDate", "LastModifiedDateTime", "StartTime", "CreatedDate")] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_a_time_in_a_text_field_has_the_form_of_the_locale():
    assert locale_text(datetime(2026, 7, 4, 0, 9, 2), UTC) == "07/04/2026 00:09:02"


def test_half_a_surrogate_pair_is_written_as_its_escape(client):
    client.entity("PUT", "Customer", b'{"CustomerID":{"value":"HALF"},"CustomerName":{"value":"a\\ud83d b"}}')
    assert b'"CustomerName":{"value":"a\\ud83d b"}' in client.entity("GET", "Customer/HALF").body
