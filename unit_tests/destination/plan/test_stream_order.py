"""Which stream comes before which, and who waits for whom."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.schema.model import EndpointSchema, EntitySchema, EntityShape, ValueType
from destination_acumatica.config.configured_catalog import StreamName, read_catalog
from destination_acumatica.config.stream_settings import FieldSetting, LookupSetting, StreamSettings
from destination_acumatica.plan.stream_order import order_sentences, parents_of
from destination_acumatica.plan.write_plan import plan_writes
from destination_acumatica.sync.scheduler import StreamBarrier
from unit_tests.destination.builders import catalog, stream

TEXT = ValueType.STRING


def shape(name: str, *fields: str, **details: str) -> EntityShape:
    return EntityShape(name, fields=dict.fromkeys(fields, TEXT), details=details)


SHAPES = (
    shape("Customer", "CustomerID", "CustomerClass", "NoteID"),
    shape("CustomerClass", "ClassID"),
    shape("Vendor", "VendorID", "NoteID"),
    shape("StockItem", "InventoryID", "ItemClass"),
    shape("SalesOrder", "OrderNbr", "CustomerID", Details="SalesOrderDetail"),
    shape("SalesOrderDetail", "InventoryID", "Quantity"),
    shape("Bill", "ReferenceNbr", "Vendor"),
    shape("Project", "ProjectID", "Manager"),
    shape("Manager", "ManagerID", "ProjectID"),
    shape("Shipment", "ShipmentNbr", Details="ShipmentDetail"),
    shape("ShipmentDetail", "OrderType", "OrderNbr"),
    shape("PurchaseOrder", "OrderType", "OrderNbr"),
)
KEYS = {
    "Customer": ("CustomerID",),
    "CustomerClass": ("ClassID",),
    "Vendor": ("VendorID",),
    "StockItem": ("InventoryID",),
    "SalesOrder": ("OrderNbr",),
    "Bill": ("ReferenceNbr",),
    "Project": ("ProjectID",),
    "Manager": ("ManagerID",),
    "Shipment": ("ShipmentNbr",),
    "PurchaseOrder": ("OrderType", "OrderNbr"),
}


def parents(*entities: str, order: tuple[str, ...] = (), **entity_of: str) -> dict[str, set[str]]:
    """The parents of each stream by name; a stream called otherwise than its entity is given as `name=Entity`."""
    shapes = {one.name: one for one in SHAPES}
    found = {name: EntitySchema(shapes[name], keys=keys) for name, keys in KEYS.items()}
    schema = EndpointSchema("Default", "24.200.001", 4, found, shapes)
    names = [*entities, *entity_of]
    chosen = {name: StreamSettings(name, entity) for name, entity in entity_of.items()}
    plans = plan_writes(read_catalog(catalog(*(stream(name, "append") for name in names))), schema, chosen)
    return {str(name): {str(one) for one in above} for name, above in parents_of(plans, order).items()}


def test_an_entity_comes_before_those_that_have_a_field_named_like_its_key() -> None:
    assert parents("SalesOrder", "Customer") == {"SalesOrder": {"Customer"}, "Customer": set()}


def test_a_field_of_a_line_counts_like_one_of_the_document() -> None:
    assert parents("SalesOrder", "StockItem")["SalesOrder"] == {"StockItem"}


def test_an_entity_comes_before_those_that_have_a_field_of_its_name() -> None:
    assert parents("Bill", "Vendor")["Bill"] == {"Vendor"}


def test_each_stream_waits_for_those_right_above_it() -> None:
    """Which have waited for those above them."""
    found = parents("SalesOrder", "Customer", "CustomerClass")
    assert (found["SalesOrder"], found["Customer"]) == ({"Customer"}, {"CustomerClass"})


def test_a_key_of_several_fields_counts_as_a_whole() -> None:
    assert parents("Shipment", "PurchaseOrder") == {"Shipment": {"PurchaseOrder"}, "PurchaseOrder": set()}
    assert parents("SalesOrder", "PurchaseOrder")["SalesOrder"] == set()


def test_names_that_many_entities_share_order_nothing() -> None:
    assert parents("Customer", "Vendor") == {"Customer": set(), "Vendor": set()}


def test_entities_that_name_each_other_wait_for_neither() -> None:
    assert parents("Project", "Manager") == {"Project": set(), "Manager": set()}


def test_streams_are_known_by_their_entities() -> None:
    assert parents(buyers="Customer", orders="SalesOrder")["orders"] == {"buyers"}


def test_two_streams_of_one_entity_do_not_wait_for_each_other() -> None:
    assert parents(shop="Customer", desk="Customer") == {"shop": set(), "desk": set()}


def test_a_value_that_is_looked_up_comes_before_what_it_is_looked_up_for() -> None:
    shapes = {one.name: one for one in SHAPES}
    found = {name: EntitySchema(shapes[name], keys=keys) for name, keys in KEYS.items()}
    schema = EndpointSchema("Default", "24.200.001", 4, found, shapes)
    lookup = LookupSetting("StockItem", "ItemClass", "InventoryID")
    chosen = {"bills": StreamSettings("bills", "Bill", (FieldSetting("Vendor", "item", lookup=lookup),))}
    streams = (stream("bills", "append", columns=("item",)), stream("StockItem", "append"))
    plans = plan_writes(read_catalog(catalog(*streams)), schema, chosen)
    assert parents_of(plans)[StreamName("bills")] == {StreamName("StockItem")}
    assert parents_of(plans, ("bills", "StockItem"))[StreamName("bills")] == set()


def test_the_user_has_the_last_word() -> None:
    found = parents("SalesOrder", "Customer", "CustomerClass", order=("SalesOrder", "Customer"))
    assert found["Customer"] >= {"SalesOrder"}
    assert found["SalesOrder"].isdisjoint({"Customer"})


def test_the_user_may_order_what_no_name_relates() -> None:
    assert parents("Vendor", "Customer", order=("Vendor", "Unknown", "Customer"))["Customer"] == {"Vendor"}


def test_what_waits_is_reported() -> None:
    said = list(
        order_sentences({StreamName("SalesOrder"): frozenset({StreamName("Customer")}), StreamName("A"): frozenset()})
    )
    assert said == ["Stream SalesOrder: its records wait for earlier ones of Customer."]


A, B, C = StreamName("A"), StreamName("B"), StreamName("C")
CHAIN = {A: frozenset[StreamName](), B: frozenset({A}), C: frozenset({A, B})}


def test_a_record_waits_for_earlier_ones_above_and_not_for_later_ones() -> None:
    gate = StreamBarrier[str](CHAIN)
    gate.arrive(A, 1)
    gate.arrive(B, 2)
    gate.arrive(A, 3)
    assert gate.enter(A, 1, "a1")
    assert not gate.enter(B, 2, "b2")
    assert gate.enter(A, 3, "a3")
    assert list(gate.settle(A, 3)) == []
    assert list(gate.settle(A, 1)) == ["b2"]


CIRCLE = {A: frozenset({C}), B: frozenset({A}), C: frozenset({B})}


@given(st.lists(st.sampled_from([A, B, C]), max_size=40), st.integers(0, 2**16), st.sampled_from([CHAIN, CIRCLE]))
def test_no_one_waits_for_ever_and_no_one_overtakes(
    streams: list[StreamName], seed: int, parents: dict[StreamName, frozenset[StreamName]]
) -> None:
    chance, gate = random.Random(seed), StreamBarrier[int](parents)
    running: list[int] = []
    settled: set[int] = set()
    for number, name in enumerate(streams):
        gate.arrive(name, number)
        running += [number] if gate.enter(name, number, number) else []
    while running:
        number = running.pop(chance.randrange(len(running)))
        above = parents[streams[number]]
        assert {n for n in range(number) if streams[n] in above} <= settled
        settled.add(number)
        running += gate.settle(streams[number], number)
    assert settled == set(range(len(streams)))
