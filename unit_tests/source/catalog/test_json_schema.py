"""The JSON schema of a stream: what Airbyte and destinations see."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import jsonschema
import pytest

from acumatica_client.record import RecordCodec, build_layout, expand_paths
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EndpointSchema, EntitySchema, EntityShape, ValueType
from acumatica_client.schema.swagger import parse_swagger
from source_acumatica.catalog.json_schema import json_schema

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "acumatica"


@pytest.fixture
def schema() -> EndpointSchema:
    """An entity with a field of each type, a linked entity and lines that refer to themselves."""
    fields = {kind.name: kind for kind in ValueType}
    order = EntityShape("Order", fields, {"Contact": "Contact"}, {"Lines": "Line"})
    contact = EntityShape("Contact", {"Email": ValueType.STRING}, {"Address": "Address"})
    line = EntityShape("Line", {"Qty": ValueType.DECIMAL}, {}, {"Parts": "Line"})
    shapes = [order, contact, line, EntityShape("Address", {"City": ValueType.STRING})]
    entity = EntitySchema(order, "Orders", "OR301000", keys=("STRING", "INT"), cursor="DATETIME")
    return EndpointSchema("Default", "24.200.001", 4, {"Order": entity}, {shape.name: shape for shape in shapes})


def described(schema: EndpointSchema, entity: str = "Order", expand: Collection[str] = (), **more: object) -> dict:
    return json_schema(build_layout(schema, entity, expand), **more)


def properties(schema: EndpointSchema, *expand: str) -> dict:
    found = described(schema, "Order", expand)["properties"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("kind", "described"),
    [
        (ValueType.STRING, {"type": ["string", "null"]}),
        (ValueType.GUID, {"type": ["string", "null"]}),
        (ValueType.BOOLEAN, {"type": ["boolean", "null"]}),
        (ValueType.DECIMAL, {"type": ["number", "null"]}),
        (ValueType.DOUBLE, {"type": ["number", "null"]}),
        (ValueType.INT, {"type": ["integer", "null"]}),
        (ValueType.SHORT, {"type": ["integer", "null"]}),
        (ValueType.LONG, {"type": ["integer", "null"]}),
        (ValueType.BYTE, {"type": ["integer", "null"]}),
        (ValueType.DATE, {"type": ["string", "null"], "format": "date"}),
        (
            ValueType.DATETIME,
            {"type": ["string", "null"], "format": "date-time", "airbyte_type": "timestamp_with_timezone"},
        ),
    ],
)
def test_each_type_has_its_word(schema: EndpointSchema, kind: ValueType, described: dict):
    found = {name: value for name, value in properties(schema)[kind.name].items() if name != "description"}
    assert found == described


def test_every_type_has_a_word(schema: EndpointSchema):
    assert all("null" in properties(schema)[kind.name]["type"] for kind in ValueType)


def test_the_top_is_an_open_object_of_draft_7(schema: EndpointSchema):
    found = described(schema, heading="Orders (OR301000)")
    assert found["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert (found["type"], found["additionalProperties"]) == ("object", True)
    assert found["description"] == "Orders (OR301000)"


def test_columns_are_described_in_given_words_and_may_be_null(schema: EndpointSchema):
    found = described(schema, words={"INT": "RequestPart of the business key."})["properties"]
    assert found["INT"] == {"type": ["integer", "null"], "description": "RequestPart of the business key."}
    assert "description" not in found["BOOLEAN"]


def test_columns_of_parents_come_first(schema: EndpointSchema):
    found = described(schema, before=[("Parent_id", ValueType.GUID), ("Parent_No", ValueType.INT)])["properties"]
    assert list(found)[:3] == ["Parent_id", "Parent_No", "id"]
    assert found["Parent_No"] == {"type": ["integer", "null"]}


def test_drop_downs_of_contract_5_have_a_column_for_their_id(schema: EndpointSchema):
    found = properties(schema)
    assert found["STRING_SELECT"] == found["STRING_SELECT_id"] == {"type": ["string", "null"]}
    assert found["INT_SELECT"] == found["INT_SELECT_id"] == {"type": ["integer", "null"]}
    assert found["STRING_MULTI_SELECT"] == {"type": ["array", "null"], "items": {"type": ["string", "null"]}}


def test_custom_fields_are_columns_with_the_type_and_the_names_of_the_form(schema: EndpointSchema):
    fields = [CustomField("Document", "UsrRate", "CustomDecimalField"), CustomField("Document", "AttributeCOLOR")]
    found = json_schema(build_layout(schema, "Order", custom=fields))["properties"]
    assert found["custom_Document_UsrRate"] == {
        "type": ["number", "null"],
        "description": "The custom field UsrRate of the view Document.",
    }
    assert found["custom_Document_AttributeCOLOR"]["type"] == ["string", "null"]


def test_what_is_read_for_its_rows_only_does_not_stand_in_the_record(schema: EndpointSchema):
    assert "Lines" not in json_schema(build_layout(schema, "Order", rows=["Lines"]))["properties"]


def test_the_base_members_are_there(schema: EndpointSchema):
    found = properties(schema)
    assert found["id"]["type"] == ["string", "null"]
    assert found["note"] == {"type": ["string", "null"]}
    assert found["custom"] == {"type": ["object", "null"], "additionalProperties": True}
    assert "rowNumber" not in found
    assert "files" not in found


def test_nested_members_are_written_out_only_where_asked_for(schema: EndpointSchema):
    assert "Contact" not in properties(schema)
    contact = properties(schema, "Contact")["Contact"]
    assert contact["type"] == ["object", "null"]
    assert list(contact["properties"]) == ["id", "note", "Email", "custom"]
    assert "Address" in properties(schema, "Contact/Address")["Contact"]["properties"]


def test_details_are_arrays_of_objects(schema: EndpointSchema):
    lines = properties(schema, "Lines", "Lines/Parts")["Lines"]
    assert lines["type"] == ["array", "null"]
    assert lines["items"]["properties"]["Qty"] == {"type": ["number", "null"]}
    parts = lines["items"]["properties"]["Parts"]
    assert list(parts["items"]["properties"]) == ["id", "note", "Qty", "custom"]


def test_files_are_described_where_asked_for(schema: EndpointSchema):
    files = properties(schema, "files")["files"]
    assert list(files["items"]["properties"]) == ["id", "filename", "href", "comment"]


def test_properties_come_in_the_order_of_the_record(schema: EndpointSchema):
    expand = ("Contact", "Lines", "files")
    record = RecordCodec(schema, "Order", expand).unwrap(b"{}")
    assert list(json.loads(record)) == list(properties(schema, *expand))


def test_nothing_refers_elsewhere(schema: EndpointSchema):
    text = json.dumps(described(schema, "Order", ("Contact/Address", "Lines/Parts")))
    assert "$ref" not in text
    assert "allOf" not in text


def test_two_calls_share_nothing(schema: EndpointSchema):
    properties(schema)["id"]["description"] = "changed"
    assert "description" not in properties(schema)["id"]
    first, second = properties(schema)["BOOLEAN"], properties(schema)["BOOLEAN"]
    assert first is not second


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b'{"id":"1","note":{"value":"x"},"DECIMAL":{"value":0.0000},"INT":{"value":7},"BOOLEAN":{"value":true},"custom":{}}',
        b'{"DATETIME":{"value":"2026-02-11T14:15:14.04-05:00"},"Contact":null,"Lines":[]}',
        b'{"Contact":{"id":"c","Email":{},"Address":{"City":{"value":"Ulm"}}},"Lines":[{"Parts":[{"Qty":{"value":1.0}}]}]}',
        b'{"New":{"value":1},"Lines":[{"New":{"value":1}}]}',
    ],
)
def test_records_satisfy_the_schema(schema: EndpointSchema, payload: bytes):
    expand = ("Contact/Address", "Lines/Parts")
    record = json.loads(RecordCodec(schema, "Order", expand).unwrap(payload))
    jsonschema.Draft7Validator(described(schema, "Order", expand)).validate(record)


class TestPublishedDocuments:
    @pytest.fixture(scope="class")
    def published(self) -> EndpointSchema:
        path = REFERENCE / "swagger" / "Default_24.200.001.swagger.json"
        if not path.is_file():
            pytest.skip("no reference file")
        return parse_swagger(path.read_bytes())

    def test_every_entity_has_a_valid_schema(self, published: EndpointSchema):
        for entity in published.entities:
            jsonschema.Draft7Validator.check_schema(described(published, entity, expand_paths(published, entity, 1)))

    @pytest.mark.parametrize(
        ("sample", "entity"),
        [("accounts.json", "Account"), ("customers.json", "Customer"), ("customer_classes.json", "CustomerClass")],
    )
    def test_recorded_answers_satisfy_it(self, published: EndpointSchema, sample: str, entity: str):
        expand = expand_paths(published, entity)
        codec = RecordCodec(published, entity, expand)
        validator = jsonschema.Draft7Validator(described(published, entity, expand))
        for raw in codec.split((REFERENCE / "samples" / "records" / sample).read_bytes()):
            validator.validate(json.loads(codec.unwrap(raw)))
