"""What an error in writing a record means for the record and for the sync."""

from __future__ import annotations

import pytest

from acumatica_client import errors
from acumatica_client.errors import AcumaticaError, FieldError
from destination_acumatica.erp.error_classifier import classify, is_unclear, was_rolled_back
from destination_acumatica.erp.outcome import Failed, Rejected


def rejected_by_acumatica() -> errors.Rejected:
    error = errors.Rejected("joined words", status=422)
    error.errors = (FieldError("CustomerID", "'Customer' cannot be found in the system."), FieldError("", "whole"))
    return error


def refused_by_acumatica(words: str) -> errors.Rejected:
    kind = "PX.Api.ContractBased.OutcomeEntityHasErrorsException"
    error = errors.Rejected(words, status=500, exception_type=kind)
    error.errors = (FieldError("", words),)
    return error


CLEAR_NO = [
    rejected_by_acumatica(),
    errors.Rejected("no fields", status=422),
    errors.PreconditionFailed("exists", status=412),
    errors.ServerFault("Error: a rule", status=500, exception_type="PX.Data.PXException"),
    errors.ServerFault("An exception occurred during input parsing", status=400),
    errors.ServerFault("the session timeout setting is wrong", status=400),
    errors.ServerFault("Error: the timeout of the shipment is over", status=500, exception_type="PX.Data.PXException"),
    errors.UnknownField("The given key was not present", status=500),
    errors.Unexpected("A web page instead of data", status=413),
    errors.Unexpected("A web page instead of data", status=400),
    errors.ServerFault("Error: Item 'DEADLOCK 35' cannot be found.", status=500, exception_type="PX.Data.PXException"),
    refused_by_acumatica("InventoryID: 'TIME-OUT' cannot be found in the system."),
    refused_by_acumatica("InventoryID: 'Deadlock' cannot be found in the system."),
]
ENDS_TRANSIENT = [
    errors.Unreachable("refused", sent=False),
    errors.Overloaded("429", declined=True),
    errors.LoginLimit("seats"),
    errors.SessionLost("gone"),
    errors.BusyRecord("A long operation is running", status=409),
    errors.ServerFault("Another process has updated the 'SOOrder' record. Your changes will be lost.", status=500),
]
ENDS_CONFIG = [errors.AccessDenied("no rights"), errors.NotFound("no entity"), errors.SettingsError("setting")]
UNCLEAR = [
    errors.Unreachable("lost", sent=True),
    errors.Overloaded("504"),
    errors.Unexpected("a page"),
    errors.ServerFault("Execution Timeout Expired.", status=500, exception_type="System.Data.SqlClient.SqlException"),
    errors.ServerFault("Thread was being aborted.", status=500),
]


def name(error: AcumaticaError) -> str:
    return f"{type(error).__name__}: {error.message[:20]}"


@pytest.mark.parametrize("repeatable", [True, False])
@pytest.mark.parametrize("error", CLEAR_NO, ids=name)
def test_a_clear_no_rejects_the_record(error: AcumaticaError, repeatable: bool) -> None:
    outcome = classify(error, repeatable=repeatable, where="it")
    assert isinstance(outcome, Rejected)
    assert error.message in outcome.words() or isinstance(error, errors.Rejected)


def test_acumaticas_words_are_kept_field_by_field() -> None:
    outcome = classify(rejected_by_acumatica(), repeatable=True, where="it")
    assert isinstance(outcome, Rejected)
    assert outcome.words() == "CustomerID: 'Customer' cannot be found in the system.; whole"


def test_the_words_of_a_document_with_hundreds_of_wrong_lines_stay_readable() -> None:
    rejected = Rejected(tuple(FieldError(f"Details[{n}].InventoryID", "x" * 900) for n in range(300)))
    assert rejected.words().endswith("; and 280 more")
    assert len(rejected.words()) < 12_000


@pytest.mark.parametrize("repeatable", [True, False])
@pytest.mark.parametrize("error", ENDS_TRANSIENT, ids=name)
def test_trouble_that_passes_ends_the_sync_for_now(error: AcumaticaError, repeatable: bool) -> None:
    outcome = classify(error, repeatable=repeatable, where="it")
    assert isinstance(outcome, Failed)
    assert outcome.error.failure_type == "transient"


@pytest.mark.parametrize("repeatable", [True, False])
@pytest.mark.parametrize("error", ENDS_CONFIG, ids=name)
def test_what_a_person_must_repair_ends_the_sync_as_such(error: AcumaticaError, repeatable: bool) -> None:
    outcome = classify(error, repeatable=repeatable, where="it")
    assert isinstance(outcome, Failed)
    assert outcome.error is error
    assert outcome.error.failure_type == "config"


@pytest.mark.parametrize("error", UNCLEAR, ids=name)
def test_an_unclear_outcome_of_a_record_with_a_key_is_for_the_next_attempt(error: AcumaticaError) -> None:
    outcome = classify(error, repeatable=True, where="it")
    assert isinstance(outcome, Failed)
    assert outcome.error.failure_type == "transient"
    assert outcome.error.message == error.message


@pytest.mark.parametrize("error", UNCLEAR, ids=name)
def test_an_unclear_outcome_of_a_record_without_a_key_is_not_guessed(error: AcumaticaError) -> None:
    outcome = classify(error, repeatable=False, where="SalesOrder with ExternalRef 77")
    assert isinstance(outcome, Rejected)
    assert "may or may not have been saved" in outcome.words()
    assert "Look for SalesOrder with ExternalRef 77 in Acumatica" in outcome.words()


@pytest.mark.parametrize("words", ["An error has occurred.", "Acumatica answered with an error. (HTTP 500)"])
def test_an_error_that_hides_its_cause_may_have_come_after_the_saving(words: str) -> None:
    """Instances may be set to send the envelope without the exception: all members but the message may be absent."""
    error = errors.ServerFault(words, status=500)
    assert "may or may not have been saved" in reported(classify(error, repeatable=False, where="it"))
    assert reported(classify(error, repeatable=True, where="it")) == words
    assert reported(classify(errors.ServerFault(words, status=400), repeatable=False, where="it")) == words


def reported(outcome: object) -> str:
    assert isinstance(outcome, Rejected)
    return outcome.words()


@pytest.mark.parametrize(
    ("words", "undone"),
    [
        ("Another process has added the 'ARInvoice' record. Your changes will be lost.", True),
        ("Transaction (Process ID 5) was deadlocked on lock resources", True),
        ("Error: The period is closed.", False),
    ],
)
def test_a_conflict_with_another_writer_is_known_to_be_undone(words: str, undone: bool) -> None:
    assert was_rolled_back(errors.ServerFault(words, status=500)) is undone


def test_only_a_request_that_may_have_arrived_is_unclear() -> None:
    assert [is_unclear(error) for error in (*UNCLEAR, *ENDS_TRANSIENT, *CLEAR_NO)] == [True] * len(UNCLEAR) + [
        False
    ] * (len(ENDS_TRANSIENT) + len(CLEAR_NO))
