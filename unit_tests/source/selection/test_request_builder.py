"""What a group asks of its entity: the chosen columns of all of its streams, and nothing besides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acumatica_client.errors import AccessDenied
from acumatica_client.schema.custom_fields import CustomField
from source_acumatica.catalog.stream_definitions import stream_definitions
from source_acumatica.config.settings import SourceSettings, source_settings
from source_acumatica.config.stream_options import Details, StreamOptions, StreamRule
from source_acumatica.selection.request_builder import build_selection
from source_acumatica.selection.selection import Selection
from source_acumatica.selection.stream_groups import ConfiguredMember, ConfiguredStream, StreamGroup
from unit_tests.source.builders import CONFIG, CURSOR, FakeClient, endpoint_schema

SCHEMA = endpoint_schema()
EVERY = ("CustomerID", "Balance", CURSOR)
ROWS = "Customer_Attributes"
COLOR = CustomField("BAccount", "UsrColor")
HINT = CustomField("Answers", "UsrHint", place="Attributes")
RATE = CustomField("BAccount", "CuryRate")


def group(**columns: tuple[str, ...]) -> StreamGroup:
    """Streams by name with their columns; none means all."""
    known = stream_definitions(SCHEMA)
    members = (
        ConfiguredMember(known[name], ConfiguredStream(name, {column: {} for column in chosen}))
        for name, chosen in columns.items()
    )
    return StreamGroup(tuple(members))


def chosen(
    options: StreamOptions | None = None, client: FakeClient | None = None, **columns: tuple[str, ...]
) -> Selection:
    settings: SourceSettings = replace(source_settings(CONFIG), options=options or StreamOptions())
    return build_selection(client or FakeClient(), group(**columns), settings)


class TestColumns:
    def test_all_of_a_stream_of_records_ask_for_its_linked_entities_and_name_no_field(self):
        found = chosen(Customer=())
        assert (found.select, found.expand, found.rows) == ((), ("MainContact", "MainContact/Address"), ())

    @pytest.mark.parametrize("details", [Details.NESTED, Details.BOTH])
    def test_all_of_a_stream_of_records_ask_for_arrays_where_the_settings_want_them(self, details):
        assert "Attributes" in chosen(StreamOptions(details=details), Customer=()).expand

    def test_that_are_arrays_are_read_as_arrays_whatever_the_settings_say_now(self):
        found = chosen(StreamOptions(details=Details.SEPARATE), Customer=(*EVERY, "Attributes"))
        assert (found.select, found.expand) == ((), ("Attributes",))

    def test_of_records_name_only_what_was_chosen(self):
        found = chosen(Customer=("CustomerID", "MainContact"))
        assert (found.select, found.expand) == (("CustomerID",), ("MainContact", "MainContact/Address"))

    def test_of_rows_alone_ask_of_their_record_for_its_key_and_cursor(self):
        found = chosen(**{ROWS: ("Customer_CustomerID", "AttributeID", "Value")})
        assert (found.select, found.expand, found.rows) == (("CustomerID", CURSOR), (), ("Attributes",))

    def test_of_records_and_rows_are_asked_for_together(self):
        found = chosen(Customer=("Balance",), **{ROWS: ("Value",)})
        assert (found.select, found.expand, found.rows) == (("Balance", "Attributes/Value"), (), ("Attributes",))

    def test_of_files_ask_for_files(self):
        assert chosen(Customer=("CustomerID", "files")).expand == ("files",)
        assert chosen(StreamOptions(files=True), **{ROWS: ()}).expand == ("Attributes/files",)

    def test_that_would_make_the_address_too_long_are_not_named_at_all(self):
        client = FakeClient()
        client.url_length = lambda entity, query: 1 + 1000 * len(query.select)
        assert chosen(client=client, Customer=("CustomerID",)).select == ("CustomerID",)
        assert chosen(client=client, Customer=("CustomerID", "Balance")).select == ()


class TestCustomFields:
    @pytest.fixture
    def client(self) -> FakeClient:
        return FakeClient(custom={"Customer": (COLOR, HINT, RATE)})

    def test_are_not_asked_for_where_none_was_chosen(self, client):
        assert chosen(client=client, Customer=EVERY).custom == ()
        assert chosen(client=client, Customer=()).custom == ()
        assert client.asked_for_custom == []

    def test_that_were_chosen_are_read_once_for_all_streams_of_the_group(self, client):
        columns = {"Customer": ("CustomerID", RATE.column), ROWS: ("Value", HINT.column)}
        assert chosen(client=client, **columns).custom == (RATE, HINT)
        assert client.asked_for_custom == ["Customer"]

    def test_of_a_stream_without_columns_are_those_that_the_settings_want(self, client):
        assert chosen(StreamOptions(custom_fields=("Customer",)), client, Customer=()).custom == (COLOR,)

    def test_that_acumatica_refuses_to_list_stop_the_group_that_chose_them(self, client):
        client.refusals = {"Customer": AccessDenied("No rights.")}
        with pytest.raises(AccessDenied):
            chosen(client=client, Customer=(COLOR.column,))


class TestSettingsOfAStream:
    def test_hold_for_all_streams_of_the_entity(self):
        options = StreamOptions(rules=(StreamRule("Customer", filter="Balance gt 0M", page_size=7, archived=True),))
        for stream in ("Customer", ROWS):
            found = chosen(options, **{stream: ()})
            assert (found.condition, found.page_size, found.archived) == ("Balance gt 0M", 7, True)

    def test_leave_others_with_the_settings_of_the_connection(self):
        found = chosen(StreamOptions(rules=(StreamRule("Note", page_size=7),)), Customer=())
        assert (found.condition, found.page_size, found.archived) == (None, 500, False)
