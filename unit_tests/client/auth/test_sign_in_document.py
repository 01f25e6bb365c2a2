"""The table of sign-in failures says what the user really reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acumatica_client.auth.credentials import sign_in_of
from acumatica_client.auth.oauth import TOKEN_PATH, parse_token_answer
from acumatica_client.auth.sign_in import opening_refusal, refusal_of
from acumatica_client.auth.tenant_check import WrongTenant, check_tenant
from acumatica_client.errors import AcumaticaError
from acumatica_client.rest.answers import Answer
from acumatica_client.transport.instance_address import parse_instance_uri
from unit_tests.client.fakes import fault, page, redirect

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "sign-in.md"
LIMIT = "API Login Limit"


def refused(code: str, **more: str) -> Answer:
    return Answer(400, {"content-type": "application/json"}, json.dumps({"error": code, **more}).encode())


FIREWALL = Answer(403, {"content-type": "text/html", "server": "nginx"}, b"<title>Request Rejected</title>")
FAILURES = {
    '500 `PXException` "Invalid credentials"': fault("Error: Invalid credentials. Please try again."),
    "500 `PXUndefinedCompanyException`": fault(
        "A proper company ID cannot be determined for the request.", "PX.Data.PXUndefinedCompanyException"
    ),
    '500 "You need to change your password"': fault("You need to change your password. Sign in by using your browser."),
    "500, the user is locked out": fault("Your account is locked out."),
    "500, the license has expired": fault("Your license has expired."),
    "500 with any other words": fault("Something else is wrong."),
    '500 "API Login Limit"': fault(LIMIT),
    '429 "API Login Limit"': fault(LIMIT, status=429),
    "429 in the words of IIS": Answer(429, {}, b"The custom error module does not recognize this error."),
    "302 to an error page that names the limit": redirect(
        "/Frames/Error.aspx?message=The+number+of+concurrent+API+logins+has+been+reached."
    ),
    "404": page(404),
    "200 with a web page": page(200),
    "403 with the page of a firewall": FIREWALL,
    "503": page(503),
}


TOKEN_FAILURES = {
    "400 `invalid_grant`, `invalid_username_or_password`": refused(
        "invalid_grant", error_description="invalid_username_or_password"
    ),
    "400 `invalid_grant`": refused("invalid_grant"),
    "400 `invalid_client`": refused("invalid_client"),
    "400 `unauthorized_client`": refused("unauthorized_client"),
    "400 `invalid_scope`": refused("invalid_scope"),
    "400 with another code, such as `server_error`": refused("server_error"),
    "400 that names the API Login Limit": refused("invalid_grant", error_description=LIMIT),
    "404 of the token endpoint": page(404),
    "403 of the token endpoint with the page of a firewall": FIREWALL,
    "503 of the token endpoint": page(503),
    "500 of the token endpoint": page(500),
}
FORMS = {
    "the client ID without a company": {"client_id": "4B6D"},
    "the client ID of another company": {"client_id": "4B6D@Demo"},
    "an address with http://": {"instance_uri": "http://erp.example.com/Site"},
}


def sentence(answer: Answer) -> str:
    refusal = refusal_of(answer, "Acme")
    assert refusal is not None
    return refusal.sentence()


def rows() -> dict[str, str]:
    lines = [line.strip("|").split("|") for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [(what.strip(), read.strip()) for what, read in lines]
    return {what: read for what, read in cells if read != "what the user reads"}


@pytest.mark.parametrize("what", FAILURES)
def test_each_failure_stands_in_the_table_with_its_sentence(what):
    expected = sentence(FAILURES[what]).replace("|", "\\|")
    for words in ("Your account is locked out.", "Your license has expired.", "Something else is wrong."):
        expected = expected.replace(words, "...")

    assert rows()[what] == expected


@pytest.mark.parametrize("what", TOKEN_FAILURES)
def test_each_refusal_of_a_token_stands_in_the_table_with_its_sentence(what):
    with pytest.raises(AcumaticaError) as caught:
        parse_token_answer(TOKEN_FAILURES[what])

    assert rows()[what] == caught.value.sentence()


@pytest.mark.parametrize("what", FORMS)
def test_each_form_that_cannot_get_a_token_stands_in_the_table_with_its_sentence(what):
    given = {"client_id": "4B6D@Acme", "instance_uri": "https://erp.example.com/Site", **FORMS[what]}
    fields = {"auth_type": "oauth2.0", "client_id": given["client_id"]}
    with pytest.raises(AcumaticaError) as caught:
        sign_in_of(fields, parse_instance_uri(given["instance_uri"]), company="Acme")

    assert rows()[what] == caught.value.sentence()


def test_an_access_token_that_is_not_accepted_stands_in_the_table():
    refusal = opening_refusal(Answer(401, {}, b""))

    assert refusal is not None
    assert rows()["401 to the new access token"] == refusal.sentence()


def test_landing_in_another_company_stands_in_the_table():
    with pytest.raises(WrongTenant) as caught:
        check_tenant(Answer(200, {}, b'<input id="txtSingleCompany" value="Demo">'), "Acme")

    assert rows()["204, but in another company (Demo)"] == caught.value.sentence()


def test_nothing_else_stands_in_the_table():
    others = {"204, but in another company (Demo)", "401 to the new access token"}
    assert set(rows()) == {*FAILURES, *TOKEN_FAILURES, *FORMS, *others}


def test_the_token_endpoint_is_named():
    assert f"`{TOKEN_PATH}`" in DOCUMENT.read_text("utf-8")
