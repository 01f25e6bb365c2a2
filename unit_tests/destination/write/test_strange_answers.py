"""Answers that an instance may give and that no record may pay for: with members missing, numbers not yet given, words
that are no record. What cannot be understood is reported; nothing is doubled because of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from acumatica_client.errors import AcumaticaError, NoSuchRecord, NotFound, SessionLost, Unexpected, Unreachable
from acumatica_client.rest.query import Query
from destination_acumatica.config.modes import Mode
from destination_acumatica.config.stream_settings import ActionSetting, LineMode, LineRules, Verify, When
from destination_acumatica.erp.outcome import Failed, Kind
from unit_tests.destination.builders import Call, Erp, encode
from unit_tests.destination.write.test_record_writer import kind, once, words, writes

Json = dict[str, object]
ORDER = {"OrderType": "SO", "OrderNbr": "1"}
LONG = [{"InventoryID": f"I{at}", "OrderQty": 1} for at in range(1200)]


@dataclass
class Answering(Erp):
    """An ERP whose answers are changed on their way out: `saying` those to a PUT, `showing` those to a keyed GET."""

    saying: Callable[[Json], object] = lambda answer: answer
    showing: Callable[[Json], object] = lambda answer: answer

    def put(self, *given: object, **options: object) -> bytes:
        return encode(self.saying(json.loads(super().put(*given, **options))))  # type: ignore[arg-type]

    def fetch_one(self, entity: str, keys: object, query: Query) -> bytes:
        return encode(self.showing(json.loads(super().fetch_one(entity, keys, query))))  # type: ignore[arg-type]

    def lines(self) -> list[int]:
        """How many lines each order has."""
        return [len(row.get("Details", ())) for row in self.rows.get("SalesOrder", [])]  # type: ignore[arg-type]


# --- a long document, whose first answer names it


def test_a_document_whose_answer_shows_no_number_yet_goes_on_by_its_id() -> None:
    erp = Answering(saying=lambda answer: {**answer, "id": "id-SalesOrder-0", "OrderNbr": {"value": "<NEW>"}})
    writes(erp, "SalesOrder", "append", verify=Verify.OFF)(OrderType="SO", Details=LONG)
    assert erp.lines() == [1200]


@pytest.mark.parametrize("answer", [{}, "saved", {"OrderType": {"value": "SO"}, "OrderNbr": {"value": " <NEW>"}}])
def test_a_document_whose_answer_does_not_name_it_ends_there(answer: object) -> None:
    """Further lines without a name would be documents of their own."""
    erp = Answering(saying=lambda _: answer)
    outcome = writes(erp, "SalesOrder", "append")(OrderType="SO", Details=LONG)
    assert "first 500 of 1200 lines" in words(outcome)
    assert erp.lines() == [500]


def test_the_lines_behind_the_first_never_make_a_record() -> None:
    erp = Erp()
    writes(erp, "SalesOrder", "append")(**ORDER, Details=LONG)
    assert [call.headers for call in erp.puts()] == [{"If-None-Match": "*"}, {"If-Match": "*"}, {"If-Match": "*"}]


# --- an answer that is no record


def test_a_saved_record_of_which_the_answer_says_nothing_readable_is_not_counted() -> None:
    """With a key the next attempt finds it; without one, a person looks."""
    erp = Answering(saying=lambda _: ["saved"])
    assert isinstance(writes(erp, "SalesOrder", "append")(**ORDER), Failed)
    assert "may or may not have been saved" in words(writes(erp, "SalesOrder", "append")(OrderType="SO"))


# --- a record that is shown without the lines that were asked for


@pytest.mark.parametrize("shown", [None, "absent", {}])
@pytest.mark.parametrize("mode", LineMode)
def test_lines_that_are_not_shown_are_not_taken_for_lines_that_are_not_there(mode: LineMode, shown: object) -> None:
    """A detail without lines is shown as an empty array; anything else says nothing of what is there."""

    def without(answer: Json) -> Json:
        reported = {name: value for name, value in answer.items() if name != "Details"}
        return reported if shown == "absent" else {**reported, "Details": shown}

    erp = Answering()
    write = writes(erp, "SalesOrder", "append_dedup", lines=LineRules(mode))
    write(**ORDER, Details=[{"InventoryID": "A", "OrderQty": 1}])
    erp.showing = without
    assert "does not show" in words(write(**ORDER, Details=[{"InventoryID": "A", "OrderQty": 1}]))
    assert erp.lines() == [1]


# --- a record that a list shows and its address does not


class Unaddressable(Erp):
    """Reads a record by its id alone: IIS and the API have characters that no key in an address may have."""

    error: AcumaticaError = NoSuchRecord("No entity satisfies the condition.", status=500)
    by_id = True

    def fetch_one(self, entity: str, keys: Sequence[str], query: Query) -> bytes:
        if self.by_id and keys[0].startswith("id-"):
            return super().fetch_one(entity, keys, query)
        raise self.error

    def delete(self, entity: str, keys: Sequence[str], *, repeatable: bool = True) -> None:
        if not keys[0].startswith("id-"):
            raise self.error
        super().delete(entity, keys)


REFUSED = [NotFound("404"), Unexpected("A web page.", status=400)]


def known(erp: Erp, key: str = "AT&T") -> None:
    erp.rows["Customer"] = [{"id": "id-x", "CustomerID": {"value": key}, "CustomerName": {"value": "N"}}]


def test_a_record_that_fields_find_is_read_by_its_id_where_its_key_does_not_find_it() -> None:
    erp = Unaddressable()
    known(erp)
    write = writes(erp, "Customer", "append_dedup", match=("CustomerName",))
    assert kind(write(CustomerName="N", CreditLimit=5)) is Kind.UPDATED
    assert len(erp.rows["Customer"]) == 1


def test_a_record_that_fields_find_and_cannot_be_read_is_not_made_once_more() -> None:
    erp = Unaddressable()
    erp.by_id = False
    known(erp, "C1")
    write = writes(erp, "Customer", "append_dedup", match=("CustomerName",))
    assert "found" in words(write(CustomerName="N", CreditLimit=5))
    assert erp.puts() == []


@pytest.mark.parametrize("error", REFUSED)
def test_a_key_that_no_address_may_have_is_found_by_a_condition(error: AcumaticaError) -> None:
    erp = Unaddressable()
    erp.error = error
    known(erp)
    assert kind(writes(erp, "Customer", "append_dedup")(CustomerID="AT&T", CustomerName="New")) is Kind.UPDATED
    assert kind(writes(erp, "Customer", "append", mode=Mode.DELETE)(CustomerID="AT&T")) is Kind.DELETED
    assert erp.rows["Customer"] == []


def test_a_key_with_the_bar_that_parts_keys_is_found_by_a_condition() -> None:
    """An address may name its keys as `k1|k2` (guide), so such a key would be taken for two."""
    erp = Unaddressable()
    known(erp, "A|B")
    write = writes(erp, "Customer", "append_dedup", mode=Mode.UPDATE, missing="ignore")
    assert kind(write(CustomerID="A|B", CustomerName="New")) is Kind.UPDATED


def test_an_archived_document_is_not_made_once_more() -> None:
    """Lists leave archived records out unless they are asked for (guide)."""

    class Archive(Erp):
        def fetch_list(self, entity: str, query: Query) -> bytes:
            rows = json.loads(super().fetch_list(entity, query))
            return encode([row for row in rows if query.archived or row["id"] != "id-x"])

    erp = Archive()
    erp.rows["SalesOrder"] = [
        {"id": "id-x", "OrderType": {"value": "SO"}, "OrderNbr": {"value": "1"}, "ExternalRef": {"value": "R"}},
        {"id": "id-y", "OrderType": {"value": "SO"}, "OrderNbr": {"value": "2"}, "ExternalRef": {"value": "S"}},
    ]
    assert kind(writes(erp, "SalesOrder", "append")(OrderType="SO", ExternalRef="R")) is Kind.UNCHANGED
    assert len(erp.rows["SalesOrder"]) == 2


# --- a key in the spelling of the server


@pytest.mark.parametrize("spelt", ["c-1", "C-1  ", "C1"])
def test_a_record_whose_key_the_server_spells_otherwise_is_there_as_it_was_sent(spelt: str) -> None:
    """Acumatica ignores case and blanks at the end of a key, and puts separators into it."""
    erp = Erp()
    known(erp, "C-1")
    found = erp._addressed
    erp._addressed = lambda entity, keys: found(entity, ["C-1"])  # type: ignore[method-assign]
    erp._known = lambda entity, sent: erp.rows[entity][0]  # type: ignore[method-assign]
    for mode in ("append_dedup", "append"):
        assert kind(writes(erp, "Customer", mode)(CustomerID=spelt, CustomerName="N")) is Kind.UNCHANGED
    assert "CustomerName" in words(writes(erp, "Customer", "append")(CustomerID=spelt, CustomerName="Other"))
    assert kind(writes(erp, "Customer", "append_dedup")(CustomerID=spelt, CustomerName="Other")) is Kind.UPDATED


# --- an insert whose answer was lost, with an action that belongs to a change


RELEASE = ActionSetting("CancelSalesOrder", When.CHANGED)


def lost(erp: Erp, times: int = 1) -> None:
    """The next answers are lost, after the record was saved."""
    left = [Unreachable("Lost.", sent=True)] * times

    def lose(call: Call) -> None:
        if left and call.method == "PUT":
            raise left.pop()

    erp.after = lose


def done(erp: Erp) -> list[object]:
    return [call.body["action"] for call in erp.calls if call.method == "POST"]


BOTH = pytest.mark.parametrize("mode", ["append", "append_dedup"])


@BOTH
@pytest.mark.parametrize("saved", [True, False])
def test_a_record_whose_answer_was_lost_gets_its_action(mode: str, saved: bool) -> None:
    """It was looked for before, so it is ours when it is there afterwards."""
    erp = Erp() if saved else Erp(before=once(Unreachable("Lost.", sent=True)))
    if saved:
        lost(erp)
    outcome = writes(erp, "SalesOrder", mode, actions=(RELEASE,))(**ORDER, CustomerID="C1")
    assert (kind(outcome), done(erp), len(erp.rows["SalesOrder"])) == (Kind.CREATED, ["CancelSalesOrder"], 1)


@BOTH
def test_an_insert_that_was_declined_is_repeated_with_its_action(mode: str) -> None:
    declined = SessionLost("gone")
    declined.went_out = True
    erp = Erp(before=once(declined))
    outcome = writes(erp, "SalesOrder", mode, actions=(RELEASE,))(**ORDER, CustomerID="C1")
    assert (kind(outcome), done(erp)) == (Kind.CREATED, ["CancelSalesOrder"])


@BOTH
def test_a_record_that_was_there_before_is_unchanged_and_gets_no_action(mode: str) -> None:
    erp = Erp()
    writes(erp, "SalesOrder", "append")(**ORDER, CustomerID="C1")
    outcome = writes(erp, "SalesOrder", mode, actions=(RELEASE,))(**ORDER, CustomerID="C1")
    assert (kind(outcome), done(erp)) == (Kind.UNCHANGED, [])


@pytest.mark.parametrize(
    ("columns", "mode", "times"),
    [(ORDER, "append", 9), ({"OrderType": "SO", "ExternalRef": "R"}, "append", 9), (ORDER, "append_dedup", 1)],
)
def test_a_write_that_stays_unclear_is_reported_with_its_action(columns: dict[str, str], mode: str, times: int) -> None:
    """The next sync would find the record as it is to be, and leave the action out without a word."""
    erp = Erp()
    if mode == "append_dedup":
        writes(erp, "SalesOrder", mode)(**columns, CustomerID="C0")
    write = writes(erp, "SalesOrder", mode, actions=(RELEASE,))
    if mode == "append_dedup":
        lost(erp, times)
    else:
        erp.before = failing_puts
    outcome = words(write(**columns, CustomerID="C1"))
    assert "may or may not have been saved" in outcome
    assert "CancelSalesOrder" in outcome


def test_trouble_with_a_look_is_no_doubt_about_a_write() -> None:
    erp = Erp()
    erp.fetch_one = lambda *_: lose_all()  # type: ignore[method-assign]
    assert isinstance(writes(erp, "SalesOrder", "append", actions=(RELEASE,))(**ORDER), Failed)


def failing_puts(call: Call) -> None:
    if call.method == "PUT":
        lose_all()


def lose_all() -> bytes:
    raise Unreachable("Lost.", sent=True)


# --- a document that comes again


def test_a_document_that_the_form_completed_with_lines_of_its_own_is_still_the_same() -> None:
    """Records come again after every interruption; a form sorts the lines and adds its own."""
    erp = Erp()
    known(erp)
    erp.rows["SalesOrder"] = [{"id": "x", "OrderNbr": {"value": "9"}, "ExternalRef": {"value": "other"}}]
    write = writes(erp, "SalesOrder", "append")
    lines = [{"InventoryID": "A", "OrderQty": 1}, {"InventoryID": "B", "OrderQty": 2}]
    write(OrderType="SO", ExternalRef="R", Details=lines)
    freight = {"id": "f", "InventoryID": {"value": "FREIGHT"}, "OrderQty": {"value": 1}}
    details = erp.rows["SalesOrder"][1]["Details"]
    assert isinstance(details, list)
    details[:] = [freight, *reversed(details)]
    assert kind(write(OrderType="SO", ExternalRef="R", Details=lines)) is Kind.UNCHANGED
    lines[1]["OrderQty"] = 3
    assert "other values in Details" in words(write(OrderType="SO", ExternalRef="R", Details=lines))
    assert len(erp.rows["SalesOrder"]) == 2


def test_a_value_that_is_too_long_for_an_address_is_the_trouble_of_its_record() -> None:
    erp = Erp()
    erp.rows["SalesOrder"] = [{"id": "x", "OrderNbr": {"value": "9"}, "ExternalRef": {"value": "other"}}]
    assert "too long" in words(writes(erp, "SalesOrder", "append")(OrderType="SO", ExternalRef="é" * 700))


# --- lines whose answer was lost


KEYED = LineRules(keys={"Details": ("InventoryID",)})


def a_line(name: str) -> dict[str, object]:
    return {"InventoryID": name, "OrderQty": 1}


def known_order(erp: Erp, pauses: list[float]) -> Callable[..., object]:
    write = writes(erp, "SalesOrder", "append_dedup", lines=KEYED, pauses=pauses)
    for _ in range(2):  # so that the record is expected to be there
        write(**ORDER, Details=[a_line("A")])
    return write


def test_lines_that_wait_in_a_queue_are_there_before_anybody_sends_them_again() -> None:
    """The license holds a request for up to ten minutes, whether or not its connection lives."""
    erp, pauses = Erp(), list[float]()
    write = known_order(erp, pauses)
    lost(erp)
    assert kind(write(**ORDER, Details=[a_line("A"), a_line("B")])) is Kind.UPDATED
    assert (len(erp.rows["SalesOrder"][0]["Details"]), pauses) == (2, [3.0])  # type: ignore[arg-type]


def test_lines_that_never_arrive_are_sent_by_a_sync_that_begins_when_no_queue_holds_them() -> None:
    erp, pauses = Erp(), list[float]()
    write = known_order(erp, pauses)
    erp.before = failing_puts
    outcome = write(**ORDER, Details=[a_line("A"), a_line("B")])
    assert isinstance(outcome, Failed)
    assert outcome.error.message == "Lost."
    assert sum(pauses) > 600


def test_who_cannot_look_does_not_wait() -> None:
    erp, pauses = Erp(), list[float]()
    write = known_order(erp, pauses)

    def cut(call: Call) -> None:
        if call.method == "PUT":
            erp.fetch_one = lambda *_: lose_all()  # type: ignore[method-assign]
            lose_all()

    erp.before = cut
    assert isinstance(write(**ORDER, Details=[a_line("A"), a_line("B")]), Failed)
    assert pauses == [3.0]


def test_a_change_without_lines_is_not_waited_for() -> None:
    erp, pauses = Erp(), list[float]()
    write = known_order(erp, pauses)
    erp.before = failing_puts
    assert isinstance(write(**ORDER, CustomerID="C9"), Failed)
    assert pauses == []


def test_the_rest_of_a_long_document_is_waited_for_as_well() -> None:
    erp, pauses = Erp(), list[float]()
    puts: list[Call] = []

    def lose_the_second(call: Call) -> None:
        puts.append(call)
        if len(puts) == 2:
            lose_all()

    erp.before = lose_the_second
    outcome = writes(erp, "SalesOrder", "append", pauses=pauses)(**ORDER, Details=LONG)
    assert isinstance(outcome, Failed)
    assert "first 500 of 1200 lines" in outcome.error.message
    assert sum(pauses) > 600


@pytest.mark.parametrize(("columns", "key"), [(ORDER, "SO 1"), ({"OrderType": "SO"}, "SO")])
def test_a_number_that_is_still_to_be_given_names_no_record(columns: dict[str, str], key: str) -> None:
    erp = Answering(saying=lambda answer: {**answer, "id": "id-SalesOrder-0", "OrderNbr": {"value": "<NEW>"}})
    outcome = writes(erp, "SalesOrder", "append")(**columns, CustomerID="C1")
    assert kind(outcome) is Kind.CREATED
    assert outcome.key == key  # type: ignore[union-attr]
