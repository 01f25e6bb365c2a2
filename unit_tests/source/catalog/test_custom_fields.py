"""Custom fields: who is asked for them, which become columns, and what is said of those that have gone."""

from __future__ import annotations

import logging

import pytest

from acumatica_client.errors import (
    AccessDenied,
    AcumaticaError,
    EmptyAnswer,
    IntermediaryRefused,
    NotFound,
    Overloaded,
    ServerFault,
    Unexpected,
)
from acumatica_client.schema.custom_fields import CustomField
from source_acumatica.catalog.custom_fields import chosen_custom_fields, fetch_custom_fields, name_custom_fields
from source_acumatica.config.stream_options import StreamOptions

COLOR = CustomField("Document", "UsrColor")
SIZE = CustomField("Document", "AttributeSIZE")
RATE = CustomField("Document", "CuryRate", "CustomDecimalField")
LINE = CustomField("Transactions", "UsrHint", place="Details")
FIELDS = (COLOR, SIZE, RATE, LINE, CustomField("Document", "GroupMask"))


class Client:
    def __init__(self, refusal: AcumaticaError | None = None) -> None:
        self.asked: list[str] = []
        self.refusal = refusal

    def custom_fields(self, entity: str) -> tuple[CustomField, ...]:
        self.asked.append(entity)
        if self.refusal:
            raise self.refusal
        return FIELDS


def test_only_the_entities_that_the_settings_name_cost_a_request():
    client = Client()
    found = fetch_custom_fields(client, StreamOptions(custom_fields=("Order",)), ["Order", "Bill"])
    assert (client.asked, found) == (["Order"], {"Order": (COLOR, SIZE, LINE)})
    assert fetch_custom_fields(client, StreamOptions(), ["Order", "Bill"]) == {}


def test_fields_of_acumatica_come_when_they_are_named_but_never_the_one_that_breaks_lists():
    found = fetch_custom_fields(Client(), StreamOptions(custom_fields=("Order/*",)), ["Order"])
    assert found["Order"] == (COLOR, SIZE, RATE, LINE)


@pytest.mark.parametrize(
    "refusal",
    [
        AccessDenied("No rights."),
        NotFound("404"),
        ServerFault("Broken."),
        Unexpected("A page.", status=500),
        EmptyAnswer("Nothing."),
    ],
)
def test_an_entity_that_does_not_list_them_is_offered_without_and_named(refusal, caplog):
    with caplog.at_level(logging.WARNING):
        assert fetch_custom_fields(Client(refusal), StreamOptions(custom_fields=("*",)), ["Order"]) == {}
    assert "Order is offered without its custom fields" in caplog.text
    assert refusal.message in caplog.text


@pytest.mark.parametrize("error", [Overloaded("503"), IntermediaryRefused("A firewall.", status=403)])
def test_trouble_of_the_connection_is_no_matter_of_one_entity(error):
    with pytest.raises(type(error)):
        fetch_custom_fields(Client(error), StreamOptions(custom_fields=("*",)), ["Order"])


@pytest.mark.parametrize(
    ("columns", "place", "chosen"),
    [
        ({}, "", (COLOR, SIZE, RATE)),
        ({}, "Details", (LINE,)),
        ({"custom_Document_UsrColor": {}, "Nbr": {}}, "", (COLOR,)),
        ({"Nbr": {}, "custom": {}}, "", ()),
        ({"custom_Transactions_UsrHint": {}}, "Details", (LINE,)),
    ],
)
def test_the_columns_of_a_stream_choose_the_fields_of_its_level(columns, place, chosen, caplog):
    assert chosen_custom_fields("Order", FIELDS[:4], columns, place) == chosen
    assert caplog.messages == []


def test_a_column_whose_field_has_gone_is_named(caplog):
    columns = {"custom_Document_UsrColor": {}, "custom_Document_UsrGone": {}}
    assert chosen_custom_fields("Order", FIELDS, columns, "") == (COLOR,)
    assert caplog.messages == ["Order: Acumatica does not have these custom fields any more: custom_Document_UsrGone"]


def test_fields_that_share_a_column_name_are_both_read_so_that_each_keeps_its_own():
    twins = (CustomField("A", "B_C"), CustomField("A_B", "C"))
    assert chosen_custom_fields("Order", twins, {"custom_A_B_C_": {}}, "") == twins


def test_the_member_custom_is_no_custom_field():
    assert not name_custom_fields({"custom": {}, "customer": {}})
    assert name_custom_fields({"custom_A_B": {}})
