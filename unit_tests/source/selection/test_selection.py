"""What is asked for in one request, and how long addresses are split without losing a column or a row."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acumatica_client.rest.query import SAFE_URL_LENGTH
from acumatica_client.schema.custom_fields import CustomField
from source_acumatica.fetch.entity_pages import join_payloads
from source_acumatica.selection.selection import RequestPart, keys_only, packed, whole
from source_acumatica.windows.windows import Window
from unit_tests.source.builders import CURSOR, FakeClient, customer, selection
from unit_tests.source.refusing import Refusing, read, reader, warnings, whole_customer

MANY = tuple(CustomField("BAccount", f"UsrQuiteALongNameOfACustomField{number:03d}") for number in range(120))


def names(part: RequestPart) -> set[str]:
    return set(part.columns())


class TestAPart:
    def test_asks_for_everything_without_a_select(self):
        query = whole(selection("Customer", ("MainContact", "MainContact/Address"))).query(
            selection("Customer", ("MainContact", "MainContact/Address"))
        )
        assert (query.select, query.expand) == ((), ("MainContact", "MainContact/Address"))

    def test_of_chosen_columns_always_names_the_keys(self):
        chosen = selection("Customer", ("Attributes",), select=("CustomerID", "Balance", "Attributes/Value"))
        assert RequestPart(members=("Attributes",)).query(chosen).select == ("CustomerID", "Attributes/Value")
        assert RequestPart(fields=("Balance",)).query(chosen).select == ("CustomerID", "Balance")

    def test_takes_the_custom_fields_of_its_members_with_it(self):
        chosen = selection(
            "Customer", ("Attributes",), custom=(CustomField("Lines", "UsrA", place="Attributes"), *MANY[:1])
        )
        assert RequestPart(members=("Attributes",)).query(chosen).custom == ("Attributes/Lines.UsrA",)
        assert RequestPart(custom=MANY[:1]).query(chosen).custom == ("BAccount.UsrQuiteALongNameOfACustomField000",)

    def test_of_keys_only_asks_for_the_stamp_where_no_key_is_known(self):
        assert keys_only(selection("Customer")) == RequestPart()
        assert keys_only(selection("Note")) == RequestPart(fields=(CURSOR,))

    def test_that_asks_for_archived_records_says_so_in_every_request(self):
        assert RequestPart().query(selection("Customer", archived=True)).archived


class TestPacking:
    @given(
        st.lists(st.text("abc", min_size=1, max_size=6), unique=True, max_size=20),
        st.lists(st.text("XYZ", min_size=1, max_size=6), unique=True, max_size=5),
        st.integers(4, 40),
        st.booleans(),
    )
    def test_keeps_every_column_in_exactly_one_part_and_each_part_short(self, fields, members, limit, everything):
        part = RequestPart(None if everything else tuple(fields), tuple(members), MANY[:3])

        def too_long(one: RequestPart) -> bool:
            return sum(map(len, one.columns())) > limit

        parts = packed(part, too_long)
        together = [name for one in parts for name in one.columns()]
        assert sorted(together) == sorted(part.columns())
        assert [one.fields is None for one in parts].count(True) == everything
        assert all(not too_long(one) or len(one.columns()) == 1 for one in parts)

    def test_leaves_a_short_part_as_it_is(self):
        assert packed(RequestPart(("A", "B")), lambda _: False) == (RequestPart(("A", "B")),)


class TestLongAddresses:
    def rows(self, count: int) -> list[dict[str, object]]:
        """Every row with all the custom fields; the fake server shows those asked for only."""
        return [whole_customer(f"C{number}") for number in range(count)]

    def test_are_split_into_lists_that_together_bring_every_column(self):
        client = CustomServer({"Customer": self.rows(5)})
        records = read(reader(client, "MainContact", custom=MANY))
        assert len({query.custom for _, query in client.lists}) > 1
        assert all(client.url_length("Customer", query) <= SAFE_URL_LENGTH for _, query in client.lists)
        for record in records:
            assert [record[custom.column] for custom in MANY] == [f"{custom.name} of {record['id']}" for custom in MANY]
            assert record["MainContact"]["Email"]

    def test_lose_no_row_when_rows_go_between_the_lists_of_a_page(self):
        client = CustomServer({"Customer": self.rows(5)})

        def first_row_goes() -> None:
            if len(client.lists) == 2:
                del client.tables["Customer"][0]

        client.on_request = first_row_goes
        with warnings() as logged:
            records = read(reader(client, custom=MANY, page_size=3))
        assert {record["CustomerID"] for record in records} >= {"C1", "C2", "C3", "C4"}
        assert all(record[MANY[-1].column] for record in records)
        assert any("went while they were read" in sentence for sentence in logged)

    def test_do_not_mix_a_record_before_its_change_with_what_came_after(self):
        client = CustomServer({"Customer": self.rows(2)})

        def a_row_changes() -> None:
            if len(client.lists) == 2:
                client.tables["Customer"][0] = customer("C0", "2026-11-23T09:00:00+00:00")

        client.on_request = a_row_changes
        record = read(reader(client, custom=MANY))[0]
        assert record[CURSOR] == "2026-11-23T09:00:00+00:00"
        assert client.keyed

    def test_leave_the_place_of_a_record_that_went_in_the_list(self):
        """A page of which every row is gone is not the end of the list."""
        client = CustomServer({"Customer": self.rows(6)}, gone={"C0", "C1", "id-C0", "id-C1"})

        def the_first_go() -> None:
            if len(client.lists) == 2:
                del client.tables["Customer"][:2]

        client.on_request = the_first_go
        assert {row["CustomerID"] for row in read(reader(client, custom=MANY, page_size=2))} == {"C2", "C3", "C4", "C5"}


class CustomServer(Refusing):
    """Shows the custom fields that a request names."""

    def __init__(self, tables: dict[str, list[dict[str, object]]], gone: set[str] = frozenset()) -> None:
        super().__init__(tables)
        self.gone = gone

    def fetch_list(self, entity, query, *, patient=True):
        return json.dumps([self.shown(row, query) for row in json.loads(super().fetch_list(entity, query))]).encode()

    def fetch_one(self, entity, keys, query):
        return json.dumps(self.shown(json.loads(super().fetch_one(entity, keys, query)), query)).encode()

    @staticmethod
    def shown(row, query):
        fields = {}
        for path in query.custom:
            view, _, name = path.partition(".")
            fields.setdefault(view, {})[name] = {"type": "CustomStringField", "value": f"{name} of {row['id']}"}
        return {**row, "custom": fields}


class TestJoining:
    def test_keeps_the_digits_and_the_custom_fields_of_all(self):
        joined = join_payloads(
            [
                b'{"id":"1","A":{"value":1.2300},"custom":{"V":{"x":{"value":1}}}}',
                b'{"id":"1","B":{"value":"b"},"custom":{"V":{"y":{"value":2}},"W":{"z":{"value":3.10}}}}',
            ]
        )
        assert b"1.2300" in joined
        assert b"3.10" in joined
        assert json.loads(joined) == {
            "id": "1",
            "A": {"value": 1.23},
            "B": {"value": "b"},
            "custom": {"V": {"x": {"value": 1}, "y": {"value": 2}}, "W": {"z": {"value": 3.1}}},
        }

    @pytest.mark.parametrize("strange", [b"null", b"[]", b'{"W":null}', b'"x"'])
    def test_takes_custom_fields_in_a_strange_form_for_none(self, strange):
        joined = join_payloads([b'{"id":"1","custom":%b}' % strange, b'{"id":"1","custom":{"V":{"x":{"value":1}}}}'])
        assert json.loads(joined) == {"id": "1", "custom": {"V": {"x": {"value": 1}}}}

    @pytest.mark.parametrize("broken", [b"[]", b"", b'{"a":', b"null"])
    def test_refuses_what_is_no_record(self, broken):
        with pytest.raises(ValueError, match=r"."):
            join_payloads([b'{"id":"1"}', broken])


def test_a_reading_without_choices_is_one_request_a_page():
    client = FakeClient({"Customer": [whole_customer("A"), whole_customer("B")]})
    read(reader(client, "MainContact"), Window())
    assert len(client.lists) == 2  # and the end
