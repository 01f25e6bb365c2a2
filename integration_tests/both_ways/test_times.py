"""Whatever a stamp's label says, whichever way a literal is read, and while clocks are put forward and back."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime

import pytest

from acumatica_emulator import Emulator
from integration_tests.both_ways.conftest import PatientDestination, read_before_and_after_changes
from integration_tests.both_ways.truth import assert_same, assert_well_formed, rows, union
from unit_tests.destination.builders import record, state, stream

NEW_YORK = ("America/New_York", "America/New_York")
ZONES = [
    ("UTC", "UTC"),
    NEW_YORK,
    ("UTC", "Australia/Sydney"),
    ("America/New_York", "UTC"),
    ("Asia/Kolkata", "America/St_Johns"),
    ("Australia/Lord_Howe", "Australia/Lord_Howe"),
    ("Pacific/Kiritimati", "Pacific/Niue"),  # 25 hours apart
    ("Pacific/Niue", "Pacific/Kiritimati"),
]
# The hour (or half of one) that does not exist, or comes twice, begins a little later.
CHANGES_OF_CLOCKS = [
    (datetime(2026, 3, 8, 6, 10), *NEW_YORK),
    (datetime(2026, 11, 1, 5, 10), *NEW_YORK),
    (datetime(2026, 11, 1, 5, 10), "America/New_York", "UTC"),
    (datetime(2026, 10, 3, 15, 10), "UTC", "Australia/Sydney"),
    (datetime(2026, 4, 4, 14, 10), "UTC", "Australia/Sydney"),
    (datetime(2026, 4, 4, 14, 10), "Australia/Lord_Howe", "Australia/Lord_Howe"),
]


@pytest.mark.parametrize("filter_offset", ["convert", "ignore"])
@pytest.mark.parametrize(("server_zone", "user_zone"), ZONES)
def test_no_change_is_lost_in_any_zone(instance, source, server_zone, user_zone, filter_offset):
    instance.switches.update({"server_zone": server_zone, "user_zone": user_zone, "filter_offset": filter_offset})
    read_before_and_after_changes(instance, source, "Customer")


@pytest.mark.parametrize("filter_offset", ["convert", "ignore"])
@pytest.mark.parametrize(("moment", "server_zone", "user_zone"), CHANGES_OF_CLOCKS)
def test_no_change_is_lost_while_clocks_are_put_forward_or_back(
    instance, source, moment, server_zone, user_zone, filter_offset
):
    instance.switches.update({"server_zone": server_zone, "user_zone": user_zone, "filter_offset": filter_offset})
    instance.tick((moment - instance.now).total_seconds())
    catalog = deepcopy(source.catalog("Vendor:incremental"))
    properties = catalog["streams"][0]["stream"]["json_schema"]["properties"]
    catalog["streams"][0]["stream"]["json_schema"]["properties"] = {"VendorName": properties["VendorName"]}
    keys = [row.values["VendorID"] for row in instance.store().rows("Vendor")]
    results = [source.call("read", config=source.config(), catalog=catalog)]
    for turn in range(6):
        instance.store().update("Vendor", [keys[turn]], {"VendorName": f"After sync {turn}"})
        instance.tick(15 * 60)
        instance.store().update("Vendor", [keys[turn - 1]], {"VendorName": f"Before sync {turn + 1}"})
        results.append(source.call("read", config=source.config(), catalog=catalog, state=results[-1].state()))
        names = {id: record["VendorName"] for id, record in union(results, "Vendor").items()}
        assert names == {id: record["VendorName"] for id, record in rows(instance, "Vendor").items()}, turn
    assert all(result.code == 0 for result in results)


@pytest.mark.parametrize("seconds", [0.0, 60.0, 6900.0])
def test_a_commit_that_shows_later_than_its_stamp_is_not_lost(instance, source, seconds):
    """As long as it shows within the lookback of two hours."""
    store, tenant = instance.store(), instance.instance.tenants["Company"]
    keys = [row.values["CustomerID"] for row in store.rows("Customer")]

    def saved(key: str, name: str) -> None:
        stamp = instance.now
        tenant.commit(seconds, lambda: store.update("Customer", [key], {"CustomerName": name}, stamp=stamp))

    saved(keys[3], "Stamped before the first sync")
    results = [source.read("Customer:incremental")]
    saved(keys[4], "Stamped before the second")
    store.update("Customer", [keys[5]], {"CustomerName": "The latest stamp of all"})
    for pause in (1, seconds, 60):
        instance.tick(pause)
        results.append(source.read("Customer:incremental", state=results[-1].state()))
        assert_well_formed(results[-1], "Customer")
    tenant.commit_due()
    assert_same(rows(instance, "Customer"), union(results, "Customer"))


@pytest.mark.parametrize("seconds", [0.0, 90.0])
def test_what_the_destination_wrote_is_read_when_it_shows(
    instance: Emulator, source, destination: PatientDestination, seconds: float
):
    customers = stream("Customer", columns=("CustomerID", "CustomerName"), key=("CustomerID",))
    first = source.read("Customer:incremental")
    instance.switches.commit_delay = seconds
    line = record("Customer", CustomerID="ZNEW1", CustomerName="Written")
    trusted = [{"stream": "Customer", "entity": "Customer", "verify": "off"}]  # a proof would say that it is not there
    assert destination.write([line, state("Customer", 1)], customers, streams=trusted).counts == [(1, 0)]
    second = source.read("Customer:incremental", state=first.state())
    instance.tick(seconds + 1)
    third = source.read("Customer:incremental", state=second.state())
    assert_same(rows(instance, "Customer"), union([first, second, third], "Customer"))


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_server_clock_that_jumps_within_a_sync_loses_nothing(instance, source, seconds):
    instance.faults.add("skew", method="GET", entity="Customer", nth=4, seconds=seconds)
    read_before_and_after_changes(instance, source, "Customer")
