"""The table of sign-in failures says what the user really reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from acumatica_client.answers import Answer
from acumatica_client.landing import WrongCompany, check_landing
from acumatica_client.oauth import TOKEN_PATH
from acumatica_client.sign_in import refusal_of
from unit_tests.client.fakes import fault, page, redirect

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "sign-in.md"
LIMIT = "API Login Limit"

FAILURES = {
    '500 `PXException` "Invalid credentials"': fault("Error: Invalid credentials. Please try again."),
    "500 `PXUndefinedCompanyException`": fault(
        "A proper company ID cannot be determined for the request.", "PX.Data.PXUndefinedCompanyException"
    ),
    '500 "You need to change your password"': fault("You need to change your password. Sign in by using your browser."),
    "500, the user is locked out": fault("Your account is locked out."),
    "500 with any other words": fault("Something else is wrong."),
    '500 "API Login Limit"': fault(LIMIT),
    '429 "API Login Limit"': fault(LIMIT, status=429),
    "429 in the words of IIS": Answer(429, {}, b"The custom error module does not recognize this error."),
    "302 to an error page that names the limit": redirect(
        "/Frames/Error.aspx?message=The+number+of+concurrent+API+logins+has+been+reached."
    ),
    "404": page(404),
    "200 with a web page": page(200),
    "503": page(503),
}


def sentence(answer: Answer) -> str:
    refusal = refusal_of(answer, "Acme")
    assert refusal is not None
    return refusal.sentence()


def rows() -> dict[str, str]:
    lines = [line.strip("|").split("|") for line in DOCUMENT.read_text("utf-8").splitlines() if line.startswith("| ")]
    return {what.strip(): read.strip() for what, read in lines[1:]}


@pytest.mark.parametrize("what", FAILURES)
def test_each_failure_stands_in_the_table_with_its_sentence(what):
    told = sentence(FAILURES[what]).replace("|", "\\|")
    for words in ("Your account is locked out.", "Something else is wrong."):
        told = told.replace(words, "...")

    assert rows()[what] == told


def test_landing_in_another_company_stands_in_the_table():
    with pytest.raises(WrongCompany) as caught:
        check_landing(Answer(200, {}, b'<input id="txtSingleCompany" value="Demo">'), "Acme")

    assert rows()["204, but in another company (Demo)"] == caught.value.sentence()


def test_nothing_else_stands_in_the_table():
    assert set(rows()) == {*FAILURES, "204, but in another company (Demo)"}


def test_the_way_of_tokens_is_named():
    assert f"`{TOKEN_PATH}`" in DOCUMENT.read_text("utf-8")
