"""Details as records of their own: what a row says of its parents, and where the details stand besides."""

from __future__ import annotations

import json

import pytest

from acumatica_client.errors import SettingsError
from acumatica_client.record import ParentColumn, RecordCodec, parent_columns
from acumatica_client.schema.model import EndpointSchema, EntitySchema, EntityShape, ValueType

TEXT, INT = ValueType.STRING, ValueType.INT
LOTS = b'[{"id":"a","rowNumber":1,"note":null,"LotSerialNbr":{"value":"L1"},"Qty":{"value":1.50},"custom":{}}]'
LINES = (
    b'[{"id":"l1","rowNumber":1,"note":{"value":"x"},"Allocations":' + LOTS + b',"InventoryID":{"value":"A\\u0041"},'
    b'"OrderQty":{"value":2.000000},"custom":{}},'
    b'{"id":"l2","rowNumber":2,"note":null,"Allocations":[],"InventoryID":{},"OrderQty":{"value":0},"custom":{}}]'
)
ORDER = (
    b'{"id":"1","rowNumber":7,"note":{"value":""},"Details":' + LINES + b',"LastModified":{"value":"2026-02-11"},'
    b'"OrderNbr":{"value":"SO1"},"OrderType":{"value":"SO"},"custom":{}}'
)
PARENT = (
    b'"SalesOrder_OrderType":"SO","SalesOrder_OrderNbr":"SO1","SalesOrder_id":"1",'
    b'"SalesOrder_LastModified":"2026-02-11",'
)


def careless(payload: bytes) -> bytes:
    """The same with a member that the schema lacks, so that it goes to the fallback decoder."""
    return payload[:-1] + b',"Odd":{"value":1}}'


def members(record: bytes) -> set[str]:
    return set(json.loads(record))


class TestRows:
    def test_a_row_begins_with_the_keys_the_id_and_the_cursor_of_its_parent(self, schema: EndpointSchema):
        rows = RecordCodec(schema, "SalesOrder", rows=["Details"]).decode(ORDER).rows("Details")
        assert rows == [
            b"{" + PARENT + b'"id":"l1","note":"x","InventoryID":"A\\u0041","OrderQty":2.000000,"custom":{}}',
            b"{" + PARENT + b'"id":"l2","note":null,"InventoryID":null,"OrderQty":0,"custom":{}}',
        ]

    def test_details_of_details_know_the_line_above_too(self, schema: EndpointSchema):
        rows = RecordCodec(schema, "SalesOrder", rows=["Details/Allocations"]).decode(ORDER).rows("Details/Allocations")
        assert rows == [
            b"{" + PARENT + b'"Details_id":"l1","id":"a","note":null,"LotSerialNbr":"L1","Qty":1.50,"custom":{}}'
        ]

    @pytest.mark.parametrize("path", ["Details", "Details/Allocations"])
    def test_the_fallback_decoder_gives_the_same_rows(self, schema: EndpointSchema, path: str):
        codec = RecordCodec(schema, "SalesOrder", rows=["Details", "Details/Allocations"])
        assert codec.decode(careless(ORDER)).rows(path) == codec.decode(ORDER).rows(path) != []
        assert codec.unknown == {"Odd"}

    @pytest.mark.parametrize("came", [None, b"null", b"[]"])
    def test_no_lines_are_no_rows(self, schema: EndpointSchema, came: bytes | None):
        payload = b'{"id":"1"}' if came is None else b'{"id":"1","Details":' + came + b"}"
        codec = RecordCodec(schema, "SalesOrder", rows=["Details", "Details/Allocations"])
        for record in (codec.decode(payload), codec.decode(careless(payload))):
            assert record.rows("Details") == record.rows("Details/Allocations") == []

    def test_a_strange_line_is_kept_as_it_came_behind_what_its_parent_says(self, schema: EndpointSchema):
        codec = RecordCodec(schema, "SalesOrder", rows=["Details"])
        unusual = codec.decode(b'{"id":"1","Details":[{"Odd":{"value":1}},"x"]}').rows("Details")
        assert [json.loads(row)["SalesOrder_id"] for row in unusual] == ["1", "1"]
        assert json.loads(unusual[0])["Odd"] == 1
        assert json.loads(unusual[1])["value"] == "x"

    def test_a_pretty_printed_answer_gives_rows_on_one_line(self, schema: EndpointSchema):
        pretty = json.dumps(json.loads(ORDER) | {"Details": [{"custom": {"V": {"F": 1}}}]}, indent=2).encode()
        rows = RecordCodec(schema, "SalesOrder", rows=["Details"]).decode(pretty).rows("Details")
        assert [b"\n" in row for row in rows] == [False]

    def test_a_path_that_was_not_named_is_a_key_error(self, schema: EndpointSchema):
        with pytest.raises(KeyError):
            RecordCodec(schema, "SalesOrder", ["Details"]).decode(ORDER).rows("Details")

    @pytest.mark.parametrize("path", ["Ghost", "Details/Ghost", "OrderNbr", ""])
    def test_an_unknown_path_is_named(self, schema: EndpointSchema, path: str):
        with pytest.raises(SettingsError, match="no nested member"):
            RecordCodec(schema, "SalesOrder", rows=[path])

    def test_a_linked_entity_on_the_path_is_walked_through(self, schema: EndpointSchema):
        codec = RecordCodec(schema, "Person", rows=["Boss/Friends"])
        record = codec.decode(b'{"id":"p","Boss":{"id":"b","Friends":[{"id":"f","Name":{"value":"Fay"}}]}}')
        assert [json.loads(row) for row in record.rows("Boss/Friends")] == [
            {"Person_id": "p", "id": "f", "note": None, "Name": "Fay", "custom": {}}
        ]


class TestNesting:
    @pytest.mark.parametrize(
        ("expand", "rows", "nested"),
        [
            ([], ["Details"], set()),
            ([], ["Details/Allocations"], set()),
            (["Details"], ["Details"], {"Details"}),
            (["Contact"], ["Details"], {"Contact"}),
            (["Details/Allocations"], ["Details"], set()),
            (["Details/Allocations"], ["Details/Allocations"], {"Details"}),
            (["Details"], ["Details/Allocations"], {"Details"}),
        ],
    )
    def test_a_detail_with_rows_is_nested_only_where_it_was_expanded(
        self, schema: EndpointSchema, expand: list[str], rows: list[str], nested: set[str]
    ):
        codec = RecordCodec(schema, "SalesOrder", expand, rows=rows)
        for payload in (ORDER, careless(ORDER)):
            assert members(codec.unwrap(payload)) & {"Details", "Contact"} == nested

    def test_what_is_expanded_below_a_detail_is_nested_in_its_rows(self, schema: EndpointSchema):
        codec = RecordCodec(schema, "SalesOrder", ["Details/Allocations"], rows=["Details"])
        row = json.loads(codec.decode(ORDER).rows("Details")[0])
        assert [lot["LotSerialNbr"] for lot in row["Allocations"]] == ["L1"]

    def test_rows_of_both_levels_are_nested_in_neither(self, schema: EndpointSchema):
        codec = RecordCodec(schema, "SalesOrder", rows=["Details", "Details/Allocations"])
        row = json.loads(codec.decode(ORDER).rows("Details")[0])
        assert "Allocations" not in row
        assert "Details" not in members(codec.unwrap(ORDER))

    def test_a_line_keeps_its_lots_apart_inside_the_record_too(self, schema: EndpointSchema):
        codec = RecordCodec(schema, "SalesOrder", ["Details"], rows=["Details/Allocations"])
        assert "Allocations" not in json.loads(codec.unwrap(ORDER))["Details"][0]
        assert len(codec.decode(ORDER).rows("Details/Allocations")) == 1

    def test_rows_are_asked_for_like_nested_members(self, schema: EndpointSchema):
        query = RecordCodec(schema, "SalesOrder", ["Contact"], rows=["Details/Allocations"]).query
        assert (query.select, query.expand) == ((), ("Contact", "Details", "Details/Allocations"))


class TestParentColumns:
    def test_each_says_its_name_its_type_and_where_it_comes_from(self, schema: EndpointSchema):
        assert parent_columns(schema, "SalesOrder", "Details/Allocations") == (
            ParentColumn("SalesOrder_OrderType", TEXT, 0, "OrderType"),
            ParentColumn("SalesOrder_OrderNbr", TEXT, 0, "OrderNbr"),
            ParentColumn("SalesOrder_id", ValueType.GUID, 0, "id"),
            ParentColumn("SalesOrder_LastModified", ValueType.DATETIME, 0, "LastModified"),
            ParentColumn("Details_id", ValueType.GUID, 1, "id"),
        )

    def test_an_entity_without_keys_and_cursor_gives_its_id(self, schema: EndpointSchema):
        assert [column.name for column in parent_columns(schema, "Person", "Friends")] == ["Person_id"]

    def test_the_line_number_comes_with_the_line_and_names_never_collide(self):
        order = EntityShape("Order", {"Nbr": ValueType.STRING_SELECT}, {}, {"Lines": "Line"})
        line = EntityShape("Line", {"LineNbr": INT}, {}, {"Lots": "Lot"})
        lot = EntityShape("Lot", {"Order_Nbr": TEXT, "Order_id": TEXT, "Order_id_": TEXT, "Lines_LineNbr": TEXT})
        shapes = {shape.name: shape for shape in (order, line, lot)}
        schema = EndpointSchema("X", "1", 5, {"Order": EntitySchema(order, keys=("Nbr",))}, shapes)

        names = [column.name for column in parent_columns(schema, "Order", "Lines/Lots")]
        assert names == ["Order_Nbr_", "Order_id__", "Lines_id", "Lines_LineNbr_"]
        payload = (
            b'{"id":"o","Nbr":{"value":{"id":"1","description":"One"}},'
            b'"Lines":[{"id":"l","LineNbr":{"value":7},"Lots":[{"id":"t","Order_Nbr":{"value":"mine"}}]}]}'
        )
        (row,) = RecordCodec(schema, "Order", rows=["Lines/Lots"]).decode(payload).rows("Lines/Lots")
        found = json.loads(row)
        assert [found[name] for name in names] == ["One", "o", "l", 7]
        assert found["Order_Nbr"] == "mine"

    def test_every_detail_of_the_published_document_unfolds(self, reference):
        from acumatica_client.schema.swagger import parse_swagger

        published = parse_swagger(reference("swagger/Default_24.200.001.swagger.json"))
        for name, entity in published.entities.items():
            codec = RecordCodec(published, name, rows=list(entity.shape.details))
            payload = json.dumps({"id": "p", **{path: [{"id": "r"}] for path in entity.shape.details}}).encode()
            record = codec.decode(payload)
            for path in entity.shape.details:
                (row,) = record.rows(path)
                known = [column.name for column in parent_columns(published, name, path)]
                assert list(json.loads(row))[: len(known)] == known
                assert json.loads(row)["id"] == "r"
