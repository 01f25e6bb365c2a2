"""A value that is no text or no number: it alone is replaced, wherever it stands, and every record arrives."""

from __future__ import annotations

import json

import pytest

from source_acumatica.sync.message_queue import Change
from source_acumatica.sync.record_router import RecordRouter, StreamRoute
from source_acumatica.windows.windows import Window
from unit_tests.source.builders import CURSOR, customer
from unit_tests.source.refusing import Refusing, blames, reader

HALF = "before \ud83d behind"  # half of a surrogate pair, as a server writes it: an escape that names no character
SHOWN = "before \ufffd behind"
PLACES = {
    "a field": lambda row: row | {"MainContact": contact(HALF)},
    "a note": lambda row: row | {"note": {"value": HALF}},
    "a row of a detail": lambda row: row | {"Attributes": [attribute("SIZE", HALF), attribute("COLOR", "red")]},
    "a custom field": lambda row: row | {"custom": {"BAccount": {"UsrColor": {"value": HALF}}}},
}


def contact(text: str) -> dict[str, object]:
    return {"id": "c", "rowNumber": 1, "note": None, "Email": {"value": text}, "custom": {}}


def attribute(name: str, value: str) -> dict[str, object]:
    return {"id": name, "rowNumber": 1, "note": None, "AttributeID": {"value": name}, "Value": {"value": value}}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("keyed", [False, True])
def test_every_record_arrives_with_a_mark_in_the_place_of_the_bad_character(place, keyed):
    rows = [customer("A"), PLACES[place](customer("B")), customer("C")]
    client = Refusing({"Customer": rows}, in_lists={"Attributes": blames("Attributes")} if keyed else {})
    source = reader(client, "MainContact", "Attributes")
    router = RecordRouter([StreamRoute("Customer")])
    pages = [page for records in source.read(Window()) for page in router.pages(records)]
    found = [json.loads(row) for page in pages for row in page.rows]
    assert [row["CustomerID"] for row in found] == ["A", "B", "C"]
    assert [SHOWN in json.dumps(row, ensure_ascii=False) for row in found] == [False, True, False]
    (changes,) = [page.changes for page in pages]
    assert [set(named.values()) for named in changes.values()] == [{Change.BAD_CHARACTERS}]
    assert list(changes) == [1]


def test_a_key_with_a_bad_character_does_not_stop_the_stream():
    client = Refusing({"Customer": [customer("A"), customer("B\ud83d"), customer("C")]})
    records = [record for page in reader(client).read(Window()) for record in page]
    assert [record.text("CustomerID") for record in records] == ["A", "B\ufffd", "C"]
    assert all(record.text(CURSOR) for record in records)
