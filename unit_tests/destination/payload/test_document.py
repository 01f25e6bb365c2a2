"""A record of a stream becomes a document of an entity, digit for digit."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from destination_acumatica.config.configured_catalog import read_catalog
from destination_acumatica.config.modes import Mode
from destination_acumatica.config.settings import StreamSettings
from destination_acumatica.input.messages import RecordLine, read_message
from destination_acumatica.payload.document import Document, Mapper
from destination_acumatica.payload.payload import UnmappableRecord
from destination_acumatica.plan.write_plan import plan_writes
from unit_tests.destination.builders import catalog, encode, endpoint_schema, record, renamed, stream


def mapper(entity: str = "Customer", mode: str = "append", **renames: str) -> Mapper:
    configured = read_catalog(catalog(stream("s", mode)))
    settings = {"s": StreamSettings("s", entity, renamed(**renames))}
    (plan,) = plan_writes(configured, endpoint_schema(), settings).values()
    return Mapper(plan, endpoint_schema())


def document(of: Mapper, data: bytes | None = None, **columns: object) -> Document:
    line = record("s", **columns) if data is None else b'{"type":"RECORD","record":{"stream":"s","data":' + data + b"}}"
    message = read_message(line)
    assert isinstance(message, RecordLine)
    return of.document(message.columns)


def payload(of: Mapper, data: bytes | None = None, **columns: object) -> bytes:
    return of.payload(document(of, data, **columns)).encode()


def test_a_field_is_wrapped_under_the_entitys_name() -> None:
    assert payload(mapper(cust="CustomerID"), cust="C1") == b'{"CustomerID":{"value":"C1"}}'


@pytest.mark.parametrize(
    ("digits", "sent"),
    [(one, one) for one in (b"12345678901234567890.1200", b"0.0000", b"-0.0", b"10", b"9" * 400)]
    + [(b"1e400", b"1E+400"), (b"1.10E+2", b"110")],
)
def test_a_number_keeps_every_digit(digits: bytes, sent: bytes) -> None:
    assert payload(mapper(), b'{"CreditLimit":' + digits + b"}") == b'{"CreditLimit":{"value":' + sent + b"}}"


@given(st.decimals(allow_nan=False, allow_infinity=False), st.text())
def test_any_number_and_any_text_arrive_as_they_left(number: Decimal, text: str) -> None:
    sent = msgspec.json.decode(
        payload(mapper(), encode({"CreditLimit": number, "CustomerName": text})), type=dict[str, msgspec.Raw]
    )
    assert bytes(sent["CreditLimit"]) == encode({"value": number})
    assert msgspec.json.decode(sent["CustomerName"]) == {"value": text}


def test_a_null_never_clears_what_is_in_the_erp() -> None:
    assert payload(mapper(), CustomerID="C1", CustomerName=None, MainContact={"Email": None}, Attributes=None) == (
        b'{"CustomerID":{"value":"C1"}}'
    )


@pytest.mark.parametrize(
    "nothing", [None, {}, {"Email": None}, {"id": "x"}, {"Address": {"City": None}}, {"rowNumber": 1, "files": []}]
)
def test_a_linked_entity_without_a_value_is_not_sent_since_it_could_make_an_empty_one(nothing: object) -> None:
    assert payload(mapper(), CustomerID="C1", MainContact=nothing) == b'{"CustomerID":{"value":"C1"}}'


@pytest.mark.parametrize("rows", [None, [], [{}], [{"OrderQty": None}], [None], [{"Allocations": []}]])
def test_a_line_without_a_value_is_not_sent_since_it_would_add_an_empty_one(rows: object) -> None:
    of = mapper("SalesOrder")
    assert payload(of, OrderType="SO", Details=rows) == b'{"OrderType":{"value":"SO"}}'


@pytest.mark.parametrize("value", ["", "0", False])
def test_nothing_is_not_the_same_as_zero_or_an_empty_text(value: object) -> None:
    sent = msgspec.json.decode(payload(mapper(), MainContact={"Email": value}))
    assert sent == {"MainContact": {"Email": {"value": value}}}


def test_linked_entities_and_lines_are_written_as_they_are_nested() -> None:
    sent = payload(mapper("SalesOrder"), OrderType="SO", Details=[{"InventoryID": "A", "OrderQty": Decimal("2.50")}])
    assert sent == b'{"OrderType":{"value":"SO"},"Details":[{"InventoryID":{"value":"A"},"OrderQty":{"value":2.50}}]}'
    sent = payload(mapper(), MainContact={"Email": "a@b.c", "Address": {"City": "Bern"}})
    assert sent == b'{"MainContact":{"Email":{"value":"a@b.c"},"Address":{"City":{"value":"Bern"}}}}'


def test_ids_belong_to_the_place_a_record_came_from_and_stay_behind() -> None:
    sent = payload(
        mapper("SalesOrder"),
        id="top",
        rowNumber=3,
        Details=[{"id": "line", "rowNumber": 1, "OrderQty": 1, "Allocations": [{"id": "x", "Qty": 1}]}],
    )
    assert sent == b'{"Details":[{"OrderQty":{"value":1},"Allocations":[{"Qty":{"value":1}}]}]}'


def test_ids_of_lines_go_along_where_they_are_known() -> None:
    of = mapper("SalesOrder")
    sent = of.payload(document(of, Details=[{"id": "line", "OrderQty": 1}]), with_ids=True)
    assert sent.encode() == b'{"Details":[{"id":"line","OrderQty":{"value":1}}]}'


def test_custom_fields_and_notes_travel_as_the_wire_wants_them() -> None:
    custom = {"Document": {"UsrId": {"type": "CustomStringField", "value": "x", "id": "kept"}}}
    sent = msgspec.json.decode(payload(mapper(), custom=custom, note="call first"))
    assert sent == {"custom": custom, "note": {"value": "call first"}}


def test_columns_of_airbyte_never_reach_the_erp() -> None:
    of = mapper()
    found = document(of, CustomerID="C1", _airbyte_meta={"changes": []}, _ab_cdc_lsn=7, _ab_cdc_deleted_at=None)
    assert (of.payload(found).encode(), found.dropped, found.deleted) == (b'{"CustomerID":{"value":"C1"}}', (), False)


def test_columns_that_no_one_announced_are_left_out_and_named() -> None:
    found = document(mapper(), CustomerID="C1", Surprise=1, delete=True)
    assert found.dropped == ("Surprise", "delete")
    assert b"delete" not in mapper().payload(found).encode()


@pytest.mark.parametrize("data", [b'{"n":"ours","CustomerName":"stray"}', b'{"CustomerName":"stray","n":"ours"}'])
def test_a_stray_column_never_takes_the_place_of_a_renamed_one(data: bytes) -> None:
    of = mapper(n="CustomerName")
    assert payload(of, data) == b'{"CustomerName":{"value":"ours"}}'
    assert document(of, data).dropped == ("CustomerName",)


def test_a_deletion_in_the_source_is_recognised() -> None:
    assert document(mapper(), CustomerID="C1", _ab_cdc_deleted_at="2026-01-01T00:00:00Z").deleted


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("C1", "C1"),
        ("  C1 ", "C1"),
        (7, "7"),
        (None, None),
        ("", None),
        ("   ", None),
        ("<NEW>", None),
        (" <new> ", None),
        ("é", "é"),
    ],
)
def test_a_blank_key_or_the_placeholder_of_a_new_number_is_no_key(value: object, key: str | None) -> None:
    found = document(mapper(), CustomerID=value)
    assert found.key == (key,)
    assert found.keyed is (key is not None)


def test_half_a_key_is_no_key_and_the_missing_half_is_named() -> None:
    of = mapper("SalesOrder")
    found = document(of, OrderType="SO")
    assert (found.keyed, found.full_key(), of.lane(found)) == (False, ("SO",), None)
    assert [str(error) for error in of.missing_key(found)] == ["OrderNbr: is empty, and the record is found by it"]


def test_an_entity_without_a_known_key_has_none() -> None:
    found = document(mapper("Ledgerless"), Name="x")
    assert (found.key, found.keyed) == ((), False)


@pytest.mark.parametrize(("one", "other"), [("abc", "ABC "), (1, 1), (1, Decimal("1.0")), (1, "1")])
def test_keys_that_mean_one_record_share_a_lane(one: object, other: object) -> None:
    of = mapper()
    assert of.lane(document(of, CustomerID=one)) == of.lane(document(of, CustomerID=other))


def test_other_records_and_other_entities_have_other_lanes() -> None:
    customers, contacts = mapper(), mapper("Contact")
    lanes = {customers.lane(document(customers, CustomerID=one)) for one in ("1", "2", "01")}
    assert len(lanes | {contacts.lane(document(contacts, ContactID=1))}) == 4


def test_only_rows_that_would_be_appended_count_as_lines() -> None:
    of = mapper("SalesOrder")
    assert of.lines(document(of, OrderType="SO", Details=[])) == {}
    assert of.lines(document(of, Details=None)) == {}
    assert list(of.lines(document(of, Details=[{"OrderQty": 1}]))) == ["Details"]


def test_attributes_are_found_by_their_name_and_are_no_lines() -> None:
    of = mapper()
    assert (
        of.lines(document(of, Attributes=[{"AttributeID": "COLOR", "Value": "red"}], MainContact={"Email": "x"})) == {}
    )


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"CustomerName": {"a": 1}}, "CustomerName: is a single value"),
        ({"MainContact": "x"}, "MainContact: is an object"),
        ({"MainContact": {"Emial": "x"}}, "MainContact/Emial: the entity has no such member"),
        ({"Attributes": "x"}, "Attributes: is an array of objects"),
        ({"Attributes": ["x"]}, "Attributes: is an array of objects"),
        ({"Attributes": [{"AttributeID": "x", "delete": True}]}, "Attributes[0]: asks for its deletion"),
    ],
)
def test_a_value_of_the_wrong_kind_is_unusable_and_named(columns: dict[str, object], words: str) -> None:
    with pytest.raises(UnmappableRecord) as caught:
        payload(mapper(), **columns)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "key", "columns", "name"),
    [
        ({}, (), {"OrderType": "SO", "OrderNbr": "7", "ExternalRef": "W-2002"}, "OrderType SO, OrderNbr 7"),
        ({}, (), {"OrderType": "SO", "ExternalRef": "W-2002"}, "ExternalRef W-2002"),
        ({"match": ("CustomerID",)}, (), {"OrderType": "SO", "CustomerID": "C"}, "CustomerID C"),
        ({"mode": Mode.UPSERT}, (), {"OrderType": "SO", "ExternalRef": "W-2002"}, "ExternalRef W-2002"),
        ({}, ("shop",), {"OrderType": "SO", "shop": 7.0}, "shop 7"),
        ({"match": ("CustomerID",)}, ("shop",), {"OrderType": "SO", "CustomerID": "a@b.c", "shop": 7}, "shop 7"),
        ({}, ("e_mail",), {"OrderType": "SO", "e_mail": "ann"}, "OrderType SO"),
        ({}, (), {"OrderType": "SO"}, "OrderType SO"),
        ({}, (), {}, ""),
    ],
)
def test_a_record_is_called_by_what_a_person_recognises_it_by(
    settings: dict[str, object], key: tuple[str, ...], columns: dict[str, object], name: str
) -> None:
    configured = read_catalog(catalog(stream("s", "append", key=key)))
    (plan,) = plan_writes(configured, endpoint_schema(), {"s": StreamSettings("s", "SalesOrder", **settings)}).values()
    of = Mapper(plan, endpoint_schema())
    assert of.name_of(document(of, **columns)) == name
