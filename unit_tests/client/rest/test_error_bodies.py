"""Acumatica's words come out of a body whole, with their places, and the summaries only where nothing else is said."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from acumatica_client.errors import FieldError
from acumatica_client.rest.error_bodies import ErrorEnvelope, field_errors, parse_envelope
from unit_tests.client.fakes import envelope

SUMMARY = "Inserting  'AP Transactions' record raised at least one error. Please review the errors."


def errors_in(tree: object) -> list[tuple[str, str]]:
    return [(error.path, error.text) for error in field_errors(json.dumps(tree).encode())]


# A refused record


def test_a_recorded_bill_names_its_one_wrong_project_and_not_the_summaries(reference: Callable[[str], bytes]) -> None:
    found = field_errors(reference("samples/errors/put_422_bill_detail_error.json"))

    assert found == (FieldError("Details[0].Project", "Project 'TES2323T  ' cannot be found in the system."),)


def test_a_recorded_error_of_the_whole_record_is_kept_in_its_own_words(reference: Callable[[str], bytes]) -> None:
    found = field_errors(reference("samples/errors/put_422_entity_level_error.json"))

    words = "'SuppliedByVendorID' cannot be empty.; SuppliedByVendorID: 'SuppliedByVendorID' cannot be empty."
    assert found == (FieldError("", words),)


def test_a_recorded_error_of_a_field_keeps_its_prefix(reference: Callable[[str], bytes]) -> None:
    found = field_errors(reference("samples/errors/put_422_postperiod_field_error.fragment.json"))

    assert found == (
        FieldError("PostPeriod", "Error: The 08-2026 financial period is inactive in the NZXT US company."),
    )


def test_a_summary_is_shown_when_it_is_all_there_is() -> None:
    assert errors_in({"error": SUMMARY, "Vendor": {"value": "X"}}) == [("", SUMMARY)]


def test_summaries_go_when_a_field_says_more_whatever_the_verb() -> None:
    for verb in ("Inserting ", "Updating", "Deleting"):
        tree = {"error": f"{verb} 'Vendor' record raised at least one error.", "Name": {"value": "", "error": "empty"}}
        assert errors_in(tree) == [("Name", "empty")], verb


def test_errors_are_found_in_linked_entities_details_of_details_and_custom_fields() -> None:
    tree = {
        "MainContact": {"Address": {"Country": {"value": "ZZ", "error": "unknown country"}}},
        "Details": [{"Qty": {"value": 1}}, {"Allocations": [{"Lot": {"value": "L", "error": "no such lot"}}]}],
        "custom": {"Document": {"AttributeX": {"type": "CustomStringField", "value": "1", "error": "not in the list"}}},
    }

    assert errors_in(tree) == [
        ("MainContact.Address.Country", "unknown country"),
        ("Details[1].Allocations[0].Lot", "no such lot"),
        ("custom.Document.AttributeX", "not in the list"),
    ]


def test_two_different_messages_stay_two_and_a_repeated_one_is_one() -> None:
    tree = {"error": "whole", "A": {"error": "same"}, "B": {"error": "same"}}

    assert errors_in(tree) == [("", "whole"), ("A", "same"), ("B", "same")]


def test_links_empty_messages_and_values_that_speak_of_errors_are_no_errors() -> None:
    tree = {
        "_links": {"self": "/x", "error": "not one"},
        "Subject": {"value": "error: the license is locked"},
        "A": {"value": 1, "error": ""},
        "B": {"value": 1, "error": None},
    }

    assert errors_in(tree) == []


def test_line_breaks_become_a_blank_and_blanks_stay_since_keys_are_padded_with_them() -> None:
    assert errors_in({"A": {"error": " one\r\n  'two  '\n"}}) == [("A", "one 'two  '")]


def test_a_body_that_is_no_json_has_no_errors() -> None:
    for body in (b"", b"<html>", b'{"error": "cut', b"\xff\xfe", b"null", b"17"):
        assert field_errors(body) == (), body


def test_a_body_nested_without_end_has_no_errors_rather_than_a_crash() -> None:
    assert field_errors(b"[" * 100_000) == ()


# The envelope


def test_a_recorded_envelope_gives_message_and_type(reference: Callable[[str], bytes]) -> None:
    fault = parse_envelope(reference("samples/errors/get_by_key_500_no_entity.json"))

    assert fault.words() == "No entity satisfies the condition."
    assert fault.exception_type == "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException"


def test_a_denial_has_a_message_and_nothing_else(reference: Callable[[str], bytes]) -> None:
    fault = parse_envelope(reference("samples/errors/get_403_insufficient_rights.json"))

    assert fault.words() == "You have insufficient rights to access the Vendor (AP303000) form."


def test_the_general_message_is_replaced_by_the_one_of_the_exception() -> None:
    assert parse_envelope(envelope("Document is on hold.")).words() == "Document is on hold."


def test_the_causes_behind_an_exception_follow_it() -> None:
    cause = {"message": "An error has occurred.", "exceptionMessage": "The period is closed.", "exceptionType": "X"}
    fault = parse_envelope(envelope("Operation failed", innerException=cause))

    assert fault.words() == "Operation failed; The period is closed."


def test_a_summary_with_a_cause_behind_it_leaves_the_cause() -> None:
    cause = {"exceptionMessage": "'Customer' cannot be empty.; Really."}

    assert parse_envelope(envelope(SUMMARY, innerException=cause)).causes() == ("'Customer' cannot be empty.; Really.",)
    assert parse_envelope(envelope(SUMMARY)).causes() == (SUMMARY,)


def test_what_was_wrong_with_a_model_is_listed_place_by_place() -> None:
    body = {"message": "The request is invalid.", "modelState": {"entity.Qty": ["not a number", "not an integer"]}}

    words = parse_envelope(json.dumps(body).encode()).words()
    assert words == "The request is invalid.; entity.Qty: not a number; entity.Qty: not an integer"


def test_message_and_its_detail_both_appear() -> None:
    body = b'{"message": "No resource was found.", "messageDetail": "No route matches."}'

    assert parse_envelope(body).words() == "No resource was found. No route matches."


def test_the_spelling_that_asp_net_has_of_itself_is_understood() -> None:
    body = b'{"Message": "An error has occurred.", "ExceptionMessage": "Boom", "ExceptionType": "System.Exception"}'

    assert parse_envelope(body) == ErrorEnvelope("An error has occurred.", "", "Boom", "System.Exception")


def test_members_of_another_type_than_text_do_not_hide_the_others() -> None:
    body = b'{"message": {"value": 1}, "exceptionMessage": "Boom", "innerException": "none", "modelState": 3}'

    assert parse_envelope(body).words() == "Boom"


def test_a_body_that_is_one_string_is_the_message() -> None:
    assert parse_envelope(b'"API Login Limit"').words() == "API Login Limit"


def test_a_body_that_is_no_envelope_has_no_words() -> None:
    for body in (b"", b"<html>", b"[1]", b"{", b'{"value": 1}'):
        assert parse_envelope(body) == ErrorEnvelope(), body


def test_the_stack_of_a_cause_counts_as_well() -> None:
    fault = parse_envelope(envelope("a", stackTrace="at One", innerException={"stackTrace": " at Two"}))

    assert fault.stack() == "at One at Two"


@pytest.mark.parametrize("bad", [rb"\ud83d", b"\xff", b"\x01"])
def test_a_bad_character_does_not_cost_the_words_of_an_error(bad: bytes) -> None:
    assert "Boom" in parse_envelope(b'{"exceptionMessage": "Boom %s", "exceptionType": "X"}' % bad).words()
    assert field_errors(b'{"Date": {"value": NaN, "error": "is closed %s"}}' % bad)[0].path == "Date"
