"""Lines of documents that exist: whatever the instance does, none is doubled and none is lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import pytest

from acumatica_client.errors import AcumaticaError
from acumatica_emulator import Emulator
from destination_acumatica.erp.outcome import Kind
from destination_acumatica.reconcile.batching import BatchFailed
from destination_acumatica.reconcile.update_diff import LineMode, LineRules
from integration_tests.destination.erp_access import ErpAccess, open_erp

KEY = {"OrderType": "SO", "OrderNbr": "Z00001"}
BY_ITEM = LineRules(keys={"Details": ("InventoryID",)})
REPLACE = LineRules(LineMode.REPLACE, {"Details": ("InventoryID",)})


@pytest.fixture
def erp(instance: Emulator) -> Iterator[ErpAccess]:
    with open_erp(instance) as found:
        yield found


def order(instance: Emulator, *lines: tuple[int, int], number: str | None = "Z00001") -> dict[str, object]:
    """An order of lines (which item, quantity)."""
    items = [str(row["InventoryID"]) for row in instance.records("StockItem")]
    details = [{"InventoryID": items[at], "OrderQty": qty, "UnitPrice": "2.50"} for at, qty in lines]
    numbered = {"OrderNbr": number} if number else {}
    return {
        "OrderType": "SO",
        **numbered,
        "CustomerID": instance.records("Customer")[0]["CustomerID"],
        "Details": details,
    }


def lines_of(instance: Emulator, number: str = "Z00001") -> list[tuple[str, Decimal]]:
    (found,) = [row for row in instance.records("SalesOrder") if row["OrderNbr"] == number]
    return [(str(line["InventoryID"]), line["OrderQty"]) for line in found["Details"]]


def puts(instance: Emulator) -> list[object]:
    return [call for call in instance.calls if call.method == "PUT"]


def wanted(record: Mapping[str, object]) -> list[tuple[str, int]]:
    return [(line["InventoryID"], line["OrderQty"]) for line in record["Details"]]


SWITCHES = [("put_scope", "sent"), ("put_scope", "full"), ("links", False), ("header_touch", False), ("patch", False)]


@pytest.mark.parametrize(("switch", "position"), SWITCHES)
def test_lines_are_updated_and_added_and_a_second_time_nothing_is_sent(
    instance: Emulator, erp: ErpAccess, switch: str, position: object
) -> None:
    instance.switches.set(switch, position)
    erp.insert("SalesOrder", order(instance, (0, 1), (1, 2)))
    changed = order(instance, (1, 5), (2, 9))

    assert erp.update("SalesOrder", KEY, changed, BY_ITEM).kind is Kind.UPDATED
    item = [str(row["InventoryID"]) for row in instance.records("StockItem")]
    assert lines_of(instance) == [(item[0], 1), (item[1], 5), (item[2], 9)]

    before = len(puts(instance))
    assert erp.update("SalesOrder", KEY, changed, BY_ITEM).kind is Kind.UNCHANGED
    assert len(puts(instance)) == before


def test_replaced_lines_are_exactly_those_sent(instance: Emulator, erp: ErpAccess) -> None:
    erp.insert("SalesOrder", order(instance, (0, 1), (1, 2), (2, 3)))
    changed = order(instance, (2, 3), (3, 7))

    assert erp.update("SalesOrder", KEY, changed, REPLACE).kind is Kind.UPDATED
    assert lines_of(instance) == wanted(changed)
    assert erp.update("SalesOrder", KEY, changed, REPLACE).kind is Kind.UNCHANGED


def test_lines_that_cannot_be_distinguished_are_refused_and_stay_as_they_are(
    instance: Emulator, erp: ErpAccess
) -> None:
    twice = order(instance, (0, 1), (0, 2))
    erp.insert("SalesOrder", twice)

    assert erp.update("SalesOrder", KEY, twice, BY_ITEM).kind is Kind.UNCHANGED
    updated = erp.update("SalesOrder", KEY, order(instance, (0, 1), (0, 9)), BY_ITEM)
    assert "it is unclear which of its lines" in updated.problems[0].text
    assert lines_of(instance) == wanted(twice)


def test_numbers_of_lines_are_the_servers_and_do_not_double_them(instance: Emulator, erp: ErpAccess) -> None:
    erp.insert("SalesOrder", order(instance, (0, 1), (1, 2)))
    sent = order(instance, (0, 1), (1, 2))
    for at, line in enumerate(sent["Details"]):
        line["LineNbr"] = 10 * (at + 1)

    assert erp.update("SalesOrder", KEY, sent).kind is Kind.UNCHANGED
    assert len(lines_of(instance)) == 2


def test_contract_5_merges_alike(instance: Emulator) -> None:
    instance.switches.set("contract5", True)
    with open_erp(instance, version="26.200.001") as erp:
        erp.insert("SalesOrder", order(instance, (0, 1), (1, 2)))
        changed = order(instance, (0, 1), (1, 5))
        assert erp.update("SalesOrder", KEY, changed, BY_ITEM).kind is Kind.UPDATED
        assert erp.update("SalesOrder", KEY, changed, BY_ITEM).kind is Kind.UNCHANGED

    assert lines_of(instance) == wanted(changed)


class TestFaults:
    @pytest.mark.parametrize("method", ["GET", "PUT"])
    def test_a_session_lost_in_the_middle_begins_the_record_anew(
        self, instance: Emulator, erp: ErpAccess, method: str
    ) -> None:
        erp.insert("SalesOrder", order(instance, (0, 1)))
        instance.faults.add("recycle", method=method, entity="SalesOrder", nth=1)
        changed = order(instance, (0, 1), (1, 2))

        assert erp.update("SalesOrder", KEY, changed, BY_ITEM).kind is Kind.UPDATED
        assert lines_of(instance) == wanted(changed)

    def test_a_server_that_saves_and_then_denies_the_session_doubles_nothing(
        self, instance: Emulator, erp: ErpAccess
    ) -> None:
        erp.insert("SalesOrder", order(instance, (0, 1)))
        instance.faults.add("status", method="PUT", entity="SalesOrder", status=401, processed=True)
        changed = order(instance, (0, 1), (1, 2))

        assert erp.update("SalesOrder", KEY, changed, BY_ITEM).kind is Kind.UNCHANGED
        assert lines_of(instance) == wanted(changed)

    @pytest.mark.parametrize("fault", ["status", "hang_up"])
    def test_an_answer_that_was_lost_is_not_followed_by_the_same_lines(
        self, instance: Emulator, erp: ErpAccess, fault: str
    ) -> None:
        erp.insert("SalesOrder", order(instance, (0, 1)))
        instance.faults.add(fault, method="PUT", entity="SalesOrder", status=503, processed=True)
        changed = order(instance, (0, 1), (1, 2))
        with pytest.raises(AcumaticaError):
            erp.update("SalesOrder", KEY, changed, BY_ITEM)

        assert erp.update("SalesOrder", KEY, changed, BY_ITEM).kind is Kind.UNCHANGED
        assert lines_of(instance) == wanted(changed)


class TestPortions:
    def test_a_long_new_document_gets_its_number_once_and_all_of_its_lines(
        self, instance: Emulator, erp: ErpAccess
    ) -> None:
        before = len(instance.records("SalesOrder"))
        long = order(instance, *((at % 3, at + 1) for at in range(1100)), number=None)
        answer = erp.insert("SalesOrder", long)

        assert len(instance.records("SalesOrder")) == before + 1
        assert lines_of(instance, answer["OrderNbr"]["value"]) == wanted(long)
        assert len(puts(instance)) == 3

    @pytest.mark.parametrize("processed", [False, True])
    def test_one_that_breaks_off_is_completed_by_the_next_attempt(
        self, instance: Emulator, erp: ErpAccess, processed: bool
    ) -> None:
        """Without any key of lines, whether the batch without an answer was saved or not."""
        long = order(instance, *((at % 3, at + 1) for at in range(1100)))
        instance.faults.add("status", method="PUT", entity="SalesOrder", nth=2, status=503, processed=processed)
        with pytest.raises(BatchFailed) as caught:
            erp.insert("SalesOrder", long)
        assert "has its first 500 of 1100 lines" in caught.value.progress()
        assert len(lines_of(instance)) == (1000 if processed else 500)

        assert erp.update("SalesOrder", KEY, long).kind is Kind.UPDATED
        assert lines_of(instance) == wanted(long)
        assert erp.update("SalesOrder", KEY, long).kind is Kind.UNCHANGED
