"""Which endpoints an instance serves to whom, and the drop-downs of the newest contract."""

from __future__ import annotations

import json

import pytest

from acumatica_emulator.api.discovery import ANY_HOST
from acumatica_emulator.site.http import Request

OWN = {"Shop/1.0": "eCommerce/24.200.001"}


def endpoints(client):
    return [(row["name"], row["version"]) for row in json.loads(client.send("GET", "/entity").body)["endpoints"]]


def test_endpoints_of_a_tenant_are_listed_and_served_only_to_signed_in_users(open_client):
    client = open_client(signed_in=False, custom_endpoints=OWN)
    assert ("Shop", "1.0") not in endpoints(client)
    assert client.send("GET", "/entity/Shop/1.0/swagger.json").status == 401
    client.log_in()
    assert endpoints(client)[0] == ("Shop", "1.0")
    document = json.loads(client.send("GET", "/entity/Shop/1.0/swagger.json").body)
    assert document["info"] == {"title": "Shop/1.0", "version": "4"}
    assert "/BCShipments" in document["paths"]


def test_an_endpoint_of_a_tenant_shows_the_records_of_the_one_it_extends(open_client):
    client = open_client(custom_endpoints=OWN, endpoint="Shop/1.0")
    row = client.get("customer/ALPIN0000")
    assert row["_links"]["self"] == f"/AcumaticaERP/entity/Shop/1.0/Customer/{row['id']}"
    client.endpoint = "Default/24.200.001"
    assert client.get("Customer/ALPIN0000")["CustomerName"] == row["CustomerName"]


def test_an_endpoint_that_extends_what_is_not_served_is_404(open_client):
    client = open_client(custom_endpoints={"Shop/1.0": "Default/26.200.001"}, endpoint="Shop/1.0")
    assert client.refused("GET", "Customer")[0] == 404


def test_the_features_of_the_newest_build_are_reported_to_signed_in_users(open_client):
    client = open_client(signed_in=False, contract5=True)
    assert "features" not in json.loads(client.send("GET", "/entity").body)
    client.log_in()
    assert json.loads(client.send("GET", "/entity").body)["features"] == []


def test_an_oem_build_shows_its_own_number(open_client):
    version = json.loads(open_client(oem_build="2025.1.1").send("GET", "/entity").body)["version"]
    assert version["oemBuildVersion"] == "2025.1.1"
    assert "oemBuildVersion" not in json.loads(open_client().send("GET", "/entity").body)["version"]


def test_manufacturing_of_2025_has_one_form_more(open_client):
    client = open_client(endpoint="MANUFACTURING/25.100.001")
    assert client.get("ProductionOrderDatesProcess") == []
    assert client.get("ProductionOrder", top=1)
    client.endpoint = "MANUFACTURING/24.200.001"
    assert client.refused("GET", "ProductionOrderDatesProcess")[0] == 404


# --- drop-downs of contract 5


@pytest.fixture
def newest(open_client):
    return open_client(contract5=True, endpoint="Default/26.200.001")


def test_a_drop_down_is_an_id_with_its_label(newest):
    order = newest.get("SalesOrder", filter="Status eq 'CL'", top=1)[0]
    assert order["Status"] == {"value": {"id": "CL", "description": "Completed"}}
    newest.endpoint = "Default/25.200.001"
    assert newest.get(f"SalesOrder/{order['id']}")["Status"] == {"value": "Completed"}


def test_a_drop_down_is_filtered_by_its_id_and_not_by_its_label(newest):
    assert newest.get("StockItem", filter="ItemStatus eq 'AC'")
    assert newest.get("StockItem", filter="ItemStatus eq 'Active'") == []
    newest.endpoint = "Default/25.200.001"
    assert newest.get("StockItem", filter="ItemStatus eq 'Active'")
    assert newest.get("StockItem", filter="ItemStatus eq 'AC'") == []


@pytest.mark.parametrize("sent", [{"id": "IN"}, {"id": "IN", "description": "whatever"}, "IN"])
def test_a_drop_down_is_written_by_its_id(newest, sent):
    body = {"CustomerID": {"value": "ALPIN0000"}, "Status": {"value": sent}}
    answer = json.loads(newest.entity("PUT", "Customer", body).body)
    assert answer["Status"] == {"value": {"id": "IN", "description": "Inactive"}}
    newest.endpoint = "Default/25.200.001"
    assert newest.get("Customer/ALPIN0000")["Status"] == {"value": "Inactive"}


def test_which_older_fields_are_drop_downs_is_a_switch(open_client):
    client = open_client(contract5=True, endpoint="Default/26.200.001", drop_downs=[])
    assert isinstance(client.get("Customer/ALPIN0000")["Status"]["value"], str)
    assert b'"Status":{"$ref":"#/components/schemas/StringValue"}' in client.entity("GET", "swagger.json").body
    client.instance.behavior.drop_downs = ["Status"]
    assert set(client.get("Customer/ALPIN0000")["Status"]["value"]) == {"id", "description"}
    text = client.entity("GET", "swagger.json").body
    assert b'"Status":{"$ref":"#/components/schemas/StringSingleSelectValue"}' in text
    assert b'"value":{"type":"string","nullable":true}' in text


@pytest.mark.parametrize("openapi", ["3.0.1", "2.0"])
def test_a_document_names_the_host_that_was_asked_whoever_asked_before(client, openapi):
    client.instance.behavior.openapi = openapi
    texts = []
    for host in ("127.0.0.1:81", "erp.example.com", '"odd"\\'):
        request = Request("GET", "/AcumaticaERP/entity/Default/24.200.001/swagger.json", host=host)
        document = json.loads(client.instance.answer(request).response.body)
        place = document["host"] if openapi == "2.0" else document["servers"][0]["url"]
        assert host in place
        texts.append(json.dumps({**document, "host": "", "servers": []}))
    differing, named = len(set(texts)), [ANY_HOST in text for text in texts]  # the texts are too long to be shown
    assert (differing, named) == (1, [False] * 3)
