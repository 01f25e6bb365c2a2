"""Actions of records over the wire: long ones, failing ones, lost answers, and never twice."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pytest

from acumatica_client.errors import NotFound
from acumatica_emulator import Emulator
from destination_acumatica.completion.actions import Done
from destination_acumatica.config.stream_settings import ActionSetting, Parameter, When
from destination_acumatica.erp.waits import complete
from integration_tests.destination.erp_access import ErpAccess, open_erp

OPEN = ActionSetting("ReopenSalesOrder", When.FIELD_IS, "Status", ("On Hold", "Canceled"))
CANCEL = ActionSetting("CancelSalesOrder", When.FIELD_IS_NOT, "Status", ("Canceled",))
SHIP = ActionSetting(
    "SalesOrderCreateShipment", When.FIELD_IS, "Status", ("Open",), (Parameter("WarehouseID", column="warehouse"),)
)
RELEASE = ActionSetting("ReleaseJournalTransaction", When.FIELD_IS_NOT, "Status", ("Posted",))


@pytest.fixture
def erp(instance: Emulator) -> Iterator[ErpAccess]:
    with open_erp(instance) as found:
        yield found


@pytest.fixture
def order(instance: Emulator, erp: ErpAccess) -> dict[str, str]:
    """The key of a new order of one line."""
    item = instance.records("StockItem")[0]["InventoryID"]
    buyer = instance.records("Customer")[0]["CustomerID"]
    lines = [{"InventoryID": item, "OrderQty": 1}]
    answer = erp.insert("SalesOrder", {"OrderType": "SO", "CustomerID": buyer, "Details": lines})
    return {"OrderType": "SO", "OrderNbr": str(answer["OrderNbr"]["value"])}


def run(erp: ErpAccess, key: dict[str, str], *actions: ActionSetting, changed: bool = True) -> Done:
    work = erp.runner("SalesOrder", *actions).run(key, {"warehouse": msgspec.Raw(b'"MAIN"')}, changed=changed)
    return complete(work, lambda seconds: None)


def status(instance: Emulator, key: dict[str, str]) -> object:
    return next(row["Status"] for row in instance.records("SalesOrder") if row["OrderNbr"] == key["OrderNbr"])


def let(instance: Emulator, key: dict[str, str], be: str) -> None:
    """Give the order a status."""
    instance.store().update("SalesOrder", list(key.values()), {"Status": be})


def posts(instance: Emulator) -> list[str]:
    sent = [call.path for call in instance.calls if call.method == "POST"]
    return [path.rpartition("/")[2] for path in sent if "/auth/" not in path]


def shipments(instance: Emulator) -> int:
    return len(instance.records("Shipment"))


@pytest.mark.parametrize("polls", [0, 1, 5])
@pytest.mark.parametrize("place", [False, True])
def test_actions_run_in_order_to_their_end_and_a_second_sync_runs_none(
    instance: Emulator, erp: ErpAccess, order: dict[str, str], polls: int, place: bool
) -> None:
    """Whether they are long or not, and whether the last answer names a place that leads nowhere."""
    instance.switches.update({"action_polls": polls, "done_location": place})
    let(instance, order, "On Hold")
    before = shipments(instance)

    assert run(erp, order, OPEN, SHIP).names == ("ReopenSalesOrder", "SalesOrderCreateShipment")
    assert run(erp, order, OPEN, SHIP, changed=False) == Done()
    assert (status(instance, order), shipments(instance)) == ("Shipping", before + 1)
    assert posts(instance) == ["ReopenSalesOrder", "SalesOrderCreateShipment"]


@pytest.mark.parametrize("code", [400, 422, 500])
def test_a_long_operation_that_fails_is_reported_in_acumaticas_words(
    instance: Emulator, erp: ErpAccess, order: dict[str, str], code: int
) -> None:
    let(instance, order, "Open")
    instance.switches.update({"action_failure": "Error: No stock is available.", "action_failure_status": code})
    done = run(erp, order, SHIP)

    assert "No stock is available" in done.errors[0].text
    assert done.errors[0].path == "SalesOrderCreateShipment"


def test_a_refused_action_has_acumaticas_words(instance: Emulator, erp: ErpAccess, order: dict[str, str]) -> None:
    let(instance, order, "Canceled")
    done = run(erp, order, ActionSetting("CancelSalesOrder", When.ALWAYS))

    assert "disabled" in done.errors[0].text


def test_an_answer_that_was_lost_is_looked_up_and_the_action_not_repeated(
    instance: Emulator, erp: ErpAccess, order: dict[str, str]
) -> None:
    instance.switches.set("action_polls", 0)
    let(instance, order, "Open")
    before = shipments(instance)
    instance.faults.add("status", method="POST", entity="SalesOrder", status=503, processed=True)

    assert run(erp, order, SHIP).names == ("SalesOrderCreateShipment",)
    assert shipments(instance) == before + 1


def test_an_action_that_was_not_begun_and_not_answered_is_reported_and_done_by_the_next_sync(
    instance: Emulator, erp: ErpAccess, order: dict[str, str]
) -> None:
    let(instance, order, "Open")
    before = shipments(instance)
    instance.faults.add("status", method="POST", entity="SalesOrder", status=503)
    done = run(erp, order, SHIP)
    assert "was not sent again" in done.errors[0].text

    assert run(erp, order, SHIP, changed=False).names == ("SalesOrderCreateShipment",)
    assert shipments(instance) == before + 1


def test_a_session_that_ends_while_an_action_runs_does_not_begin_it_again(
    instance: Emulator, erp: ErpAccess, order: dict[str, str]
) -> None:
    """Only the session that began it can ask about it; here the operation dies with it."""
    instance.switches.set("action_polls", 3)
    let(instance, order, "Open")
    instance.faults.add("recycle", method="GET", path="*status*", nth=2)
    done = run(erp, order, SHIP)

    assert "its result is unknown" in done.errors[0].text
    assert posts(instance) == ["SalesOrderCreateShipment"]


def test_a_session_lost_before_the_action_began_is_no_trouble(
    instance: Emulator, erp: ErpAccess, order: dict[str, str]
) -> None:
    let(instance, order, "Open")
    instance.faults.add("recycle", method="POST", entity="SalesOrder")

    assert run(erp, order, SHIP).names == ("SalesOrderCreateShipment",)


@pytest.mark.parametrize("conflict_409", [True, False])
def test_a_form_that_is_busy_is_waited_for(
    instance: Emulator, erp: ErpAccess, order: dict[str, str], conflict_409: bool
) -> None:
    instance.switches.set("conflict_409", conflict_409)
    let(instance, order, "Open")
    busy = "A long operation is running for this screen in the current session. Please try again later."
    body = json.dumps({"message": "An error has occurred.", "exceptionMessage": busy})
    instance.faults.add(
        "status", method="POST", entity="SalesOrder", status=409 if conflict_409 else 500, body=body, times=2
    )

    assert run(erp, order, SHIP).names == ("SalesOrderCreateShipment",)


def test_a_journal_batch_is_released(instance: Emulator, erp: ErpAccess) -> None:
    accounts = [row["AccountCD"] for row in instance.records("Account")[:2]]
    lines = [{"Account": accounts[0], "DebitAmount": 5}, {"Account": accounts[1], "CreditAmount": 5}]
    answer = erp.insert("JournalTransaction", {"Module": "GL", "LedgerID": "ACTUAL", "Details": lines})
    key = {"Module": "GL", "BatchNbr": str(answer["BatchNbr"]["value"])}
    runner = erp.runner("JournalTransaction", RELEASE)

    assert complete(runner.run(key, {}, changed=True), print) == Done(("ReleaseJournalTransaction",))
    assert complete(runner.run(key, {}, changed=False), print) == Done()


def test_an_action_of_the_forms_workflow_needs_no_declaration(
    instance: Emulator, erp: ErpAccess, order: dict[str, str]
) -> None:
    hold = ActionSetting("PutOnHold", When.FIELD_IS_NOT, "Status", ("On Hold",), workflow=True)

    assert run(erp, order, hold).names == ("PutOnHold",)
    assert status(instance, order) == "On Hold"


def test_an_action_that_is_unknown_is_an_error_of_the_settings(erp: ErpAccess, order: dict[str, str]) -> None:
    done = run(erp, order, ActionSetting("Nonsense", When.ALWAYS, workflow=True))

    assert isinstance(done.failure, NotFound)
