"""How the records of one entity are fetched, and what is done when a list is refused."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from acumatica_client.errors import (
    AccessDenied,
    CannotOptimize,
    IntermediaryRefused,
    NoSuchRecord,
    Overloaded,
    ServerFault,
)
from acumatica_client.rest.dialect import dialect_of
from acumatica_client.rest.query import Query
from acumatica_client.rest.web_pages import intermediary_refused
from source_acumatica.fetch.entity_reader import EntityReader, window_condition
from source_acumatica.windows.windows import Window
from unit_tests.source.builders import CURSOR, FakeClient, customer, customers, payload, selection

EVERYTHING = Window()
UNADDRESSABLE = (
    "A/B", "A\\B", "50%", "A&B", "A*", "A:B", "what?", "..", ".", "<A>", "A|B", "A+B", "INC.", "A ", " ", "CON",
    "aux.x", "com1", "LPT9.txt", "x" * 300,
)  # fmt: skip
NEWEST = Window("2026-11-21T00:00:00+00:00")


def reader(client: FakeClient, entity: str = "Customer", *expand: str, page_size: int = 10) -> EntityReader:
    return EntityReader(client, selection(entity, expand, page_size=page_size))


def refused(*fields: str) -> CannotOptimize:
    error = CannotOptimize("Optimization cannot be performed.")
    error.fields = fields
    return error


def read(source: EntityReader, window: Window = EVERYTHING) -> list[dict[str, object]]:
    return [json.loads(record.json) for page in source.read(window) for record in page]


def names(records: list[dict[str, object]], key: str = "CustomerID") -> list[object]:
    return [record[key] for record in records]


class TestTheList:
    def test_is_read_page_by_page_with_everything_that_was_chosen(self):
        client = FakeClient({"Customer": customers(15)})
        assert names(read(reader(client, "Customer", "MainContact"))) == [f"C{number:04d}" for number in range(15)]
        assert {query.expand for _, query in client.lists} == {("MainContact",)}
        assert {query.top for _, query in client.lists} == {10}

    def test_of_a_window_holds_what_lies_in_it(self):
        rows = [customer("A", "2026-11-20T23:59:59.9999999+00:00"), customer("B", "2026-11-21T00:00:00+00:00"),
                customer("C", "2026-11-22T00:00:00+00:00"), customer("D", None)]  # fmt: skip
        source = reader(FakeClient({"Customer": rows}))
        assert names(read(source, Window("2026-11-21T00:00:00+00:00", "2026-11-22T00:00:00+00:00"))) == ["B"]
        assert names(read(source, NEWEST)) == ["B", "C"]
        assert names(read(source, Window(nulls=True))) == ["D"]
        assert names(read(source)) == ["A", "B", "C", "D"]

    def test_of_records_without_a_stamp_holds_no_other_where_a_server_does_not_understand_null(self):
        """It would come again in every sync, whole."""

        class Deaf(FakeClient):
            def fetch_list(self, entity: str, query: Query, *, patient: bool = True) -> bytes:
                heard = None if "null" in (query.filter or "") else query.filter
                return super().fetch_list(entity, replace(query, filter=heard), patient=patient)

        client = Deaf({"Customer": [*customers(3), customer("N", None)]})
        assert names(read(reader(client), Window(nulls=True))) == ["N"]

    def test_without_a_key_is_followed_by_the_id(self):
        rows = [payload(f"id-{number}", Text="same", **{CURSOR: None}) for number in range(12)]
        assert len(read(reader(FakeClient({"Note": rows}), "Note", page_size=5))) == 12

    def test_that_moved_is_read_again_and_the_log_says_so(self, caplog):
        rows = customers(15)
        client = FakeClient({"Customer": rows})

        def anchor_goes() -> None:
            if len(client.lists) == 2:
                del rows[9]

        client.on_request = anchor_goes
        with caplog.at_level(logging.WARNING):
            found = names(read(reader(client)))
        assert set(found) == {f"C{number:04d}" for number in range(15)}
        assert "rows moved" in caplog.text

    def test_that_is_refused_raises_and_spares_the_other_windows_the_request(self):
        client = FakeClient(refusals={"Customer": AccessDenied("You have no rights.")})
        source = reader(client)
        for _ in range(3):
            with pytest.raises(AccessDenied):
                read(source, NEWEST)
        assert len(client.lists) == 1

    def test_that_fails_by_a_fault_of_the_server_does_not_spare_the_other_windows(self):
        client = FakeClient({"Customer": customers(1)}, refusals={"Customer": ServerFault("No null here.")})
        source = reader(client)
        with pytest.raises(ServerFault):
            read(source, Window(nulls=True))
        client.refusals.clear()
        assert names(read(source, NEWEST)) == ["C0000"]

    def test_that_failed_does_not_fail_for_another_stream(self):
        client = FakeClient({"ShipVia": [payload("id-1", Code="GROUND")]}, refusals={"Customer": Overloaded("503")})
        with pytest.raises(Overloaded):
            read(reader(client))
        assert names(read(reader(client, "ShipVia")), "Code") == ["GROUND"]


class TestAListThatCannotBeOptimized:
    def test_is_read_without_what_it_refuses_and_that_record_by_record_with_nothing_missing(self, caplog):
        contact = {"id": "id-c", "rowNumber": 1, "note": None, "Email": {"value": "a@b.c"}, "custom": {}}
        rows = [customer(key, MainContact=contact) for key in "ABC"]
        client = FakeClient({"Customer": rows}, wide={"Customer": refused("Email")})
        with caplog.at_level(logging.WARNING):
            records = read(reader(client, "Customer", "MainContact"))
        assert names(records) == ["A", "B", "C"]
        assert [record["MainContact"]["Email"] for record in records] == ["a@b.c"] * 3
        assert client.keyed == [("A",), ("B",), ("C",)]
        assert "Reading MainContact one by one" in caplog.text

    def test_stays_so_for_the_other_windows_and_is_reported_once(self, caplog):
        client = FakeClient({"Customer": customers(2)}, wide={"Customer": refused()})
        source = reader(client, "Customer", "MainContact")
        with caplog.at_level(logging.WARNING):
            read(source, NEWEST)
            asked, logged = len(client.lists), len(caplog.records)
            read(source, NEWEST)
        assert not any(query.expand for _, query in client.lists[asked:])
        assert len(caplog.records) == logged

    def test_even_by_its_keys_is_an_error(self):
        client = FakeClient(refusals={"Customer": refused("Balance")})
        with pytest.raises(CannotOptimize):
            read(reader(client))

    @pytest.mark.parametrize("key", UNADDRESSABLE)
    def test_is_read_by_the_id_where_a_key_cannot_be_part_of_an_address(self, key):
        client = FakeClient({"Customer": [customer(key)]}, wide={"Customer": refused()})
        assert names(read(reader(client, "Customer", "MainContact"))) == [key]
        assert client.keyed == [(f"id-{key}",)]

    def test_finds_by_its_id_what_a_web_server_in_front_does_not_let_through(self):
        client = Gateway({"Customer": customers(3)}, wide={"Customer": refused()}, refused={"C0001": page(404)})
        assert names(read(reader(client, "Customer", "MainContact"))) == ["C0000", "C0001", "C0002"]

    @pytest.mark.parametrize("status", [403, 503])
    def test_is_no_list_of_deleted_records_when_a_web_server_in_front_refuses_them(self, status):
        client = Gateway({"Customer": customers(3)}, wide={"Customer": refused()}, refused={"C0001": page(status)})
        with pytest.raises(IntermediaryRefused):
            read(reader(client, "Customer", "MainContact"))

    def test_leaves_out_a_record_deleted_meanwhile_and_says_so(self, caplog):
        client = ForgetfulClient(
            {"Customer": customers(3)}, wide={"Customer": refused()}, forgotten={"C0001", "id-C0001"}
        )
        with caplog.at_level(logging.WARNING):
            assert names(read(reader(client, "Customer", "MainContact"))) == ["C0000", "C0002"]
        assert "1 records went" in caplog.text

    def test_finds_by_its_id_what_its_key_does_not_find(self):
        client = ForgetfulClient({"Customer": customers(2)}, wide={"Customer": refused()}, forgotten={"C0001"})
        assert names(read(reader(client, "Customer", "MainContact"))) == ["C0000", "C0001"]

    def test_is_no_list_of_deleted_records_when_none_of_them_is_found(self):
        everything = {*(f"C{number:04d}" for number in range(3)), *(f"id-C{number:04d}" for number in range(3))}
        client = ForgetfulClient({"Customer": customers(3)}, wide={"Customer": refused()}, forgotten=everything)
        with pytest.raises(NoSuchRecord):
            read(reader(client, "Customer", "MainContact"))


def page(status: int) -> IntermediaryRefused:
    return intermediary_refused(status, {"server": "Microsoft-IIS/10.0"}, b"<title>Refused</title>")


class Gateway(FakeClient):
    """A web server in front refuses the records of some keys with a page of its own."""

    def __init__(self, *args: object, refused: dict[str, IntermediaryRefused], **more: object) -> None:
        super().__init__(*args, **more)
        self.refused = refused

    def fetch_one(self, entity, keys, query):
        for key in keys:
            if key in self.refused:
                raise self.refused[key]
        return super().fetch_one(entity, keys, query)


class TestAListThatAWebServerInFrontRefuses:
    def test_is_not_asked_for_again_in_smaller_pages_when_that_cannot_help(self):
        client = FakeClient({"Customer": customers(30)}, refusals={"Customer": page(403)})
        with pytest.raises(IntermediaryRefused, match="firewall or proxy"):
            read(reader(client, page_size=200))
        assert len(client.lists) == 1

    def test_is_asked_for_in_smaller_pages_when_it_may_have_lasted_too_long(self):
        client = FakeClient({"Customer": customers(30)})

        def time_out() -> None:
            if (client.lists[-1][1].top or 0) > 100:
                raise page(504)

        client.on_request = time_out
        assert len(read(reader(client, page_size=200))) == 30


class ForgetfulClient(FakeClient):
    """Lists records that a keyed read does not find."""

    def __init__(self, *args: object, forgotten: set[str], **more: object) -> None:
        super().__init__(*args, **more)
        self.forgotten = forgotten

    def fetch_one(self, entity, keys, query):
        if self.forgotten.intersection(keys):
            raise NoSuchRecord("No entity satisfies the condition.")
        return super().fetch_one(entity, keys, query)


@pytest.mark.parametrize(
    ("window", "condition"),
    [
        (Window(), None),
        (Window(nulls=True), f"{CURSOR} eq null"),
        (Window("2026-01-01T00:00:00-05:00"), f"{CURSOR} ge datetimeoffset'2026-01-01T00:00:00-05:00'"),
        (
            Window("2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"),
            f"{CURSOR} ge datetimeoffset'2026-01-01T00:00:00+00:00' and "
            f"{CURSOR} lt datetimeoffset'2026-02-01T00:00:00+00:00'",
        ),
    ],
)
def test_a_window_is_asked_for_with_its_start_in_and_its_end_out(window, condition):
    assert window_condition(window, CURSOR, dialect_of(4)) == condition


def test_an_entity_without_a_cursor_is_asked_for_whole():
    assert window_condition(Window(), None, dialect_of(4)) is None
