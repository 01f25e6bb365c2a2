"""The specification against the rules of the platform: what its forms, its checks and its acceptance suites ask for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import airbyte_cdk.test
import pytest
from airbyte_cdk.models import ConnectorSpecificationSerializer
from airbyte_cdk.utils.airbyte_secrets_utils import get_secrets
from jinja2 import Environment
from jsonschema import Draft7Validator

from source_acumatica.config.settings import source_settings
from source_acumatica.specification import connection_specification, spec
from unit_tests.source.builders import CONFIG, PASSWORD

SPEC: Mapping[str, Any] = json.loads(json.dumps(spec()))
FORM: Mapping[str, Any] = SPEC["connectionSpecification"]
SECRET_NAMES = (
    "password",
    "secret",
    "token",
    "api_key",
    "secret_key",
    "private_key",
    "access_key",
    "jwt",
    "ssh_key",
    "redis_url",  # it may hold a password
)
FORBIDDEN = {
    "not", "anyOf", "allOf", "patternProperties", "prefixItems", "if", "then", "else", "dependentSchemas",
    "dependentRequired", "$ref",
}  # fmt: skip


def nodes(node: Any = FORM, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Every schema in the form, with its place."""
    if isinstance(node, Mapping):
        yield path, node
        for name, child in node.items():
            if name not in ("examples", "default", "enum", "const", "required"):
                yield from nodes(child, (*path, name))
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from nodes(child, (*path, str(number)))


def fields() -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((path[-1], node) for path, node in nodes() if len(path) > 1 and path[-2] == "properties")


def test_it_is_one_the_protocol_understands():
    loaded = ConnectorSpecificationSerializer.load(dict(spec()))
    assert loaded.supportsIncremental
    assert str(loaded.documentationUrl).startswith("https://docs.airbyte.com/integrations/sources/acumatica")


def test_it_is_a_valid_json_schema():
    Draft7Validator.check_schema(connection_specification())


def test_it_has_the_fields_and_labels_of_the_form_our_users_know():
    labels = {name: node["title"] for name, node in FORM["properties"].items()}
    labels |= {name: node["title"] for name, node in fields() if name in ("username", "password")}
    assert {
        "instance_uri": "Instance URI",
        "endpoint_name": "Endpoint name",
        "endpoint_version": "Endpoint version",
        "username": "Username",
        "password": "Password",
        "company": "Company",
        "branch": "Branch",
        "concurrency_level": "Concurrency level",
        "start_date": "Start date",
    }.items() <= labels.items()


def test_the_concurrency_level_goes_from_1_to_25():
    level = FORM["properties"]["concurrency_level"]
    assert (level["minimum"], level["maximum"], level["default"]) == (1, 25, 1)


def test_every_field_has_a_title_and_says_where_to_find_its_value():
    for name, node in fields():
        if "const" not in node:
            assert node["title"], name
            assert len(node["description"]) > 15, name


def test_every_field_has_one_type():
    for name, node in fields():
        kind = node["type"]
        assert isinstance(kind, str) or (len(kind) == 2 and "null" in kind), name


def test_no_two_fields_of_one_group_have_the_same_order():
    for path, node in nodes():
        if "properties" in node:
            orders = [child["order"] for child in node["properties"].values()]
            assert sorted(orders) == list(range(len(orders))), path


def test_keywords_that_the_forms_cannot_show_do_not_occur():
    for path, node in nodes():
        if not path or path[-1] != "properties":
            assert not FORBIDDEN & set(node), path


def test_additional_properties_are_never_refused():
    assert FORM["additionalProperties"] is True
    assert all(node.get("additionalProperties", True) is True for _, node in nodes())


def test_every_choice_has_one_constant_that_distinguishes_it():
    for path, node in nodes():
        if "oneOf" in node:
            assert node["type"] == "object", path
            constants = [
                {name: rule["const"] for name, rule in option["properties"].items() if "const" in rule}
                for option in node["oneOf"]
            ]
            ((name,),) = {tuple(found) for found in constants}
            assert len({found[name] for found in constants}) == len(constants), path
            assert all(option["title"] and name in option["required"] for option in node["oneOf"]), path


def test_the_default_of_a_constant_is_the_constant():
    assert all(node.get("default", node["const"]) == node["const"] for _, node in fields() if "const" in node)


def test_secrets_are_marked_and_nothing_else_is():
    for name, node in fields():
        secret = node["type"] == "string" and "const" not in node and name.endswith(SECRET_NAMES)
        assert node.get("airbyte_secret", False) is secret, name


def test_the_password_is_found_by_the_platforms_secret_filter():
    assert set(get_secrets(connection_specification(), CONFIG)) == {PASSWORD}


def test_what_is_required_exists_and_has_no_default():
    for path, node in nodes():
        for name in node.get("required", ()):
            assert name in node["properties"], path
            rule = node["properties"][name]
            # Airbyte's own form of a tunnel asks for the port and suggests one.
            assert "const" in rule or "default" not in rule or name == "tunnel_port", path


def test_no_object_is_empty_and_no_choice_of_words_repeats_one():
    for path, node in nodes():
        if node.get("type") == "object":
            assert node.get("properties") or node.get("oneOf"), path
        assert len(set(node.get("enum", ()))) == len(node.get("enum", ())), path


def test_a_pattern_is_explained_and_its_examples_and_defaults_satisfy_the_field():
    for name, node in fields():
        assert ("pattern" in node) == ("pattern_descriptor" in node), name
        for value in (*node.get("examples", ()), *([node["default"]] if "default" in node else ())):
            Draft7Validator(node).validate(value)


def test_every_example_makes_a_configuration_that_works():
    for name, node in FORM["properties"].items():
        for example in node.get("examples", ()):
            source_settings({**CONFIG, name: example})


@pytest.mark.parametrize("broken", [{}, {"instance_uri": "x"}, {**CONFIG, "credentials": {}}])
def test_it_refuses_what_is_not_filled_in(broken):
    assert not Draft7Validator(connection_specification()).is_valid(broken)


def test_the_cdks_own_checks_find_nothing():
    # Imported from its file: the package around it needs pytest markers of its own.
    place = Path(airbyte_cdk.test.__path__[0]) / "standard_tests" / "_spec_lint.py"
    loader = spec_from_file_location("spec_lint", place)
    lint = sys.modules["spec_lint"] = module_from_spec(loader)
    loader.loader.exec_module(lint)
    assert lint.find_secret_marking_errors(connection_specification()) == []
    lint.assert_spec_is_valid(ConnectorSpecificationSerializer.load(dict(spec())), connector_name="source-acumatica")


# Signing in through the platform

ADVANCED: Mapping[str, Any] = SPEC["advanced_auth"]
OAUTH: Mapping[str, Any] = ADVANCED["oauth_config_specification"]


def at(path: list[str]) -> Mapping[str, Any]:
    """The field of the form at a path, looked for in the choice that the consent is for."""
    node: Mapping[str, Any] = FORM
    for name in path:
        (first, *_) = node.get("oneOf", [node])
        node = first["properties"][name]
    return node


def test_the_consent_belongs_to_the_first_choice():
    first = FORM["properties"]["credentials"]["oneOf"][0]["properties"]
    assert ADVANCED["predicate_key"] == ["credentials", "auth_type"]
    assert ADVANCED["predicate_value"] == first["auth_type"]["const"] == "oauth2.0"


def test_everything_that_the_consent_reads_or_fills_in_is_a_field_of_the_form():
    blocks = [block for name, block in OAUTH.items() if name != "oauth_connector_input_specification"]
    rules = [rule for block in blocks for rule in block["properties"].values() if "path_in_connector_config" in rule]
    assert len(rules) == 5
    for rule in rules:
        assert at(rule["path_in_connector_config"])["type"] == rule["type"]


def test_the_consent_fills_in_every_field_that_is_not_asked_of_the_user():
    filled = {
        rule["path_in_connector_config"][-1]
        for name in ("complete_oauth_output_specification", "complete_oauth_server_output_specification")
        for rule in OAUTH[name]["properties"].values()
    }
    required = set(FORM["properties"]["credentials"]["oneOf"][0]["required"]) - {"auth_type"}
    assert required <= filled


def test_the_consent_and_the_exchange_go_to_the_instances_own_address():
    asked = OAUTH["oauth_connector_input_specification"]
    given = OAUTH["oauth_user_input_from_connector_config_specification"]["properties"]
    assert list(given) == ["instance_uri"]
    assert asked["consent_url"].startswith("{{ instance_uri }}/identity/connect/authorize?response_type=code&")
    assert asked["access_token_url"] == "{{ instance_uri }}/identity/connect/token"


def test_the_consent_asks_for_a_refresh_token_and_for_several_sessions():
    scope = set(OAUTH["oauth_connector_input_specification"]["scope"].split())
    assert scope == {"api", "offline_access", "api:concurrent_access"}


@pytest.mark.parametrize(
    ("jinja", "values"),
    [
        (
            "consent_url",
            {"client_id": "4B6D@My Company", "redirect_uri": "https://cloud.airbyte.com/auth_flow", "state": "abc"},
        ),
        ("access_token_params", {"client_id": "4B6D@My Company", "code": "c0de", "client_secret": "s3cret"}),
    ],
)
def test_the_templates_make_requests_that_acumatica_understands(jinja, values):
    """As the platform fills them in, with the CDK's own template language."""
    context = {"instance_uri": "https://erp.example.com/site", "scope_key": "scope", "scope_value": "api"}
    keys = {"client_id": "client_id", "client_secret": "client_secret", "redirect_uri": "redirect_uri"}
    for name, key in {**keys, "state": "state", "code": "code"}.items():
        prefix = "auth_code" if name == "code" else name
        context |= {f"{prefix}_key": key, f"{prefix}_value": values.get(name, "x")}
    template = OAUTH["oauth_connector_input_specification"][jinja]
    if isinstance(template, dict):
        made = {rendered(name, context): rendered(value, context) for name, value in template.items()}
        assert made["grant_type"] == "authorization_code"
    else:
        url = urlsplit(rendered(template, context))
        made = dict(parse_qsl(url.query, strict_parsing=True))
        assert (url.netloc, url.path) == ("erp.example.com", "/site/identity/connect/authorize")
        assert (made["response_type"], made["scope"]) == ("code", "api")
    assert values.items() <= made.items()


def rendered(template: str, context: Mapping[str, str]) -> str:
    return str(Environment(autoescape=False).from_string(template).render(context))
