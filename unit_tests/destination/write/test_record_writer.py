"""One document to one outcome: inserts, upserts, lines, and outcomes that are unclear at first."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from acumatica_client import errors
from acumatica_client.errors import AcumaticaError
from destination_acumatica.config.configured_catalog import read_catalog
from destination_acumatica.config.stream_settings import LineRules, StreamSettings, Verify
from destination_acumatica.erp.outcome import Failed, Kind, Outcome, Rejected, Written
from destination_acumatica.input.messages import RecordLine, read_message
from destination_acumatica.plan.write_plan import plan_writes
from destination_acumatica.write.stream_writer import stream_writers
from unit_tests.destination.builders import Call, Erp, catalog, record, stream

KEYS = {
    "Customer": ("CustomerID",),
    "SalesOrder": ("OrderType", "OrderNbr"),
    "Ledgerless": (),
    "Contact": ("ContactID",),
}
ORDER = {"OrderType": "SO", "OrderNbr": "1", "CustomerID": "C1"}
LINES = [{"InventoryID": "A", "OrderQty": Decimal("2.0")}, {"InventoryID": "B", "OrderQty": 1}]


def writes(
    erp: Erp, entity: str, sync_mode: str, /, *, pauses: list[float] | None = None, **settings: object
) -> Callable[..., Outcome]:
    """A function that writes one record with the columns given."""
    configured = read_catalog(catalog(stream("s", sync_mode, key=KEYS[entity])))
    (plan,) = plan_writes(configured, erp.schema(), {"s": StreamSettings("s", entity, **settings)}).values()
    said = pauses if pauses is not None else []
    (target,) = stream_writers({plan.stream: plan}, erp, pause=said.append).values()

    def write(**columns: object) -> Outcome:
        line = read_message(record("s", **columns))
        assert isinstance(line, RecordLine)
        return target.write(target.document(line.columns))

    return write


def kind(outcome: Outcome) -> Kind:
    assert isinstance(outcome, Written), outcome
    assert outcome.otherwise == ()
    return outcome.kind


def words(outcome: Outcome) -> str:
    assert isinstance(outcome, Rejected)
    return outcome.words()


def once(error: AcumaticaError) -> Callable[[Call], None]:
    """Raises the error at the first call and never again."""
    left = [error]

    def act(call: Call) -> None:
        if left:
            raise left.pop()

    return act


# --- upsert


def test_an_upsert_inserts_and_then_updates_the_same_record() -> None:
    erp = Erp()
    write = writes(erp, "Customer", "append_dedup")
    assert kind(write(CustomerID="C1", CustomerName="Old")) is Kind.CREATED
    assert kind(write(CustomerID="C1", CustomerName="New")) is Kind.UPDATED
    assert erp.saved("Customer", "CustomerName") == ["New"]
    assert [call.headers for call in erp.puts()] == [{"If-None-Match": "*"}] * 2 + [{"If-Match": "*"}]


def test_an_upsert_of_what_is_there_as_it_was_sent_sends_nothing() -> None:
    erp = Erp()
    write = writes(erp, "Customer", "append_dedup")
    write(CustomerID="C1", CustomerName="Name", CreditLimit=Decimal("10.50"))
    assert kind(write(CustomerID="C1", CustomerName="Name", CreditLimit=Decimal("10.5000"))) is Kind.UNCHANGED
    sent = len(erp.puts())
    assert kind(write(CustomerID="C1", CustomerName="Name")) is Kind.UNCHANGED
    assert len(erp.puts()) == sent


def test_an_upsert_asks_the_likelier_question_first() -> None:
    """New records cost one request each, and so do records that are there as they were sent."""
    erp = Erp()
    write = writes(erp, "Customer", "append_dedup", verify=Verify.OFF)
    for _ in range(3):
        for n in range(10):
            write(CustomerID=f"C{n}", CustomerName="Name")
    assert len(erp.calls) == 10 + (1 + 1 + 9) + 10


def test_a_build_with_patch_writes_known_records_by_it() -> None:
    erp = Erp(patches=True)
    write = writes(erp, "Customer", "append_dedup", verify=Verify.OFF)
    write(CustomerID="C1", CustomerName="Old")
    assert kind(write(CustomerID="C1", CustomerName="New")) is Kind.UPDATED
    assert [call.method for call in erp.calls] == ["PUT", "PUT", "GET", "PATCH"]


def test_an_upsert_leaves_alone_what_the_record_says_nothing_about() -> None:
    erp = Erp()
    write = writes(erp, "Customer", "append_dedup")
    write(CustomerID="C1", CustomerName="Name", Active=True)
    write(CustomerID="C1", CustomerName=None, Active=False)
    assert (erp.saved("Customer", "CustomerName"), erp.saved("Customer", "Active")) == (["Name"], [False])


@pytest.mark.parametrize("key", [None, "", "  ", "<NEW>"])
def test_an_upsert_without_a_key_never_becomes_a_new_document(key: str | None) -> None:
    erp = Erp()
    outcome = writes(erp, "SalesOrder", "append_dedup")(OrderType="SO", OrderNbr=key, CustomerID="C1")
    assert words(outcome) == "OrderNbr: is empty, and the record is found by it"
    assert erp.calls == []


def test_a_deletion_in_the_source_is_reported_and_nothing_is_sent() -> None:
    erp = Erp()
    outcome = writes(erp, "Customer", "append_dedup")(CustomerID="C1", _ab_cdc_deleted_at="2026-01-01")
    assert "nothing in the ERP is deleted unless the setting" in words(outcome)
    assert erp.calls == []


def test_a_document_that_acumatica_numbered_itself_is_not_called_written() -> None:
    """Otherwise every further sync would add one more."""
    outcome = writes(Erp(renumbers=True), "SalesOrder", "append_dedup")(**ORDER)
    assert words(outcome).startswith("OrderNbr: Acumatica added the record as 000001 instead of 1")


def test_a_key_that_comes_back_in_capitals_is_the_same_key() -> None:
    erp = Erp(rows={"Customer": [{"id": "x", "CustomerID": {"value": "abc"}}]})
    erp.after = lambda call: erp.rows["Customer"][0].update(CustomerID={"value": "ABC   "})
    assert kind(writes(erp, "Customer", "append_dedup")(CustomerID="abc", CustomerName="n")) is Kind.UPDATED


def test_a_record_nested_beyond_all_reason_is_rejected() -> None:
    deep: dict[str, object] = {}
    for _ in range(900):
        deep = {"Address": deep}
    assert "MainContact/Address/Address: the entity has no such member" in words(
        writes(Erp(), "Customer", "append_dedup")(CustomerID="C", MainContact={**deep, "Email": "x"})
    )


def test_a_record_of_the_wrong_kind_is_rejected_before_it_is_sent() -> None:
    erp = Erp()
    assert "CustomerName: is a single value" in words(
        writes(erp, "Customer", "append_dedup")(CustomerID="C", CustomerName=[1])
    )
    assert erp.calls == []


# --- upsert with lines


def test_a_new_record_gets_all_its_lines() -> None:
    erp = Erp()
    assert kind(writes(erp, "SalesOrder", "append_dedup")(**ORDER, Details=LINES)) is Kind.CREATED
    (call,) = erp.puts()
    assert (call.headers, len(call.body["Details"])) == ({"If-None-Match": "*"}, 2)


def lines_of(erp: Erp) -> list[object]:
    (order,) = erp.rows["SalesOrder"]
    rows = order["Details"]
    assert isinstance(rows, list)
    return [row["InventoryID"]["value"] for row in rows]


def test_the_same_sync_twice_adds_no_line_and_still_updates_the_header() -> None:
    erp = Erp()
    write = writes(erp, "SalesOrder", "append_dedup")
    write(**ORDER, Details=LINES)
    assert kind(write(**{**ORDER, "CustomerID": "C2"}, Details=LINES)) is Kind.UPDATED
    assert (lines_of(erp), erp.saved("SalesOrder", "CustomerID")) == (["A", "B"], ["C2"])
    assert "Details" not in erp.puts()[-1].body


def test_lines_that_could_be_those_that_are_there_are_rejected_instead_of_doubled() -> None:
    erp = Erp()
    write = writes(erp, "SalesOrder", "append_dedup")
    write(**ORDER, Details=LINES)
    changed = [{**LINES[0], "OrderQty": 7}, LINES[1]]
    assert "it is unclear which of its lines these are" in words(write(**ORDER, Details=changed))
    assert lines_of(erp) == ["A", "B"]


def test_lines_are_matched_by_the_fields_that_the_settings_name() -> None:
    erp = Erp()
    rules = LineRules(keys={"Details": ("InventoryID",)})
    write = writes(erp, "SalesOrder", "append_dedup", lines=rules)
    write(**ORDER, Details=LINES)
    changed = [{**LINES[0], "OrderQty": 7}, {"InventoryID": "C", "OrderQty": 1}]
    assert kind(write(**ORDER, Details=changed)) is Kind.UPDATED
    assert lines_of(erp) == ["A", "B", "C"]
    assert erp.rows["SalesOrder"][0]["Details"][0]["OrderQty"] == {"value": 7}
    assert kind(write(**ORDER, Details=changed)) is Kind.UNCHANGED


def test_lines_with_their_ids_are_updated_in_place() -> None:
    erp = Erp()
    write = writes(erp, "SalesOrder", "append_dedup")
    write(**ORDER, Details=LINES)
    (order,) = erp.rows["SalesOrder"]
    first = order["Details"][0]["id"]
    assert kind(write(**ORDER, Details=[{"id": first, "InventoryID": "Z"}])) is Kind.UPDATED
    assert lines_of(erp) == ["Z", "B"]
    assert erp.puts()[-1].repeatable


def test_lines_of_another_instance_come_along_without_their_ids() -> None:
    erp = Erp()
    write = writes(erp, "SalesOrder", "append_dedup")
    foreign = [{**line, "id": f"foreign-{at}"} for at, line in enumerate(LINES)]
    for wanted in (Kind.CREATED, Kind.UNCHANGED):
        assert kind(write(id="foreign", **ORDER, Details=foreign)) is wanted
    assert lines_of(erp) == ["A", "B"]
    assert b"foreign" not in b"".join(call.raw for call in erp.puts())


def test_a_refusal_that_is_not_about_existence_keeps_its_words() -> None:
    erp = Erp(before=once(errors.PreconditionFailed("Something else is odd.", status=412)))
    assert words(writes(erp, "SalesOrder", "append_dedup")(**ORDER, Details=LINES)) == "Something else is odd."


def test_lines_are_not_doubled_when_the_answer_to_the_first_attempt_was_lost() -> None:
    """The record was saved, the client repeats, and the repetition finds it there."""
    erp = Erp()
    write = writes(erp, "SalesOrder", "append_dedup")
    put = erp.put

    def twice(*args: object, **named: object) -> bytes:
        put(*args, **named)  # saved, but the answer is lost
        return put(*args, **named)

    erp.put = twice
    assert kind(write(**ORDER, Details=LINES)) is Kind.UNCHANGED
    assert lines_of(erp) == ["A", "B"]


@pytest.mark.parametrize("patches", [False, True])
def test_lines_are_not_doubled_by_a_server_that_saves_and_says_that_it_did_not(patches: bool) -> None:
    erp, pauses = Erp(patches=patches), list[float]()
    rules = LineRules(keys={"Details": ("InventoryID",)})
    write = writes(erp, "SalesOrder", "append_dedup", lines=rules, pauses=pauses)
    write(**ORDER, Details=LINES)
    busy = errors.BusyRecord("A long operation is running.", status=409)
    busy.went_out = True
    erp.after = once(busy)
    assert kind(write(**ORDER, Details=[*LINES, {"InventoryID": "C", "OrderQty": 1}])) is Kind.UNCHANGED
    assert (lines_of(erp), pauses) == (["A", "B", "C"], [4.0])


# --- insert


def test_an_insert_with_a_key_is_guarded() -> None:
    erp = Erp()
    assert kind(writes(erp, "Customer", "append")(CustomerID="C1")) is Kind.CREATED
    (call,) = erp.puts()
    assert call.headers == {"If-None-Match": "*"}


def test_an_insert_without_a_key_is_sent_once() -> None:
    erp = Erp()
    assert kind(writes(erp, "SalesOrder", "append")(OrderType="SO", CustomerID="C1")) is Kind.CREATED
    assert [call.repeatable for call in erp.puts()] == [False]
    assert erp.saved("SalesOrder", "OrderNbr") == ["000001"]


def test_an_insert_of_what_exists_with_other_values_is_rejected_and_changes_nothing() -> None:
    erp = Erp()
    write = writes(erp, "Customer", "append")
    write(CustomerID="C1", CustomerName="Theirs")
    assert (
        words(write(CustomerID="C1", CustomerName="Ours"))
        == "the record exists already with other values in CustomerName"
    )
    assert erp.saved("Customer", "CustomerName") == ["Theirs"]


def test_an_insert_that_a_lost_answer_or_an_interrupted_sync_sends_again_counts_as_written() -> None:
    erp = Erp()
    write = writes(erp, "SalesOrder", "append")
    for wanted in (Kind.CREATED, Kind.UNCHANGED):
        assert kind(write(**ORDER, OrderTotal=Decimal("10.50"), Details=LINES)) is wanted
    assert lines_of(erp) == ["A", "B"]
    *_, lookup = [call for call in erp.calls if call.method == "GET"]
    assert lookup.body == {"keys": ["SO", "1"], "expand": ["Details"]}


def test_a_key_with_a_slash_is_looked_up_by_a_condition() -> None:
    erp = Erp()
    write = writes(erp, "Customer", "append")
    for wanted in (Kind.CREATED, Kind.UNCHANGED):
        assert kind(write(CustomerID="A/B", CustomerName="n")) is wanted
    assert erp.calls[-1].body == {"filter": "CustomerID eq 'A/B'"}


def test_an_insert_refused_as_existing_that_cannot_be_found_is_rejected() -> None:
    erp = Erp(before=once(errors.PreconditionFailed("The entity exists.", status=412)))
    assert words(writes(erp, "Customer", "append")(CustomerID="C1")) == "the record exists already"


def test_a_lookup_that_fails_leaves_the_outcome_to_the_next_attempt() -> None:
    erp = Erp()
    write = writes(erp, "Customer", "append")
    write(CustomerID="C1")

    def lost(*_: object) -> bytes:
        raise errors.Unreachable("lost", sent=True)

    erp.fetch_one = lost
    assert isinstance(write(CustomerID="C1"), Failed)


def test_a_lookup_that_answers_with_a_page_leaves_the_outcome_to_the_next_attempt() -> None:
    erp = Erp()
    write = writes(erp, "Customer", "append")
    write(CustomerID="C1")
    erp.fetch_one = lambda *_: b"<html>"
    assert isinstance(write(CustomerID="C1"), Failed)


# --- trouble


def test_a_lost_answer_to_an_insert_without_a_key_is_not_guessed() -> None:
    erp = Erp(after=once(errors.Unreachable("The connection broke.", sent=True)))
    outcome = writes(erp, "SalesOrder", "append")(OrderType="SO", CustomerID="web-77", OrderTotal=Decimal("9.90"))
    assert "The connection broke: the record may or may not have been saved" in words(outcome)
    assert 'Look for SalesOrder with OrderType "SO", CustomerID "web-77", OrderTotal 9.90 in Acumatica' in words(
        outcome
    )
    assert len(erp.puts()) == 1


def test_a_document_about_which_nothing_can_be_said_is_the_newest_of_its_kind() -> None:
    erp = Erp(after=once(errors.Overloaded("gateway timeout")))
    assert "Look for the newest SalesOrder" in words(writes(erp, "SalesOrder", "append")(Details=LINES))


def test_a_person_without_a_key_is_not_named_in_a_message() -> None:
    """Messages go to logs; codes, types and dates find a document, names and addresses are anybody's."""
    erp = Erp(after=once(errors.Unreachable("The connection broke.", sent=True)))
    reported = words(writes(erp, "Contact", "append")(Email="ann@example.com"))
    assert "Look for the newest Contact" in reported
    assert "ann" not in reported


def test_a_lost_answer_to_a_record_with_a_key_ends_the_sync_for_now() -> None:
    erp = Erp(after=once(errors.Unreachable("lost", sent=True)))
    outcome = writes(erp, "Customer", "append_dedup")(CustomerID="C1")
    assert isinstance(outcome, Failed)
    assert outcome.error.failure_type == "transient"


def conflict() -> AcumaticaError:
    return errors.ServerFault("Another process has updated the 'ARBalances' record.", status=500)


@pytest.mark.parametrize(("mode", "columns"), [("append_dedup", ORDER), ("append", {"OrderType": "SO"})])
def test_a_conflict_that_was_undone_is_tried_again_after_a_pause(mode: str, columns: dict[str, object]) -> None:
    pauses: list[float] = []
    erp = Erp(before=once(conflict()))
    assert kind(writes(erp, "SalesOrder", mode, pauses=pauses)(**columns)) is Kind.CREATED
    assert (pauses, len(erp.rows["SalesOrder"])) == ([2.0], 1)


def test_a_conflict_that_stays_ends_the_sync_for_now() -> None:
    def always(call: Call) -> None:
        raise conflict()

    pauses: list[float] = []
    outcome = writes(Erp(before=always), "SalesOrder", "append", pauses=pauses)(OrderType="SO")
    assert isinstance(outcome, Failed)
    assert outcome.error.failure_type == "transient"
    assert pauses == [2.0, 4.0, 8.0]


def test_an_entity_without_a_known_key_is_inserted_blindly_and_once() -> None:
    erp = Erp()
    assert kind(writes(erp, "Ledgerless", "append")(Name="x")) is Kind.CREATED
    assert [call.repeatable for call in erp.puts()] == [False]


def test_a_key_that_is_a_number_is_looked_up_as_its_digits() -> None:
    erp = Erp()
    write = writes(erp, "Contact", "append")
    for wanted in (Kind.CREATED, Kind.UNCHANGED):
        assert kind(write(ContactID=100123, Email="a@b.c")) is wanted
    assert erp.calls[-1].body == {"keys": ["100123"], "expand": []}
