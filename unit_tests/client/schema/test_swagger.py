"""Swagger documents, small ones made here and the published ones, read into the model."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from acumatica_client.errors import SettingsError, Unexpected
from acumatica_client.schema.facts import Fact, Facts
from acumatica_client.schema.model import Access, EndpointSchema, EntityShape, ValueType
from acumatica_client.schema.swagger import parse_swagger

Build = Callable[..., bytes]


def shape_of(document: bytes, name: str) -> EntityShape:
    return parse_swagger(document).shapes[name]


class TestEntities:
    def test_tags_are_the_top_level_entities(self, swagger: Build):
        document = swagger(
            {"Bill": {"Vendor": "String"}, "Line": {}}, tags={"Bill": "Bills and Adjustments (AP301000)"}
        )
        assert list(parse_swagger(document).entities) == ["Bill"]

    @pytest.mark.parametrize(
        ("description", "title", "screen"),
        [
            ("Chart of Accounts (GL202500)", "Chart of Accounts", "GL202500"),
            ("(GL202500)", "", "GL202500"),
            ("Item Warehouse  Details (IN204500)", "Item Warehouse Details", "IN204500"),
            ("Invoices (Canada) (SO303000)", "Invoices (Canada)", "SO303000"),
            ("Shop orders", "Shop orders", ""),
            ("Shop (orders)", "Shop (orders)", ""),
            ("", "", ""),
        ],
    )
    def test_title_and_screen_come_from_the_description(
        self, swagger: Build, description: str, title: str, screen: str
    ):
        entity = parse_swagger(swagger({"Bill": {}}, tags={"Bill": description})).entities["Bill"]
        assert (entity.title, entity.screen) == (title, screen)

    def test_a_tag_without_a_schema_is_no_entity(self, swagger: Build):
        assert list(parse_swagger(swagger({"Bill": {}}, tags={"Bill": "", "SomeReport": "Report"})).entities) == [
            "Bill"
        ]

    def test_a_tag_without_a_description_is_an_entity(self, swagger: Build):
        document = json.loads(swagger({"Bill": {}}))
        del document["tags"][0]["description"]
        assert list(parse_swagger(json.dumps(document).encode()).entities) == ["Bill"]

    @pytest.mark.parametrize("tags", [None, []])
    def test_without_tags_the_entities_are_those_with_a_list(self, swagger: Build, tags: list | None):
        document = json.loads(swagger({"Bill": {"Qty": "Decimal"}, "Line": {}}))
        document["paths"] |= {"/Bill": {"get": {}, "put": {}}, "/Bill/{id}": {"get": {}}, "/Report": {"post": {}}}
        document.pop("tags")
        if tags is not None:
            document["tags"] = tags
        assert list(parse_swagger(json.dumps(document).encode()).entities) == ["Bill"]

    def test_a_tag_with_null_for_a_description_is_an_entity(self, swagger: Build):
        document = json.loads(swagger({"Bill": {}}))
        document["tags"] = [{"name": "Bill", "description": None}]
        assert list(parse_swagger(json.dumps(document).encode()).entities) == ["Bill"]

    def test_entities_keep_the_order_of_the_document(self, swagger: Build):
        names = ["Zebra", "Ape", "Mouse"]
        assert list(parse_swagger(swagger({name: {} for name in names})).entities) == names

    def test_actions_are_the_posts_below_an_entity(self, swagger: Build):
        paths = {
            "/Bill": {"get": {}, "put": {}},
            "/Bill/ReleaseBill": {"post": {"tags": ["Bill"]}},
            "/Bill/ReverseBill": {"post": {}},
            "/Bill/{actionName}": {"post": {}},
            "/Bill/$adHocSchema": {"get": {}},
            "/Bill/{ids}/files/{filename}": {"put": {}},
            "/Case/finish": {"post": {}},
        }
        entities = parse_swagger(swagger({"Bill": {}, "Case": {}, "Tax": {}}, paths=paths)).entities
        assert entities["Bill"].actions == ("ReleaseBill", "ReverseBill")
        assert entities["Case"].actions == ("finish",)
        assert entities["Tax"].actions == ()

    def test_a_build_that_can_write_some_fields_of_a_record_says_so(self, swagger: Build):
        paths = {"/Bill": {"put": {}, "patch": {}}, "/Case": {"put": {}}}
        entities = parse_swagger(swagger({"Bill": {}, "Case": {}}, paths=paths)).entities
        assert (entities["Bill"].patch, entities["Case"].patch) == (True, False)

    def test_the_parameters_of_an_action_are_those_of_the_schema_of_its_name(self, swagger: Build):
        def ref(name: str) -> dict[str, str]:
            return {"$ref": f"#/components/schemas/{name}"}

        parameters = {"ShipmentDate": ref("DateTimeValue"), "Qty": {"allOf": [ref("DecimalValue")], "nullable": True}}
        schemas = {
            "Ship": {"properties": {"entity": ref("Bill"), "parameters": {"properties": parameters}}},
            "Release": {"properties": {"entity": ref("Bill")}},
        }
        paths = {f"/Bill/{action}": {"post": {}} for action in ("Ship", "Release", "Unknown")}
        read = parse_swagger(swagger({"Bill": {}}, paths=paths, schemas=schemas))
        wanted = {"ShipmentDate": ValueType.DATETIME, "Qty": ValueType.DECIMAL}
        assert read.parameters == {"Ship": wanted, "Release": {}, "Unknown": {}}

    def test_facts_are_joined(self, swagger: Build):
        facts = Facts([Fact("Default", "Stock", access=Access.LIST, keys=("Code",), confidence="high")])
        document = swagger({"Stock": {"Code": "String", "LastModifiedDateTime": "DateTime"}})
        entity = parse_swagger(document, facts=facts).entities["Stock"]
        assert (entity.keys, entity.cursor, entity.access) == (("Code",), "LastModifiedDateTime", Access.LIST)

    def test_the_shipped_facts_are_joined_unless_others_are_given(self, swagger: Build):
        document = swagger({"Bill": {"Type": "String", "ReferenceNbr": "String"}})
        assert parse_swagger(document).entities["Bill"].keys == ("Type", "ReferenceNbr")
        assert parse_swagger(document, facts=Facts([])).entities["Bill"].keys == ()


class TestMembers:
    def test_wrappers_are_fields_by_their_type(self, swagger: Build):
        members = {"A": "String", "B": "Decimal", "C": "Boolean", "D": "Int", "E": "DateTime", "F": "Guid"}
        assert [kind.value for kind in shape_of(swagger({"Bill": members}), "Bill").fields.values()] == [
            "StringValue",
            "DecimalValue",
            "BooleanValue",
            "IntValue",
            "DateTimeValue",
            "GuidValue",
        ]

    def test_references_are_linked_entities_and_arrays_are_details(self, swagger: Build):
        document = swagger(
            {"Bill": {"Vendor": "->Vendor", "Lines": "[]Line"}, "Vendor": {}, "Line": {"Qty": "Decimal"}}
        )
        shape = shape_of(document, "Bill")
        assert (shape.linked, shape.details, shape.fields) == ({"Vendor": "Vendor"}, {"Lines": "Line"}, {})

    def test_an_entity_whose_name_ends_in_value_is_an_entity(self, swagger: Build):
        document = swagger(
            {
                "Item": {"Attribute": "->AttributeValue", "All": "[]AttributeValue"},
                "AttributeValue": {"Value": "String"},
            },
            tags={"Item": ""},
        )
        assert shape_of(document, "Item").linked == {"Attribute": "AttributeValue"}
        assert shape_of(document, "Item").details == {"All": "AttributeValue"}
        assert shape_of(document, "AttributeValue").fields == {"Value": ValueType.STRING}

    @pytest.mark.parametrize(
        "member", ["id", "rowNumber", "note", "custom", "error", "files", "_links", "_workflowActions", "delete"]
    )
    def test_base_members_are_no_fields(self, swagger: Build, member: str):
        shape = shape_of(swagger({"Bill": {member: "String", "Vendor": "String"}}), "Bill")
        assert shape.members() == {"Vendor"}

    def test_fields_of_an_entity_that_extends_another_are_merged(self, swagger: Build):
        extended = {"allOf": [{"$ref": "#/components/schemas/Bill"}, {"properties": {"Extra": {"type": "string"}}}]}
        document = swagger({"Bill": {"Vendor": "String"}}, tags={"BigBill": ""}, schemas={"BigBill": extended})
        assert list(shape_of(document, "BigBill").fields) == ["Vendor", "Extra"]

    def test_an_entity_without_allof_is_read_too(self, swagger: Build):
        flat = {"type": "object", "properties": {"id": {"type": "string"}, "Vendor": {"type": "string"}}}
        assert list(shape_of(swagger({}, tags={"Flat": ""}, schemas={"Flat": flat}), "Flat").fields) == ["Vendor"]

    def test_shapes_may_refer_to_themselves_and_to_each_other(self, swagger: Build):
        document = swagger(
            {"Person": {"Boss": "->Person", "Friends": "[]Person", "Team": "->Team"}, "Team": {"Members": "[]Person"}},
            tags={"Person": ""},
        )
        schema = parse_swagger(document)
        assert schema.shapes["Person"].linked == {"Boss": "Person", "Team": "Team"}
        assert schema.shapes["Team"].details == {"Members": "Person"}

    def test_a_schema_that_contains_itself_by_allof_ends(self, swagger: Build):
        ring = {"allOf": [{"$ref": "#/components/schemas/Ring"}, {"properties": {"A": {"type": "string"}}}]}
        assert list(shape_of(swagger({}, tags={"Ring": ""}, schemas={"Ring": ring}), "Ring").fields) == ["A"]

    def test_an_entity_without_members_is_an_empty_shape(self, swagger: Build):
        empty = {"allOf": [{"$ref": "#/components/schemas/Entity"}, {"type": "object"}]}
        assert shape_of(swagger({}, tags={"Empty": ""}, schemas={"Empty": empty}), "Empty").members() == frozenset()

    def test_shapes_without_a_reference_are_left_out(self, swagger: Build):
        assert list(parse_swagger(swagger({"Bill": {}, "Orphan": {}}, tags={"Bill": ""})).shapes) == ["Bill"]


class TestMembersOfUnusualTypes:
    """None of them is in a published document; a customer's endpoint or a later build may have them."""

    @pytest.mark.parametrize(
        ("value", "value_type"),
        [
            ({"type": "string"}, ValueType.STRING),
            ({"type": "string", "format": "byte"}, ValueType.STRING),
            ({"type": "string", "format": "date-time"}, ValueType.DATETIME),
            ({"type": "string", "format": "date"}, ValueType.DATE),
            ({"type": "string", "format": "uuid"}, ValueType.GUID),
            ({"type": "number", "format": "float"}, ValueType.DECIMAL),
            ({"type": "integer"}, ValueType.INT),
            ({"type": "integer", "format": "int64"}, ValueType.LONG),
            ({"type": "boolean"}, ValueType.BOOLEAN),
        ],
    )
    def test_an_unknown_wrapper_is_typed_by_its_value(self, swagger: Build, value: dict, value_type: ValueType):
        wrapper = {"type": "object", "properties": {"value": value, "error": {"type": "string"}}}
        document = swagger(
            {"Bill": {"New": "->MoneyValue", "Bare": value}}, tags={"Bill": ""}, schemas={"MoneyValue": wrapper}
        )
        assert shape_of(document, "Bill").fields == {"New": value_type, "Bare": value_type}

    def test_a_wrapper_around_an_object_is_a_linked_shape(self, swagger: Build):
        wrapper = {"properties": {"value": {"type": "object"}}}
        document = swagger({"Bill": {"New": "->OddValue"}}, tags={"Bill": ""}, schemas={"OddValue": wrapper})
        assert shape_of(document, "Bill").linked == {"New": "OddValue"}

    def test_an_entity_with_a_field_called_value_is_no_wrapper(self, swagger: Build):
        document = swagger({"Bill": {"Odd": "->Odd"}, "Odd": {"value": "String"}}, tags={"Bill": ""})
        assert shape_of(document, "Bill").linked == {"Odd": "Odd"}

    def test_a_member_that_says_nothing_of_itself_is_text(self, swagger: Build):
        assert shape_of(swagger({"Bill": {"A": {}, "B": {"description": "?"}}}), "Bill").fields == {
            "A": ValueType.STRING,
            "B": ValueType.STRING,
        }

    def test_a_nullable_reference_is_a_reference(self, swagger: Build):
        def nullable(name: str) -> dict:
            return {"allOf": [{"$ref": f"#/components/schemas/{name}"}], "nullable": True}

        document = swagger({"Bill": {"Qty": nullable("DecimalValue"), "Vendor": nullable("Vendor")}, "Vendor": {}})
        shape = shape_of(document, "Bill")
        assert (shape.fields, shape.linked) == ({"Qty": ValueType.DECIMAL}, {"Vendor": "Vendor"})

    def test_an_object_written_inline_gets_a_shape_named_by_its_place(self, swagger: Build):
        inline = {"type": "object", "properties": {"City": {"type": "string"}}}
        document = swagger({"Bill": {"Place": inline, "Places": {"type": "array", "items": inline}}})
        schema = parse_swagger(document)
        assert schema.shapes["Bill"].linked == {"Place": "Bill.Place"}
        assert schema.shapes["Bill"].details == {"Places": "Bill.Places"}
        assert list(schema.shapes["Bill.Places"].fields) == ["City"]

    @pytest.mark.parametrize(
        "array",
        [
            {"type": "array", "items": {"type": "string"}},
            {"type": "array", "items": {"$ref": "#/components/schemas/StringValue"}},
            {"type": "array"},
        ],
    )
    def test_an_array_of_something_other_than_objects_is_a_detail_without_members(self, swagger: Build, array: dict):
        schema = parse_swagger(swagger({"Bill": {"Marks": array}}))
        assert schema.shapes["Bill"].details == {"Marks": "Bill.Marks"}
        assert schema.shapes["Bill.Marks"].members() == frozenset()

    @pytest.mark.parametrize("word", ["allOf", "oneOf", "anyOf"])
    @pytest.mark.parametrize("beside", [[], [{"nullable": True}], [{"type": "object"}]])
    def test_a_reference_with_a_remark_is_a_reference(self, swagger: Build, word: str, beside: list[dict]):
        def remarked(name: str) -> dict:
            return {word: [*beside, {"$ref": f"#/components/schemas/{name}"}], "description": "?"}

        members = {"Qty": remarked("DecimalValue"), "Vendor": remarked("Vendor")}
        rows = {"type": "array", "items": remarked("Line")}
        shape = shape_of(swagger({"Bill": {**members, "Lines": rows}, "Vendor": {}, "Line": {}}), "Bill")
        assert (shape.fields, shape.linked) == ({"Qty": ValueType.DECIMAL}, {"Vendor": "Vendor"})
        assert shape.details == {"Lines": "Line"}

    def test_rows_that_are_written_inline_and_contain_themselves_end_somewhere(self, swagger: Build):
        row = {"allOf": [{"$ref": "#/components/schemas/Bill"}, {"properties": {"More": {"type": "string"}}}]}
        schema = parse_swagger(swagger({"Bill": {"Qty": "Decimal", "Parts": {"type": "array", "items": row}}}))
        assert set(schema.shapes["Bill.Parts"].fields) == {"Qty", "More"}

    def test_a_reference_to_nowhere_costs_no_more_than_itself(self, swagger: Build):
        rows = {"type": "array", "items": {"$ref": "#/components/schemas/Ghost"}}
        shape = shape_of(swagger({"Bill": {"Qty": "Decimal", "A": "->Ghost", "Rows": rows}}), "Bill")
        assert shape.fields == {"Qty": ValueType.DECIMAL, "A": ValueType.STRING}
        assert shape.details == {"Rows": "Ghost"}


class TestTheHead:
    def test_the_title_gives_endpoint_and_version(self, swagger: Build):
        schema = parse_swagger(swagger({}, title="eCommerce/24.200.001"))
        assert (schema.endpoint, schema.version, schema.contract) == ("eCommerce", "24.200.001", 4)

    @pytest.mark.parametrize("title", ["", "Our API", "/"])
    def test_else_the_address_gives_it(self, swagger: Build, title: str):
        schema = parse_swagger(swagger({}, title=title))
        assert (schema.endpoint, schema.version) == ("Default", "24.200.001")
        older = swagger({}, title=title, servers=[], basePath="/entity/Default/20.200.001")
        assert parse_swagger(older).version == "20.200.001"

    def test_a_document_without_any_name_is_unexpected(self, swagger: Build):
        with pytest.raises(Unexpected, match="which endpoint"):
            parse_swagger(swagger({}, title="", servers=[{"url": "http://localhost"}]))

    @pytest.mark.parametrize("contract", ["3", "6"])
    def test_a_contract_that_is_not_supported_is_a_setting_to_change(self, swagger: Build, contract: str):
        with pytest.raises(SettingsError) as caught:
            parse_swagger(swagger({"Bill": {}}, title="Default/27.200.001", contract=contract))
        assert caught.value.message == (
            f"The endpoint Default/27.200.001 has contract version {contract}; this connector supports 4, 5."
        )
        assert "24.200.001" in caught.value.advice

    @pytest.mark.parametrize("contract", [4, 5])
    def test_two_contracts_are_read(self, swagger: Build, contract: int):
        assert parse_swagger(swagger({"Bill": {}}, contract=str(contract))).contract == contract

    def test_a_contract_can_be_declared_spoken(self, swagger: Build):
        assert parse_swagger(swagger({"Bill": {}}, contract="6"), supported={6}).contract == 6

    @pytest.mark.parametrize("contract", ["", "v1", "1.0", "４"])
    def test_a_document_without_a_contract_version_is_unexpected(self, swagger: Build, contract: str):
        with pytest.raises(Unexpected, match="contract version"):
            parse_swagger(swagger({"Bill": {}}, contract=contract))

    @pytest.mark.parametrize(
        "document",
        [b"", b"<html>sign in</html>", b"[]", b"null", b"{}", b'{"message":"An error."}', b'{"info":{"title"', b"\xff"],
    )
    def test_other_bytes_are_unexpected(self, document: bytes):
        with pytest.raises(Unexpected, match="did not answer with a swagger document"):
            parse_swagger(document)


# Entities as tagged; cursors are one less than the DateTimeValues with such a name outside filters: FinancialYear is a
# singleton; keys are those the C# models mark, less the ones that two records could share.
PUBLISHED = [
    ("Default_20.200.001", 105, 67, 82),
    ("Default_24.200.001", 119, 84, 99),
    ("MANUFACTURING_24.200.001", 53, 1, 34),
]


class TestPublishedDocuments:
    @pytest.fixture
    def published(self, reference: Callable[[str], bytes]) -> Callable[[str], EndpointSchema]:
        return lambda name: parse_swagger(reference(f"swagger/{name}.swagger.json"))

    @pytest.mark.parametrize(("name", "entities", "cursors", "keys"), PUBLISHED)
    def test_they_have_the_known_number_of_entities_cursors_and_keys(
        self, published, name: str, entities: int, cursors: int, keys: int
    ):
        schema = published(name)
        assert f"{schema.endpoint}_{schema.version}" == name
        assert schema.contract == 4
        assert len(schema.entities) == entities
        assert sum(entity.cursor is not None for entity in schema.entities.values()) == cursors
        assert sum(bool(entity.keys) for entity in schema.entities.values()) == keys

    @pytest.mark.parametrize("name", [name for name, *_ in PUBLISHED])
    def test_every_reference_leads_to_a_shape(self, published, name: str):
        shapes = published(name).shapes
        targets = {t for shape in shapes.values() for t in (*shape.linked.values(), *shape.details.values())}
        assert targets <= shapes.keys()
        assert not [shape for shape in shapes if "." in shape]

    def test_the_same_entity_is_read_from_openapi_2_and_3(self, published):
        older, newer = published("Default_20.200.001"), published("Default_24.200.001")
        assert older.entities["Account"].shape == newer.entities["Account"].shape

    def test_a_sales_order_is_as_published(self, published):
        order = published("Default_24.200.001").entities["SalesOrder"]
        assert order.keys == ("OrderType", "OrderNbr")
        assert order.cursor == "LastModified"
        assert (order.title, order.screen) == ("Sales Orders", "SO301000")
        assert "SalesOrderCreateShipment" in order.actions
        taken = published("Default_24.200.001").parameters["SalesOrderCreateShipment"]
        assert taken == {"ShipmentDate": ValueType.DATETIME, "WarehouseID": ValueType.STRING}
        assert order.shape.details["Details"] == "SalesOrderDetail"
        assert order.shape.linked["BillToAddress"] == "Address"

    @pytest.mark.parametrize("name", [name for name, *_ in PUBLISHED])
    def test_every_field_has_the_type_of_the_reference_catalogue(self, published, reference, name: str):
        words = {"[": "detail", "string": "StringValue", "datetime": "DateTimeValue"}
        words |= {w: f"{w.capitalize()}Value" for w in ("decimal", "boolean", "int", "short", "long", "byte", "guid")}
        catalogue = json.loads(reference(f"catalog/{name.replace('_', '-')}.json"))["entities"]
        shapes = published(name).shapes
        assert shapes.keys() <= catalogue.keys()
        for entity, shape in shapes.items():
            ours = {field: kind.value for field, kind in shape.fields.items()}
            ours |= {field: f"[{target}]" for field, target in shape.details.items()} | shape.linked
            theirs = {field: words.get(kind, kind) for field, kind in catalogue[entity]["fields"].items()}
            assert ours == theirs, entity

    def test_the_largest_is_read_in_well_under_a_second(self, reference):
        document = reference("swagger/Default_20.200.001.swagger.json")
        parse_swagger(document)
        started = time.process_time()
        parse_swagger(document)
        assert time.process_time() - started < 0.5
