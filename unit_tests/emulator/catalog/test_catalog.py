"""The tables of endpoint versions, and the documents made from them."""

from __future__ import annotations

import json

import pytest

from acumatica_emulator import catalog
from acumatica_emulator.api.discovery import with_drop_downs
from acumatica_emulator.catalog import CatalogError, EntityType, load
from acumatica_emulator.swagger import Build, document

OLD_BUILD = {"patch": False, "conflict": False, "links": False}
NUMBERS = {
    ("Default", "20.200.001"): 105,
    ("Default", "24.200.001"): 119,
    ("Default", "25.200.001"): 119,
    ("Default", "26.200.001"): 133,
    ("MANUFACTURING", "24.200.001"): 53,
    ("MANUFACTURING", "25.100.001"): 54,
    ("MANUFACTURING", "26.200.001"): 55,
    ("eCommerce", "24.200.001"): 122,
    ("eCommerce", "26.200.001"): 135,
}
JSON_NAMES = {
    "string": "str",
    "boolean": "bool",
    "decimal": "dec",
    "double": "dbl",
    "datetime": "time",
    "select:string": "pick",
    "select:int": "pickint",
}


@pytest.mark.parametrize(("version", "tops"), NUMBERS.items(), ids=lambda value: str(value))
def test_every_version_has_its_top_level_entities(version, tops):
    assert len(list(load(*version).top())) == tops


def test_the_contract_number_follows_from_the_version():
    assert [load("Default", version).number for version in ("20.200.001", "25.200.001", "26.200.001")] == [4, 4, 5]


def test_ecommerce_is_default_and_three_entities_more():
    default = {entity.name for entity in load("Default", "24.200.001").top()}
    more = {entity.name for entity in load("eCommerce", "24.200.001").top()} - default
    assert more == {"BCShipments", "BCItemSalesCategory", "ItemImages"}


def test_a_version_that_is_a_difference_drops_renames_and_adds():
    older, newer = load("Default", "25.200.001").types["SalesOrder"], load("Default", "26.200.001").types["SalesOrder"]
    assert older.fields["LastModified"] == "time"
    assert "LastModified" not in newer.fields
    assert newer.fields["LastModifiedDateTime"] == "time"
    assert newer.keys == older.keys == ("OrderType", "OrderNbr")


def test_an_entity_segment_ignores_case_but_a_nested_entity_has_no_segment():
    contract = load("Default", "24.200.001")
    assert contract.find("salesorder") is contract.find("SalesOrder")
    assert contract.find("SalesOrderDetail") is None


def test_an_unknown_line_of_a_table_is_an_error_that_names_it():
    with pytest.raises(CatalogError, match="Thing: wood Oak"):
        catalog._with_fact(EntityType("Thing", "top"), "wood", ["Oak"])


def test_a_retyped_field_leaves_its_old_group():
    entity = EntityType("Thing", "top", fields={"Part": "str"})
    entity = catalog._with_fact(entity, "list", ["Part:Line"])
    assert (dict(entity.fields), dict(entity.details)) == ({}, {"Part": "Line"})


@pytest.mark.parametrize("version", catalog.BASES, ids="/".join)
def test_the_tables_say_what_the_published_catalogs_say(shared, version):
    name = "-".join(version)
    path = next(path for path in (shared / "catalog").glob(f"{name}.*json") if "keys" not in path.name)
    entities = {
        name: published
        for name, published in json.loads(path.read_text())["entities"].items()
        if isinstance(published, dict)
    }
    contract = load(*version)
    for name, published in entities.items():
        mine = contract.types[name]
        fields = {**mine.fields, **mine.linked, **{field: f"[{kind}]" for field, kind in mine.details.items()}}
        assert fields == {field: JSON_NAMES.get(kind, kind) for field, kind in published["fields"].items()}, name
        assert list(mine.keys) == (published.get("keys") or [])
        assert set(mine.actions) == set(published.get("actions") or [])


@pytest.mark.parametrize(
    ("file", "version", "build"),
    [
        ("Default_24.200.001", ("Default", "24.200.001"), Build("http://localhost/24r200", **OLD_BUILD)),
        ("MANUFACTURING_24.200.001", ("MANUFACTURING", "24.200.001"), Build("http://localhost/24r200", **OLD_BUILD)),
        (
            "Default_20.200.001",
            ("Default", "20.200.001"),
            Build("https://internal.acumatica.com", openapi="2.0", file_comment=False, **OLD_BUILD),
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_document_of_an_older_build_is_the_real_one(shared, file, version, build):
    """Every path, operation, parameter, answer, schema, property and type. Only the titles of forms may differ."""
    real = json.loads((shared / "swagger" / f"{file}.swagger.json").read_text())
    mine = document(load(*version), build)
    assert {tag["name"] for tag in mine.pop("tags")} == {tag["name"] for tag in real.pop("tags")}
    assert mine == real


def test_a_newer_build_says_more_about_the_same_version():
    contract = load("Default", "24.200.001")
    older, newer = document(contract, Build(**OLD_BUILD)), document(contract, Build())
    assert "patch" not in older["paths"]["/Bill"]
    assert newer["paths"]["/Bill"]["patch"]["operationId"] == "Bill_PatchEntity"
    assert {"InvokeAction_409", "EntityController_409", "PatchEntity_404"} <= set(newer["components"]["responses"])
    assert "_links" in newer["components"]["schemas"]["Entity"]["properties"]
    assert "_workflowActions" in newer["components"]["schemas"]["Bill"]["allOf"][1]["properties"]
    assert (len(older["components"]["responses"]), len(newer["components"]["responses"])) == (13, 18)


@pytest.mark.parametrize("openapi", ["3.0.1", "2.0"])
@pytest.mark.parametrize("version", catalog.BASES, ids="/".join)
def test_every_reference_of_a_document_leads_somewhere(version, openapi):
    tree = document(load(*version), Build(openapi=openapi))

    def references(part):
        if isinstance(part, dict):
            yield from (value for name, value in part.items() if name == "$ref")
            for value in part.values():
                yield from references(value)
        elif isinstance(part, list):
            for value in part:
                yield from references(value)

    for reference in set(references(tree)):
        found = tree
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


SPECS = {"3.0.1": "OpenAPIV30SpecValidator", "2.0": "OpenAPIV2SpecValidator"}


@pytest.mark.parametrize("openapi", SPECS)
@pytest.mark.parametrize("version", catalog.BASES, ids="/".join)
def test_a_validator_of_openapi_accepts_the_document(version, openapi):
    """Of every endpoint in both forms a few entities, because a validator walks each reference again and again."""
    validators = pytest.importorskip("openapi_spec_validator")
    contract = load(*version)
    contract = with_drop_downs(contract, ["Status", "ItemStatus"]) if contract.number >= 5 else contract
    tops = sorted(contract.top(), key=lambda entity: len(entity.fields) + 20 * len(entity.details))
    shown = {entity.name for entity in (*tops[:2], *(top for top in tops if "pick" in top.fields.values()))}
    shown = set(sorted(shown)[:4])
    hidden = frozenset(entity.name for entity in tops if entity.name not in shown)
    tree = document(contract, Build(openapi=openapi, without=hidden))
    assert {path.split("/")[1] for path in tree["paths"]} == shown
    getattr(validators, SPECS[openapi])(tree).validate()


@pytest.mark.parametrize(
    ("openapi", "form"), [("3.0.1", "openapi_v30_schema_validator"), ("2.0", "openapi_v2_schema_validator")]
)
def test_the_whole_newest_document_has_the_form_of_openapi(openapi, form):
    schemas = pytest.importorskip("openapi_spec_validator.schemas")
    tree = document(load("MANUFACTURING", "26.200.001"), Build(openapi=openapi))
    assert not list(getattr(schemas, form).iter_errors(tree))
    assert list(getattr(schemas, form).iter_errors({**tree, "paths": []}))


def test_an_entity_that_vanished_from_the_endpoint_is_not_in_the_document():
    tree = document(load("Default", "24.200.001"), Build(without=frozenset({"Bill"})))
    assert "/Bill" not in tree["paths"]
    assert "Bill" not in {tag["name"] for tag in tree["tags"]}
    assert "BillCustomAction" not in tree["components"]["schemas"]
