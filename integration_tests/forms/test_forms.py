"""Both forms in a browser: labels, order, marks, masked fields, options, and the submitted configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest
from jsonschema import Draft7Validator

from acumatica_client.api.connection_form import connection_settings
from integration_tests.forms.conftest import IMAGES, SPECS, stamp

pytestmark = pytest.mark.forms
PLAIN = ("string", "integer", "number", "boolean")


def schema_of(name: str) -> dict:
    return json.loads(SPECS[name].read_text("utf-8"))["connectionSpecification"]


def fields(schema: Mapping, prefix: str) -> Iterator[tuple[str, str, bool, dict]]:
    """Id, label, whether it is required, and schema of each plain field that a person fills in, in their order."""
    properties = schema.get("properties", {})
    for name in sorted(properties, key=lambda each: properties[each].get("order", 1000)):
        field = properties[name]
        if field.get("type") in PLAIN and "const" not in field and not field.get("airbyte_hidden"):
            yield f"{prefix}_{name}", field["title"], name in schema.get("required", []), field


def choices(schema: Mapping) -> dict[str, dict]:
    return {f"root_{name}": field for name, field in schema["properties"].items() if "oneOf" in field}


def lists(schema: Mapping) -> dict[str, dict]:
    return {f"root_{name}": field for name, field in schema["properties"].items() if field["type"] == "array"}


@pytest.fixture(scope="module", params=sorted(SPECS))
def connector(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def walked(connector, browser) -> dict[object, dict]:
    """The page at the beginning, then with each option chosen and a row added to each list, from one browser run."""
    schema = schema_of(connector)
    made = [(f"{id_}__oneof_select", one["title"]) for id_, field in choices(schema).items() for one in field["oneOf"]]
    steps = [{"choose": list(choice)} for choice in made] + [{"add": id_} for id_ in lists(schema)]
    IMAGES.mkdir(exist_ok=True)
    seen = browser.show(SPECS[connector], steps, IMAGES / f"{connector}-form.png")
    stamps = json.loads((IMAGES / "forms.json").read_text("utf-8")) if (IMAGES / "forms.json").exists() else {}
    stamped = {**stamps, connector: stamp(connector)}
    (IMAGES / "forms.json").write_text(json.dumps(stamped, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return dict(zip([None, *made, *lists(schema)], seen, strict=True))


def controls(page: Mapping) -> dict[str, dict]:
    return {control["id"]: control for control in page["controls"]}


class TestTheForm:
    def test_has_a_label_for_every_setting(self, connector, walked):
        shown = controls(walked[None])
        for id_, title, _, _ in fields(schema_of(connector), "root"):
            assert shown[id_]["label"] == title
        headings = [heading.rstrip("*") for heading in walked[None]["headings"]]
        for name, field in schema_of(connector)["properties"].items():
            assert field["type"] in PLAIN or field["title"] in headings, name

    def test_keeps_the_order_of_the_specification(self, connector, walked):
        wanted = [id_ for id_, *_ in fields(schema_of(connector), "root")]
        assert [id_ for id_ in controls(walked[None]) if id_ in wanted] == wanted

    def test_marks_required_fields_and_nothing_else(self, connector, walked):
        shown = controls(walked[None])
        for id_, _, required, _ in fields(schema_of(connector), "root"):
            assert (shown[id_]["marked"], shown[id_]["required"]) == (required, required), id_

    def test_shows_every_description(self, connector, walked):
        for name, field in schema_of(connector)["properties"].items():
            first = field["description"].split("<")[0].strip()
            assert " ".join(first.split()) in " ".join(walked[None]["text"].split()), name

    def test_shows_the_defaults(self, connector, walked):
        shown = controls(walked[None])
        for id_, _, _, field in fields(schema_of(connector), "root"):
            if field["type"] in ("string", "integer") and "default" in field and "enum" not in field:
                assert shown[id_]["value"] == str(field["default"]), id_


class TestEachChoice:
    def test_shows_the_titles_of_its_options_with_the_first_one_chosen(self, connector, walked):
        shown = controls(walked[None])
        for id_, field in choices(schema_of(connector)).items():
            assert shown[f"{id_}__oneof_select"]["options"] == [one["title"] for one in field["oneOf"]]
            assert shown[f"{id_}__oneof_select"]["value"] == "0"

    def test_shows_the_fields_of_the_option_chosen_and_no_other(self, connector, walked):
        for id_, field in choices(schema_of(connector)).items():
            for option in field["oneOf"]:
                shown = controls(walked[(f"{id_}__oneof_select", option["title"])])
                wanted = list(fields(option, id_))
                there = [each for each in shown if each.startswith(f"{id_}_") and not each.endswith("__oneof_select")]
                assert there == [each for each, *_ in wanted], option["title"]
                for each, title, required, _ in wanted:
                    assert (shown[each]["label"], shown[each]["marked"]) == (title, required)

    def test_masks_its_secrets_and_nothing_else(self, connector, walked):
        for id_, field in choices(schema_of(connector)).items():
            for option in field["oneOf"]:
                shown = controls(walked[(f"{id_}__oneof_select", option["title"])])
                for each, _, _, schema in fields(option, id_):
                    assert (shown[each]["kind"] == "password") == schema.get("airbyte_secret", False), each

    def test_hides_the_constant_that_distinguishes_the_options(self, connector, walked):
        constants = {
            f"{id_}_{name}"
            for id_, field in choices(schema_of(connector)).items()
            for option in field["oneOf"]
            for name, schema in option["properties"].items()
            if "const" in schema
        }
        assert constants
        assert not constants & {id_ for page in walked.values() for id_ in controls(page)}


def test_the_fields_stand_in_cards_by_group(connector, walked):
    schema = schema_of(connector)
    cards = {card["title"]: card["ids"] for card in walked[None]["groups"]}

    assert list(cards) == [group["title"] for group in schema["groups"]]
    for group in schema["groups"]:
        of_group = {n: f for n, f in schema["properties"].items() if f["group"] == group["id"]}
        plain = [id_ for id_, *_ in fields({"properties": of_group}, "root")]
        assert [id_ for id_ in cards[group["title"]] if id_ in plain] == plain


def test_a_row_of_each_list_shows_its_fields_with_labels(connector, walked):
    for id_, field in lists(schema_of(connector)).items():
        shown = controls(walked[id_])
        if field["items"].get("type") == "object":
            for each, title, required, _ in fields(field["items"], f"{id_}_0"):
                assert (shown[each]["label"], shown[each]["marked"]) == (title, required)
        else:
            assert f"{id_}_0" in shown


def test_an_empty_form_is_refused_for_what_is_required(connector, browser):
    page = browser.show(SPECS[connector], [{"submit": True}])[-1]
    assert page["submitted"] is None
    assert any("instance_uri" in refusal for refusal in page["refused"])


@pytest.mark.parametrize("option", ["OAuth 2.0", "OAuth 2.0 with user name and password", "User name and password"])
def test_a_filled_in_form_submits_a_configuration_that_the_connectors_accept(connector, browser, option):
    """Only what is required is filled in; everything else is as the form set it."""
    schema = schema_of(connector)
    (chosen,) = [one for one in schema["properties"]["credentials"]["oneOf"] if one["title"] == option]
    wanted = [id_ for id_, _, required, _ in fields(chosen, "root_credentials") if required]
    steps: list[dict] = [{"choose": ["root_credentials__oneof_select", option]}]
    steps += [{"fill": [id_, "app@Company" if id_.endswith("client_id") else "something"]} for id_ in wanted]
    steps += [{"fill": ["root_instance_uri", "https://erp.example.com/Site"]}, {"submit": True}]
    page = browser.show(SPECS[connector], steps)[-1]
    assert page["refused"] is None
    Draft7Validator(schema).validate(page["submitted"])
    assert page["submitted"]["credentials"]["auth_type"] == chosen["properties"]["auth_type"]["const"]
    assert connection_settings(page["submitted"], user_agent="test").address.base_url == "https://erp.example.com/Site"
