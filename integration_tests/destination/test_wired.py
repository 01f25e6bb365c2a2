"""Lines, read-back, files and actions through the command line: a second sync changes nothing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

import pytest

from acumatica_client.api.files import files_of
from acumatica_client.rest.query import Query
from acumatica_emulator import Emulator
from integration_tests.destination.conftest import Destination
from integration_tests.destination.erp_access import open_erp
from unit_tests.destination.builders import Result, record, state, stream

SCAN = bytes(range(256)) * 5
COLUMNS = {
    "OrderType": {"type": "string"},
    "OrderNbr": {"type": "string"},
    "CustomerID": {"type": "string"},
    "OrderTotal": {"type": "number"},
    "Details": {"type": "array", "items": {"type": "object"}},
}
MORE = {"scan": {"type": "string"}, "warehouse": {"type": "string"}}
KEY = ("OrderType", "OrderNbr")
PLAIN = {
    "stream": "SalesOrder",
    "entity": "SalesOrder",
    "line_keys": [{"detail": "Details", "fields": "InventoryID"}],
}
SETTINGS = {
    **PLAIN,
    "files": [{"column": "scan", "source": "base64", "name": "order.pdf"}],
    "actions": [
        {
            "name": "SalesOrderCreateShipment",
            "when": "field_is_not",
            "field": "Status",
            "values": "Shipping, Completed",
            "parameters": [{"name": "WarehouseID", "column": "warehouse"}],
        }
    ],
}


def order(instance: Emulator, *lines: tuple[int, int], number: str = "Z00001", **more: object) -> bytes:
    items = [str(row["InventoryID"]) for row in instance.records("StockItem")]
    details = [{"InventoryID": items[at], "OrderQty": qty} for at, qty in lines]
    buyer = instance.records("Customer")[0]["CustomerID"]
    return record("SalesOrder", OrderType="SO", OrderNbr=number, CustomerID=buyer, Details=details, **more)


def found(instance: Emulator, number: str = "Z00001") -> dict[str, object]:
    (row,) = [row for row in instance.records("SalesOrder") if row["OrderNbr"] == number]
    return row


def writes(instance: Emulator) -> int:
    """Those that Acumatica accepted; an insert that meets its record changes nothing."""
    calls = [call for call in instance.calls if call.method in ("PUT", "PATCH", "POST", "DELETE")]
    return len([call for call in calls if "/auth/" not in call.path and call.status < 300])


def write(destination: Destination, *lines: bytes, settings: Mapping[str, object] = SETTINGS, **more: object) -> Result:
    columns = {**COLUMNS, **MORE} if "files" in settings else COLUMNS
    orders = stream("SalesOrder", columns=columns, key=KEY)
    return destination.write_hastily([*lines, state("SalesOrder")], orders, streams=[settings], **more)


def log_of(result: Result) -> str:
    return " ".join(words for level in ("INFO", "WARN", "ERROR") for words in result.logs(level))


@pytest.mark.parametrize("patch", [True, False])
@pytest.mark.parametrize("polls", [0, 2])
def test_an_order_with_lines_a_file_and_a_shipment_is_written_once(
    instance: Emulator, destination: Destination, patch: bool, polls: int
) -> None:
    instance.switches.update({"patch": patch, "action_polls": polls})
    shipments = len(instance.records("Shipment"))
    sent = order(instance, (0, 1), (1, 2), scan=b64encode(SCAN).decode(), warehouse="MAIN")
    for attempt in range(2):
        before = writes(instance)
        result = write(destination, sent)
        assert (result.code, result.counts) == (0, [(1, 0)]), result.raw
        assert (writes(instance) > before) is (attempt == 0)

    assert [line["OrderQty"] for line in found(instance)["Details"]] == [1, 2]
    assert (found(instance)["Status"], len(instance.records("Shipment"))) == ("Shipping", shipments + 1)
    assert "unchanged" in log_of(result)
    with open_erp(instance) as erp:
        there = erp.read("SalesOrder", {"OrderType": "SO", "OrderNbr": "Z00001"}, Query(expand=("files",)))
        assert there is not None
        assert [(link.name, erp.client.download(link.href)) for link in files_of(there)] == [("order.pdf", SCAN)]


@pytest.mark.parametrize(("mode", "quantities"), [("merge", [1, 5, 9]), ("replace", [5, 9]), ("append", [1, 2, 9])])
def test_lines_follow_their_mode_and_a_second_sync_rests(
    instance: Emulator, destination: Destination, mode: str, quantities: list[int]
) -> None:
    settings = {**PLAIN, "lines": mode}
    write(destination, order(instance, (0, 1), (1, 2)), settings=settings)
    for _ in range(2):
        before = writes(instance)
        assert write(destination, order(instance, (1, 5), (2, 9)), settings=settings).code == 0

    assert [line["OrderQty"] for line in found(instance)["Details"]] == quantities
    assert writes(instance) == before


def test_lines_that_cannot_be_distinguished_are_rejected_in_words(instance: Emulator, destination: Destination) -> None:
    settings = PLAIN
    write(destination, order(instance, (0, 1), (0, 2)), settings=settings)
    result = write(destination, order(instance, (0, 1), (0, 9)), settings=settings, on_record_error="skip")

    assert result.counts == [(0, 1)]
    assert "it is unclear which of its lines" in log_of(result)
    assert [line["OrderQty"] for line in found(instance)["Details"]] == [1, 2]


def test_an_action_that_fails_rejects_its_record_and_the_next_sync_does_it(
    instance: Emulator, destination: Destination
) -> None:
    sent = order(instance, (0, 1), warehouse="MAIN")
    instance.switches.update({"action_failure": "Error: No stock is available."})
    result = write(destination, sent, on_record_error="skip")
    assert result.counts == [(0, 1)]
    assert "No stock is available" in log_of(result)

    instance.switches.update({"action_failure": ""})
    result = write(destination, sent)
    assert (result.code, result.counts) == (0, [(1, 0)])
    assert found(instance)["Status"] == "Shipping"
    assert len(found(instance)["Details"]) == 1


def test_a_session_that_dies_while_an_action_runs_leaves_it_to_the_next_sync(
    instance: Emulator, destination: Destination
) -> None:
    instance.switches.set("action_polls", 3)
    shipments = len(instance.records("Shipment"))
    sent = order(instance, (0, 1), warehouse="MAIN")
    instance.faults.add("recycle", method="GET", path="*status*")
    result = write(destination, sent, on_record_error="skip")
    assert "its result is unknown" in log_of(result)

    assert write(destination, sent).code == 0
    assert len(instance.records("Shipment")) == shipments + 1


def test_a_long_document_that_breaks_off_is_completed_by_the_next_sync(
    instance: Emulator, destination: Destination
) -> None:
    settings = {**PLAIN, "line_keys": []}
    sent = order(instance, *((at % 3, at + 1) for at in range(1100)))
    instance.faults.add("status", method="PUT", entity="SalesOrder", nth=2, times=4, status=503, processed=True)
    result = write(destination, sent, settings=settings)
    assert result.code == 1
    assert result.state_ids == []
    assert "of 1100 lines" in str(result.error["message"])
    instance.faults.clear()

    assert write(destination, sent, settings=settings).code == 0
    assert [line["OrderQty"] for line in found(instance)["Details"]] == [at + 1 for at in range(1100)]


@pytest.mark.parametrize("verify", ["warn", "reject"])
def test_an_insert_that_was_not_saved_is_rejected(instance: Emulator, destination: Destination, verify: str) -> None:
    instance.switches.set("read_only", ["SalesOrder"])
    result = write(
        destination, order(instance, (0, 1)), settings={**SETTINGS, "verify": verify}, on_record_error="skip"
    )

    assert result.counts == [(0, 1)]
    assert "it is not there" in log_of(result)


@pytest.mark.parametrize(("verify", "counts"), [("off", (1, 0)), ("warn", (1, 0)), ("reject", (0, 1))])
def test_a_value_that_the_form_changed_means_what_the_user_says(
    instance: Emulator, destination: Destination, verify: str, counts: tuple[int, int]
) -> None:
    """The total is worked out by the form."""
    sent = order(instance, (0, 1), OrderTotal=12345)
    result = write(destination, sent, settings={**PLAIN, "verify": verify}, on_record_error="skip")

    assert result.counts == [counts]
    assert ("OrderTotal" in log_of(result)) is (verify != "off")
    assert "12345" not in log_of(result)


BY_ADDRESS = {**PLAIN, "files": [{"column": "scan", "source": "url"}]}


class TestFilesFromAddresses:
    """Any web server will do; the instance itself is one."""

    def test_are_fetched_and_attached_once(self, instance: Emulator, destination: Destination) -> None:
        sent = order(instance, (0, 1), scan=f"{instance.url}/entity")
        columns = {name: kind for name, kind in MORE.items() if name == "scan"}
        for uploads in (1, 1):
            orders = stream("SalesOrder", columns={**COLUMNS, **columns}, key=KEY)
            result = destination.write_hastily([sent, state("SalesOrder")], orders, streams=[BY_ADDRESS])
            assert result.counts == [(1, 0)], result.raw
            assert len([call for call in instance.calls if "/files/" in call.path]) == uploads

    def test_of_private_machines_are_refused_on_a_shared_platform(
        self, instance: Emulator, destination: Destination, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DEPLOYMENT_MODE", "cloud")
        sent = order(instance, (0, 1), scan=f"{instance.url}/entity?token=hidden-in-address")
        orders = stream("SalesOrder", columns={**COLUMNS, "scan": {"type": "string"}}, key=KEY)
        result = destination.write_hastily(
            [sent, state("SalesOrder")], orders, streams=[BY_ADDRESS], on_record_error="skip"
        )

        assert result.counts == [(0, 1)]
        assert "not on the public internet" in log_of(result)
        assert "hidden-in-address" not in result.raw.decode()


JOURNALS = stream(
    "JournalTransaction",
    "append",
    columns={"Module": {}, "LedgerID": {}, "Description": {}, "Details": {"type": "array"}},
)
RELEASED = {
    "stream": "JournalTransaction",
    "entity": "JournalTransaction",
    "reference": "Description",
    "actions": [
        {"name": "ReleaseJournalTransaction", "when": "field_is_not", "field": "Status", "values": "Posted,Unposted"}
    ],
}


def journal(instance: Emulator, reference: str) -> bytes:
    accounts = [row["AccountCD"] for row in instance.records("Account")[:2]]
    lines = [{"Account": accounts[0], "DebitAmount": 5}, {"Account": accounts[1], "CreditAmount": 5}]
    return record("JournalTransaction", Module="GL", LedgerID="ACTUAL", Description=reference, Details=lines)


FAULTS = [
    [],
    [{"effect": "status", "method": "PUT", "status": 503, "processed": True}],
    [{"effect": "status", "method": "PUT", "status": 401, "processed": True}],
    [{"effect": "hang_up", "method": "PUT"}],
    [{"effect": "recycle", "method": "POST"}],
    [{"effect": "status", "method": "POST", "status": 503, "processed": True}],
    [{"effect": "recycle", "method": "PUT"}, {"effect": "status", "method": "POST", "status": 429}],
]


@pytest.mark.parametrize("faults", FAULTS, ids=lambda faults: "+".join(f"{f['effect']} {f['method']}" for f in faults))
def test_journals_are_made_once_and_released_once(
    instance: Emulator, destination: Destination, faults: list[dict[str, object]]
) -> None:
    """They have no key of their own; a reference finds them again, and their status says whether they are released."""
    instance.switches.set("action_polls", 0)
    before = len(instance.records("JournalTransaction"))
    for fault in faults:
        instance.faults.add(**fault, entity="JournalTransaction")
    lines = [journal(instance, f"shop {at}") for at in range(3)]
    for _ in range(2):
        result = destination.write_hastily([*lines, state("JournalTransaction")], JOURNALS, streams=[RELEASED])
        assert (result.code, result.counts) == (0, [(3, 0)]), result.raw

    made = [row for row in instance.records("JournalTransaction") if str(row["Description"]).startswith("shop ")]
    assert sorted((row["Description"], row["Status"]) for row in made) == [(f"shop {at}", "Posted") for at in range(3)]
    assert len(instance.records("JournalTransaction")) == before + 3
    assert [len(row["Details"]) for row in made] == [2, 2, 2]
