"""Records into payloads: what a PUT takes, and what is refused before anything is sent."""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from decimal import Decimal

import msgspec
import pytest

from acumatica_client.errors import SettingsError
from acumatica_client.record import Nulls, RecordCodec
from acumatica_client.schema.model import EndpointSchema


@pytest.fixture
def codec(schema: EndpointSchema) -> RecordCodec:
    return RecordCodec(schema, "SalesOrder")


def refusal(codec: RecordCodec, record: bytes | dict) -> str:
    with pytest.raises(SettingsError) as caught:
        codec.wrap(record)
    return caught.value.message


class TestFields:
    def test_a_value_is_wrapped(self, codec: RecordCodec):
        assert codec.wrap(b'{"OrderType":"SO","Hold":false}') == b'{"OrderType":{"value":"SO"},"Hold":{"value":false}}'

    @pytest.mark.parametrize(
        "text",
        [b"0.0000", b"-0.0", b"1E+3", b"12345678901234567890.1234567890", b"99999999999999999999999", b"1", b'"12.50"'],
    )
    def test_numbers_keep_their_digits_and_numeric_text_stays_text(self, codec: RecordCodec, text: bytes):
        assert codec.wrap(b'{"OrderTotal": ' + text + b" }") == b'{"OrderTotal":{"value":' + text + b"}}"

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (Decimal("0.0000"), b"0.0000"),
            (Decimal("12345678901234567890.12345"), b"12345678901234567890.12345"),
            (Decimal("1E+3"), b"1E+3"),
            (2**80, b"1208925819614629174706176"),
            ("é 😀", '"é 😀"'.encode()),
            (datetime(2026, 7, 3, tzinfo=timezone.utc), b'"2026-07-03T00:00:00Z"'),
            (uuid.UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        ],
    )
    def test_a_mapping_is_taken_too_with_exact_numbers(self, codec: RecordCodec, value: object, text: bytes):
        assert codec.wrap({"OrderTotal": value}) == b'{"OrderTotal":{"value":' + text + b"}}"

    @pytest.mark.parametrize(
        ("nulls", "payload"), [("skip", b"{}"), ("clear", b'{"Hold":{"value":null}}'), ("empty", b'{"Hold":{}}')]
    )
    def test_null_is_left_out_cleared_or_empty(self, codec: RecordCodec, nulls: Nulls, payload: bytes):
        assert codec.wrap(b'{"Hold":null}', nulls=nulls) == payload
        assert codec.wrap({"Hold": None}, nulls=nulls) == payload

    def test_null_is_left_out_unless_said_otherwise(self, codec: RecordCodec):
        assert codec.wrap({"Hold": None, "OrderType": ""}) == b'{"OrderType":{"value":""}}'

    def test_members_keep_their_order(self, codec: RecordCodec):
        wrapped = msgspec.json.decode(codec.wrap({"OrderNbr": "1", "Hold": True, "OrderType": "SO", "id": "x"}))
        assert list(wrapped) == ["OrderNbr", "Hold", "OrderType", "id"]


class TestBaseMembers:
    def test_id_and_delete_are_bare(self, codec: RecordCodec):
        assert codec.wrap(b'{"id":"1","delete":true}') == b'{"id":"1","delete":true}'

    @pytest.mark.parametrize("nulls", ["skip", "clear", "empty"])
    def test_no_id_is_no_member(self, codec: RecordCodec, nulls: Nulls):
        assert codec.wrap(b'{"id":null,"delete":null}', nulls=nulls) == b"{}"

    def test_a_note_is_wrapped(self, codec: RecordCodec):
        assert codec.wrap(b'{"note":"Hi"}') == b'{"note":{"value":"Hi"}}'
        assert codec.wrap(b'{"note":null}', nulls="clear") == b'{"note":{"value":null}}'
        assert codec.wrap(b'{"note":null}') == b"{}"

    def test_custom_fields_go_as_they_are(self, codec: RecordCodec):
        custom = b'{"custom":{"Document":{"UsrX":{"type":"CustomDecimalField","value":1.50}}}}'
        assert codec.wrap(custom) == custom

    @pytest.mark.parametrize("nothing", [b'{"custom":{}}', b'{"custom":null}'])
    def test_empty_custom_is_not_sent_unless_the_inverse_is_wanted(self, codec: RecordCodec, nothing: bytes):
        assert codec.wrap(nothing) == b"{}"
        assert codec.wrap(nothing, nulls="clear") == b"{}"
        assert codec.wrap(nothing, nulls="empty") == nothing

    def test_members_that_only_answers_have_are_left_out(self, codec: RecordCodec):
        record = {"rowNumber": 1, "files": [], "_links": {}, "_workflowActions": [], "error": "x", "OrderType": "SO"}
        assert codec.wrap(record) == b'{"OrderType":{"value":"SO"}}'


class TestNestedMembers:
    def test_linked_entities_and_details_are_wrapped_without_expand(self, codec: RecordCodec):
        record = {
            "Contact": {"Email": "a@b.example", "Address": {"City": "Ulm"}},
            "Details": [
                {"InventoryID": "X", "Allocations": [{"Qty": Decimal("1.000000")}]},
                {"id": "l", "delete": True},
            ],
        }
        assert codec.wrap(record) == (
            b'{"Contact":{"Email":{"value":"a@b.example"},"Address":{"City":{"value":"Ulm"}}},'
            b'"Details":[{"InventoryID":{"value":"X"},"Allocations":[{"Qty":{"value":1.000000}}]},'
            b'{"id":"l","delete":true}]}'
        )

    def test_no_lines_stay_no_lines(self, codec: RecordCodec):
        assert codec.wrap(b'{"Details":[]}') == b'{"Details":[]}'

    @pytest.mark.parametrize(
        ("nulls", "payload"), [("skip", b"{}"), ("clear", b"{}"), ("empty", b'{"Contact":null,"Details":null}')]
    )
    def test_a_null_where_an_object_belongs_says_nothing(self, codec: RecordCodec, nulls: Nulls, payload: bytes):
        assert codec.wrap(b'{"Contact":null,"Details":null}', nulls=nulls) == payload

    def test_nulls_below_are_treated_alike(self, codec: RecordCodec):
        record = b'{"Details":[{"OrderQty":null}]}'
        assert codec.wrap(record, nulls="clear") == b'{"Details":[{"OrderQty":{"value":null}}]}'
        assert codec.wrap(record, nulls="skip") == b'{"Details":[{}]}'

    def test_shapes_that_refer_to_themselves_are_wrapped_to_the_end(self, schema: EndpointSchema):
        people = RecordCodec(schema, "Person")
        record = b'{"Boss":{"Boss":{"Boss":{"Name":"A"}}},"Friends":[{"Friends":[{"Name":"B"}]}]}'
        assert people.wrap(record) == (
            b'{"Boss":{"Boss":{"Boss":{"Name":{"value":"A"}}}},"Friends":[{"Friends":[{"Name":{"value":"B"}}]}]}'
        )


class TestRefusals:
    def test_every_unknown_member_is_named_with_its_place(self, codec: RecordCodec):
        record = {"Orderr": 1, "Gone": None, "Details": [{"OrderQty": 1}, {"Qty": 1}], "Contact": {"Fax": "1"}}
        assert refusal(codec, record) == (
            "A record does not fit the entity SalesOrder: it has no member Orderr; it has no member Gone; "
            "it has no member Details[1]/Qty; it has no member Contact/Fax."
        )

    def test_names_are_case_sensitive_as_on_the_wire(self, codec: RecordCodec):
        assert "it has no member ordertype" in refusal(codec, {"ordertype": "SO"})

    @pytest.mark.parametrize(
        ("record", "words"),
        [
            (b'{"OrderTotal":{"value":1}}', "OrderTotal is a single value"),
            (b'{"OrderTotal":[1]}', "OrderTotal is a single value"),
            (b'{"note":{"value":"x"}}', "note is a single value"),
            (b'{"Contact":"x"}', "Contact is an object"),
            (b'{"Contact":[]}', "Contact is an object"),
            (b'{"Details":{}}', "Details is an array of objects"),
            (b'{"Details":[1]}', "Details is an array of objects"),
            (b'{"Details":[null]}', "Details is an array of objects"),
            (b'{"Details":[{"Allocations":"x"}]}', "Details[0]/Allocations is an array of objects"),
            (b'{"custom":"x"}', "custom is an object of views and fields"),
        ],
    )
    def test_a_member_of_the_wrong_kind_is_named(self, codec: RecordCodec, record: bytes, words: str):
        assert refusal(codec, record) == f"A record does not fit the entity SalesOrder: {words}."

    @pytest.mark.parametrize(
        "record", [b"", b"[]", b"null", b"1", b'{"OrderType":', b'{"Details":[{]}', {"Hold": Decimal("NaN")}]
    )
    def test_what_is_no_record_is_refused(self, codec: RecordCodec, record: bytes | dict):
        assert refusal(codec, record) == "A record for SalesOrder is not a JSON object."

    def test_text_that_is_not_unicode_is_refused(self, codec: RecordCodec):
        assert refusal(codec, {"OrderType": "\ud800"}) == "A record for SalesOrder is not a JSON object."
