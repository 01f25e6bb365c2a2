"""A page of a web server in front is not Acumatica's word: it rejects the record that met it, by its title."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest

from acumatica_client.errors import IntermediaryRefused
from acumatica_client.rest.query import Query
from acumatica_client.rest.web_pages import intermediary_refused
from connector_runtime.signals import Interruption
from destination_acumatica.completion.actions import ActionRunner
from destination_acumatica.config.configured_catalog import read_catalog
from destination_acumatica.config.modes import Mode
from destination_acumatica.config.reject_settings import Limits
from destination_acumatica.config.stream_settings import ActionSetting, FileSetting, SoftDelete, When
from destination_acumatica.erp.outcome import Kind, Outcome, Rejected
from destination_acumatica.erp.waits import complete
from destination_acumatica.plan.write_plan import plan_writes
from destination_acumatica.sync.outcome_handler import SyncFailed
from destination_acumatica.sync.sync import Sync, SyncOptions
from destination_acumatica.write.stream_writer import stream_writers
from unit_tests.destination.builders import CUSTOMERS, Call, Erp, catalog, endpoint_schema, record, state
from unit_tests.destination.faulty_answers import FakeTime
from unit_tests.destination.write.test_record_writer import kind, words, writes

ORDER = {"OrderType": "SO", "OrderNbr": "1"}
NEW_ORDER = {"OrderType": "SO", "ExternalRef": "W-1"}


def page(status: int) -> IntermediaryRefused:
    body = b"<html><head><title>Request blocked by Shield</title></head></html>"
    return intermediary_refused(status, {"server": "shield/1.0"}, body)


STATUSES = [200, 400, 403, 404, 406, 413, 500, 501]
READS, WRITES = ("GET", "LIST"), ("PUT", "PATCH", "DELETE", "POST", "FILE")


@dataclass
class Fronted(Erp):
    """An ERP behind a server that answers some methods with a page, before the request reaches Acumatica."""

    status: int = 403
    blocked: tuple[str, ...] = ()

    def _pass(self, method: str) -> None:
        if method in self.blocked:
            raise page(self.status)

    def put(self, *given: object, **options: object) -> bytes:
        self._pass("PUT")
        return super().put(*given, **options)  # type: ignore[arg-type]

    def patch(self, *given: object, **options: object) -> bytes:
        self._pass("PATCH")
        return super().patch(*given, **options)  # type: ignore[arg-type]

    def delete(self, *given: object, **options: object) -> None:
        self._pass("DELETE")
        super().delete(*given, **options)  # type: ignore[arg-type]

    def invoke(self, *given: object) -> None:
        self._pass("POST")
        super().invoke(*given)  # type: ignore[arg-type]

    def upload(self, *given: object, **options: object) -> None:
        self._pass("FILE")
        super().upload(*given, **options)  # type: ignore[arg-type]

    def fetch_one(self, *given: object) -> bytes:
        self._pass("GET")
        return super().fetch_one(*given)  # type: ignore[arg-type]

    def fetch_list(self, *given: object) -> bytes:
        self._pass("LIST")
        return super().fetch_list(*given)  # type: ignore[arg-type]


def refusal(outcome: Outcome) -> str:
    """The words of a rejection that names what stood in front."""
    reported = words(outcome)
    assert "Request blocked by Shield" in reported
    assert "role" not in reported.split("The role of the user in Acumatica is not the cause")[0]
    return reported


CLOSED = SoftDelete("Active", "false")
MODES: list[tuple[str, str, dict[str, object], dict[str, object]]] = [
    ("Customer", "append", {}, {"CustomerID": "C2", "CustomerName": "New"}),
    ("SalesOrder", "append", {}, NEW_ORDER),
    ("SalesOrder", "append", {}, {"OrderType": "SO"}),
    ("Customer", "append_dedup", {}, {"CustomerID": "C1", "CustomerName": "New"}),
    ("Customer", "append_dedup", {}, {"CustomerID": "C2", "CustomerName": "New"}),
    ("Customer", "append_dedup", {"match": ("CustomerName",)}, {"CustomerName": "Old", "CreditLimit": 5}),
    ("Customer", "update", {}, {"CustomerID": "C1", "CustomerName": "New"}),
    ("Customer", "append", {"mode": Mode.DELETE}, {"CustomerID": "C1"}),
    ("Customer", "soft_delete", {"soft_delete": CLOSED}, {"CustomerID": "C1"}),
]


@pytest.mark.parametrize("patches", [False, True])
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("entity", "sync_mode", "settings", "columns"), MODES)
def test_a_page_instead_of_a_write_rejects_the_record_and_writes_nothing(
    entity: str, sync_mode: str, settings: dict[str, object], columns: dict[str, object], status: int, patches: bool
) -> None:
    erp = Fronted(status=status, patches=patches)
    writes(erp, "Customer", "append_dedup")(CustomerID="C1", CustomerName="Old", Active=True)
    before, pauses = msgspec.json.encode(erp.rows), list[float]()
    erp.blocked = WRITES
    refusal(writes(erp, entity, sync_mode, pauses=pauses, **settings)(**columns))
    assert msgspec.json.encode(erp.rows) == before
    assert sum(pauses) < 10


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("sync_mode", ["append_dedup", "update"])
def test_a_page_instead_of_a_record_is_not_a_missing_record(sync_mode: str, status: int) -> None:
    erp = Fronted(status=status)
    writes(erp, "Customer", "append_dedup")(CustomerID="C1", CustomerName="Old")
    erp.calls.clear()
    erp.blocked = READS
    refusal(writes(erp, "Customer", sync_mode, match=("CustomerName",), missing=None)(CustomerName="Old"))
    assert erp.puts() == []


@pytest.mark.parametrize("status", [403, 404])
def test_a_page_at_a_patch_is_not_a_missing_record(status: int) -> None:
    erp = Fronted(status=status, patches=True)
    write = writes(erp, "Customer", "append_dedup")
    write(CustomerID="C1", CustomerName="Old")
    write(CustomerID="C1", CustomerName="Old")
    erp.blocked = ("PATCH",)
    erp.calls.clear()
    refusal(write(CustomerID="C1", CustomerName="New"))
    assert erp.puts() == []
    erp.blocked = ()
    assert kind(write(CustomerID="C1", CustomerName="New")) is Kind.UPDATED


@pytest.mark.parametrize("patches", [False, True])
@pytest.mark.parametrize("status", STATUSES)
def test_a_page_instead_of_lines_rejects_the_document_at_once(status: int, patches: bool) -> None:
    erp, pauses = Fronted(status=status, patches=patches), list[float]()
    write = writes(erp, "SalesOrder", "append_dedup", pauses=pauses)
    write(**ORDER, Details=[{"InventoryID": "A", "OrderQty": 1}])
    erp.blocked = WRITES
    refusal(write(**ORDER, Details=[{"InventoryID": "B", "OrderQty": 1}]))
    assert sum(pauses) < 10


@pytest.mark.parametrize(
    "action",
    [
        ActionSetting("CancelSalesOrder", When.ALWAYS),
        ActionSetting("CancelSalesOrder", When.FIELD_IS, "CustomerID", ("C1",)),
    ],
)
@pytest.mark.parametrize("status", STATUSES)
def test_a_page_instead_of_an_action_rejects_the_record(status: int, action: ActionSetting) -> None:
    erp, pauses = Fronted(status=status, blocked=("POST",)), list[float]()
    write = writes(erp, "SalesOrder", "append", actions=(action,), pauses=pauses)
    refusal(write(**ORDER, CustomerID="C1"))
    assert sum(pauses) < 10


@pytest.mark.parametrize("status", STATUSES)
def test_a_page_instead_of_an_upload_rejects_the_record(status: int) -> None:
    erp = Fronted(status=status, blocked=("FILE",))
    files = (FileSetting("scan", name="scan.pdf"),)
    refusal(writes(erp, "SalesOrder", "append", files=files)(**ORDER, scan="YWJj"))


def test_a_page_while_an_action_is_looked_up_rejects_the_record() -> None:
    erp = Fronted(blocked=READS)
    action = ActionSetting("CancelSalesOrder", When.FIELD_IS, "CustomerID", ("C1",))
    outcome = writes(erp, "SalesOrder", "append", actions=(action,))(**ORDER, CustomerID="C1")
    assert isinstance(outcome, Rejected)


def syncing(erp: Erp) -> Sync:
    plans = plan_writes(read_catalog(catalog(CUSTOMERS)), endpoint_schema(), {})
    options = SyncOptions(limits=Limits("skip", in_a_row=5), **FakeTime().options())
    return Sync(stream_writers(plans, erp, pause=lambda seconds: None), options=options, interruption=Interruption())


def too_long(call: Call) -> bool:
    return "huge" in str(call.body.get("CustomerName"))


def refusing(which: Callable[[Call], bool]) -> Callable[[Call], None]:
    def refuse(call: Call) -> None:
        if which(call):
            raise page(404)

    return refuse


def customers(count: int, name: str = "n") -> list[bytes]:
    return [record("Customer", CustomerID=f"C{n}", CustomerName=name) for n in range(count)]


def test_one_record_that_is_too_long_for_the_web_server_stops_no_other() -> None:
    erp = Erp(before=refusing(too_long))
    huge = record("Customer", CustomerID="H", CustomerName="huge")
    states = list(syncing(erp).states([huge, *customers(9), state("Customer", 1)]))
    assert len(states) == 1
    assert len(erp.rows["Customer"]) == 9


def test_a_firewall_that_refuses_every_record_ends_the_sync_with_its_page() -> None:
    erp = Erp(before=refusing(lambda call: True))
    with pytest.raises(SyncFailed) as failed:
        list(syncing(erp).states([*customers(200), state("Customer", 1)]))
    assert "Request blocked by Shield" in failed.value.error.sentence()
    assert len(erp.puts()) < 200


def test_a_page_while_an_action_is_due_is_not_an_unclear_end() -> None:
    """Nothing was begun, so nothing is waited for."""
    erp, waits = Fronted(status=403, blocked=("POST",)), list[float]()
    entity = endpoint_schema().entities["SalesOrder"]
    action = ActionSetting("CancelSalesOrder", When.ALWAYS)
    runner = ActionRunner(entity, (action,), erp.invoke, lambda key, query=Query(): None)
    done = complete(runner.run(ORDER, {}, changed=True), waits.append)
    assert waits == []
    assert "was not run" in done.errors[0].text
