"""The specification against the rules of the platform: what its forms, its checks and its acceptance suites ask for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import airbyte_cdk.test
import pytest
from airbyte_cdk.models import ConnectorSpecificationSerializer
from airbyte_cdk.utils.airbyte_secrets_utils import get_secrets
from jsonschema import Draft7Validator

from source_acumatica.settings import source_settings
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
    "certificate",
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


def test_every_choice_has_one_constant_that_tells_it_apart():
    for path, node in nodes():
        if "oneOf" in node:
            assert node["type"] == "object", path
            constants = [
                {name: rule["const"] for name, rule in option["properties"].items() if "const" in rule}
                for option in node["oneOf"]
            ]
            assert {tuple(found) for found in constants} == {("auth_type",)}
            assert len({found["auth_type"] for found in constants}) == len(constants)
            assert all(option["title"] and "auth_type" in option["required"] for option in node["oneOf"])


def test_the_default_of_a_constant_is_the_constant():
    assert all(node.get("default", node["const"]) == node["const"] for _, node in fields() if "const" in node)


def test_secrets_are_marked_and_nothing_else_is():
    for name, node in fields():
        secret = node["type"] == "string" and "const" not in node and name.endswith(SECRET_NAMES)
        assert node.get("airbyte_secret", False) is secret, name


def test_the_password_is_found_by_the_platforms_secret_filter():
    assert get_secrets(connection_specification(), CONFIG) == [PASSWORD]


def test_what_is_required_exists_and_has_no_default():
    for path, node in nodes():
        for name in node.get("required", ()):
            assert name in node["properties"], path
            assert "const" in node["properties"][name] or "default" not in node["properties"][name], path


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
