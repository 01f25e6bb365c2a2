"""What each answer of the server means: every row of the tables of errors, and what must not be mistaken for one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone

import pytest

from acumatica_client import errors
from acumatica_client.rest.answers import Answer, error_of
from unit_tests.client.fakes import envelope, fault, page, redirect

JSON = {"content-type": "application/json; charset=utf-8"}
DATE = "Mon, 23 Nov 2026 06:00:00 GMT"


def kind_of(answer: Answer) -> type[errors.AcumaticaError] | None:
    error = error_of(answer)
    return None if error is None else type(error)


def error_in(answer: Answer) -> errors.AcumaticaError:
    error = error_of(answer)
    assert error is not None
    return error


@pytest.fixture
def machine_in_sydney(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "AEST-10")
        time.tzset()
        yield
    time.tzset()


# Success, and what only looks like it


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, JSON, b"[]"),
        Answer(200, JSON, b' {"id": 1}\r\n'),
        Answer(200, {}, b"[" + b" " * 200 + b"]"),
        Answer(202, {"location": "/site/entity/status/1"}),
        Answer(204),
    ],
)
def test_a_success_is_no_error(answer: Answer) -> None:
    assert error_of(answer) is None


@pytest.mark.parametrize("body", [b"", b" \r\n"])
@pytest.mark.parametrize("headers", [{}, JSON, {"content-type": "text/html"}])
def test_200_with_nothing_in_it_is_an_error_and_never_no_data(body: bytes, headers: dict[str, str]) -> None:
    assert kind_of(Answer(200, headers, body)) is errors.EmptyAnswer


@pytest.mark.parametrize("body", [b'[{"id": 1}', b'{"value": [1, 2]', b'[{"id": "a', b"[", b'{"a": {}} ]'])
def test_json_that_lost_its_end_is_a_broken_connection_whose_request_may_have_been_acted_on(body: bytes) -> None:
    error = error_in(Answer(200, JSON, body))

    assert isinstance(error, errors.Unreachable)
    assert error.sent


def test_bytes_of_a_file_are_not_measured_by_the_rules_of_json() -> None:
    assert error_of(Answer(200, {"content-type": "application/octet-stream"}, b"%PDF-1.7 ...")) is None


def test_a_page_with_status_200_is_not_data() -> None:
    error = error_in(page(200))

    assert isinstance(error, errors.IntermediaryRefused)
    assert "maintenance" in error.advice


def test_a_page_is_known_by_its_first_sign_when_the_content_type_lies() -> None:
    assert kind_of(Answer(200, JSON, b"\r\n <!DOCTYPE html><html></html>")) is errors.IntermediaryRefused
    assert kind_of(Answer(200, {"content-type": "Text/HTML"}, b"Sorry")) is errors.IntermediaryRefused


@pytest.mark.parametrize("address", ["/site/Frames/Login.aspx?ReturnUrl=x", "/site/frames/login.aspx"])
def test_the_sign_in_page_means_a_lost_session(address: str) -> None:
    assert kind_of(page(200, f'<html><head>{" " * 9000}</head><form action="{address}">')) is errors.SessionLost
    assert kind_of(redirect(address)) is errors.SessionLost


# The statuses


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.ServerFault),
        (401, errors.SessionLost),
        (403, errors.AccessDenied),
        (404, errors.NotFound),
        (408, errors.Overloaded),
        (409, errors.BusyRecord),
        (412, errors.PreconditionFailed),
        (422, errors.Rejected),
        (429, errors.Overloaded),
        (500, errors.ServerFault),
        (502, errors.Overloaded),
        (503, errors.Overloaded),
        (504, errors.Overloaded),
    ],
)
def test_a_status_with_ordinary_words_means_what_the_table_says(status: int, kind: type) -> None:
    assert kind_of(Answer(status, JSON, b'{"message": "Something."}')) is kind


@pytest.mark.parametrize("status", [401, 403, 404, 408, 409, 412, 422, 429, 502, 503, 504])
def test_a_status_of_the_table_needs_no_body(status: int) -> None:
    error = error_in(Answer(status))

    assert error.message


@pytest.mark.parametrize("status", [401, 408, 409, 412, 422, 429, 502, 503, 504])
def test_a_status_that_is_clear_without_words_keeps_its_meaning_when_iis_shows_a_page(status: int) -> None:
    assert kind_of(page(status)) is kind_of(Answer(status))


@pytest.mark.parametrize("answer", [Answer(500), Answer(500, {}, b"custom error module")])
def test_an_error_that_is_not_the_apis_is_unexpected(answer: Answer) -> None:
    error = error_in(answer)

    assert isinstance(error, errors.Unexpected)
    assert error.status == answer.status


def test_only_a_429_certainly_did_not_act_on_the_request() -> None:
    declined = {status: error_in(Answer(status)) for status in (408, 429, 502, 503, 504)}

    assert {status for status, error in declined.items() if getattr(error, "declined", False)} == {429}


def test_the_text_that_iis_puts_in_place_of_a_429_is_kept_for_the_log(reference: Callable[[str], bytes]) -> None:
    body = reference("samples/errors/login_429_iis_body.txt").partition(b"\n\n")[2]
    error = error_in(Answer(429, {"content-type": "text/plain; charset=utf-8"}, body))

    assert isinstance(error, errors.Overloaded)
    assert error.detail == "The custom error module does not recognize this error."


def test_a_404_says_that_a_long_address_looks_the_same() -> None:
    assert "too long" in error_in(page(404)).advice


# Waiting as the server asks


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "Mon, 23 Nov 2026 06:02:00 GMT", "date": DATE}, 120.0),
        ({"retry-after": "Mon, 23 Nov 2026 06:02:00", "date": DATE}, 120.0),
        ({"retry-after": "Mon, 23 Nov 2026 05:00:00 GMT", "date": DATE}, 0.0),
        ({"retry-after": "Mon, 23 Nov 2026 06:02:00 GMT"}, None),
        ({"retry-after": "soon", "date": DATE}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "9" * 400}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_both_forms_against_the_servers_own_clock(
    headers: dict[str, str], seconds: float | None
) -> None:
    error = error_in(Answer(503, headers))

    assert isinstance(error, errors.Overloaded)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (DATE, datetime(2026, 11, 23, 6, tzinfo=timezone.utc)),
        ("Mon, 23 Nov 2026 06:00:00", datetime(2026, 11, 23, 6, tzinfo=timezone.utc)),
        ("Mon, 23 Nov 2026 06:00:00 -0000", datetime(2026, 11, 23, 6, tzinfo=timezone.utc)),
        ("Mon, 23 Nov 2026 08:00:00 +0200", datetime(2026, 11, 23, 6, tzinfo=timezone.utc)),
        ("Fri, 31 Dec 9999 23:00:00 -0500", None),
        ("yesterday", None),
        ("", None),
    ],
)
@pytest.mark.usefixtures("machine_in_sydney")
def test_the_servers_clock_is_utc_or_unknown_and_never_this_machines_zone(date: str, expected: datetime | None) -> None:
    assert Answer(200, {"date": date}).date() == expected


def test_an_answer_without_a_date_has_none() -> None:
    assert Answer(200).date() is None


# The login limit, in every dress it has been seen in


@pytest.mark.parametrize(
    "answer",
    [
        fault("API Login Limit"),
        fault("API Login Limit", status=429),
        fault("Error", stackTrace="   at PX.LicensePolicy.PXLicensePolicy.CheckApiUsersLimits(String a)"),
        fault("Error", innerException={"exceptionMessage": "API Login Limit"}),
        Answer(500, {"content-type": "text/plain"}, b"API Login Limit"),
        Answer(500, JSON, b'"API Login Limit"'),
        Answer(503, JSON, b'{"message": "The number of concurrent API logins for the user has been reached."}'),
        redirect(
            "/site/Frames/Error.aspx?exceptionID=1&message=The+number+of+concurrent+API+logins+%5B1%5D+is+reached"
        ),
        redirect("/Frames/Error.aspx?Message=The%20number%20of%20concurrent%20web%20services%20API%20logins"),
    ],
)
def test_the_login_limit_is_known_by_its_words_whatever_the_status(answer: Answer) -> None:
    assert kind_of(answer) is errors.LoginLimit


@pytest.mark.parametrize(
    "words",
    [
        "The document is locked by the user gibbs.",
        "The license of the driver has expired.",
        "The account 10100 is disabled.",
        "Invalid credentials of the payment gateway. Please try again.",
        "Change your password policy on the Security Preferences form.",
    ],
)
def test_a_business_message_with_words_of_the_sign_in_is_a_business_message(words: str) -> None:
    error = error_in(fault(words))

    assert (type(error), error.message) == (errors.ServerFault, words)


def test_a_refused_record_that_speaks_of_the_login_limit_is_a_refused_record() -> None:
    case = {"Subject": {"value": "API Login Limit, CheckApiUsersLimits"}, "Owner": {"value": "x", "error": "unknown"}}

    assert error_in(Answer(422, JSON, json.dumps(case).encode())).message == "Owner: unknown"
    assert kind_of(Answer(422, JSON, b'{"error": "The class API Login Limit cannot be found."}')) is errors.Rejected
    assert kind_of(fault("No", "X.OutcomeEntityHasErrorsException", **case)) is errors.Rejected


# Redirects


@pytest.mark.parametrize(
    "location",
    ["/site/Frames/Error.aspx?exceptionID=7", "/site/Frames/Maintenance.aspx", "/Frames/SiteLockout.aspx?x=1"],
)
def test_a_redirect_to_an_error_or_maintenance_page_passes(location: str) -> None:
    assert kind_of(redirect(location)) is errors.Overloaded


def test_an_error_page_that_leads_back_to_the_sign_in_is_still_an_error_page_and_says_its_message() -> None:
    error = error_in(redirect("/Frames/Error.aspx?ReturnUrl=/Frames/Login.aspx&message=The+site%0D%0Ais+updated."))

    assert (type(error), error.message) == (errors.Overloaded, "The site is updated.")


def test_any_other_redirect_names_the_address_to_enter_without_its_query() -> None:
    error = error_in(redirect("https://new.example.com/site/entity?token=secret"))

    assert isinstance(error, errors.SettingsError)
    assert "https://new.example.com/site/entity" in error.message
    assert "secret" not in error.sentence() + error.detail


@pytest.mark.parametrize("location", ["http://[::1/x?message=y", "//[", "https://erp.example.com:port/"])
def test_a_redirect_to_what_is_no_address_is_an_error_all_the_same(location: str) -> None:
    assert kind_of(redirect(location)) is errors.SettingsError


def test_a_redirect_to_nowhere_is_an_error_all_the_same() -> None:
    assert kind_of(Answer(302)) is errors.SettingsError


# The exceptions of the API: the type decides, the status only without one


@pytest.mark.parametrize("status", [400, 404, 422, 500])
@pytest.mark.parametrize(
    ("exception", "kind"),
    [
        ("PX.Api.ContractBased.NoEntitySatisfiesTheConditionException", errors.NoSuchRecord),
        ("PX.Api.ContractBased.OptimizedExport.CannotOptimizeException", errors.CannotOptimize),
        ("System.Collections.Generic.KeyNotFoundException", errors.UnknownField),
        ("PX.Api.ContractBased.OutcomeEntityHasErrorsException", errors.Rejected),
        ("PX.Data.PXOuterException", errors.Rejected),
    ],
)
def test_the_exception_decides_before_the_status(status: int, exception: str, kind: type[errors.ServerFault]) -> None:
    error = error_in(fault("Words of Acumatica.", exception, status))

    assert type(error) is kind
    assert isinstance(error, errors.ServerFault)
    assert (error.message, error.status, error.exception_type) == ("Words of Acumatica.", status, exception)


@pytest.mark.parametrize("exception", ["PX.Data.PXException", "PX.Data.PXInvalidOperationException", "", "Unheard.Of"])
def test_any_other_exception_is_a_fault_in_acumaticas_words(exception: str) -> None:
    error = error_in(fault("Operation failed", exception))

    assert (type(error), error.message) == (errors.ServerFault, "Operation failed")


@pytest.mark.parametrize(
    ("sample", "kind"),
    [
        ("get_403_insufficient_rights.json", errors.AccessDenied),
        ("get_500_setup_not_entered.json", errors.ServerFault),
        ("get_by_key_500_no_entity.json", errors.NoSuchRecord),
        ("list_500_cannot_optimize.json", errors.CannotOptimize),
        ("login_500_invalid_credentials.json", errors.ServerFault),
        ("put_422_bill_detail_error.json", errors.Rejected),
        ("put_422_entity_level_error.json", errors.Rejected),
        ("put_422_postperiod_field_error.fragment.json", errors.Rejected),
    ],
)
def test_every_recorded_body_is_understood(reference: Callable[[str], bytes], sample: str, kind: type) -> None:
    status = int(next(part for part in sample.split("_") if part.isdecimal()))

    assert kind_of(Answer(status, JSON, reference(f"samples/errors/{sample}"))) is kind


def test_a_form_that_is_not_set_up_is_for_the_user_to_mend(reference: Callable[[str], bytes]) -> None:
    error = error_in(Answer(500, JSON, reference("samples/errors/get_500_setup_not_entered.json")))

    assert error.failure_type == "config"
    assert error.message == "The required configuration data is not entered on the Company Branches form."
    assert errors.ServerFault("x").failure_type == "system"


def test_the_optimizer_names_its_fields(reference: Callable[[str], bytes]) -> None:
    error = error_in(Answer(500, JSON, reference("samples/errors/list_500_cannot_optimize.json")))

    assert isinstance(error, errors.CannotOptimize)
    assert error.fields == ("ExpandByLotSerialNbr", "InventoryID", "LocationID", "Subitem", "WarehouseID")


@pytest.mark.parametrize("line_end", ["\r\n", "\n", " "])
def test_the_optimizers_first_field_is_found_wherever_its_line_begins(line_end: str) -> None:
    text = (
        f"Optimization cannot be performed.The following fields cause the error:{line_end}"
        "RealGainAcctID: View CuryRecords has BQL delegate\r\nDetails/Qty: View Lines has BQL delegate\r\n"
    )
    error = error_in(fault(text, "PX.Api.ContractBased.OptimizedExport.CannotOptimizeException"))

    assert isinstance(error, errors.CannotOptimize)
    assert error.fields == ("RealGainAcctID", "Details/Qty")


@pytest.mark.parametrize(
    "words",
    [
        "A long operation is running for this screen in the current session. Please try again later.",
        "Another process has updated the 'SOOrder' record. Your changes will be lost.",
        "Another process has added the 'SOOrder' record. Your changes will be lost.",
    ],
)
def test_trouble_that_passes_is_distinguished_from_a_fault_on_any_build(words: str) -> None:
    error = error_in(fault(words))

    assert (type(error), error.message) == (errors.BusyRecord, words)
    assert kind_of(fault(words, status=409)) is errors.BusyRecord


# A refused record


def test_a_refused_record_keeps_every_field_error_and_its_status(reference: Callable[[str], bytes]) -> None:
    error = error_in(Answer(422, JSON, reference("samples/errors/put_422_bill_detail_error.json")))

    assert isinstance(error, errors.Rejected)
    assert error.message == "Details[0].Project: Project 'TES2323T  ' cannot be found in the system."
    assert [one.path for one in error.errors] == ["Details[0].Project"]
    assert error.status == 422


def test_the_same_refusal_as_a_500_keeps_what_the_exception_says() -> None:
    error = error_in(fault("A: no; B: no", "PX.Api.ContractBased.OutcomeEntityHasErrorsException"))

    assert isinstance(error, errors.Rejected)
    assert error.errors == (errors.FieldError("", "A: no; B: no"),)


def test_a_refusal_with_a_cause_behind_it_keeps_the_cause() -> None:
    summary = "Inserting  'Vendor' record raised at least one error. Please review the errors."
    body = envelope(summary, "PX.Data.PXOuterException", innerException={"exceptionMessage": "'Terms' is empty."})
    error = error_in(Answer(500, JSON, body))

    assert isinstance(error, errors.Rejected)
    assert error.message == "'Terms' is empty."


def test_a_refusal_of_many_lines_has_a_short_message_and_keeps_them_all() -> None:
    lines = {"Details": [{"Qty": {"value": 0, "error": f"wrong {n}"}} for n in range(500)]}
    error = error_in(Answer(422, JSON, json.dumps(lines).encode()))

    assert isinstance(error, errors.Rejected)
    assert len(error.errors) == 500
    assert error.message.endswith("; Details[9].Qty: wrong 9; and 490 more")


def test_a_refusal_without_any_word_still_has_a_message_and_one_error() -> None:
    error = error_in(Answer(422))

    assert isinstance(error, errors.Rejected)
    assert error.errors == (errors.FieldError("", "Acumatica refused the record (HTTP 422)."),)


# What a person reads


def test_no_message_of_an_error_contains_a_stack_trace() -> None:
    trace = "   at PX.Objects.SO.SOOrderEntry.Persist()"
    for status in (400, 401, 403, 404, 409, 412, 422, 429, 500, 503):
        error = error_in(fault("Boom", status=status, stackTrace=trace))
        assert "SOOrderEntry" not in error.sentence() + error.detail


def test_the_beginning_of_a_text_is_shown_and_of_a_page_or_of_json_is_not() -> None:
    assert Answer(500, {}, b"Service\r\nUnavailable " + b"x" * 9000).excerpt().startswith("Service Unavailable xxx")
    assert len(Answer(500, {}, b"x" * 9000).excerpt()) == 300
    assert page(500).excerpt() == ""
    assert Answer(500, JSON, b'{"a": 1}').excerpt() == ""
