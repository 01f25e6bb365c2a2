"""A sign-in that fails says why in a way that a person can act on, and is not repeated."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from acumatica_client import errors
from acumatica_client.auth.sign_in import CookieSignIn, refusal_of
from acumatica_client.rest.answers import Answer
from acumatica_client.rest.retry import may_repeat
from unit_tests.client.fakes import fault, page, redirect

UNDEFINED = "A proper company ID cannot be determined for the request."
CHANGE = "You need to change your password. Sign in by using your browser to set a new password."
IIS_429 = Answer(429, {"content-type": "text/plain"}, b"The custom error module does not recognize this error.")


def error_in(answer: Answer, company: str = "") -> errors.AcumaticaError:
    error = refusal_of(answer, company)
    assert error is not None
    return error


# What is sent


def sent(sign_in: CookieSignIn) -> dict[str, str]:
    return json.loads(sign_in.body())


def test_the_request_names_the_tenant_by_its_new_and_its_old_name() -> None:
    assert sent(CookieSignIn("admin", "123", "MyStore", "MAIN")) == {
        "name": "admin",
        "password": "123",
        "tenant": "MyStore",
        "company": "MyStore",
        "branch": "MAIN",
    }


def test_what_the_user_left_open_is_left_out_so_that_the_server_chooses() -> None:
    assert sent(CookieSignIn("admin", "123")) == {"name": "admin", "password": "123"}


def test_a_password_travels_as_it_is_and_never_shows_in_a_text() -> None:
    sign_in = CookieSignIn("admin", 'p"ä\\ß\n')

    assert sent(sign_in)["password"] == 'p"ä\\ß\n'
    assert "ß" not in repr(sign_in)


# What worked


@pytest.mark.parametrize("answer", [Answer(204), Answer(200), Answer(200, {"content-type": "application/json"}, b"{}")])
def test_a_sign_in_that_worked_is_no_error(answer: Answer) -> None:
    assert refusal_of(answer, "") is None


# The table of refusals


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (fault("Error: Invalid credentials. Please try again."), errors.SignInRefused, "user name or the password is"),
        (fault(UNDEFINED, "PX.Data.PXUndefinedCompanyException"), errors.UnknownTenant, "company (tenant) 'Acme'"),
        (fault(UNDEFINED), errors.UnknownTenant, "company (tenant) 'Acme'"),
        (fault(CHANGE), errors.SignInRefused, "must be changed"),
        (fault("Error: Your password has expired."), errors.SignInRefused, "must be changed"),
        (fault("The account is locked out."), errors.SignInRefused, "locked out or disabled (The account is locked"),
        (fault("Your account has been disabled."), errors.SignInRefused, "locked out or disabled (Your account"),
        (fault("The license is not valid."), errors.SignInRefused, "its license (The license is not valid.)"),
        (fault("API Login Limit"), errors.LoginLimit, "Every API session"),
        (fault("API Login Limit", status=429), errors.LoginLimit, "Every API session"),
        (fault("x", stackTrace="at PX.LicensePolicy.PXLicensePolicy.CheckApiUsersLimits"), errors.LoginLimit, "Every"),
        (IIS_429, errors.LoginLimit, "Every API session"),
        (Answer(429), errors.LoginLimit, "Every API session"),
        (redirect("/Frames/Error.aspx?message=The+number+of+concurrent+API+logins"), errors.LoginLimit, "Every"),
        (Answer(400, {}, b'{"message": "The request is invalid."}'), errors.SignInRefused, "The request is invalid."),
        (Answer(401), errors.SignInRefused, "HTTP 401"),
        (page(403), errors.SignInRefused, "HTTP 403"),
        (Answer(403, {}, b'{"message": "You have insufficient rights."}'), errors.SignInRefused, "insufficient rights"),
        (page(404), errors.SettingsError, "no Acumatica API at this address (HTTP 404)"),
        (page(405), errors.SettingsError, "no Acumatica API at this address (HTTP 405)"),
        (page(200), errors.SettingsError, "no Acumatica API at this address (a web page)"),
        (page(200, "<form action='/Frames/Login.aspx'>"), errors.SettingsError, "no Acumatica API at this address"),
        (redirect("/Frames/Login.aspx?ReturnUrl=%2fentity"), errors.SettingsError, "its sign-in page"),
        (redirect("https://erp.example.com/entity/auth/login"), errors.SettingsError, "redirects elsewhere"),
        (redirect("/Frames/Error.aspx?message=The+user+is+locked+out."), errors.SignInRefused, "locked out"),
        (redirect("/Frames/Error.aspx?message=Not+today."), errors.SignInRefused, "refused the sign-in: Not today."),
        (redirect("/Frames/Maintenance.aspx"), errors.Overloaded, "maintenance"),
        (Answer(503), errors.Overloaded, "HTTP 503"),
        (page(502), errors.Overloaded, "HTTP 502"),
        (fault("Execution Timeout", "System.Data.SqlClient.SqlException"), errors.ServerFault, "Execution Timeout"),
        (page(500), errors.ServerFault, "inside Acumatica or a server before it (HTTP 500)"),
        (Answer(500), errors.ServerFault, "HTTP 500"),
        (Answer(411, {"content-type": "text/html"}, b"<h1>Length Required"), errors.ServerFault, "HTTP 411"),
    ],
)
def test_every_row_of_the_table_of_failures(answer: Answer, kind: type, says: str) -> None:
    error = error_in(answer, "Acme")

    assert type(error) is kind
    assert says in error.message
    assert error.advice or kind in (errors.Overloaded, errors.ServerFault)


def test_the_recorded_wrong_password_is_one(reference: Callable[[str], bytes]) -> None:
    body = reference("samples/errors/login_500_invalid_credentials.json")
    error = error_in(Answer(500, {"content-type": "application/json"}, body))

    assert isinstance(error, errors.SignInRefused)
    assert error.message == "The user name or the password is wrong."
    assert error.detail == "Error: Invalid credentials. Please try again."


def test_an_unknown_refusal_is_shown_in_acumaticas_words_and_not_called_a_wrong_password() -> None:
    error = error_in(fault("Error: The user type does not allow this kind of sign-in."))

    assert isinstance(error, errors.SignInRefused)
    assert error.message == "Acumatica refused the sign-in: Error: The user type does not allow this kind of sign-in."
    assert "password" not in error.sentence()


def test_an_unknown_tenant_is_called_as_the_user_called_it_or_not_given() -> None:
    answer = fault(UNDEFINED, "PX.Data.PXUndefinedCompanyException")

    assert "{odd}" in error_in(answer, "{odd}").message
    assert "(none given)" in error_in(answer, "").message


def test_braces_in_acumaticas_words_are_words() -> None:
    assert error_in(fault("Error {0} of {words}")).message.endswith("Error {0} of {words}")


def test_names_in_a_stack_trace_are_not_taken_for_the_reason() -> None:
    trace = "at PX.Licensing.LockedUsers.CheckDisabled() at PX.Data.PXUndefinedCompanyException..ctor()"
    error = error_in(fault("Error: Invalid credentials. Please try again.", stackTrace=trace))

    assert error.message == "The user name or the password is wrong."


def test_blocked_is_not_locked() -> None:
    assert "refused the sign-in: Requests are blocked." in error_in(fault("Requests are blocked.")).message


# What could lock the user out is not repeated


@pytest.mark.parametrize(
    "answer",
    [
        fault("Error: Invalid credentials. Please try again."),
        fault("Unheard of."),
        fault("Execution Timeout", "System.Data.SqlClient.SqlException"),
        page(500),
        page(200),
        Answer(500),
        Answer(401),
        Answer(418),
        redirect("/Frames/Error.aspx?message=Who+are+you"),
        redirect("/Frames/Login.aspx"),
    ],
)
def test_a_sign_in_that_may_have_tried_the_password_is_never_repeated(answer: Answer) -> None:
    assert not may_repeat(error_in(answer), repeatable=True)


@pytest.mark.parametrize("answer", [Answer(503), page(502), redirect("/Frames/Maintenance.aspx")])
def test_a_site_that_is_not_up_is_tried_again_even_for_a_write_since_the_write_was_not_sent(answer: Answer) -> None:
    assert may_repeat(error_in(answer), repeatable=False)


def test_no_refusal_repeats_the_password_or_a_stack_trace() -> None:
    trace = "at PX.Data.PXLogin.LoginUser(String userName, String password)"
    for message in ("Error: Invalid credentials.", CHANGE, UNDEFINED, "Unheard of."):
        error = error_in(fault(message, stackTrace=trace))
        assert "PXLogin" not in error.sentence() + error.detail
