"""What a family asks of its entity: the chosen columns of all of its streams, and nothing besides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acumatica_client.errors import AccessDenied
from acumatica_client.schema.custom_fields import CustomField
from source_acumatica.catalog.stream_definitions import offers
from source_acumatica.config.settings import SourceSettings, source_settings
from source_acumatica.config.stream_options import Details, Scope, StreamRule
from source_acumatica.fetch.entity_reader import Reading
from source_acumatica.selection.request_builder import reading_of
from source_acumatica.selection.stream_groups import Family, Member
from unit_tests.source.builders import CONFIG, CURSOR, FakeClient, configured, endpoint_schema

SCHEMA = endpoint_schema()
EVERY = ("CustomerID", "Balance", CURSOR)
ROWS = "Customer_Attributes"
COLOR = CustomField("BAccount", "UsrColor")
HINT = CustomField("Answers", "UsrHint", place="Attributes")
RATE = CustomField("BAccount", "CuryRate")


def family(**columns: tuple[str, ...]) -> Family:
    """Streams by name with their columns; none means all."""
    members = []
    for name, chosen in columns.items():
        (entry,) = configured(name).streams
        entry.stream.json_schema = {"properties": {column: {} for column in chosen}}
        members.append(Member(offers(SCHEMA)[name], entry))
    return Family(tuple(members))


def reading(scope: Scope | None = None, client: FakeClient | None = None, **columns: tuple[str, ...]) -> Reading:
    settings: SourceSettings = replace(source_settings(CONFIG), scope=scope or Scope())
    return reading_of(client or FakeClient(), family(**columns), settings)


class TestColumns:
    def test_all_of_a_stream_of_records_ask_for_its_linked_entities_and_name_no_field(self):
        found = reading(Customer=())
        assert (found.select, found.expand, found.rows) == ((), ("MainContact", "MainContact/Address"), ())

    @pytest.mark.parametrize("details", [Details.NESTED, Details.BOTH])
    def test_all_of_a_stream_of_records_ask_for_arrays_where_the_settings_want_them(self, details):
        assert "Attributes" in reading(Scope(details=details), Customer=()).expand

    def test_that_are_arrays_are_read_as_arrays_whatever_the_settings_say_now(self):
        found = reading(Scope(details=Details.SEPARATE), Customer=(*EVERY, "Attributes"))
        assert (found.select, found.expand) == ((), ("Attributes",))

    def test_of_records_name_only_what_was_chosen(self):
        found = reading(Customer=("CustomerID", "MainContact"))
        assert (found.select, found.expand) == (("CustomerID",), ("MainContact", "MainContact/Address"))

    def test_of_rows_alone_ask_of_their_record_for_its_key_and_cursor(self):
        found = reading(**{ROWS: ("Customer_CustomerID", "AttributeID", "Value")})
        assert (found.select, found.expand, found.rows) == (("CustomerID", CURSOR), (), ("Attributes",))

    def test_of_records_and_rows_are_asked_for_together(self):
        found = reading(Customer=("Balance",), **{ROWS: ("Value",)})
        assert (found.select, found.expand, found.rows) == (("Balance", "Attributes/Value"), (), ("Attributes",))

    def test_of_files_ask_for_files(self):
        assert reading(Customer=("CustomerID", "files")).expand == ("files",)
        assert reading(Scope(files=True), **{ROWS: ()}).expand == ("Attributes/files",)

    def test_that_would_make_the_address_too_long_are_not_named_at_all(self):
        client = FakeClient()
        client.url_length = lambda entity, query: 1 + 1000 * len(query.select)
        assert reading(client=client, Customer=("CustomerID",)).select == ("CustomerID",)
        assert reading(client=client, Customer=("CustomerID", "Balance")).select == ()


class TestCustomFields:
    @pytest.fixture
    def client(self) -> FakeClient:
        return FakeClient(custom={"Customer": (COLOR, HINT, RATE)})

    def test_are_not_asked_for_where_none_was_chosen(self, client):
        assert reading(client=client, Customer=EVERY).custom == ()
        assert reading(client=client, Customer=()).custom == ()
        assert client.asked_for_custom == []

    def test_that_were_chosen_are_read_once_for_all_streams_of_the_family(self, client):
        chosen = {"Customer": ("CustomerID", RATE.column), ROWS: ("Value", HINT.column)}
        assert reading(client=client, **chosen).custom == (RATE, HINT)
        assert client.asked_for_custom == ["Customer"]

    def test_of_a_stream_without_columns_are_those_that_the_settings_want(self, client):
        assert reading(Scope(custom_fields=("Customer",)), client, Customer=()).custom == (COLOR,)

    def test_that_acumatica_refuses_to_tell_stop_the_family_that_chose_them(self, client):
        client.refusals = {"Customer": AccessDenied("No rights.")}
        with pytest.raises(AccessDenied):
            reading(client=client, Customer=(COLOR.column,))


class TestSettingsOfAStream:
    def test_hold_for_all_streams_of_the_entity(self):
        scope = Scope(rules=(StreamRule("Customer", filter="Balance gt 0M", page_size=7, archived=True),))
        for stream in ("Customer", ROWS):
            found = reading(scope, **{stream: ()})
            assert (found.condition, found.page_size, found.archived) == ("Balance gt 0M", 7, True)

    def test_leave_others_with_the_settings_of_the_connection(self):
        found = reading(Scope(rules=(StreamRule("Note", page_size=7),)), Customer=())
        assert (found.condition, found.page_size, found.archived) == (None, 500, False)
