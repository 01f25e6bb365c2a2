"""What identifies a payload record: its business key, else its id."""

from __future__ import annotations

import pytest

from acumatica_client.record.identity import record_identity

KEYS = ("OrderType", "OrderNbr")


def order(**members: object) -> dict[str, object]:
    return {"id": "a-guid", "OrderType": {"value": "SO"}, "OrderNbr": {"value": "000123"}, **members}


def test_a_record_is_identified_by_its_business_key() -> None:
    assert record_identity(order(), KEYS) == {"OrderType": "SO", "OrderNbr": "000123"}


@pytest.mark.parametrize("shown", [{}, None, {"value": None}, {"value": ""}, {"value": "  "}, {"value": " <NEW>"}])
def test_a_record_whose_key_is_not_complete_is_identified_by_its_id(shown: object) -> None:
    assert record_identity(order(OrderNbr=shown), KEYS) == {"id": "a-guid"}


def test_an_entity_without_known_keys_is_identified_by_its_id() -> None:
    assert record_identity(order(), ()) == {"id": "a-guid"}


def test_a_drop_down_of_contract_5_is_named_by_its_id_and_a_number_stays_one() -> None:
    record = order(OrderType={"value": {"id": "SO", "description": "Sales Order"}}, OrderNbr={"value": 7})

    assert record_identity(record, KEYS) == {"OrderType": "SO", "OrderNbr": 7}


@pytest.mark.parametrize("id", [None, ""])
def test_a_record_that_shows_neither_has_no_identity(id: object) -> None:
    assert record_identity({"id": id}, KEYS) == {}
