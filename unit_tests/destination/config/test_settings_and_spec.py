"""The form: what the spec shows, and the settings read from it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping

import pytest
from jsonschema import Draft7Validator

from acumatica_client.errors import SettingsError
from destination_acumatica.config.settings import destination_settings
from destination_acumatica.config.stream_settings import FieldSetting, StreamSettings
from destination_acumatica.specification import connection_specification, spec
from unit_tests.destination.builders import CONFIG

FORM = connection_specification()
PROPERTIES = FORM["properties"]
CHOICES = PROPERTIES["credentials"]["oneOf"]
OURS = {
    "streams",
    "on_record_error",
    "max_rejected_records",
    "max_rejected_percent",
    "object_storage_config",
    "stream_order",
    "dry_run",
}
assert isinstance(PROPERTIES, Mapping)


def changed(**settings: object) -> dict[str, object]:
    return {**copy.deepcopy(CONFIG), **settings}


def refusal(config: object) -> str:
    with pytest.raises(SettingsError) as caught:
        destination_settings(config)
    assert caught.value.failure_type == "config"
    return caught.value.sentence()


def nodes(schema: object) -> Iterator[Mapping[str, object]]:
    """Every schema inside a schema."""
    if isinstance(schema, Mapping):
        yield schema
        for value in schema.values():
            yield from nodes(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from nodes(value)


def test_the_labels_are_those_of_the_form_that_the_user_sees_in_acumatica() -> None:
    labels = {name: field["title"] for name, field in PROPERTIES.items()}
    assert labels == {
        "instance_uri": "Instance URI",
        "endpoint_name": "Endpoint name",
        "endpoint_version": "Endpoint version",
        "credentials": "Sign-in",
        "company": "Company",
        "branch": "Branch",
        "concurrency_level": "Concurrency level",
        "concurrency_pool": "Session pool",
        "login_wait_minutes": "Wait for a free session",
        "requests_per_minute": "Requests per minute",
        "streams": "Streams",
        "on_record_error": "When Acumatica rejects a record",
        "max_rejected_records": "Most rejected records",
        "max_rejected_percent": "Most rejected records in percent",
        "object_storage_config": "Object Storage Configuration",
        "stream_order": "Order of streams",
        "dry_run": "Dry run",
        "business_date": "Business date",
        "locale": "Locale",
        "ca_certificate": "CA certificate",
        "verify_tls": "Verify TLS",
        "tunnel_method": "SSH Tunnel Method",
    }
    for choice in CHOICES[1:]:
        assert [choice["properties"][name]["title"] for name in ("username", "password")] == ["Username", "Password"]


def test_there_are_three_ways_to_sign_in_and_oauth_comes_first() -> None:
    """The first choice of the form is the one that the platform's consent button fills in."""
    assert [(choice["properties"]["auth_type"]["const"], choice["title"]) for choice in CHOICES] == [
        ("oauth2.0", "OAuth 2.0"),
        ("oauth2.0_password", "OAuth 2.0 with user name and password"),
        ("cookie", "User name and password"),
    ]


def test_only_modes_that_delete_nothing_are_offered() -> None:
    assert spec()["supported_destination_sync_modes"] == ["append", "append_dedup"]
    assert spec()["supportsIncremental"] is True


def test_the_fields_stand_in_the_order_of_the_form() -> None:
    orders = [field["order"] for field in PROPERTIES.values()]
    assert orders == list(range(len(orders)))


@pytest.mark.parametrize(
    ("field", "form"),
    [
        ("company", "SM203520"),
        ("branch", "CS102000"),
        ("endpoint_name", "SM207060"),
        ("endpoint_version", "SM207060"),
        ("concurrency_level", "SM604000"),
    ],
)
def test_a_description_says_where_in_acumatica_to_look(field: str, form: str) -> None:
    assert form in PROPERTIES[field]["description"]


def test_the_specification_says_where_users_are() -> None:
    assert all("SM201010" in choice["properties"]["username"]["description"] for choice in CHOICES[1:])
    assert all("SM303010" in choice["properties"]["client_id"]["description"] for choice in CHOICES[:2])


def test_the_spec_obeys_the_rules_of_the_platform() -> None:
    Draft7Validator.check_schema(FORM)
    forbidden = {"allOf", "anyOf", "not", "if", "then", "else", "patternProperties", "prefixItems", "$ref"}
    for node in nodes(FORM):
        assert not forbidden & set(node)
        assert node.get("additionalProperties", True) is True
        if "oneOf" in node:
            assert node["type"] == "object"
        if node.get("type") == "array":
            assert node["items"]["type"] in ("object", "string")
        if "enum" in node:
            assert len(set(node["enum"])) == len(node["enum"])


def test_each_group_of_fields_has_an_order_of_its_own() -> None:
    for node in nodes(FORM):
        fields = node.get("properties")
        if isinstance(fields, Mapping):
            orders = [field["order"] for field in fields.values()]
            assert sorted(orders) == list(range(len(orders)))


def test_passwords_secrets_and_tokens_are_secrets_and_nothing_else() -> None:
    secrets = {node["title"] for node in nodes(CHOICES) if node.get("airbyte_secret")}
    assert secrets == {"Password", "Client secret", "Refresh token", "Access token"}


def test_the_consent_is_that_of_the_source() -> None:
    from source_acumatica.specification import spec as source_spec

    assert spec()["advanced_auth"] == source_spec()["advanced_auth"]


def test_the_least_that_must_be_filled_in() -> None:
    settings = destination_settings(changed())
    connection = settings.connection
    assert (connection.address.base_url, connection.endpoint_name, connection.endpoint_version) == (
        "https://erp.example.com/Site",
        "Default",
        None,
    )
    assert (connection.sessions, settings.streams, settings.limits.on_record_error) == (1, {}, "fail")


def test_all_that_can_be_filled_in() -> None:
    streams = [
        {"stream": "people", "entity": "Customer", "fields": [{"from": "id", "to": "CustomerID"}]},
        {"stream": "orders", "entity": "SalesOrder"},
    ]
    config = changed(
        endpoint_name="Manufacturing",
        endpoint_version="24.200.001",
        branch="MAIN",
        concurrency_level=4,
        on_record_error="skip",
        streams=streams,
    )
    settings = destination_settings(config)
    connection = settings.connection
    assert (connection.endpoint_name, connection.endpoint_version, connection.sessions) == (
        "Manufacturing",
        "24.200.001",
        4,
    )
    assert (connection.sign_in.company, connection.sign_in.branch, settings.limits.on_record_error) == (
        "Company",
        "MAIN",
        "skip",
    )
    assert settings.streams["people"].fields == (FieldSetting("CustomerID", "id"),)
    assert settings.streams["orders"] == StreamSettings("orders", "SalesOrder")


def test_what_is_left_empty_counts_as_not_filled_in() -> None:
    settings = destination_settings(changed(endpoint_name="", endpoint_version="", branch=" ", streams=[]))
    assert (settings.connection.endpoint_name, settings.connection.endpoint_version) == ("Default", None)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"instance_uri": ""}, "Instance URI must "),
        ({"instance_uri": 7}, "Instance URI must "),
        ({"credentials": {"auth_type": "cookie", "username": "u"}}, "Password must be filled in"),
        ({"credentials": {"auth_type": "magic", "username": "u", "password": "p"}}, "must be"),
        ({"concurrency_level": 0}, "Concurrency level must be at least 1"),
        ({"concurrency_level": 26}, "Concurrency level must be at most 25"),
        ({"concurrency_level": "two"}, "Concurrency level must be "),
        ({"on_record_error": "shrug"}, "When Acumatica rejects a record must be one of"),
        ({"streams": {"a": "b"}}, "Streams must be "),
        ({"streams": [{"stream": "a"}]}, "Entity must be filled in."),
        ({"streams": [{"stream": "a", "entity": "B", "fields": [{"from": "x"}]}]}, "Field must be filled in."),
        ({"streams": [{"stream": "a", "entity": "B"}] * 2}, "names the stream a twice"),
        (
            {"streams": [{"stream": "a", "entity": "B", "fields": [{"from": "x", "to": "Y"}] * 2}]},
            "fills the field Y of the stream a twice",
        ),
    ],
)
def test_a_configuration_that_breaks_the_spec_is_one_sentence(settings: dict[str, object], words: str) -> None:
    said = refusal(changed(**settings))
    assert words in said
    assert "\n" not in said


@pytest.mark.parametrize("config", [None, [], "text", 7])
def test_what_is_no_form_at_all_is_one_sentence(config: object) -> None:
    assert refusal(config) == "The configuration is not a JSON object."


def test_missing_fields_are_named_by_their_labels() -> None:
    assert refusal({"company": "x"}) == "Instance URI and Sign-in must be filled in."


def test_no_refusal_repeats_a_secret() -> None:
    password = "p4ssword-hidden"
    for broken in ({"username": 7}, {"password": [password]}, {"auth_type": password}):
        assert password not in refusal(changed(credentials={**CONFIG["credentials"], **broken}))


def test_the_connection_block_is_that_of_the_source() -> None:
    """One form for both: what is different would have to be explained twice."""
    from importlib.resources import files

    source = json.loads(files("source_acumatica").joinpath("spec.json").read_text(encoding="utf-8"))
    theirs = source["connectionSpecification"]["properties"]
    shared = set(PROPERTIES) - OURS

    def without_place(properties: dict[str, dict[str, object]]) -> dict[str, object]:
        return {name: {**properties[name], "order": 0} for name in shared}

    assert without_place(PROPERTIES) == without_place(theirs)
