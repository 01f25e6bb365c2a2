"""The connection test: what it asks for, and what it says when nothing may be read."""

from __future__ import annotations

import pytest

from acumatica_client.errors import AccessDenied, CannotOptimize, NotFound, Overloaded, SignInRefused
from source_acumatica.probe import candidates, probe
from unit_tests.source.builders import FakeClient, endpoint_schema

DENIED = AccessDenied("You have insufficient rights.", advice="Grant the role access.")


def test_one_row_of_one_entity_is_read():
    client = FakeClient()
    probe(client)
    ((entity, query),) = client.lists
    assert (entity, query.top, query.expand) == ("Customer", 1, ())


def test_cheap_entities_come_first_and_only_readable_ones():
    assert candidates(endpoint_schema()) == ["Customer", "ShipVia", "Note"]


def test_an_entity_that_the_user_may_not_read_is_passed_over():
    for refusal in (DENIED, NotFound("404"), CannotOptimize("Optimization cannot be performed.")):
        client = FakeClient(refusals={"Customer": refusal})
        probe(client)
        assert [entity for entity, _ in client.lists] == ["Customer", "ShipVia"]


def test_a_user_who_may_read_nothing_is_told_so_with_acumaticas_words():
    client = FakeClient(refusals=dict.fromkeys(["Customer", "ShipVia", "Note"], DENIED))
    with pytest.raises(AccessDenied) as raised:
        probe(client)
    assert raised.value.sentence() == (
        "The sign-in works, but Acumatica refuses to list Customer, ShipVia, Note: "
        "You have insufficient rights. Grant the role access."
    )
    assert raised.value.failure_type == "config"


@pytest.mark.parametrize("error", [SignInRefused("Wrong password."), Overloaded("503")])
def test_what_is_no_matter_of_rights_is_told_at_once(error):
    with pytest.raises(type(error)):
        probe(FakeClient(refuse_all=error))
    client = FakeClient(refusals={"Customer": error})
    with pytest.raises(type(error)):
        probe(client)
    assert len(client.lists) == 1
