"""Streams that are fetched together: an entity and its details that stand at one position, nothing else."""

from __future__ import annotations

import pytest

from acumatica_client.schema.model import EntitySchema, EntityShape
from source_acumatica.catalog.stream_definitions import StreamDefinition
from source_acumatica.selection.stream_groups import ConfiguredMember, ConfiguredStream, group_streams

ORDER, BILL = EntitySchema(EntityShape("Order")), EntitySchema(EntityShape("Bill"))
NOON = "2026-11-23T12:00:00+00:00"


def member(name: str, lower: str | None = None, mode: str = "incremental") -> ConfiguredMember:
    entity = BILL if name.startswith("Bill") else ORDER
    stream = ConfiguredStream(name, incremental=mode == "incremental")
    return ConfiguredMember(StreamDefinition(name, entity, name.partition("_")[2]), stream, lower)


def names(*members: ConfiguredMember) -> list[tuple[str, ...]]:
    return [group.names for group in group_streams(members)]


def test_an_entity_and_its_details_are_one_group_in_the_order_of_the_catalog():
    assert names(member("Order_Details"), member("Bill"), member("Order"), member("Order_Taxes")) == [
        ("Order_Details", "Order", "Order_Taxes"),
        ("Bill",),
    ]


def test_another_sync_mode_is_another_group():
    assert names(member("Order"), member("Order_Details", mode="full_refresh")) == [("Order",), ("Order_Details",)]


def test_a_stream_that_was_never_read_catches_up_by_itself():
    assert names(member("Order", NOON), member("Order_Details")) == [("Order_Details",), ("Order",)]


@pytest.mark.parametrize(
    ("other", "together"),
    [
        (NOON, True),
        ("2026-11-23T12:00:01.5+00:00", True),
        ("2026-11-23T07:00:00-05:00", True),
        ("2026-11-22T12:00:00+00:00", True),
        ("2026-11-22T11:59:59+00:00", False),
        ("2025-11-23T12:00:00+00:00", False),
    ],
)
def test_positions_that_lie_within_a_day_are_joined(other, together):
    assert len(group_streams([member("Order", NOON), member("Order_Details", other)])) == (1 if together else 2)


def test_a_joined_group_begins_at_the_earliest_position_of_all():
    earlier = "2026-11-23T11:00:00+00:00"
    (group,) = group_streams([member("Order", NOON), member("Order_Details", earlier), member("Order_Taxes", NOON)])
    assert (group.names, group.lower) == (("Order", "Order_Details", "Order_Taxes"), earlier)


def test_a_group_never_reaches_back_more_than_a_day_by_steps():
    days = [f"2026-11-{day}T12:00:00+00:00" for day in (20, 21, 22, 23)]
    found = group_streams([member(f"Order_{number}", day) for number, day in enumerate(days)])
    assert [group.lower for group in found] == [days[0], days[2]]


def test_no_streams_are_no_groups():
    assert group_streams([]) == []
