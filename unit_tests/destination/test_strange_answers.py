"""Answers that an instance may give and that no record may pay for: with members missing, numbers not yet given, words
that are no record. What cannot be understood is told; nothing is doubled because of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from acumatica_client.query import Query
from destination_acumatica.merging import LineMode, LineRules
from destination_acumatica.outcome import Failed
from destination_acumatica.proof import Verify
from unit_tests.destination.builders import Erp, encode
from unit_tests.destination.test_writer import words, writes

Json = dict[str, object]
ORDER = {"OrderType": "SO", "OrderNbr": "1"}
LONG = [{"InventoryID": f"I{at}", "OrderQty": 1} for at in range(1200)]


@dataclass
class Answering(Erp):
    """An ERP whose answers are changed on their way out: `saying` those to a PUT, `showing` those to a keyed GET."""

    saying: Callable[[Json], object] = lambda answer: answer
    showing: Callable[[Json], object] = lambda answer: answer

    def put(self, *given: object, **options: object) -> bytes:
        return encode(self.saying(json.loads(super().put(*given, **options))))  # type: ignore[arg-type]

    def fetch_one(self, entity: str, keys: object, query: Query) -> bytes:
        return encode(self.showing(json.loads(super().fetch_one(entity, keys, query))))  # type: ignore[arg-type]

    def lines(self) -> list[int]:
        """How many lines each order has."""
        return [len(row.get("Details", ())) for row in self.rows.get("SalesOrder", [])]  # type: ignore[arg-type]


# --- a long document, whose first answer names it


def test_a_document_whose_answer_shows_no_number_yet_goes_on_by_its_id() -> None:
    erp = Answering(saying=lambda answer: {**answer, "id": "id-SalesOrder-0", "OrderNbr": {"value": "<NEW>"}})
    writes(erp, "SalesOrder", "append", verify=Verify.OFF)(OrderType="SO", Details=LONG)
    assert erp.lines() == [1200]


@pytest.mark.parametrize("answer", [{}, "saved", {"OrderType": {"value": "SO"}, "OrderNbr": {"value": " <NEW>"}}])
def test_a_document_whose_answer_does_not_name_it_ends_there(answer: object) -> None:
    """Further lines without a name would be documents of their own."""
    erp = Answering(saying=lambda _: answer)
    outcome = writes(erp, "SalesOrder", "append")(OrderType="SO", Details=LONG)
    assert "first 500 of 1200 lines" in words(outcome)
    assert erp.lines() == [500]


def test_the_lines_behind_the_first_never_make_a_record() -> None:
    erp = Erp()
    writes(erp, "SalesOrder", "append")(**ORDER, Details=LONG)
    assert [call.headers for call in erp.puts()] == [{"If-None-Match": "*"}, {"If-Match": "*"}, {"If-Match": "*"}]


# --- an answer that is no record


def test_a_saved_record_of_which_the_answer_says_nothing_readable_is_not_counted() -> None:
    """With a key the next attempt finds it; without one, a person looks."""
    erp = Answering(saying=lambda _: ["saved"])
    assert isinstance(writes(erp, "SalesOrder", "append")(**ORDER), Failed)
    assert "may or may not have been saved" in words(writes(erp, "SalesOrder", "append")(OrderType="SO"))


# --- a record that is shown without the lines that were asked for


@pytest.mark.parametrize("shown", [None, "absent", {}])
@pytest.mark.parametrize("mode", LineMode)
def test_lines_that_are_not_shown_are_not_taken_for_lines_that_are_not_there(mode: LineMode, shown: object) -> None:
    """A detail without lines is shown as an empty array; anything else says nothing of what is there."""

    def without(answer: Json) -> Json:
        told = {name: value for name, value in answer.items() if name != "Details"}
        return told if shown == "absent" else {**told, "Details": shown}

    erp = Answering()
    write = writes(erp, "SalesOrder", "append_dedup", lines=LineRules(mode))
    write(**ORDER, Details=[{"InventoryID": "A", "OrderQty": 1}])
    erp.showing = without
    assert "does not show" in words(write(**ORDER, Details=[{"InventoryID": "A", "OrderQty": 1}]))
    assert erp.lines() == [1]
