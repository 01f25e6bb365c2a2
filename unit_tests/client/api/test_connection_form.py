"""The connection part of the form: one sentence for each kind of mistake, and never what the user typed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from acumatica_client.api.connection_form import check_form, connection_settings, number, text
from acumatica_client.errors import SettingsError

TYPED = "typ3d-by-the-user"

COOKIE = {
    "title": "User name and password",
    "type": "object",
    "required": ["auth_type", "username", "password"],
    "properties": {
        "auth_type": {"type": "string", "const": "cookie"},
        "username": {"type": "string", "title": "Username", "minLength": 1},
        "password": {"type": "string", "title": "Password", "minLength": 1},
    },
}
OAUTH = {
    "title": "Connected application",
    "type": "object",
    "required": ["auth_type", "client_id"],
    "properties": {
        "auth_type": {"type": "string", "const": "oauth2"},
        "client_id": {"type": "string", "title": "Client ID"},
    },
}


def schema(*choices: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "required": ["instance_uri", "credentials"],
        "properties": {
            "instance_uri": {"type": "string", "title": "Instance URI", "minLength": 1},
            "credentials": {"type": "object", "title": "Sign-in", "oneOf": list(choices or [COOKIE])},
            "concurrency_level": {"type": "integer", "title": "Concurrency level", "minimum": 1, "maximum": 25},
            "ratio": {"type": ["number", "null"], "title": "Ratio"},
            "verify": {"type": "boolean", "title": "Verify"},
            "mode": {"type": "string", "title": "Mode", "enum": ["fast", "safe"]},
            "start_date": {
                "type": "string",
                "title": "Start date",
                "pattern": "^[0-9]{4}$",
                "pattern_descriptor": "YYYY",
            },
            "code": {"type": "string", "title": "Code", "pattern": "^[A-Z]+$"},
            "short": {"type": "string", "maxLength": 3},
            "streams": {
                "type": "array",
                "title": "Streams",
                "items": {
                    "type": "object",
                    "required": ["entity"],
                    "properties": {"entity": {"type": "string", "title": "Entity"}},
                },
            },
        },
    }


SIGN_IN = {"auth_type": "cookie", "username": "admin", "password": TYPED}
FORM = {"instance_uri": "https://erp.example.com/Site", "credentials": SIGN_IN}


def sentence(form: object, *choices: Mapping[str, object]) -> str:
    with pytest.raises(SettingsError) as raised:
        check_form(form, schema(*choices))
    assert TYPED not in raised.value.sentence()
    return raised.value.sentence()


def without(form: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in form.items() if name not in names}


def test_a_form_that_is_filled_in_passes_as_it_is():
    assert check_form(FORM, schema()) is FORM


@pytest.mark.parametrize("form", [None, [], [FORM], TYPED, 5, True])
def test_what_is_no_object_is_no_configuration(form):
    assert sentence(form) == "The configuration is not a JSON object."


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (without(FORM, "instance_uri"), "Instance URI must be filled in."),
        ({}, "Instance URI and Sign-in must be filled in."),
        ({**FORM, "instance_uri": ""}, "Instance URI must not be empty."),
        ({**FORM, "instance_uri": 5}, "Instance URI must be text."),
        ({**FORM, "instance_uri": None}, "Instance URI must be text."),
        ({**FORM, "instance_uri": [TYPED]}, "Instance URI must be text."),
        ({**FORM, "concurrency_level": 0}, "Concurrency level must be at least 1."),
        ({**FORM, "concurrency_level": 26}, "Concurrency level must be at most 25."),
        ({**FORM, "concurrency_level": TYPED}, "Concurrency level must be a whole number."),
        ({**FORM, "concurrency_level": 1.5}, "Concurrency level must be a whole number."),
        ({**FORM, "concurrency_level": True}, "Concurrency level must be a whole number."),
        ({**FORM, "ratio": TYPED}, "Ratio must be a number or empty."),
        ({**FORM, "verify": TYPED}, "Verify must be true or false."),
        ({**FORM, "mode": TYPED}, "Mode must be one of fast, safe."),
        ({**FORM, "start_date": TYPED}, "Start date must have the form YYYY."),
        ({**FORM, "code": TYPED}, "Code is not in the expected form."),
        ({**FORM, "short": TYPED}, "short is not valid."),
        ({**FORM, "streams": TYPED}, "Streams must be a list."),
        ({**FORM, "streams": [{"entity": "A"}, {}]}, "Entity must be filled in."),
        ({**FORM, "streams": [{"entity": 5}]}, "Entity must be text."),
        ({**FORM, "streams": [TYPED]}, "An entry of Streams must be a JSON object."),
    ],
)
def test_a_broken_field_is_named_by_its_label_and_what_it_must_be(form, expected):
    assert sentence(form) == expected


@pytest.mark.parametrize(
    ("sign_in", "expected"),
    [
        (TYPED, "Sign-in must be a JSON object."),
        (None, "Sign-in must be a JSON object."),
        ([], "Sign-in must be a JSON object."),
        (without(SIGN_IN, "password"), "Password must be filled in."),
        (without(SIGN_IN, "username", "password"), "Username and Password must be filled in."),
        (without(SIGN_IN, "auth_type"), "auth_type must be filled in."),
        ({}, "auth_type, Username and Password must be filled in."),
        ({**SIGN_IN, "auth_type": TYPED}, "auth_type must be 'cookie'."),
        ({**SIGN_IN, "auth_type": {"a": TYPED}}, "auth_type must be 'cookie'."),
        ({**SIGN_IN, "password": ""}, "Password must not be empty."),
        ({**SIGN_IN, "password": 77777777}, "Password must be text."),
        ({**SIGN_IN, "username": None}, "Username must be text."),
    ],
)
def test_a_broken_sign_in_is_named_by_the_field_that_breaks_it(sign_in, expected):
    assert sentence({**FORM, "credentials": sign_in}) == expected


@pytest.mark.parametrize(
    ("sign_in", "expected"),
    [
        ({"auth_type": "oauth2"}, "Client ID must be filled in."),
        ({"auth_type": "cookie", "client_id": TYPED}, "Username and Password must be filled in."),
        ({"auth_type": TYPED}, "auth_type must be 'cookie' or 'oauth2'."),
        ({"username": TYPED}, "auth_type must be 'cookie' or 'oauth2'."),
    ],
)
def test_among_several_sign_ins_the_one_that_was_meant_is_described(sign_in, expected):
    assert sentence({**FORM, "credentials": sign_in}, COOKIE, OAUTH) == expected


class TestTheSettings:
    def test_have_what_was_filled_in(self):
        form = {
            **FORM,
            "company": " Company ",
            "branch": "MAIN",
            "concurrency_level": 3,
            "endpoint_version": "24.200.001",
        }
        settings = connection_settings(form, user_agent="test")
        assert (settings.sign_in.username, settings.sign_in.company, settings.sign_in.branch) == (
            "admin",
            "Company",
            "MAIN",
        )
        assert (settings.sessions, settings.endpoint_version, settings.user_agent) == (3, "24.200.001", "test")

    def test_keep_every_blank_of_a_password(self):
        form = {**FORM, "credentials": {**SIGN_IN, "password": "  two blanks  "}}
        assert connection_settings(form, user_agent="test").sign_in.password == "  two blanks  "

    def test_never_show_a_password(self):
        assert TYPED not in repr(connection_settings(FORM, user_agent="test"))

    @pytest.mark.parametrize(
        ("uri", "fields", "endpoint"),
        [
            ("https://h.example.com/s", {}, ("Default", None)),
            ("https://h.example.com/s/entity/Manufacturing/24.200.001/Item", {}, ("Manufacturing", "24.200.001")),
            (
                "https://h.example.com/s/entity/Manufacturing/24.200.001",
                {"endpoint_name": "Mine"},
                ("Mine", None),
            ),
            ("https://h.example.com/s/entity/MFG/1.0", {"endpoint_name": "mfg"}, ("mfg", "1.0")),
            ("https://h.example.com/s/entity/Mine/1.0", {"endpoint_version": "2.0"}, ("Mine", "2.0")),
            ("https://h.example.com/s", {"endpoint_name": "", "endpoint_version": " "}, ("Default", None)),
        ],
    )
    def test_take_the_endpoint_of_a_pasted_url_where_the_form_leaves_it_open(self, uri, fields, endpoint):
        settings = connection_settings({**FORM, "instance_uri": uri, **fields}, user_agent="test")
        assert (settings.endpoint_name, settings.endpoint_version) == endpoint

    def test_without_a_sign_in_are_refused(self):
        with pytest.raises(SettingsError, match="sign-in is missing"):
            connection_settings({**FORM, "credentials": TYPED}, user_agent="test")


def test_a_text_is_stripped_and_empty_where_it_is_not_filled_in():
    assert text({"a": " b "}, "a") == "b"
    assert text({"a": " b "}, "a", strip=False) == " b "
    assert text({}, "a") == text({"a": None}, "a") == text({"a": 5}, "a") == ""


@pytest.mark.parametrize(("value", "found"), [(5, 5), (5.0, 5), (None, 7), ("5", 7)])
def test_a_number_may_be_written_as_json_schema_allows(value, found):
    assert number({"a": value}, "a", 7) == found
    assert number({}, "a", 7) == 7
