"""Records into an instance and states out of the destination, with everything that goes wrong on the way."""

from __future__ import annotations

from decimal import Decimal

import pytest

from acumatica_client.api.client import AcumaticaClient
from acumatica_client.api.connection_form import connection_settings
from acumatica_client.record import RecordCodec
from acumatica_client.rest.query import Query
from acumatica_emulator import Emulator
from integration_tests.destination.conftest import Destination
from unit_tests.destination.builders import global_state, record, state, stream

TEXT = {"type": ["string", "null"]}
CUSTOMERS = stream("Customer", columns=("CustomerID", "CustomerName"), key=("CustomerID",))
ORDERS = stream("SalesOrder", key=("OrderType", "OrderNbr"), columns=("OrderType", "OrderNbr"))
NEW_ORDERS = stream("SalesOrder", "append")


def customer(key: str, name: str = "Somebody", **more: object) -> bytes:
    return record("Customer", CustomerID=key, CustomerName=name, **more)


def found(instance: Emulator, entity: str, **values: object) -> list[dict[str, object]]:
    """The records of the tenant that have these values."""
    return [row for row in instance.records(entity) if all(row[name] == value for name, value in values.items())]


def some_items(instance: Emulator) -> list[str]:
    return [str(row["InventoryID"]) for row in instance.records("StockItem")[:2]]


def order_lines(instance: Emulator) -> list[dict[str, object]]:
    return [{"InventoryID": item, "OrderQty": 3, "UnitPrice": Decimal("10.1234")} for item in some_items(instance)]


def test_new_records_are_inserted_and_known_ones_updated(instance: Emulator, destination: Destination) -> None:
    known = str(instance.records("Customer")[0]["CustomerID"])
    count = len(instance.records("Customer"))
    lines = [customer("ZNEW1", MainContact={"Email": "a@b.c"}), customer(known, "Renamed"), state("Customer", 5)]
    result = destination.write(lines, CUSTOMERS)
    assert (result.code, result.state_ids, result.counts) == (0, [5], [(2, 0)])
    assert len(instance.records("Customer")) == count + 1
    (new,) = found(instance, "Customer", CustomerID="ZNEW1")
    assert new["MainContact"]["Email"] == "a@b.c"
    assert found(instance, "Customer", CustomerID=known)[0]["CustomerName"] == "Renamed"


def test_amounts_keep_their_digits_and_nulls_clear_nothing(instance: Emulator, destination: Destination) -> None:
    lines = [
        customer("ZNEW1", "Name", CreditLimit=Decimal("1234567890123.4500")),
        customer("ZNEW1", None, CreditLimit=None),
    ]
    assert destination.write(lines, CUSTOMERS).code == 0
    (new,) = found(instance, "Customer", CustomerID="ZNEW1")
    assert (new["CustomerName"], new["CreditLimit"]) == ("Name", Decimal("1234567890123.4500"))
    put = next(call for call in instance.calls if call.method == "PUT")
    assert b"1234567890123.4500" in put.body


def test_a_stream_can_be_mapped_with_its_columns_renamed(instance: Emulator, destination: Destination) -> None:
    people = stream("people", columns={"code": TEXT, "title": TEXT, "_airbyte_raw_id": TEXT}, key=("code",))
    fields = [{"from": "code", "to": "CustomerID"}, {"from": "title", "to": "CustomerName"}]
    streams = [{"stream": "people", "entity": "Customer", "fields": fields}]
    lines = [record("people", code="ZNEW1", title="Mapped", _airbyte_raw_id="x"), state("people", 1)]
    assert destination.write(lines, people, streams=streams).counts == [(1, 0)]
    assert found(instance, "Customer", CustomerID="ZNEW1")[0]["CustomerName"] == "Mapped"


def test_an_order_is_written_with_its_lines_and_the_same_sync_again_changes_nothing(
    instance: Emulator, destination: Destination
) -> None:
    lines = [
        customer("ZNEW1"),
        record("SalesOrder", OrderType="SO", OrderNbr="Z00001", CustomerID="ZNEW1", Details=order_lines(instance)),
        global_state(1),
    ]
    for _ in range(2):
        result = destination.write(lines, CUSTOMERS, ORDERS)
        assert (result.code, result.counts) == (0, [(2, 0)]), result.raw
        (order,) = found(instance, "SalesOrder", OrderNbr="Z00001")
        assert [row["OrderQty"] for row in order["Details"]] == [3, 3]


def test_lines_of_a_known_order_that_cannot_be_distinguished_are_rejected_and_not_appended(
    instance: Emulator, destination: Destination
) -> None:
    rows = order_lines(instance)
    order = {"OrderType": "SO", "OrderNbr": "Z00001", "CustomerID": str(instance.records("Customer")[0]["CustomerID"])}
    assert destination.write([record("SalesOrder", **order, Details=rows)], ORDERS).code == 0
    changed = [{**rows[0], "OrderQty": 7}]
    result = destination.write([record("SalesOrder", **order, Details=changed)], ORDERS)
    assert result.code == 1
    assert "it is unclear which of its lines these are" in str(result.error["message"])
    keyed = {
        "stream": "SalesOrder",
        "entity": "SalesOrder",
        "line_keys": [{"detail": "Details", "fields": "InventoryID"}],
    }
    for _ in range(2):
        result = destination.write([record("SalesOrder", **order, Details=changed)], ORDERS, streams=[keyed])
        assert result.code == 0, result.raw
        (saved,) = found(instance, "SalesOrder", OrderNbr="Z00001")
        assert [row["OrderQty"] for row in saved["Details"]] == [7, 3]


def test_documents_without_a_number_are_numbered_by_acumatica(instance: Emulator, destination: Destination) -> None:
    buyer = str(instance.records("Customer")[0]["CustomerID"])
    count = len(instance.records("SalesOrder"))
    lines = [record("SalesOrder", OrderType="SO", CustomerID=buyer, Details=order_lines(instance))] * 2
    result = destination.write([*lines, state("SalesOrder", 1)], NEW_ORDERS)
    assert (result.code, result.counts) == (0, [(2, 0)])
    assert len(instance.records("SalesOrder")) == count + 2


def test_an_upsert_that_acumatica_numbers_itself_stops_at_the_first_record(
    instance: Emulator, destination: Destination
) -> None:
    instance.switches.manual_numbers = False
    buyer = str(instance.records("Customer")[0]["CustomerID"])
    count = len(instance.records("SalesOrder"))
    lines = [record("SalesOrder", OrderType="SO", OrderNbr=f"Z{n}", CustomerID=buyer) for n in range(5)]
    result = destination.write(lines, ORDERS)
    assert "it numbers these records itself" in str(result.error["message"])
    assert len(instance.records("SalesOrder")) == count + 1


def test_append_of_the_same_records_again_writes_nothing_twice(instance: Emulator, destination: Destination) -> None:
    appended = stream("Customer", "append", columns=("CustomerID", "CustomerName"))
    for _ in range(2):
        result = destination.write([customer("ZNEW1"), state("Customer", 1)], appended)
        assert (result.code, result.counts) == (0, [(1, 0)])
    result = destination.write([customer("ZNEW1", "Another")], appended)
    assert "the record exists already with other values in CustomerName" in str(result.error["message"])
    assert found(instance, "Customer", CustomerID="ZNEW1")[0]["CustomerName"] == "Somebody"


def as_read(destination: Destination, entity: str, expand: tuple[str, ...]) -> list[bytes]:
    """Some records of the first tenant as a source reads them, with all that a reading adds."""
    with AcumaticaClient(connection_settings(destination.config(), user_agent="test")) as client:
        codec = RecordCodec(client.schema(), entity, expand)
        page = client.fetch_list(entity, Query(expand=expand, top=4))
        rows = [codec.unwrap(payload) for payload in codec.split(page)]
    head = b'{"type":"RECORD","record":{"stream":"%s","emitted_at":1,"data":' % entity.encode()
    return [head + row + b"}}\n" for row in rows]


def without_stamps(instance: Emulator, entity: str) -> list[dict[str, object]]:
    rows = instance.records(entity, tenant="Other")
    return [{name: value for name, value in row.items() if not name.startswith("LastModified")} for row in rows]


@pytest.mark.parametrize(
    ("entity", "key"),
    [
        ("SalesOrder", ("OrderType", "OrderNbr")),
        ("JournalTransaction", ("Module", "BatchNbr")),
        ("Bill", ("Type", "ReferenceNbr")),
    ],
)
def test_documents_read_from_one_tenant_change_nothing_in_another_that_has_them(
    instance: Emulator, destination: Destination, entity: str, key: tuple[str, ...]
) -> None:
    """Both tenants hold the same documents under other ids: no line may be added, no value changed."""
    lines = [*as_read(destination, entity, ("Details",)), state(entity, 1)]
    before = without_stamps(instance, entity)
    result = destination.write(lines, stream(entity, key=key), company="Other")
    assert (result.code, result.counts) == (0, [(4, 0)]), result.raw
    assert without_stamps(instance, entity) == before


# --- what Acumatica refuses


@pytest.mark.parametrize("form", [422, 500])
def test_a_rejected_record_fails_the_sync_with_acumaticas_words(
    instance: Emulator, destination: Destination, form: int
) -> None:
    instance.switches.error_status = form
    buyer = str(instance.records("Customer")[0]["CustomerID"])
    bad = record(
        "SalesOrder", OrderType="SO", OrderNbr="Z2", CustomerID=buyer, Details=[{"InventoryID": "NOPE", "OrderQty": 1}]
    )
    lines = [
        record("SalesOrder", OrderType="SO", OrderNbr="Z1", CustomerID=buyer),
        state("SalesOrder", 1),
        bad,
        state("SalesOrder", 2),
    ]
    result = destination.write(lines, ORDERS)
    assert (result.code, result.state_ids) == (1, [1])
    assert result.error["failure_type"] == "config_error"
    said = str(result.error["message"])
    assert "SalesOrder OrderType SO, OrderNbr Z2, record 2 of the input" in said
    assert ("Details[0].InventoryID" in said) is (form == 422)  # a 500 says all in one sentence
    assert "cannot be found in the system" in said
    assert "secret" not in result.raw.decode()
    assert found(instance, "SalesOrder", OrderNbr="Z2") == []


def test_skipped_records_are_counted_and_the_others_written(instance: Emulator, destination: Destination) -> None:
    lines = [
        customer("Z1"),
        customer("Z2", TaxZone="NOWHERE", CustomerClass="NOPE"),
        customer("Z3"),
        state("Customer", 1),
    ]
    result = destination.write(lines, CUSTOMERS, on_record_error="skip")
    assert (result.code, result.counts) == (0, [(2, 1)])
    assert any("Customer CustomerID Z2" in words and "cannot be found" in words for words in result.logs("WARN"))
    assert [bool(found(instance, "Customer", CustomerID=key)) for key in ("Z1", "Z2", "Z3")] == [True, False, True]


def test_a_record_without_its_key_never_becomes_a_new_one(instance: Emulator, destination: Destination) -> None:
    count = len(instance.records("Customer"))
    result = destination.write([customer(""), state("Customer", 1)], CUSTOMERS, on_record_error="skip")
    assert (result.counts, len(instance.records("Customer"))) == ([(0, 1)], count)


def test_a_form_that_the_user_may_not_open_fails_the_sync(instance: Emulator, destination: Destination) -> None:
    instance.switches.forbidden = ["Customer"]
    result = destination.write([customer("Z1"), state("Customer", 1)], CUSTOMERS, on_record_error="skip")
    assert (result.code, result.state_ids, result.error["failure_type"]) == (1, [], "config_error")
    assert "insufficient rights" in str(result.error["message"])


def test_nothing_is_sent_when_one_stream_cannot_be_written(instance: Emulator, destination: Destination) -> None:
    streams = (CUSTOMERS, stream("Vendor", "overwrite"), stream("Custmer", "append"), stream("BillX", "append"))
    result = destination.write([customer("Z1"), state("Customer", 1)], *streams)
    assert (result.code, result.state_ids, result.error["failure_type"]) == (1, [], "config_error")
    for words in ("overwrite", "Custmer (did you mean Customer", "BillX (did you mean Bill"):
        assert words in str(result.error["message"])
    assert "PUT" not in {call.method for call in instance.calls}


# --- what goes wrong on the way


@pytest.mark.parametrize("effect", ["hang_up", "status"])
def test_a_lost_answer_to_a_record_with_a_key_is_repeated_without_harm(
    instance: Emulator, destination: Destination, effect: str
) -> None:
    instance.faults.add(effect, method="PUT", entity="SalesOrder", status=504, processed=True)
    buyer = str(instance.records("Customer")[0]["CustomerID"])
    line = record("SalesOrder", OrderType="SO", OrderNbr="Z1", CustomerID=buyer, Details=order_lines(instance))
    result = destination.write_hastily([line, state("SalesOrder", 1)], ORDERS)
    assert (result.code, result.counts) == (0, [(1, 0)]), result.raw
    (order,) = found(instance, "SalesOrder", OrderNbr="Z1")
    assert len(order["Details"]) == 2


@pytest.mark.parametrize("effect", ["hang_up", "status"])
def test_a_lost_answer_to_a_new_document_is_never_repeated(
    instance: Emulator, destination: Destination, effect: str
) -> None:
    instance.faults.add(effect, method="PUT", entity="SalesOrder", status=504, processed=True)
    buyer = str(instance.records("Customer")[0]["CustomerID"])
    count = len(instance.records("SalesOrder"))
    line = record("SalesOrder", OrderType="SO", CustomerID=buyer, CustomerOrder="WEB-77")
    result = destination.write_hastily([line, state("SalesOrder", 1)], NEW_ORDERS)
    assert (result.code, result.state_ids, result.error["failure_type"]) == (1, [], "config_error")
    assert "may or may not have been saved" in str(result.error["message"])
    assert "WEB-77" in str(result.error["message"])
    assert len(instance.records("SalesOrder")) == count + 1


def test_a_declined_request_is_repeated_even_for_a_new_document(instance: Emulator, destination: Destination) -> None:
    instance.faults.add("status", method="PUT", entity="SalesOrder", status=429, times=2)
    buyer = str(instance.records("Customer")[0]["CustomerID"])
    count = len(instance.records("SalesOrder"))
    result = destination.write_hastily([record("SalesOrder", OrderType="SO", CustomerID=buyer)], NEW_ORDERS)
    assert (result.code, len(instance.records("SalesOrder"))) == (0, count + 1)


def test_a_session_that_dies_is_signed_in_again(instance: Emulator, destination: Destination) -> None:
    instance.faults.add("recycle", method="PUT", entity="Customer", nth=2)
    result = destination.write_hastily([customer(f"Z{n}") for n in range(4)] + [state("Customer", 1)], CUSTOMERS)
    assert (result.code, result.counts, instance.logins) == (0, [(4, 0)], 2)


def test_trouble_that_stays_ends_the_sync_for_now_with_the_states_that_are_safe(
    instance: Emulator, destination: Destination
) -> None:
    instance.faults.add("status", method="PUT", entity="Customer", nth=3, times=7, status=503)
    lines = [line for n in range(6) for line in (customer(f"Z{n}"), state("Customer", n))]
    result = destination.write_hastily(lines, CUSTOMERS)
    assert (result.code, result.state_ids, result.error["failure_type"]) == (1, [0, 1], "transient_error")
    assert found(instance, "Customer", CustomerID="Z3") == []


def test_resuming_from_the_last_state_completes_the_work(instance: Emulator, destination: Destination) -> None:
    instance.faults.add("status", method="PUT", entity="Customer", nth=4, times=4, status=503)
    lines = [line for n in range(8) for line in (customer(f"Z{n}"), state("Customer", n))]
    done = destination.write_hastily(lines, CUSTOMERS).state_ids
    result = destination.write_hastily(lines[2 * len(done) :], CUSTOMERS)
    assert done + result.state_ids == list(range(8))
    assert all(len(found(instance, "Customer", CustomerID=f"Z{n}")) == 1 for n in range(8))


# --- several workers


def test_four_workers_take_no_more_seats_than_there_are_and_lose_nothing(
    instance: Emulator, destination: Destination
) -> None:
    lines = [line for n in range(40) for line in (customer(f"Z{n % 10}", f"Name {n}"), state("Customer", n))]
    result = destination.write_hastily(lines, CUSTOMERS, concurrency_level=4)
    assert (result.code, result.state_ids) == (0, list(range(40)))
    assert instance.sessions_peak <= 2
    for n in range(10):
        assert found(instance, "Customer", CustomerID=f"Z{n}")[0]["CustomerName"] == f"Name {30 + n}"


def test_the_other_tenant_is_left_alone(instance: Emulator, destination: Destination) -> None:
    assert destination.write([customer("ZNEW1")], CUSTOMERS, company="Other").code == 0
    assert found(instance, "Customer", CustomerID="ZNEW1") == []
    assert [row for row in instance.records("Customer", tenant="Other") if row["CustomerID"] == "ZNEW1"]
