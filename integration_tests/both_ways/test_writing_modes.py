"""Modes, matches, references and mappings against an instance, in each position of the switches that touch them."""

from __future__ import annotations

from typing import Any

import pytest

from acumatica_emulator import Emulator
from integration_tests.both_ways.conftest import PatientDestination
from integration_tests.both_ways.test_writing import by_key, customer, order, reported
from integration_tests.both_ways.truth import rows
from unit_tests.destination.builders import Result, record, state, stream

TEXT = {"type": ["string", "null"]}
KEYED = {"columns": ("CustomerID", "CustomerName"), "key": ("CustomerID",)}
NEW_ORDERS = stream("SalesOrder", "append")


def customers(mode: str, **more: object) -> dict[str, object]:
    return stream("Customer", mode, **{**KEYED, **more})


def entry(name: str = "Customer", **settings: object) -> list[dict[str, object]]:
    return [{"stream": name, "entity": name, **settings}]


def named(instance: Emulator, key: str) -> object:
    return by_key(instance, "Customer", "CustomerID")[key]["CustomerName"]


def summary(result: Result, name: str = "Customer") -> str:
    """What the log says of a stream at the end."""
    return [line for line in result.logs("INFO") if line.startswith(f"Stream {name}: ")][-1]


def known(instance: Emulator, at: int = 1) -> str:
    return str(instance.records("Customer")[at]["CustomerID"])


# --- modes


@pytest.mark.parametrize("patch", [True, False])
def test_an_update_changes_what_is_there_and_makes_nothing(instance, destination, patch):
    instance.switches.patch = patch
    key, before = known(instance), by_key(instance, "Customer", "CustomerID")
    lines = [customer(key, "Ours"), customer("ZNEW1", "Ours"), state("Customer", 1)]
    result = destination.write(lines, customers("update"), streams=entry(missing="ignore"))
    assert (result.code, summary(result)) == (0, "Stream Customer: 1 updated, 1 skipped.")
    assert by_key(instance, "Customer", "CustomerID").keys() == before.keys()
    assert named(instance, key) == "Ours"
    assert ("PATCH" in {call.method for call in instance.calls}) is patch
    result = destination.write(lines, customers("update"), streams=entry(missing="ignore"))
    assert summary(result) == "Stream Customer: 1 unchanged, 1 skipped."
    assert "there is no such record" in reported(destination.write(lines, customers("update")))


def test_an_insert_leaves_alone_what_is_there(instance, destination):
    key, before = known(instance), by_key(instance, "Customer", "CustomerID")
    lines = [customer(key, "Ours"), customer("ZNEW1", "Ours"), state("Customer", 1)]
    result = destination.write(lines, customers("append"), streams=entry(existing="ignore"))
    assert (result.code, summary(result)) == (0, "Stream Customer: 1 created, 1 skipped.")
    assert by_key(instance, "Customer", "CustomerID")[key] == before[key]


@pytest.mark.parametrize("form", ["500", "204"])
def test_a_deletion_asked_for_by_name_deletes_and_no_other_does(instance, destination, form):
    instance.switches.delete_missing = form
    assert destination.write([customer("ZNEW1"), customer("ZNEW2")], customers("append_dedup")).code == 0
    lines = [customer("ZNEW1"), customer("ZNEW3"), state("Customer", 1)]
    result = destination.write(lines, customers("append_dedup"), streams=entry(mode="delete"))
    assert (result.code, summary(result)) == (0, "Stream Customer: 1 deleted, 1 skipped.")
    there = by_key(instance, "Customer", "CustomerID")
    assert ("ZNEW1" in there, "ZNEW2" in there) == (False, True)
    refreshed = {**customers("append_dedup"), "generation_id": 2, "minimum_generation_id": 2}
    assert destination.write([state("Customer", 1)], refreshed).code == 0
    assert "would delete" in reported(destination.write(lines, customers("overwrite"), streams=entry(mode="delete")))
    assert by_key(instance, "Customer", "CustomerID").keys() == there.keys()


def test_a_deletion_that_acumatica_refuses_is_reported_in_its_words(instance, destination):
    key = next(str(row["CustomerID"]) for row in instance.records("SalesOrder"))
    before = rows(instance, "Customer")
    result = destination.write([customer(key)], customers("append_dedup"), streams=entry(mode="delete"))
    assert key in reported(result)
    assert rows(instance, "Customer") == before


@pytest.mark.parametrize("patch", [True, False])
def test_a_soft_delete_sets_its_field_once(instance, destination, patch):
    instance.switches.patch = patch
    key, lines = known(instance), [customer(known(instance), "Ours"), state("Customer", 1)]
    settings = entry(soft_delete={"field": "Status", "value": "Inactive"})
    for words in ("1 updated", "1 unchanged"):
        result = destination.write(lines, customers("soft_delete"), streams=settings)
        assert (result.code, summary(result)) == (0, f"Stream Customer: {words}.")
    row = by_key(instance, "Customer", "CustomerID")[key]
    assert (row["Status"], row["CustomerName"] != "Ours") == ("Inactive", True)


@pytest.mark.parametrize("polls", [0, 3])
def test_a_soft_delete_by_an_action_is_carried_out_once(instance, destination, polls):
    instance.switches.action_polls = polls
    assert destination.write([order(instance, "Z1")], stream("SalesOrder", "append")).code == 0
    settings = entry("SalesOrder", soft_delete={"action": "CancelSalesOrder", "field": "Status", "value": "Canceled"})
    keyed = stream("SalesOrder", "soft_delete", columns=("OrderType", "OrderNbr"), key=("OrderType", "OrderNbr"))
    for words in ("1 actioned", "1 unchanged"):
        lines = [record("SalesOrder", OrderType="SO", OrderNbr="Z1"), state("SalesOrder", 1)]
        result = destination.write(lines, keyed, streams=settings)
        assert (result.code, summary(result, "SalesOrder")) == (0, f"Stream SalesOrder: {words}."), result.raw
    assert by_key(instance, "SalesOrder", "OrderNbr")["Z1"]["Status"] == "Canceled"


# --- matches


def mailed(instance: Emulator, destination: PatientDestination) -> dict[str, Any]:
    """A customer of ours whom only an address finds."""
    lines = [customer("ZMAIL", "Theirs", MainContact={"Email": "who@example.com"})]
    assert destination.write(lines, customers("append")).code == 0
    return {"columns": {"CustomerName": TEXT, "MainContact.Email": TEXT}, "key": ("MainContact.Email",)}


@pytest.mark.parametrize("contract5", [False, True])
def test_a_record_is_found_by_an_address(instance, destination, contract5):
    instance.switches.contract5 = contract5
    more = mailed(instance, destination)
    line = record("Customer", **{"CustomerName": "Ours", "MainContact.Email": "who@example.com"})
    version = {"endpoint_version": "26.200.001"} if contract5 else {}
    for words in ("1 updated", "1 unchanged"):
        settings = entry(match="MainContact.Email")
        result = destination.write(
            [line, state("Customer", 1)], customers("append_dedup", **more), streams=settings, **version
        )
        assert (result.code, summary(result)) == (0, f"Stream Customer: {words}."), result.raw
    assert named(instance, "ZMAIL") == "Ours"


@pytest.mark.parametrize("lies", [False, True])
def test_a_filter_that_lies_doubles_nothing(instance, destination, lies):
    more = mailed(instance, destination)
    before = by_key(instance, "Customer", "CustomerID")
    instance.switches.silent_empty = ["Customer"] if lies else []
    values = {"CustomerID": "ZNEW9", "CustomerName": "Ours", "MainContact.Email": "else@example.com"}
    lines = [record("Customer", **values), state("Customer", 1)]
    columns = {**more["columns"], "CustomerID": TEXT}
    settings = entry(match="MainContact.Email")
    result = destination.write(lines, customers("append_dedup", key=more["key"], columns=columns), streams=settings)
    added = by_key(instance, "Customer", "CustomerID").keys() - before.keys()
    if lies:
        assert "its filter does not work" in reported(result)
        assert added == set()
    else:
        assert (result.code, added) == (0, {"ZNEW9"})


def test_several_matches_are_reported_and_none_is_taken(instance, destination):
    more = mailed(instance, destination)
    assert (
        destination.write([customer("ZTWO", MainContact={"Email": "who@example.com"})], customers("append")).code == 0
    )
    before = rows(instance, "Customer")
    line = record("Customer", **{"CustomerName": "Ours", "MainContact.Email": "who@example.com"})
    result = destination.write([line], customers("update", **more), streams=entry(match="MainContact.Email"))
    assert "2 records of Customer have this value in MainContact/Email" in reported(result)
    assert "who@example.com" not in reported(result)
    assert rows(instance, "Customer") == before


# --- references


@pytest.mark.parametrize("status", [401, 408, 409, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("processed", [True, False])
def test_a_document_with_a_reference_is_made_once_whatever_the_server_says(instance, destination, status, processed):
    """Also by a server that saves, and then says that it did not."""
    before = by_key(instance, "SalesOrder", "OrderNbr")
    instance.faults.add("status", method="PUT", entity="SalesOrder", status=status, processed=processed)
    lines = [order(instance, ExternalRef="WEB-77"), order(instance, ExternalRef="WEB-78"), state("SalesOrder", 1)]
    result = destination.write(lines, NEW_ORDERS)
    if result.code:  # a 500 without words is a refusal as far as can be seen
        assert status == 500, result.raw
        result = destination.write(lines, NEW_ORDERS)
    assert (result.code, result.counts) == (0, [(2, 0)]), result.raw
    assert len(by_key(instance, "SalesOrder", "OrderNbr")) == len(before) + 2


@pytest.mark.parametrize("effect", [{"effect": "hang_up"}, {"effect": "truncate", "after": 5}, {"effect": "recycle"}])
def test_a_document_with_a_reference_is_made_once_whatever_becomes_of_the_answer(instance, destination, effect):
    before = by_key(instance, "SalesOrder", "OrderNbr")
    instance.faults.add(method="PUT", entity="SalesOrder", **effect)
    lines = [order(instance, ExternalRef="WEB-77"), state("SalesOrder", 1)]
    for _ in range(2):
        result = destination.write(lines, NEW_ORDERS)
        assert (result.code, result.counts) == (0, [(1, 0)]), result.raw
    assert len(by_key(instance, "SalesOrder", "OrderNbr")) == len(before) + 1


# --- mappings


def test_a_web_shops_order_becomes_one_of_acumatica(instance, destination):
    item, other = (str(row["InventoryID"]) for row in instance.records("StockItem")[:2])
    mailed(instance, destination)
    shop = stream("shop_orders", "append", columns=("id", "email", "gift_note", "line_items"))
    shop["stream"]["json_schema"]["properties"]["line_items"] = {"type": "array"}
    by_mail = {"entity": "Customer", "where": "MainContact.Email", "take": "CustomerID"}
    fields = [
        {"to": "OrderType", "value": "SO"},
        {"to": "ExternalRef", "from": "id"},
        {
            "to": "CustomerID",
            "from": "email",
            "lookup": by_mail,
        },
        {"to": "Description", "from": "gift_note", "default": "no note"},
        {"to": "Details.InventoryID", "from": "line_items.sku"},
        {"to": "Details.OrderQty", "from": "line_items.quantity"},
    ]
    streams = [{"stream": "shop_orders", "entity": "SalesOrder", "fields": fields, "unknown_columns": "ignore"}]
    items = [{"sku": item, "quantity": 2, "colour": "red"}, {"sku": other, "quantity": 1}]
    line = record("shop_orders", id="W-1", email="who@example.com", gift_note=None, line_items=items)
    for words in ("1 created", "1 unchanged"):
        result = destination.write([line, state("shop_orders", 1)], shop, streams=streams)
        assert (result.code, summary(result, "shop_orders")) == (0, f"Stream shop_orders: {words}."), result.raw
    (made,) = [row for row in instance.records("SalesOrder") if row["ExternalRef"] == "W-1"]
    assert (made["CustomerID"], made["Description"]) == ("ZMAIL", "no note")
    assert [(row["InventoryID"], row["OrderQty"]) for row in made["Details"]] == [(item, 2), (other, 1)]


@pytest.mark.parametrize("nulls", ["skip", "clear"])
def test_a_null_clears_where_the_settings_say_so(instance, destination, nulls):
    key = known(instance)
    lines = [record("Customer", CustomerID=key, CreditLimit=5), record("Customer", CustomerID=key, CreditLimit=None)]
    for line in lines:
        result = destination.write([line], customers("append_dedup"), streams=entry(nulls=nulls))
        assert result.code == 0, result.raw
    cleared = by_key(instance, "Customer", "CustomerID")[key]["CreditLimit"]
    assert cleared == (5 if nulls == "skip" else None)


def test_a_custom_field_is_written_once_and_a_misspelt_one_is_refused(instance, destination):
    column = "custom_BAccount_UsrLoyaltyTier"
    lines = [record("Customer", CustomerID=known(instance), **{column: "A"}), state("Customer", 1)]
    columns = ("CustomerID", column)
    for words in ("1 updated", "1 unchanged"):
        result = destination.write(lines, customers("append_dedup", columns=columns))
        assert (result.code, summary(result)) == (0, f"Stream Customer: {words}."), result.raw
    wrong = (*columns, "custom_BAccount_Nope")
    assert "Customer has no custom field BAccount.Nope" in reported(
        destination.write(lines, customers("append_dedup", columns=wrong))
    )
