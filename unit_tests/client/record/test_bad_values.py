"""One value that is no valid JSON costs that value, not its record and not its page, wherever it stands."""

from __future__ import annotations

import json

import pytest

from acumatica_client.errors import Unexpected
from acumatica_client.record import RecordCodec
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EndpointSchema

X = CustomField("Document", "AttributeX")
GOOD = b'{"id":"1","OrderNbr":{"value":"SO1"},"OrderTotal":{"value":12.5000}}'
BAD_TEXTS = [rb"a\ud83d", rb"\ude00a", b"a\xff", b"a\x01", rb"a\x41"]
PLACES = {
    "a field": b'"OrderNbr":{"value":"%s"}',
    "a note": b'"note":{"value":"%s"}',
    "a linked entity": b'"Contact":{"Email":{"value":"%s"}}',
    "a detail": b'"Details":[{"id":"d","InventoryID":{"value":"%s"}}]',
    "a custom field": b'"custom":{"Document":{"AttributeX":{"type":"CustomStringField","value":"%s"}}}',
    "another custom field": b'"custom":{"Document":{"UsrY":{"type":"CustomStringField","value":"%s"}}}',
    "an unknown member": b'"Odd":{"value":"%s"}',
    "an error": b'"OrderNbr":{"value":"SO2","error":"%s"}',
    "the name of a member": b'"Odd%s":1',
}


@pytest.fixture
def codec(schema: EndpointSchema) -> RecordCodec:
    return RecordCodec(schema, "SalesOrder", ["Contact", "Details"], rows=["Details"], custom=[X])


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("bad", BAD_TEXTS)
def test_the_others_of_the_page_and_of_the_record_arrive(codec: RecordCodec, place: bytes, bad: bytes) -> None:
    page = b"[" + GOOD + b',{"id":"2","OrderTotal":{"value":7.00},' + place % bad + b"}," + GOOD + b"]"

    first, second, third = [codec.decode(raw) for raw in codec.split(page)]

    assert first.json == third.json == codec.decode(GOOD).json
    assert (second.text("id"), second.value("OrderTotal")) == ("2", b"7.00")
    assert all(json.loads(row) for row in second.rows("Details"))
    second.json.decode()


@pytest.mark.parametrize("bad", BAD_TEXTS)
def test_a_bad_character_arrives_as_the_replacement_character(codec: RecordCodec, bad: bytes) -> None:
    if bad == b"a\x01":
        pytest.skip("a control character is escaped, not replaced")
    record = codec.decode(b'{"id":"2","OrderNbr":{"value":"%s"}}' % bad)

    assert "\N{REPLACEMENT CHARACTER}" in (record.text("OrderNbr") or "")


@pytest.mark.parametrize("bad", [b"NaN", b"Infinity", b"-Infinity"])
def test_a_number_that_is_none_arrives_as_null(codec: RecordCodec, bad: bytes) -> None:
    page = b'[{"id":"2","OrderTotal":{"value":%s},"Details":[{"OrderQty":{"value":%s}}]},%s]' % (bad, bad, GOOD)

    first, second = [codec.decode(raw) for raw in codec.split(page)]

    assert first.value("OrderTotal") is None
    assert json.loads(first.json)["Details"][0]["OrderQty"] is None
    assert second.value("OrderTotal") == b"12.5000"


@pytest.mark.parametrize("page", [b'[{"id":"\\ud83d"},', b"NaN", b'{"id":"\\ud83d"}', b"\xff\xff"])
def test_what_is_no_list_is_still_refused(codec: RecordCodec, page: bytes) -> None:
    with pytest.raises(Unexpected, match="not a JSON array"):
        codec.split(page)


@pytest.mark.parametrize("raw", [b'"\\ud83d"', b"NaN", b'{"id":"\\ud83d', b""])
def test_what_is_no_record_is_still_refused(codec: RecordCodec, raw: bytes) -> None:
    with pytest.raises(Unexpected, match="not a JSON object"):
        codec.decode(raw)


def test_the_log_names_the_entity_once(codec: RecordCodec, caplog: pytest.LogCaptureFixture) -> None:
    for page in (b'[{"id":"\\ud83d"}]', b'[{"id":"\xff"}]', b'[{"id":NaN}]', b'[{"id":"1"}]'):
        codec.split(page)
    codec.decode(b'{"id":"\\ud83d"}')

    assert [record.message.partition(":")[0] for record in caplog.records] == ["SalesOrder"]
