"""What a user may do: rights of his own beside the switches that hold for everybody."""

from __future__ import annotations

import json

import pytest

USERS = {"admin": "secret", "bob": "pw"}
RENAMED = {"CustomerID": {"value": "ALPIN0000"}, "CustomerName": {"value": "Renamed"}}


@pytest.fixture
def bob(open_client):
    """A client of a user with these rights; admin keeps all of his."""

    def build(**rights):
        client = open_client(signed_in=False, users=USERS, rights={"BOB": rights}, seats=5)
        assert client.log_in(name="bob", password="pw").status == 204
        return client

    return build


def test_a_form_without_rights_is_403_in_every_way(bob):
    client = bob(Customer="none")
    for method, path in (
        ("GET", "Customer"),
        ("GET", "Customer/ALPIN0000"),
        ("PUT", "Customer"),
        ("DELETE", "Customer/X"),
    ):
        status, answered = client.refused(method, path, RENAMED if method == "PUT" else None)
        assert (status, answered["message"]) == (
            403,
            "You have insufficient rights to access the Customer (AR303000) form.",
        )
    assert client.get("Vendor", top=1)


def test_with_the_right_to_read_a_write_is_200_and_saves_nothing(bob):
    client = bob(Customer="read")
    before = client.get("Customer/ALPIN0000")["CustomerName"]
    answer = json.loads(client.entity("PUT", "Customer", RENAMED).body)
    assert answer["CustomerName"] == before
    assert client.get("Customer/ALPIN0000")["CustomerName"] == before
    assert client.refused("DELETE", "Customer/ALPIN0000")[0] == 403


def test_a_star_stands_for_every_entity_that_is_not_named(bob):
    client = bob(**{"*": "none", "Customer": "write"})
    assert client.refused("GET", "Vendor")[0] == 403
    assert json.loads(client.entity("PUT", "Customer", RENAMED).body)["CustomerName"] == {"value": "Renamed"}


def test_another_user_has_every_right(bob):
    client = bob(Customer="none")
    client.cookies.clear()
    client.log_in()
    assert client.get("Customer", top=1)


def test_rights_are_bound_when_the_session_begins(bob):
    client = bob(Customer="none")
    client.instance.behavior.rights = {}
    assert client.refused("GET", "Customer")[0] == 403
    client.log_out()
    client.log_in(name="bob", password="pw")
    assert client.get("Customer", top=1)


def test_a_bearer_has_the_rights_of_its_user(open_client):
    client = open_client(signed_in=False, users=USERS, rights={"bob": {"Customer": "none"}})
    client_id = "4b6d9a34-7e21-4c5f-9a10-2f1c8d7e6b50@Company"
    form = f"grant_type=password&client_id={client_id}&client_secret=emulator-secret&username=bob&password=pw&scope=api"
    answered = json.loads(client.send("POST", "/identity/connect/token", form.encode()).body)
    bearer = {"Authorization": f"Bearer {answered['access_token']}"}
    assert client.refused("GET", "Customer", headers=bearer)[0] == 403
