"""The page of worked examples does what it says: each is run as it stands there, twice."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from acumatica_emulator import Emulator
from destination_acumatica.config.settings import destination_settings
from integration_tests.destination.conftest import ROOT, Destination
from unit_tests.destination.builders import CONFIG, Result, record, state, stream

PAGE = (ROOT / "docs/integrations/destinations/examples.md").read_text("utf-8")
BLOCK = re.compile(r"^```json (settings|records)([^\n]*)\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Table:
    """Records of one stream with its sync mode and key."""

    stream: str
    mode: str
    key: tuple[str, ...]
    rows: tuple[dict, ...]


@dataclass(frozen=True)
class Example:
    """A part of the configuration, and the streams that it is for."""

    settings: dict
    tables: tuple[Table, ...]


def examples() -> Iterator[Example]:
    blocks = [(kind, words.split(), text) for kind, words, text in BLOCK.findall(PAGE)]
    for kind, group in itertools.groupby(blocks, key=lambda block: block[0]):
        if kind == "settings":
            *_, (_, _, settings) = group
        else:
            tables = (Table(words[0], words[1], tuple(words[2:]), tuple(rows_of(text))) for _, words, text in group)
            yield Example(json.loads(settings), tuple(tables))


def rows_of(text: str) -> Iterator[dict]:
    decoder, at = json.JSONDecoder(parse_float=Decimal), 0
    while at < len(text.rstrip()):
        row, end = decoder.raw_decode(text, at)
        yield row
        at = end + len(text[end:]) - len(text[end:].lstrip())


EXAMPLES = {example.tables[0].stream: example for example in examples()}


@pytest.fixture
def instance() -> Iterator[Emulator]:
    """The stand-in as `make emulator` starts it."""
    with Emulator() as emulator:
        emulator.switches.override_needed = False
        yield emulator


def run(example: Example, destination: Destination) -> Result:
    described, lines = [], []
    for number, table in enumerate(example.tables, 1):
        columns: dict[str, object] = {name: {} for row in table.rows for name in row}
        described.append(stream(table.stream, table.mode, columns=columns, key=table.key))
        lines += [*(record(table.stream, **row) for row in table.rows), state(table.stream, number)]
    return destination.write(lines, *described, **example.settings)


def summary(result: Result) -> str:
    return " ".join(words for words in result.logs("INFO") if re.match(r"Stream \w+: \d", words))


def test_there_is_an_example_for_each_thing_people_do() -> None:
    assert set(EXAMPLES) == {"web_orders", "shop_orders", "accounts", "payroll", "prices"}


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_works_and_the_same_again_changes_nothing(
    instance: Emulator, destination: Destination, example: Example
) -> None:
    first = run(example, destination)
    counts = [(len(table.rows), 0) for table in example.tables]
    assert (first.code, first.counts, first.logs("WARN")) == (0, counts, []), first.raw
    assert "unchanged" not in summary(first)
    entity = example.settings["streams"][0]["entity"]
    after = instance.records(entity)
    second = run(example, destination)
    assert (second.code, second.counts) == (0, counts), second.raw
    assert not re.search(r"\d (created|updated|deleted|actioned)", summary(second)), summary(second)
    assert instance.records(entity) == after


def test_the_settings_of_the_page_are_settings() -> None:
    found = [json.loads(text) for kind, _, text in BLOCK.findall(PAGE) if kind == "settings"]
    assert len(found) >= 6
    form = json.loads((ROOT / "destination_acumatica/spec.json").read_text("utf-8"))["connectionSpecification"]
    for part in found:
        assert set(part) <= set(form["properties"])
        destination_settings({**CONFIG, **part})


def test_orders_of_the_shop_have_their_customer_and_their_lines(instance: Emulator, destination: Destination) -> None:
    run(EXAMPLES["web_orders"], destination)
    (order,) = [row for row in instance.records("SalesOrder") if row["ExternalRef"] == "W-1001"]
    assert order["CustomerID"] == "ALPIN0000"
    assert [(row["InventoryID"], row["OrderQty"], row["UnitPrice"]) for row in order["Details"]] == [
        ("BRACKE0000", Decimal(2), Decimal("19.9"))
    ]


def test_lines_out_of_a_table_of_their_own_are_lines_of_their_orders(
    instance: Emulator, destination: Destination
) -> None:
    run(EXAMPLES["shop_orders"], destination)
    rows = {row["ExternalRef"]: row["Details"] for row in instance.records("SalesOrder") if row["ExternalRef"]}
    assert [row["OrderQty"] for row in rows["T-1"]] == [Decimal(3)]
    assert [row["OrderQty"] for row in rows["T-2"]] == [Decimal(5)]


def test_an_item_that_is_not_there_is_not_made(instance: Emulator, destination: Destination) -> None:
    result = run(EXAMPLES["prices"], destination)
    assert "1 skipped" in summary(result)
    assert "NOT-AN-ITEM" not in {row["InventoryID"] for row in instance.records("StockItem")}


def test_a_journal_is_released_behind_its_write(instance: Emulator, destination: Destination) -> None:
    run(EXAMPLES["payroll"], destination)
    (batch,) = [row for row in instance.records("JournalTransaction") if row["Description"] == "Payroll 2026-03"]
    assert batch["Status"] == "Posted"
    assert sum(row["DebitAmount"] - row["CreditAmount"] for row in batch["Details"]) == 0


def test_a_journal_whose_release_was_cut_off_is_released_by_the_next_sync(
    instance: Emulator, destination: Destination
) -> None:
    example = EXAMPLES["payroll"]
    (chosen,) = example.settings["streams"]
    without = {"streams": [{name: value for name, value in chosen.items() if name != "actions"}]}
    run(replace(example, settings=without), destination)
    run(example, destination)
    (batch,) = [row for row in instance.records("JournalTransaction") if row["Description"] == "Payroll 2026-03"]
    assert batch["Status"] == "Posted"
