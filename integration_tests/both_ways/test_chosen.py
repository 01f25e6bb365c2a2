"""What users ask for beyond whole entities: columns, custom fields, filters, archived records, files, inquiries."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from acumatica_emulator import Emulator
from acumatica_emulator.records.rows import Attachment
from integration_tests.both_ways.conftest import ExactSource, change_some
from integration_tests.both_ways.truth import assert_same, assert_well_formed, rows, union
from integration_tests.source.conftest import Result

LOYALTY, SHELF_LIFE = "custom_BAccount_UsrLoyaltyTier", "custom_ItemSettings_UsrShelfLife"
CONTRACTS = [{}, {"endpoint_version": "26.200.001"}]


def lists(instance: Emulator, entity: str) -> list[dict[str, str]]:
    """The queries of the lists of an entity that asked for more than one row."""
    found = [call.query for call in instance.calls if call.method == "GET" and call.path.endswith(f"/{entity}")]
    return [query for query in found if query.get("$top") != "1"]


def read(asker: ExactSource, stream: str, *columns: str, mode: str = "", **settings: object) -> Result:
    """The stream as discovery offers it with these settings, with these of its columns, or all."""
    (catalog,) = asker.discover(**settings).of("CATALOG")
    offered = {one["name"]: one for one in catalog["streams"]}[stream]
    if columns:
        properties = offered["json_schema"]["properties"]
        assert set(columns) <= set(properties)
        offered["json_schema"]["properties"] = {name: properties[name] for name in columns}
    streams = {"streams": [asker.configured(offered, mode)]}
    result = asker.call("read", config=asker.config(**settings), catalog=streams)
    assert_well_formed(result, stream)
    return result


@pytest.fixture
def asker(instance, tmp_path, waiting) -> ExactSource:
    instance.switches.contract5 = True
    return ExactSource(instance.url, tmp_path)


@pytest.mark.parametrize("version", CONTRACTS)
class TestColumns:
    def test_that_were_not_chosen_do_not_travel(self, instance, asker, version):
        result = read(asker, "Customer", "CustomerID", "CustomerName", "MainContact", **version)
        there = rows(instance, "Customer")
        for record in result.records("Customer"):
            assert record["CustomerName"] == there[record["id"]]["CustomerName"]
            assert record["MainContact"]["Email"] == there[record["id"]]["MainContact"]["Email"]
            assert "CreditLimit" not in record
            assert "BillingContact" not in record
        for query in lists(instance, "Customer"):
            assert "CreditLimit" not in query["$select"]
            assert "BillingContact" not in query.get("$expand", "")

    def test_that_were_all_chosen_are_not_named(self, instance, asker, version):
        read(asker, "ShipVia", **version)
        assert not any("$select" in query for query in lists(instance, "ShipVia"))


@pytest.mark.parametrize("version", CONTRACTS)
class TestCustomFields:
    def test_are_columns_with_their_type(self, instance, asker, version):
        result = read(asker, "Customer", custom_fields=["Customer"], **version)
        there = {row.id: row.custom[("BAccount", "UsrLoyaltyTier")][1] for row in instance.store().rows("Customer")}
        assert {record["id"]: record[LOYALTY] for record in result.records("Customer")} == there
        (shelf_life,) = {type(record[SHELF_LIFE]) for record in self.items(asker, **version)}
        assert shelf_life is int

    @staticmethod
    def items(asker: ExactSource, **settings: object) -> list[dict]:
        return read(asker, "StockItem", "InventoryID", SHELF_LIFE, custom_fields=["*"], **settings).records("StockItem")

    def test_are_asked_for_only_where_they_are_chosen(self, instance, asker, version):
        read(asker, "Customer", "CustomerID", custom_fields=["Customer"], **version)
        assert not any("UsrLoyaltyTier" in json.dumps(query) for query in lists(instance, "Customer"))
        assert sum("$adHocSchema" in call.path for call in instance.calls) == 1

    def test_cost_discovery_nothing_unless_they_are_wanted(self, instance, asker, version):
        asker.discover(**version)
        assert sum(call.path.endswith("swagger.json") for call in instance.calls) == 1
        assert not any("$adHocSchema" in call.path for call in instance.calls)


class TestAFilter:
    SETTINGS = {"stream_settings": [{"stream": "Customer", "filter": "CustomerID ge 'C'", "page_size": 3}]}  # noqa: RUF012

    def chosen(self, instance: Emulator) -> dict:
        first = sorted(record["CustomerID"] for record in rows(instance, "Customer").values())[4]
        self.SETTINGS["stream_settings"][0]["filter"] = f"CustomerID ge '{first}'"
        return {id: record for id, record in rows(instance, "Customer").items() if record["CustomerID"] >= first}

    @pytest.mark.parametrize("mode", ["", "incremental"])
    def test_leaves_out_what_does_not_fit_and_nothing_else(self, instance, asker, mode):
        there = self.chosen(instance)
        result = read(asker, "Customer", mode=mode, details="both", **self.SETTINGS)
        assert_same(there, union([result], "Customer"))
        assert {query["$top"] for query in lists(instance, "Customer")} == {"3"}

    def test_holds_in_later_syncs_too(self, instance, asker):
        self.chosen(instance)
        catalog = asker.catalog("Customer:incremental")
        config = asker.config(**self.SETTINGS)
        first = asker.call("read", config=config, catalog=catalog)
        instance.tick(60)
        change_some(instance)
        there = self.chosen(instance)
        second = asker.call("read", config=config, catalog=catalog, state=first.state())
        came = union([first, second], "Customer")
        assert_same(there, {id: record for id, record in came.items() if id in there})

    def test_is_tried_out_by_the_connection_test(self, asker):
        assert asker.check(**self.SETTINGS).of("CONNECTION_STATUS") == [{"status": "SUCCEEDED"}]

    @pytest.mark.parametrize("wrong", ["Gone eq 'X'", "CustomerID eq", "tolower(CustomerID) eq 'x'"])
    def test_that_acumatica_does_not_understand_is_named_with_its_stream(self, asker, wrong):
        (status,) = asker.check(stream_settings=[{"stream": "Customer", "filter": wrong}]).of("CONNECTION_STATUS")
        assert status["status"] == "FAILED"
        assert status["message"].startswith(f"Customer: Acumatica refuses the filter {wrong!r}: ")


class TestTheConnectionTest:
    def test_names_every_stream_with_settings_that_may_not_be_read(self, instance, asker):
        instance.switches.forbidden = ["Customer", "Vendor"]
        named = [{"stream": name, "page_size": 9} for name in ("Customer", "ShipVia", "Vendor")]
        (status,) = asker.check(stream_settings=named).of("CONNECTION_STATUS")
        assert status["status"] == "FAILED"
        assert "refuses to list Customer, Vendor, which the settings name" in status["message"]

    def test_says_which_inquiry_does_not_fit_before_it_runs(self, instance, asker):
        inquiry = {
            "name": "stock",
            "inquiry": "InventorySummaryInquiry",
            "parameters": [{"name": "Item", "value": "X"}],
        }
        (status,) = asker.check(inquiries=[inquiry]).of("CONNECTION_STATUS")
        assert status["status"] == "FAILED"
        assert "Item" in status["message"]
        assert not any(call.method == "PUT" for call in instance.calls)


def test_archived_records_come_on_request(instance, asker):
    gone = next(instance.store().rows("SalesOrder"))
    gone.archived = True
    assert gone.id not in union([read(asker, "SalesOrder")], "SalesOrder")
    wanted = [{"stream": "Sales*", "archived_records": True}]
    assert gone.id in union([read(asker, "SalesOrder", stream_settings=wanted)], "SalesOrder")


@pytest.mark.parametrize("version", CONTRACTS)
def test_files_come_on_request_with_name_id_and_link(instance, asker, version):
    row = next(instance.store().rows("Customer"))
    row.files.append(Attachment("11111111-2222-3333-4444-555555555555", "contract.pdf", b"x", "signed"))
    row.rendered.clear()
    found = union([read(asker, "Customer", attached_files=True, **version)], "Customer")
    (file,) = found[row.id]["files"]
    assert file["id"] == "11111111-2222-3333-4444-555555555555"
    assert file["filename"].endswith("contract.pdf")
    assert file["href"].endswith(f"/files/{file['id']}")
    assert "files" not in next(iter(union([read(asker, "Customer", **version)], "Customer").values()))


@pytest.mark.parametrize("version", CONTRACTS)
class TestAnInquiry:
    def test_is_a_stream_of_the_rows_that_its_parameters_give(self, instance, asker, version):
        item = next(row for row in instance.store().rows("StockItem") if row.lines("WarehouseDetails"))
        inquiry = {
            "name": "stock",
            "inquiry": "InventorySummaryInquiry",
            "parameters": [{"name": "InventoryID", "value": item.values["InventoryID"]}],
        }
        result = read(asker, "stock", inquiries=[inquiry], **version)
        there = {line.values["WarehouseID"]: line.values["QtyOnHand"] for line in item.lines("WarehouseDetails")}
        came = {row["WarehouseID"]: Decimal(row["QtyOnHand"]) for row in result.records("stock")}
        assert came == there
        assert result.of("STATE")[-1]["stream"]["stream_state"] == {"__ab_no_cursor_state_message": True}

    def test_that_may_not_be_run_leaves_the_others_finished(self, instance, asker, version):
        instance.switches.forbidden = ["InventorySummaryInquiry"]
        inquiry = {"name": "stock", "inquiry": "InventorySummaryInquiry"}
        catalog = {"streams": [asker.configured(name, "") for name in ("stock", "ShipVia")]}
        result = asker.call("read", config=asker.config(inquiries=[inquiry], **version), catalog=catalog)
        assert_well_formed(result, "stock", "ShipVia")
        assert (result.statuses("stock")[-1], result.statuses("ShipVia")[-1]) == ("INCOMPLETE", "COMPLETE")


class TestAnUpgradeOfTheEndpoint:
    """SalesOrder.LastModified is LastModifiedDateTime from 26.200.001 on."""

    def test_keeps_streams_keys_and_state(self, instance, asker):
        streams = ("SalesOrder:incremental", "SalesOrder_Details:incremental", "Customer:incremental")
        before = asker.catalog(*streams)
        first = asker.call("read", config=asker.config(), catalog=before)
        instance.tick(86_400)
        order = next(instance.store().rows("SalesOrder"))
        instance.store().update(
            "SalesOrder", [order.values["OrderType"], order.values["OrderNbr"]], {"Description": "Z"}
        )
        newer = asker.config(endpoint_version="26.200.001")
        instance.calls.clear()
        second = asker.call("read", config=newer, catalog=before, state=first.state())
        assert_well_formed(second, "SalesOrder", "SalesOrder_Details", "Customer")
        assert second.code == 0
        assert [record["Description"] for record in second.records("SalesOrder") if record["id"] == order.id] == ["Z"]
        assert all("$filter" in query for query in lists(instance, "SalesOrder"))
        third = asker.call("read", config=newer, catalog=before, state=second.state())
        assert third.code == 0

    def test_changes_no_primary_key(self, asker):
        catalogs = [asker.discover(**version).of("CATALOG")[0] for version in CONTRACTS]
        old, new = ({one["name"]: one.get("source_defined_primary_key") for one in c["streams"]} for c in catalogs)
        assert {name for name in old if name in new and old[name] != new[name]} == set()


def test_the_log_reports_windows_records_requests_and_time(instance, source):
    result = source.read("SalesOrder:incremental", "SalesOrder_Details:incremental", page_size=3)
    logged = [log["message"] for log in result.of("LOG")]
    windows = [line for line in logged if line.startswith("SalesOrder (and 1 stream of its details): window ")]
    assert windows
    assert all("records, " in line or "record, " in line for line in windows)
    (end,) = [line for line in logged if line.startswith("Read ")]
    sent = sum(call.method == "GET" and call.path.endswith("/SalesOrder") for call in instance.calls)
    assert f"{len(result.records('SalesOrder')):,} of SalesOrder, " in end
    assert f": {sent} requests, " in end
