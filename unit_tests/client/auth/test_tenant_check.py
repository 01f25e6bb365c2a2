"""The tenant of a session is read from the sign-in page, and another one than asked for is an error."""

from __future__ import annotations

import pytest

from acumatica_client.auth.tenant_check import TENANT_PAGE, WrongTenant, check_tenant, tenant_on_page
from acumatica_client.errors import SettingsError
from acumatica_client.rest.answers import Answer


def answer(body: str, status: int = 200) -> Answer:
    return Answer(status, {"content-type": "text/html"}, body.encode())


@pytest.mark.parametrize(
    "field",
    [
        '<input type="hidden" name="ctl00$phUser$txtSingleCompany" id="txtSingleCompany" value="Acme" />',
        "<INPUT ID='txtSingleCompany' VALUE='Acme'>",
        '<input value="Acme" id="ctl00_phUser_txtSingleCompany">',
        '<input id="txtSingleCompany" value="  Acme ">',
    ],
)
def test_the_hidden_field_names_the_company_however_it_is_written(field):
    assert tenant_on_page(answer(f"<html><form>{field}</form></html>")) == "Acme"


def test_a_name_with_entities_is_read_as_text():
    assert tenant_on_page(answer('<input id="txtSingleCompany" value="R&amp;D &quot;North&quot;">')) == 'R&D "North"'


@pytest.mark.parametrize(
    "page",
    [
        answer("<html></html>"),
        answer('<input id="txtSingleCompany" value="">'),
        answer('<input id="txtSingleCompany">'),
        answer('<input id="txtUser" value="Acme">'),
        answer('<input id="txtSingleCompany" value="Acme">', status=302),
        answer('<input id="txtSingleCompany" value="Acme">', status=500),
        Answer(200, {}, b"\xff\xfe"),
    ],
)
def test_a_page_that_names_none_says_nothing(page):
    assert tenant_on_page(page) is None
    assert check_tenant(page, "Acme") is False


@pytest.mark.parametrize("company", ["Acme", "ACME", " acme "])
def test_the_same_company_is_known_without_regard_to_case(company):
    assert check_tenant(answer('<input id="txtSingleCompany" value="Acme">'), company) is True


def test_another_company_is_a_setting_to_mend():
    with pytest.raises(WrongTenant) as caught:
        check_tenant(answer('<input id="txtSingleCompany" value="Demo">'), "Acme")

    assert isinstance(caught.value, SettingsError)
    assert caught.value.failure_type == "config"
    assert caught.value.sentence().startswith("Acumatica signed in to the company 'Demo' instead of 'Acme'.")
    assert "SM203520" in caught.value.advice


def test_the_question_changes_nothing():
    assert (TENANT_PAGE.method, TENANT_PAGE.path, TENANT_PAGE.repeatable) == ("GET", "/Frames/Login.aspx", True)
