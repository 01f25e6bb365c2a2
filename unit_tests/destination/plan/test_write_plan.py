"""One write plan a stream, made before the first record; everything that cannot work is refused at once."""

from __future__ import annotations

import pytest

from acumatica_client.errors import SettingsError
from destination_acumatica.config.configured_catalog import ConfiguredStream, StreamName, read_catalog
from destination_acumatica.config.modes import Mode
from destination_acumatica.config.settings import StreamSettings
from destination_acumatica.plan.write_plan import WritePlan, cautions, plan_writes
from unit_tests.destination.builders import CUSTOMERS, ORDERS, catalog, endpoint_schema, renamed, stream

TEXT = {"type": ["string", "null"]}


def planned(*streams: dict[str, object], settings: list[StreamSettings] | None = None) -> dict[StreamName, WritePlan]:
    chosen = {one.stream: one for one in settings or []}
    return plan_writes(read_catalog(catalog(*streams)), endpoint_schema(), chosen)


def refusal(*streams: dict[str, object], settings: list[StreamSettings] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        planned(*streams, settings=settings)
    assert caught.value.failure_type == "config"
    return caught.value.sentence()


def test_a_stream_goes_to_the_entity_of_its_name() -> None:
    plan = planned(CUSTOMERS)[StreamName("Customer")]
    assert (plan.entity.name, plan.mode, plan.entity.keys) == ("Customer", Mode.UPSERT, ("CustomerID",))
    assert plan.sentence() == "Stream Customer is written to the entity Customer: updates or inserts by CustomerID."


def test_a_stream_goes_where_the_settings_say_with_its_columns_renamed() -> None:
    settings = [StreamSettings("people", "Customer", renamed(id="CustomerID"))]
    plan = planned(stream("people", columns=("id", "CustomerName"), key=("id",)), settings=settings)[
        StreamName("people")
    ]
    assert plan.entity.name == "Customer"
    assert (plan.mapping.used, plan.mapping.taken) == ({"id"}, {"CustomerID"})


def test_streams_of_one_name_in_two_namespaces_have_a_plan_each() -> None:
    here, there = (stream("SalesOrder", "append", namespace=one) for one in ("a", "b"))
    assert list(planned(here, there)) == [StreamName("SalesOrder", "a"), StreamName("SalesOrder", "b")]


def test_settings_for_streams_of_other_connections_are_no_concern_of_this_one() -> None:
    assert planned(ORDERS, settings=[StreamSettings("elsewhere", "NoSuchEntity")])


def test_an_unknown_entity_is_refused_with_names_that_come_close() -> None:
    said = refusal(stream("Customers", "append"))
    assert "the endpoint Default 24.200.001 has no entity Customers (did you mean Customer?)" in said
    assert "SalesOrder" in refusal(stream("order", "append"))
    assert "did you mean" not in refusal(stream("Zebra", "append"))


@pytest.mark.parametrize(
    ("entity", "words"),
    [
        ("InventorySummaryInquiry", "inquiry"),
        ("ReleaseBatches", "processing form"),
        ("GLPreferences", "preferences form"),
    ],
)
def test_entities_that_keep_no_records_are_refused(entity: str, words: str) -> None:
    assert words in refusal(stream(entity, "append"))


@pytest.mark.parametrize("mode", ["overwrite", "overwrite_dedup"])
def test_overwriting_is_refused_because_it_would_delete(mode: str) -> None:
    assert f"the sync mode {mode} would delete what is in the ERP; choose append or append_dedup" in refusal(
        stream("Customer", mode)
    )


@pytest.mark.parametrize("mode", ["merge_someday", ""])
def test_every_other_mode_is_refused_by_name(mode: str) -> None:
    assert f"the sync mode {mode or '(none)'} " in refusal(stream("Customer", mode))


def test_upsert_needs_a_key_that_is_known() -> None:
    assert "the key of Ledgerless is not known; use append" in refusal(
        stream("Ledgerless", key=("Name",), columns=("Name",))
    )


def test_upsert_needs_a_primary_key() -> None:
    assert "append_dedup needs a primary key; SalesOrder is found by OrderType + OrderNbr" in refusal(
        stream("SalesOrder")
    )


def test_the_key_that_the_source_declares_will_do() -> None:
    customers = stream("Customer", columns=("CustomerID",))
    customers["stream"]["source_defined_primary_key"] = [["CustomerID"]]
    assert planned(customers)


@pytest.mark.parametrize("key", [("OrderNbr",), ("OrderType", "OrderNbr", "CustomerID"), ("ExternalRef",), ("id",)])
def test_a_key_that_is_not_the_entitys_is_refused(key: tuple[str, ...]) -> None:
    said = refusal(stream("SalesOrder", key=key, columns=(*key, "OrderType", "OrderNbr")))
    assert (
        f"its primary key {' + '.join(key)} is not the key of SalesOrder, which is found by OrderType + OrderNbr"
        in said
    )


def test_a_nested_key_is_refused() -> None:
    customers = stream("Customer", columns=("CustomerID",), key=())
    customers["primary_key"] = [["Main", "CustomerID"]]
    assert "its primary key Main.CustomerID is not the key" in refusal(customers)


def test_the_parts_of_a_key_may_come_in_any_order() -> None:
    assert planned(stream("SalesOrder", columns=("OrderNbr", "OrderType"), key=("OrderNbr", "OrderType")))


def test_a_key_that_no_column_gives_is_refused() -> None:
    assert "no column gives CustomerID" in refusal(stream("Customer", columns=("CustomerName",), key=("CustomerID",)))


def test_unknown_columns_are_refused_with_names_that_come_close() -> None:
    said = refusal(stream("Customer", "append", columns=("CustomerNme", "Zzz")))
    assert "it has no member CustomerNme (did you mean CustomerName, CustomerID?), it has no member Zzz" in said


def test_columns_of_airbyte_and_of_every_record_are_no_problem() -> None:
    columns = ("CustomerID", "_airbyte_emitted_at", "_ab_cdc_deleted_at", "id", "note")
    assert planned(stream("Customer", "append", columns=columns))


def test_unknown_columns_are_found_inside_nested_members_too() -> None:
    address = {"type": "object", "properties": {"Town": TEXT}}
    contact = {"type": ["object", "null"], "properties": {"Email": TEXT, "Address": address}}
    assert "it has no member MainContact/Address/Town" in refusal(
        stream("Customer", "append", columns={"MainContact": contact})
    )
    rows = {"type": "array", "items": {"type": "object", "properties": {"Qty": TEXT}}}
    assert "it has no member Details/Qty (did you mean OrderQty?)" in refusal(
        stream("SalesOrder", "append", columns={"Details": rows})
    )


def test_a_line_cannot_be_asked_to_disappear() -> None:
    rows = {"type": "array", "items": {"type": "object", "properties": {"delete": {"type": "boolean"}}}}
    assert "it has no member Details/delete" in refusal(stream("SalesOrder", "append", columns={"Details": rows}))


@pytest.mark.parametrize(
    ("column", "schema", "words"),
    [
        ("CreditLimit", {"type": ["null", "object"]}, "CreditLimit takes integer or number or string, not object"),
        ("CreditLimit", {"type": "boolean"}, "CreditLimit takes integer or number or string, not boolean"),
        ("Since", {"type": "number"}, "Since takes string, not number"),
        ("Active", {"type": "array"}, "Active takes boolean or string, not array"),
        ("MainContact", {"type": "string"}, "MainContact takes object, not string"),
        ("Attributes", {"type": "string"}, "Attributes takes array or object, not string"),
    ],
)
def test_types_that_can_never_fit_are_refused(column: str, schema: dict[str, object], words: str) -> None:
    assert words in refusal(stream("Customer", "append", columns={column: schema}))


@pytest.mark.parametrize(
    ("column", "schema"),
    [
        ("CreditLimit", {"type": ["null", "number"]}),
        ("CreditLimit", {"type": "string"}),
        ("CreditLimit", {"type": ["object", "number"]}),
        ("CreditLimit", {}),
        ("CreditLimit", True),
        ("Since", {"type": "string", "format": "date-time"}),
        ("CustomerName", {"type": "integer"}),
        ("MainContact", {"type": "object"}),
        ("MainContact", {"oneOf": [{"type": "object"}]}),
    ],
)
def test_types_that_may_fit_are_left_to_the_records(column: str, schema: object) -> None:
    assert planned(stream("Customer", "append", columns={column: schema}))


def test_a_rename_must_start_at_a_column_and_end_at_a_member() -> None:
    settings = [StreamSettings("Customer", "Customer", renamed(nme="CustomerName", name="CustomerTitle"))]
    said = refusal(stream("Customer", "append", columns=("name",)), settings=settings)
    assert "it has no column nme" in said
    assert "it has no member CustomerTitle" in said


def test_two_columns_cannot_go_to_one_member() -> None:
    settings = [StreamSettings("Customer", "Customer", renamed(name="CustomerName"))]
    said = refusal(stream("Customer", "append", columns=("CustomerName", "name")), settings=settings)
    assert "the columns name and CustomerName both go to CustomerName" in said


def test_a_catalog_without_columns_still_has_its_renames_checked() -> None:
    settings = [StreamSettings("Customer", "Customer", renamed(name="CustomerTitle"))]
    assert "it has no member CustomerTitle" in refusal(stream("Customer", "append"), settings=settings)


def test_every_problem_of_every_stream_is_named_at_once() -> None:
    said = refusal(stream("Customer", "overwrite", columns=("Nme",)), stream("Customers", "append"), CUSTOMERS)
    for words in ("overwrite", "Nme", "Customers", "Nothing was written."):
        assert words in said


def cautioned(configured: dict[str, object]) -> list[str]:
    (one,) = read_catalog(catalog(configured))
    return list(cautions(one, planned(configured)[one.name]))


def test_a_refresh_is_warned_that_it_does_not_delete() -> None:
    (said,) = cautioned({**CUSTOMERS, "generation_id": 3, "minimum_generation_id": 3})
    assert "never deletes" in said
    assert cautioned({**CUSTOMERS, "generation_id": 3, "minimum_generation_id": 0}) == []


def test_files_are_reported_to_stay_behind() -> None:
    assert cautioned(stream("Customer", "append", columns={"CustomerID": {}, "files": {}})) == [
        "Stream Customer: attached files are not written."
    ]


def test_inserts_without_a_key_are_reported_that_an_interrupted_sync_repeats_them() -> None:
    (said,) = cautioned(stream("SalesOrder", "append", columns=("OrderType", "CustomerID")))
    assert "inserted again" in said
    assert cautioned(stream("SalesOrder", "append", columns=("OrderType", "OrderNbr"))) == []


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"streams":[{}]}', b'{"streams":[{"stream":{"name":7}}]}', b"\xff"]
)
def test_what_is_no_catalog_is_one_sentence(text: bytes) -> None:
    with pytest.raises(SettingsError, match="configured catalog is not valid"):
        read_catalog(text)


def test_a_catalog_stream_without_columns_has_that_it_has_none() -> None:
    (one,) = read_catalog(b'{"streams":[{"stream":{"name":"A","json_schema":{"properties":[]}}}]}')
    assert isinstance(one, ConfiguredStream)
    assert (one.columns, one.key_paths, one.name) == ({}, [], StreamName("A"))
