"""One fetched page becomes a page of each stream of the group: records, rows, rows of rows."""

from __future__ import annotations

import json

import pytest

from acumatica_client.errors import SettingsError
from acumatica_client.record import DecodedRecord, RecordCodec
from source_acumatica.sync.message_queue import Change
from source_acumatica.sync.record_router import RecordRouter, StreamRoute, UniqueRows
from unit_tests.source.builders import customer, endpoint_schema

CODEC = RecordCodec(endpoint_schema(), "Customer", rows=["Attributes"])
NAMES = ["Customer", "Customer_Attributes"]


def with_attributes(key: str, *attributes: str) -> DecodedRecord:
    lines = [{"id": f"{key}-{name}", "AttributeID": {"value": name}} for name in attributes]
    return CODEC.decode(json.dumps({**customer(key), "Attributes": lines}).encode())


def router(*routes: StreamRoute) -> RecordRouter:
    return RecordRouter(routes or [StreamRoute("Customer"), StreamRoute("Customer_Attributes", "Attributes")])


def routed(one: RecordRouter, *records: DecodedRecord) -> list[tuple[str, list[dict]]]:
    return [(page.stream, [json.loads(row) for row in page.rows]) for page in one.pages(records)]


def test_records_leave_first_and_their_rows_behind_them():
    (first, records), (second, rows) = routed(router(), with_attributes("A", "SIZE", "COLOR"), with_attributes("B"))
    assert (first, [record["CustomerID"] for record in records]) == ("Customer", ["A", "B"])
    assert "Attributes" not in records[0]
    assert second == "Customer_Attributes"
    assert [(row["Customer_CustomerID"], row["AttributeID"]) for row in rows] == [("A", "SIZE"), ("A", "COLOR")]


def test_a_stream_without_rows_in_a_page_gets_no_page():
    assert [stream for stream, _ in routed(router(), with_attributes("A"))] == ["Customer"]


def test_rows_may_leave_without_their_records():
    assert [
        stream for stream, _ in routed(router(StreamRoute(NAMES[1], "Attributes")), with_attributes("A", "SIZE"))
    ] == NAMES[1:]


def test_rows_that_share_a_key_are_found_before_anything_of_the_page_leaves():
    unique = UniqueRows(NAMES[1], ["Customer_CustomerID", "AttributeID"], strict=True)
    one = router(StreamRoute("Customer"), StreamRoute(NAMES[1], "Attributes", unique))
    with pytest.raises(SettingsError, match=NAMES[1]):
        one.pages([with_attributes("A", "SIZE", "SIZE")])


class TestAValueThatIsNotAcumaticasOwn:
    def test_is_named_where_a_column_could_not_be_read(self):
        one = RecordRouter([StreamRoute("Customer"), StreamRoute(NAMES[1], "Attributes")], lambda: ["Balance"])
        records, rows = one.pages([nothing_read("A"), with_attributes("B", "SIZE")])
        assert records.changes == {0: {"Balance": Change.NOT_READABLE}}
        assert rows.changes == {}

    @pytest.mark.parametrize("text", ["bad \ufffd text", "\ufffd"])
    def test_is_named_where_it_has_characters_that_are_no_text(self, text):
        records, rows = router().pages(
            [with_attributes("A", "SIZE"), with_attributes("B", text), with_attributes(text)]
        )
        assert records.changes == {2: dict.fromkeys(("id", "CustomerID"), Change.BAD_CHARACTERS)}
        assert rows.changes == {1: dict.fromkeys(("id", "AttributeID"), Change.BAD_CHARACTERS)}

    def test_makes_a_stream_of_a_detail_that_cannot_be_read_a_lost_one(self):
        unreadable: list[str] = []
        one = RecordRouter([StreamRoute("Customer"), StreamRoute(NAMES[1], "Attributes")], lambda: unreadable)
        assert one.lost() == ()
        unreadable.append("Attributes")
        assert one.lost() == (NAMES[1],)


def nothing_read(key: str) -> DecodedRecord:
    return CODEC.decode(json.dumps({"id": key, "CustomerID": {"value": key}}).encode())
