"""The promises of the record codec, on generated records and recorded answers: exact, both ways, in both gaits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acumatica_client.errors import Unexpected
from acumatica_client.record import RecordCodec, expand_paths
from acumatica_client.record.fallback_decoder import FallbackDecoder
from acumatica_client.record.layout import build_layout
from acumatica_client.schema.custom_fields import CustomField
from acumatica_client.schema.model import EndpointSchema, EntitySchema, EntityShape, ValueType
from acumatica_client.schema.swagger import parse_swagger

STEADY = settings(derandomize=True, max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
ALL = ("Contact", "Contact/Address", "Details", "Details/Allocations", "files")

DIGITS = st.one_of(
    st.sampled_from(
        ["0.0000", "-0.0", "1E+3", "1e-7", "12345678901234567890.12345678901234567890", "0", "-99.50", "2600.0000"]
    ),
    st.from_regex(r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
)
WORDS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["", "null", "שלום", "مرحبا", "😀👩‍👩‍👧", "\u2028", 'a"b\\c/d', "\x00\n\r\t", "<NEW>", "x" * 5000]),
)
SPELLED = WORDS.flatmap(lambda text: st.sampled_from([json.dumps(text), json.dumps(text, ensure_ascii=False)]))
SCALARS = st.one_of(DIGITS, SPELLED, st.sampled_from(["true", "false", "null", '"2026-02-11T14:15:14.04-05:00"']))
CUSTOM = st.dictionaries(
    st.sampled_from(["Document", "Item"]),
    st.dictionaries(st.sampled_from(["UsrA", "UsrB"]), SCALARS.map(lambda x: f'{{"type":"CustomField","value":{x}}}')),
    max_size=2,
).map(lambda views: joined({view: joined(fields) for view, fields in views.items()}))


def joined(members: dict[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in members.items()) + "}"


@st.composite
def records(draw: st.DrawFn, schema: EndpointSchema, shape: EntityShape, depth: int = 2) -> str:
    """A record as `unwrap` writes it, in JSON text: every member, in order."""
    members = {"id": draw(st.sampled_from(['"e1"', "null"])), "note": draw(st.one_of(SPELLED, st.just("null")))}
    members |= {name: draw(SCALARS) for name in shape.fields}
    for name, target in shape.linked.items():
        inner = records(schema, schema.shapes[target], depth - 1)
        members[name] = draw(st.one_of(st.just("null"), inner) if depth else st.just("null"))
    for name, target in shape.details.items():
        inner = records(schema, schema.shapes[target], depth - 1)
        rows = st.lists(inner, max_size=2).map(lambda texts: f"[{','.join(texts)}]")
        members[name] = draw(st.one_of(st.just("null"), rows) if depth else st.just("null"))
    return joined(members | {"custom": draw(CUSTOM)})


@STEADY
@given(st.data())
def test_unwrapping_undoes_wrapping_byte_for_byte(schema: EndpointSchema, data: st.DataObject):
    codec = RecordCodec(schema, "SalesOrder", ALL[:-1])
    record = data.draw(records(schema, schema.shapes["SalesOrder"])).encode()
    assert codec.unwrap(codec.wrap(record, nulls="empty")) == record
    assert codec.unknown == set()


@STEADY
@given(st.data())
def test_wrapping_undoes_unwrapping_byte_for_byte(schema: EndpointSchema, data: st.DataObject):
    codec = RecordCodec(schema, "SalesOrder", ALL[:-1])
    payload = codec.wrap(data.draw(records(schema, schema.shapes["SalesOrder"])).encode(), nulls="empty")
    assert codec.wrap(codec.unwrap(payload), nulls="empty") == payload


@STEADY
@given(st.data())
def test_both_decoders_give_the_same_bytes(schema: EndpointSchema, data: st.DataObject):
    codec, layout = RecordCodec(schema, "SalesOrder", ALL), build_layout(schema, "SalesOrder", ALL)
    payload = codec.wrap(data.draw(records(schema, schema.shapes["SalesOrder"])).encode(), nulls="empty")
    unknown: set[str] = set()
    assert FallbackDecoder(layout, unknown).render(payload) == codec.unwrap(payload)
    assert unknown == set()


@STEADY
@given(st.data())
def test_rows_are_the_same_from_both_decoders_and_each_is_the_nested_one_behind_its_parents(
    schema: EndpointSchema, data: st.DataObject
):
    custom = [CustomField("Document", "UsrA"), CustomField("Item", "UsrB", place="Details")]
    paths = ["Details", "Details/Allocations"]
    nested = RecordCodec(schema, "SalesOrder", ALL[:-1], custom=custom)
    apart = RecordCodec(schema, "SalesOrder", rows=paths, custom=custom)
    record = data.draw(records(schema, schema.shapes["SalesOrder"])).encode()
    payload = RecordCodec(schema, "SalesOrder", ALL[:-1]).wrap(record, nulls="empty")
    fast, fallback = apart.decode(payload), apart.decode(payload[:-1] + b',"Odd":{}}')
    whole = exactly(nested.unwrap(payload))
    for path in paths:
        assert fast.rows(path) == fallback.rows(path)
    lines = [{**line, "Allocations": None} for line in whole["Details"] or ()]
    found = [exactly(row) for row in fast.rows("Details")]
    assert [{**row, "Allocations": None} for row in found] == [{**parent_of(whole), **line} for line in lines]
    assert len(fast.rows("Details/Allocations")) == sum(
        len(line["Allocations"] or ()) for line in whole["Details"] or ()
    )


def parent_of(record: dict) -> dict:
    members = ("OrderType", "OrderNbr", "id", "LastModified")
    return {f"SalesOrder_{member}": record[member] for member in members}


def exactly(text: bytes) -> dict:
    """A record with its numbers as they are written."""
    return json.loads(text, parse_float=str, parse_int=str)


@STEADY
@given(st.data())
def test_choices_of_contract_5_are_the_same_from_both_decoders(data: st.DataObject):
    kinds = [ValueType.STRING_SELECT, ValueType.INT_SELECT, ValueType.STRING_MULTI_SELECT]
    fields = {kind.name: kind for kind in kinds}
    shape = EntityShape("Bill", fields)
    newer = EndpointSchema("Default", "26.200.001", 5, {"Bill": EntitySchema(shape)}, {"Bill": shape})
    part = st.fixed_dictionaries({}, optional={"id": SCALARS, "description": SCALARS}).map(joined)
    several = st.lists(part, max_size=3).map(lambda texts: f"[{','.join(texts)}]")
    values = {name: several if kind is ValueType.STRING_MULTI_SELECT else part for name, kind in fields.items()}
    wrapped = {name: value.map(lambda text: joined({"value": text})) | st.just("{}") for name, value in values.items()}
    payload = joined({"id": '"1"', **data.draw(st.fixed_dictionaries({}, optional=wrapped))}).encode()
    codec = RecordCodec(newer, "Bill")
    assert FallbackDecoder(codec.layout, codec.unknown).render(payload) == codec.unwrap(payload)
    assert codec.unknown == set()


@STEADY
@given(st.data())
def test_a_record_as_python_values_is_wrapped_like_its_text(schema: EndpointSchema, data: st.DataObject):
    codec = RecordCodec(schema, "SalesOrder")
    text = data.draw(records(schema, schema.shapes["SalesOrder"]))
    as_python = json.loads(text, parse_float=Decimal)
    once, again = codec.wrap(text.encode()), codec.wrap(as_python)
    assert json.loads(once, parse_float=Decimal, parse_int=Decimal) == json.loads(
        again, parse_float=Decimal, parse_int=Decimal
    )


ANYTHING = st.recursive(
    SCALARS | st.just("{}"),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda texts: f"[{','.join(texts)}]")
        | st.dictionaries(
            st.sampled_from(
                ["id", "rowNumber", "note", "value", "error", "custom", "OrderNbr", "Contact", "Details", "Odd"]
            ),
            inner,
            max_size=4,
        ).map(joined)
    ),
    max_leaves=12,
)


@STEADY
@given(
    st.dictionaries(
        st.sampled_from(["id", "note", "OrderNbr", "Contact", "Details", "custom", "files", "Odd"]), ANYTHING
    )
)
def test_whatever_an_object_contains_it_becomes_a_record_and_no_member_is_lost(
    schema: EndpointSchema, members: dict[str, str]
):
    codec = RecordCodec(schema, "SalesOrder", ALL)
    record = codec.unwrap(joined(members).encode())
    assert b"\n" not in record
    assert set(json.loads(record)) >= members.keys() | set(schema.shapes["SalesOrder"].fields)


@STEADY
@given(st.lists(st.binary(max_size=8), min_size=1, max_size=3).map(b"".join))
def test_pages_are_cut_or_refused(schema: EndpointSchema, page: bytes):
    try:
        RecordCodec(schema, "SalesOrder").split(page)
    except Unexpected:
        return
    json.loads(page)


def numbers_and_texts(value: object) -> Iterator[str]:
    """Every scalar below `value` members, in the spelling of the answer (numbers were read as text)."""
    if isinstance(value, dict):
        if "value" in value:
            yield str(value["value"])
        for inner in value.values():
            yield from numbers_and_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from numbers_and_texts(inner)


def every_scalar(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from every_scalar(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from every_scalar(inner)
    else:
        yield str(value)


class TestRecordedAnswers:
    SAMPLES = (
        ("accounts.json", "Account"),
        ("customers.json", "Customer"),
        ("customer_classes.json", "CustomerClass"),
        ("bills_25r2_expand_files.json", "Bill"),
        ("contact_attributes_official_doc.json", "Contact"),
        ("stockitem_with_files_official_doc.json", "StockItem"),
    )

    @pytest.fixture
    def published(self, reference: Callable[[str], bytes]) -> EndpointSchema:
        return parse_swagger(reference("swagger/Default_24.200.001.swagger.json"))

    @pytest.mark.parametrize(("sample", "entity"), SAMPLES)
    def test_every_value_comes_through_as_it_was_recorded(self, published, reference, sample: str, entity: str):
        body = reference(f"samples/records/{sample}")
        page = body if body.lstrip()[:1] == b"[" else b"[" + body + b"]"
        codec = RecordCodec(published, entity, (*expand_paths(published, entity), "files"))
        payloads = json.loads(page, parse_float=str, parse_int=str)
        records = [codec.unwrap(raw) for raw in codec.split(page)]
        assert len(records) == len(payloads) > 0
        for payload, record in zip(payloads, records, strict=True):
            assert b"\n" not in record
            plain = json.loads(record, parse_float=str, parse_int=str)
            for name, member in payload.items():
                if isinstance(member, dict) and "value" in member:
                    assert plain[name] == member["value"], name
                elif member == {} and name != "custom":
                    assert plain[name] is None, name
            kept = list(every_scalar(plain))
            assert all(kept.count(text) >= 1 for text in numbers_and_texts(payload))

    @pytest.mark.parametrize(("sample", "entity"), SAMPLES)
    def test_recorded_numbers_keep_their_digits_byte_for_byte(self, published, reference, sample: str, entity: str):
        body = reference(f"samples/records/{sample}")
        page = body if body.lstrip()[:1] == b"[" else b"[" + body + b"]"
        codec = RecordCodec(published, entity, expand_paths(published, entity))
        for raw in codec.split(page):
            wrapped = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
            record = codec.decode(raw)
            for name in published.entities[entity].shape.fields:
                if name in wrapped:
                    came = msgspec.json.decode(wrapped[name], type=dict[str, msgspec.Raw]).get("value")
                    assert record.value(name) == (None if came is None else bytes(came)), name

    @pytest.mark.parametrize(("sample", "entity"), SAMPLES)
    def test_recorded_answers_survive_decoding_and_encoding(self, published, reference, sample: str, entity: str):
        body = reference(f"samples/records/{sample}")
        page = body if body.lstrip()[:1] == b"[" else b"[" + body + b"]"
        codec = RecordCodec(published, entity, expand_paths(published, entity))
        for raw in codec.split(page):
            record = codec.unwrap(raw)
            if not codec.unknown:
                assert codec.unwrap(codec.wrap(record, nulls="empty")) == record

    def test_recorded_answers_of_2020_fit_the_schema_of_2020(self, reference):
        older = parse_swagger(reference("swagger/Default_20.200.001.swagger.json"))
        for sample, entity in self.SAMPLES[:3]:
            codec = RecordCodec(older, entity, expand_paths(older, entity))
            for raw in codec.split(reference(f"samples/records/{sample}")):
                codec.unwrap(raw)
            assert codec.unknown == set(), entity
