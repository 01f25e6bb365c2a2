"""Columns that are more than a field: drop-downs of contract 5, custom fields; and columns that were not chosen."""

from __future__ import annotations

import json

import pytest

from acumatica_client.errors import SettingsError
from acumatica_client.record import Column, RecordCodec, custom_field_of, dropdown_columns
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EndpointSchema, EntitySchema, EntityShape, ValueType

ORDER = b'{"id":"1","Details":[{"id":"l","OrderQty":{"value":2}}],"OrderNbr":{"value":"SO1"},"custom":%s}'
CUSTOM = (
    b'{"Document":{"AttributeX":{"type":"CustomStringField","value":"Red"},'
    b'"UsrN":{"type":"CustomDecimalField","value":1.50}}}'
)
X, N = CustomField("Document", "AttributeX"), CustomField("Document", "UsrN", "CustomDecimalField")
ON_LINE = CustomField("Transactions", "UsrColor", place="Details")


@pytest.fixture
def newer() -> EndpointSchema:
    """An entity of contract 5 with a drop-down of each kind, one of them the key."""
    fields = {
        "Type": ValueType.STRING_SELECT,
        "Status": ValueType.STRING_SELECT,
        "Day": ValueType.INT_SELECT,
        "Tags": ValueType.STRING_MULTI_SELECT,
        "Date": ValueType.DATE,
    }
    shape = EntityShape("Bill", fields)
    return EndpointSchema("Default", "26.200.001", 5, {"Bill": EntitySchema(shape, keys=("Type",))}, {"Bill": shape})


def bill(**values: object) -> bytes:
    return json.dumps({"id": "1", **{name: {"value": value} for name, value in values.items()}}).encode()


def by_both_decoders(codec: RecordCodec, payload: bytes) -> dict[str, object]:
    """The record, after making sure that the fallback decoder gives the same one."""
    fast = codec.decode(payload)
    fallback = codec.decode(payload[:-1] + b',"Odd":{}}')
    assert fallback.json == fast.json[:-1] + b',"Odd":null}'
    record = json.loads(fast.json)
    assert isinstance(record, dict)
    return record


class TestDropDowns:
    def test_a_text_shows_its_description_as_contract_4_does_and_its_id_beside_it(self, newer: EndpointSchema):
        record = by_both_decoders(RecordCodec(newer, "Bill"), bill(Status={"id": "CL", "description": "Completed"}))
        assert (record["Status"], record["Status_id"]) == ("Completed", "CL")

    def test_a_number_stays_a_number_with_its_description_beside_it(self, newer: EndpointSchema):
        record = by_both_decoders(RecordCodec(newer, "Bill"), bill(Day={"id": 4, "description": "Thursday"}))
        assert (record["Day"], record["Day_id"], record["Day_description"]) == (4, 4, "Thursday")

    def test_several_are_arrays_side_by_side(self, newer: EndpointSchema):
        chosen = [{"id": "A", "description": "Alpha"}, {"id": "B", "description": "Beta"}]
        record = by_both_decoders(RecordCodec(newer, "Bill"), bill(Tags=chosen))
        assert (record["Tags"], record["Tags_id"]) == (["Alpha", "Beta"], ["A", "B"])

    def test_nothing_chosen_is_null_and_no_choices_are_an_empty_array(self, newer: EndpointSchema):
        codec = RecordCodec(newer, "Bill")
        nothing = by_both_decoders(codec, b'{"id":"1","Status":{},"Tags":{}}')
        assert [nothing[name] for name in ("Status", "Status_id", "Day", "Day_id", "Tags", "Tags_id")] == [None] * 6
        assert by_both_decoders(codec, bill(Tags=[]))["Tags_id"] == []

    @pytest.mark.parametrize("null", [b'{"value":null}', b"{}", b"null"])
    def test_a_null_in_any_form_is_null(self, newer: EndpointSchema, null: bytes):
        record = by_both_decoders(RecordCodec(newer, "Bill"), b'{"id":"1","Status":' + null + b',"Date":' + null + b"}")
        assert (record["Status"], record["Status_id"], record["Date"]) == (None, None, None)

    def test_a_plain_value_where_a_choice_was_declared_is_kept(self, newer: EndpointSchema):
        record = by_both_decoders(RecordCodec(newer, "Bill"), bill(Status="Open", Day=3, Tags=["a"]))
        assert (record["Status"], record["Status_id"]) == ("Open", None)
        assert (record["Day"], record["Day_description"]) == (3, None)
        assert (record["Tags"], record["Tags_id"]) == (["a"], [None])

    def test_a_choice_that_says_more_gives_what_is_known_and_is_counted(self, newer: EndpointSchema):
        codec = RecordCodec(newer, "Bill")
        record = by_both_decoders(codec, bill(Status={"id": "CL", "description": "Completed", "color": 1}))
        assert (record["Status"], record["Status_id"]) == ("Completed", "CL")
        assert "Status.color" in codec.unknown

    def test_a_key_is_the_same_in_both_contracts(self, newer: EndpointSchema):
        payload = bill(Type={"id": "INV", "description": "Bill"})
        for one in (payload, payload[:-1] + b',"Odd":{}}'):
            record = RecordCodec(newer, "Bill").decode(one)
            assert (record.text("Type"), record.text("Type_id")) == ("Bill", "INV")

    def test_the_columns_are_reported_with_their_types(self, newer: EndpointSchema):
        assert RecordCodec(newer, "Bill").layout.columns == (
            Column("Type", "Type", "description"),
            Column("Type_id", "Type", "id"),
            Column("Status", "Status", "description"),
            Column("Status_id", "Status", "id"),
            Column("Day", "Day", "id", ValueType.INT),
            Column("Day_id", "Day", "id", ValueType.INT),
            Column("Day_description", "Day", "description"),
            Column("Tags", "Tags", "description", many=True),
            Column("Tags_id", "Tags", "id", many=True),
            Column("Date", "Date", "value", ValueType.DATE),
        )

    def test_a_name_that_the_entity_has_already_gets_an_underscore_more(self):
        shape = EntityShape("Bill", {"Status": ValueType.STRING_SELECT, "Status_id": ValueType.STRING})
        schema = EndpointSchema("X", "1", 5, {"Bill": EntitySchema(shape)}, {"Bill": shape})
        record = by_both_decoders(
            RecordCodec(schema, "Bill"), bill(Status={"id": "a", "description": "A"}, Status_id="own")
        )
        assert (record["Status"], record["Status_id_"], record["Status_id"]) == ("A", "a", "own")


class TestCustomColumns:
    def test_a_named_custom_field_is_a_column_with_its_plain_value(self, schema: EndpointSchema):
        record = by_both_decoders(RecordCodec(schema, "SalesOrder", custom=[X, N]), ORDER % CUSTOM)
        assert (record["custom_Document_AttributeX"], record["custom_Document_UsrN"]) == ("Red", 1.5)
        assert record["custom"] == {}

    def test_digits_stay(self, schema: EndpointSchema):
        assert b'"custom_Document_UsrN":1.50,' in RecordCodec(schema, "SalesOrder", custom=[N]).unwrap(ORDER % CUSTOM)

    def test_what_was_not_named_stays_in_custom(self, schema: EndpointSchema):
        record = by_both_decoders(RecordCodec(schema, "SalesOrder", custom=[X]), ORDER % CUSTOM)
        assert record["custom_Document_AttributeX"] == "Red"
        assert record["custom"] == {"Document": {"UsrN": {"type": "CustomDecimalField", "value": 1.5}}}

    @pytest.mark.parametrize(
        "came",
        [
            b"{}",
            b"null",
            b'{"Document":{}}',
            b'{"Document":{"AttributeX":{"type":"CustomStringField"}}}',
            b'{"Document":{"AttributeX":{"type":"CustomStringField","value":null}}}',
        ],
    )
    def test_one_that_is_absent_is_null(self, schema: EndpointSchema, came: bytes):
        record = by_both_decoders(RecordCodec(schema, "SalesOrder", custom=[X]), ORDER % came)
        assert record["custom_Document_AttributeX"] is None

    def test_strange_forms_of_custom_are_kept(self, schema: EndpointSchema):
        codec = RecordCodec(schema, "SalesOrder", custom=[X])
        assert (
            by_both_decoders(codec, ORDER % b'{"Document":{"AttributeX":"Red"}}')["custom_Document_AttributeX"] == "Red"
        )
        assert by_both_decoders(codec, ORDER % b'{"Document":7,"Other":{"A":1}}')["custom"] == {
            "Document": 7,
            "Other": {"A": 1},
        }
        assert by_both_decoders(codec, ORDER % b'"odd"')["custom"] == "odd"

    def test_those_of_a_detail_are_columns_of_its_rows(self, schema: EndpointSchema):
        line = (
            b'"Details":[{"id":"l","custom":{"Transactions":{"UsrColor":{"type":"CustomStringField","value":"Blue"}}}}]'
        )
        payload = (ORDER % CUSTOM).replace(b'"Details":[{"id":"l","OrderQty":{"value":2}}]', line)
        codec = RecordCodec(schema, "SalesOrder", rows=["Details"], custom=[X, ON_LINE])
        record = codec.decode(payload)
        assert json.loads(record.rows("Details")[0])["custom_Transactions_UsrColor"] == "Blue"
        assert "custom_Transactions_UsrColor" not in json.loads(record.json)
        assert "Details" not in json.loads(record.json)

    def test_they_are_asked_for_by_their_paths(self, schema: EndpointSchema):
        query = RecordCodec(schema, "SalesOrder", custom=[X, ON_LINE]).query
        assert (query.expand, query.custom) == (("Details",), ("Document.AttributeX", "Details/Transactions.UsrColor"))

    def test_two_views_may_give_one_name(self, schema: EndpointSchema):
        twins = [CustomField("A_B", "C"), CustomField("A", "B_C")]
        codec = RecordCodec(schema, "SalesOrder", custom=twins)
        came = b'{"A":{"B_C":{"type":"t","value":2}},"A_B":{"C":{"type":"t","value":1}}}'
        record = by_both_decoders(codec, ORDER % came)
        assert (record["custom_A_B_C"], record["custom_A_B_C_"]) == (1, 2)
        assert codec.layout.custom_columns == {"custom_A_B_C": twins[0], "custom_A_B_C_": twins[1]}

    @pytest.mark.parametrize(
        ("name", "column"), [("UsrX", "custom_Document_UsrX"), ("Attribute1-A", "custom_Document_Attribute1_A")]
    )
    def test_a_column_has_letters_digits_and_underscores(self, name: str, column: str):
        assert CustomField("Document", name).column == column


class TestSelect:
    def test_only_the_chosen_fields_and_what_identifies_a_record_are_columns(self, schema: EndpointSchema):
        codec = RecordCodec(schema, "SalesOrder", select=["Hold"])
        record = by_both_decoders(codec, b'{"id":"1","Hold":{"value":true},"OrderNbr":{"value":"SO1"},"custom":{}}')
        assert list(record) == ["id", "note", "OrderType", "OrderNbr", "Hold", "LastModified", "custom"]
        assert codec.query.select == ("OrderType", "OrderNbr", "Hold", "LastModified")

    def test_a_server_that_sends_more_is_listened_to_no_longer(self, schema: EndpointSchema):
        codec = RecordCodec(schema, "SalesOrder", select=["Hold"])
        assert "OrderTotal" not in json.loads(codec.unwrap(b'{"id":"1","OrderTotal":{"value":1}}'))
        assert codec.unknown == set()

    def test_all_of_them_are_as_good_as_none(self, schema: EndpointSchema):
        codec = RecordCodec(schema, "SalesOrder", select=list(schema.shapes["SalesOrder"].fields))
        assert codec.query.select == ()

    def test_a_choice_below_names_all_fields_above(self, schema: EndpointSchema):
        every = ["OrderType", "OrderNbr", "OrderTotal", "Hold", "LastModified"]
        codec = RecordCodec(schema, "SalesOrder", ["Details"], select=[*every, "Details/OrderQty"])
        assert codec.query.select == (*every, "Details/OrderQty")
        assert codec.query.expand == ("Details",)

    def test_a_member_named_whole_is_whole(self, schema: EndpointSchema):
        codec = RecordCodec(schema, "SalesOrder", select=["OrderNbr", "Details"])
        assert codec.query.select == ("OrderType", "OrderNbr", "LastModified")
        assert codec.query.expand == ("Details",)
        assert json.loads(codec.unwrap(ORDER % b"{}"))["Details"][0]["OrderQty"] == 2

    def test_rows_keep_their_line_number(self):
        line = EntityShape("Line", {"LineNbr": ValueType.INT, "Qty": ValueType.DECIMAL, "Memo": ValueType.STRING})
        order = EntityShape("Order", {"Nbr": ValueType.STRING}, {}, {"Lines": "Line"})
        shapes = {"Order": order, "Line": line}
        schema = EndpointSchema("X", "1", 4, {"Order": EntitySchema(order, keys=("Nbr",))}, shapes)
        codec = RecordCodec(schema, "Order", rows=["Lines"], select=["Lines/Qty"])
        assert codec.query.select == ("Nbr", "Lines/LineNbr", "Lines/Qty")

    @pytest.mark.parametrize(
        ("path", "words"),
        [("Ghost", "SalesOrder has no member 'Ghost'"), ("Details/Ghost", "SalesOrder/Details has no member 'Ghost'")],
    )
    def test_an_unknown_name_is_named(self, schema: EndpointSchema, path: str, words: str):
        with pytest.raises(SettingsError, match=words):
            RecordCodec(schema, "SalesOrder", ["Details"], select=[path])


class TestWritingDropDowns:
    @pytest.mark.parametrize(
        ("record", "payload"),
        [
            ({"Status": "Completed", "Status_id": "CL"}, {"Status": {"value": {"id": "CL"}}}),
            ({"Status_id": "CL"}, {"Status": {"value": {"id": "CL"}}}),
            ({"Status": "CL"}, {"Status": {"value": {"id": "CL"}}}),
            ({"Status": "CL", "Status_id": None}, {"Status": {"value": {"id": "CL"}}}),
            ({"Status": None, "Status_id": None}, {}),
            ({"Status": {"id": "CL", "description": "x"}}, {"Status": {"value": {"id": "CL", "description": "x"}}}),
            ({"Day": 4, "Day_description": "Thursday"}, {"Day": {"value": {"id": 4}}}),
            ({"Tags": ["Alpha"], "Tags_id": ["A"]}, {"Tags": {"value": [{"id": "A"}]}}),
            ({"Tags": ["A", "B"]}, {"Tags": {"value": [{"id": "A"}, {"id": "B"}]}}),
            ({"Tags": ["Alpha", "Beta"], "Tags_id": ["A"]}, {"Tags": {"value": [{"id": "A"}]}}),
            ({"Tags": ["A"], "Tags_id": [None]}, {"Tags": {"value": [{"id": "A"}]}}),
            ({"Tags": []}, {"Tags": {"value": []}}),
            ({"Tags": [{"id": "A"}]}, {"Tags": {"value": [{"id": "A"}]}}),
        ],
    )
    def test_a_choice_is_sent_by_its_id(self, newer: EndpointSchema, record: dict, payload: dict):
        assert json.loads(RecordCodec(newer, "Bill").wrap(record)) == payload

    def test_a_choice_can_be_cleared(self, newer: EndpointSchema):
        assert RecordCodec(newer, "Bill").wrap({"Status": None}, nulls="clear") == b'{"Status":{"value":null}}'

    @pytest.mark.parametrize(
        ("record", "words"),
        [
            ({"Status": ["a"]}, "Status is a single choice"),
            ({"Tags": "a"}, "Tags is an array of choices"),
            ({"Tags_id": {"a": 1}}, "Tags is an array of choices"),
            ({"Tags_ids": ["a"]}, "it has no member Tags_ids"),
        ],
    )
    def test_what_is_no_choice_is_named(self, newer: EndpointSchema, record: dict, words: str):
        with pytest.raises(SettingsError, match=words):
            RecordCodec(newer, "Bill").wrap(record)

    def test_wrapping_undoes_unwrapping(self, newer: EndpointSchema):
        payload = (
            b'{"id":"1","note":{"value":""},"Type":{"value":{"id":"INV","description":"Bill"}},"Status":{},'
            b'"Day":{"value":{"id":4,"description":"Thursday"}},'
            b'"Tags":{"value":[{"id":"A","description":"Alpha"},{"id":"B","description":"Beta"}]},'
            b'"Date":{"value":"2026-09-09"},"custom":{}}'
        )
        codec = RecordCodec(newer, "Bill")
        assert codec.wrap(codec.unwrap(payload), nulls="empty") == payload

    def test_the_columns_beside_drop_downs_are_known(self, newer: EndpointSchema):
        found = dropdown_columns(newer.shapes["Bill"])
        assert list(found) == ["Type_id", "Status_id", "Day_id", "Day_description", "Tags_id"]
        assert found["Status_id"].field == "Status"


class TestTheFieldBehindACustomColumn:
    BILL = EntityShape("Bill", {"Vendor": ValueType.STRING, "custom_Document_UsrOwn": ValueType.STRING})

    @pytest.mark.parametrize(
        ("view", "name"),
        [
            ("Document", "UsrX"),
            ("Base_Approval", "UsrX"),
            ("Base", "Approval_UsrX"),
            ("_V_", "_F_"),
            ("V-1", "Usr.X"),
            ("Ä", "é"),
        ],
    )
    def test_is_found_wherever_the_view_ends(self, view: str, name: str):
        field, other = CustomField(view, name), CustomField("Other", "UsrY")

        assert custom_field_of(field.column, [other, field], self.BILL) == field

    def test_is_the_first_of_two_that_give_one_name_and_the_second_with_an_underscore_more(self):
        first, second = CustomField("Base", "Approval_UsrX"), CustomField("Base_Approval", "UsrX")

        assert custom_field_of("custom_Base_Approval_UsrX", [first, second], self.BILL) == first
        assert custom_field_of("custom_Base_Approval_UsrX_", [first, second], self.BILL) == second
        assert custom_field_of("custom_Base_Approval_UsrX", [second, first], self.BILL) == second

    def test_has_the_name_that_the_record_gives_its_column(self, schema: EndpointSchema):
        fields = [CustomField("Base", "A_B"), CustomField("Base_A", "B"), CustomField("Document", "AttributeX")]
        layout = RecordCodec(schema, "SalesOrder", custom=fields).layout

        for column, field in layout.custom_columns.items():
            assert custom_field_of(column, fields, layout.shape) == field

    def test_is_not_taken_for_a_field_of_the_entity(self):
        assert custom_field_of("custom_Document_UsrOwn", [CustomField("Document", "UsrOwn")], self.BILL) is None

    def test_is_found_in_any_case_unless_two_differ_in_case_only(self):
        upper, lower = CustomField("Document", "UsrX"), CustomField("Document", "usrx")

        assert custom_field_of("CUSTOM_DOCUMENT_USRX", [upper], self.BILL) == upper
        assert custom_field_of("custom_Document_usrx", [upper, lower], self.BILL) == lower
        assert custom_field_of("CUSTOM_DOCUMENT_USRX", [upper, lower], self.BILL) is None

    def test_is_none_for_another_name(self):
        assert custom_field_of("custom_Document_UsrZ", [CustomField("Document", "UsrX")], self.BILL) is None
        assert custom_field_of("Vendor", [CustomField("Document", "UsrX")], self.BILL) is None
