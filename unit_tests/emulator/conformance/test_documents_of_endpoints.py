"""swagger.json of every endpoint and build, and $adHocSchema, as readers of the published documents know them."""

from __future__ import annotations

import json
from functools import lru_cache

import pytest

from unit_tests.emulator.conformance.conftest import members, raw, read_json

OLD_BUILD = {"patch": False, "conflict_409": False, "links": False}
WRAPPERS = ["String", "Boolean", "Decimal", "Double", "Int", "Short", "Long", "Byte", "Guid", "DateTime"]
ENDPOINTS = ["Default/20.200.001", "Default/24.200.001", "Default/25.200.001", "MANUFACTURING/24.200.001"]
PARAMETERS = {"select", "filter", "expand", "custom", "skip", "top", "ids", "id", "filename", "actionName"}


parsed = lru_cache(maxsize=24)(json.loads)  # a document has three million characters


@pytest.fixture
def document(open_client):
    """Reads the document of an endpoint of an instance with these switches."""

    def read(endpoint="Default/24.200.001", **behavior):
        return parsed(open_client(signed_in=False, **behavior).send("GET", f"/entity/{endpoint}/swagger.json").body)

    return read


def scalar(kind, **more):
    return {"type": kind, **more}


# --- the frame


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_document_is_openapi_3_0_1_and_shows_endpoint_and_contract(document, endpoint):
    tree = document(endpoint)
    assert tree["openapi"] == "3.0.1"
    assert tree["info"] == {"title": endpoint, "version": "4"}
    assert tree["servers"] == [{"url": f"http://127.0.0.1/AcumaticaERP/entity/{endpoint}"}]


def test_the_version_of_the_document_is_the_number_of_the_contract(document):
    assert document("Default/26.200.001", contract5=True)["info"]["version"] == "5"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_older_builds_tell_the_same_endpoint_in_swagger_2(document, endpoint):
    """The dialect depends on the ERP build and not on the version of the endpoint."""
    tree = document(endpoint, openapi="2.0")
    assert tree["swagger"] == "2.0"
    assert tree["basePath"] == f"/AcumaticaERP/entity/{endpoint}"
    assert {"info", "host", "schemes", "paths", "definitions", "tags"} <= set(tree)
    assert "components" not in tree


def test_both_dialects_name_the_same_paths_and_schemas(document):
    new, old = document(patch=False, conflict_409=False), document(openapi="2.0")
    assert set(new["paths"]) == set(old["paths"])
    assert set(new["components"]["schemas"]) == set(old["definitions"])
    for path, verbs in new["paths"].items():
        assert {verb: part["operationId"] for verb, part in verbs.items()} == {
            verb: part["operationId"] for verb, part in old["paths"][path].items()
        }


def test_a_document_of_2_0_has_nothing_of_newer_builds(document):
    text = json.dumps(document(openapi="2.0"))
    assert not [word for word in ('"patch"', '"409"', "_workflowActions", "DateOnlyValue", "nullable") if word in text]


def test_nothing_is_said_about_security(document):
    tree = document()
    assert "security" not in tree
    assert "securitySchemes" not in tree["components"]


@pytest.mark.parametrize("open_to_all", [True, False])
def test_a_document_without_a_session_is_a_matter_of_instance(open_client, open_to_all):
    """One client reads it without a session in production; another user needed a token."""
    client = open_client(signed_in=False, anonymous_swagger=open_to_all)
    path = f"/entity/{client.endpoint}/swagger.json"
    assert client.send("GET", path).status == (200 if open_to_all else 401)
    client.log_in()
    assert client.send("GET", path).status == 200


@pytest.mark.parametrize("query", ["company=Company", "company=", ""])
def test_the_tenant_of_a_document_may_be_named(client, query):
    assert raw(client, "GET", f"/entity/{client.endpoint}/swagger.json", query).status == 200


def test_the_instance_has_a_document_of_its_own(open_client):
    tree = read_json(open_client(signed_in=False).send("GET", "/entity/swagger.json"))
    assert {"/auth/login", "/auth/logout"} <= set(tree["paths"])


def test_a_document_of_an_endpoint_that_is_not_served_is_404(client):
    assert client.send("GET", "/entity/Default/17.200.001/swagger.json").status == 404


# --- tags and paths


def test_the_tags_are_the_top_level_entities_with_form_and_screen(document, catalog_of):
    entities = catalog_of("Default-24.200.001")["entities"]
    tops = {name: part["screen"] for name, part in entities.items() if part["kind"] == "top"}
    tags = {tag["name"]: tag["description"] for tag in document()["tags"]}
    assert set(tags) == set(tops)
    assert len(tags) == 119
    assert all(tags[name].endswith(f"({screen})") for name, screen in tops.items())
    assert tags["Account"] == "Chart of Accounts (GL202500)"


@pytest.mark.parametrize("entity", ["SalesOrder", "InventorySummaryInquiry", "Ledger"])
def test_every_entity_has_the_same_paths_inquiries_too(document, entity):
    paths = document()["paths"]
    mine = {path.removeprefix(f"/{entity}"): set(paths[path]) for path in paths if path.split("/")[1] == entity}
    assert mine[""] == {"get", "put", "patch"}
    assert mine["/{ids}"] == mine["/{id}"] == {"get", "delete"}
    assert mine["/{ids}/files/{filename}"] == {"put"}
    assert mine["/$adHocSchema"] == {"get"}
    assert mine["/{actionName}"] == {"post"}


def test_the_published_endpoint_has_877_paths(document):
    assert len(document()["paths"]) == 877


@pytest.mark.parametrize(
    ("path", "verb", "operation", "codes"),
    [
        ("/SalesOrder", "get", "SalesOrder_GetList", {"200", "401", "500", "409"}),
        ("/SalesOrder", "put", "SalesOrder_PutEntity", {"200", "400", "401", "409", "412", "422", "500"}),
        ("/SalesOrder", "patch", "SalesOrder_PatchEntity", {"200", "400", "401", "404", "409", "412", "422", "500"}),
        ("/SalesOrder/{ids}", "get", "SalesOrder_GetByKeys", {"200", "401", "409", "500"}),
        ("/SalesOrder/{id}", "get", "SalesOrder_GetById", {"200", "401", "409", "500"}),
        ("/SalesOrder/{ids}", "delete", "SalesOrder_DeleteByKeys", {"204", "401", "409", "500"}),
        ("/SalesOrder/{id}", "delete", "SalesOrder_DeleteById", {"204", "401", "409", "500"}),
        ("/SalesOrder/{ids}/files/{filename}", "put", "SalesOrder_PutFile", {"204", "401", "409", "500"}),
        ("/SalesOrder/$adHocSchema", "get", "SalesOrder_GetAdHocSchema", {"200", "401", "409", "500"}),
        (
            "/SalesOrder/{actionName}",
            "post",
            "SalesOrder_InvokeAction_CustomAction",
            {"202", "204", "400", "401", "409", "412", "422", "500"},
        ),
        (
            "/SalesOrder/CancelSalesOrder",
            "post",
            "SalesOrder_InvokeAction_CancelSalesOrder",
            {"202", "204", "400", "401", "409", "412", "422", "500"},
        ),
    ],
)
def test_an_operation_has_its_name_and_lists_its_answers(document, path, verb, operation, codes):
    """As dumped on a 2025 R2 build, which added PATCH and the 409."""
    part = document()["paths"][path][verb]
    assert (part["operationId"], set(part["responses"])) == (operation, codes)
    assert part["tags"] == ["SalesOrder"]


def test_a_build_of_2024_r2_has_no_patch_and_no_409(document):
    tree = document(**OLD_BUILD)
    assert not any("patch" in verbs for verbs in tree["paths"].values())
    assert not any("409" in part["responses"] for verbs in tree["paths"].values() for part in verbs.values())
    assert (len(tree["components"]["responses"]), len(tree["components"]["parameters"])) == (13, 10)


def test_there_is_no_parameter_for_order_or_count(document):
    assert set(document()["components"]["parameters"]) == PARAMETERS


@pytest.mark.parametrize("entity", ["SalesOrder", "Customer"])
def test_lists_page_and_records_do_not(document, entity):
    paths = document()["paths"]

    def names(path, verb):
        return {one["$ref"].split("/")[-1] for one in paths[path][verb]["parameters"]}

    shared = {"select", "filter", "expand", "custom"}
    assert names(f"/{entity}", "get") == shared | {"skip", "top"}
    assert names(f"/{entity}", "put") == shared
    assert names(f"/{entity}/{{ids}}", "get") == shared | {"ids"}


# --- schemas


def test_a_schema_is_the_entity_and_its_own_properties(document):
    schema = document()["components"]["schemas"]["SalesOrder"]
    base, own = schema["allOf"]
    assert base == {"$ref": "#/components/schemas/Entity"}
    assert own["properties"]["OrderNbr"] == {"$ref": "#/components/schemas/StringValue"}
    assert own["properties"]["BillToAddress"] == {"$ref": "#/components/schemas/Address"}
    assert own["properties"]["Details"] == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/SalesOrderDetail"},
    }


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_wrapper_has_a_value_and_an_error_and_nothing_is_required(document, name):
    schemas = document(conflict_409=False)["components"]["schemas"]
    assert set(schemas[f"{name}Value"]["properties"]) == {"value", "error"}
    assert "required" not in schemas[f"{name}Value"]
    assert "nullable" not in json.dumps(schemas[f"{name}Value"])
    assert document()["components"]["schemas"][f"{name}Value"]["properties"]["value"]["nullable"] is True
    assert schemas[f"Custom{name}Field"]["allOf"][0] == {"$ref": "#/components/schemas/CustomField"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DecimalValue", scalar("number", format="double")),
        ("DoubleValue", scalar("number", format="double")),
        ("IntValue", scalar("integer", format="int32")),
        ("ShortValue", scalar("integer", format="int32")),
        ("ByteValue", scalar("integer", format="int32")),
        ("LongValue", scalar("integer", format="int64")),
        ("GuidValue", scalar("string", format="uuid")),
        ("DateTimeValue", scalar("string", format="date-time")),
        ("StringValue", scalar("string")),
        ("BooleanValue", scalar("boolean")),
    ],
)
def test_the_types_of_the_wrappers_are_the_published_ones(document, name, value):
    assert document(conflict_409=False)["components"]["schemas"][name]["properties"]["value"] == value


def test_the_base_entity_has_seven_members_on_new_builds_and_never_a_delete(document):
    new = document()["components"]["schemas"]["Entity"]["properties"]
    old = document(**OLD_BUILD)["components"]["schemas"]["Entity"]["properties"]
    assert set(old) == {"id", "rowNumber", "note", "custom", "error", "files"}
    assert set(new) - set(old) == {"_links"}
    assert old["note"] == {"$ref": "#/components/schemas/StringValue"}


def test_the_error_schema_is_that_of_the_web_framework(document):
    properties = document()["components"]["schemas"]["HttpError"]["properties"]
    names = {"message", "exceptionMessage", "exceptionType", "stackTrace", "modelState", "messageDetail"}
    assert set(properties) == names


def test_keys_are_not_marked_anywhere(document):
    own = document()["components"]["schemas"]["SalesOrder"]["allOf"][1]
    assert "required" not in own
    assert "key" not in json.dumps(own["properties"]["OrderNbr"]).lower()


def test_entities_whose_names_end_like_wrappers_are_entities(document):
    schemas = document()["components"]["schemas"]
    assert "allOf" in schemas["AttributeValue"]
    assert "allOf" in schemas["AttributeDefinitionValue"]


def test_an_action_with_parameters_types_them_and_requires_them(document):
    schemas = document()["components"]["schemas"]
    assert schemas["ReopenSalesOrder"]["required"] == ["entity"]
    assert "parameters" not in schemas["ReopenSalesOrder"]["properties"]
    shipping = schemas["SalesOrderCreateShipment"]
    assert shipping["required"] == ["entity", "parameters"]
    assert shipping["properties"]["parameters"]["properties"]["WarehouseID"] == {
        "$ref": "#/components/schemas/StringValue"
    }


@pytest.mark.parametrize(
    ("entity", "actions"),
    [
        ("Bill", {"ReleaseBill", "ReleaseRetainage", "ReverseBill"}),
        ("SalesInvoice", {"ReleaseSalesInvoice"}),
        ("Invoice", {"ReleaseInvoice"}),
        ("Payment", {"CaptureCreditCardPayment", "CardOperation", "ReleasePayment", "VoidCardPayment", "VoidPayment"}),
        ("Shipment", {"ConfirmShipment", "CorrectShipment", "PrepareInvoice", "UpdateIN"}),
        ("PurchaseReceipt", {"CreateAPBill", "ReleasePurchaseReceipt"}),
        ("JournalTransaction", {"ReleaseJournalTransaction"}),
        ("TransferOrder", {"ReleaseTransferOrder"}),
    ],
)
def test_the_actions_of_an_entity_are_the_published_ones(document, entity, actions):
    posts = {
        path.split("/")[2] for path, verbs in document()["paths"].items() if f"/{entity}/" in path and "post" in verbs
    }
    assert posts - {"{actionName}"} == actions


def test_a_file_link_has_a_comment_since_2024_r2(document):
    names = {"id", "filename", "href"}
    assert set(document()["components"]["schemas"]["FileLink"]["properties"]) == {*names, "comment"}
    older = document(file_comment=False)["components"]["schemas"]["FileLink"]["properties"]
    assert set(older) == names


def test_workflow_actions_are_declared_by_new_builds_only(document):
    def properties(**behavior):
        return document(**behavior)["components"]["schemas"]["SalesOrder"]["allOf"][1]["properties"]

    assert "_workflowActions" in properties()
    assert "_workflowActions" not in properties(**OLD_BUILD)


@pytest.mark.parametrize("endpoint", ["Default/24.200.001", "MANUFACTURING/24.200.001", "Default/20.200.001"])
def test_what_the_document_declares_is_what_a_list_sends(open_client, endpoint):
    client = open_client(endpoint=endpoint)
    schemas = read_json(client.send("GET", f"/entity/{endpoint}/swagger.json"))["components"]["schemas"]
    for entity in ("WorkCenter", "Tool") if endpoint.startswith("M") else ("Account", "Customer", "SalesOrder"):
        own = schemas[entity]["allOf"][1]["properties"]
        scalars = {
            name for name, part in own.items() if part.get("$ref", "").split("/")[-1] in map("{}Value".format, WRAPPERS)
        }
        assert members(client.get(entity, top=1)[0]) == scalars


def test_an_entity_that_vanished_is_neither_in_the_document_nor_served(open_client):
    client = open_client(gone=["Bill"])
    tree = read_json(client.send("GET", f"/entity/{client.endpoint}/swagger.json"))
    assert "Bill" not in {tag["name"] for tag in tree["tags"]}
    assert client.refused("GET", "Bill")[0] == 404


# --- $adHocSchema


def test_the_ad_hoc_schema_lists_what_the_contract_does_not_show_with_explicit_nulls(client):
    response = client.entity("GET", "SalesOrder/$adHocSchema")
    assert b'"value":null' in response.body
    for fields in read_json(response)["custom"].values():
        assert all(set(field) == {"type", "value"} and field["value"] is None for field in fields.values())


@pytest.mark.parametrize("entity", ["SalesOrder", "Customer", "StockItem", "Bill", "Ledger", "InventorySummaryInquiry"])
def test_the_skeleton_has_every_detail_and_part_of_the_contract(client, catalog_of, entity):
    entities = catalog_of("Default-24.200.001")["entities"]
    nested = {name: kind for name, kind in entities[entity]["fields"].items() if kind[0] == "[" or kind in entities}
    schema = client.get(f"{entity}/$adHocSchema")
    assert {name for name in schema if name not in ("custom", "_workflowActions")} == set(nested)
    for name, kind in nested.items():
        part = schema[name][0] if kind.startswith("[") else schema[name]
        assert isinstance(part["custom"], dict)


def test_the_skeleton_shows_no_values_of_records(client):
    schema = client.get("Customer/$adHocSchema")
    assert not {"id", "CustomerID", "rowNumber"} & set(schema)


@pytest.mark.parametrize(("newer", "there"), [(True, True), (False, False)])
def test_newer_builds_list_workflow_actions_in_it(open_client, newer, there):
    assert ("_workflowActions" in open_client(conflict_409=newer).get("Customer/$adHocSchema")) is there
