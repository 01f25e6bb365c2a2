"""Payload records into records: what is kept, what is left out, what happens to unexpected answers."""

from __future__ import annotations

import json

import msgspec
import pytest

from acumatica_client.errors import SettingsError, Unexpected
from acumatica_client.record import RecordCodec
from acumatica_client.schema.model import EndpointSchema

ORDER = (
    b'{"id":"1","rowNumber":7,"note":{"value":"Hi"},"Hold":{"value":false},"LastModified":{"value":"2026-02-11T14:15:14.04-05:00"},'
    b'"OrderNbr":{"value":"SO0001"},"OrderTotal":{"value":0.0000},"OrderType":{"value":"SO"},"custom":{},'
    b'"_links":{"self":"/x/entity/Default/24.200.001/SalesOrder/1"}}'
)
PLAIN = (
    b'{"id":"1","note":"Hi","OrderType":"SO","OrderNbr":"SO0001","OrderTotal":0.0000,"Hold":false,'
    b'"LastModified":"2026-02-11T14:15:14.04-05:00","custom":{}}'
)
ALL = ("Contact", "Contact/Address", "Details", "Details/Allocations")


@pytest.fixture
def codec(schema: EndpointSchema) -> RecordCodec:
    return RecordCodec(schema, "SalesOrder")


@pytest.fixture
def deep(schema: EndpointSchema) -> RecordCodec:
    return RecordCodec(schema, "SalesOrder", ALL)


def changed(payload: bytes = ORDER, **members: object) -> bytes:
    """The payload with members replaced by JSON texts (bytes) or left out (None)."""
    found: dict[str, object] = {
        name: msgspec.Raw(raw) for name, raw in msgspec.json.decode(payload, type=dict[str, msgspec.Raw]).items()
    }
    for name, value in members.items():
        found.pop(name, None)
        if value is not None:
            found[name] = msgspec.Raw(value)
    return msgspec.json.encode(found)


def member(record: bytes, *path: str | int) -> bytes:
    """One member of a record as JSON text."""
    for step in path:
        kind = list[msgspec.Raw] if isinstance(step, int) else dict[str, msgspec.Raw]
        record = bytes(msgspec.json.decode(record, type=kind)[step])
    return record


class TestSplit:
    def test_a_page_is_cut_into_its_records(self, codec: RecordCodec):
        assert [bytes(raw) for raw in codec.split(b' [ {"a":1} ,{"b":[1,2]}]\n')] == [b'{"a":1}', b'{"b":[1,2]}']

    def test_an_empty_list_has_no_records(self, codec: RecordCodec):
        assert codec.split(b"[]") == []

    @pytest.mark.parametrize("page", [b"", b"{}", b"null", b'"x"', b"<html>", b"[{}", b"[{}] [{}]", b"[{},]", b"[tru]"])
    def test_a_page_that_is_no_array_is_unexpected(self, codec: RecordCodec, page: bytes):
        with pytest.raises(Unexpected, match="not a JSON array"):
            codec.split(page)

    def test_a_page_in_another_encoding_is_unexpected(self, codec: RecordCodec):
        with pytest.raises(Unexpected, match="not a JSON array"):
            codec.split('[{"Name":{"value":"Müller"}}]'.encode("utf-16"))

    @pytest.mark.parametrize("raw", [b"1", b"null", b"[]", b'"x"', b"", b'{"id":', b'{"id":"1",}', b'{"id" "1"}'])
    def test_a_record_that_is_no_object_is_unexpected(self, codec: RecordCodec, raw: bytes):
        with pytest.raises(Unexpected, match="not a JSON object"):
            codec.unwrap(raw)


class TestUnwrap:
    def test_a_record_begins_with_id_and_note_and_follows_the_schema(self, codec: RecordCodec):
        assert codec.unwrap(ORDER) == PLAIN

    @pytest.mark.parametrize("empty", [None, b"{}", b"null", b'{"value":null}'])
    def test_absent_and_empty_fields_are_null(self, codec: RecordCodec, empty: bytes | None):
        assert codec.unwrap(changed(OrderTotal=empty)) == PLAIN.replace(b"0.0000", b"null")

    def test_empty_text_is_not_null(self, codec: RecordCodec):
        assert member(codec.unwrap(changed(OrderNbr=b'{"value":""}')), "OrderNbr") == b'""'

    def test_every_field_is_there_even_when_the_answer_has_none(self, codec: RecordCodec):
        assert codec.unwrap(b"{}") == (
            b'{"id":null,"note":null,"OrderType":null,"OrderNbr":null,"OrderTotal":null,"Hold":null,'
            b'"LastModified":null,"custom":{}}'
        )

    @pytest.mark.parametrize(
        "text",
        [
            *(b"0.0000", b"-0.0", b"1E+3", b"12345678901234567890.12345678901234567890", b"5427.9600", b"0", b"1e-7"),
            *(b"99999999999999999999999999", b"2600.0000", b"-1.50E-10"),
        ],
    )
    def test_numbers_keep_their_digits(self, codec: RecordCodec, text: bytes):
        assert member(codec.unwrap(changed(OrderTotal=b'{"value":' + text + b"}")), "OrderTotal") == text

    @pytest.mark.parametrize(
        "text",
        [
            r'"a\"b\\c\/d"',
            r'"\u0000\u001f\u2028\ud83d\ude00"',
            r'"\n\r\t"',
            '"שלום عليكم"',
            '"😀 \u2028 é é"',
            '"' + "x" * 1_000_000 + '"',
            '"<NEW>"',
            '"2026-07-03T00:00:00+00:00"',
            r'"Stock Items (JUICER20C   )\\juicer.jpg"',
        ],
    )
    def test_text_keeps_its_spelling(self, codec: RecordCodec, text: str):
        page = b"[" + changed(OrderNbr=b'{"value":' + text.encode() + b"}") + b"]"
        assert member(codec.unwrap(codec.split(page)[0]), "OrderNbr") == text.encode()

    @pytest.mark.parametrize(
        ("note", "text"),
        [(b'{"value":""}', b'""'), (b"null", b"null"), (b"{}", b"null"), (None, b"null"), (b'"x"', b'"x"')],
    )
    def test_the_note_is_text_or_null(self, codec: RecordCodec, note: bytes | None, text: bytes):
        assert member(codec.unwrap(changed(note=note)), "note") == text

    def test_custom_fields_keep_their_types(self, codec: RecordCodec):
        custom = b'{"Document":{"UsrX":{"type":"CustomDecimalField","value":1.50}}}'
        assert member(codec.unwrap(changed(custom=custom)), "custom") == custom

    def test_row_numbers_and_links_are_not_repeated(self, deep: RecordCodec):
        line = b'[{"id":"2","rowNumber":1,"note":null,"_links":{"files:put":"/x"},"custom":{}}]'
        record = deep.unwrap(changed(Details=line, _workflowActions=b"[{}]"))
        assert b"rowNumber" not in record
        assert b"_links" not in record
        assert b"_workflowActions" not in record

    def test_members_in_any_order_give_the_same_record(self, codec: RecordCodec):
        members = list(msgspec.json.decode(ORDER, type=dict[str, msgspec.Raw]).items())
        assert codec.unwrap(msgspec.json.encode(dict(reversed(members)))) == PLAIN
        assert codec.unwrap(msgspec.json.encode(dict(sorted(members)))) == PLAIN

    def test_a_pretty_printed_answer_gives_records_on_one_line(self, deep: RecordCodec):
        payload = json.loads(
            changed(custom=b'{"V":{"F":{"type":"T","value":"a b"}}}', Details=b'[{"custom":{"V":{}}}]')
        )
        page = json.dumps([payload], indent=4).replace("\n", "\r\n").encode()
        record = deep.unwrap(deep.split(page)[0])
        assert b"\n" not in record
        assert b"\r" not in record
        assert member(record, "custom") == b'{"V":{"F":{"type":"T","value":"a b"}}}'
        assert record == deep.unwrap(json.dumps(payload, separators=(",", ":")).encode())

    def test_line_breaks_go_digits_stay(self, codec: RecordCodec):
        custom = b'{\n"V" : { "F":\r\n {"value": 1.500E+3 , "type":"\\n  x" } }\n}'
        record = codec.unwrap(changed(custom=custom, OrderTotal=b'{"value":\n 0.0000}'))
        assert member(record, "custom") == b'{"V":{"F":{"value":1.500E+3,"type":"\\n  x"}}}'
        assert member(record, "OrderTotal") == b"0.0000"


class TestNestedMembers:
    CONTACT = b'{"id":"c","rowNumber":1,"note":null,"Email":{"value":"a@b.example"},"custom":{}}'

    def test_they_come_after_the_fields_in_the_order_of_the_schema(self, deep: RecordCodec):
        record = msgspec.json.decode(deep.unwrap(ORDER), type=dict[str, msgspec.Raw])
        assert list(record)[-4:] == ["LastModified", "Contact", "Details", "custom"]

    def test_a_linked_entity_is_an_object(self, deep: RecordCodec):
        assert member(deep.unwrap(changed(Contact=self.CONTACT)), "Contact") == (
            b'{"id":"c","note":null,"Email":"a@b.example","Address":null,"custom":{}}'
        )

    @pytest.mark.parametrize("absent", [None, b"null"])
    def test_a_linked_entity_that_is_not_there_is_null(self, deep: RecordCodec, absent: bytes | None):
        assert member(deep.unwrap(changed(Contact=absent)), "Contact") == b"null"

    @pytest.mark.parametrize(("came", "text"), [(None, b"null"), (b"null", b"null"), (b"[]", b"[]")])
    def test_no_lines_and_unknown_lines_stay_different(self, deep: RecordCodec, came: bytes | None, text: bytes):
        assert member(deep.unwrap(changed(Details=came)), "Details") == text

    def test_details_of_details_are_unwrapped_too(self, deep: RecordCodec):
        allocation = b'{"id":"a","note":null,"LotSerialNbr":{},"Qty":{"value":1.000000},"custom":{}}'
        line = (
            b'{"id":"l","note":{"value":""},"InventoryID":{"value":"X"},"OrderQty":{"value":2.0},"Allocations":[%b,%b]}'
        )
        record = deep.unwrap(changed(Details=b"[" + line % (allocation, allocation) + b"]"))
        assert member(record, "Details", 0) == (
            b'{"id":"l","note":"","InventoryID":"X","OrderQty":2.0,"Allocations":['
            b'{"id":"a","note":null,"LotSerialNbr":null,"Qty":1.000000,"custom":{}},'
            b'{"id":"a","note":null,"LotSerialNbr":null,"Qty":1.000000,"custom":{}}],"custom":{}}'
        )

    def test_only_what_was_asked_for_is_in_the_record(self, schema: EndpointSchema):
        codec = RecordCodec(schema, "SalesOrder", ["Contact"])
        contact = changed(self.CONTACT, Address=b'{"City":{"value":"Ulm"}}')
        record = codec.unwrap(changed(Contact=contact, Details=b"[]"))
        assert "Details" not in msgspec.json.decode(record)
        assert "Address" not in msgspec.json.decode(record)["Contact"]
        assert codec.unknown == set()

    def test_files_are_there_when_asked_for(self, schema: EndpointSchema):
        files = b'[{"id":"f","filename":"a\\\\b.pdf","href":"/x/files/f"}]'
        codec = RecordCodec(schema, "SalesOrder", ["files", "Details/files"])
        record = codec.unwrap(changed(files=files, Details=b'[{"files":[]}]'))
        assert member(record, "files") == files
        assert member(record, "Details", 0, "files") == b"[]"
        assert member(codec.unwrap(ORDER), "files") == b"null"

    def test_shapes_that_refer_to_themselves_are_unwrapped_as_deep_as_asked(self, schema: EndpointSchema):
        codec = RecordCodec(schema, "Person", ["Boss/Boss", "Friends"])
        payload = b'{"Name":{"value":"A"},"Boss":{"Name":{"value":"B"},"Boss":{"Name":{"value":"C"}}},"Friends":[{}]}'
        record = msgspec.json.decode(codec.unwrap(payload))
        assert record["Boss"]["Boss"]["Name"] == "C"
        assert record["Friends"][0]["Name"] is None

    def test_unknown_names_are_refused_when_the_codec_is_made(self, schema: EndpointSchema):
        with pytest.raises(SettingsError):
            RecordCodec(schema, "Ghost")
        with pytest.raises(SettingsError):
            RecordCodec(schema, "SalesOrder", ["Ghost"])


class TestAnswersThatDifferFromTheSchema:
    def test_an_unknown_field_is_kept_unwrapped_and_counted(self, codec: RecordCodec):
        record = codec.unwrap(changed(NewField=b'{"value":1.50}', Empty=b"{}"))
        assert record == PLAIN[:-1] + b',"NewField":1.50,"Empty":null}'
        assert codec.unknown == {"NewField", "Empty"}

    def test_unknown_rows_are_unwrapped_as_far_as_they_look_wrapped(self, codec: RecordCodec):
        sub = b'[{"id":"s","rowNumber":1,"B":{}}]'
        row = b'{"id":"n","rowNumber":1,"note":null,"A":{"value":"x"},"Sub":%b,"custom":{}}' % sub
        record = codec.unwrap(changed(News=b"[" + row + b"]", New=row))
        unwrapped = b'{"id":"n","note":null,"custom":{},"A":"x","Sub":[{"id":"s","note":null,"custom":{},"B":null}]}'
        assert member(record, "News") == b"[" + unwrapped + b"]"
        assert member(record, "New") == unwrapped

    def test_unknown_structures_are_kept_as_they_came(self, codec: RecordCodec):
        odd = b'{"value":{"id":"CL","description":"Closed"},"extra":[1,{"x":2}]}'
        record = codec.unwrap(
            changed(Odd=odd, files=b'[{"id":"f","filename":"x"}]', error=b'"Oh"', Many=b'[1,"a",[null]]')
        )
        assert member(record, "Odd") == odd
        assert member(record, "files") == b'[{"id":"f","filename":"x"}]'
        assert member(record, "error") == b'"Oh"'
        assert member(record, "Many") == b'[1,"a",[null]]'

    @pytest.mark.parametrize("bare", [b'"text"', b"12.50", b"true", b"[1,2]", b'{"id":"CL","description":"Closed"}'])
    def test_a_field_that_is_not_wrapped_is_kept_as_it_came(self, codec: RecordCodec, bare: bytes):
        assert codec.unwrap(changed(OrderTotal=bare)) == PLAIN.replace(b"0.0000", bare)

    def test_a_wrapper_with_more_than_a_value_gives_its_value_and_is_counted(self, codec: RecordCodec):
        wrapper = b'{"value":"Item","translations":{"fr":"Pi\\u00e8ce"}}'
        assert member(codec.unwrap(changed(OrderNbr=wrapper)), "OrderNbr") == b'"Item"'
        assert codec.unknown == {"OrderNbr.translations"}

    def test_a_wrapper_with_an_error_gives_its_value(self, codec: RecordCodec):
        record = codec.unwrap(changed(OrderNbr=b'{"value":"X","error":"No X"}', Hold=b'{"error":"No"}'))
        assert (member(record, "OrderNbr"), member(record, "Hold")) == (b'"X"', b"null")
        assert codec.unknown == set()

    @pytest.mark.parametrize(("name", "came"), [("Contact", b"[1]"), ("Contact", b'"x"'), ("Details", b'{"A":1}')])
    def test_a_nested_member_of_another_kind_is_kept_as_it_came(self, deep: RecordCodec, name: str, came: bytes):
        assert member(deep.unwrap(changed(**{name: came})), name) == came

    def test_a_detail_with_something_else_than_rows_is_kept(self, deep: RecordCodec):
        assert member(deep.unwrap(changed(Details=b'["a",{"id":"l"}]')), "Details", 0) == b'"a"'

    def test_one_strange_line_does_not_spoil_the_others(self, deep: RecordCodec):
        record = deep.unwrap(changed(Details=b'[{"id":"1","New":{"value":1}},{"id":"2","OrderQty":{"value":2.0}}]'))
        assert member(record, "Details", 0, "New") == b"1"
        assert member(record, "Details", 1, "OrderQty") == b"2.0"
        assert deep.unknown == {"New"}

    def test_the_fallback_decoder_is_pretty_print_safe_too(self, codec: RecordCodec):
        record = codec.unwrap(changed(NewField=b'{"value":\n{\n"a" : 1 } }'))
        assert record.endswith(b'"NewField":{"a":1}}')


class TestValues:
    def test_values_are_available_as_json_and_as_text(self, codec: RecordCodec):
        record = codec.decode(ORDER)
        assert record.json == PLAIN
        assert (record.value("id"), record.text("id")) == (b'"1"', "1")
        assert (record.value("OrderTotal"), record.text("OrderTotal")) == (b"0.0000", "0.0000")
        assert (record.value("Hold"), record.text("Hold")) == (b"false", "false")
        assert record.text("LastModified") == "2026-02-11T14:15:14.04-05:00"

    def test_text_has_its_escapes_read(self, codec: RecordCodec):
        record = codec.decode(changed(OrderNbr=rb'{"value":"a\"\u00e4\\"}'))
        assert record.value("OrderNbr") == rb'"a\"\u00e4\\"'
        assert record.text("OrderNbr") == 'a"ä\\'

    def test_null_is_none_and_empty_text_is_text(self, codec: RecordCodec):
        record = codec.decode(changed(OrderNbr=b'{"value":""}', OrderType=b"{}", id=None))
        assert (record.value("OrderNbr"), record.text("OrderNbr")) == (b'""', "")
        assert (record.value("OrderType"), record.text("OrderType")) == (None, None)
        assert record.value("id") is None

    def test_the_text_null_is_not_null(self, codec: RecordCodec):
        assert codec.decode(changed(OrderNbr=b'{"value":"null"}')).text("OrderNbr") == "null"

    def test_they_are_available_from_the_fallback_decoder_too(self, codec: RecordCodec):
        record = codec.decode(changed(New=b'{"value":1}'))
        assert record.text("LastModified") == "2026-02-11T14:15:14.04-05:00"
        assert record.value("OrderTotal") == b"0.0000"
        assert record.text("id") == "1"

    def test_other_names_are_a_key_error(self, deep: RecordCodec):
        for name in ("Ghost", "Details", "custom"):
            with pytest.raises(KeyError):
                deep.decode(ORDER).value(name)
