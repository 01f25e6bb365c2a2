"""The checks of Airbyte's retired acceptance tests for a specification, for both connectors.

Those tests are no longer run, but the platform's form still breaks where their rules are not kept.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("source_acumatica", "destination_acumatica")
SPECS = {name: json.loads((ROOT / name / "spec.json").read_text("utf-8")) for name in NAMES}
both = pytest.mark.parametrize("spec", SPECS.values(), ids=NAMES)
# The names of secrets in the test runner of airbyte-cdk 7.39 and in its predecessor.
SECRET = re.compile(
    r"^(access_token|api_token|certificate|client_secret|client_token|jwt|key|password|refresh_token|secret|token)$"
    r"|(_token|_secret|password|api_key|secret_key|private_key|access_key)$"
)
FORBIDDEN = (
    *("not", "anyOf", "patternProperties", "prefixItems", "allOf", "if", "then", "else", "$ref"),
    *("dependentSchemas", "dependentRequired"),
)
SIMPLE = {"string", "number", "integer", "boolean"}
Schema = Mapping[str, Any]


def schemas(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema of a specification with its path, the root first."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from schemas(inner, f"{path}/{name}")
    for at, option in enumerate(schema.get("oneOf", [])):
        yield from schemas(option, f"{path}[{at}]")
    if isinstance(schema.get("items"), Mapping):
        yield from schemas(schema["items"], f"{path}/*")


def parts(spec: Schema) -> list[tuple[str, Schema]]:
    return list(schemas(spec["connectionSpecification"]))


def types(schema: Schema) -> set[str]:
    declared = schema.get("type", [])
    return ({declared} if isinstance(declared, str) else set(declared)) - {"null"}


@both
def test_every_field_has_a_label_and_one_type(spec: Schema) -> None:
    for path, schema in parts(spec)[1:]:
        assert "const" in schema or schema.get("title") or path.endswith(("/*", "]")), path
        assert len(types(schema)) == 1, path


@both
def test_no_object_is_empty_and_none_refuses_unknown_members(spec: Schema) -> None:
    for path, schema in parts(spec):
        if types(schema) == {"object"}:
            assert schema.get("properties") or schema.get("oneOf") or schema.get("additionalProperties"), path
            assert schema.get("additionalProperties", True) is not False, path


@both
def test_items_of_an_array_have_a_type(spec: Schema) -> None:
    for path, schema in parts(spec):
        if types(schema) == {"array"}:
            assert types(schema["items"]) <= SIMPLE | {"object"}, path


@both
def test_only_keywords_that_the_form_understands_are_used(spec: Schema) -> None:
    for path, schema in parts(spec):
        assert not set(FORBIDDEN) & schema.keys(), path


@both
def test_options_differ_in_one_shared_constant(spec: Schema) -> None:
    for path, schema in parts(spec):
        options = schema.get("oneOf")
        if options is None:
            continue
        assert types(schema) == {"object"}, path
        constants = [{n: s["const"] for n, s in o["properties"].items() if "const" in s} for o in options]
        shared = set.intersection(*map(set, constants))
        assert len(shared) == 1, path
        (name,) = shared
        assert len({constant[name] for constant in constants}) == len(options), path
        for option in options:
            assert option["title"], path
            assert option["description"], f"{path}: {option['title']} has no tooltip"
            assert (
                option["properties"][name].get("default", option["properties"][name]["const"])
                == (option["properties"][name]["const"])
            ), path


@both
def test_a_display_type_is_set_only_for_options(spec: Schema) -> None:
    for path, schema in parts(spec):
        assert "display_type" not in schema or "oneOf" in schema, path
        assert schema.get("display_type", "radio") in ("radio", "dropdown"), path


@both
def test_enumerations_repeat_nothing(spec: Schema) -> None:
    for path, schema in parts(spec):
        values = [json.dumps(value) for value in schema.get("enum", [])]
        assert len(values) == len(set(values)), path


@both
def test_secrets_are_marked_and_nothing_else(spec: Schema) -> None:
    for path, schema in parts(spec):
        name = path.rpartition("/")[2].partition("[")[0]
        if SECRET.search(name) and types(schema) == {"string"} and "const" not in schema:
            assert isinstance(schema.get("airbyte_secret"), bool), path
        if schema.get("airbyte_secret"):
            assert types(schema) <= {"string", "integer", "number"}, path
            assert "const" not in schema, path


@both
def test_no_two_fields_of_one_object_have_the_same_order(spec: Schema) -> None:
    for path, schema in parts(spec):
        fields = schema.get("properties", {}).values()
        orders = Counter((field.get("group"), field["order"]) for field in fields if "order" in field)
        assert [order for order, count in orders.items() if count > 1] == [], path


@both
def test_groups_are_declared_and_used_at_the_top_level_only(spec: Schema) -> None:
    root = spec["connectionSpecification"]
    declared = {group["id"] for group in root.get("groups", [])}
    used = {field["group"] for field in root["properties"].values() if "group" in field}
    assert used == declared
    nested = [path for path, schema in parts(spec)[1:] if "group" in schema and path.count("/") > 1]
    assert nested == []


@both
def test_required_fields_exist_and_defaults_have_the_right_type(spec: Schema) -> None:
    kinds = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
    for path, schema in parts(spec):
        assert set(schema.get("required", [])) <= schema.get("properties", {}).keys(), path
        if "default" in schema and types(schema):
            assert isinstance(schema["default"], tuple(kinds[kind] for kind in types(schema))), path  # type: ignore[arg-type]
        assert schema.get("default", None) in schema.get("enum", [schema.get("default", None)]), path


@both
def test_the_consent_names_existing_fields_and_its_option_comes_first(spec: Schema) -> None:
    consent = spec["advanced_auth"]
    root = spec["connectionSpecification"]
    options = root["properties"][consent["predicate_key"][0]]["oneOf"]
    assert options[0]["properties"][consent["predicate_key"][1]]["const"] == consent["predicate_value"]
    outputs = consent["oauth_config_specification"]
    for part in ("complete_oauth_output_specification", "complete_oauth_server_output_specification"):
        for described in outputs[part]["properties"].values():
            head, *rest = described["path_in_connector_config"]
            assert any(rest[0] in option["properties"] for option in root["properties"][head]["oneOf"])


@both
def test_dates_have_a_pattern_with_a_description(spec: Schema) -> None:
    for path, schema in parts(spec):
        if schema.get("format") in ("date", "date-time") and not schema.get("airbyte_hidden"):
            assert schema.get("pattern"), path
            assert schema.get("pattern_descriptor"), path


@both
def test_a_saved_secret_passes_the_pattern_of_its_field(spec: Schema) -> None:
    """The form shows a saved secret as asterisks and checks them like any other text."""
    for path, schema in parts(spec):
        if schema.get("airbyte_secret") and "pattern" in schema:
            assert re.search(schema["pattern"], "*" * 10), path
