"""What becomes of records that are refused, or met in a dry run, in every form that a server may give its answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from integration_tests.both_ways.test_writing import CUSTOMERS, HARMLESS, ORDERS, customer, order, reported, rows
from unit_tests.destination.builders import record, state, stream

BILLS = stream("Bill", key=("Type", "ReferenceNbr"))
# How a server says no: with the record and its fields, or as one sentence in one of two shapes.
FORMS = [
    {},
    {"error_exception": True},
    {"error_status": 500},
    {"error_status": 500, "error_type": "outer"},
]


def bill(instance, number: int, month: str) -> bytes:
    seller = instance.records("Vendor")[0]["VendorID"]
    return record("Bill", Type="Bill", ReferenceNbr=f"Z{number}", Vendor=seller, PostPeriod=f"{month}2026")


def kept(folder: Path) -> list[dict]:
    return [json.loads(line) for path in folder.rglob("*.jsonl") for line in path.read_bytes().splitlines()]


def keeping(folder: Path) -> dict[str, object]:
    return {"on_record_error": "skip", "object_storage_config": {"storage_type": "Local", "folder": str(folder)}}


@pytest.mark.parametrize("form", FORMS, ids=str)
class TestADocumentInAClosedPeriod:
    def test_is_kept_with_acumaticas_words_and_their_place(self, instance, destination, tmp_path, form):
        instance.switches.update({"inactive_periods": ["032026"], **form})
        lines = [bill(instance, n, month) for n, month in enumerate(("02", "03", "04"))]
        result = destination.write([*lines, state("Bill", 1)], BILLS, **keeping(tmp_path))
        assert (result.code, result.counts) == (0, [(2, 1)]), result.raw
        (line,) = kept(tmp_path)
        assert line["record"]["data"] == json.loads(lines[1])["record"]["data"]
        (error,) = line["rejected"]["errors"]
        assert "The 03-2026 financial period is inactive" in error["message"]
        assert error["field"] == "PostPeriod" or form.get("error_status") == 500

    def test_stops_the_sync_when_every_document_is_in_it(self, instance, destination, tmp_path, form):
        instance.switches.update({"inactive_periods": ["032026"], **form})
        before = rows(instance, "Bill")
        lines = [line for n in range(40) for line in (bill(instance, n, "03"), state("Bill", n))]
        result = destination.write(lines, BILLS, **keeping(tmp_path))
        assert "All of the first 25 records were rejected for one reason" in reported(result)
        assert "The 03-2026 financial period is inactive" in reported(result)
        assert (result.state_ids, kept(tmp_path), rows(instance, "Bill")) == ([], [], before)


@pytest.mark.parametrize("status", [400, 500])
def test_a_value_that_cannot_be_read_is_kept_too(instance, destination, tmp_path, status):
    instance.switches.parse_status = status
    lines = [customer("Z1"), customer("Z2", CreditLimit="a lot"), state("Customer", 1)]
    result = destination.write(lines, CUSTOMERS, **keeping(tmp_path))
    assert (result.code, result.counts) == (0, [(1, 1)]), result.raw
    assert [line["record"]["data"]["CustomerID"] for line in kept(tmp_path)] == ["Z2"]


@pytest.mark.parametrize("entities", [[], ["Bill"]])
def test_documents_without_a_numbering_sequence_are_kept_or_written(instance, destination, tmp_path, entities):
    instance.switches.unnumbered = entities
    seller = instance.records("Vendor")[0]["VendorID"]
    lines = [record("Bill", Type="Bill", Vendor=seller, VendorRef=f"V{n}") for n in range(2)]
    result = destination.write([*lines, state("Bill", 1)], stream("Bill", "append"), **keeping(tmp_path))
    assert result.code == 0, result.raw
    assert result.counts == [(0, 2) if entities else (2, 0)]
    assert len(kept(tmp_path)) == (2 if entities else 0)


def summaries(result) -> list[str]:
    return [words for words in result.logs("INFO") if re.match(r"Stream \w+: \d", words)]


@pytest.mark.parametrize(("switch", "position"), HARMLESS)
def test_the_summary_says_what_became_of_each_record_and_that_a_second_sync_changed_nothing(
    instance, destination, switch, position
):
    instance.switches.set(switch, position)
    known = str(instance.records("Customer")[0]["CustomerID"])
    lines = [customer("ZNEW1"), customer(known, "Renamed"), order(instance, "Z00001"), state("Customer", 1)]
    first = destination.write(lines, CUSTOMERS, ORDERS)
    assert summaries(first) == ["Stream Customer: 1 created, 1 updated.", "Stream SalesOrder: 1 created."], first.raw
    second = destination.write(lines, CUSTOMERS, ORDERS)
    assert summaries(second) == ["Stream Customer: 2 unchanged.", "Stream SalesOrder: 1 unchanged."], second.raw


# Positions that change how records are looked for.
LOOKS = [
    {},
    {"contract5": True},
    {"slash_keys": "keep"},
    {"plain_body": "empty"},
    {"plain_body": "html"},
    {"root_shape": "array"},
    {"silent_empty": ["Customer", "SalesOrder"]},
    {"select_ignored": ["Customer", "SalesOrder"]},
    {"delegates": {"SalesOrder": {"Details": "Transactions"}}},
    {"override_needed": False},
    {"patch": False},
]


@pytest.mark.parametrize("position", LOOKS, ids=str)
def test_a_dry_run_changes_nothing_and_says_what_would_be(instance, destination, position):
    instance.switches.update(position)
    known = str(instance.records("Customer")[0]["CustomerID"])
    before = [rows(instance, entity) for entity in ("Customer", "SalesOrder")]
    lines = [
        customer("ZNEW1"),
        customer(known, "Renamed"),
        customer(""),
        order(instance, "Z00001"),
        order(instance, "Z/2"),
        state("Customer", 1),
        state("SalesOrder", 2),
    ]
    result = destination.write(lines, CUSTOMERS, ORDERS, dry_run=True)
    said = reported(result)
    assert "This was a dry run: nothing was written." in said
    assert "1 would be rejected" in said
    assert result.state_ids == []
    assert [rows(instance, entity) for entity in ("Customer", "SalesOrder")] == before
    assert {call.method for call in instance.calls} <= {"GET", "POST"}  # a POST signs in or out


@pytest.mark.parametrize("position", LOOKS, ids=str)
def test_what_a_dry_run_promised_is_what_a_sync_does(instance, destination, position):
    instance.switches.update(position)
    known = str(instance.records("Customer")[0]["CustomerID"])
    lines = [customer("ZNEW1"), customer(known, "Renamed"), order(instance, "Z00001"), state("Customer", 1)]
    dry_run_words = reported(destination.write(lines, CUSTOMERS, ORDERS, dry_run=True))
    result = destination.write(lines, CUSTOMERS, ORDERS)
    assert result.code == 0, result.raw
    assert len(summaries(result)) == 2
    for words in summaries(result):
        assert words in dry_run_words.replace("would be ", "")
