"""Records that fields find: matches, references of documents that Acumatica numbers, lookups, filters that lie."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from acumatica_client import errors
from acumatica_client.errors import AcumaticaError
from destination_acumatica.config.modes import Mode
from destination_acumatica.config.stream_settings import FieldSetting, LookupSetting
from destination_acumatica.erp.outcome import Failed, Kind, Skipped
from unit_tests.destination.builders import Call, Erp
from unit_tests.destination.write.test_record_writer import kind, once, words, writes

BY_MAIL = {"match": ("MainContact.Email",)}
NEW = {"OrderType": "SO", "CustomerID": "C1"}


def customers(**mails: str) -> Erp:
    erp = Erp()
    write = writes(erp, "Customer", "append")
    for name, mail in mails.items():
        write(CustomerID=name, CustomerName="Theirs", MainContact={"Email": mail})
    erp.calls.clear()
    return erp


def lists(erp: Erp) -> list[object]:
    return [call.body["filter"] for call in erp.calls if call.method == "LIST"]


# --- matches


def test_a_record_is_found_by_a_field_of_a_linked_entity_and_written_by_its_key() -> None:
    erp = customers(C1="a@b.c", C2="d@e.f")
    write = writes(erp, "Customer", "append_dedup", **BY_MAIL)
    assert kind(write(CustomerName="Ours", MainContact={"Email": "d@e.f"})) is Kind.UPDATED
    assert erp.saved("Customer", "CustomerName") == ["Theirs", "Ours"]
    assert erp.puts()[-1].body["CustomerID"] == {"value": "C2"}
    assert lists(erp) == ["MainContact/Email eq 'd@e.f'"]


def test_a_match_is_asked_for_once() -> None:
    erp = customers(C1="a@b.c")
    write = writes(erp, "Customer", "append_dedup", **BY_MAIL)
    for name in ("One", "Two", "Three"):
        assert kind(write(CustomerName=name, MainContact={"Email": "a@b.c"})) is Kind.UPDATED
    assert len(lists(erp)) == 1


def test_a_match_that_has_gone_meanwhile_is_asked_for_again() -> None:
    erp = customers(C1="a@b.c", C9="z@z.z")
    write = writes(erp, "Customer", "update", **BY_MAIL)
    write(CustomerName="One", MainContact={"Email": "a@b.c"})
    erp.rows["Customer"][0]["CustomerID"] = {"value": "C7"}
    assert kind(write(CustomerName="Two", MainContact={"Email": "a@b.c"})) is Kind.UPDATED
    erp.rows["Customer"].pop(0)
    assert "there is no such record" in words(write(CustomerName="Three", MainContact={"Email": "a@b.c"}))


def test_several_matches_reject_the_record_and_are_counted() -> None:
    erp = customers(C1="a@b.c", C2="A@B.C", C3="x")
    outcome = writes(erp, "Customer", "append_dedup", **BY_MAIL)(CustomerName="n", MainContact={"Email": "a@b.c"})
    assert "2 records of Customer have this value in MainContact/Email" in words(outcome)
    assert "a@b.c" not in words(outcome)
    assert erp.puts() == []


def test_very_many_matches_are_not_counted_to_the_end() -> None:
    erp = customers(**{f"C{n}": "a@b.c" for n in range(30)})
    assert "10 or more records" in words(
        writes(erp, "Customer", "update", **BY_MAIL)(CustomerName="n", MainContact={"Email": "a@b.c"})
    )


def test_a_record_without_a_value_in_a_field_of_the_match_is_rejected() -> None:
    erp = customers(C1="a@b.c")
    assert words(writes(erp, "Customer", "append_dedup", **BY_MAIL)(CustomerID="C1")) == (
        "MainContact/Email: is empty, and the record is found by it"
    )


def test_a_record_that_says_another_key_than_the_one_found_is_rejected() -> None:
    erp = customers(C1="a@b.c")
    outcome = writes(erp, "Customer", "append_dedup", **BY_MAIL)(CustomerID="C5", MainContact={"Email": "a@b.c"})
    assert words(outcome) == "CustomerID: is C5, but the record that is found by MainContact/Email is C1"


def test_what_is_not_found_is_inserted_updated_or_left_as_the_mode_says() -> None:
    erp = customers(C1="a@b.c")
    new = {"CustomerID": "C2", "MainContact": {"Email": "new"}}
    assert isinstance(writes(erp, "Customer", "update", missing="ignore", **BY_MAIL)(**new), Skipped)
    assert kind(writes(erp, "Customer", "append_dedup", **BY_MAIL)(**new)) is Kind.CREATED
    assert isinstance(writes(erp, "Customer", "append", existing="ignore", **BY_MAIL)(**new), Skipped)
    assert erp.saved("Customer", "CustomerID") == ["C1", "C2"]


def test_a_record_is_found_by_its_id_where_the_settings_say_so() -> None:
    erp = customers(C1="a@b.c")
    write = writes(erp, "Customer", "update", match=("id",))
    assert kind(write(id="id-Customer-0", CustomerName="Ours")) is Kind.UPDATED
    assert "there is no such record" in words(write(id="id-Customer-9", CustomerName="Ours"))
    assert erp.saved("Customer", "CustomerName") == ["Ours"]


def test_a_record_found_by_its_id_is_that_one_and_not_the_one_of_its_key() -> None:
    erp = customers(C1="a@b.c", C2="d@e.f")
    write = writes(erp, "Customer", "update", match=("id",))
    said = words(write(id="id-Customer-0", CustomerID="C2", CustomerName="Ours"))
    assert said == "CustomerID: is C2, but the record that is found by id is C1"
    assert kind(write(id="id-Customer-0", CustomerID="C1", CustomerName="Ours")) is Kind.UPDATED
    assert erp.saved("Customer", "CustomerName") == ["Ours", "Theirs"]


def test_a_new_record_whose_key_belongs_to_another_is_rejected_and_changes_nothing() -> None:
    erp = customers(C1="a@b.c")
    outcome = writes(erp, "Customer", "append_dedup", **BY_MAIL)(CustomerID="C1", MainContact={"Email": "new"})
    assert "a record of this key exists already, with something else in MainContact/Email" in words(outcome)
    assert erp.rows["Customer"][0]["MainContact"]["Email"] == {"value": "a@b.c"}


def test_a_new_record_that_is_found_by_fields_is_ours_when_a_repetition_of_the_client_meets_it() -> None:
    erp = customers(C1="a@b.c")
    put = erp.put

    def twice(*args: object, **named: object) -> bytes:
        put(*args, **named)  # saved, but the answer is lost
        return put(*args, **named)

    erp.put = twice
    outcome = writes(erp, "Customer", "append_dedup", **BY_MAIL)(CustomerID="C2", MainContact={"Email": "new"})
    assert kind(outcome) is Kind.CREATED
    assert erp.saved("Customer", "CustomerID") == ["C1", "C2"]


def test_an_entity_without_a_known_key_is_updated_by_the_id_that_was_found() -> None:
    erp = Erp()
    writes(erp, "Ledgerless", "append")(Name="x")
    assert kind(writes(erp, "Ledgerless", "update", match=("Name",))(Name="x")) is Kind.UNCHANGED
    assert kind(writes(erp, "Ledgerless", "append_dedup", match=("Name",), mode=Mode.DELETE)(Name="x")) is Kind.DELETED


# --- filters that lie


def test_a_filter_that_finds_nothing_although_rows_match_ends_the_sync_before_anything_is_doubled() -> None:
    erp = customers(C1="a@b.c")
    erp.silent = {"Customer"}
    outcome = writes(erp, "Customer", "append_dedup", **BY_MAIL)(CustomerID="C2", MainContact={"Email": "a@b.c"})
    assert isinstance(outcome, Failed)
    assert outcome.error.failure_type == "config"
    assert "Acumatica finds no Customer by MainContact/Email, although there is one" in outcome.error.message
    assert erp.puts() == []


def test_a_filter_shows_once_a_run_that_it_works() -> None:
    erp = customers(C1="a@b.c")
    write = writes(erp, "Customer", "append_dedup", **BY_MAIL)
    for n in range(3):
        assert kind(write(CustomerID=f"N{n}", MainContact={"Email": f"{n}"})) is Kind.CREATED
    assert lists(erp).count("MainContact/Email eq 'a@b.c'") == lists(erp).count(None) == 1


def test_a_filter_that_no_row_can_show_to_work_is_shown_by_the_first_record_inserted() -> None:
    erp = Erp()
    write = writes(erp, "Customer", "append_dedup", **BY_MAIL)
    for n in range(3):
        assert kind(write(CustomerID=f"N{n}", MainContact={"Email": f"{n}"})) is Kind.CREATED
    assert lists(erp).count(None) == 1
    assert lists(erp).count("MainContact/Email eq '0'") == 2


def test_a_filter_that_does_not_find_the_first_record_inserted_ends_the_sync_with_that_one() -> None:
    erp = Erp(silent={"Customer"})
    write = writes(erp, "Customer", "append_dedup", **BY_MAIL)
    for n in range(3):
        assert isinstance(write(CustomerID=f"N{n}", MainContact={"Email": f"{n}"}), Failed)
    assert erp.saved("Customer", "CustomerID") == ["N0"]


def test_a_search_that_acumatica_refuses_says_by_what() -> None:
    erp = customers(C1="a@b.c")

    def refuse(*_: object) -> bytes:
        raise errors.CannotOptimize("Optimization cannot be performed.", status=500)

    erp.fetch_list = refuse
    outcome = writes(erp, "Customer", "append_dedup", **BY_MAIL)(CustomerID="C2", MainContact={"Email": "x"})
    assert isinstance(outcome, Failed)
    assert "Acumatica cannot search Customer by MainContact/Email" in outcome.error.message


# --- references


def test_a_document_whose_reference_is_there_already_is_not_inserted_again() -> None:
    erp = Erp()
    for wanted in (Kind.CREATED, Kind.UNCHANGED):
        assert kind(writes(erp, "SalesOrder", "append")(**NEW, ExternalRef="web-1")) is wanted
    assert erp.saved("SalesOrder", "OrderNbr") == ["000001"]


def test_a_document_of_the_same_reference_and_other_values_is_rejected() -> None:
    erp = Erp()
    write = writes(erp, "SalesOrder", "append")
    write(**NEW, ExternalRef="web-1")
    said = words(write(OrderType="SO", CustomerID="C2", ExternalRef="web-1"))
    assert said == "the record exists already with other values in CustomerID"


def test_documents_without_a_reference_are_inserted_blindly() -> None:
    erp = Erp()
    write = writes(erp, "SalesOrder", "append")
    for _ in range(2):
        assert kind(write(**NEW)) is Kind.CREATED
    assert kind(writes(erp, "SalesOrder", "append", reference="none")(**NEW, ExternalRef="web-1")) is Kind.CREATED
    assert lists(erp) == []


LOST = [
    errors.Unreachable("The connection broke.", sent=True),
    errors.Overloaded("gateway timeout"),
    errors.Unexpected("a page"),
    errors.ServerFault("Boom", status=500, exception_type="System.NullReferenceException"),
]
DECLINED = [
    errors.SessionLost("401"),
    errors.BusyRecord("409", status=409),
    errors.Overloaded("429", declined=True),
    errors.ServerFault("Another process has updated the 'X' record.", status=500),
]


def gone_out(error: AcumaticaError) -> AcumaticaError:
    error.went_out = True
    return error


def first_call(act: Callable[[Call], object]) -> Callable[[Call], object]:
    """Only the first PUT is acted on."""
    seen: list[Call] = []

    def once_only(call: Call) -> None:
        seen.append(call)
        if len(seen) == 1:
            act(call)

    return once_only


@pytest.mark.parametrize("error", [*LOST, *DECLINED], ids=str)
@pytest.mark.parametrize("saved", [True, False])
def test_a_document_with_a_reference_is_made_once_whatever_the_answer_says(error: AcumaticaError, saved: bool) -> None:
    """Even 401, 409 and 429, which say that nothing was done, are not taken at their word."""
    erp, pauses = Erp(), list[float]()
    trouble = once(gone_out(error))
    erp.after, erp.before = (trouble, erp.before) if saved else (erp.after, trouble)
    outcome = writes(erp, "SalesOrder", "append", pauses=pauses)(**NEW, ExternalRef="web-1")
    assert kind(outcome) is Kind.CREATED
    assert len(erp.rows["SalesOrder"]) == 1
    assert len(erp.puts()) == (1 if saved else 2)
    assert sum(pauses) >= _least_wait(error, saved)


def _least_wait(error: AcumaticaError, saved: bool) -> float:
    """A request waits for up to ten minutes in the queue of the license (guide), and the end of its connection does not
    take it out; one that was answered is in no queue."""
    if saved or error not in LOST:
        return 1.0
    return 60.0 if isinstance(error, errors.ServerFault) else 600.0


def test_trouble_that_stays_ends_the_sync_and_the_next_one_looks_first() -> None:
    def always(call: Call) -> None:
        raise gone_out(errors.Overloaded("gateway timeout"))

    erp = Erp(before=always)
    write = writes(erp, "SalesOrder", "append")
    outcome = write(**NEW, ExternalRef="web-1")
    assert isinstance(outcome, Failed)
    assert outcome.error.failure_type == "transient"
    assert len(erp.puts()) == 2


def test_a_seat_that_cannot_be_had_is_no_reason_to_look() -> None:
    erp = Erp(before=once(errors.LoginLimit("full")))
    assert isinstance(writes(erp, "SalesOrder", "append")(**NEW, ExternalRef="web-1"), Failed)


# --- lookups

LOOKUP = FieldSetting("CustomerID", "mail", lookup=LookupSetting("Customer", "MainContact.Email", "CustomerID"))


def test_a_field_is_filled_from_the_record_of_another_entity() -> None:
    erp = customers(C1="a@b.c", C2="d@e.f")
    write = writes(erp, "SalesOrder", "append", fields=(LOOKUP,))
    for _ in range(3):
        assert kind(write(OrderType="SO", mail="d@e.f")) is Kind.CREATED
    assert erp.saved("SalesOrder", "CustomerID") == ["C2"] * 3
    assert len(lists(erp)) == 1


def test_a_lookup_without_a_single_match_rejects_the_record_without_its_value() -> None:
    erp = customers(C1="a@b.c", C2="a@b.c")
    write = writes(erp, "SalesOrder", "append", fields=(LOOKUP,))
    assert words(write(OrderType="SO", mail="x@y.z")) == (
        "CustomerID: cannot be looked up: no Customer has this value in MainContact/Email"
    )
    assert words(write(OrderType="SO", mail="a@b.c")) == (
        "CustomerID: cannot be looked up: 2 Customer records have this value in MainContact/Email"
    )
    assert erp.puts() == []


def test_a_value_that_a_field_cannot_have_rejects_its_record_and_not_the_sync() -> None:
    erp = Erp()
    lookup = FieldSetting("CustomerID", "limit", lookup=LookupSetting("Customer", "CreditLimit", "CustomerID"))
    said = words(writes(erp, "SalesOrder", "append", fields=(lookup,))(OrderType="SO", limit="much"))
    assert said == "no record can be found by it: CreditLimit takes Decimal"
    said = words(writes(erp, "Contact", "update", match=("ContactID",))(ContactID="much"))
    assert said.startswith("ContactID: takes a whole number")
    said = words(writes(erp, "Customer", "update", match=("CreditLimit",))(CreditLimit="much"))
    assert said.startswith("CreditLimit: takes a number")
    assert erp.puts() == lists(erp) == []


def test_a_lookup_of_a_field_that_is_empty_there_rejects_the_record() -> None:
    erp = customers(C1="a@b.c")
    lookup = FieldSetting("CustomerID", "mail", lookup=LookupSetting("Customer", "MainContact.Email", "CreditLimit"))
    assert "CreditLimit of the Customer found is empty" in words(
        writes(erp, "SalesOrder", "append", fields=(lookup,))(OrderType="SO", mail="a@b.c")
    )


def test_an_empty_column_is_not_looked_up() -> None:
    erp = customers(C1="a@b.c")
    assert kind(writes(erp, "SalesOrder", "append", fields=(LOOKUP,))(OrderType="SO", mail=None)) is Kind.CREATED
    assert lists(erp) == []


def test_a_lookup_works_inside_rows() -> None:
    erp = customers(C1="a@b.c")
    lookup = LookupSetting("Customer", "MainContact.Email", "CustomerID")
    fields = (FieldSetting("Details.InventoryID", "lines.mail", lookup=lookup),)
    write = writes(erp, "SalesOrder", "append", fields=fields)
    write(OrderType="SO", lines=[{"mail": "a@b.c"}])
    assert erp.puts()[-1].body["Details"] == [{"InventoryID": {"value": "C1"}}]
    assert words(write(OrderType="SO", lines=[{"mail": "a@b.c"}, {"mail": "?"}])).startswith("Details[1]/InventoryID: ")


def test_a_key_that_is_looked_up_keeps_the_records_of_a_stream_in_one_row() -> None:
    erp = customers(C1="a@b.c")
    lookup = LookupSetting("Customer", "MainContact.Email", "CustomerID")
    write = writes(erp, "Customer", "append_dedup", fields=(FieldSetting("CustomerID", "mail", lookup=lookup),))
    assert kind(write(mail="a@b.c", CustomerName="Ours")) is Kind.UPDATED
    assert erp.saved("Customer", "CustomerName") == ["Ours"]
