"""The connection test: what it asks for, and what it says when nothing may be read."""

from __future__ import annotations

import pytest

from acumatica_client.errors import (
    AccessDenied,
    CannotOptimize,
    NotFound,
    Overloaded,
    ServerFault,
    SettingsError,
    SignInRefused,
)
from source_acumatica.config.stream_options import InquiryRule, StreamOptions, StreamRule
from source_acumatica.connection_check import candidates, check_connection
from unit_tests.source.builders import FakeClient, endpoint_schema

DENIED = AccessDenied("You have insufficient rights.", advice="Grant the role access.")


def test_one_row_of_one_entity_is_read():
    client = FakeClient()
    check_connection(client, StreamOptions())
    ((entity, query),) = client.lists
    assert (entity, query.top, query.expand) == ("Customer", 1, ())


def test_cheap_entities_come_first_and_only_readable_ones():
    assert candidates(endpoint_schema()) == ["Customer", "ShipVia", "Note"]


def test_an_entity_that_the_user_may_not_read_is_passed_over():
    for refusal in (DENIED, NotFound("404"), CannotOptimize("Optimization cannot be performed.")):
        client = FakeClient(refusals={"Customer": refusal})
        check_connection(client, StreamOptions())
        assert [entity for entity, _ in client.lists] == ["Customer", "ShipVia"]


def test_a_connection_that_works_still_names_what_may_not_be_read():
    client = FakeClient(refusals=dict.fromkeys(["Customer", "ShipVia"], DENIED))
    assert check_connection(client, StreamOptions()) == "The user may not read Customer, ShipVia."
    assert check_connection(FakeClient(), StreamOptions()) == ""


def test_a_user_who_may_read_nothing_is_reported_so_with_acumaticas_words():
    client = FakeClient(refusals=dict.fromkeys(["Customer", "ShipVia", "Note"], DENIED))
    with pytest.raises(AccessDenied) as raised:
        check_connection(client, StreamOptions())
    assert raised.value.sentence() == (
        "The sign-in works, but Acumatica refuses to list Customer, ShipVia, Note: "
        "You have insufficient rights. Grant the role access."
    )
    assert raised.value.failure_type == "config"


@pytest.mark.parametrize("error", [SignInRefused("Wrong password."), Overloaded("503")])
def test_what_is_no_matter_of_rights_is_reported_at_once(error):
    with pytest.raises(type(error)):
        check_connection(FakeClient(refuse_all=error), StreamOptions())
    client = FakeClient(refusals={"Customer": error})
    with pytest.raises(type(error)):
        check_connection(client, StreamOptions())
    assert len(client.lists) == 1


class TestStreamsWithSettings:
    def test_are_asked_for_one_row_with_their_filter_instead_of_a_cheap_one(self):
        client = FakeClient()
        check_connection(client, StreamOptions(rules=(StreamRule("ShipVia", filter="Code eq 'A'", archived=True),)))
        ((entity, query),) = client.lists
        assert (entity, query.filter, query.top, query.archived) == ("ShipVia", "Code eq 'A'", 1, True)

    def test_are_asked_once_each_with_all_their_rules_together(self):
        client = FakeClient()
        rules = (StreamRule("*", archived=True), StreamRule("Note", filter="a"), StreamRule("N*", filter="b"))
        check_connection(client, StreamOptions(rules=rules))
        assert [(entity, query.filter, query.archived) for entity, query in client.lists] == [("Note", "b", True)]

    @pytest.mark.parametrize("refusal", [ServerFault("Unknown function: foo."), CannotOptimize("No.")])
    def test_with_a_filter_that_is_refused_are_named_with_acumaticas_words(self, refusal):
        client = FakeClient(refusals={"ShipVia": refusal})
        with pytest.raises(SettingsError) as raised:
            check_connection(client, StreamOptions(rules=(StreamRule("ShipVia", filter="foo(Code)"),)))
        assert "ShipVia: Acumatica refuses the filter 'foo(Code)': " + refusal.message in raised.value.sentence()

    def test_that_may_not_be_read_are_all_named_in_one_sentence(self):
        client = FakeClient(refusals=dict.fromkeys(["ShipVia", "Note"], DENIED))
        rules = (StreamRule("ShipVia", filter="x"), StreamRule("Note", page_size=9), StreamRule("Customer"))
        with pytest.raises(AccessDenied) as raised:
            check_connection(client, StreamOptions(rules=rules))
        assert "refuses to list ShipVia, Note, which the settings name" in raised.value.sentence()

    @pytest.mark.parametrize("name", ["Gone", "Customer_Attributes", "customer", "X*"])
    def test_that_do_not_exist_are_reported_before_a_row_is_read(self, name):
        client = FakeClient()
        with pytest.raises(SettingsError, match=r"which Default 24\.200\.001 does not have"):
            check_connection(client, StreamOptions(rules=(StreamRule(name),)))
        assert client.lists == []


def test_an_inquiry_that_does_not_exist_is_reported_before_a_row_is_read():
    client = FakeClient()
    with pytest.raises(SettingsError, match="no inquiry GoneInquiry"):
        check_connection(client, StreamOptions(inquiries=(InquiryRule("stock", "GoneInquiry"),)))
    assert client.lists == []
