"""The credentials of the form: the sign-in they stand for, their company, and the form after a rotation."""

from __future__ import annotations

import copy

import pytest

from acumatica_client.api.connection_form import connection_settings
from acumatica_client.auth.credentials import renewed_form, sign_in_of
from acumatica_client.auth.oauth import Rotation
from acumatica_client.auth.sign_in import CookieSignIn, OAuthPasswordSignIn, OAuthSignIn
from acumatica_client.errors import SettingsError
from acumatica_client.transport.instance_address import InstanceAddress

HTTPS = InstanceAddress("https://erp.example.com/site")
ID = "4B6D9A34-7E21@My Company"
CONSENT = {"auth_type": "oauth2.0", "client_id": ID, "client_secret": "p4ssword-hidden", "refresh_token": "refr3sh"}
PASSWORD = {
    "auth_type": "oauth2.0_password",
    "client_id": ID,
    "client_secret": "p4ssword-hidden",
    "username": "admin",
    "password": "wrong-password",
}
COOKIE = {"auth_type": "cookie", "username": "admin", "password": "wrong-password"}
BOTH = pytest.mark.parametrize("fields", [CONSENT, PASSWORD], ids=["consent", "password"])


def refused(fields: dict[str, str], address: InstanceAddress = HTTPS, company: str = "") -> str:
    with pytest.raises(SettingsError) as raised:
        sign_in_of(fields, address, company=company)
    for secret in ("p4ssword-hidden", "refr3sh", "wrong-password", fields["client_id"]):
        assert len(secret) < 2 or secret not in raised.value.sentence()
    return raised.value.sentence()


# Which sign-in


def test_a_consent_is_a_refresh_token() -> None:
    assert sign_in_of(CONSENT, HTTPS, branch="MAIN") == OAuthSignIn(
        client_id=ID, client_secret="p4ssword-hidden", refresh_token="refr3sh", branch="MAIN"
    )


def test_a_password_may_go_by_the_token_endpoint() -> None:
    assert sign_in_of(PASSWORD, HTTPS, branch="MAIN") == OAuthPasswordSignIn(
        client_id=ID, client_secret="p4ssword-hidden", username="admin", password="wrong-password", branch="MAIN"
    )


def test_a_password_may_go_by_cookies() -> None:
    assert sign_in_of(COOKIE, HTTPS, company="A", branch="B") == CookieSignIn("admin", "wrong-password", "A", "B")


def test_cookies_may_travel_over_plain_http() -> None:
    sign_in_of(COOKIE, InstanceAddress("http://erp.example.com/site"))


@pytest.mark.parametrize(
    ("expiry", "seconds"),
    [
        ("2026-11-23T07:00:00Z", 1795417200.0),
        ("2026-11-23T07:00:00+00:00", 1795417200.0),
        ("2026-11-23T09:00:00.000+02:00", 1795417200.0),
        ("2026-11-23T07:00:00", 1795417200.0),
        ("", None),
        ("soon", None),
        ("3600", None),
    ],
)
def test_a_saved_access_token_comes_with_its_end_where_that_can_be_read(expiry: str, seconds: float | None) -> None:
    found = sign_in_of({**CONSENT, "access_token": "acc3ss", "token_expiry_date": expiry}, HTTPS)

    assert isinstance(found, OAuthSignIn)
    assert (found.access_token, found.access_ends) == ("acc3ss", seconds)


# Which company


@BOTH
@pytest.mark.parametrize("company", ["", "My Company", "MY COMPANY", "my company"])
def test_the_company_of_the_client_id_is_the_one_that_is_meant(fields: dict[str, str], company: str) -> None:
    assert sign_in_of(fields, HTTPS, company=company).company == "My Company"


@BOTH
@pytest.mark.parametrize("company", ["Other", "My", "My Company 2"])
def test_a_client_id_of_another_company_is_refused_before_anything_is_sent(
    fields: dict[str, str], company: str
) -> None:
    assert "another company" in refused(fields, company=company)


@BOTH
@pytest.mark.parametrize("client_id", ["", "4B6D9A34-7E21", "@Company", "4B6D9A34-7E21@", "@"])
def test_a_client_id_without_a_company_is_refused(fields: dict[str, str], client_id: str) -> None:
    assert "does not say its company" in refused({**fields, "client_id": client_id})


# Which scheme


@BOTH
@pytest.mark.parametrize("host", ["erp.example.com", "192.168.1.5:8080", "localhost.example.com", "1270.0.0.1"])
def test_plain_http_is_refused(fields: dict[str, str], host: str) -> None:
    assert "https://" in refused(fields, InstanceAddress(f"http://{host}/site"))


@BOTH
@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:80", "127.9.9.9", "[::1]:8080"])
def test_this_machine_may_talk_to_itself_over_plain_http(fields: dict[str, str], host: str) -> None:
    sign_in_of(fields, InstanceAddress(f"http://{host}/site"))


# From the form


def test_the_form_gives_the_sign_in_with_every_field_in_its_place() -> None:
    form = {
        "instance_uri": "https://erp.example.com/site",
        "company": "my company",
        "branch": "MAIN",
        "credentials": {
            **PASSWORD,
            "client_id": f" {ID} ",
            "client_secret": " p4ssword-hidden\n",
            "password": " wrong-password ",
        },
    }
    found = connection_settings(form, user_agent="test").sign_in

    assert found == OAuthPasswordSignIn(
        client_id=ID, client_secret="p4ssword-hidden", username="admin", password=" wrong-password ", branch="MAIN"
    )


# After a rotation

FORM = {"instance_uri": "x", "credentials": CONSENT, "streams": [{"a": [1]}], "unknown": None}
ROTATION = Rotation("refr3sh-2", "acc3ss-2", 1795417200.9)


def test_the_whole_form_is_saved_with_the_new_tokens() -> None:
    assert renewed_form(FORM, ROTATION) == {
        **FORM,
        "credentials": {
            **CONSENT,
            "refresh_token": "refr3sh-2",
            "access_token": "acc3ss-2",
            "token_expiry_date": "2026-11-23T07:00:00Z",
        },
    }


def test_the_form_that_was_read_stays_as_it_is() -> None:
    before = copy.deepcopy(FORM)
    renewed = renewed_form(FORM, ROTATION)
    renewed["streams"][0]["a"].append(2)

    assert before == FORM


def test_what_is_saved_is_read_back_as_the_same_sign_in() -> None:
    form = renewed_form({**FORM, "instance_uri": "https://erp.example.com/site"}, ROTATION)
    found = connection_settings(form, user_agent="test").sign_in

    assert isinstance(found, OAuthSignIn)
    assert (found.refresh_token, found.access_token) == ("refr3sh-2", "acc3ss-2")
    assert found.access_ends == 1795417200.0


def test_a_rotation_of_a_form_without_credentials_is_saved_all_the_same() -> None:
    assert renewed_form({}, ROTATION)["credentials"]["refresh_token"] == "refr3sh-2"
