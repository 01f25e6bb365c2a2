"""The client with both contracts against one instance: the same query gives the same records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from acumatica_client.api.client import AcumaticaClient, ConnectionSettings
from acumatica_client.auth.sign_in import CookieSignIn
from acumatica_client.errors import CannotOptimize, SettingsError
from acumatica_client.record import RecordCodec, expand_paths
from acumatica_client.rest.query import Query
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.facts import former_cursors
from acumatica_client.schema.model import ValueType
from acumatica_client.transport.instance_address import InstanceAddress
from acumatica_emulator import Emulator

VERSIONS = {4: "25.200.001", 5: "26.200.001"}
# Fields of contract 4 that contract 5 lacks, and those whose values are written otherwise in it.
GONE = {"LastModified", "Subitem"}
both = pytest.mark.parametrize("contract", [4, 5])
Open = Callable[[int], AcumaticaClient]


@pytest.fixture
def opened(instance: Emulator) -> Iterator[Open]:
    """Clients of the instance by contract; each gives back its seat at the end."""
    instance.switches.contract5 = True
    clients: dict[int, AcumaticaClient] = {}

    def open_client(contract: int) -> AcumaticaClient:
        sign_in = CookieSignIn("admin", "secret", "Company")
        settings = ConnectionSettings(InstanceAddress(instance.url), sign_in, endpoint_version=VERSIONS[contract])
        return clients.setdefault(contract, AcumaticaClient(settings))

    yield open_client
    for client in clients.values():
        client.close()


def read(client: AcumaticaClient, codec: RecordCodec, entity: str, **more: object) -> list[dict[str, object]]:
    """The records of a list, as values."""
    page = client.fetch_list(entity, replace(codec.query, **more))
    found = [json.loads(codec.unwrap(raw), parse_float=Decimal) for raw in codec.split(page)]
    assert codec.unknown == set()
    return found


def day(value: object) -> object:
    """A business date as contract 5 writes it: without the midnight."""
    return value.partition("T")[0] if isinstance(value, str) and "T00:00:00" in value else value


def comparable(record: object) -> object:
    """A record without what differs between the contracts by design."""
    if isinstance(record, dict):
        return {name: comparable(value) for name, value in record.items() if name not in GONE}
    return [comparable(row) for row in record] if isinstance(record, list) else day(record)


def without(record: object, known: object) -> object:
    """A record with the members only that another one has, too."""
    if isinstance(record, dict) and isinstance(known, dict):
        return {name: without(value, known[name]) for name, value in record.items() if name in known}
    if isinstance(record, list) and isinstance(known, list):
        return [without(one, other) for one, other in zip(record, known, strict=True)]
    return record


def test_without_a_version_contract_4_is_used(opened: Open, instance: Emulator) -> None:
    settings = ConnectionSettings(InstanceAddress(instance.url), CookieSignIn("admin", "secret", "Company"))
    with AcumaticaClient(settings) as client:
        assert (client.endpoint.version, client.dialect.contract) == ("25.200.001", 4)
    assert opened(5).schema().contract == 5


@pytest.mark.parametrize("entity", ["SalesOrder", "Customer", "StockItem", "Bill", "Contact", "PurchaseOrder"])
def test_records_are_the_same_in_both(opened: Open, entity: str) -> None:
    answers = {}
    for contract in (4, 5):
        client = opened(contract)
        codec = RecordCodec(client.schema(), entity, expand_paths(client.schema(), entity, 2))
        answers[contract] = [comparable(record) for record in read(client, codec, entity, top=5)]
    assert answers[4]
    assert [without(new, old) for new, old in zip(answers[5], answers[4], strict=True)] == [
        without(old, new) for new, old in zip(answers[5], answers[4], strict=True)
    ]


@pytest.mark.parametrize(
    ("endpoint", "version", "entities"),
    [("Default", "25.200.001", 110), ("eCommerce", "24.200.001", 110), ("MANUFACTURING", "25.100.001", 40)],
)
def test_keys_are_the_same_and_a_renamed_cursor_is_known_by_its_older_name(
    instance: Emulator, endpoint: str, version: str, entities: int
) -> None:
    instance.switches.contract5 = True
    sign_in = CookieSignIn("admin", "secret", "Company")
    settings = ConnectionSettings(InstanceAddress(instance.url), sign_in, endpoint, version)
    with AcumaticaClient(settings) as before, AcumaticaClient(replace(settings, endpoint_version="26.200.001")) as now:
        older, newer = before.schema().entities, now.schema().entities
    both_have = older.keys() & newer.keys()
    assert len(both_have) >= entities
    for name in both_have:
        assert newer[name].keys == older[name].keys, name
        cursors = older[name].cursor, newer[name].cursor
        assert cursors[0] == cursors[1] or cursors[0] in former_cursors(cursors[1]), name
    if endpoint == "Default":
        assert (older["SalesOrder"].cursor, newer["SalesOrder"].cursor) == ("LastModified", "LastModifiedDateTime")


@both
def test_a_drop_down_gives_the_description_and_in_contract_5_its_id(opened: Open, contract: int) -> None:
    client = opened(contract)
    (order, *_) = read(client, RecordCodec(client.schema(), "SalesOrder"), "SalesOrder", top=1)
    assert isinstance(order["Status"], str)
    assert ("Status_id" in order) is (contract == 5)
    assert order.get("Status_id") != order["Status"]


@both
def test_selected_columns_come_and_no_others(opened: Open, instance: Emulator, contract: int) -> None:
    client = opened(contract)
    every = [name for name in client.entity("SalesOrder").shape.fields if name in ("OrderTotal", "CustomerID")]
    codec = RecordCodec(
        client.schema(), "SalesOrder", ["Details", "Details/Allocations"], select=[*every, "Details/InventoryID"]
    )
    page = client.fetch_list("SalesOrder", replace(codec.query, top=3))
    for payload in json.loads(page):
        assert {"OrderTotal", "CustomerID", "OrderType", "OrderNbr", "Details"} <= payload.keys()
        assert "Description" not in payload
        assert all("InventoryID" in line and "Allocations" in line for line in payload["Details"])
        assert not any("OrderQty" in line for line in payload["Details"])
    (call,) = [one for one in instance.calls if one.path.endswith("/SalesOrder")]
    assert ("Details(" in str(call.query)) is (contract == 5)


@both
def test_rows_of_details_are_the_lines_of_their_orders(opened: Open, instance: Emulator, contract: int) -> None:
    client = opened(contract)
    codec = RecordCodec(client.schema(), "SalesOrder", rows=["Details"])
    found = {}
    for raw in codec.split(client.fetch_list("SalesOrder", codec.query)):
        record = codec.decode(raw)
        assert "Details" not in json.loads(record.json)
        found[record.text("OrderNbr")] = [json.loads(row) for row in record.rows("Details")]
    held = {row.values["OrderNbr"]: row.lines("Details") for row in instance.store().rows("SalesOrder")}
    assert {number: [row["id"] for row in rows] for number, rows in found.items()} == {
        number: [line.id for line in lines] for number, lines in held.items()
    }
    assert all(row["SalesOrder_OrderNbr"] == number for number, rows in found.items() for row in rows)


@both
def test_filters_select_the_same_rows(opened: Open, instance: Emulator, contract: int) -> None:
    client = opened(contract)
    dialect, customer = client.dialect, client.entity("Customer")
    codec = RecordCodec(client.schema(), "Customer")
    everyone = read(client, codec, "Customer")
    stamps = sorted(str(one[customer.cursor]) for one in everyone if one[customer.cursor])

    def keys(condition: str | None) -> set[object]:
        return {one["CustomerID"] for one in read(client, codec, "Customer", filter=condition)}

    window = dialect.between(customer.cursor, stamps[2], stamps[-1])
    inside = [one for one in everyone if stamps[2] <= str(one[customer.cursor]) < stamps[-1]]
    assert inside
    assert keys(window) == {one["CustomerID"] for one in inside}
    assert len(keys(dialect.is_null(customer.cursor))) == 1
    first = str(everyone[0]["CustomerID"])
    assert keys(dialect.equals("CustomerID", first)) == {first}
    assert keys(dialect.all_of(dialect.equals("CustomerID", first), "CustomerID eq 'x' or CustomerID eq 'y'")) == set()


@both
def test_a_drop_down_is_compared_by_label_in_contract_4_and_by_id_in_contract_5(opened: Open, contract: int) -> None:
    client = opened(contract)
    codec = RecordCodec(client.schema(), "SalesOrder")
    (order, *_) = read(client, codec, "SalesOrder", top=1)
    kind = client.entity("SalesOrder").shape.fields["Status"]
    value = str(order["Status_id" if kind is ValueType.STRING_SELECT else "Status"])
    alike = read(client, codec, "SalesOrder", filter=client.dialect.equals("Status", value, kind))
    assert order["OrderNbr"] in [one["OrderNbr"] for one in alike]
    assert {one["Status"] for one in alike} == {order["Status"]}


@both
def test_custom_fields_are_found_read_and_compared(opened: Open, instance: Emulator, contract: int) -> None:
    row = next(instance.store().rows("StockItem"))
    client = opened(contract)
    fields = client.custom_fields("StockItem")
    assert fields
    text = next(field for field in fields if field.value_type is ValueType.STRING)
    row.custom[(text.view, text.name)] = ("str", "Röd 'x'")
    codec = RecordCodec(client.schema(), "StockItem", custom=fields)
    found = read(client, codec, "StockItem")
    assert found[0]["InventoryID"] == row.values["InventoryID"]
    assert found[0][text.column] == "Röd 'x'"
    assert found[0]["custom"] == {}
    assert all(field.column in record for record in found for field in fields)
    condition = client.dialect.equals(client.dialect.custom_operand(text), "Röd 'x'")
    assert len(read(client, codec, "StockItem", filter=condition)) == 1


@both
def test_custom_fields_join_a_selection(opened: Open, contract: int) -> None:
    client = opened(contract)
    custom = client.custom_fields("StockItem")
    codec = RecordCodec(client.schema(), "StockItem", custom=custom, select=["Description"])
    (found, *_) = read(client, codec, "StockItem", top=1)
    assert {"InventoryID", "Description", *(field.column for field in custom)} <= found.keys()
    assert "ItemClass" not in found


@both
def test_archived_records_come_when_requested(opened: Open, instance: Emulator, contract: int) -> None:
    key = next(instance.store().rows("SalesOrder")).values
    instance.store().update("SalesOrder", [key["OrderType"], key["OrderNbr"]], {"archived": True})
    client = opened(contract)
    codec = RecordCodec(client.schema(), "SalesOrder")
    shown = read(client, codec, "SalesOrder", archived=True)
    assert len(shown) == len(read(client, codec, "SalesOrder")) + 1
    assert client.fetch_one("SalesOrder", [key["OrderType"], key["OrderNbr"]], Query(archived=True))


@both
def test_an_inquiry_answers_with_its_rows(opened: Open, instance: Emulator, contract: int) -> None:
    item = next(instance.store().rows("StockItem")).values["InventoryID"]
    client = opened(contract)
    codec = RecordCodec(client.schema(), "InventorySummaryInquiry", rows=["Results"])
    with pytest.raises(CannotOptimize):
        client.fetch_list("InventorySummaryInquiry", Query(top=1))
    for query in (codec.query, Query()):
        answer = codec.decode(client.run_inquiry("InventorySummaryInquiry", {"InventoryID": item}, query))
        assert answer.text("InventoryID") == item
        stock = [json.loads(row)["QtyOnHand"] for row in answer.rows("Results")]
        assert stock
        assert None not in stock
    with pytest.raises(SettingsError, match="did you mean InventoryID"):
        client.run_inquiry("InventorySummaryInquiry", {"InventryID": item})


@both
def test_a_record_that_was_read_can_be_written_back(opened: Open, instance: Emulator, contract: int) -> None:
    client = opened(contract)
    codec = RecordCodec(client.schema(), "Customer")
    (before, *_) = read(client, codec, "Customer", top=1)
    changed = {**{name: before[name] for name in before if name.startswith("Status")}, "CustomerName": "Written back"}
    payload = codec.wrap({"CustomerID": before["CustomerID"], **changed})
    client.put("Customer", payload, repeatable=True)
    (after, *_) = read(client, codec, "Customer", top=1)
    assert after["CustomerName"] == "Written back"
    assert [after[name] for name in changed] == [*changed.values()]


def test_a_choice_is_changed_by_the_id_of_another(opened: Open, instance: Emulator) -> None:
    client = opened(5)
    codec = RecordCodec(client.schema(), "Customer")
    (before, *_) = read(client, codec, "Customer", top=1)
    status = [name for name in before if name.endswith("Status_id")]
    assert len(status) == 1
    field = status[0].removesuffix("_id")
    client.put("Customer", codec.wrap({"CustomerID": before["CustomerID"], status[0]: "IN"}), repeatable=True)
    (after, *_) = read(client, codec, "Customer", top=1)
    assert (after[field], after[status[0]]) == ("Inactive", "IN")


def test_a_custom_field_of_a_detail_is_requested_with_its_detail(opened: Open) -> None:
    engraving = CustomField("Transactions", "UsrEngraving", place="Details")
    for contract in (4, 5):
        client = opened(contract)
        codec = RecordCodec(client.schema(), "SalesOrder", rows=["Details"], custom=[engraving])
        page = client.fetch_list("SalesOrder", replace(codec.query, top=2))
        rows = [json.loads(row) for raw in codec.split(page) for row in codec.decode(raw).rows("Details")]
        assert rows
        assert all("custom_Transactions_UsrEngraving" in row for row in rows)
