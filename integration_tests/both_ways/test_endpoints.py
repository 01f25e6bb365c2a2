"""All endpoints and versions with both connectors: the source reads what the destination wrote."""

from __future__ import annotations

import pytest

from acumatica_emulator import Emulator
from acumatica_emulator import catalog as contracts
from integration_tests.both_ways.conftest import ExactSource, PatientDestination
from integration_tests.both_ways.test_writing import CUSTOMERS, ORDERS, by_key, customer, order
from integration_tests.both_ways.truth import CONTRACT_4, NEWEST, assert_same, assert_well_formed, rows, union
from unit_tests.destination.builders import record, state, stream

SELLING = [one for one in CONTRACT_4 if one[0] != "MANUFACTURING"]


def scope(endpoint: str, version: str) -> dict[str, object]:
    return {"endpoint_name": endpoint, "endpoint_version": version}


@pytest.mark.parametrize(("endpoint", "version"), CONTRACT_4)
def test_every_entity_with_rows_is_read_completely(instance, source, endpoint, version):
    instance.switches.openapi = "2.0" if version == "20.200.001" else "3.0.1"
    contract = contracts.load(endpoint, version)
    reader = ExactSource(instance.url, source.folder)
    catalog = reader.catalog(**scope(endpoint, version))
    offered = {one["name"] for one in reader.catalogs[endpoint]["streams"]}
    full = sorted(name for name in offered if any(instance.store().rows(name)))
    assert full
    catalog = reader.catalog(*full, **scope(endpoint, version))
    result = reader.call("read", config=reader.config(**scope(endpoint, version)), catalog=catalog)
    assert_well_formed(result, *full)
    assert result.code == 0
    for name in full:
        assert contract.types[name].role != "inquiry"
        assert_same(rows(instance, name, endpoint=endpoint, version=version), union([result], name))


@pytest.mark.parametrize("endpoint", NEWEST)
def test_without_a_version_the_newest_of_contract_4_is_read(instance, source, endpoint):
    instance.switches.contract5 = True
    assert source.check(endpoint_name=endpoint).of("CONNECTION_STATUS")[0]["status"] == "SUCCEEDED"
    assert any(f"/{endpoint}/{NEWEST[endpoint]}/" in call.path for call in instance.calls)


@pytest.mark.parametrize(("endpoint", "version"), SELLING)
def test_customers_and_orders_that_were_written_are_read(
    instance: Emulator, source: ExactSource, destination: PatientDestination, endpoint: str, version: str
) -> None:
    lines = [customer("ZNEW1", "Written"), state("Customer", 1), order(instance, "Z00001"), state("SalesOrder", 2)]
    for _ in range(2):
        result = destination.write(lines, CUSTOMERS, ORDERS, **scope(endpoint, version))
        assert (result.code, result.counts) == (0, [(1, 0), (1, 0)]), result.raw
    assert len(by_key(instance, "SalesOrder", "OrderNbr")["Z00001"]["Details"]) == 2
    reader = ExactSource(instance.url, source.folder)
    read = reader.read("Customer:incremental", "SalesOrder:incremental", **scope(endpoint, version))
    assert_well_formed(read, "Customer", "SalesOrder")
    for name in ("Customer", "SalesOrder"):
        assert_same(rows(instance, name, endpoint=endpoint, version=version), union([read], name))


def test_a_custom_endpoint_is_read_like_the_one_it_extends(instance, source):
    instance.switches.custom_endpoints = {"Shop/1.0": "Default/24.200.001"}
    reader = ExactSource(instance.url, source.folder)
    result = reader.read("Customer:incremental", "Vendor", endpoint_name="Shop")
    assert_well_formed(result, "Customer", "Vendor")
    for name in ("Customer", "Vendor"):
        assert_same(rows(instance, name, version="24.200.001"), union([result], name))


def test_production_orders_that_were_written_are_read(instance, source, destination):
    item = next(instance.store().rows("StockItem")).values["InventoryID"]
    orders = stream("ProductionOrder", key=("OrderType", "ProductionNbr"))
    line = record("ProductionOrder", OrderType="RO", ProductionNbr="ZP1", InventoryID=item)
    for _ in range(2):
        written = destination.write([line, state("ProductionOrder", 1)], orders, endpoint_name="MANUFACTURING")
        assert (written.code, written.counts) == (0, [(1, 0)]), written.raw
    read = source.read("ProductionOrder", endpoint_name="MANUFACTURING")
    assert_well_formed(read, "ProductionOrder")
    assert_same(rows(instance, "ProductionOrder", endpoint="MANUFACTURING"), union([read], "ProductionOrder"))
    assert sum(one["ProductionNbr"] == "ZP1" for one in read.records("ProductionOrder")) == 1
